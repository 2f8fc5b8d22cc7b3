"""Rényi differential privacy.

Orders: all integers from 2 to 64, a geometric ladder up to 4096, and fractions below 16. Sampled steps are
known at the integer orders; fractions interpolate (order - 1) times the divergence, which is convex in the
order and zero at one: an upper bound.

Poisson sampling: the sums of Mironov, Talwar, Zhang 2019, Section 3.3, from the divergences of a pair (P, Q)
that some map exchanges (their Theorem 5: removing a row is then the worse direction). So it is for noise that
is symmetric, in any dimension, and for worst pairs; not for all that is merely known to be zCDP. Samples of
fixed size without replacement: Wang, Balle, Kasiviswanathan 2019, Theorem 9.

Conversion to epsilon: Canonne, Kamath, Steinke 2020, Proposition 12 (also Balle et al. 2020, Theorem 21).
A release that is (epsilon, delta)-DP is epsilon-DP but for an event of probability delta (Kairouz, Oh,
Viswanath 2015): ``lost`` adds these up, apart from the divergences.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from privml.dp.accounting import losses as ls
from privml.dp.accounting.approximate import promise
from privml.dp.accounting.pairs import Floats, Law, pair
from privml.dp.accounting.sampling import FixedSizeSubsampled, PoissonSubsampled, Step
from privml.errors import ParameterError

__all__ = ["ORDERS", "curve", "delta", "epsilon", "lost"]

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
        case ls.SkellamLoss():
            return _skellam(loss, order)
        case ls.ZCDPLoss(rho):
            return order * rho
        case ls.PureLoss(e) | ls.ApproximateLoss(e):
            return _pure(e, order)
        case ls.BoundedRangeLoss(e):
            return np.minimum(order * e * e / 8, _pure(e, order))
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
    raise ParameterError(f"{type(loss).__name__} has no Rényi curve here: use the pld accountant")


def _skellam(loss: ls.SkellamLoss, order: Floats) -> Floats:
    """Return Agarwal, Kairouz, Liu 2021, Theorem 3.5, which is for integer orders, interpolated."""
    v, two = loss.variance, loss.sensitivity
    # Of a vector of integers: Cauchy-Schwarz, and |x| <= x² in each coordinate.
    one = min(math.sqrt(loss.dimension) * two, two * two, loss.l1_sensitivity or math.inf)
    a = np.concatenate([np.arange(2.0, 65.0), np.unique(np.ceil(order[order > 64]))])
    extra = np.minimum(((2 * a - 1) * two * two + 6 * one) / (4 * v * v), 3 * one / (2 * v))
    return _between(order, a, (a - 1) * (a * two * two / (2 * v) + extra))


def _between(order: Floats, whole: Floats, cgf: Floats) -> Floats:
    """Interpolate (order - 1) times a divergence, known at whole orders and zero at one."""
    values = np.interp(order, np.concatenate([[1.0], whole]), np.concatenate([[0.0], cgf]))
    return np.asarray(values / (order - 1))


@functools.lru_cache(maxsize=256)
def curve(step: Step) -> Floats:
    """Return the divergence at each of ``ORDERS``."""
    if isinstance(step, ls.Loss):
        return _base(step, ORDERS)
    base, poisson = step.base, isinstance(step, PoissonSubsampled)
    rate = step.rate if isinstance(step, PoissonSubsampled) else step.sample_size / step.dataset_size
    if isinstance(step, FixedSizeSubsampled) and step.replacement:
        raise ParameterError("samples with replacement have no Rényi curve here: use the pld accountant")
    if lost(base) > 0:
        raise ParameterError(
            "a sample of an approximate loss has no Rényi curve here: use the pld accountant"
        )
    if rate == 1:
        return _base(base, ORDERS)
    if poisson and isinstance(base, ls.ZCDPLoss):
        raise ParameterError("ZCDPLoss under Poisson sampling is not known: name the mechanism's own loss")
    if poisson and isinstance(base, ls.BoundedRangeLoss):
        base = ls.PureLoss(base.epsilon)  # whose worst pair is symmetric
    # (k - 1) times the divergence of order k = 0, 1, 2, ...
    whole = np.arange(2, int(ORDERS[-1]) + 1, dtype=np.float64)
    moments = np.concatenate([[0.0, 0.0], (whole - 1) * _base(base, whole)])
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, len(moments))))])
    terms = _log_expm1(moments) if poisson else _fixed_size_terms(base, moments)
    cgf = []
    for a in _WHOLE:
        k = np.arange(2, a + 1)
        weights = factorial[a] - factorial[k] - factorial[a - k] + k * math.log(rate)
        if poisson:
            weights += (a - k) * math.log1p(-rate)
        # The sum is one plus something small: add the excess alone, so that tiny rates keep their digits.
        with np.errstate(over="ignore"):
            excess = np.logaddexp.reduce(weights + terms[2 : a + 1])
        cgf.append(float(np.logaddexp(0.0, excess)) if excess > -30 else math.exp(excess))
    found = _between(ORDERS, np.array(_WHOLE, dtype=np.float64), np.array(cgf))
    # A mixture's divergence is no larger than that of its parts.
    return np.minimum(found, _base(base, ORDERS))


def _fixed_size_terms(base: ls.Loss, moments: Floats) -> Floats:
    try:
        top = float(promise(base)[0])
    except ParameterError:
        top = math.inf
    order = np.arange(len(moments), dtype=np.float64)
    # min(2, (e^top - 1)^j), where the second is below the first only for small losses.
    power = order * math.log(math.expm1(top)) if 0 < top < 1 else np.full_like(order, math.inf)
    terms = moments + np.minimum(math.log(2), power)
    terms[2] = min(terms[2], math.log(4) + float(_log_expm1(moments[2:3])[0]))
    return np.asarray(terms)


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


def lost(step: Step) -> float:
    """Return the probability with which one step keeps no promise."""
    return step.delta if isinstance(step, ls.ApproximateLoss) else 0.0
