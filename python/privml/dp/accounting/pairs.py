"""Dominating pairs: for each loss, two distributions whose privacy loss is the worst there is.

A pair (P, Q) is given by the tails of its log-ratio L = log P/Q: P(L > t), Q(L > t), P(L <= t), Q(L <= t).
All pairs here are symmetric: L under P is distributed as -L under Q. Sources: Zhu, Dong, Wang 2022
(dominating
pairs; sampling, their Theorem 11 and Proposition 30 on amplification), Dong, Durfee, Rogers 2020 (bounded
range), Balle, Barthe, Gaboardi 2018, Theorem 10 (sampling with replacement), Kairouz, Oh, Viswanath 2015 (the
binary pair of (epsilon, delta)-DP).

Each tail comes with a bound on its relative rounding error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from privml.dp.accounting import losses as ls
from privml.dp.accounting.sampling import FixedSizeSubsampled, PoissonSubsampled, Step
from privml.errors import ParameterError

Floats = npt.NDArray[np.float64]
ULP = 2.0**-53
MAX_ATOMS = 1 << 22


@dataclass(frozen=True)
class Tails:
    """Tail probabilities at some thresholds, and the relative error of each."""

    p_above: Floats
    q_above: Floats
    p_below: Floats
    q_below: Floats
    error: Floats


@dataclass(frozen=True)
class Law:
    """The privacy loss in one direction.

    ``infinite`` is the mass of P on an infinite loss; ``lattice`` a step of which all atoms are multiples, or
    zero; ``bounded`` says that no loss is beyond the last with any mass (not merely underflow); ``blur`` is
    how far the losses of atoms may be from where they are said to be, beyond a few units in the last place.
    """

    tails: Callable[[Floats], Tails]
    infinite: float = 0.0
    lattice: float = 0.0
    bounded: bool = False
    blur: float = 0.0


def _erfc(x: Floats) -> Floats:
    return np.fromiter(map(math.erfc, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def gaussian(sigma: float) -> Law:
    """Return the pair N(1, sigma²), N(0, sigma²): L = (2x - 1)/(2 sigma²)."""

    def tails(t: Floats) -> Tails:
        z = np.clip(t * sigma, -1e8, 1e8) / math.sqrt(2)
        half = 0.5 / sigma / math.sqrt(2)
        u, v = z - half, z + half
        # The C library's erfc is good to a few units; its argument's rounding weighs 2x² times as much.
        largest = np.maximum(np.abs(u), np.abs(v)) + half
        error = (32 + 16 * np.minimum(largest, 40.0) ** 2) * ULP
        # The smaller tail, and one less that: the difference is good to a unit of at least a half.
        p, q = _erfc(np.abs(u)) / 2, _erfc(np.abs(v)) / 2
        return Tails(
            np.where(u > 0, p, 1 - p),
            np.where(v > 0, q, 1 - q),
            np.where(u > 0, 1 - p, p),
            np.where(v > 0, 1 - q, q),
            error,
        )

    return Law(tails)


def laplace(scale: float) -> Law:
    """Two Laplace distributions one apart."""
    top = 1 / scale

    def tails(t: Floats) -> Tails:
        inside = np.clip(t, -top, top)
        # L > t means x < (1 - t b)/2, for P centred on 0 and Q on 1.
        near = 0.5 * np.exp(-np.maximum(top - inside, 0) / 2)
        far = 0.5 * np.exp(-np.maximum(top + inside, 0) / 2)
        # Half of P lies on the atom L = top, and half of Q on L = -top.
        p_above = np.where(t >= top, 0.0, np.where(t < -top, 1.0, 1 - near))
        p_below = np.where(t >= top, 1.0, np.where(t < -top, 0.0, near))
        q_above = np.where(t >= top, 0.0, np.where(t < -top, 1.0, far))
        q_below = np.where(t >= top, 1.0, np.where(t < -top, 0.0, 1 - far))
        return Tails(p_above, q_above, p_below, q_below, np.full(t.shape, (64 + 4 * top) * ULP))

    return Law(tails, lattice=top, bounded=True)


def bounded_range(epsilon: float) -> Law:
    """Return the upper envelope of all pairs whose loss lies in an interval of length epsilon.

    Its curve is (1 - e^((t - epsilon)/2))² / (1 - e^-epsilon), which is convex in e^t: a pair has it.
    """
    whole = -math.expm1(-epsilon)

    def tails(t: Floats) -> Tails:
        inside = np.clip(t, -epsilon, epsilon)
        up, down = (inside - epsilon) / 2, (-inside - epsilon) / 2
        p_above, q_below = -np.expm1(up) / whole, -np.expm1(down) / whole
        p_below = np.exp(up) * -np.expm1(-(epsilon + inside) / 2) / whole
        q_above = np.exp(down) * -np.expm1(up) / whole
        return Tails(p_above, q_above, p_below, q_below, np.full(t.shape, 512 * (1 + epsilon) * ULP))

    return Law(tails, lattice=epsilon, bounded=True)


def atoms(loss: Floats, p: Floats, q: Floats, *, infinite: float, error: float, lattice: float) -> Law:
    """Return a discrete pair; ``loss`` ascends; P's missing mass is ``infinite``, Q's at minus infinity."""
    above = [np.append(np.cumsum(m[::-1])[::-1], 0.0) for m in (p, q)]
    below = [np.insert(np.cumsum(m), 0, 0.0) for m in (p, q)]
    relative = error + 4 * len(loss) * ULP

    def tails(t: Floats) -> Tails:
        at = np.searchsorted(loss, t, side="right")
        return Tails(
            above[0][at] + infinite,
            above[1][at],
            below[0][at],
            below[1][at] + infinite,
            np.full(t.shape, relative),
        )

    return Law(tails, infinite, lattice, infinite == 0.0)


def binary(epsilon: float, delta: float = 0.0) -> Law:
    """Return the worst pair of all (epsilon, delta)-DP mechanisms."""
    if epsilon == 0:
        one = np.array([1 - delta])
        return atoms(np.zeros(1), one, one, infinite=delta, error=8 * ULP, lattice=0.0)
    high = (1 - delta) / (1 + math.exp(-epsilon))
    low = (1 - delta) * math.exp(-epsilon) / (1 + math.exp(-epsilon))
    p = np.array([low, high])
    return atoms(np.array([-epsilon, epsilon]), p, p[::-1], infinite=delta, error=32 * ULP, lattice=epsilon)


def randomized_response(p: float, k: int) -> Law:
    """Two true answers of k."""
    other = (1 - p) / (k - 1)
    if other == 0:
        empty = np.zeros(1)
        return atoms(empty, empty, empty, infinite=1.0, error=0.0, lattice=0.0)
    top = math.log(p) - math.log(other)
    if top <= 0:
        return binary(0.0)
    first = np.array([other, (k - 2) * other, p])
    return atoms(np.array([-top, 0.0, top]), first, first[::-1], infinite=0.0, error=32 * ULP, lattice=top)


def _shifted(
    x: Floats, mass: Floats, gap: int, loss: Floats, cut: float, error: float, lattice: float
) -> Law:
    """Return a noise on the integers x (ascending, P centred on 0) against the same ``gap`` higher."""
    # L = log P(x)/P(x - gap) falls with x; turn it so that it ascends.
    q = np.zeros_like(mass)
    q[gap:] = mass[:-gap]
    keep = slice(gap, len(x))
    # x below the first kept is where Q has been cut off: P's mass there counts as infinite loss.
    infinite = float(mass[:gap].sum()) + cut
    return atoms(
        loss[keep][::-1], mass[keep][::-1], q[keep][::-1], infinite=infinite, error=error, lattice=lattice
    )


def _width(name: str, needed: float, gap: int) -> int:
    if needed + 2 * gap > MAX_ATOMS:
        raise ParameterError(
            f"{name} with sensitivity {gap} needs {needed:.3g} points, over {MAX_ATOMS}: too wide"
        )
    return math.ceil(needed) + 2 * gap


def discrete_gaussian(sigma: float, gap: int) -> Law:
    """Integer Gaussians ``gap`` apart (Canonne, Kamath, Steinke 2020)."""
    # Probabilities underflow 39 sigma away: further apart than twice that, nothing overlaps.
    width = _width("sigma", 38 * sigma + 2, min(gap, math.ceil(40 * sigma)))
    if gap > 2 * width:
        empty = np.zeros(1)
        return atoms(empty, empty, empty, infinite=1.0, error=0.0, lattice=0.0)
    x = np.arange(-width, width + 1, dtype=np.float64)
    mass = np.exp(-((x / sigma) ** 2) / 2)
    mass /= mass.sum()
    loss = gap * (gap - 2 * x) / (2 * sigma * sigma)
    return _shifted(x, mass, gap, loss, 1e-300, 4096 * ULP, gap / (2 * sigma * sigma))


def discrete_laplace(scale: float, gap: int) -> Law:
    """Integer Laplaces ``gap`` apart: tails in closed form, however far apart they are."""
    top, norm = gap / scale, 1 + math.exp(-1 / scale)

    def tails(t: Floats) -> Tails:
        # L = (|x - gap| - |x|)/scale exceeds t where x < (gap - t scale)/2: up to k, from 0 to gap - 1.
        k = np.clip(np.ceil((gap - np.clip(t, -top, top) * scale) / 2) - 1, 0, gap - 1)
        near, far = np.exp(-(k + 1) / scale) / norm, np.exp(-(gap - k) / scale) / norm
        over, under = t >= top, t < -top
        return Tails(
            np.where(over, 0.0, np.where(under, 1.0, 1 - near)),
            np.where(over, 0.0, np.where(under, 1.0, far)),
            np.where(over, 1.0, np.where(under, 0.0, near)),
            np.where(over, 1.0, np.where(under, 0.0, 1 - far)),
            np.full(t.shape, (64 + 4 * top) * ULP),
        )

    return Law(tails, lattice=1 / scale, bounded=True)


def _exact_sums(terms: Floats) -> tuple[Floats, Floats]:
    """Return cumulative sums in two parts, of which the first is exact (below 2^22) and the second tiny."""
    high = np.round(terms * 2.0**30) / 2.0**30
    return tuple(np.insert(np.cumsum(x), 0, 0.0) for x in (high, terms - high))  # type: ignore[return-value]


def skellam(variance: float, gap: int) -> Law:
    """Skellam variables ``gap`` apart; Bessel functions by Miller's downward recurrence."""
    width = _width("variance", 40 * math.sqrt(variance) + 200, gap)
    if width > 1 << 18:
        raise ParameterError(f"variance is {variance}, too wide for an exact curve")
    # ratio[k] = I_(k+1)/I_k by the continued fraction, stable downwards: each is good to a few units.
    ratio = [0.0] * (width + 64)
    for k in range(len(ratio) - 2, -1, -1):
        ratio[k] = 1 / (2 * (k + 1) / variance + ratio[k + 1])
    high, low = _exact_sums(np.log(np.array(ratio[:width])))
    half = np.exp(high + low)
    half /= 2 * half[1:].sum() + 1
    mirrored = [np.concatenate([v[:0:-1], v]) for v in (half, high, low)]
    keep = mirrored[0] > 1e-300
    mass, high, low = (v[keep] for v in mirrored)
    x = np.arange(-width, width + 1, dtype=np.float64)[keep]
    if len(x) <= gap:
        empty = np.zeros(1)
        return atoms(empty, empty, empty, infinite=1.0, error=0.0, lattice=0.0)
    loss = np.zeros_like(mass)
    loss[gap:] = (high[gap:] - high[:-gap]) + (low[gap:] - low[:-gap])
    law = _shifted(x, mass, gap, loss, 1e-295, (64 * len(x)) * ULP, 0.0)
    # Each logarithm is good to eight units of one or of itself.
    return replace(law, blur=8 * ULP * (gap + float(np.abs(loss).max())))


def has_pair(step: Step) -> bool:
    """Tell whether a pair of the step is known."""
    loss = step if isinstance(step, ls.Loss) else step.base
    return not (isinstance(loss, ls.ZCDPLoss) or (isinstance(loss, ls.SkellamLoss) and loss.dimension > 1))


def pair(loss: ls.Loss) -> Law:
    """Return the pair of a loss."""
    match loss:
        case ls.GaussianLoss(sigma):
            return gaussian(sigma)
        case ls.LaplaceLoss(scale):
            return laplace(scale)
        case ls.BoundedRangeLoss(epsilon):
            return bounded_range(epsilon)
        case ls.PureLoss(epsilon):
            return binary(epsilon)
        case ls.ApproximateLoss(epsilon, delta):
            return binary(epsilon, delta)
        case ls.RandomizedResponseLoss(p, k):
            return randomized_response(p, k)
        case ls.DiscreteGaussianLoss(sigma, gap, 1):
            return discrete_gaussian(sigma, math.floor(gap))
        case ls.DiscreteLaplaceLoss(scale, gap):
            return discrete_laplace(scale, gap)
        case ls.SkellamLoss(variance, gap, 1):
            return skellam(variance, math.floor(gap))
    raise ParameterError(f"no privacy curve is known for {type(loss).__name__}: use the rdp accountant")


def _mixed(base: Law, q: float, t: Floats) -> Tails:
    """Return the tails of (1-q)Q + qP against Q."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        inner = np.log1p(np.maximum(np.expm1(t) / q, -1.0))
    s = base.tails(np.where(t > 600, t - math.log(q), inner))
    return Tails(
        (1 - q) * s.q_above + q * s.p_above,
        s.q_above,
        (1 - q) * s.q_below + q * s.p_below,
        s.q_below,
        s.error + 8 * ULP,
    )


def removing(base: Law, q: float) -> Law:
    """Return the loss of removing a row that a Poisson sample holds with probability q."""
    return Law(lambda t: _mixed(base, q, t), q * base.infinite, bounded=base.bounded, blur=base.blur)


def adding(base: Law, q: float) -> Law:
    """Return the loss of adding it."""

    def tails(t: Floats) -> Tails:
        s = _mixed(base, q, -t)
        return Tails(s.q_below, s.p_below, s.q_above, s.p_above, s.error)

    return Law(tails, bounded=base.bounded, blur=base.blur)


def substituting(base: Law, q: float) -> Law:
    """Return the loss of exchanging a row under a sample of fixed size without replacement.

    For e^t >= 1 the curve is q times the base's at 1 + (e^t - 1)/q (Balle, Barthe, Gaboardi 2018, Theorem 9),
    which is that of removing. Exchanges are symmetric, so below 1 the identity
    E_a(P||Q) = 1 - a + a E_(1/a)(Q||P) turns it into that of adding. The two join to one convex curve, of
    which these are the tails; a curve above all others stays so under composition (Zhu, Dong, Wang 2022,
    Theorem 10). No worst data set is assumed to stay the worst (Lebeda, Regehr, Kamath, Steinke 2024).
    """
    remove, add = removing(base, q), adding(base, q)

    def tails(t: Floats) -> Tails:
        r, a, up = remove.tails(t), add.tails(t), t >= 0
        names = ("p_above", "q_above", "p_below", "q_below", "error")
        return Tails(*(np.where(up, getattr(r, n), getattr(a, n)) for n in names))

    return Law(tails, remove.infinite, bounded=base.bounded, blur=base.blur)


def replacing(sigma: float, size: int, total: int) -> Law:
    """Return the same with replacement: the row is drawn k times, and then the shift is k times as large."""
    q = -math.expm1(size * math.log1p(-1 / total)) if total > 1 else 1.0
    if total == 1:
        return gaussian(sigma / size)
    # The binomial probabilities of k draws, each from the one before.
    weights = [size / total * math.exp((size - 1) * math.log1p(-1 / total))]
    left = 1.0
    for k in range(1, min(size, 400) + 1):
        odds = (size - k) / (k + 1) / (total - 1)
        # A geometric bound on all that follows.
        left = weights[-1] * odds / (1 - odds) * (1 + 1e-9) if odds < 0.5 else 1.0
        if left < 1e-30 or k == min(size, 400):
            break
        weights.append(weights[-1] * odds)
    rounding = (16 + 4 * size / total + 8 * len(weights)) * ULP
    laws = [gaussian(sigma / k) for k in range(1, len(weights) + 1)]
    rest = (1 - q) / q

    def up(t: Floats) -> Tails:
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            inner = np.where(t > 600, t - math.log(q), np.log1p(np.maximum(np.expm1(t) / q, -1.0)))
        sums = [np.zeros_like(t) for _ in range(4)]
        error = np.zeros_like(t)
        for w, law in zip(weights, laws, strict=True):
            s = law.tails(inner)
            # Balle, Barthe, Gaboardi 2018, Theorem 10: the curve is the sum of w times that of k changes.
            sums[0] += w * (s.p_above + rest * s.q_above)
            sums[1] += w * s.q_above / q
            sums[2] += w * (s.p_below + rest * s.q_below)
            sums[3] += w * s.q_below / q
            error = np.maximum(error, s.error)
        return Tails(sums[0] + left, sums[1], sums[2], sums[3] + left / q, error + rounding)

    def tails(t: Floats) -> Tails:
        a, positive = up(np.abs(t)), t >= 0
        return Tails(
            np.where(positive, a.p_above, a.q_below),
            np.where(positive, a.q_above, a.p_below),
            np.where(positive, a.p_below, a.q_above),
            np.where(positive, a.q_below, a.p_above),
            a.error,
        )

    return Law(tails, left)


def laws(step: Step) -> tuple[Law, ...]:
    """Return the losses of a step: one, or of removing and of adding a row."""
    if isinstance(step, PoissonSubsampled):
        base = pair(step.base)
        if step.rate == 1.0:
            return (base,)
        return removing(base, step.rate), adding(base, step.rate)
    if isinstance(step, FixedSizeSubsampled):
        if step.replacement and isinstance(step.base, ls.GaussianLoss):
            return (replacing(step.base.noise_multiplier, step.sample_size, step.dataset_size),)
        base = pair(step.base)
        rate = step.sample_size / step.dataset_size
        return (base,) if rate == 1.0 else (substituting(base, rate),)
    return (pair(step),)
