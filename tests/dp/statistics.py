"""The statistics of the tests of noise, and the one place that says how often they may fail by chance."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

FALSE_POSITIVE_RATE = 1e-6


def chi_square_p(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the p-value of Pearson's test; what is expected under 20 times is one cell."""
    common = expected >= 20
    f, e = found[common], expected[common]
    rest = expected[~common].sum()
    if rest >= 5:
        f, e = np.append(f, found[~common].sum()), np.append(e, rest)
    return float(stats.chi2.sf(((f - e) ** 2 / e).sum(), len(f) - 1))


def low_bits_p(outputs: np.ndarray, grid: float) -> float:
    """Return the p-value that the lowest four bits in steps of the grid are uniform, or 0 off the grid."""
    steps = np.asarray(outputs) / grid
    if not (steps == np.rint(steps)).all():
        return 0.0
    found = np.bincount(np.rint(steps).astype(np.int64) & 15, minlength=16)
    return chi_square_p(found, np.full(16, len(steps) / 16))


def hockey_stick_lower(p: np.ndarray, q: np.ndarray, epsilon: float) -> float:
    """Return a lower confidence bound on the delta between two samples at epsilon.

    Half of each sample picks the set of outcomes on which P exceeds e^epsilon Q by most (cells of a
    histogram); the other half bounds the probability of that set under both (Clopper, Pearson), so that
    the bound holds whatever was picked.
    """
    half = len(p) // 2
    cells = np.unique(np.concatenate([p, q]))
    if len(cells) > 200:
        cells = np.quantile(np.concatenate([p[:half], q[:half]]), np.linspace(0, 1, 101))
    where = [np.searchsorted(cells, x, side="right") for x in (p, q)]
    size = len(cells) + 1
    first = [np.bincount(w[:half], minlength=size) for w in where]
    chosen = first[0] > math.exp(epsilon) * first[1]
    n = len(p) - half
    hits = [int(chosen[w[half:]].sum()) for w in where]
    alpha = FALSE_POSITIVE_RATE / 2
    low = stats.beta.ppf(alpha, hits[0], n - hits[0] + 1) if hits[0] else 0.0
    high = stats.beta.ppf(1 - alpha, hits[1] + 1, n - hits[1]) if hits[1] < n else 1.0
    return max(float(low - math.exp(epsilon) * high), 0.0)
