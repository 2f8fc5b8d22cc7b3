"""Pairs and transforms against sums written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from privml.dp import accounting as dp
from privml.dp.accounting import transform


@pytest.mark.parametrize(("scale", "gap"), [(2.0, 1), (5.0, 3), (0.7, 2), (20.0, 7)])
def test_discrete_laplace_by_summation(scale: float, gap: int) -> None:
    norm = math.tanh(0.5 / scale)
    span = range(-int(60 * scale) - gap, int(60 * scale) + gap)
    pairs = [(norm * math.exp(-abs(x) / scale), norm * math.exp(-abs(x - gap) / scale)) for x in span]
    for epsilon in (0.0, 0.1, 0.35, 1.0):
        exact = math.fsum(max(p - math.exp(epsilon) * q, 0.0) for p, q in pairs)
        found = dp.Accountant().compose(dp.DiscreteLaplaceLoss(scale, gap)).delta(epsilon)
        assert exact * (1 - 1e-12) - 1e-16 <= found <= exact * (1 + 1e-9) + 1e-12


def test_fine_laplace_is_the_continuous_one() -> None:
    fine = dp.Accountant().compose(dp.DiscreteLaplaceLoss(2.0**40, 2**38), 30).epsilon(1e-6)
    assert fine == pytest.approx(dp.Accountant().compose(dp.LaplaceLoss(4.0), 30).epsilon(1e-6), rel=1e-3)


@pytest.mark.parametrize(("size", "total"), [(3, 10), (5, 5), (1, 4), (40, 10)])
def test_sampling_with_replacement_by_its_formula(size: int, total: int) -> None:
    # Balle, Barthe, Gaboardi 2018, Theorem 10, term by term.
    step = dp.FixedSizeSubsampled(dp.GaussianLoss(2.0), size, total, replacement=True)
    found = dp.Accountant().compose(step)
    hit = 1 - (1 - 1 / total) ** size
    for epsilon in (0.05, 0.5, 2.0):
        inner = math.log1p(math.expm1(epsilon) / hit)
        exact = math.fsum(
            math.comb(size, k)
            * total**-k
            * (1 - 1 / total) ** (size - k)
            * dp.Accountant().compose(dp.GaussianLoss(2.0 / k)).delta(inner)
            for k in range(1, size + 1)
        )
        assert exact * (1 - 1e-9) <= found.delta(epsilon) <= exact * (1 + 1e-6) + 1e-13


@pytest.mark.parametrize("size", [8, 3 * 2**10, 5 * 2**9, 2**15])
def test_transforms_keep_their_bound(size: int) -> None:
    # There and back: the error is within twice the bound.
    x = np.random.default_rng(1).random(size) ** 8
    there_and_back = np.fft.irfft(np.fft.rfft(x), size)
    error = float(np.linalg.norm((there_and_back.astype(np.longdouble) - x).astype(np.float64)))
    assert error <= 2 * transform.unit_error(size) * float(np.linalg.norm(x))
    assert transform.size_for(size) == size
    assert size <= transform.size_for(size - 1) <= size
    assert size < transform.size_for(size + 1) <= 2 * size


@pytest.mark.parametrize("delta", [1e-5, 1e-9, 1e-14])
@pytest.mark.parametrize(("sigma", "rate", "count"), [(0.3, 0.01, 100), (0.3, 0.001, 200), (0.6, 0.3, 5)])
def test_little_noise_has_an_epsilon(sigma: float, rate: float, count: int, delta: float) -> None:
    step = dp.PoissonSubsampled(dp.GaussianLoss(sigma), rate)
    one, many, renyi = (
        total.epsilon(delta)
        for total in (
            dp.Accountant().compose(step),
            dp.Accountant().compose(step, count),
            dp.Accountant("rdp").compose(step, count),
        )
    )
    assert one <= many <= renyi * (1 + 1e-3)


@pytest.mark.parametrize("delta", [0.4, 1e-3, 1e-8])
def test_epsilon_of_one_step_meets_delta_and_hardly_more(delta: float) -> None:
    for loss in (dp.GaussianLoss(0.9), dp.LaplaceLoss(0.5), dp.SkellamLoss(9.0, 2), dp.BoundedRangeLoss(2.0)):
        total = dp.Accountant("pld").compose(loss)
        epsilon = total.epsilon(delta)
        assert total.delta(epsilon) <= delta * (1 + 1e-9)
        if epsilon > 1e-6:
            assert total.delta(epsilon * (1 - 1e-6)) > delta * (1 - 1e-9) or not math.isfinite(epsilon)
