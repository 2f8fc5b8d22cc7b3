"""Numbers that doubles do not hold, and parameters at the ends of what there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from privml import dp, errors
from privml.dp.mechanisms import draw
from privml.dp.mechanisms.selection import ScoreGrid


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_large_integers_are_not_rounded_before_the_noise(dtype: Any) -> None:
    pair = np.array([2**60, 2**60 + 1], dtype)
    first, second = draw.steps_of(draw.finite(pair, "values"), 2.0**-10)
    assert second - first == 2**10
    # Half way to the next double, 256 on, the exact sum decides: the even one, and the next.
    moved = draw.on_grid(draw.finite(pair, "values"), np.array([128 * 2**10] * 2), 2.0**-10)
    assert moved.tolist() == [2.0**60, 2.0**60 + 256]
    grid = ScoreGrid(4096.0)
    first, second = grid.steps(np.array([2**53 + 1, 2**53 + 2], dtype)).tolist()
    assert (second - first) * grid.step == 1


def test_scores_beyond_the_grid_saturate() -> None:
    steps = ScoreGrid(1.0).steps(np.array([2**63 - 1, -(2**63)]))
    assert steps.tolist() == [2**62, -(2**62)]


def test_the_lowest_integer_is_released() -> None:
    assert dp.laplace(np.int64(-(2**63)), sensitivity=1, epsilon=1) == pytest.approx(-(2.0**63))


@pytest.mark.parametrize("release", [dp.laplace, dp.discrete_laplace])
@pytest.mark.parametrize("epsilon", [5e-324, 1e-300, 1e300])
def test_an_epsilon_that_no_noise_has(release: Any, epsilon: float) -> None:
    with pytest.raises(errors.ParameterError, match="epsilon: "):
        release(3, sensitivity=1, epsilon=epsilon)


@pytest.mark.parametrize("sensitivity", [5e-324, 1e308])
def test_a_sensitivity_beyond_the_grid_is_named(sensitivity: float) -> None:
    with pytest.raises(errors.ParameterError, match="sensitivity: found"):
        dp.laplace(1.0, sensitivity=sensitivity, epsilon=1)
    with pytest.raises(errors.ParameterError, match="sensitivity: found"):
        dp.gaussian(1.0, sensitivity=sensitivity, epsilon=1, delta=1e-6)


def test_wider_floats_are_refused() -> None:
    if np.dtype(np.longdouble).itemsize > 8:
        with pytest.raises(errors.DtypeError, match="64 bits"):
            dp.laplace(np.longdouble(1), sensitivity=1, epsilon=1)
