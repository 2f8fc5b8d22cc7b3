"""Sums, means, variances: exact sums on a public grid, each with discrete Laplace noise.

Under add-remove the number of rows is private, so a mean is a noisy sum of ``x - middle`` over a noisy number
of rows, and a variance needs a third noisy sum, of squares. Epsilon is split evenly among them: between the
sum and the number of rows of a mean that is the best split where the mean may be anywhere in the bounds.
What is computed from noisy sums costs nothing more.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from privml.dp.mechanisms.draw import whole
from privml.dp.queries.grid import LARGEST, Grid, exact_sums, scaled
from privml.dp.queries.noise import Noise
from privml.dp.queries.promise import Options, bounds_of
from privml.dp.queries.query import Query, Table, alpha_of, group_sizes

__all__ = ["Mean", "Std", "Sum", "Variance"]


class Bounded(Query):
    """A query on values within bounds."""

    def __init__(self, bounds: tuple[float, float], epsilon: float, **promise: Unpack[Options]) -> None:
        self.bounds = bounds_of(bounds)
        self._center = self.bounds[0] / 2 + self.bounds[1] / 2
        super().__init__(epsilon, **promise)

    def _middle(self) -> float:
        return self._center

    def _steps(self, table: Table) -> NDArray[np.int64]:
        """Return values as steps of the grid; none where there are no values."""
        return self._grid.steps(np.zeros(0) if table.values is None else table.values)

    _grid: Grid

    def _parameters(self) -> dict[str, Any]:
        scales = [
            scaled(noise.scale, exponent)
            for noise, exponent in zip(self._noises, self._exponents(), strict=True)
        ]
        return {
            "bounds": self.bounds,
            "grid": scaled(1, self._grid.exponent),
            "scale": scales if len(scales) > 1 else scales[0],
        }

    @abstractmethod
    def _exponents(self) -> list[int]:
        """Exponents of the steps that the noises are in."""


class Sum(Bounded):
    """The sum of values, each clipped to bounds.

    Missing values are left out. Under substitution, where the number of rows is public and rows cannot be
    left out, they count as the middle of the bounds. Infinities are clipped like all others.

    Parameters
    ----------
    bounds
        The lower and the upper bound, finite. Under add-remove a row moves the sum by the larger of their
        magnitudes, under substitution by their difference.
    epsilon
        What one release costs.
    **promise
        See :class:`~privml.dp.queries.query.Query`.

    Examples
    --------
    >>> from privml import dp
    >>> query = dp.Sum(bounds=(0, 10), epsilon=1.0)
    >>> isinstance(query.release([1, 2, 3]), float)
    True
    >>> round(query.accuracy(alpha=0.05))
    30
    """

    def _calibrate(self, budget: Fraction) -> Sequence[Noise]:
        known = self.promise.known_size
        self._grid = Grid.around(self._center if known else 0.0, self.bounds, budget / self.promise.rows)
        reach = self._grid.high - self._grid.low if known else self._grid.farthest
        return [Noise.make(reach * self.promise.rows, budget)]

    def _answers(self, table: Table, _counts: list[int] | None) -> list[Any]:
        totals = self._noises[0].add(exact_sums(self._steps(table), table.codes, table.groups))
        # Of a number of rows that is public, or around zero.
        base = table.size * self._grid.center if self.promise.known_size else 0.0
        return [clamp(base + scaled(total, self._grid.exponent), -LARGEST, LARGEST) for total in totals]

    def _exponents(self) -> list[int]:
        return [self._grid.exponent]

    def accuracy(self, alpha: float = 0.05) -> float:
        """Return how much noise may be added: with probability ``1 - alpha`` it is no more.

        To this comes what clipping changes, and half a step of the grid for each row at most.
        """
        return scaled(self._noises[0].reach(alpha_of(alpha)), self._grid.exponent)


class Mean(Bounded):
    """The mean of values, each clipped to bounds; it lies within the bounds itself.

    With no rows, or hardly any, the answer is anything within the bounds.

    Parameters
    ----------
    bounds
        The lower and the upper bound, finite.
    epsilon
        What one release costs: half of it for the noisy sum of ``x - middle``, half for the noisy number of
        rows; under substitution all of it for the sum.
    **promise
        See :class:`~privml.dp.queries.query.Query`.

    Examples
    --------
    >>> from privml import dp
    >>> query = dp.Mean(bounds=(0, 120), epsilon=0.5)
    >>> 0 <= query.release([34, 51, 27, 80]) <= 120
    True
    >>> query.accuracy(alpha=0.05, rows=10_000) < 0.2
    True
    """

    @property
    def _counts(self) -> bool:
        return not self.promise.known_size

    def _shares(self) -> int:
        """Among how many noises epsilon is split, when the number of rows is private."""
        return 2

    def _calibrate(self, budget: Fraction) -> Sequence[Noise]:
        known, rows = self.promise.known_size, self.promise.rows
        share = budget / (self._shares() - known)
        self._grid = Grid.around(self._center, self.bounds, share / rows)
        reach = self._grid.high - self._grid.low if known else self._grid.farthest
        counting = [] if known else [Noise.make(rows, share)]
        return [*counting, Noise.make(reach * rows, share)]

    def _exponents(self) -> list[int]:
        return [self._grid.exponent] if self.promise.known_size else [0, self._grid.exponent]

    def _sizes(self, table: Table, counts: list[int] | None) -> list[int]:
        """Return numbers of rows to divide by, at least one."""
        if self.promise.known_size:
            return [max(table.size, 1)]
        noisy = self._noises[0].add(group_sizes(table)) if counts is None else counts
        return [max(size, 1) for size in noisy]

    def _first(self, table: Table) -> list[int]:
        """Return noisy sums of the steps from the middle."""
        noise = self._noises[0 if self.promise.known_size else 1]
        return noise.add(exact_sums(self._steps(table), table.codes, table.groups))

    def _answers(self, table: Table, counts: list[int] | None) -> list[Any]:
        pairs = zip(self._first(table), self._sizes(table, counts), strict=True)
        return [
            clamp(self._center + scaled(total / size, self._grid.exponent), *self.bounds)
            for total, size in pairs
        ]

    def accuracy(self, alpha: float = 0.05, *, rows: int) -> float:
        """Return how far an answer may be off, if there are so many rows.

        With probability ``1 - alpha`` it is no farther.

        `rows` is a public guess of the number of rows (for each group), never the private number itself.
        """
        noises, alpha = self._noises, alpha_of(alpha)
        number = whole(rows, "rows", 1, 2**62)
        half = (self.bounds[1] - self._center, self._center - self.bounds[0])
        sums = scaled(noises[-1].reach(alpha / len(noises)), self._grid.exponent)
        lost = 0 if self.promise.known_size else noises[0].reach(alpha / len(noises))
        if lost >= number:
            return self.bounds[1] - self.bounds[0]
        return min((sums + max(half) * lost) / (number - lost), self.bounds[1] - self.bounds[0])


class Variance(Mean):
    """The variance of values, each clipped to bounds: the mean square of distances from the mean.

    It is that of the rows themselves (NumPy's ``ddof=0``), from noisy sums of ``x - middle`` and of its
    squares, and lies between 0 and a quarter of the squared width of the bounds.

    Parameters
    ----------
    bounds
        The lower and the upper bound, finite.
    epsilon
        What one release costs: a third each for the number of rows, the sum, and the sum of squares; under
        substitution half each for the sums.
    **promise
        See :class:`~privml.dp.queries.query.Query`.

    Examples
    --------
    >>> from privml import dp
    >>> 0 <= dp.Variance(bounds=(0, 10), epsilon=1.0).release([1, 2, 3]) <= 25
    True
    """

    def _shares(self) -> int:
        return 3

    def _calibrate(self, budget: Fraction) -> Sequence[Noise]:
        known, rows = self.promise.known_size, self.promise.rows
        first = super()._calibrate(budget)
        # Squares of twice as many bits lose the lower half; they are counted from their middle.
        self._shift = self._grid.farthest.bit_length()
        self._square_high = self._rounded_squares(np.array([self._grid.farthest])).item()
        self._square_middle = self._square_high // 2
        reach = self._square_high if known else self._square_high - self._square_middle
        return [*first, Noise.make(reach * rows, budget / (3 - known))]

    def _exponents(self) -> list[int]:
        return [*super()._exponents(), 2 * self._grid.exponent + self._shift]

    def _rounded_squares(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        half = (1 << self._shift) >> 1
        squares: NDArray[np.int64] = (steps * steps + half) >> self._shift
        return squares

    def _variances(self, table: Table, counts: list[int] | None) -> list[float]:
        """Return variances in squared steps of the grid, at least zero."""
        steps = self._steps(table)
        squares = self._rounded_squares(steps) - self._square_middle
        second = self._noises[-1].add(exact_sums(squares, table.codes, table.groups))
        first = self._noises[-2].add(exact_sums(steps, table.codes, table.groups))
        return [
            max((square / size + self._square_middle) * 2.0**self._shift - (total / size) ** 2, 0.0)
            for total, square, size in zip(first, second, self._sizes(table, counts), strict=True)
        ]

    def _most(self) -> float:
        """Return the largest standard deviation within the bounds."""
        return self.bounds[1] / 2 - self.bounds[0] / 2

    def _answers(self, table: Table, counts: list[int] | None) -> list[Any]:
        most = min(self._most(), math.sqrt(LARGEST)) ** 2
        return [
            clamp(scaled(value, 2 * self._grid.exponent), 0.0, most)
            for value in self._variances(table, counts)
        ]

    def accuracy(self, alpha: float = 0.05, *, rows: int) -> float:
        """Return how far an answer may be off, if there are so many rows.

        With probability ``1 - alpha`` it is no farther.

        A bound that holds wherever the values lie; it is wide. `rows` is a public guess.
        """
        noises, alpha = self._noises, alpha_of(alpha)
        number = whole(rows, "rows", 1, 2**62)
        part = alpha / len(noises)
        lost = 0 if self.promise.known_size else noises[0].reach(part)
        most = min(self._most(), math.sqrt(LARGEST)) ** 2
        if lost >= number:
            return most
        left = number - lost
        # In steps: the first mean is off by this much, its square by up to twice the half-width of it.
        first = (noises[-2].reach(part) + self._grid.farthest * lost) / left
        square = (noises[-1].reach(part) + self._square_high * lost) / left * 2.0**self._shift
        off = square + first * (2 * self._grid.farthest + first)
        return min(scaled(off, 2 * self._grid.exponent), most)


class Std(Variance):
    """The standard deviation: the root of :class:`Variance`, at the same price.

    Examples
    --------
    >>> from privml import dp
    >>> 0 <= dp.Std(bounds=(0, 10), epsilon=1.0).release([1, 2, 3]) <= 5
    True
    """

    def _answers(self, table: Table, counts: list[int] | None) -> list[Any]:
        return [
            clamp(scaled(math.sqrt(value), self._grid.exponent), 0.0, self._most())
            for value in self._variances(table, counts)
        ]

    def accuracy(self, alpha: float = 0.05, *, rows: int) -> float:
        """Return how far an answer may be off, if there are so many rows.

        With probability ``1 - alpha`` it is no farther.

        That of the variance, under a root: it is reached where the standard deviation is about zero.
        """
        return min(math.sqrt(super().accuracy(alpha, rows=rows)), self._most())


def clamp(value: float, low: float, high: float) -> float:
    """Return the nearest number within bounds."""
    return min(max(value, low), high)
