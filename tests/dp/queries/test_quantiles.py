"""Quantiles: the distribution of the exponential mechanism, and what is told of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import dp, errors
from privml.dp.queries.quantiles import intervals

DRAWS = 2500


def z_score(found: np.ndarray, expected: np.ndarray) -> float:
    """Return Pearson's statistic in standard units (Wilson and Hilferty); 4.75 has probability 1e-6."""
    common = expected > 5
    found = np.append(found[common], found[~common].sum() + 1e-9)
    expected = np.append(expected[common], expected[~common].sum() + 1e-9)
    if expected[-1] < 5:
        found, expected = found[:-1], expected[:-1]
    k = max(len(found) - 1, 1)
    statistic = ((found - expected) ** 2 / expected).sum()
    return ((statistic / k) ** (1 / 3) - (1 - 2 / (9 * k))) / math.sqrt(2 / (9 * k))


def weights(values: list[float], q: float, candidates: np.ndarray, scale: float) -> np.ndarray:
    """Weights straight from the definition: one score for each candidate."""
    data = np.clip(np.array(values, dtype=float), candidates[0], candidates[-1])
    below = (data[:, None] < candidates).sum(axis=0)
    above = (data[:, None] > candidates).sum(axis=0)
    weight: np.ndarray = np.exp(-np.abs((1 - q) * below - q * above) / scale)
    return weight / weight.sum()


@pytest.mark.parametrize(
    ("values", "q", "options", "factor"),
    [
        ([3, 3, 3, 9, 20, -4, 7], 0.5, {}, 1.0),
        ([1, 2, 8, 8, 8, 9], 0.25, {}, 1.5),
        ([1, 2, 8, 8, 8, 9], 0.9, {"adjacency": "substitution"}, 2.0),
        ([], 0.5, {}, 1.0),
        ([5], 0.0, {}, 2.0),
    ],
)
def test_answers_have_the_law_of_the_exponential_mechanism(
    values: list[float], q: float, options: Any, factor: float
) -> None:
    epsilon = 0.8
    query = dp.Quantile(q, (0, 10), epsilon, step=1, **options)
    draws = np.array([query.release(np.array(values, dtype=float)) for _ in range(DRAWS)])
    candidates = np.arange(11.0)
    assert np.isin(draws, candidates).all()
    expected = DRAWS * weights(values, q, candidates, factor / epsilon)
    found = np.array([(draws == candidate).sum() for candidate in candidates])
    assert z_score(found, expected) < 4.75


@given(st.lists(st.integers(0, 12), max_size=20))
def test_intervals_are_the_candidates_in_order(positions: list[int]) -> None:
    array = np.sort(np.array(positions, dtype=np.int64))
    starts, lengths, below, above = intervals(array, 12)
    assert (lengths >= 0).all()
    assert lengths.sum() == 13
    for start, length, under, over in zip(starts, lengths, below, above, strict=True):
        for candidate in range(start, start + length):
            assert under == (array < candidate).sum()
            assert over == (array > candidate).sum()


@given(
    st.lists(st.integers(0, 12), max_size=20),
    st.integers(0, 12),
    st.sampled_from([0.0, 0.1, 0.5, 0.75, 1.0]),
    st.booleans(),
)
def test_scores_move_by_no_more_than_stated(positions: list[int], extra: int, q: float, known: bool) -> None:
    query = dp.Quantile(q, (0, 12), 1.0, step=1, adjacency="substitution" if known else "add-remove")
    (part,) = query._parts

    def scores(data: list[int]) -> np.ndarray:
        _, lengths, below, above = intervals(np.sort(np.array(data, dtype=np.int64)), 12)
        gaps = np.abs((part.denominator - part.numerator) * below - part.numerator * above)
        return np.repeat(gaps, lengths)

    other = [*positions[1:], extra] if known else [*positions, extra]
    moved = scores(positions) - scores(other)
    assert np.abs(moved).max() <= query._moves(part)
    # A bounded range: no two candidates' scores move apart by more than the noise was made for.
    assert moved.max() - moved.min() <= query._noises[0].sensitivity


def test_many_rows_give_the_quantile() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(50, 10, 20_000)
    found = dp.quantile(values, [0.9, 0.1, 0.5], bounds=(0, 100), epsilon=3.0)
    assert found == pytest.approx(np.quantile(values, [0.9, 0.1, 0.5]), abs=0.5)
    assert dp.median(np.round(values), bounds=(0, 100), epsilon=1.0, step=1) == 50
    groups = rng.choice(["a", "b"], 20_000)
    medians = dp.median(
        values + 20 * (groups == "b"), bounds=(0, 100), epsilon=1.0, by=groups, keys=["b", "a", "c"]
    )
    assert list(medians) == ["b", "a", "c"]
    assert medians["a"] == pytest.approx(50, abs=1)
    assert medians["b"] == pytest.approx(70, abs=1)
    assert 0 <= medians["c"] <= 100


@pytest.mark.parametrize("bounds", [(0, 1), (-1e308, 1e308), (1e9, 1e9 + 1), (0.1, 0.3)])
def test_answers_stay_within_the_bounds(bounds: tuple[float, float]) -> None:
    for data in ([], [np.inf, -np.inf, np.nan], [1e300] * 5):
        for q in (0.0, 0.3, 1.0):
            assert bounds[0] <= dp.quantile(data, q, bounds=bounds, epsilon=1.0) <= bounds[1]
    assert dp.Quantile(0.5, (0, 1), 1.0, step=0.1)._cells == 10


def test_accuracy_holds() -> None:
    values = np.random.default_rng(4).uniform(0, 100, 300)
    query = dp.Quantile(0.5, (0, 100), 0.5)
    reach = query.accuracy(alpha=0.1)
    wrong = 0
    for _ in range(300):
        answer = query.release(values)
        wrong += abs((values < answer).sum() - (values > answer).sum()) / 2 > reach
    assert wrong <= 30 + 4.9 * math.sqrt(30)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan, math.inf, []])
def test_values_of_q_that_are_refused(q: Any) -> None:
    with pytest.raises(errors.ParameterError, match="q: found"):
        dp.Quantile(q, (0, 1), 1.0)


def test_types_of_q_and_steps_that_are_refused() -> None:
    for q in ("0.5", None, True, ["a"]):
        with pytest.raises(errors.DtypeError, match="q: found"):
            dp.Quantile(q, (0, 1), 1.0)
    for step in (0, -1, 2, math.nan, 1e-300):
        with pytest.raises(errors.ParameterError, match="step: found"):
            dp.Quantile(0.5, (0, 1), 1.0, step=step)
    with pytest.raises(errors.ParameterError, match="closer"):
        dp.Quantile(0.5, (0, 5e-324), 1.0)
