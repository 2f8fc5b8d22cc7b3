"""Quantiles by the exponential mechanism over a public grid.

Smith, *Privacy-preserving statistical estimation with optimal convergence rates* (STOC 2011), algorithm 2.
The candidates are the points of the grid; a candidate's score is minus ``|(1 - q) below - q above|``, the
numbers of values below and above it. One row more moves it by at most ``max(q, 1 - q)``,
another row in place of one by at most 1. Between two neighbouring values all candidates have the same score,
so the core chooses among intervals, exactly: `rust/core/src/noise/intervals.rs`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from privml._wording import a_type
from privml.dp.accounting.losses import BoundedRangeLoss, Loss
from privml.dp.mechanisms.draw import positive, real
from privml.dp.queries.intervals import choose_interval
from privml.dp.queries.noise import Noise, ratio_above
from privml.dp.queries.promise import Options, bounds_of
from privml.dp.queries.query import Query, Table, alpha_of
from privml.errors import DtypeError, ParameterError

__all__ = ["Quantile"]

CELLS = 1 << 20
"""Steps of the grid unless a step is given."""

MOST_CELLS = 1 << 40

FINEST = 10**6
"""Largest denominator of q."""

MOST_QUANTILES = 1000


class Quantile(Query):
    """The value below which a part `q` of the values lie, each clipped to bounds.

    The answer is a point of a public grid between the bounds: 2^20 steps, or steps of `step`. Give `step`
    where values repeat, as whole numbers do (``step=1``): a value that many rows share is found far more
    surely among few candidates. With no rows every point is as likely as another.

    Parameters
    ----------
    q
        From 0 to 1, or a list of such: epsilon is then split evenly, and the answers are brought into order.
        Taken as the nearest fraction with a denominator of at most a million.
    bounds
        The lower and the upper bound, finite.
    epsilon
        What one release costs.
    step
        The distance between the answers that are possible, counted from the lower bound.
    **promise
        See :class:`~privml.dp.queries.query.Query`.

    Examples
    --------
    >>> from privml import dp
    >>> query = dp.Quantile(0.5, bounds=(0, 120), epsilon=1.0, step=1)
    >>> query.release([34, 51, 27, 80]) in range(121)
    True
    >>> round(query.accuracy(alpha=0.05), 1)  # rows between the answer and the median
    7.8
    """

    _mechanism = "exponential"

    def __init__(
        self,
        q: float | Sequence[float],
        bounds: tuple[float, float],
        epsilon: float,
        *,
        step: float | None = None,
        **promise: Unpack[Options],
    ) -> None:
        self.bounds = bounds_of(bounds)
        self._many = not isinstance(q, int | float | np.number)
        self._parts = parts_of(q)
        self._half = self.bounds[1] / 2 - self.bounds[0] / 2  # of the width, which could overflow
        if step is None:
            self._cells, self._half_step = CELLS, self._half / CELLS
        else:
            self._half_step = positive(step, "step") / 2
            cells = self._half / self._half_step if self._half_step > 0 else math.inf
            if not 1 <= cells <= MOST_CELLS:
                raise ParameterError(f"step: found {step}, allowed: one that fits the bounds 1 to 2^40 times")
            # An end that rounding alone keeps out of reach belongs to the grid: (0, 1) has ten steps of 0.1.
            self._cells = math.floor(cells * (1 + 2.0**-50))
        if self._half_step <= 0:
            raise ParameterError(f"bounds: found {self.bounds}, closer than doubles can divide")
        self.step = step
        super().__init__(epsilon, **promise)

    def _calibrate(self, budget: Fraction) -> Sequence[Noise]:
        share = budget / len(self._parts)
        return [Noise.make(2 * self._moves(part) * self.promise.rows, share) for part in self._parts]

    def _moves(self, part: Fraction) -> int:
        """Return by how much a row moves a score, in units of the denominator of q."""
        if self.promise.known_size:
            return part.denominator
        return max(part.numerator, part.denominator - part.numerator)

    def _middle(self) -> float:
        return self.bounds[0] / 2 + self.bounds[1] / 2

    @property
    def loss(self) -> Loss:
        """The privacy loss of one release: that of a bounded range if it is one quantile."""
        if len(self._noises) == 1 and self._naming is None:
            return BoundedRangeLoss(ratio_above(self._noises[0].epsilon))
        return super().loss

    def _parameters(self) -> dict[str, Any]:
        shown = [float(part) for part in self._parts]
        told = {"q": shown if self._many else shown[0], "bounds": self.bounds, "candidates": self._cells + 1}
        return told if self.step is None else {**told, "step": self.step}

    def _positions(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Round values to the grid, each by itself."""
        with np.errstate(all="ignore"):
            halves = np.clip(values, *self.bounds) / 2 - self.bounds[0] / 2
            steps = np.rint(halves / self._half_step).astype(np.int64)
        clipped: NDArray[np.int64] = np.clip(steps, 0, self._cells)
        return clipped

    def _value(self, position: int) -> float:
        """Return a point of the grid, within the bounds."""
        value = (self.bounds[0] / 2 + position * self._half_step) * 2
        return min(max(value, self.bounds[0]), self.bounds[1])

    def _answers(self, table: Table, _counts: list[int] | None) -> list[Any]:
        positions = self._positions(np.zeros(0) if table.values is None else table.values)
        if table.codes is None:
            return [self._answer(np.sort(positions))]
        positions = positions[np.lexsort((positions, table.codes))]
        ends = np.cumsum(np.bincount(table.codes, minlength=table.groups))
        return [self._answer(part) for part in np.split(positions, ends)[: table.groups]]

    def _answer(self, positions: NDArray[np.int64]) -> Any:
        """Choose for one group, whose positions are sorted."""
        starts, lengths, below, above = intervals(positions, self._cells)
        found = []
        for part, noise in zip(self._parts, self._noises, strict=True):
            gaps = np.abs((part.denominator - part.numerator) * below - part.numerator * above)
            index, offset = choose_interval(lengths, gaps, noise.drawn)
            found.append(self._value(int(starts[index]) + offset))
        if not self._many:
            return found[0]
        ordered = np.empty(len(found))
        ordered[np.argsort([float(part) for part in self._parts], kind="stable")] = np.sort(found)
        return ordered

    def accuracy(self, alpha: float = 0.05) -> float:
        """Return how many rows may lie between an answer and the quantile.

        With probability ``1 - alpha`` there are no more.

        Of several answers, for each. McSherry and Talwar, *Mechanism design via differential privacy*
        (FOCS 2007), theorem 6.
        """
        log = math.log((self._cells + 1) / alpha_of(alpha))
        reach = [
            noise.scale * log / part.denominator
            for part, noise in zip(self._parts, self._noises, strict=True)
        ]
        return max(reach)


def parts_of(q: object) -> list[Fraction]:
    """Return what part of the values is to lie below, as fractions."""
    if isinstance(q, str) or not isinstance(q, int | float | np.number | Sequence | np.ndarray):
        raise DtypeError(f"q: found {a_type(q)}, allowed: a number from 0 to 1, or a list of them")
    listed = np.asarray(q, dtype=object).ravel().tolist()
    if not 1 <= len(listed) <= MOST_QUANTILES:
        raise ParameterError(f"q: found {len(listed)} quantiles, allowed: 1 to {MOST_QUANTILES}")
    parts = [real(part, "q") for part in listed]
    if not all(0 <= part <= 1 for part in parts):
        raise ParameterError(f"q: found {parts}, allowed: 0 to 1")
    return [Fraction(part).limit_denominator(FINEST) for part in parts]


def intervals(
    positions: NDArray[np.int64], cells: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut ``0..cells`` at sorted positions: starts and lengths of the pieces, values below and above each.

    Every position is a piece of one candidate, and what lies between two of them is another, perhaps empty.
    """
    number = len(positions)
    first = np.flatnonzero(np.diff(positions, prepend=-1))
    points, before = positions[first], first.astype(np.int64)
    after = np.append(before[1:], number)[: len(points)]
    starts = np.zeros(2 * len(points) + 1, dtype=np.int64)
    starts[1::2], starts[2::2] = points, points + 1
    lengths = np.diff(starts, append=cells + 1)
    below, above = np.zeros_like(starts), np.full_like(starts, number)
    below[1::2], below[2::2] = before, after
    above[1::2], above[2::2] = number - after, number - after
    return starts, lengths, below, above
