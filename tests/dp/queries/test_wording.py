"""What a newcomer writes first: understood where it means one thing only, else refused with the way out."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from privml import dp, errors

AGES: Any = {"bounds": (0, 120), "epsilon": 1.0}
FRAME = {"ward": ["a", "b", "a"], "age": [30.0, 40.0, 50.0]}
Act = Callable[[], Any]


@pytest.mark.parametrize("data", [{"age": [1, 2]}, pd.DataFrame({"age": [1]}), pl.DataFrame({"age": [1]})])
def test_the_only_column_is_taken(data: Any) -> None:
    assert 0 <= dp.mean(data, **AGES) <= 120


def test_an_only_column_may_have_no_text_for_a_name() -> None:
    assert 0 <= dp.mean(pd.DataFrame([[1.0], [2.0]]), **AGES) <= 120


KEYED: Any = {"by": "ward", "epsilon": 1.0}
REFUSED: list[tuple[Act, type[Exception], str]] = [
    (lambda: dp.mean(FRAME, **AGES), errors.ParameterError, "data has 2 columns"),
    (lambda: dp.mean("patients.csv", column="age", **AGES), errors.DtypeError, "read the file first"),
    (lambda: dp.count(Path("patients.csv"), epsilon=1.0), errors.DtypeError, "read the file first"),
    (lambda: dp.histogram([1], bins=[0, 18, 65], epsilon=1.0), errors.DtypeError, "edges="),
    (
        lambda: dp.histogram(["a"], categories="ICU", epsilon=1.0),
        errors.DtypeError,
        "categories: found",
    ),
    (lambda: dp.count(FRAME, by=["ward", "age"], keys=["a"], epsilon=1.0), errors.ShapeError, "one column"),
    (lambda: dp.mean([1], bounds=(0, 1, 2), epsilon=1.0), errors.DtypeError, "bounds: found 3 values"),
    (lambda: dp.count([1], unit="user", epsilon=1.0), errors.ParameterError, "users='the column of users'"),
    (lambda: dp.count([1], rows_per_user=2, epsilon=1.0), errors.ParameterError, "add unit='user'"),
]


@pytest.mark.parametrize(("act", "error", "words"), REFUSED)
def test_refusals_name_the_way_out(act: Act, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        act()


def test_a_lazy_frame_is_refused_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(errors.DtypeError, match="collect"):
            dp.mean(pl.LazyFrame(FRAME), column="age", **AGES)


@pytest.mark.parametrize(
    "column",
    [
        np.array(["a", "b"]),
        pd.Series(["a", None], dtype="string"),
        pl.Series(["a", None]),
        pl.Series(["a"], dtype=pl.Categorical),
        pl.Series([], dtype=pl.String),
    ],
)
def test_keys_must_fit_a_column_declared_as_text(column: Any) -> None:
    with pytest.raises(errors.DtypeError, match="keys: found other things than text"):
        dp.count(np.zeros(len(column)), by=column, keys=[1, 2], epsilon=1.0)
    dp.count(np.zeros(len(column)), by=column, keys=["a", "z"], epsilon=1.0)


@pytest.mark.parametrize("column", [pd.Series([1, None], dtype="Int64"), pl.Series([1.5]), np.array([1])])
def test_keys_must_fit_a_column_declared_as_numbers(column: Any) -> None:
    with pytest.raises(errors.DtypeError, match="keys: found text"):
        dp.count(np.zeros(len(column)), by=column, keys=["a"], epsilon=1.0)


@pytest.mark.parametrize("values", [[], ["a", "b"], [1, "b"], [None, None]])
def test_objects_are_never_looked_at_for_it(values: list[Any]) -> None:
    column = pd.Series(values, dtype=object)
    assert list(dp.count(np.zeros(len(values)), by=column, keys=[1], epsilon=1.0)) == [1]


@pytest.mark.parametrize("key", [None, math.nan, np.datetime64("NaT", "ns"), pd.NaT, pd.NA])
def test_a_missing_key_is_refused(key: Any) -> None:
    with pytest.raises(errors.ParameterError, match="keys: found a missing one"):
        dp.Count(1.0, keys=["a", key])
    with pytest.raises(errors.ParameterError, match="categories: found a missing one"):
        dp.Histogram(1.0, categories=["a", key])


def test_a_statement_names_the_column_and_the_groups(tmp_path: Path) -> None:
    ledger = dp.Ledger(tmp_path / "budget.sqlite", epsilon=9)
    dp.mean(FRAME, column="age", by="ward", keys=["a", "b\x1b"], ledger=ledger, **AGES)
    dp.mean(pd.Series([1.0], name="age"), ledger=ledger, **AGES)
    dp.mean([1.0], ledger=ledger, **AGES)
    releases = ledger.statement().data["releases"]
    assert [release["label"] for release in releases] == ["mean of age by ward", "mean of age", "mean"]
    assert releases[0]["parameters"]["by"] == "ward"
    assert releases[0]["parameters"]["groups"] == ["a", r"'b\x1b'"]


def test_many_groups_and_long_names_keep_an_entry_small(tmp_path: Path) -> None:
    ledger = dp.Ledger(tmp_path / "budget.sqlite", epsilon=9)
    column = "w" * 5000
    dp.count({column: [1]}, by=column, keys=range(50_000), epsilon=1.0, ledger=ledger)
    release = ledger.statement().data["releases"][0]
    assert len(release["parameters"]["groups"]) == 100
    assert release["parameters"]["keys"] == 50_000
    assert len(release["label"]) < 100
