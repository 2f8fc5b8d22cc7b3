"""Queries as functions: one release, by a query made on the spot.

Every function takes, beside what is named, the promise (`unit`, `rows_per_user`, `adjacency`, `keys`,
`delta`: :class:`~privml.dp.queries.promise.Promise`) and what goes with the data (`column`, `users`, `by`,
`ledger`, `group`, `label`: :meth:`~privml.dp.queries.query.Query.release`). What is leaked is what the
promise says, plus the time taken, which grows with the number of rows and of users. Values never raise or
warn: missing ones are left out (under substitution they count as the middle of the bounds), others are
clipped to the bounds, infinities too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Unpack

from privml.dp.queries.counting import Count, Histogram
from privml.dp.queries.promise import Options
from privml.dp.queries.quantiles import Quantile
from privml.dp.queries.query import Query, ReleaseOptions
from privml.dp.queries.sums import Mean, Std, Sum, Variance

__all__ = ["count", "histogram", "mean", "median", "quantile", "std", "sum", "variance"]


class Both(Options, ReleaseOptions, total=False):
    """What every function takes."""


def parted(options: Both) -> tuple[Options, ReleaseOptions]:
    """Part what makes the query from what goes with the data."""
    given: dict[str, Any] = dict(options)
    promise: Any = {name: value for name, value in given.items() if name in Options.__annotations__}
    return promise, {name: value for name, value in given.items() if name not in promise}  # type: ignore[return-value]


def count(data: Any, *, epsilon: float, **options: Unpack[Both]) -> Any:
    """Release the number of rows of a frame, or of values of a column that are not missing.

    ``count(ages > 65)`` counts all comparisons; for those that hold write ``count(ages[ages > 65])``, or a
    sum with bounds (0, 1).

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    epsilon : float
        What it costs.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    int, or dict of int
        The noisy count: see :class:`~privml.dp.queries.counting.Count`.

    Raises
    ------
    ParameterError, DtypeError, ShapeError, BudgetExceededError
        As :meth:`~privml.dp.queries.query.Query.release`.

    Examples
    --------
    >>> from privml import dp
    >>> wards = ["north", "south", "north"]
    >>> list(dp.count([1, 2, 3], epsilon=0.5, by=wards, keys=["east", "north", "south"]))
    ['east', 'north', 'south']
    """
    promise, release = parted(options)
    return Count(epsilon, **promise).release(data, **release)


def sum(data: Any, *, bounds: tuple[float, float], epsilon: float, **options: Unpack[Both]) -> Any:
    """Release the sum of values clipped to bounds.

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    bounds : tuple of float
        Between which values are taken; public.
    epsilon : float
        What it costs.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    float, or dict of float
        The noisy sum: see :class:`~privml.dp.queries.sums.Sum`.

    Examples
    --------
    >>> from privml import dp
    >>> isinstance(dp.sum([10, 20, 70], bounds=(0, 50), epsilon=1.0), float)
    True
    """
    promise, release = parted(options)
    return Sum(bounds, epsilon, **promise).release(data, **release)


def mean(data: Any, *, bounds: tuple[float, float], epsilon: float, **options: Unpack[Both]) -> Any:
    """Release the mean of values clipped to bounds.

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    bounds : tuple of float
        Between which values are taken; public.
    epsilon : float
        What it costs.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    float, or dict of float
        The mean, within the bounds: see :class:`~privml.dp.queries.sums.Mean`.

    Examples
    --------
    >>> from privml import dp
    >>> ages, patients = [34, 51, 27, 80], ["a", "b", "b", "c"]
    >>> mean = dp.mean(ages, bounds=(0, 120), epsilon=0.5, unit="user", users=patients, rows_per_user=1)
    >>> 0 <= mean <= 120
    True
    """
    promise, release = parted(options)
    return Mean(bounds, epsilon, **promise).release(data, **release)


def variance(data: Any, *, bounds: tuple[float, float], epsilon: float, **options: Unpack[Both]) -> Any:
    """Release the variance of values clipped to bounds.

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    bounds : tuple of float
        Between which values are taken; public.
    epsilon : float
        What it costs.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    float, or dict of float
        The variance: see :class:`~privml.dp.queries.sums.Variance`.

    Examples
    --------
    >>> from privml import dp
    >>> 0 <= dp.variance([1, 2, 3], bounds=(0, 10), epsilon=1.0) <= 25
    True
    """
    promise, release = parted(options)
    return Variance(bounds, epsilon, **promise).release(data, **release)


def std(data: Any, *, bounds: tuple[float, float], epsilon: float, **options: Unpack[Both]) -> Any:
    """Release the standard deviation of values clipped to bounds.

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    bounds : tuple of float
        Between which values are taken; public.
    epsilon : float
        What it costs.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    float, or dict of float
        The standard deviation: see :class:`~privml.dp.queries.sums.Std`.

    Examples
    --------
    >>> from privml import dp
    >>> 0 <= dp.std([1, 2, 3], bounds=(0, 10), epsilon=1.0, adjacency="substitution") <= 5
    True
    """
    promise, release = parted(options)
    return Std(bounds, epsilon, **promise).release(data, **release)


def histogram(
    data: Any,
    *,
    epsilon: float,
    edges: Iterable[float] | None = None,
    bounds: tuple[float, float] | None = None,
    bins: int | None = None,
    categories: Iterable[Any] | None = None,
    **options: Unpack[Both],
) -> Any:
    """Release how many values lie in each of some public bins, or how often each public category occurs.

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    epsilon : float
        What it costs.
    edges : iterable of float, optional
        Increasing edges of the bins.
    bounds, bins : tuple of float and int, optional
        In place of edges: bounds, and how many bins of equal width lie between them.
    categories : iterable, optional
        In place of edges: the categories.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    ndarray of int64, or dict of int
        Noisy counts of the bins, or of the categories: see :class:`~privml.dp.queries.counting.Histogram`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.histogram([3, 55, 56], edges=[0, 50, 100], epsilon=1.0).shape
    (2,)
    """
    promise, release = parted(options)
    query: Query = Histogram(epsilon, edges=edges, bounds=bounds, bins=bins, categories=categories, **promise)
    return query.release(data, **release)


def quantile(
    data: Any,
    q: float | Sequence[float],
    *,
    bounds: tuple[float, float],
    epsilon: float,
    step: float | None = None,
    **options: Unpack[Both],
) -> Any:
    """Release the value below which a part `q` of the values lie.

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    q : float or list of float
        From 0 to 1; several share epsilon.
    bounds : tuple of float
        Between which values are taken; public.
    epsilon : float
        What it costs.
    step : float, optional
        The distance between the answers that are possible: 1 for whole numbers.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    float, or array of float; or a dict of them
        The quantiles: see :class:`~privml.dp.queries.quantiles.Quantile`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.quantile([1, 2, 2, 5], [0.25, 0.75], bounds=(0, 10), epsilon=1.0).shape
    (2,)
    """
    promise, release = parted(options)
    return Quantile(q, bounds, epsilon, step=step, **promise).release(data, **release)


def median(
    data: Any,
    *,
    bounds: tuple[float, float],
    epsilon: float,
    step: float | None = None,
    **options: Unpack[Both],
) -> Any:
    """Release the median: :func:`quantile` at one half.

    Parameters
    ----------
    data : array, list, series or frame
        One row for each entry.
    bounds : tuple of float
        Between which values are taken; public.
    epsilon : float
        What it costs.
    step : float, optional
        The distance between the answers that are possible: 1 for whole numbers.
    **options
        See :mod:`privml.dp.queries.functions`.

    Returns
    -------
    float, or dict of float
        The median.

    Examples
    --------
    >>> from privml import dp
    >>> dp.median([1, 2, 2, 5], bounds=(0, 10), epsilon=1.0, step=1) in range(11)
    True
    """
    promise, release = parted(options)
    return Quantile(0.5, bounds, epsilon, step=step, **promise).release(data, **release)
