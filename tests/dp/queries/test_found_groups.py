"""Which groups of unknown names may be found: those with a row that stayed, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from privml import dp
from privml.dp.queries.query import Query

WIDE = 2000


@pytest.fixture(autouse=True)
def any_count_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every group that is tried be named."""
    make = Query._named

    def named(self: Query, *args: Any) -> Any:
        monkeypatch.setattr(self, "_threshold", -(2**62), raising=True)
        return make(self, *args)

    monkeypatch.setattr(Query, "_named", named)


def test_a_user_of_many_groups_has_only_the_chances_of_the_rows_that_stay() -> None:
    data = {"user": ["one"] * WIDE, "group": np.arange(WIDE)}
    query = dp.Count(epsilon=1.0, delta=1e-5, unit="user", rows_per_user=3)
    assert len(query.release(data, users="user", by="group")) <= 3


def test_groups_without_a_value_or_a_user_are_not_found() -> None:
    total = dp.Sum(bounds=(0, 1), epsilon=1.0, delta=1e-5)
    data = {"value": np.array([np.nan, np.nan, 0.5]), "group": ["a", "b", "c"]}
    assert set(total.release(data, column="value", by="group")) <= {"c"}
    count = dp.Count(epsilon=1.0, delta=1e-5, unit="user", rows_per_user=2)
    people = {"user": [None, "x", None], "group": ["a", "b", "c"]}
    assert set(count.release(people, users="user", by="group")) <= {"b"}
