"""Zero-concentrated differential privacy: one number, which adds up (Bun and Steinke 2016)."""

from __future__ import annotations

import math

import numpy as np

from privml.dp.accounting import losses as ls
from privml.dp.accounting.sampling import Step
from privml.errors import ParameterError

__all__ = ["delta", "epsilon", "rho"]

_EXCESS = np.geomspace(1e-3, 1e7, 2001)


def rho(step: Step) -> float:
    """Return the rho of one step."""
    match step:
        case ls.GaussianLoss(sigma):
            return 1 / (2 * sigma * sigma)
        case ls.DiscreteGaussianLoss(sigma, gap):
            return gap * gap / (2 * sigma * sigma)
        case ls.BoundedRangeLoss(e):
            return e * e / 8
        case ls.PureLoss(e):
            return e * e / 2
        case ls.LaplaceLoss(b):
            return 1 / (2 * b * b)
        case ls.DiscreteLaplaceLoss(b, gap):
            return gap * gap / (2 * b * b)
        case ls.RandomizedResponseLoss(p, k) if p < 1:
            return math.log(p * (k - 1) / (1 - p)) ** 2 / 2
        case ls.ApproximateLoss(e, d) if d == 0:
            return e * e / 2
    raise ParameterError(f"{type(step).__name__} is not known to satisfy zCDP: use the pld accountant")


def epsilon(total: float, target: float) -> float:
    """Return epsilon of ``total``-zCDP, by the best order (Canonne, Kamath, Steinke 2020, Corollary 13)."""
    if total == 0:
        return 0.0
    if target <= 0:
        return math.inf
    a = 1 + _EXCESS
    values = total * a + np.log1p(-1 / a) - (math.log(target) + np.log(a)) / _EXCESS
    return max(float(values.min()), 0.0) * (1 + 1e-12)


def delta(total: float, target: float) -> float:
    """Return delta of ``total``-zCDP at epsilon = ``target``."""
    if total == 0:
        return 0.0
    a = 1 + _EXCESS
    values = _EXCESS * (total * a - target + np.log1p(-1 / a)) - np.log(a)
    return min(math.exp(min(float(values.min()), 0.0)), 1.0)
