"""Rényi differential privacy.

Orders: all integers from 2 to 64, a geometric ladder up to 4096, and fractions below 16. With Poisson
sampling the integer orders are exact sums (Mironov, Talwar, Zhang 2019, which also shows that removing
a row is the
worse direction for symmetric pairs), and fractions interpolate (order - 1) times the divergence, which is
convex in the order: an upper bound. Conversion to epsilon: Canonne, Kamath, Steinke 2020, Proposition 12.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from privml.dp.accounting import losses as ls
from privml.dp.accounting.pairs import Floats, Law, pair
from privml.dp.accounting.sampling import PoissonSubsampled, Step
from privml.errors import ParameterError

__all__ = ["ORDERS", "curve", "delta", "epsilon"]

_WHOLE = [*range(2, 65), *(int(x) for x in np.geomspace(72, 4096, 24))]
ORDERS: Floats = np.array(sorted({*(1 + x / 10 for x in range(1, 150)), *map(float, _WHOLE)}))


def _pure(e: float, order: Floats) -> Floats:
    """Return the divergence of the binary pair."""
    high, low = -math.log1p(math.exp(-e)), -math.log1p(math.exp(e))
    terms = np.logaddexp(high + (order - 1) * e, low - (order - 1) * e)
    return np.asarray(np.minimum(terms / (order - 1), e))


def _from_law(law: Law, order: Floats, low: float, high: float) -> Floats:
    """Return an upper bound from cells: each cell's mass at its upper end."""
    edges = np.linspace(low, high, 20001)
    t = law.tails(edges)
    right = t.p_above[:-1] < 0.5
    p = np.where(right, t.p_above[:-1] - t.p_above[1:], t.p_below[1:] - t.p_below[:-1])
    p = np.maximum(p + (t.p_above[:-1] + t.p_above[1:]) * t.error[1:], 1e-320)
    first = math.log(max(float(t.p_below[0]), 1e-320)) + (order - 1) * low
    rows = [np.logaddexp.reduce(np.log(p) + (a - 1) * edges[1:]) for a in order]
    return np.asarray(np.logaddexp(first, rows) / (order - 1))


def _base(loss: ls.Loss, order: Floats) -> Floats:
    match loss:
        case ls.GaussianLoss(sigma):
            return order / (2 * sigma * sigma)
        case ls.DiscreteGaussianLoss(sigma, gap):
            # Canonne, Kamath, Steinke 2020, Proposition 5: no more than the continuous one.
            return order * gap * gap / (2 * sigma * sigma)
        case ls.PureLoss(e):
            return _pure(float(e), order)
        case ls.BoundedRangeLoss(e):
            return np.minimum(order * e * e / 8, _pure(float(e), order))
        case ls.LaplaceLoss(b):
            # Mironov 2017, Proposition 6.
            a = np.log(order / (2 * order - 1)) + (order - 1) / b
            c = np.log((order - 1) / (2 * order - 1)) - order / b
            return np.asarray(np.minimum(np.logaddexp(a, c) / (order - 1), 1 / b))
        case ls.DiscreteLaplaceLoss(b, gap):
            e = gap / b
            return np.minimum(_from_law(pair(loss), order, -e, e), _pure(e, order))
        case ls.RandomizedResponseLoss(p, k) if p < 1:
            e = math.log(p * (k - 1) / (1 - p))
            return np.minimum(_from_law(pair(loss), order, -e * 1.0001 - 1e-9, e + 1e-9), _pure(e, order))
        case ls.ApproximateLoss(e, d) if d == 0:
            return _pure(float(e), order)
    raise ParameterError(f"{type(loss).__name__} has no Rényi curve here: use the pld accountant")


@functools.lru_cache(maxsize=256)
def curve(step: Step) -> Floats:
    """Return the divergence at each of ``ORDERS``."""
    if isinstance(step, ls.Loss):
        return _base(step, ORDERS)
    if not isinstance(step, PoissonSubsampled):
        raise ParameterError("samples of fixed size have no Rényi curve here: use the pld accountant")
    assert isinstance(step.mechanism, ls.Loss)  # noqa: S101
    q = float(step.rate)
    if q == 1:
        return _base(step.mechanism, ORDERS)
    whole = np.arange(2, int(ORDERS[-1]) + 1, dtype=np.float64)
    # log E_Q[(P/Q)^k], for k = 0, 1, 2, ...
    moments = np.concatenate([[0.0, 0.0], (whole - 1) * _base(step.mechanism, whole)])
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, len(moments))))])
    cgf = [0.0]
    orders = [1.0]
    for a in _WHOLE:
        k = np.arange(a + 1)
        terms = factorial[a] - factorial[k] - factorial[a - k] + k * math.log(q) + (a - k) * math.log1p(-q)
        # The sum is one plus something small: add the excess alone, so that tiny rates keep their digits.
        with np.errstate(over="ignore"):
            excess = np.logaddexp.reduce((terms + _log_expm1(moments[: a + 1]))[2:])
        cgf.append(float(np.logaddexp(0.0, excess)) if excess > -30 else math.exp(excess))
        orders.append(float(a))
    return np.interp(ORDERS, orders, cgf) / (ORDERS - 1)


def _log_expm1(x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.where(x > 30, x, np.log(np.expm1(np.minimum(x, 30.0))))


def epsilon(total: Floats, target: float) -> float:
    """Return epsilon of a summed curve at delta = ``target``."""
    if target <= 0:
        return math.inf if np.any(total > 0) else 0.0
    a = ORDERS
    values = total + np.log1p(-1 / a) - (math.log(target) + np.log(a)) / (a - 1)
    return max(float(values.min()), 0.0) * (1 + 1e-12)


def delta(total: Floats, target: float) -> float:
    """Return delta of a summed curve at epsilon = ``target``."""
    a = ORDERS
    values = (a - 1) * (total - target + np.log1p(-1 / a)) - np.log(a)
    return min(math.exp(min(float(values.min()), 0.0)), 1.0)
