"""Questions to a data set, answered with differential privacy.

As functions (:func:`~privml.dp.queries.functions.mean`) they answer at once; as objects
(:class:`~privml.dp.queries.sums.Mean`) they also tell their privacy loss, the scale of their noise and how
far off an answer is likely to be, all of it before any data is seen.

Rooms: `promise` (epsilon, unit, adjacency, groups), `columns` (what callers have, as numbers and labels),
`contributions` (at most k rows of a user), `grid` (whole steps, exact sums), `noise` (what is added, the
threshold for unknown groups), `query` (the order of things), `counting`, `sums`, `quantiles`, `functions`.
"""

from __future__ import annotations

from privml.dp.queries.counting import Count, Histogram
from privml.dp.queries.functions import count, histogram, mean, median, quantile, std, sum, variance
from privml.dp.queries.quantiles import Quantile
from privml.dp.queries.query import Query
from privml.dp.queries.sums import Mean, Std, Sum, Variance

__all__ = [
    "Count",
    "Histogram",
    "Mean",
    "Quantile",
    "Query",
    "Std",
    "Sum",
    "Variance",
    "count",
    "histogram",
    "mean",
    "median",
    "quantile",
    "std",
    "sum",
    "variance",
]
