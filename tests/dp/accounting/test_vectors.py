"""Losses of vectors, of lattices, and of several releases at once."""

from __future__ import annotations

import itertools
import math

import pytest
from privml import errors
from privml.dp import accounting as dp
from privml.dp.accounting import lattice, rdp


@pytest.mark.parametrize("t", [0.6, 0.8, 1.0])
@pytest.mark.parametrize("sigma", [1.5, 4.0])
def test_the_slack_covers_what_rounding_at_random_does(t: float, sigma: float) -> None:
    # The law of the rounded continuous noise, by quadrature, against the integer Gaussian.
    left = math.sqrt(sigma**2 - t * t)
    points = [i / 8 for i in range(-8 * 40, 8 * 40 + 1)]
    integers = range(-8, 9)
    norm = math.fsum(math.exp(-z * z / (2 * sigma**2)) for z in range(-60, 61))

    near = range(-9, 10)
    totals = [math.fsum(math.exp(-((k - y + round(y)) ** 2) / (2 * t * t)) for k in near) for y in points]

    def law(z: int) -> float:
        def term(y: float, total: float) -> float:
            return math.exp(-y * y / (2 * left**2) - (z - y) ** 2 / (2 * t * t)) / total

        # The trapezoid rule is all but exact for what is analytic and falls off.
        return math.fsum(map(term, points, totals)) / 8 / (left * math.sqrt(2 * math.pi))

    worst = max(abs(math.log(law(z) / (math.exp(-z * z / (2 * sigma**2)) / norm))) for z in integers)
    assert worst <= lattice.slack(t, 1) + 1e-12
    assert lattice.slack(t, 1) == pytest.approx(4 * math.exp(-2 * (math.pi * t) ** 2), rel=0.01)


def test_the_exact_delta_of_vectors_is_covered() -> None:
    # Equal L2 shifts: along an axis and along the diagonal, summed over the lattice itself.
    variance, epsilon = 2.25, 2.0
    sigma = math.sqrt(variance)
    span = range(-16, 20)
    norm = math.fsum(math.exp(-x * x / (2 * variance)) for x in range(-30, 31))

    def exact(shift: tuple[int, ...]) -> float:
        # Coordinates without a shift cancel; the others' losses are a lattice sum.
        law: dict[int, float] = {0: 1.0}
        for v in shift:
            one = [(v * v - 2 * v * x, math.exp(-x * x / (2 * variance)) / norm) for x in span]
            step: dict[int, float] = {}
            for (s, p), (r, w) in itertools.product(law.items(), one):
                step[s + r] = step.get(s + r, 0.0) + p * w
            law = step
        return math.fsum(p * max(-math.expm1(epsilon - s / (2 * variance)), 0.0) for s, p in law.items())

    bound = dp.Accountant().compose(dp.DiscreteGaussianLoss(sigma, 2, 4)).delta(epsilon)
    along, across = exact((2,)), exact((1, 1, 1, 1))
    assert max(along, across) <= bound <= 10 * max(along, across)
    one = dp.Accountant().compose(dp.DiscreteGaussianLoss(sigma, 2)).delta(epsilon)
    assert one == pytest.approx(along, rel=1e-6)


@pytest.mark.parametrize(("sigma", "gap"), [(8.0, 1), (8.0, 2), (50.0, 20), (400.0, 100)])
def test_the_lattice_bound_is_above_the_exact_curve(sigma: float, gap: int) -> None:
    one, many = (dp.Accountant().compose(dp.DiscreteGaussianLoss(sigma, gap, d)) for d in (1, 2))
    for epsilon in (0.1, 0.5, 1.0, 3.0):
        assert one.delta(epsilon) <= many.delta(epsilon)
    assert many.epsilon(1e-6) <= one.epsilon(1e-6) * (1 + 20 / sigma**2)


def test_noise_too_wide_to_sum_joins_the_sums() -> None:
    above = lattice.MAX_SUMMED * 1.0001
    narrow = dp.Accountant().compose(dp.DiscreteGaussianLoss(lattice.MAX_SUMMED, 4096)).epsilon(1e-6)
    wide = dp.Accountant().compose(dp.DiscreteGaussianLoss(above, 4096)).epsilon(1e-6)
    assert narrow * (1 - 1e-3) < wide < narrow
    vast = dp.Accountant().compose(dp.DiscreteGaussianLoss(2.0**40, 2**40, 10**6), 1000)
    plain = dp.Accountant().compose(dp.GaussianLoss(1.0), 1000)
    assert plain.epsilon(1e-9) <= vast.epsilon(1e-9) <= plain.epsilon(1e-9) * (1 + 1e-9)


@pytest.mark.parametrize("gap", [1, 3])
@pytest.mark.parametrize("variance", [2.0, 9.0, 100.0])
def test_skellam_divergences_of_one_coordinate_are_covered(variance: float, gap: int) -> None:
    mean, top = variance / 2, int(variance * 2 + 150)
    logs = [-mean + x * math.log(mean) - math.lgamma(x + 1) for x in range(top)]
    span = range(-int(12 * math.sqrt(variance)) - 40, int(12 * math.sqrt(variance)) + 41)

    def log_mass(k: int) -> float:
        terms = [logs[x] + logs[x - k] for x in range(max(k, 0), min(top, top + k))]
        peak = max(terms)
        return peak + math.log(math.fsum(math.exp(t - peak) for t in terms))

    mass = {k: log_mass(k) for k in range(span[0] - gap, span[-1] + 1)}
    bound = dict(zip(rdp.ORDERS, rdp.curve(dp.SkellamLoss(variance, gap)), strict=True))
    for order in (1.5, 2.0, 3.0, 5.5, 8.0):
        exact = math.log(math.fsum(math.exp(order * mass[k] + (1 - order) * mass[k - gap]) for k in span)) / (
            order - 1
        )
        assert exact <= bound[order] * (1 + 1e-12)
        assert bound[order] >= order * gap * gap / (2 * variance)


def test_skellam_vectors_know_their_l1_norm() -> None:
    def epsilon(loss: dp.Loss) -> float:
        return dp.Accountant().compose(loss).epsilon(1e-6)

    assert epsilon(dp.SkellamLoss(50.0, 4.0, 3, 4.0)) < epsilon(dp.SkellamLoss(50.0, 4.0, 3))
    assert epsilon(dp.SkellamLoss(50.0, 4.0, 3)) < epsilon(dp.SkellamLoss(50.0, 4.0, 1000))
    assert epsilon(dp.SkellamLoss(50.0, 4.0, 1000)) == epsilon(dp.SkellamLoss(50.0, 4.0, 10**6))


def test_slack_is_added_once_a_step() -> None:
    plain = dp.Accountant().compose(dp.GaussianLoss(5.0), 10)
    near = dp.Accountant().compose(dp.GaussianLoss(5.0, slack_epsilon=1e-3), 10)
    assert near.epsilon(1e-5) == pytest.approx(plain.epsilon(1e-5 * math.exp(-0.01)) + 0.02, rel=1e-12)
    assert near.delta(1.0) == pytest.approx(plain.delta(0.98) * math.exp(0.01), rel=1e-9)
    assert near.delta(0.0) >= plain.delta(0.0)
    sampled = dp.Accountant("rdp").compose(dp.PoissonSubsampled(dp.GaussianLoss(2.0, 1e-6), 0.1), 10)
    assert sampled.epsilon(1e-5) > dp.Accountant("rdp").compose(
        dp.PoissonSubsampled(dp.GaussianLoss(2.0), 0.1), 10
    ).epsilon(1e-5)


def test_concentrated_losses_compose_with_others() -> None:
    rho = dp.Accountant().compose(dp.ZCDPLoss(0.25)).compose(dp.GaussianLoss(math.sqrt(2)))
    assert rho.epsilon(1e-5) == pytest.approx(4.728, rel=0.01)
    with_delta = dp.Accountant().compose(dp.ZCDPLoss(0.5)).compose(dp.ApproximateLoss(0.0, 1e-6), 4)
    plain = dp.Accountant().compose(dp.ZCDPLoss(0.5))
    assert with_delta.delta(3.0) == pytest.approx(plain.delta(3.0) + 4e-6, rel=1e-5)
    assert with_delta.epsilon(4e-6) in (math.inf, pytest.approx(plain.epsilon(1e-11), rel=0.5))
    assert with_delta.epsilon(3e-6) == math.inf


def test_composed_losses_are_their_parts() -> None:
    class Mechanism:
        loss = dp.ComposedLoss(((dp.LaplaceLoss(4.0), 2), (dp.PureLoss(0.5), 1)))

    parts = dp.Accountant().compose(dp.LaplaceLoss(4.0), 6).compose(dp.PureLoss(0.5), 3)
    assert dp.Accountant().compose(Mechanism(), 3).steps == parts.steps
    assert dp.ApproximateFilter(1.0).spend(Mechanism())
    assert not dp.ApproximateFilter(0.99).spend(Mechanism())
    with pytest.raises(errors.ParameterError, match="sample each part"):
        dp.PoissonSubsampled(Mechanism(), 0.1)
    with pytest.raises(errors.ParameterError, match="sample of a sample"):
        dp.PoissonSubsampled(dp.PoissonSubsampled(dp.LaplaceLoss(1.0), 0.1), 0.1)


def test_samples_of_fixed_size_by_divergences_are_above_the_pair() -> None:
    for base in (dp.GaussianLoss(1.25), dp.PureLoss(0.3), dp.LaplaceLoss(2.0)):
        step = dp.FixedSizeSubsampled(base, 10, 1000)
        pld, renyi = dp.Accountant().compose(step, 300), dp.Accountant("rdp").compose(step, 300)
        assert pld.epsilon(1e-6) < renyi.epsilon(1e-6)


@pytest.mark.parametrize(
    "step",
    [
        dp.PoissonSubsampled(dp.ZCDPLoss(0.1), 0.5),
        dp.FixedSizeSubsampled(dp.GaussianLoss(1.0), 2, 9, replacement=True),
    ],
)
def test_what_no_divergence_is_known_of(step: object) -> None:
    with pytest.raises(errors.ParameterError):
        dp.Accountant("rdp").compose(step).epsilon(1e-5)


def test_pure_loss_in_concentrated_terms() -> None:
    # Randomised response itself: its divergences are all within rho times the order.
    from privml.dp.accounting import zcdp

    for e in (0.01, 1.0, 8.0):
        rho = float(zcdp.rho(dp.PureLoss(e)))
        assert rho <= e * e / 2
        for order in (1.001, 1.5, 2.0, 10.0, 100.0):
            high = math.log(math.cosh((order - 0.5) * min(e, 600 / order)) / math.cosh(e / 2))
            if e * order < 600:
                assert high / (order - 1) <= rho * order * (1 + 1e-6)
