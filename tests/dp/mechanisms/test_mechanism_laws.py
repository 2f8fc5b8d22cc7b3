"""What holds for every mechanism: a line for each in MECHANISMS."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from privml import dp, errors

from tests.dp import statistics

DRAWS = 40_000


def repeated(mechanism: Any, value: Any) -> np.ndarray:
    return np.array([mechanism.release(value) for _ in range(DRAWS // 8)], dtype=np.float64)


def stream(epsilon: float, answers: list[float], **how: Any) -> np.ndarray:
    out = np.empty(DRAWS // 40)
    for i in range(len(out)):
        mechanism = dp.AboveThreshold(0, 1, epsilon, **how)
        out[i] = len(mechanism.release(answers))
    return out


@dataclass
class Case:
    """A mechanism of epsilon 1 for one release, and its outputs on two neighbours."""

    name: str
    make: Callable[[], Any]
    outputs: Callable[[int], np.ndarray]
    delta: float = 0.0

    def __str__(self) -> str:
        return self.name


def element(make: Callable[..., Any]) -> Callable[[int], np.ndarray]:
    # The noise of one element, drawn for many at once.
    return lambda x: make().release_many(x)


class Many:
    """One-number mechanisms in an array: the scale of one, the elements of many."""

    def __init__(self, mechanism: Any) -> None:
        self.mechanism = mechanism

    def release_many(self, x: int) -> np.ndarray:
        self.mechanism.size = DRAWS
        return np.asarray(self.mechanism.release(np.full(DRAWS, x)), dtype=np.float64)


SCORES = ([1.0, 0.0, 0.0], [0.0, 1.0, 1.0])

MECHANISMS = [
    Case("laplace", lambda: dp.Laplace(1.0, 1.0), element(lambda: Many(dp.Laplace(1.0, 1.0)))),
    Case(
        "discrete laplace",
        lambda: dp.DiscreteLaplace(1, 1.0),
        element(lambda: Many(dp.DiscreteLaplace(1, 1.0))),
    ),
    Case(
        "gaussian",
        lambda: dp.Gaussian(1.0, 1.0, 1e-2),
        element(lambda: Many(dp.Gaussian(1.0, 1.0, 1e-2))),
        1e-2,
    ),
    Case(
        "discrete gaussian",
        lambda: dp.DiscreteGaussian(1, 1.0, 1e-2),
        element(lambda: Many(dp.DiscreteGaussian(1, 1.0, 1e-2))),
        1e-2,
    ),
    Case("skellam", lambda: dp.Skellam(1, 1.0, 1e-2), lambda x: repeated(dp.Skellam(1, 1.0, 1e-2), x), 1e-2),
    Case(
        "exponential", lambda: dp.Exponential(1, 1.0), lambda x: repeated(dp.Exponential(1, 1.0), SCORES[x])
    ),
    Case(
        "permute and flip",
        lambda: dp.PermuteAndFlip(1, 1.0),
        lambda x: repeated(dp.PermuteAndFlip(1, 1.0), SCORES[x]),
    ),
    Case(
        "report noisy max",
        lambda: dp.ReportNoisyMax(1, 1.0),
        lambda x: repeated(dp.ReportNoisyMax(1, 1.0), SCORES[x]),
    ),
    Case(
        "above threshold", lambda: dp.AboveThreshold(0, 1, 1.0), lambda x: stream(1.0, [-x] * 5 + [1 - x] * 5)
    ),
    Case(
        "randomized response",
        lambda: dp.RandomizedResponse(1.0, 3),
        lambda x: np.asarray(dp.RandomizedResponse(1.0, 3).release(np.full(DRAWS, x)), dtype=np.float64),
    ),
    Case(
        "optimized unary encoding",
        lambda: dp.OptimizedUnaryEncoding(1.0, 3),
        lambda x: dp.OptimizedUnaryEncoding(1.0, 3).release(np.full(DRAWS, x)) @ [1.0, 2.0, 4.0],
    ),
]


@pytest.mark.parametrize("case", MECHANISMS, ids=str)
def test_its_loss_keeps_the_promise_and_is_near_it(case):
    mechanism = case.make()
    if case.delta:
        assert 0.97 * case.delta < mechanism.delta(1.0) <= case.delta
        assert mechanism.epsilon(case.delta) <= 1.0 + 1e-9
    else:
        assert 0.98 < mechanism.epsilon() <= 1.0 + 1e-9
    twice = dp.Accountant().compose(mechanism, 2)
    assert mechanism.epsilon(1e-6) < twice.epsilon(1e-6) <= 2.01 * max(mechanism.epsilon(5e-7), 1.0)
    assert isinstance(mechanism, dp.Mechanism)
    assert type(mechanism).__name__ in repr(mechanism)


@pytest.mark.parametrize("case", MECHANISMS, ids=str)
def test_an_audit_finds_no_more_than_the_promise(case):
    a, b = case.outputs(0), case.outputs(1)
    for epsilon in (0.0, 1.0):
        limit = case.make().delta(epsilon)
        assert statistics.hockey_stick_lower(a, b, epsilon) <= limit
        assert statistics.hockey_stick_lower(b, a, epsilon) <= limit


def test_the_audit_catches_what_is_broken():
    # Half the noise.
    half = Many(dp.Laplace(1.0, 2.0))
    found = statistics.hockey_stick_lower(half.release_many(0), half.release_many(1), 1.0)
    assert found > 0.1
    # No noise on the answers, only on the threshold: equal and unequal answers are told apart.
    rng = np.random.default_rng(0)
    a, b = (np.array([np.sum(np.array([x, 0.0]) >= t) for t in rng.laplace(0, 2, DRAWS)]) for x in (0.0, 1.0))
    assert statistics.hockey_stick_lower(b, a, 1.0) > 0.05
    # The float noise's own last bits: which doubles can be reached depends on the value.
    noise = rng.laplace(0, 1, DRAWS)
    a, b = (np.mod((x + noise) * 2.0**53, 2.0) for x in (0.0, 1.0))
    assert statistics.hockey_stick_lower(a, b, 1.0) > 0.01


@pytest.mark.parametrize("value", [0.0, 1.0, 1 / 3, -50.0])
@pytest.mark.parametrize("kind", ["laplace", "gaussian"])
def test_low_bits_say_nothing(kind, value):
    for sensitivity in (1.0, 3e-5, 700.0):
        mechanism = dp.Laplace(sensitivity, 1.0) if kind == "laplace" else dp.Gaussian(sensitivity, 1.0, 1e-5)
        mechanism.size = DRAWS
        outputs = mechanism.release(np.full(DRAWS, value))
        assert statistics.low_bits_p(outputs, mechanism.grid) > statistics.FALSE_POSITIVE_RATE
        naive = value + np.random.default_rng(1).laplace(0, sensitivity, DRAWS)
        assert statistics.low_bits_p(naive, mechanism.grid) < statistics.FALSE_POSITIVE_RATE


def exact_delta(sigma: float, epsilon: float, gap: int) -> float:
    x = np.arange(-int(40 * sigma) - 40, int(40 * sigma) + 41)
    weights = np.exp(-(x**2) / (2 * sigma**2))
    shifted = np.exp(epsilon - (x - gap) ** 2 / (2 * sigma**2))
    return math.fsum(np.maximum(weights - shifted, 0)) / math.fsum(weights)


@pytest.mark.parametrize(
    ("epsilon", "delta", "gap"), [(1, 1e-5, 1), (2, 1e-5, 1), (8, 1e-6, 1), (0.5, 1e-6, 3)]
)
def test_integer_gaussian_noise_achieves_its_delta(epsilon, delta, gap):
    mechanism = dp.DiscreteGaussian(gap, epsilon, delta)
    achieved = exact_delta(mechanism.sigma, epsilon, gap)
    assert 0.999 * delta < achieved <= delta
    # By convolution, as for arrays: never less noise.
    wide = dp.DiscreteGaussian(gap, epsilon, delta, size=10)
    assert wide.sigma > mechanism.sigma
    assert exact_delta(wide.sigma, epsilon, gap) <= delta
    assert isinstance(wide.loss, dp.accounting.GaussianLoss)


def test_the_continuous_calibration_is_not_valid_for_integers():
    # What the two ways of calibrating are for: 3.5 % and three times over.
    for epsilon, delta, factor in [(1, 1e-5, 1.03), (8, 1e-6, 2.9)]:
        sigma = dp.Gaussian(1.0, epsilon, delta).sigma
        assert exact_delta(sigma, epsilon, 1) > factor * delta


@pytest.mark.parametrize("sigma", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("shift", [(1, 1), (2, 0)])
def test_convolution_holds_in_two_dimensions(sigma, shift):
    # The exact curve of a vector, by adding up all points, under that of the continuous noise it accounts.
    norm = math.hypot(*shift)
    mechanism = dp.DiscreteGaussian(norm, sigma=sigma, size=2)
    x = np.arange(-60, 61)
    mass = np.exp(-(x**2) / (2 * sigma**2))
    mass /= mass.sum()
    p = np.outer(mass, mass)
    q = np.roll(p, shift, (0, 1))
    for epsilon in (0.1, 0.5, 1.0, 2.0):
        assert np.maximum(p - math.exp(epsilon) * q, 0).sum() <= mechanism.delta(epsilon) * (1 + 1e-9)


def test_estimates_are_unbiased():
    values = np.repeat([0, 1, 2, 3], [20_000, 10_000, 6_000, 4_000])
    for mechanism in (dp.RandomizedResponse(1.0, 4), dp.OptimizedUnaryEncoding(1.0, 4)):
        found = mechanism.estimate(mechanism.release(values))
        assert found == pytest.approx([0.5, 0.25, 0.15, 0.1], abs=0.05)


def test_selection_prefers_and_monotonic_halves():
    for function in (dp.exponential, dp.permute_and_flip, dp.report_noisy_max):
        assert function([0, 1000.5, 3], sensitivity=1, epsilon=1.0) == 1
    for kind in (dp.Exponential, dp.PermuteAndFlip, dp.ReportNoisyMax):
        assert kind(1, 1.0).scale == pytest.approx(2 * kind(1, 1.0, monotonic=True).scale)
    assert dp.exponential(candidates="abc", utility=ord, sensitivity=1, epsilon=500.0) == "c"
    assert dp.permute_and_flip([-1e300, 1e300], sensitivity=1, epsilon=1.0) == 1


def test_above_threshold_halts_and_is_not_copied():
    mechanism = dp.AboveThreshold(100, 1, 10.0, count=2)
    assert mechanism.release([0, 1e4, 0, 1e4, 0]).tolist() == [False, True, False, True]
    assert mechanism.halted
    with pytest.raises(errors.BudgetExceededError):
        mechanism.ask(0)
    with pytest.raises(errors.UnsupportedOperationError):
        copy.copy(mechanism)
    assert dp.above_threshold([0, 0], threshold=1e6, sensitivity=1, epsilon=1.0).tolist() == [False, False]


def test_a_gaussian_without_sensitivity_only_accounts():
    mechanism = dp.Gaussian(noise_multiplier=1.1)
    assert mechanism.loss == dp.accounting.GaussianLoss(1.1)
    with pytest.raises(errors.ParameterError, match="sensitivity"):
        mechanism.release(1.0)
    drawn = dp.Gaussian(2.0, noise_multiplier=1.1)
    assert 1.1 <= drawn.loss.noise_multiplier < 1.1 * (1 + 2**-18)


MAKERS = [
    lambda **k: dp.Laplace(k.get("s", 1), k.get("e", 1.0)),
    lambda **k: dp.DiscreteLaplace(k.get("s", 1), k.get("e", 1.0)),
    lambda **k: dp.Gaussian(k.get("s", 1), k.get("e", 1.0), k.get("d", 1e-5)),
    lambda **k: dp.DiscreteGaussian(k.get("s", 1), k.get("e", 1.0), k.get("d", 1e-5)),
    lambda **k: dp.Skellam(k.get("s", 1), k.get("e", 1.0), k.get("d", 1e-5)),
    lambda **k: dp.Exponential(k.get("s", 1), k.get("e", 1.0)),
    lambda **k: dp.AboveThreshold(0, k.get("s", 1), k.get("e", 1.0)),
]


@pytest.mark.parametrize("make", MAKERS)
def test_bad_parameters_are_refused(make):
    for bad in (0, -1, math.nan, math.inf, -math.inf):
        with pytest.raises(errors.ParameterError, match="epsilon"):
            make(e=bad)
        with pytest.raises((errors.ParameterError, errors.DtypeError), match="sensitivity"):
            make(s=bad)
    for bad in ("1", None, [1], True, 1j):
        with pytest.raises((errors.DtypeError, errors.ParameterError)):
            make(e=bad)
        with pytest.raises(errors.DtypeError):
            make(s=bad if bad is not None else "1")


@pytest.mark.parametrize("delta", [0, -0.1, 1, 1.5, math.nan, math.inf])
def test_bad_deltas_are_refused(delta):
    for kind in (dp.Gaussian, dp.DiscreteGaussian, dp.Skellam):
        with pytest.raises(errors.ParameterError, match="delta"):
            kind(1, 1.0, delta)


def test_bad_values_are_refused():
    for bad in (math.nan, math.inf):
        for call in (
            lambda x: dp.gaussian([1.0, x], sensitivity=1, epsilon=1, delta=1e-5),
            lambda x: dp.exponential([1.0, x], sensitivity=1, epsilon=1),
            lambda x: dp.above_threshold([1.0, x], threshold=0, sensitivity=1, epsilon=1),
        ):
            with pytest.raises(errors.NotFiniteError):
                call(bad)
    for scores in ([], 3.0, [[1.0]]):
        with pytest.raises(errors.ShapeError):
            dp.permute_and_flip(scores, sensitivity=1, epsilon=1)
    for values in (4, -1, [0, 5]):
        with pytest.raises(errors.ParameterError):
            dp.randomized_response(values, epsilon=1.0, k=4)
    with pytest.raises(errors.DtypeError):
        dp.exponential(["a", "b"], sensitivity=1, epsilon=1)
    with pytest.raises(errors.DtypeError):
        dp.discrete_gaussian([1.5], sensitivity=1, epsilon=1, delta=1e-5)
    with pytest.raises(errors.DtypeError):
        dp.randomized_response([0.5], epsilon=1.0)


def test_ends_shapes_and_empties():
    top = np.iinfo(np.int64).max
    assert dp.discrete_gaussian(np.full(50, top), sensitivity=1, epsilon=1, delta=1e-5).min() > top - 10**6
    assert dp.gaussian([], sensitivity=1, epsilon=1, delta=1e-5).shape == (0,)
    assert dp.gaussian(np.ones((2, 3)).T, sensitivity=1, epsilon=1, delta=1e-5).shape == (3, 2)
    assert isinstance(dp.gaussian(np.float32(1), sensitivity=1, epsilon=1, delta=1e-5), float)
    assert dp.randomized_response(np.zeros((2, 2), dtype=int), epsilon=1.0).shape == (2, 2)
