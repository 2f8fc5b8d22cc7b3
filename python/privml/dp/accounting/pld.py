"""Privacy loss distributions: an upper bound on the hockey-stick curve of a composition.

1. Each step's loss goes onto a grid by connecting the dots (Doroshenko, Ghazi, Kamath, Kumar, Manurangsi
   2022): the mass of a cell is split between its ends so that P's and Q's mass both stay. The curve
   only rises.
2. The masses are tilted by e^(t s), as in a Chernoff bound, with t chosen for the answer: rounding is then
   small relative to the delta sought, however small that is.
3. Composition is a power of the Fourier transform. What lies right of the window is bounded by Chernoff and
   added to delta; what lies left of it wraps around and only adds.
4. Rounding is bounded and added: of the tails cell by cell (`pairs`), of the transforms in the 2-norm
   (`transform`), of thresholds as a shift of epsilon.

A single step, and Gaussian noise without sampling, need none of this: their curves are closed forms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from privml.dp.accounting.pairs import ULP, Floats, Law, Tails
from privml.dp.accounting.single import MAX_LOSS, delta_once, epsilon_once
from privml.dp.accounting.transform import size_for, unit_error
from privml.errors import ParameterError

MAX_CELLS = 1 << 21
MAX_PART = 1 << 17
TAIL = 1e-6
SLACK = 1e-9
_LADDER: Floats = np.concatenate([[0.0], np.geomspace(1e-9, MAX_LOSS, 120)])


@dataclass(frozen=True)
class Cells:
    """Upper bounds on P's mass and the lower bounds on Q's, between edges; the last edge's tail apart."""

    edges: Floats
    p: Floats
    q: Floats
    low: float
    high: float


def _masses(above: Floats, below: Floats, error: Floats, sign: int) -> Floats:
    right = above[:-1] < 0.5
    mass = np.where(right, above[:-1] - above[1:], below[1:] - below[:-1])
    bound = error[:-1] + error[1:]
    slack = np.where(right, above[:-1] + above[1:], below[1:] + below[:-1]) * bound
    return np.maximum(mass + sign * slack, 0.0)


def _cells(law: Law, edges: Floats) -> Cells:
    t = law.tails(edges)
    return Cells(
        edges,
        _masses(t.p_above, t.p_below, t.error, 1),
        _masses(t.q_above, t.q_below, t.error, -1),
        float(t.p_below[0] * (1 + t.error[0])),
        float(t.p_above[-1] * (1 + t.error[-1])),
    )


def _norm(x: Floats) -> float:
    return math.sqrt(float(np.sum(x * x)))


def _reach(law: Law, tail: float, *, upper: bool, fine: float = 1e-3) -> float:
    """Return a loss that P exceeds (or falls below) with at most this probability, beyond infinite losses."""
    sign = 1.0 if upper else -1.0

    def first(sizes: Floats) -> int:
        s: Tails = law.tails(sign * sizes)
        small = s.p_above - law.infinite <= tail if upper else s.p_below <= tail
        return int(np.argmax(small)) if small.any() else len(sizes)

    # All may lie on the other side of zero; zero itself is close enough then.
    sizes = _LADDER
    at = first(sizes)
    if at in (0, len(sizes)):
        return 0.0 if at == 0 else sign * MAX_LOSS
    while sizes[at] - sizes[at - 1] > fine * sizes[at]:
        low, high = float(sizes[at - 1]), float(sizes[at])
        sizes = np.linspace(low, high, 18)
        at = max(first(sizes), 1)
        if at >= len(sizes) or high - low <= 4e-16 * high:
            return sign * high
    return sign * float(sizes[at])


class Composition:
    """Many steps in one direction: ``parts`` are losses and how often each is taken."""

    def __init__(self, parts: Sequence[tuple[Law, int]]) -> None:
        self.parts = list(parts)
        self.count = sum(n for _, n in self.parts)

    def epsilon(self, delta: float) -> float:
        """Return an upper bound on epsilon."""
        if self.count == 0 or delta >= 1:
            return 0.0
        infinite = -math.expm1(sum(n * math.log1p(-min(law.infinite, 1 - 1e-16)) for law, n in self.parts))
        pure = self._pure()
        if delta <= infinite or delta < 1e-250:
            return pure
        if self.count == 1:
            return min(epsilon_once(self.parts[0][0], delta), pure)
        if pure < 1e-12:
            return pure
        value = pure
        for shrink in (1.0, 0.3, 0.1):
            # Each is a bound; where the answer lies left of the window, a weaker tilt gives a better one.
            window = _Window(self.parts, delta, None, shrink)
            found = window.epsilon(delta)
            value = min(value, found)
            if found > max(float(window.losses[0]) + 2 * window.step, 0.0) or found <= 0.0:
                break
        if 0 < value < 0.6 * window.guess:
            # The grid was chosen for an answer larger than it is.
            value = min(value, _Window(self.parts, delta, None, shrink, value).epsilon(delta))
        return value

    def delta(self, epsilon: float) -> float:
        """Return an upper bound on delta."""
        if self.count == 0:
            return 0.0
        if self.count == 1:
            return float(delta_once(self.parts[0][0], np.array([epsilon]))[0])
        return _Window(self.parts, None, epsilon).delta(epsilon)

    def _pure(self) -> float:
        total = 0.0
        for law, n in self.parts:
            if not law.bounded:
                return math.inf
            top = _reach(law, 0.0, upper=True, fine=1e-14)
            if top >= MAX_LOSS:
                return math.inf
            total += n * top
        return total * (1 + 1e-12)


class _Window:
    """One transform, at a tilt and a grid chosen for a delta or for an epsilon."""

    def __init__(
        self,
        parts: list[tuple[Law, int]],
        delta: float | None,
        epsilon: float | None,
        shrink: float = 1.0,
        guess: float = math.inf,
    ) -> None:
        self.count = sum(n for _, n in parts)
        self.guess, self._exponent = math.inf, 0.0
        goal = delta if delta is not None else 1e-12
        spans = [self._span(law, goal) for law, _ in parts]
        rough = [(self._rough(law, *span), n) for (law, n), span in zip(parts, spans, strict=True)]
        self.tilt, spread = self._tune(rough, delta, epsilon)
        self.tilt *= shrink
        self.guess = min(self.guess, guess)
        if epsilon is not None:
            # With the tilt known, so is delta roughly: look as far out as that needs.
            goal = min(max(math.exp(min(self._exponent - self.tilt * epsilon, 0.0)) * 1e-3, 1e-280), 1e-3)
            spans = [self._span(law, goal) for law, _ in parts]
        self.step = self._grid(parts, spread, max(high - low for low, high in spans))
        self._compose(parts, spans, goal)

    def _span(self, law: Law, goal: float) -> tuple[float, float]:
        tail = max(goal * TAIL * 0.1 / self.count, 1e-290)
        low = _reach(law, 1e-10 / self.count, upper=False, fine=0.05)
        high = _reach(law, tail, upper=True, fine=0.05)
        return low, max(high, low + 1e-12)

    @staticmethod
    def _rough(law: Law, low: float, high: float) -> tuple[Floats, Floats]:
        width = max(abs(low), abs(high))
        y = np.linspace(-1.0, 1.0, 501)
        edges = width * np.sinh(14 * y) / math.sinh(14)
        cells = _cells(law, edges[(edges >= low * 1.1) & (edges <= high * 1.1)] if low < 0 < high else edges)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.log(cells.p / cells.q)
        middle = (cells.edges[1:] + cells.edges[:-1]) / 2
        inside = (mean >= cells.edges[:-1]) & (mean <= cells.edges[1:])
        return cells.p, np.where(inside, mean, middle)

    def _tune(
        self, rough: list[tuple[tuple[Floats, Floats], int]], delta: float | None, epsilon: float | None
    ) -> tuple[float, float]:
        choices: list[tuple[float, float, float]] = []
        tilts = np.geomspace(1e-2, 3e4, 70)
        totals = np.zeros_like(tilts)
        for (p, s), n in rough:
            keep = p > 0
            exponents = np.log(p[keep]) + np.outer(tilts, s[keep])
            top = exponents.max(axis=1)
            totals += n * (top + np.log(np.exp(exponents - top[:, None]).sum(axis=1)))
        for t, total in zip(tilts, totals, strict=True):
            # Canonne, Kamath, Steinke 2020, Proposition 12, at order t + 1.
            total_ = float(total) + t * math.log(t / (t + 1)) - math.log(t + 1)
            score = (total_ - math.log(delta)) / t if delta is not None else total_ - t * (epsilon or 0.0)
            choices.append((score, float(t), float(total)))
        # Near the largest loss the best tilt runs to infinity: the least that is nearly as good will do.
        best = min(choices)[0]
        self.guess = best if delta is not None else epsilon or 0.0
        margin = 1e-3 * abs(best) if delta is not None else 0.1
        tilt, self._exponent = next((t, total) for score, t, total in choices if score <= best + margin)
        variance = 0.0
        for (p, s), n in rough:
            with np.errstate(divide="ignore"):
                w = np.exp(np.log(p) + tilt * s - (np.log(p) + tilt * s).max())
            w /= w.sum()
            m = float(np.sum(w * s))
            v = float(np.sum(w * (s - m) ** 2))
            variance += n * v
        self._variance = variance
        return tilt, math.sqrt(variance)

    def _grid(self, parts: list[tuple[Law, int]], spread: float, widest: float) -> float:
        # A cell's split adds up to h²/4 to a step's variance: hold it far below the variance there is.
        average = math.sqrt(self._variance / self.count)
        step = max(0.04 * average, 1e-9)
        if self.count < 50:
            step = min(step, 0.004 * spread)
        # That split raises epsilon by count * tilt * h²/8 at most, where tilt * h is small: 0.025 % will do.
        if self.guess > 0:
            allowed = math.sqrt(2e-3 * self.guess / (self.count * self.tilt))
            step = min(allowed, 1 / self.tilt)
        step = max(step, 40 * spread / MAX_CELLS, widest / MAX_PART)
        lattice = parts[0][0].lattice
        if (
            lattice > 0
            and all(abs(law.lattice - lattice) <= 1e-15 * lattice for law, _ in parts)
            and lattice > step / 8
        ):
            step = lattice / math.ceil(lattice / step)
        return step

    def _compose(self, parts: list[tuple[Law, int]], spans: list[tuple[float, float]], goal: float) -> None:
        h, tilt = self.step, self.tilt
        grids = []
        lost = 0.0
        self.shift = 0.0
        for (law, n), (low, high) in zip(parts, spans, strict=True):
            first, last = math.floor(low / h) - 1, math.ceil(high / h) + 1
            if last - first > MAX_CELLS:
                raise ParameterError("the losses composed differ too much in size to share a grid")
            edges: Floats = np.arange(first, last + 1, dtype=np.float64) * h
            p, infinite = self._dots(_cells(law, edges), h)
            lost += n * infinite
            s = edges
            top = float(np.max(tilt * s + np.log(np.maximum(p, 1e-320))))
            tilted = p * np.exp(tilt * s - top)
            total = float(tilted.sum())
            grids.append((first, tilted / total, n, top + math.log(total)))
            self.shift += n * (32 * ULP * (2 + max(abs(low), abs(high))) + law.blur)
        self.lost = lost * (1 + SLACK)
        self.log_mgf = sum(n * k for _, _, n, k in grids)
        # Rounding of the tilt and of its norm, once a step.
        longest = max(len(p) for _, p, _, _ in grids)
        extreme = max(max(abs(lo), abs(hi)) for lo, hi in spans)
        self.inflate = math.exp(
            min(
                sum(n for *_, n, _ in grids)
                * ULP
                * (
                    64
                    + 4 * math.log2(longest)
                    + 8 * tilt * extreme
                    + 8 * sum(n * abs(k) for _, _, n, k in grids) / self.count
                ),
                50.0,
            )
        ) * (1 + SLACK)
        left, right, self.right_tail = self._window(grids)
        first = math.floor(left / h)
        needed = max(math.ceil(right / h) - first + 2, longest)
        if needed > 4 * MAX_CELLS:
            raise ParameterError("the composition is too wide for its grid")
        size = size_for(needed)
        transform = np.ones(size // 2 + 1, dtype=np.complex128)
        unit = unit_error(size)
        error, largest = 0.0, 1.0
        offset = 0
        for start, p, n, _ in grids:
            f = np.fft.rfft(p, size)
            size_f = np.abs(f)
            # Powers in polar form: the angle's rounding grows with n.
            transform *= size_f**n * np.exp(1j * np.angle(f) * n) if n > 1 else f
            largest *= max(float(size_f.max()) * (1 + 4 * ULP), 1.0) ** n
            error += n * unit * _norm(p)
            offset += n * start
        c = np.fft.irfft(transform, size)
        error = error * largest + (unit + 32 * ULP * (self.count + len(grids))) * _norm(c) * 1.01
        self.error = error * 1.1
        self.mass = np.roll(c, (offset - first) % size)
        self.losses = (first + np.arange(size)) * h

    def _dots(self, cells: Cells, h: float) -> tuple[Floats, float]:
        with np.errstate(over="ignore", invalid="ignore"):
            ratio = np.nan_to_num(cells.q * np.exp(np.minimum(cells.edges[1:], 700.0)) * (1 - 64 * ULP))
        low = np.clip((ratio - cells.p) / math.expm1(h) * (1 - 64 * ULP), 0.0, cells.p)
        p = np.zeros(len(cells.edges))
        p[:-1] += low
        p[1:] += cells.p - low
        p[0] += cells.low
        return p * (1 + 8 * ULP), cells.high

    def _window(self, grids: list[tuple[int, Floats, int, float]]) -> tuple[float, float, float]:
        """Return bounds of the tilted sum, and the log of the tilted mass above the right one."""
        h = self.step
        variance = 0.0
        for start, p, n, _ in grids:
            s = (start + np.arange(len(p))) * h
            m = float(np.sum(p * s))
            variance += n * float(np.sum(p * (s - m) ** 2))
        spread = math.sqrt(variance) + h
        goal = math.log(TAIL)
        # About a Gaussian's best slope, and about that of one step that is far larger than the others.
        widest = max(h * max(abs(start), abs(start + len(p))) for start, p, _, _ in grids)
        slopes = (0.5 / spread, 1.5 / spread, 3 / spread, 5.3 / spread, 4 / widest, 14 / widest, 40 / widest)
        ends = []
        for sign in (-1, 1):
            # No sum is beyond the sum of the extremes.
            best = sum(n * h * (start + len(p) - 1 if sign > 0 else -start) for start, p, n, _ in grids)
            for slope in slopes:
                cgf = 0.0
                for start, p, n, _ in grids:
                    s = sign * (start + np.arange(len(p))) * h
                    top = float(slope * max(s[0], s[-1]))
                    if top > 600:
                        cgf = math.inf
                        break
                    cgf += n * math.log(float(np.sum(p * np.exp(slope * s))) * (1 + 1e-13))
                best = min(best, (cgf - goal) / slope)
            ends.append(sign * best)
        return ends[0] - h, ends[1] + h, goal

    def _curve(self) -> tuple[Any, Any, Any, Any]:
        s = self.losses
        reference = float(s[0])
        # Weights are scaled by the largest that can matter, so that nothing overflows.
        log_weight = self.log_mgf - self.tilt * s
        weight = np.exp(np.minimum(log_weight, 300.0)) * self.inflate
        a = self.mass * weight
        total = np.cumsum(a[::-1])[::-1]
        scaled = np.cumsum((a * np.exp(-(s - reference)))[::-1])[::-1]
        noise = np.sqrt(np.cumsum((weight * weight)[::-1])[::-1]) * self.error
        with np.errstate(over="ignore", invalid="ignore"):
            lower = np.exp(s - reference) * scaled
        # Sums one after the other: n units of all that was summed.
        total = total * (1 + SLACK) + noise * 1.01
        at = total - np.where(np.isfinite(lower), lower, 0.0) * (1 - SLACK)
        tail = math.exp(min(self.right_tail + float(log_weight[-1]), 0.0)) * self.inflate
        return (
            at + self.lost + tail,
            total + self.lost + tail,
            scaled,
            s,
        )

    def epsilon(self, delta: float) -> float:
        at, total, scaled, s = self._curve()
        good = at <= delta
        bad = np.flatnonzero(~good)
        j = int(bad[-1]) + 1 if len(bad) else 0
        if j >= len(s):
            return math.inf
        value = float(s[j])
        if j and scaled[j] > 0 and total[j] > delta:
            inner = float(s[0]) + math.log((float(total[j]) - delta) / (float(scaled[j]) * (1 - SLACK)))
            value = min(value, max(inner, float(s[j - 1])))
        return max(value + self.shift, 0.0) * (1 + 1e-12)

    def delta(self, epsilon: float) -> float:
        _, total, scaled, s = self._curve()
        e = epsilon - self.shift
        j = int(np.searchsorted(s, e, side="right"))
        if j >= len(s):
            return min(
                self.lost + math.exp(min(self.right_tail + self.log_mgf - self.tilt * float(s[-1]), 0.0)), 1.0
            )
        value = float(total[j]) - math.exp(min(e - float(s[0]), 700.0)) * float(scaled[j]) * (1 - SLACK)
        return min(max(value, self.lost), 1.0)
