"""Counts, sums, means, variances: right without noise, no more sensitive than stated, of the stated law."""

from __future__ import annotations

import importlib
import math
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import dp
from privml.dp.queries.grid import Grid, exact_sums

conftest = importlib.import_module("tests.dp.queries.conftest")
watched = conftest.watched

HUGE = sys.float_info.max
floats = st.one_of(
    st.floats(),
    st.sampled_from(
        [0.0, -0.0, 1.0, HUGE, -HUGE, 5e-324, 2.0**63, -(2.0**63), math.nan, math.inf, -math.inf]
    ),
)
columns = st.lists(floats, max_size=40)
bounds = st.sampled_from(
    [
        (0.0, 1.0),
        (-1.0, 1.0),
        (0.0, 120.0),
        (-5.0, -4.0),
        (1e9, 1e9 + 1),
        (-HUGE, HUGE),
        (0.0, 5e-320),
        (0.1, 0.3),
    ]
)
Makers = dict[str, Any]
MAKERS: Makers = {
    "count": lambda b, **o: dp.Count(0.7, **o),
    "sum": lambda b, **o: dp.Sum(b, 0.7, **o),
    "mean": lambda b, **o: dp.Mean(b, 0.7, **o),
    "variance": lambda b, **o: dp.Variance(b, 0.7, **o),
    "std": lambda b, **o: dp.Std(b, 0.7, **o),
    "histogram": lambda b, **o: dp.Histogram(0.7, bounds=b, bins=3, **o),
}
kinds = pytest.mark.parametrize("kind", MAKERS)


def pre_noise(query: dp.Mean, data: Any, **given: Any) -> list[tuple[int, list[int]]]:
    with watched() as seen:
        query.release(np.array(data, dtype=np.float64), **given)
    return seen


def check_near(query: Any, one: Any, other: Any) -> None:
    """Two neighbours' integers are within what the noise was made for, in L1."""
    assert len(one) == len(other) == len(query._noises)
    for (stated, before), (_, after) in zip(one, other, strict=True):
        assert sum(abs(x - y) for x, y in zip(before, after, strict=True)) <= stated


# --- right without noise ------------------------------------------------------------------------------------


@given(columns, bounds)
def test_answers_without_noise_are_those_of_fractions(
    values: list[float], within: tuple[float, float]
) -> None:
    low, high = within
    present = [min(max(x, low), high) for x in values if not math.isnan(x)]
    width, size = high - low, len(present)
    if not math.isfinite(width) or width < 1e-300:
        return
    exact = [Fraction(x) for x in present]
    total = sum(exact, Fraction(0))
    near = 2.0**-28
    with watched():
        data = np.array(values, dtype=np.float64)
        assert dp.count(data, epsilon=1.0) == size
        farthest = max(abs(low), abs(high))
        assert dp.sum(data, bounds=within, epsilon=1.0) == pytest.approx(
            float(total), abs=near * farthest * max(size, 1)
        )
        if not size:
            return
        mean = total / size
        assert dp.mean(data, bounds=within, epsilon=1.0) == pytest.approx(float(mean), abs=near * width)
        variance = float(sum((x - mean) ** 2 for x in exact) / size)
        assert dp.variance(data, bounds=within, epsilon=1.0) == pytest.approx(variance, abs=near * width**2)
        assert dp.std(data, bounds=within, epsilon=1.0) ** 2 == pytest.approx(variance, abs=near * width**2)


def test_whole_numbers_within_small_bounds_are_added_up_exactly(silent: Any) -> None:
    values = np.random.default_rng(1).integers(-300, 300, 5000)
    assert dp.sum(values, bounds=(-200, 200), epsilon=1.0) == values.clip(-200, 200).sum()
    assert dp.mean(values, bounds=(-512, 512), epsilon=1.0) == pytest.approx(values.mean(), rel=1e-15)


@given(columns)
def test_under_substitution_missing_values_are_in_the_middle(values: list[float]) -> None:
    clipped = np.where(np.isnan(values), 1.0, np.clip(values, 0, 2)) if values else np.zeros(0)
    with watched():
        data = np.array(values, dtype=np.float64)
        options: Any = {"bounds": (0, 2), "epsilon": 1.0, "adjacency": "substitution"}
        assert dp.sum(data, **options) == pytest.approx(clipped.sum(), abs=1e-7)
        assert dp.mean(data, **options) == pytest.approx(clipped.mean() if len(clipped) else 1.0, abs=1e-8)
        if len(clipped):
            assert dp.variance(data, **options) == pytest.approx(clipped.var(), abs=1e-8)


@given(st.lists(st.integers(-(2**31), 2**31), max_size=50), st.integers(1, 5), st.integers(0, 2**32))
def test_group_sums_are_exact(values: list[int], groups: int, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, groups, len(values))
    array = np.array(values, dtype=np.int64)
    expected = [sum(int(x) for x, c in zip(values, codes, strict=True) if c == g) for g in range(groups)]
    assert exact_sums(array, codes, groups) == expected
    assert exact_sums(array, None, 1) == [sum(values)]


def test_sums_are_exact_where_int64_would_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = importlib.import_module("privml.dp.queries.grid")
    monkeypatch.setattr(grid, "BLOCK", 3)
    values = np.full(10, 2**61, dtype=np.int64)  # larger than clipped values ever are
    assert exact_sums(values, None, 1) == [10 * 2**61]


def test_histograms_count_as_numpy_does(silent: Any) -> None:
    values = np.array([-1, 0, 0.5, 1, 2.5, 3, 3.5, np.inf, -np.inf, np.nan])
    assert dp.histogram(values, edges=[0, 1, 2, 3], epsilon=1.0).tolist() == [2, 1, 2]
    assert np.array_equal(
        dp.histogram(values, edges=[0, 1, 2, 3], epsilon=1.0), np.histogram(values, [0, 1, 2, 3])[0]
    )
    assert dp.histogram(values, edges=[-np.inf, 0, np.inf], epsilon=1.0).tolist() == [2, 7]
    assert dp.histogram(values, bounds=(0, 3), bins=3, epsilon=1.0).tolist() == [2, 1, 2]
    assert dp.histogram(["b", "a", None, "b", 3], categories=["a", "b", "c"], epsilon=1.0) == {
        "a": 1,
        "b": 2,
        "c": 0,
    }


# --- sensitivity ------------------------------------------------------------------------------------------


@kinds
@given(values=columns, extra=floats, at=st.integers(0, 40), within=bounds, seed=st.integers(0, 99))
def test_one_row_more_is_within_the_sensitivity(
    kind: str, values: list[float], extra: float, at: int, within: tuple[float, float], seed: int
) -> None:
    if kind == "histogram" and within == (-HUGE, HUGE):
        within = (-1e300, 1e300)
    if kind == "histogram" and within[1] < 1e-300:
        within = (0.0, 1.0)
    query = MAKERS[kind](within)
    more = [*values[:at], extra, *values[at:]]
    np.random.default_rng(seed).shuffle(more)  # and in any order
    check_near(query, pre_noise(query, values), pre_noise(query, more))


@kinds
@given(values=columns.filter(len), extra=floats, at=st.integers(0, 39), within=bounds)
def test_another_row_in_place_of_one_is_within_the_sensitivity(
    kind: str, values: list[float], extra: float, at: int, within: tuple[float, float]
) -> None:
    if kind == "histogram":
        within = (0.0, 1.0)
    query = MAKERS[kind](within, adjacency="substitution")
    other = list(values)
    other[at % len(values)] = extra
    check_near(query, pre_noise(query, values), pre_noise(query, other[::-1]))


@kinds
@given(
    rows=st.lists(st.tuples(floats, st.integers(0, 6), st.integers(0, 3)), max_size=30),
    extra=st.lists(st.tuples(floats, st.integers(0, 3)), max_size=8),
    most=st.integers(1, 4),
)
def test_one_user_more_is_within_the_sensitivity(kind: str, rows: Any, extra: Any, most: int) -> None:
    keys = None if kind == "histogram" else [0, 1, 2]
    query = MAKERS[kind]((0.0, 1.0), unit="user", rows_per_user=most, keys=keys)
    runs = []
    for table in (rows, [*rows, *((value, 99, place) for value, place in extra)]):
        values, users, places = ([row[i] for row in table] for i in range(3))
        options: Any = {"users": np.array(users, dtype=np.int64)}
        if keys:
            options["by"] = np.array(places, dtype=np.int64)
        runs.append(pre_noise(query, values, **options))
    check_near(query, *runs)


@given(within=bounds, epsilon=st.sampled_from([1e-6, 0.01, 1.0, 50.0]), k=st.sampled_from([1, 7, 10_000]))
def test_grids_and_noises_fit_together(within: tuple[float, float], epsilon: float, k: int) -> None:
    for make in (dp.Sum, dp.Mean, dp.Variance):
        query = make(within, epsilon, unit="user", rows_per_user=k)
        grid = query._grid
        assert grid.low < grid.high
        assert query._noises[-1].drawn.value <= 2**52
        assert math.fsum(float(noise.epsilon) for noise in query._noises) <= epsilon * (1 + 1e-15)
        assert sum(noise.epsilon for noise in query._noises) <= query.promise.amount
        for value in (*within, math.inf, -math.inf, HUGE, -HUGE, 0.0):
            assert grid.low <= grid.steps(np.array([value])).item() <= grid.high


def test_a_grid_depends_on_public_numbers_alone() -> None:
    assert Grid.around(0.5, (0.0, 1.0), Fraction(1)) == Grid.around(0.5, (0.0, 1.0), Fraction(1))
    assert (
        Grid.around(0.0, (0.0, 1.0), Fraction(1, 10**9)).high < Grid.around(0.0, (0.0, 1.0), Fraction(1)).high
    )


# --- what is drawn and told -------------------------------------------------------------------------------


def z_score(found: np.ndarray, expected: np.ndarray) -> float:
    """Return Pearson's statistic in standard units (Wilson and Hilferty); 4.75 has probability 1e-6."""
    k = len(found) - 1
    statistic = ((found - expected) ** 2 / expected).sum()
    return ((statistic / k) ** (1 / 3) - (1 - 2 / (9 * k))) / math.sqrt(2 / (9 * k))


def test_counts_have_the_law_that_is_stated() -> None:
    query = dp.Histogram(1.0, categories=range(50_000))
    draws = np.array(list(query.release([]).values()))
    support = np.arange(-6, 7)
    weight = np.exp(-np.abs(support) / query._noises[0].scale)
    expected = 50_000 * weight * (math.e - 1) / (math.e + 1)
    found = np.array([(draws == y).sum() for y in support])
    rest = 50_000 - found.sum(), 50_000 - expected.sum()
    assert z_score(np.append(found, rest[0]), np.append(expected, rest[1])) < 4.75


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
def test_accuracies_hold(alpha: float) -> None:
    many, size = 2000, 500
    rng = np.random.default_rng(2)
    values = rng.uniform(0, 10, size)
    limit = many * alpha + 4.9 * math.sqrt(many * alpha)
    cases = [
        (dp.Count(0.3), size, {}),
        (dp.Sum((0, 10), 0.3), values.sum(), {}),
        (dp.Mean((0, 10), 0.3), values.mean(), {"rows": size}),
        (dp.Variance((0, 10), 0.3), values.var(), {"rows": size}),
        (dp.Std((0, 10), 0.3), values.std(), {"rows": size}),
        (dp.Mean((0, 10), 0.3, adjacency="substitution"), values.mean(), {"rows": size}),
    ]
    for query, truth, extra in cases:
        reach = query.accuracy(alpha, **extra) + 1e-6
        errors = [abs(query.release(values) - truth) for _ in range(many // 4)]
        assert sum(error > reach for error in errors) <= limit
    # The reach of a count is the least that will do.
    t, scale = dp.Count(0.3).accuracy(alpha), 1 / 0.3
    tail = [2 * math.exp(-(x + 1) / scale) / (1 + math.exp(-1 / scale)) for x in (t, t - 1)]
    assert tail[0] <= alpha * (1 + 1e-5)
    assert tail[1] > alpha * (1 - 1e-5)


def test_losses_compose() -> None:
    for query in (
        dp.Count(0.1),
        dp.Sum((0, 1), 0.1),
        dp.Mean((0, 1), 0.1),
        dp.Std((0, 1), 0.1),
        dp.Histogram(0.1, bounds=(0, 1), bins=4, adjacency="substitution"),
        dp.Quantile(0.9, (0, 1), 0.1),
        dp.Quantile([0.1, 0.9], (0, 1), 0.1),
        dp.Count(0.1, unit="user", rows_per_user=3, keys=["a"]),
    ):
        assert 0.0999 < dp.Accountant("pure").compose(query).epsilon(0.0) <= 0.1 * (1 + 1e-12)
    query = dp.Sum((0, 1), 0.5, delta=1e-6)
    assert 0.499 < dp.Accountant().compose(query).epsilon(1.01e-6) <= 0.5 * (1 + 1e-4)


def test_unbiased_and_within_bounds_for_hardly_any_rows() -> None:
    for data in ([], [3.0]):
        for _ in range(50):
            assert 2 <= dp.mean(data, bounds=(2, 5), epsilon=0.1) <= 5
            assert 0 <= dp.variance(data, bounds=(2, 5), epsilon=0.1) <= 2.25
            assert 0 <= dp.std(data, bounds=(2, 5), epsilon=0.1) <= 1.5
            assert isinstance(dp.count(data, epsilon=0.1), int)
