"""Means, variances and counts over the rows of all sites, by whatever aggregation.

Two passes: the mean first, then the squares about that mean. One pass over raw squares would lose the
variance of a column whose mean is large to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from privml.errors import ParameterError, ShapeError
from privml.federated.aggregation import Aggregation, Exchange, Layout, Purpose
from privml.federated.aggregation.interface import new_session
from privml.federated.arguments import check_aggregation

__all__ = ["SumCombiner"]


class SumCombiner:
    """
    Sums over sites through an aggregation: what one site contributes is seen by nobody who cannot open it.

    Parameters
    ----------
    aggregation : Aggregation
        The same as the training's. Under :class:`~privml.federated.PaillierSum` the server half sees
        ciphertexts only; the sites learn the combined sums.
    names : sequence of str, optional
        Names of the sites, for messages; ``"site 1"``, ... otherwise.
    min_sites : int
        Sums over fewer sites are not opened.

    Examples
    --------
    >>> import numpy as np
    >>> from privml.federated import PlainSum, SumCombiner
    >>> combiner = SumCombiner(PlainSum())
    >>> count, mean, variance = combiner.moments([np.array([[1.0]]), np.array([[3.0]]), np.array([[np.nan]])])
    >>> count.tolist(), mean.tolist(), variance.tolist()
    ([2], [2.0], [1.0])
    """

    def __init__(
        self, aggregation: Aggregation, *, names: Sequence[str] | None = None, min_sites: int = 3
    ) -> None:
        check_aggregation(aggregation)
        self._site = aggregation.site_half()
        self._server = aggregation.server_half()
        self._decryptor = aggregation.decryptor_half()
        self._names = names
        self._min_sites = min_sites
        self._session = new_session()
        self._round = 0
        self._bytes_up = 0

    @property
    def bytes_up(self) -> int:
        """Bytes that the sites sent to the server so far, all together."""
        return self._bytes_up

    def sums(self, vectors: Sequence[NDArray[np.float64]], layout: Layout) -> NDArray[np.float64]:
        """
        Add up one vector of each site.

        Parameters
        ----------
        vectors : sequence of ndarray, shape (layout.size,)
            Finite numbers.
        layout : Layout
            Names of what is in them, for messages.

        Raises
        ------
        FederatedError
            If there are fewer than `min_sites`.
        EncodingOverflowError
            If a number is beyond what the aggregation can encode.
        """
        names = [f"site {i}" for i in range(1, len(vectors) + 1)] if self._names is None else self._names
        if len(names) != len(vectors):
            raise ParameterError(f"there are {len(names)} names and {len(vectors)} sites")
        exchange = Exchange(
            self._round, Purpose.STATISTICS, layout, len(vectors), self._min_sites, self._session
        )
        self._round += 1
        messages = {
            name: self._site.protect(exchange, name, vector, 1)
            for name, vector in zip(names, vectors, strict=True)
        }
        self._bytes_up += sum(map(len, messages.values()))
        combined = self._server.combine(messages)
        if self._decryptor is not None:
            combined = self._decryptor.open(exchange, combined)
        return self._site.open(exchange, combined).total

    def moments(
        self, tables: Sequence[NDArray[np.float64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """
        Count, mean and variance of each column over the rows of all sites; NaN is a missing value.

        Parameters
        ----------
        tables : sequence of ndarray, shape (rows, columns)
            One for each site, possibly without rows.

        Returns
        -------
        count : ndarray of int64, shape (columns,)
            Values that are present.
        mean, variance : ndarray of float64, shape (columns,)
            0 where none is present. The variance divides by the count.
        """
        widths = {table.shape[1] for table in tables}
        if len(widths) != 1:
            raise ShapeError(f"the sites' tables have different numbers of columns: {sorted(widths)}")
        (width,) = widths
        present = [~np.isnan(table) for table in tables]
        counts = [found.sum(axis=0).astype(np.float64) for found in present]
        sums = [np.where(found, table, 0.0).sum(axis=0) for table, found in zip(tables, present, strict=True)]
        layout = Layout(("count of column", "sum of column"), ((width,), (width,)))
        first = self.sums([np.concatenate(pair) for pair in zip(counts, sums, strict=True)], layout)
        count = np.rint(first[:width])
        mean = np.divide(first[width:], count, out=np.zeros(width), where=count > 0)
        squares = [
            np.square(np.where(found, table - mean, 0.0)).sum(axis=0)
            for table, found in zip(tables, present, strict=True)
        ]
        spread = self.sums(squares, Layout(("sum of squares of column",), ((width,),)))
        variance = np.divide(spread, count, out=np.zeros(width), where=count > 0)
        return count.astype(np.int64), mean, np.maximum(variance, 0.0)

    def totals(self, counts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Add up the sites' vectors of counts, each at most 2**53."""
        layout = Layout(("count",), ((len(counts[0]),),))
        total = self.sums([part.astype(np.float64) for part in counts], layout)
        return np.rint(total).astype(np.int64)
