"""Moments over sites equal those of the pooled rows, in the clear and under encryption."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from privml import paillier
from privml.errors import EncodingOverflowError, FederatedError, ParameterError, ShapeError
from privml.federated import PaillierSum, PlainSum, SumCombiner

RNG = np.random.default_rng(3)
TABLES = [RNG.normal(size=(rows, 4)) * [1.0, 1e-9, 1e9, 1.0] + [0.0, 0.0, 1e12, 5.0] for rows in (20, 1, 7)]
TABLES[0][3:9, 0] = np.nan
TABLES[1][0, 1] = np.nan


@pytest.fixture(params=["plain", "paillier", "decryptor"])
def combiner(request: pytest.FixtureRequest, key: paillier.PrivateKey) -> SumCombiner:
    """Return a combiner over every kind of aggregation."""
    kinds: dict[str, Any] = {"plain": PlainSum(), "paillier": PaillierSum(key)}
    kinds["decryptor"] = PaillierSum(key, decryptor="board")
    return SumCombiner(kinds[request.param])


def test_moments(combiner: SumCombiner) -> None:
    rows = np.concatenate(TABLES)
    count, mean, variance = combiner.moments(TABLES)
    np.testing.assert_array_equal(count, (~np.isnan(rows)).sum(axis=0))
    np.testing.assert_allclose(mean, np.nanmean(rows, axis=0), rtol=1e-12, atol=1e-25)
    np.testing.assert_allclose(variance, np.nanvar(rows, axis=0), rtol=1e-9)
    assert combiner.bytes_up > 0


def test_empty_sites_and_empty_columns(combiner: SumCombiner) -> None:
    tables = [np.array([[1.0, np.nan]]), np.empty((0, 2)), np.array([[3.0, np.nan]])]
    count, mean, variance = combiner.moments(tables)
    assert (count.tolist(), mean.tolist(), variance.tolist()) == ([2, 0], [2.0, 0.0], [1.0, 0.0])


def test_totals(combiner: SumCombiner) -> None:
    assert combiner.totals([np.array([1, 0]), np.array([2, 5]), np.array([3, 0])]).tolist() == [6, 5]
    assert combiner.totals([np.array([2**52])] * 3).tolist() == [3 * 2**52]


def test_what_is_no_aggregation_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^aggregation is a str; allowed are PlainSum\(\)"):
        SumCombiner("plain")


def test_too_few_sites_open_nothing(combiner: SumCombiner) -> None:
    with pytest.raises(FederatedError, match="min_sites"):
        combiner.moments(TABLES[:2])


def test_what_does_not_fit_is_refused_by_name(key: paillier.PrivateKey) -> None:
    combiner = SumCombiner(PaillierSum(key), names=["a", "b", "c"])
    with pytest.raises(EncodingOverflowError, match=r"site 'b', statistics: sum of column\[1\]"):
        combiner.moments([np.ones((1, 2)), np.array([[1.0, 1e90]]), np.ones((1, 2))])
    with pytest.raises(ShapeError):
        combiner.moments([np.ones((1, 2)), np.ones((1, 3)), np.ones((1, 2))])
    with pytest.raises(ParameterError, match="names"):
        combiner.totals([np.ones(1)] * 4)
