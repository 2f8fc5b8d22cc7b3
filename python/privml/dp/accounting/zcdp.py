"""Zero-concentrated differential privacy: one number, which adds up (Bun and Steinke 2016)."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from privml.dp.accounting import losses as ls
from privml.dp.accounting.approximate import promise
from privml.dp.accounting.sampling import Step, steps_of
from privml.errors import ParameterError

__all__ = ["delta", "epsilon", "rho", "rhos"]

_EXCESS = np.geomspace(1e-3, 1e7, 2001)


def rho(step: Step) -> Fraction:
    """Return the rho of one step: exactly, or rounded up."""
    match step:
        case ls.GaussianLoss(sigma, slack) if slack == 0:
            return 1 / (2 * Fraction(sigma) ** 2)
        case ls.GaussianLoss():
            raise ParameterError("slack_epsilon: noise nearly Gaussian is not zCDP: use DiscreteGaussianLoss")
        case ls.DiscreteGaussianLoss(sigma, gap):
            # Canonne, Kamath, Steinke 2020, Theorem 14: of vectors too.
            return Fraction(gap) ** 2 / (2 * Fraction(sigma) ** 2)
        case ls.ZCDPLoss(r):
            return Fraction(r)
        case ls.BoundedRangeLoss(eta):
            # Cesar and Rogers 2021, Lemma 3.4.
            return Fraction(eta) ** 2 / 8
    if isinstance(step, ls.Loss):
        e, d = promise(step)
        if d == 0:
            return _pure(e)
    raise ParameterError(f"{type(step).__name__} is not known to satisfy zCDP: use the pld accountant")


def rhos(mechanism: object) -> Fraction:
    """Return the sum over all parts of what was composed."""
    return sum((n * rho(step) for step, n in steps_of(mechanism)), Fraction(0))


def _pure(e: Fraction) -> Fraction:
    """Return rho of epsilon-DP: e tanh(e/2), which is at most e²/2 (Bun and Steinke 2016, Proposition 3.3).

    The worst pair is randomised response (Kairouz, Oh, Viswanath 2015), of divergence g(a)/(a-1) with
    g(a) = log cosh((a - 1/2)e) - log cosh(e/2). The difference g(a) - a(a-1) e tanh(e/2) is zero at a = 1
    with its derivative; its second derivative, e² sech²((a - 1/2)e) - 2e tanh(e/2), falls from
    e sech²(e/2)(e - sinh e) <= 0 on. So no divergence exceeds a e tanh(e/2).
    """
    tight = e * Fraction(math.tanh(min(float(e), 100.0) / 2)) * (1 + Fraction(1, 10**14))
    return min(tight, e * e / 2)


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
