"""Numbers as whole steps of a public grid, and sums of them that are exact.

Casacuberta, Shoemate, Vadhan, Wagaman, *Widespread Underestimation of Sensitivity in Differentially Private
Libraries and How to Fix It* (CCS 2022; arXiv 2207.10635): sums of floats, and of integers that overflow, move
by more than one row's bound. Here each row becomes an integer of a public range by a rule that looks at that
row alone, and whatever that rule's rounding does, the last thing it does is to clip the integer. Sums are
formed in integers that cannot overflow. So a row moves a sum by at most the largest integer of the range, in
any order of the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from privml.errors import ParameterError

__all__ = ["Grid", "exact_sums", "scaled"]

MOST_BITS = 30
"""Bits of a clipped value: 2^31 of them can be added up in an int64."""

FEWEST_BITS = 8

NOISE_BITS = 50
"""The scale of the noise stays below two to this many steps: the sampler's limit is 2^52."""

BLOCK = 1 << 31
"""Rows that are added up in int64 at a time."""

LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Grid:
    """Steps of ``2**exponent`` around `center`, from `low` to `high`."""

    center: float
    exponent: int
    low: int
    high: int

    @classmethod
    def around(cls, center: float, bounds: tuple[float, float], least_epsilon: Fraction) -> Grid:
        """Make the grid for values in `bounds`; `least_epsilon` is epsilon over the rows of a unit.

        It depends on bounds and epsilon alone. Its steps are 2^-30 to 2^-29 of the farthest bound, or larger
        where epsilon is so small that the noise would leave the sampler's range.
        """
        wanted = math.floor(NOISE_BITS + math.log2(least_epsilon))
        bits = min(MOST_BITS, wanted)
        if bits < FEWEST_BITS:
            raise ParameterError(
                f"epsilon: found {float(least_epsilon):.3g} for a noise and a row of a unit, at least 2^-42"
            )
        farthest = max(abs(bound - center) for bound in bounds)
        exponent = math.frexp(farthest)[1] - bits
        low, high = (round(math.ldexp(bound - center, -exponent)) for bound in bounds)
        return cls(center, exponent, low, high)

    @property
    def farthest(self) -> int:
        """The most steps between the center and a value: what one row more can add."""
        return max(-self.low, self.high)

    def steps(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Round doubles, none of them NaN, to steps from the center, clipped to the range."""
        low, high = (scaled(step, self.exponent) for step in (self.low, self.high))
        with np.errstate(all="ignore"):
            offsets = np.clip(values - self.center, low, high)
            rounded = np.rint(np.ldexp(offsets, -self.exponent)).astype(np.int64)
        clipped: NDArray[np.int64] = np.clip(rounded, self.low, self.high)
        return clipped


def scaled(steps: float, exponent: int) -> float:
    """Return ``steps * 2**exponent`` as a double, saturated."""
    try:
        return math.ldexp(float(steps), exponent)
    except OverflowError:
        return math.copysign(LARGEST, steps)


def exact_sums(values: NDArray[np.int64], codes: NDArray[np.int64] | None, groups: int) -> list[int]:
    """Add up integers of at most 31 bits, all together or for each group (codes from 0); always exactly."""
    totals = [0] * groups
    for start in range(0, len(values), BLOCK):
        part = values[start : start + BLOCK]
        if codes is None:
            totals[0] += int(part.sum(dtype=np.int64))
            continue
        where = codes[start : start + BLOCK]
        # bincount adds doubles: halves of 16 bits stay whole numbers below 2^47 in them.
        upper = np.bincount(where, weights=part >> 16, minlength=groups)
        lower = np.bincount(where, weights=part & 0xFFFF, minlength=groups)
        totals = [
            total + (int(high) << 16) + int(low)
            for total, high, low in zip(totals, upper.tolist(), lower.tolist(), strict=True)
        ]
    return totals
