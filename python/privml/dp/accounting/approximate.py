"""Pure and approximate differential privacy: what is promised without looking at the mechanism."""

from __future__ import annotations

import math

from privml.dp.accounting import losses as ls
from privml.dp.accounting.sampling import PoissonSubsampled, Step
from privml.errors import ParameterError

__all__ = ["promise"]


def promise(step: Step) -> tuple[float, float]:
    """Return the (epsilon, delta) of one step that has one by itself.

    Poisson sampling amplifies it: log(1 + q(e^epsilon - 1)), q delta (Balle, Barthe, Gaboardi 2018).
    """
    match step:
        case PoissonSubsampled(mechanism, rate):
            assert isinstance(mechanism, ls.Loss)  # noqa: S101
            e, d = promise(mechanism)
            inner = math.log1p(rate * math.expm1(e)) if e < 600 else e + math.log(rate)
            return inner, rate * d
        case ls.PureLoss(e) | ls.BoundedRangeLoss(e):
            return float(e), 0.0
        case ls.ApproximateLoss(e, d):
            return float(e), float(d)
        case ls.LaplaceLoss(b):
            return 1 / b, 0.0
        case ls.DiscreteLaplaceLoss(b, gap):
            return gap / b, 0.0
        case ls.RandomizedResponseLoss(p, k) if p < 1:
            return max(math.log(p * (k - 1) / (1 - p)), 0.0), 0.0
    raise ParameterError(
        f"{type(step).__name__} is not (epsilon, delta)-DP by itself: use the pld accountant"
    )
