"""Counts and histograms: integers with discrete Laplace noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Unpack

import numpy as np

from privml._wording import a_type
from privml.dp.mechanisms.draw import whole
from privml.dp.queries import columns
from privml.dp.queries.noise import Noise
from privml.dp.queries.promise import Options, bounds_of, check_keys
from privml.dp.queries.query import Query, Table, alpha_of, check_kinds, group_sizes, on_keys
from privml.errors import DtypeError, ParameterError

__all__ = ["Count", "Histogram"]

MOST_BINS = 1_000_000


class Count(Query):
    """The number of rows, or of values that are not missing.

    One row moves it by one, a user by `rows_per_user`. The answer may be below zero: to cut it off would bias
    sums of answers.

    Parameters
    ----------
    epsilon
        What one release costs.
    **promise
        See :class:`~privml.dp.queries.query.Query`.

    Examples
    --------
    >>> from privml import dp
    >>> query = dp.Count(epsilon=0.5)
    >>> isinstance(query.release([3.0, 1.0, 2.0]), int)
    True
    >>> query.accuracy(alpha=0.05)
    6
    """

    needs_values = False

    @property
    def _counts(self) -> bool:
        return True

    def __init__(self, epsilon: float, **promise: Unpack[Options]) -> None:
        super().__init__(epsilon, **promise)

    def _calibrate(self, budget: Fraction) -> Sequence[Noise]:
        return [Noise.make(self.promise.rows, budget)]

    def _prepare(self, table: Table) -> Table:
        return table if table.values is None else table.take(~np.isnan(table.values))

    def _answers(self, table: Table, counts: list[int] | None) -> list[Any]:
        return self._noises[0].add(group_sizes(table)) if counts is None else counts

    def _parameters(self) -> dict[str, Any]:
        return {"scale": self._noises[0].scale}

    def accuracy(self, alpha: float = 0.05) -> int:
        """Return how far an answer may be off: with probability ``1 - alpha`` it is no farther."""
        return self._noises[0].reach(alpha_of(alpha))


class Histogram(Query):
    """How many values lie in each bin, or how often each category occurs.

    Bins and categories are public. Values in no bin, and missing ones, are not counted; the outer edges may
    be infinite. As in NumPy a bin holds its lower edge, and the last one its upper edge too. A row more moves
    one bin by one; another row in place of one moves two.

    Parameters
    ----------
    epsilon
        What one release costs.
    edges
        Increasing edges of the bins.
    bounds, bins
        In place of edges: two bounds, and how many bins of equal width lie between them.
    categories
        In place of edges: the categories.
    **promise
        See :class:`~privml.dp.queries.query.Query`; a histogram has no further groups.

    Examples
    --------
    >>> from privml import dp
    >>> dp.Histogram(epsilon=1.0, bounds=(0, 100), bins=10).release([3, 55, 56]).shape
    (10,)
    >>> list(dp.Histogram(epsilon=1.0, categories=["a", "b"]).release(["a", "a", "z"]))
    ['a', 'b']
    """

    def __init__(
        self,
        epsilon: float,
        *,
        edges: Iterable[float] | None = None,
        bounds: tuple[float, float] | None = None,
        bins: int | None = None,
        categories: Iterable[Any] | None = None,
        **promise: Unpack[Options],
    ) -> None:
        if promise.get("keys") is not None or promise.get("delta") is not None:
            raise ParameterError("keys, delta: found one for a histogram, which has bins or categories only")
        if isinstance(bins, Iterable):
            raise DtypeError(f"bins: found {a_type(bins)}, allowed: how many; give a list of edges as edges=")
        if (bounds is None) != (bins is None) or sum(x is not None for x in (edges, bins, categories)) != 1:
            raise ParameterError("allowed is one of edges, categories, and bounds together with bins")
        self.categories = None if categories is None else check_keys(categories, "categories")
        self.edges: list[float] | None = None
        if edges is not None:
            self.edges = edges_of(edges)
        elif bounds is not None:
            low, high = bounds_of(bounds)
            many = whole(bins, "bins", 1, MOST_BINS)
            self.edges = edges_of([low + (high - low) * (i / many) for i in range(many)] + [high])
        super().__init__(epsilon, **promise)

    def _calibrate(self, budget: Fraction) -> Sequence[Noise]:
        return [Noise.make(2 if self.promise.known_size else self.promise.rows, budget)]

    def _one_number_moves(self) -> bool:
        return self._noises[0].sensitivity == 1

    def _column(self, column: Any) -> Any:
        if self.categories is None:
            return columns.numbers(column)
        found = columns.labels(column, "data")
        check_kinds(self.categories, found.kind, "categories", "data")
        return found

    def _read(self, values: Any) -> Any:
        """Turn values into numbers of their bins, NaN for those in none."""
        if self.categories is not None:
            found, names = values.codes()
            codes = on_keys(found, names, self.categories)
        else:
            edges = np.array(self.edges)
            array = values.read()
            codes = np.searchsorted(edges, array, side="right") - 1
            codes[array == edges[-1]] = len(edges) - 2
            codes[(codes > len(edges) - 2) | np.isnan(array)] = -1
        return np.where(codes < 0, np.nan, codes.astype(np.float64))

    def _prepare(self, table: Table) -> Table:
        return table if table.values is None else table.take(~np.isnan(table.values))

    def _answers(self, table: Table, _counts: list[int] | None) -> list[Any]:
        many = len(self.categories) if self.categories is not None else len(self.edges or ()) - 1
        codes = np.zeros(0, dtype=np.int64) if table.values is None else table.values.astype(np.int64)
        noisy = self._noises[0].add(np.bincount(codes, minlength=many).tolist())
        if self.categories is not None:
            return [dict(zip(self.categories, noisy, strict=True))]
        return [np.array(noisy, dtype=np.int64)]

    def _parameters(self) -> dict[str, Any]:
        if self.categories is not None:
            return {"categories": len(self.categories), "scale": self._noises[0].scale}
        edges = self.edges or []
        return {"bins": len(edges) - 1, "bounds": (edges[0], edges[-1]), "scale": self._noises[0].scale}

    def accuracy(self, alpha: float = 0.05) -> int:
        """Return how far the count of a bin may be off: with probability ``1 - alpha`` it is no farther.

        This is said of each bin by itself; that one of many is farther off is more likely.
        """
        return self._noises[0].reach(alpha_of(alpha))


def edges_of(edges: Iterable[float]) -> list[float]:
    """Return edges that increase; the outer ones may be infinite."""
    try:
        array = np.asarray(list(edges))
    except (TypeError, ValueError):
        raise DtypeError("edges: found no list of numbers, allowed: increasing numbers") from None
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise DtypeError(f"edges: found {array.dtype} of shape {array.shape}, allowed: a list of numbers")
    if not 2 <= len(array) <= MOST_BINS + 1:
        raise ParameterError(f"edges: found {len(array)}, allowed: 2 to {MOST_BINS + 1}")
    doubles = array.astype(np.float64)
    if not (doubles[:-1] < doubles[1:]).all():
        raise ParameterError("edges: found some that do not increase, allowed: increasing numbers")
    listed: list[float] = doubles.tolist()
    return listed
