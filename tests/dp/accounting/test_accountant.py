"""The accountant's other methods, calibration, trade-offs, filters and refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from privml import errors
from privml.dp import accounting as dp

SAMPLED = dp.PoissonSubsampled(dp.GaussianLoss(1.1), 0.01)


def test_methods_that_are_exact_by_hand() -> None:
    assert dp.Accountant("pure").compose(dp.PureLoss(0.25), 4).epsilon(0) == 1.0
    assert dp.Accountant("pure").compose(dp.ApproximateLoss(0.25, 1e-3), 4).epsilon(1e-3) == math.inf
    assert dp.Accountant().compose(dp.PureLoss(0.25), 4).epsilon(0) == pytest.approx(1.0)
    assert dp.Accountant().compose(dp.GaussianLoss(1.0), 4).epsilon(0) == math.inf
    assert dp.Accountant().epsilon(1e-5) == 0 == dp.Accountant().delta(0)
    assert dp.Accountant().compose(SAMPLED, 0).epsilon(0) == 0


def test_zcdp_of_one_gaussian() -> None:
    # Canonne, Kamath, Steinke's conversion: rho = 1/2, delta = 1e-5.
    assert dp.Accountant("zcdp").compose(dp.GaussianLoss(1.0)).epsilon(1e-5) == pytest.approx(4.728, abs=1e-3)


def test_renyi_of_the_reference_case() -> None:
    assert dp.Accountant("rdp").compose(SAMPLED, 10_000).epsilon(1e-5) == pytest.approx(5.632, rel=0.02)


@pytest.mark.parametrize("rate", [1e-4, 1e-6])
def test_tiny_rates_keep_their_epsilon(rate: float) -> None:
    step = dp.PoissonSubsampled(dp.GaussianLoss(1.0), rate)
    rdp, pld = (dp.Accountant(m).compose(step, 1000).epsilon(1e-7) for m in ("rdp", "pld"))  # type: ignore[arg-type]
    assert pld <= rdp
    assert pld >= 0


def test_order_of_steps_is_nothing() -> None:
    a = dp.Accountant().compose(SAMPLED, 100).compose(dp.LaplaceLoss(4.0), 3)
    b = dp.Accountant().compose(dp.LaplaceLoss(4.0), 3).compose(SAMPLED, 60).compose(SAMPLED, 40)
    assert a.epsilon(1e-6) == pytest.approx(b.epsilon(1e-6), rel=1e-6)


def test_a_mechanism_brings_its_loss() -> None:
    class Mechanism:
        loss = dp.GaussianLoss(1.1)

    assert dp.PoissonSubsampled(Mechanism(), 0.01) == SAMPLED


@pytest.mark.parametrize("target", [0.05, 1.0, 8.0])
@pytest.mark.parametrize(
    "make", [dp.GaussianLoss, dp.LaplaceLoss, lambda s: dp.PoissonSubsampled(dp.GaussianLoss(s), 0.02)]
)
def test_calibration_never_exceeds_its_target(make: Callable[[float], Any], target: float) -> None:
    noise = dp.calibrate(make, target, 1e-6, count=20)
    assert dp.Accountant().compose(make(noise), 20).epsilon(1e-6) <= target
    assert dp.Accountant().compose(make(noise * 0.995), 20).epsilon(1e-6) > target


def test_calibration_that_cannot_be() -> None:
    with pytest.raises(errors.ParameterError, match="high"):
        dp.calibrate(dp.GaussianLoss, 0.1, 1e-6, high=2.0)


@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.5])
def test_tradeoff_of_a_gaussian(alpha: float) -> None:
    from statistics import NormalDist

    normal = NormalDist()
    exact = normal.cdf(normal.inv_cdf(1 - alpha) - 1.0)
    found = dp.tradeoff(dp.Accountant().compose(dp.GaussianLoss(1.0)), alpha)
    assert exact - 0.02 <= found <= exact + 1e-12
    assert dp.advantage(dp.Accountant().compose(dp.GaussianLoss(1.0))) == pytest.approx(0.382925, abs=1e-6)


def test_filters_admit_what_fits_and_no_more() -> None:
    budget = dp.ApproximateFilter(1.0, 1e-6)
    assert [budget.spend(dp.ApproximateLoss(0.25, 2.5e-7)) for _ in range(5)] == [True] * 4 + [False]
    assert budget.spent == pytest.approx((1.0, 1e-6))
    rho = dp.ZCDPFilter(0.5)
    assert [rho.spend(dp.GaussianLoss(2.0)) for _ in range(5)] == [True] * 4 + [False]
    assert rho.spend(dp.PureLoss(0.0))
    assert rho.epsilon(1e-5) == pytest.approx(4.728, abs=1e-3)


def test_an_odometer_never_falls_and_covers_the_spent() -> None:
    odometer = dp.Odometer(1e-5)
    shown = [odometer.spend(dp.GaussianLoss(5.0)) for _ in range(50)]
    assert shown == sorted(shown)
    assert shown[-1] >= dp.Accountant("zcdp").compose(dp.GaussianLoss(5.0), 50).epsilon(1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: dp.GaussianLoss(0.0),
        lambda: dp.GaussianLoss(math.nan),
        lambda: dp.GaussianLoss(math.inf),
        lambda: dp.LaplaceLoss(-1.0),
        lambda: dp.DiscreteLaplaceLoss(1.0, 0),
        lambda: dp.RandomizedResponseLoss(0.1, 4),
        lambda: dp.RandomizedResponseLoss(1.0, 4),
        lambda: dp.PureLoss(-0.1),
        lambda: dp.ApproximateLoss(1.0, 1.0),
        lambda: dp.PoissonSubsampled(dp.GaussianLoss(1.0), 0.0),
        lambda: dp.PoissonSubsampled(dp.GaussianLoss(1.0), 1.1),
        lambda: dp.FixedSizeSubsampled(dp.GaussianLoss(1.0), 11, 10),
        lambda: dp.FixedSizeSubsampled(dp.LaplaceLoss(1.0), 2, 10, replacement=True),
        lambda: dp.Accountant("moments"),  # type: ignore[arg-type]
        lambda: dp.Accountant().compose(SAMPLED, -1),
        lambda: dp.Accountant().epsilon(1.0),
        lambda: dp.Accountant().epsilon(-1e-9),
        lambda: dp.Accountant().delta(-1.0),
        lambda: dp.Accountant().compose(SAMPLED).compose(dp.FixedSizeSubsampled(dp.GaussianLoss(1.0), 1, 10)),
        lambda: dp.Accountant("zcdp").compose(SAMPLED).epsilon(1e-5),
    ],
)
def test_refusals(make: Callable[[], object]) -> None:
    with pytest.raises(errors.ParameterError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: dp.GaussianLoss("1"),  # type: ignore[arg-type]
        lambda: dp.GaussianLoss(True),
        lambda: dp.DiscreteLaplaceLoss(1.0, 1.5),  # type: ignore[arg-type]
        lambda: dp.Accountant().compose("laplace"),
        lambda: dp.Accountant().epsilon("small"),  # type: ignore[arg-type]
        lambda: dp.Accountant().compose(SAMPLED, 2.0),  # type: ignore[arg-type]
    ],
)
def test_wrong_types(make: Callable[[], object]) -> None:
    with pytest.raises(errors.DtypeError):
        make()
