"""Epsilons against another library and against closed forms of 60 digits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from privml.dp import accounting as dp

CASES = json.loads((Path(__file__).parents[3] / "vectors" / "dp" / "epsilons.json").read_text())
LOSSES = {
    "gaussian": dp.GaussianLoss,
    "laplace": dp.LaplaceLoss,
    "pure": dp.PureLoss,
    "discrete_laplace": dp.DiscreteLaplaceLoss,
    "discrete_gaussian": dp.DiscreteGaussianLoss,
}


def accountant(steps: list[Any], method: Any = "pld") -> dp.Accountant:
    total = dp.Accountant(method)
    for kind, parameters, rate, count in steps:
        loss = LOSSES[kind](*parameters)
        total.compose(dp.PoissonSubsampled(loss, rate) if rate < 1 else loss, count)
    return total


def test_there_are_many_cases_of_every_kind() -> None:
    assert len(CASES) >= 60
    assert {kind for case in CASES for kind, *_ in case["steps"]} == set(LOSSES)
    assert any(len(case["steps"]) > 1 for case in CASES)
    assert min(case["delta"] for case in CASES) <= 1e-14


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['steps']}-{case['delta']}")
def test_never_below_and_hardly_above(case: Any) -> None:
    found = accountant(case["steps"]).epsilon(case["delta"])
    assert case["lower"] <= found
    assert found <= case["reference"] * 1.005 + 1e-9


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: f"{case['steps']}-{case['delta']}")
def test_delta_is_the_inverse(case: Any) -> None:
    total = accountant(case["steps"])
    found = total.delta(total.epsilon(case["delta"]))
    assert found == pytest.approx(case["delta"], rel=0.02) or found <= case["delta"]


@pytest.mark.parametrize("case", CASES[::3], ids=lambda case: f"{case['steps']}-{case['delta']}")
def test_renyi_is_above(case: Any) -> None:
    assert accountant(case["steps"], "rdp").epsilon(case["delta"]) >= case["lower"]


@pytest.mark.parametrize("sigma", [0.5, 1.1, 5.0])
@pytest.mark.parametrize("delta", [1e-3, 1e-8, 1e-15])
def test_transform_agrees_with_the_closed_form(sigma: float, delta: float) -> None:
    from privml.dp.accounting.pairs import gaussian
    from privml.dp.accounting.pld import Composition

    count = 64
    exact = dp.Accountant().compose(dp.GaussianLoss(sigma / math.sqrt(count))).epsilon(delta)
    found = Composition([(gaussian(sigma), count)]).epsilon(delta)
    assert exact * (1 - 1e-12) <= found <= exact * 1.002


@pytest.mark.parametrize("sigma", [0.8, 3.7407, 20.0])
@pytest.mark.parametrize("gap", [1, 3])
def test_discrete_gaussian_by_summation(sigma: float, gap: int) -> None:
    width = int(40 * sigma)
    mass = {x: math.exp(-x * x / (2 * sigma * sigma)) for x in range(-width - gap, width + gap + 1)}
    norm = math.fsum(mass.values())
    for epsilon in (0.1, 1.0, 4.0):
        terms = (
            (mass[x] - math.exp(epsilon) * mass.get(x - gap, 0.0)) / norm for x in range(-width, width + 1)
        )
        exact = math.fsum(max(term, 0.0) for term in terms)
        found = dp.Accountant().compose(dp.DiscreteGaussianLoss(sigma, gap)).delta(epsilon)
        assert exact * (1 - 1e-9) - 1e-15 <= found <= exact * (1 + 1e-6) + 1e-12


def test_the_exact_calibration_of_integer_noise() -> None:
    def delta(sigma: float) -> float:
        return dp.Accountant().compose(dp.DiscreteGaussianLoss(sigma, 1)).delta(1.0)

    assert delta(3.7407) <= 1e-5 < delta(3.73063)


@pytest.mark.parametrize("gap", [1, 2])
def test_skellam_by_convolution_of_poissons(gap: int) -> None:
    mean, top = 4.0, 80
    poisson = [math.exp(-mean + x * math.log(mean) - math.lgamma(x + 1)) for x in range(top)]
    mass = {
        k: math.fsum(poisson[x] * poisson[x - k] for x in range(max(k, 0), min(top, top + k)))
        for k in range(-60, 61)
    }
    for epsilon in (0.2, 1.0, 2.5):
        exact = math.fsum(max(mass[x] - math.exp(epsilon) * mass[x - gap], 0.0) for x in range(-60 + gap, 61))
        found = dp.Accountant().compose(dp.SkellamLoss(2 * mean, gap)).delta(epsilon)
        assert exact * (1 - 1e-9) <= found <= exact * (1 + 1e-6) + 1e-12


@pytest.mark.parametrize(("rate", "size", "total"), [(0.01, 100, 10_000), (0.5, 5, 10)])
def test_fixed_size_is_the_amplified_curve_above_zero(rate: float, size: int, total: int) -> None:
    base = dp.GaussianLoss(0.7)
    one = dp.Accountant().compose(dp.FixedSizeSubsampled(base, size, total))
    plain = dp.Accountant().compose(base)
    for epsilon in (0.01, 0.3, 1.0):
        inner = math.log1p(math.expm1(epsilon) / rate)
        assert one.delta(epsilon) == pytest.approx(rate * plain.delta(inner), rel=1e-9)


def test_fixed_size_composition_by_brute_force() -> None:
    # Two steps of sampled randomised response: every pair of outcomes, on the dominating pair itself.
    e, rate = 1.0, 0.5
    high, low = math.exp(e) / (1 + math.exp(e)), 1 / (1 + math.exp(e))
    # Above zero the curve is that of ((1-q)Q + qP, Q), below of (P, (1-q)P + qQ): three atoms.
    p_top, q_top = (1 - rate) * low + rate * high, low
    atoms = [(p_top, q_top), (q_top, p_top), (1 - p_top - q_top, 1 - p_top - q_top)]
    target = 0.3
    exact = math.fsum(max(p1 * p2 - math.exp(target) * q1 * q2, 0.0) for p1, q1 in atoms for p2, q2 in atoms)
    total = dp.Accountant().compose(dp.FixedSizeSubsampled(dp.PureLoss(e), 1, 2), 2)
    assert exact <= total.delta(target) <= exact * 1.005


def test_with_replacement_costs_more_than_without() -> None:
    base = dp.GaussianLoss(1.0)
    without = dp.Accountant().compose(dp.FixedSizeSubsampled(base, 50, 1000), 10).epsilon(1e-5)
    with_it = dp.Accountant().compose(dp.FixedSizeSubsampled(base, 50, 1000, replacement=True), 10)
    assert without < with_it.epsilon(1e-5)


def test_bounded_range_is_between_half_and_all_of_pure() -> None:
    once = dp.Accountant().compose(dp.BoundedRangeLoss(1.0))
    # The envelope over t of two-point pairs with losses t and t - epsilon.
    for x in (0.0, 0.2, 0.7):
        best = max(
            -math.expm1(t - 1.0) / -math.expm1(-1.0) * -math.expm1(x - t)
            for t in [x + (1 - x) * i / 4000 for i in range(4001)]
        )
        assert best <= once.delta(x) <= best * (1 + 1e-6)
    many = dp.Accountant().compose(dp.BoundedRangeLoss(0.1), 100).epsilon(1e-6)
    assert many < dp.Accountant().compose(dp.PureLoss(0.1), 100).epsilon(1e-6)
