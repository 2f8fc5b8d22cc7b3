"""Users and groups: at most k rows of each, keys that are known, and keys that are found."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import dp, errors
from privml.dp.mechanisms.draw import Scale
from privml.dp.queries.contributions import rows_kept
from privml.dp.queries.noise import threshold


@given(st.lists(st.integers(-1, 8), max_size=60), st.integers(1, 5))
def test_at_most_k_rows_of_each_user_stay(users: list[int], most: int) -> None:
    kept = rows_kept(np.array(users, dtype=np.int64), most)
    assert len(set(kept.tolist())) == len(kept)
    for user in set(users):
        stay = sum(users[row] == user for row in kept.tolist())
        assert stay == (0 if user < 0 else min(most, users.count(user)))


def test_every_row_of_a_user_is_as_likely_to_stay() -> None:
    users = np.array([0, 1, 0, 0, 1, 0])
    rounds = 4000
    found = np.bincount(np.concatenate([rows_kept(users, 1) for _ in range(rounds)]), minlength=6)
    for row, share in enumerate([0.25, 0.5, 0.25, 0.25, 0.5, 0.25]):
        assert abs(found[row] - rounds * share) < 4.9 * math.sqrt(rounds * share)


def test_users_and_keys_of_every_type(silent: Any) -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    for users in (["a", "b", "a", None], [1, 2, 1, None], [1.5, 2.5, 1.5, math.nan], [b"a", "a", b"a", None]):
        column = np.array(users, dtype=object)
        assert dp.count(values, epsilon=1.0, unit="user", users=column, rows_per_user=1) == 2
        assert dp.count(values, epsilon=1.0, unit="user", users=column, rows_per_user=2) == 3
    dates = np.array(["2020-01-01", "2020-01-02", "2020-01-01", "NaT"], dtype="datetime64[D]")
    assert dp.count(values, epsilon=1.0, unit="user", users=dates, rows_per_user=1) == 2
    keys = [np.datetime64("2020-01-02"), np.datetime64("2021-01-01")]
    assert list(dp.count(values, epsilon=1.0, by=dates, keys=keys).values()) == [1, 0]
    assert dp.sum(values, bounds=(0, 9), epsilon=1.0, by=[1, 2, 1, 3], keys=np.array([3, 1, 7])) == {
        3: 4.0,
        1: 4.0,
        7: 0.0,
    }
    # A list is not made one type: what one row holds must not change how others are read.
    assert dp.count([1.0] * 3, epsilon=1.0, by=[1, 2, "x"], keys=[1, 2]) == {1: 1, 2: 1}
    # Hashes that fail, values that do not equal themselves: rows of nobody.
    strange = np.fromiter([[1], {}, math.nan, "x"], dtype=object, count=4)
    assert dp.count(values, epsilon=1.0, unit="user", users=strange, rows_per_user=9) == 1


def test_a_row_that_is_not_answered_for_takes_no_place(silent: Any) -> None:
    values = np.array([math.nan, 1.0, 1.0, 1.0])
    users, groups = np.zeros(4, dtype=int), np.array(["x", "x", "y", "z"])
    options: Any = {"epsilon": 1.0, "unit": "user", "users": users, "rows_per_user": 2}
    assert sum(dp.count(values, by=groups, keys=["x", "y"], **options).values()) == 2


def test_a_key_without_rows_is_answered_for() -> None:
    answers = dp.count([1.0], epsilon=1.0, by=["a"], keys=["a", "never"])
    assert list(answers) == ["a", "never"]
    assert isinstance(answers["never"], int)
    means = dp.mean([], bounds=(0, 1), epsilon=1.0, by=np.array([], dtype=object), keys=["a"])
    assert 0 <= means["a"] <= 1


# --- groups that are not known ----------------------------------------------------------------------------


def partitions(number: int, most: int) -> Any:
    if number == 0:
        yield []
    for first in range(min(number, most), 0, -1):
        for rest in partitions(number - first, first):
            yield [first, *rest]


@pytest.mark.parametrize("rows", [1, 2, 5, 9])
@pytest.mark.parametrize("scale", [Scale(1, 2), Scale(1, 0), Scale(2_097_151, 18), Scale(1000, 0)])
@pytest.mark.parametrize("delta", [0.3, 1e-6, 1e-15])
def test_the_threshold_keeps_delta_and_is_the_least(rows: int, scale: Scale, delta: float) -> None:
    found = threshold(scale, rows, delta)
    with localcontext() as context:
        context.prec = 80
        p = (-Decimal(scale.value.denominator) / Decimal(scale.value.numerator)).exp()

        def chance(limit: int) -> Decimal:
            """Bound the chance that a user's groups are named, over all ways to spread the rows."""
            ways = (part for used in range(1, rows + 1) for part in partitions(used, used))
            return max(sum(p ** (limit - count) / (1 + p) for count in way) for way in ways)

        assert chance(found) <= Decimal(delta)
        assert found == rows + 1 or chance(found - 1) > Decimal(delta)


def test_groups_of_one_are_named_as_rarely_as_delta_says() -> None:
    delta, many = 0.02, 20_000
    query = dp.Count(1.0, delta=delta)
    named = query.release(np.zeros(many), by=np.arange(many))
    p = math.exp(-1 / query._noises[0].scale)
    chance = p ** (query._threshold - 1) / (1 + p)
    assert chance <= delta < chance / p
    assert abs(len(named) - many * chance) < 4.9 * math.sqrt(many * chance)


@pytest.mark.parametrize(
    "make",
    [
        lambda **o: dp.Count(2.0, **o),
        lambda **o: dp.Sum((0, 2), 2.0, **o),
        lambda **o: dp.Mean((0, 2), 2.0, **o),
        lambda **o: dp.Std((0, 2), 2.0, **o),
        lambda **o: dp.Quantile(0.5, (0, 2), 2.0, **o),
        lambda **o: dp.Quantile([0.2, 0.8], (0, 2), 2.0, **o),
    ],
)
def test_large_groups_are_found_in_the_order_of_their_names(make: Any) -> None:
    rng = np.random.default_rng(1)
    groups = np.array(["north"] * 3000 + ["east"] * 2000 + ["west"] + ["south"] * 4000)
    rng.shuffle(groups)
    for column in (groups, groups.astype(object)):
        answers = make(delta=1e-9).release(np.ones(len(groups)), by=column)
        assert list(answers) == ["east", "north", "south"]
        users = rng.integers(0, 5000, len(groups))
        answers = make(delta=1e-9, unit="user", rows_per_user=2).release(
            np.ones(len(groups)), by=column, users=users
        )
        assert list(answers) == ["east", "north", "south"]
    assert make(delta=1e-9).release([], by=[]) == {}


def test_a_name_tells_nothing_but_which_it_is() -> None:
    # True equals 1 and -0.0 equals 0.0: which one is shown must not depend on a single row before the others.
    mixed: list[Any] = [True, *[1] * 500, -0.0, *[0.0] * 500]
    column = np.fromiter(mixed, dtype=object, count=len(mixed))
    answers = dp.count(np.zeros(len(column)), epsilon=1.0, by=column, delta=1e-9)
    assert list(map(repr, answers)) == ["0.0", "1"]
    floats = dp.count(np.zeros(501), epsilon=1.0, by=np.array(mixed[501:], dtype=float), delta=1e-9)
    assert list(map(repr, floats)) == ["0.0"]


@pytest.mark.parametrize(
    "options",
    [
        {"keys": []},
        {"keys": ["a", "a"]},
        {"delta": 0},
        {"delta": 1},
        {"delta": math.nan},
        {"delta": 1e-6, "keys": ["a"]},
        {"unit": "user"},
        {"rows_per_user": 3},
        {"unit": "user", "rows_per_user": 0},
        {"unit": "users"},
        {"adjacency": "replace"},
        {"adjacency": "substitution", "keys": ["a"]},
        {"adjacency": "substitution", "delta": 1e-6},
        {"adjacency": "substitution", "unit": "user", "rows_per_user": 1},
    ],
)
def test_promises_that_are_refused(options: Any) -> None:
    with pytest.raises(errors.ParameterError):
        dp.Mean((0, 1), 1.0, **options)


def test_keys_that_are_refused() -> None:
    for keys in ("abc", 3, [[1]]):
        with pytest.raises(errors.DtypeError, match="keys"):
            dp.Count(1.0, keys=keys)
    with pytest.raises(errors.DtypeError, match="keys"):
        dp.count([1.0], epsilon=1.0, by=np.array([1]), keys=["1"])
    with pytest.raises(errors.DtypeError, match="keys"):
        dp.count([1.0], epsilon=1.0, by=np.array(["1"]), keys=[1])
    with pytest.raises(errors.ParameterError, match="by"):
        dp.count([1.0], epsilon=1.0, by=["1"])
    with pytest.raises(errors.ParameterError, match="by"):
        dp.count([1.0], epsilon=1.0, keys=["1"])
    with pytest.raises(errors.ParameterError, match="histogram"):
        dp.histogram([1.0], epsilon=1.0, categories=["a"], keys=["a"], by=["a"])
