"""The curve of a single step, straight from the tails of its pair."""

from __future__ import annotations

import math

import numpy as np

from privml.dp.accounting.pairs import ULP, Floats, Law

__all__ = ["MAX_LOSS", "delta_once", "epsilon_once"]

MAX_LOSS = 1e5


def delta_once(law: Law, epsilon: Floats) -> Floats:
    """Return an upper bound on a single step's curve."""
    # P - e^epsilon Q is the most on {L > epsilon}: atoms that may lie on either side are taken in.
    t = law.tails(epsilon * (1 - 8 * ULP) - 2 * law.blur)
    with np.errstate(over="ignore", invalid="ignore"):
        q = np.nan_to_num(np.exp(np.minimum(epsilon, 700.0)) * t.q_above * (1 - t.error), posinf=0.0)
    value = np.maximum(t.p_above * (1 + t.error) - q, 0.0) * (1 + 4 * ULP)
    return np.clip(value, law.infinite, 1.0)


def epsilon_once(law: Law, delta: float) -> float:
    """Return an upper bound on its epsilon: the least that meets delta, to thirteen digits."""
    sizes = np.concatenate([[0.0], np.geomspace(1e-9, 100 * MAX_LOSS, 160)])
    while True:
        small = delta_once(law, sizes) <= delta
        if not small[-1]:
            return math.inf if sizes[-1] >= MAX_LOSS else float(sizes[-1])
        # Rounding may undo the curve's order: the last that is too large decides.
        at = int(len(small) - np.argmin(small[::-1])) if not small.all() else 0
        if at == 0:
            return 0.0 if sizes[0] == 0 else float(sizes[-1])
        low, high = float(sizes[at - 1]), float(sizes[at])
        if high - low <= 1e-13 * high:
            return high * (1 + 1e-12)
        sizes = np.linspace(low, high, 40)
