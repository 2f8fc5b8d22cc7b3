"""Laplace noise: the law drawn, the bits that give nothing away, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from privml import dp, errors

from tests.dp import statistics

DRAWS = 100_000


@pytest.mark.parametrize(("sensitivity", "epsilon"), [(1, 1.0), (3, 0.7), (1, 4.0)])
def test_discrete_laplace_has_the_law_it_states(sensitivity, epsilon):
    mechanism = dp.DiscreteLaplace(sensitivity, epsilon, size=DRAWS)
    draws = mechanism.release(np.zeros(DRAWS, dtype=np.int8))
    support = np.arange(-400, 401)
    weight = np.exp(-np.abs(support) / mechanism.scale)
    expected = DRAWS * weight / weight.sum()
    found = np.array([(draws == y).sum() for y in support])
    assert statistics.chi_square_p(found, expected) > statistics.FALSE_POSITIVE_RATE


@pytest.mark.parametrize("epsilon", [1e-6, 0.1, 1 / 3, 1.0, 7.0, 30.0])
def test_the_scale_is_rounded_up_and_by_little(epsilon):
    assert 1 / epsilon <= dp.DiscreteLaplace(1, epsilon).scale <= (1 + 2**-20) / epsilon
    mechanism = dp.Laplace(1.0, epsilon)
    assert 1 / epsilon < mechanism.scale <= (1 + 2**-9) / epsilon
    assert mechanism.loss.sensitivity / mechanism.loss.scale <= epsilon


def test_low_bits_do_not_give_the_value_away():
    mechanism = dp.Laplace(1.0, 1.0, size=DRAWS)
    for value in (0.0, 1.0, 1 / 3):
        outputs = mechanism.release(np.full(DRAWS, value))
        assert statistics.low_bits_p(outputs, mechanism.grid) > statistics.FALSE_POSITIVE_RATE


def test_a_neighbouring_input_is_within_epsilon():
    a, b = (dp.DiscreteLaplace(1, 1.0, size=DRAWS).release(np.full(DRAWS, x)) for x in (0, 1))
    for cut in range(-4, 5):
        p, q = (a <= cut).mean(), (b <= cut).mean()
        assert p <= math.e * q + 5 * (1 + math.e) / math.sqrt(4 * DRAWS)


def test_sums_saturate():
    top, bottom = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    high = dp.discrete_laplace(np.full(100, top), sensitivity=1, epsilon=1.0)
    low = dp.discrete_laplace(np.full(100, bottom), sensitivity=1, epsilon=1.0)
    assert high.min() > top - 10**6
    assert low.max() < bottom + 10**6
    assert isinstance(dp.discrete_laplace(np.uint64(2**64 - 1), sensitivity=1, epsilon=1.0), int)
    assert np.isfinite(dp.laplace(np.finfo(float).max, sensitivity=1, epsilon=1.0))
    assert dp.laplace(-1e300, sensitivity=1, epsilon=1.0) == pytest.approx(-1e300)


@pytest.mark.parametrize("epsilon", [0, -1, math.nan, math.inf])
def test_parameters_are_refused(epsilon):
    for mechanism in (dp.Laplace, dp.DiscreteLaplace):
        with pytest.raises(errors.ParameterError, match="epsilon"):
            mechanism(1, epsilon)
        with pytest.raises(errors.ParameterError, match="sensitivity"):
            mechanism(0, 1.0)
        with pytest.raises(errors.DtypeError, match="sensitivity"):
            mechanism("1", 1.0)


def test_values_are_refused():
    with pytest.raises(errors.NotFiniteError):
        dp.laplace([1.0, math.nan], sensitivity=1, epsilon=1)
    with pytest.raises(errors.DtypeError):
        dp.discrete_laplace([1.5], sensitivity=1, epsilon=1)
    with pytest.raises(errors.DtypeError):
        dp.laplace(["a"], sensitivity=1, epsilon=1)
    with pytest.raises(errors.ParameterError):
        dp.Laplace(1, 1.0).release([1.0, 2.0])
    assert dp.laplace([], sensitivity=1, epsilon=1).shape == (0,)
