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
from dataclasses import dataclass

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
    zero; ``bounded`` says that no loss is beyond the last with any mass (not merely underflow).
    """

    tails: Callable[[Floats], Tails]
    infinite: float = 0.0
    lattice: float = 0.0
    bounded: bool = False


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
        return Tails(_erfc(u) / 2, _erfc(v) / 2, _erfc(-u) / 2, _erfc(-v) / 2, error)

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
    width = _width("sigma", 38 * sigma + 2, gap)
    x = np.arange(-width, width + 1, dtype=np.float64)
    mass = np.exp(-((x / sigma) ** 2) / 2)
    mass /= mass.sum()
    loss = gap * (gap - 2 * x) / (2 * sigma * sigma)
    return _shifted(x, mass, gap, loss, 1e-300, 4096 * ULP, gap / (2 * sigma * sigma))


def discrete_laplace(scale: float, gap: int) -> Law:
    """Integer Laplaces ``gap`` apart: only the points from 0 to ``gap`` have a loss inside the extremes."""
    if gap > MAX_ATOMS:
        raise ParameterError(f"sensitivity {gap} is over {MAX_ATOMS}")
    x = np.arange(gap + 1, dtype=np.float64)
    unit = math.tanh(0.5 / scale)
    mass = unit * np.exp(-x / scale)
    q = mass[::-1].copy()
    # All below 0 has the loss of 0, all above gap that of gap; a geometric tail each.
    tail = 1 / -math.expm1(-1 / scale)
    mass[0], q[-1] = unit * tail, unit * tail
    mass[-1] *= tail
    q[0] *= tail
    loss = (gap - 2 * x) / scale
    return atoms(
        loss[::-1], mass[::-1], q[::-1], infinite=0.0, error=(64 + 4 * gap / scale) * ULP, lattice=1 / scale
    )


def skellam(variance: float, gap: int) -> Law:
    """Skellam variables ``gap`` apart; Bessel functions by Miller's downward recurrence."""
    width = _width("variance", 40 * math.sqrt(variance) + 200, gap)
    if width > 1 << 18:
        raise ParameterError(f"variance is {variance}, too wide for an exact curve")
    # ratio[k] = I_(k+1)/I_k by the continued fraction, stable downwards.
    ratio = [0.0] * (width + 64)
    for k in range(len(ratio) - 2, -1, -1):
        ratio[k] = 1 / (2 * (k + 1) / variance + ratio[k + 1])
    logs = np.insert(np.cumsum(np.log(np.array(ratio[:width]))), 0, 0.0)
    half = np.exp(logs)
    half /= 2 * half[1:].sum() + 1
    half_logs = logs
    mass = np.concatenate([half[:0:-1], half])
    log_mass = np.concatenate([half_logs[:0:-1], half_logs])
    keep = mass > 1e-300
    cut = 1e-295
    x = np.arange(-width, width + 1, dtype=np.float64)[keep]
    mass, log_mass = mass[keep], log_mass[keep]
    if len(x) <= gap:
        empty = np.zeros(1)
        return atoms(empty, empty, empty, infinite=1.0, error=0.0, lattice=0.0)
    loss = np.zeros_like(log_mass)
    loss[gap:] = log_mass[gap:] - log_mass[:-gap]
    return _shifted(x, mass, gap, loss, cut, (64 * len(x)) * ULP, 0.0)


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
    return Law(lambda t: _mixed(base, q, t), q * base.infinite, bounded=base.bounded)


def adding(base: Law, q: float) -> Law:
    """Return the loss of adding it."""

    def tails(t: Floats) -> Tails:
        s = _mixed(base, q, -t)
        return Tails(s.q_below, s.p_below, s.q_above, s.p_above, s.error)

    return Law(tails, bounded=base.bounded)


def substituting(base: Law, q: float) -> Law:
    """Return the loss of exchanging a row under a sample of fixed size without replacement."""
    remove, add = removing(base, q), adding(base, q)

    def tails(t: Floats) -> Tails:
        r, a, up = remove.tails(t), add.tails(t), t >= 0
        names = ("p_above", "q_above", "p_below", "q_below", "error")
        return Tails(*(np.where(up, getattr(r, n), getattr(a, n)) for n in names))

    return Law(tails, remove.infinite, bounded=base.bounded)


def replacing(sigma: float, size: int, total: int) -> Law:
    """Return the same with replacement: the row is drawn k times, and then the shift is k times as large."""
    q = -math.expm1(size * math.log1p(-1 / total)) if total > 1 else 1.0
    if total == 1:
        return gaussian(sigma / size)
    weights = []
    left = 1.0
    for k in range(1, min(size, 400) + 1):
        log_weight = (
            math.lgamma(size + 1)
            - math.lgamma(k + 1)
            - math.lgamma(size - k + 1)
            - k * math.log(total)
            + (size - k) * math.log1p(-1 / total)
        )
        weights.append(math.exp(log_weight))
        # A geometric bound on all that follows.
        odds = (size - k) / (k + 1) / (total - 1)
        left = weights[-1] * odds / (1 - odds) if odds < 0.5 else 1.0
        if left < 1e-30 or k == size:
            left = 0.0 if k == size else left
            break
    laws = [gaussian(sigma / k) for k in range(1, len(weights) + 1)]

    def up(t: Floats) -> Tails:
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            inner = np.where(t > 600, t - math.log(q), np.log1p(np.maximum(np.expm1(t) / q, -1.0)))
        parts = [law.tails(inner) for law in laws]
        p, qq = np.zeros_like(t), np.zeros_like(t)
        for w, s in zip(weights, parts, strict=True):
            p += w * (s.p_above + (1 - q) / q * s.q_above)
            qq += w * s.q_above / q
        error = np.maximum.reduce([s.error for s in parts]) + 1e-12
        p = np.minimum(p + left, 1.0)
        return Tails(p, qq, 1 - p, 1 - qq, error)

    def tails(t: Floats) -> Tails:
        a, b, positive = up(np.abs(t)), up(np.abs(t)), t >= 0
        return Tails(
            np.where(positive, a.p_above, b.q_below),
            np.where(positive, a.q_above, b.p_below),
            np.where(positive, a.p_below, b.q_above),
            np.where(positive, a.q_below, b.p_above),
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
