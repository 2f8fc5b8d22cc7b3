"""Preprocessing: the same inputs as pooled rows would give, from sums alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from privml.errors import DataError
from privml.federated.preprocessing import Categorical, Numeric, Preprocessor


class Pooled:
    """What a combiner must give, computed from the rows."""

    def moments(
        self, tables: Sequence[NDArray[np.float64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Count, mean and variance of the pooled rows."""
        rows = np.concatenate(tables)
        counts = (~np.isnan(rows)).sum(axis=0)
        means = np.nansum(rows, axis=0) / np.maximum(counts, 1)
        return counts, means, np.nansum((rows - means) ** 2, axis=0) / np.maximum(counts, 1)

    def totals(self, counts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Sum of the counts."""
        return np.sum(counts, axis=0)


def texts(*values: str | None) -> NDArray[Any]:
    return np.array(values, dtype=object)


SITES = [
    {"age": np.array([1.0, 2.0, np.nan]), "flat": np.array([3.0, 3.0, 3.0]), "ward": texts("A", "B", None)},
    {"age": np.array([6.0] * 9), "flat": np.array([3.0] * 9), "ward": texts(*"AAAAABBBB")},
    {"age": np.array([np.nan]), "flat": np.array([3.0]), "ward": texts("Z")},
]


def fitted(**extra: Any) -> Preprocessor:
    return Preprocessor.fit(SITES, numeric=["age", "flat"], categorical=["ward"], combiner=Pooled(), **extra)


def test_fit() -> None:
    rule = fitted()
    assert rule.feature_names == ("age", "age:missing", "ward=A", "ward=B", "ward:other", "ward:missing")
    assert rule.dropped == ("flat",)
    assert rule.disclosed == {"ward": ("A", "B", "Z")}
    inputs = np.concatenate([rule.transform(site) for site in SITES])
    known = inputs[inputs[:, 1] == 0, 0]
    assert known.mean() == pytest.approx(0)
    assert known.std() == pytest.approx(1)
    assert inputs[:, 1].sum() == 2
    assert not inputs[inputs[:, 1] == 1, 0].any()
    np.testing.assert_array_equal(inputs[:, 2:].sum(axis=0), [6, 5, 1, 1])
    np.testing.assert_array_equal(inputs[:, 2:].sum(axis=1), 1)


def test_agreed_categories_disclose_nothing_and_gather_the_rest() -> None:
    rule = fitted(categories={"ward": ["A", "A"]})
    assert rule.disclosed == {}
    assert rule.categorical == (Categorical("ward", ("A",), True, True),)


def test_unknown_categories_without_other_are_zeros() -> None:
    rule = Categorical("ward", ("A", "B"), False, False)
    np.testing.assert_array_equal(rule.transform(texts("B", "?", None)), [[0, 1], [0, 0], [0, 0]])


def test_an_indicator_only_column_and_an_empty_one() -> None:
    sites = [{"x": np.array([2.0, np.nan]), "y": np.array([np.nan, np.nan])}]
    rule = Preprocessor.fit(sites, numeric=["x", "y"], categorical=[], combiner=Pooled())
    assert rule.numeric == (Numeric("x", 2.0, 1.0, True),)
    assert rule.dropped == ("y",)


def test_large_means_keep_their_spread() -> None:
    sites = [{"t": 1e9 + np.array([0.0, 1.0, 2.0])}]
    (rule,) = Preprocessor.fit(sites, numeric=["t"], categorical=[], combiner=Pooled()).numeric
    assert rule.scale == pytest.approx(np.sqrt(2 / 3))


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(DataError, match="no column is left"):
        Preprocessor((), ()).transform({})


@pytest.mark.parametrize(
    "rule", [fitted(), Preprocessor((), ()), fitted(categories={"ward": ["ä\u2028", "日本"]})]
)
def test_arrays_round_trip_without_pickle(rule: Preprocessor, tmp_path: Any) -> None:
    np.savez(tmp_path / "x.npz", allow_pickle=False, **rule.to_arrays())
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        again = Preprocessor.from_arrays(dict(file))
    assert (again.numeric, again.categorical) == (rule.numeric, rule.categorical)
