"""Accuracy and the area under the ROC curve, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import demo
from privml.errors import NotFiniteError, ParameterError, ShapeError


def test_known_areas() -> None:
    assert demo.auc([0, 0, 1, 1], [1, 2, 3, 4]) == 1.0
    assert demo.auc([1, 1, 0, 0], [1, 2, 3, 4]) == 0.0
    assert demo.auc([0, 1, 0, 1], [5, 5, 5, 5]) == 0.5
    assert demo.auc([0, 1], [-np.inf, np.inf]) == 1.0


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-4, 4)), min_size=2, max_size=60))
def test_area_is_the_chance_of_the_right_order(pairs: list[tuple[int, int]]) -> None:
    y, scores = (np.array(column) for column in zip(*pairs, strict=True))
    if len(set(y.tolist())) < 2:
        return
    difference = scores[y == 1][:, None] - scores[y == 0][None, :]
    assert demo.auc(y, scores) == pytest.approx(
        np.mean((difference > 0) + 0.5 * (difference == 0)), abs=1e-12
    )


@pytest.mark.parametrize("values", [3, 20, 10**6])
def test_area_equals_scikit_learn(values: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(values)
    y = rng.integers(0, 2, 400)
    scores = rng.integers(0, values, 400) + y * values // 4
    assert demo.auc(y, scores) == pytest.approx(metrics.roc_auc_score(y, scores), abs=1e-12)


def test_bad_scores_are_refused() -> None:
    with pytest.raises(NotFiniteError, match=r"scores\[1\]"):
        demo.auc([0, 1], [0.5, np.nan])
    with pytest.raises(ParameterError, match="one class"):
        demo.auc([1, 1], [0.5, 0.7])
    with pytest.raises(ParameterError, match="0 and 1"):
        demo.auc([1, 2], [0.5, 0.7])
    with pytest.raises(ShapeError):
        demo.auc([], [])
    with pytest.raises(ShapeError):
        demo.accuracy([0, 1], [0])
