"""What callers hand in: types refused at no charge, values never; ledgers charged first."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from privml import dp, errors

MEAN: Any = {"bounds": (0, 10), "epsilon": 0.1}
MAKERS = [
    lambda **o: dp.Count(0.1, **o),
    lambda **o: dp.Sum((0, 10), 0.1, **o),
    lambda **o: dp.Mean((0, 10), 0.1, **o),
    lambda **o: dp.Variance((0, 10), 0.1, **o),
    lambda **o: dp.Std((0, 10), 0.1, **o),
    lambda **o: dp.Quantile(0.5, (0, 10), 0.1, **o),
    lambda **o: dp.Histogram(0.1, bounds=(0, 10), bins=4, **o),
]


@pytest.fixture
def ledger(tmp_path: Path) -> dp.Ledger:
    return dp.Ledger(tmp_path / "budget.sqlite", epsilon=1)


# --- types and values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("adjacency", ["add-remove", "substitution"])
def test_no_value_raises_or_warns(make: Any, adjacency: str) -> None:
    top = np.iinfo(np.int64)
    columns: list[Any] = [
        [],
        [3],
        [math.nan] * 5,
        [math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324],
        np.array([top.min, top.max]),
        np.array([2**64 - 1], dtype=np.uint64),
        np.arange(20)[::-3],
        np.asfortranarray(np.ones((4, 3)))[1],
        np.array([True, False]),
        np.array([1.5, np.inf, -np.inf], dtype=np.float16),
        np.array([1.5, np.finfo(np.longdouble).max], dtype=np.longdouble),
        np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        range(5),
        (1, 2.5),
        pd.Series([1, None, 3]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([True, None], dtype="boolean"),
        pd.Series([1.5, np.nan], dtype="float32"),
        pl.Series([1, None, 3]),
        pl.Series([1.5, None, math.nan]),
        pl.Series([True, None]),
        pl.Series([None, None]),
        pl.Series([2**64 - 1], dtype=pl.UInt64),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for column in columns:
            answer = make(adjacency=adjacency).release(column)
            assert np.isfinite(answer).all()


@pytest.mark.parametrize("make", MAKERS)
def test_types_are_refused_at_no_charge(make: Any, ledger: dp.Ledger) -> None:
    query = make()
    wrong: list[tuple[Any, type[Exception]]] = [
        (["1", "2"], errors.DtypeError),
        (np.array([1, None], dtype=object), errors.DtypeError),
        (np.array([1j]), errors.DtypeError),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), errors.DtypeError),
        ([10**400], errors.DtypeError),
        ("12", errors.DtypeError),
        (3.0, errors.DtypeError),
        (None, errors.DtypeError),
        (np.float64(3.0), errors.ShapeError),
        (np.array(3.0), errors.ShapeError),
        (np.ones((2, 2)), errors.ShapeError),
        ([[1, 2], [3]], errors.ShapeError),
        (pd.Series(["a"]), errors.DtypeError),
        (pd.Series([1, 2], dtype="category"), errors.DtypeError),
        (pl.Series(["a"]), errors.DtypeError),
        (pl.Series([[1]]), errors.DtypeError),
    ]
    for data, error in wrong:
        with pytest.raises(error, match="data: found"):
            query.release(data, ledger=ledger)
    with pytest.raises(errors.ParameterError, match="users"):
        query.release([1.0], users=[1], ledger=ledger)
    user = make(unit="user", rows_per_user=1)
    with pytest.raises(errors.ParameterError, match="users"):
        user.release([1.0], ledger=ledger)
    with pytest.raises(errors.ShapeError, match="users: found 2 values"):
        user.release([1.0], users=[1, 2], ledger=ledger)
    with pytest.raises(errors.DtypeError, match="users"):
        user.release([1.0], users=np.array([1j]), ledger=ledger)
    with pytest.raises(errors.ParameterError, match="column"):
        query.release([1.0], column="age", ledger=ledger)
    with pytest.raises(errors.ParameterError, match="allowed: age"):
        query.release({"age": [1.0]}, column="aeg", ledger=ledger)
    assert ledger.left()["epsilon"] == 1


@pytest.mark.parametrize("bad", [(1, 0), (1, 1), (math.nan, 1), (0, math.inf)])
def test_bounds_that_are_refused(bad: Any) -> None:
    for function in (dp.sum, dp.mean, dp.variance, dp.std, dp.median):
        with pytest.raises(errors.ParameterError, match="bounds"):
            function([1.0], bounds=bad, epsilon=1.0)


def test_parameters_that_are_refused() -> None:
    for bad in (None, 3, "ab", (1, 2, 3), ("0", "1")):
        with pytest.raises(errors.DtypeError, match="bounds"):
            dp.Mean(bad, 1.0)
    for epsilon in (0, -1, math.nan, math.inf, 1e-30, 5e-324, 1e7):
        with pytest.raises(errors.ParameterError, match="epsilon"):
            dp.Mean((0, 1), epsilon)
    for epsilon in ("1", None, True):
        with pytest.raises(errors.DtypeError, match="epsilon"):
            dp.Mean((0, 1), epsilon)
    for edges in ([1], [1, 1], [2, 1], [0, math.nan], [[1, 2]], "ab", 3, [None, 1]):
        with pytest.raises((errors.DtypeError, errors.ParameterError), match="edges"):
            dp.Histogram(1.0, edges=edges)
    for options in ({}, {"bins": 3}, {"bounds": (0, 1)}, {"bounds": (0, 1), "bins": 2, "edges": [0, 1]}):
        with pytest.raises(errors.ParameterError, match="edges"):
            dp.Histogram(1.0, **options)
    for alpha in (0, 1, math.nan):
        with pytest.raises(errors.ParameterError, match="alpha"):
            dp.Count(1.0).accuracy(alpha)
    with pytest.raises(TypeError):
        dp.mean([1.0], bounds=(0, 1), epsilon=1.0, colour="red")


# --- frames -------------------------------------------------------------------------------------------------


def test_columns_of_frames(silent: Any) -> None:
    data = {"age": [1, 2, 3, 4], "who": ["a", "b", "a", "b"], "ward": ["n", "n", "s", None]}
    for frame in (data, pd.DataFrame(data), pl.DataFrame(data)):
        assert dp.count(frame, epsilon=1.0) == 4
        assert dp.mean(frame, column="age", **MEAN) == pytest.approx(2.5)
        assert dp.count(frame, epsilon=1.0, unit="user", users="who", rows_per_user=1) == 2
        sums = dp.sum(frame, column="age", by="ward", keys=["s", "n", "e"], **MEAN)
        assert sums == pytest.approx({"s": 3, "n": 3, "e": 0})
        assert dp.histogram(frame, column="ward", categories=["n", "s"], epsilon=1.0) == {"n": 2, "s": 1}
        with pytest.raises(errors.ParameterError, match="data has 3 columns, allowed: the name"):
            dp.mean(frame, **MEAN)
    categories = pd.DataFrame(data).astype({"ward": "category", "who": "string"})
    assert dp.count(
        categories, epsilon=1.0, by="ward", keys=["n"], unit="user", users="who", rows_per_user=9
    ) == {"n": 2}
    assert dp.mean(pd.DataFrame(data, index=[9, 8, 7, 6])["age"], **MEAN) == pytest.approx(2.5)


# --- ledgers ------------------------------------------------------------------------------------------------


def test_a_release_is_charged_exactly_and_first(ledger: dp.Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(10):
        dp.mean([1.0, 2.0], ledger=ledger, label="mean age", **MEAN)
    assert ledger.left()["epsilon"] == 0
    entry = ledger.entries()[-1]
    assert entry["label"] == "mean age"
    assert entry["parameters"]["bounds"] == ["0.0", "10.0"]
    # Now that nothing is left no value is looked at and no noise is drawn.
    query = dp.Mean((0, 10), 0.1)
    monkeypatch.setattr(query, "_released", lambda *_: pytest.fail("read"))
    with pytest.raises(errors.BudgetExceededError):
        query.release([1.0, 2.0], ledger=ledger)


def test_the_loss_is_never_more_than_the_charge() -> None:
    for epsilon in (0.1, 0.3, 1 / 3, 0.7, 1.1, 2e-5):
        for make in (dp.Mean, dp.Variance, dp.Sum):
            query = make((0, 1), epsilon)
            spent = sum((noise.epsilon for noise in query._noises), Fraction(0))
            assert spent <= Fraction(repr(epsilon))
            assert spent > Fraction(epsilon) * (1 - Fraction(1, 10**5))


def test_the_ledger_learns_unit_adjacency_and_delta(tmp_path: Path) -> None:
    users = dp.Ledger(tmp_path / "users.sqlite", epsilon=4, delta=1e-5, unit="user", adjacency="substitution")
    dp.count([1.0], epsilon=0.5, unit="user", users=["a"], rows_per_user=3, ledger=users)
    assert users.left()["epsilon"] == 3  # two steps of add-remove
    with pytest.raises(errors.ParameterError):
        dp.count([1.0], epsilon=0.5, ledger=users)  # rows, and nothing known of how many a user has
    assert users.left()["epsilon"] == 3
    rows = dp.Ledger(tmp_path / "rows.sqlite", epsilon=1, delta=1e-5, groups=["north", "south"])
    dp.count([1.0], epsilon=0.5, by=["x"], delta=1e-6, ledger=rows, group="north")
    assert rows.left("north")["delta"] == Fraction(9, 10**6)
    assert rows.left("south")["epsilon"] == 1
    with pytest.raises(errors.ParameterError, match="group"):
        dp.count([1.0], epsilon=0.5, group="north")
    with pytest.raises(errors.DtypeError, match="ledger"):
        dp.count([1.0], epsilon=0.5, ledger="budget.sqlite")  # type: ignore[arg-type]


def test_charges_of_ones_own_work_with_queries(ledger: dp.Ledger) -> None:
    with ledger.spend(epsilon=0.1, label="by hand") as charge:
        charge.record(dp.mean([1.0], bounds=(0, 10), epsilon=charge.epsilon))

    @ledger.query(epsilon=0.2)
    def middle(values: Any, *, charge: Any) -> Any:
        return dp.median(values, bounds=(0, 10), epsilon=charge.epsilon)

    assert 0 <= middle([1.0, 2.0]) <= 10
    assert ledger.left()["epsilon"] == Fraction(7, 10)


def test_what_is_shown_is_public() -> None:
    query = dp.Mean((0, 10), 0.5, unit="user", rows_per_user=2, keys=["a", "b"])
    text = repr(query)
    query.release([1.0, 2.0], users=[1, 2], by=["a", "b"])
    assert repr(query) == text
    assert query.parameters["rows_per_user"] == 2
    assert query.epsilon == 0.5
    assert query.delta == 0


def test_the_page_on_queries_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    visits = {"patient": [1, 2], "ward": ["north", "south"], "age": [34.0, 51.0]}
    pd.DataFrame(visits).to_csv("visits.csv", index=False)
    page = (Path(__file__).parents[3] / "docs" / "queries.md").read_text(encoding="utf-8")
    exec(page.split("```python\n")[1].split("```")[0], {})
    assert dp.Ledger("visits.sqlite").left()["epsilon"] == Fraction(5, 2)
