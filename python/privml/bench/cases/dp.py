"""Differential privacy: noise for a value, a choice among many, and what a training run costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.bench.cases import Job, Library, Operation, Scheme, Sizes
from privml.bench.libraries.dp import DifferentialPrivacy, DpAccounting, OpenDp

__all__ = ["SCHEME"]

_SCALE = 10
_RATE, _SIGMA, _STEPS, _DELTA = 0.01, 1.1, 10_000, 1e-5
# Ours is an upper bound of 5.19; others round otherwise.
_EPSILON = (5.1, 5.3)


def _noise(method: str, dtype: type) -> Callable[[Any, Sizes], Job]:
    def prepare(library: Library, sizes: Sizes) -> Job:
        # Under a microsecond a value: all get the same.
        x: NDArray[Any] = np.zeros(sizes.sums, dtype=dtype)

        def check(found: Any) -> None:
            noise = np.asarray(found)
            assert noise.shape == x.shape
            # 60 scales: never.
            assert np.abs(noise).max() < 60 * _SCALE
            assert noise.any()

        return Job(lambda: getattr(library, method)(x, _SCALE), check, len(x))

    return prepare


def _choose(library: Any, sizes: Sizes) -> Job:
    # A hundred times the values: 10^6 in the full size.
    scores = np.random.default_rng(9).uniform(0, 1, 100 * sizes.sums)
    scores[-1] = 1000.0

    def check(found: int) -> None:
        assert found == len(scores) - 1  # all others together win with e^-480

    return Job(lambda: library.permute_and_flip(scores, 1.0), check, len(scores))


def _account(library: Any, _sizes: Sizes) -> Job:
    def check(found: float) -> None:
        low, high = _EPSILON
        assert low < found < high

    return Job(lambda: library.pld_epsilon(_RATE, _SIGMA, _STEPS, _DELTA), check, 1)


SCHEME = Scheme(
    name="dp",
    libraries=(DifferentialPrivacy, OpenDp, DpAccounting),
    operations=(
        Operation(
            "discrete Laplace noise, scale 10", "discrete_laplace", _noise("discrete_laplace", np.int64)
        ),
        Operation(
            "discrete Gaussian noise, sigma 10", "discrete_gaussian", _noise("discrete_gaussian", np.int64)
        ),
        Operation("Laplace noise, scale 10", "laplace", _noise("laplace", np.float64)),
        Operation("permute-and-flip", "permute_and_flip", _choose, "score"),
        Operation("epsilon by PLD, 10 000 sampled steps", "pld_epsilon", _account, "run"),
    ),
    notes=(
        "There is no key: the key's size means nothing here.",
        "The run: sampling rate 0.01, noise multiplier 1.1, delta 1e-5.",
    ),
)
