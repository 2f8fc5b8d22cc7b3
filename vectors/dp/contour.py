"""Epsilons of composed sampled Gaussians by integration along a line in the complex plane.

With K(z) = log E[exp(zL)] of the privacy loss, summed over the steps, and c > 0,

    delta(epsilon) = 1/(2 pi i) integral over c + iR of exp(K(z) - z epsilon) / (z (z + 1)) dz,

since max(1 - exp(epsilon - s), 0) has that Laplace transform. At the saddle nothing cancels: the result is
good to about ten digits of delta, however small that is. No grid of losses, no bound, no library.
"""

import math

import numpy as np


def _log_moment(z, sigma, q, direction):
    """Return K of one step at points of one real part: the trapezoid rule, for analytic integrands."""
    c = float(z.real[0])
    low = -13 * sigma - (c if direction == "add" else 0)
    high = 13 * sigma + (c + 1 if direction == "remove" else 0)
    x = np.linspace(low, high, 6001)
    log_density = -x * x / (2 * sigma**2) - math.log(sigma * math.sqrt(2 * math.pi))
    u = (2 * x - 1) / (2 * sigma**2)
    loss = np.logaddexp(math.log1p(-q) if q < 1 else -np.inf, math.log(q) + u)
    power = (z[:, None] + 1) * loss if direction == "remove" else -z[:, None] * loss
    with np.errstate(over="ignore", invalid="ignore"):
        return np.log(np.trapezoid(np.exp(log_density + power), x, axis=1))


def _one_way(steps, direction, delta):
    def total(z):
        return sum(n * _log_moment(z, sigma, q, direction) for sigma, q, n in steps)

    slopes = np.geomspace(1e-2, 2e3, 120)
    heights = np.array([total(np.array([c + 0j]))[0].real for c in slopes])
    with np.errstate(all="ignore"):
        score = (heights - math.log(delta) - np.log(slopes * (slopes + 1))) / slopes
    score[~np.isfinite(score)] = np.inf
    best = int(score.argmin())
    c, height = float(slopes[best]), float(heights[best])
    h = c / 100
    bend = sum(total(np.array([c + d + 0j]))[0].real for d in (-h, h)) - 2 * height
    step = 0.02 * min(1 / math.sqrt(bend / h**2), c)
    parts = []
    for block in np.array_split(np.arange(4000) * step, 80):
        z = c + 1j * block
        parts.append(np.exp(total(z) - height) / (z * (z + 1)))
        if np.abs(parts[-1]).max() < 1e-15 * abs(parts[0][0]):
            break
    else:
        raise ValueError(f"the integrand does not fall off: {steps}")
    values = np.concatenate(parts)
    y = np.arange(len(values)) * step
    weights = np.where(y == 0, step / 2, step)

    def curve(e):
        total_ = float(np.sum(weights * (values * np.exp(-1j * y * e)).real))
        return total_ / math.pi * math.exp(min(height - c * e, 700))

    low, high = 0.0, float(score[best]) + 1e-3
    while curve(high) > delta:
        high *= 1.05
    if delta > curve(low):
        raise ValueError(f"delta is over that of epsilon 0: {steps}")
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if curve(middle) > delta else (low, middle)
    return high


def epsilon(steps, delta):
    """Return epsilon of (sigma, rate, count) steps, the worse of removing and of adding a row."""
    return max(_one_way(steps, direction, delta) for direction in ("remove", "add"))
