"""Pure and approximate differential privacy: what is promised without looking at the mechanism."""

from __future__ import annotations

import math
from fractions import Fraction

from privml.dp.accounting import losses as ls
from privml.dp.accounting.sampling import FixedSizeSubsampled, PoissonSubsampled, Step, steps_of
from privml.errors import ParameterError

__all__ = ["above", "promise", "promises"]


def promise(step: Step) -> tuple[Fraction, Fraction]:
    """Return the (epsilon, delta) of one step that has one by itself: exactly, or rounded up.

    Poisson sampling and samples of fixed size without replacement amplify it: log(1 + q(e^epsilon - 1)),
    q delta (Balle, Barthe, Gaboardi 2018, Theorems 8 and 9).
    """
    match step:
        case PoissonSubsampled():
            return _amplified(step.base, Fraction(step.rate))
        case FixedSizeSubsampled() if not step.replacement:
            return _amplified(step.base, Fraction(int(step.sample_size), int(step.dataset_size)))
        case ls.PureLoss(e) | ls.BoundedRangeLoss(e):
            return Fraction(e), Fraction(0)
        case ls.ApproximateLoss(e, d):
            return Fraction(e), Fraction(d)
        case ls.LaplaceLoss(b):
            return 1 / Fraction(b), Fraction(0)
        case ls.DiscreteLaplaceLoss(b, gap):
            return Fraction(int(gap)) / Fraction(b), Fraction(0)
        case ls.RandomizedResponseLoss(p, k) if p < 1:
            odds = max(Fraction(p) * (int(k) - 1) / (1 - Fraction(p)), Fraction(1))
            return _up(_log(odds)), Fraction(0)
    raise ParameterError(
        f"{type(step).__name__} is not (epsilon, delta)-DP by itself: use the pld accountant"
    )


def promises(mechanism: object) -> tuple[Fraction, Fraction]:
    """Return the sums over all parts of what was composed."""
    parts = [(promise(step), n) for step, n in steps_of(mechanism)]
    return (
        sum((n * e for (e, _), n in parts), Fraction(0)),
        sum((n * d for (_, d), n in parts), Fraction(0)),
    )


def above(x: Fraction) -> float:
    """Return the least double that is not below."""
    value = float(x)
    return value if Fraction(value) >= x else math.nextafter(value, math.inf)


def _amplified(base: ls.Loss, rate: Fraction) -> tuple[Fraction, Fraction]:
    e, d = promise(base)
    q, whole = float(rate), float(e)
    inner = math.log1p(q * math.expm1(whole)) if whole < 600 else whole
    return min(_up(inner), e), rate * d


def _log(odds: Fraction) -> float:
    # Near one, what exceeds it keeps its digits.
    return math.log1p(float(odds - 1))


def _up(x: float) -> Fraction:
    return Fraction(x) * (1 + Fraction(1, 10**13))
