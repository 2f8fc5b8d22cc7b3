"""Epsilons of many compositions by dp-accounting and mpmath, for the accountant to be compared with.

Writes ``epsilons.json`` beside this file. Needs ``dp-accounting==0.6.0`` and ``mpmath``; nothing of privml:

    python vectors/dp/generate.py

Each case has ``reference`` and ``lower``, which no upper bound may be below. The first is a closed form in 60
digits, an integral in the complex plane (``contour.py``) or dp-accounting's pessimistic estimate on a fine
grid; the second is the closed form itself, the integral less its error, or that estimate less the resolution
of its grid. From delta 1e-9 down that library's transform is not exact enough: it is not asked.
"""

import json
import math
from pathlib import Path

import contour
import mpmath as mp
from dp_accounting.pld import privacy_loss_distribution as pld

mp.mp.dps = 60


def gaussian(mu, delta):
    """Solve delta = Phi(mu/2 - e/mu) - exp(e) Phi(-mu/2 - e/mu) for e (Balle and Wang 2018)."""

    def curve(e):
        return mp.ncdf(mu / 2 - e / mu) - mp.exp(e) * mp.ncdf(-mu / 2 - e / mu)

    low, high = mp.mpf(0), mp.mpf(10) ** 4
    if curve(low) <= delta:
        return 0.0
    for _ in range(150):
        middle = (low + high) / 2
        low, high = (middle, high) if curve(middle) > delta else (low, middle)
    return float(high)


def binary(e, count, delta):
    """Solve the composition of randomised response exactly (Kairouz, Oh, Viswanath 2015)."""
    e = mp.mpf(e)
    p = [mp.binomial(count, k) * mp.exp((count - k) * e) / (1 + mp.exp(e)) ** count for k in range(count + 1)]
    s = [(count - 2 * k) * e for k in range(count + 1)]

    def curve(x):
        return mp.fsum(w * (1 - mp.exp(x - t)) for w, t in zip(p, s, strict=True) if t > x)

    low, high = mp.mpf(0), count * e
    for _ in range(120):
        middle = (low + high) / 2
        low, high = (middle, high) if curve(middle) > delta else (low, middle)
    return float(high)


def library(kind, parameters, rate, grid):
    """Build the library's pessimistic distribution of one step."""
    common_arguments = {
        "value_discretization_interval": grid,
        "sampling_prob": rate,
        "use_connect_dots": True,
    }
    if kind == "gaussian":
        return pld.from_gaussian_mechanism(parameters[0], **common_arguments)
    if kind == "laplace":
        return pld.from_laplace_mechanism(parameters[0], **common_arguments)
    if kind == "discrete_laplace":
        return pld.from_discrete_laplace_mechanism(
            1 / parameters[0], sensitivity=parameters[1], **common_arguments
        )
    if kind == "discrete_gaussian":
        return pld.from_discrete_gaussian_mechanism(parameters[0], parameters[1], **common_arguments)
    raise ValueError(kind)


def main():
    """Write the file."""
    cases = []

    def add(steps, delta, reference, lower, source):
        cases.append(
            {"steps": steps, "delta": delta, "reference": reference, "lower": lower, "source": source}
        )
        print(len(cases), steps, delta, reference)

    for sigma, count in ((1.0, 1), (0.5, 1), (3.73063, 1), (10.0, 100), (50.0, 1000), (0.7, 30)):
        for delta in (1e-3, 1e-5, 1e-9, 1e-12, 1e-14, 1e-30):
            value = gaussian(mp.sqrt(count) / mp.mpf(sigma), mp.mpf(delta))
            add([["gaussian", [sigma], 1.0, count]], delta, value, value, "mpmath")
    for e, count in ((0.1, 100), (0.5, 20), (1.0, 10), (0.01, 1000)):
        for delta in (1e-3, 1e-5, 1e-10, 1e-14):
            value = binary(e, count, mp.mpf(delta))
            add([["pure", [e], 1.0, count]], delta, value, value, "mpmath")

    sampled = [
        (0.01, 1.1, 10_000),
        (0.01, 1.0, 1000),
        (256 / 60000, 1.1, 14062),
        (256 / 60000, 1.3, 3515),
        (512 / 50000, 1.5, 9765),
        (1e-4, 1.0, 1000),
        (0.1, 2.0, 100),
        (0.01, 0.6, 100),
        (0.5, 4.0, 50),
        (0.01, 1.1, 1),
        (0.2, 1.0, 2),
        (0.001, 0.8, 2000),
    ]
    for rate, sigma, count in sampled:
        grid = min(1e-4, 2e-2 * rate)
        composed = library("gaussian", [sigma], rate, grid).self_compose(count)
        for delta in (1e-5, 1e-7):
            value = composed.get_epsilon_for_delta(delta)
            # Connecting the dots adds at most h²/4 to a step's variance, and is never below the truth.
            slack = 1e-3 * value
            add([["gaussian", [sigma], rate, count]], delta, value, value - slack, "dp-accounting")
    others = [
        ("laplace", [1.0], 1.0, 1),
        ("laplace", [10.0], 1.0, 30),
        ("laplace", [1.0], 0.01, 1000),
        ("discrete_laplace", [10.0, 1], 1.0, 30),
        ("discrete_laplace", [5.0, 3], 1.0, 10),
        ("discrete_gaussian", [3.7407, 1], 1.0, 1),
        ("discrete_gaussian", [37.0, 1], 1.0, 100),
        ("discrete_gaussian", [4.0, 2], 1.0, 20),
    ]
    for kind, parameters, rate, count in others:
        composed = library(kind, parameters, rate, 1e-4).self_compose(count)
        for delta in (1e-3, 1e-5, 1e-7):
            value = composed.get_epsilon_for_delta(delta)
            add([[kind, parameters, rate, count]], delta, value, value * (1 - 1e-3), "dp-accounting")
    mixed = [
        [["gaussian", [1.1], 0.01, 100], ["laplace", [5.0], 1.0, 10], ["gaussian", [3.0], 1.0, 3]],
        [["laplace", [8.0], 1.0, 20], ["discrete_gaussian", [20.0, 1], 1.0, 30]],
        [["gaussian", [2.0], 0.05, 200], ["gaussian", [0.9], 0.01, 300]],
    ]
    for steps in mixed:
        composed = None
        for kind, parameters, rate, count in steps:
            part = library(kind, parameters, rate, 1e-4).self_compose(count)
            composed = part if composed is None else composed.compose(part)
        for delta in (1e-5, 1e-7):
            value = composed.get_epsilon_for_delta(delta)
            add(steps, delta, value, value * (1 - 1e-3), "dp-accounting")
    extreme = [
        ([(1.1, 0.01, 10_000)], (1e-5, 1e-9, 1e-12, 1e-14)),
        ([(100.0, 0.5, 1000)], (1e-12, 1e-14)),
        ([(100.0, 0.1, 100_000)], (1e-12, 1e-14)),
        ([(2.0, 0.1, 100)], (1e-9, 1e-12, 1e-14)),
        ([(5.0, 0.01, 100_000)], (1e-12, 1e-14)),
        ([(20.0, 0.01, 100_000)], (1e-5, 1e-12, 1e-14)),
        ([(0.8, 0.001, 100_000)], (1e-9, 1e-12)),
        ([(1.1, 0.01, 3000), (2.0, 0.05, 200), (5.0, 1.0, 10)], (1e-5, 1e-12)),
    ]
    for parts, deltas in extreme:
        for delta in deltas:
            value = contour.epsilon(parts, delta)
            steps = [["gaussian", [sigma], rate, count] for sigma, rate, count in parts]
            add(steps, delta, value, value * (1 - 1e-8), "contour")
    text = ",\n".join(" " + json.dumps(case) for case in cases if math.isfinite(case["reference"]))
    Path(__file__).with_name("epsilons.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
