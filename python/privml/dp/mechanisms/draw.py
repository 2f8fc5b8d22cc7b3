"""The door to the core's exact noise, and the scales it can draw: 21 significant bits, rounded up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml import _core
from privml.dp.accounting import _checks
from privml.errors import DtypeError, NotFiniteError, ParameterError

__all__ = [
    "Scale",
    "choose",
    "coins",
    "finite",
    "integers",
    "noise",
    "numbers",
    "on_grid",
    "positive",
    "real",
    "saturating_sum",
    "scale_above",
    "steps_of",
    "uniform",
    "whole",
]

_BITS = 21


@dataclass(frozen=True)
class Scale:
    """A number `numerator / 2**shift` that the core draws at."""

    numerator: int
    shift: int

    @property
    def value(self) -> Fraction:
        """The number itself."""
        return Fraction(self.numerator, 1 << self.shift)


def real(value: object, name: str) -> float:
    """Return a finite real number, or refuse it."""
    return _checks.real(name, value, -math.inf, math.inf)


def positive(value: object, name: str) -> float:
    """Return a finite real number above zero, or refuse it."""
    return _checks.positive(name, value)


def whole(value: object, name: str, lowest: int, highest: int = 2**31) -> int:
    """Return an integer of a range, or refuse it."""
    return _checks.whole(name, value, lowest, highest)


def scale_above(least: Fraction, name: str) -> Scale:
    """Return the smallest scale of 21 significant bits that is not below `least`."""
    # The shift that leaves 21 or 22 bits before the point; rounding up may carry into one more.
    shift = _BITS - (least.numerator.bit_length() - least.denominator.bit_length())
    numerator = math.ceil(least * Fraction(2) ** shift)
    while shift > 0 and numerator % 2 == 0:
        numerator, shift = numerator // 2, shift - 1
    if shift < 0:
        numerator, shift = numerator << -shift, 0
    if shift > 63 or numerator > 1 << 52:
        exponent = least.numerator.bit_length() - least.denominator.bit_length()
        raise ParameterError(
            f"{name}: the noise would have a scale of about 2^{exponent}, allowed: 2^-40 to 2^52"
        )
    return Scale(numerator, shift)


def noise(law: str, scale: Scale, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Draw an array of a law with one scale."""
    return _core.draw_noise(law, [scale.numerator, scale.shift], math.prod(shape)).reshape(shape)


def uniform(bound: int, length: int) -> NDArray[np.int64]:
    """Draw integers below a bound."""
    return _core.draw_noise("uniform", [bound], length)


def coins(numerator: int, denominator: int, length: int) -> NDArray[np.bool_]:
    """Draw coins of a rational probability."""
    return _core.draw_noise("bernoulli", [numerator, denominator], length).astype(np.bool_)


def choose(scores: NDArray[np.int64], scale: Scale, flip: bool) -> int:
    """Choose an index with weights `exp(score/scale)`."""
    return _core.choose(scores, scale.numerator, scale.shift, flip)


def saturating_sum(values: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add; what leaves int64 becomes its nearest end, as a sum in wider integers would when clipped."""
    with np.errstate(over="ignore"):
        total = values + draws
    over = ((values >= 0) == (draws >= 0)) & ((total >= 0) != (values >= 0))
    limit = np.where(values >= 0, np.iinfo(np.int64).max, np.iinfo(np.int64).min)
    return np.where(over, limit, total)


def numbers(values: Any, name: str) -> NDArray[Any]:
    """Return an array of integers or doubles, or refuse it."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise DtypeError(f"{name}: found dtype {array.dtype}, allowed: numbers")
    return array


def of_size(array: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the array, or refuse it where it does not have so many elements."""
    if array.size != size:
        raise ParameterError(f"values: found {array.size}, allowed: {size}")
    return array


def finite(values: Any, name: str) -> NDArray[Any]:
    """Return finite numbers as doubles, or as integers where doubles may not hold them, or refuse.

    Rounding large integers to doubles would move neighbours further apart than the sensitivity says.
    """
    array = numbers(values, name)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise DtypeError(f"{name}: found dtype {array.dtype}, allowed: numbers of at most 64 bits")
    if array.dtype.kind in "iu" and ((array > 2**53) | (array < -(2**53))).any():
        return array
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise NotFiniteError(f"{name}: found NaN or an infinity, allowed: finite numbers")
    return array


def steps_of(values: NDArray[Any], step: float) -> list[int]:
    """Return the nearest whole numbers of steps, of any size, flat."""
    return [round(Fraction(value) / Fraction(step)) for value in values.ravel().tolist()]


def integers(values: Any, size: int) -> NDArray[np.int64]:
    """Return `size` integers, or refuse them; unsigned ones beyond int64 become the nearest that it has."""
    array = of_size(numbers(values, "values"), size)
    if array.dtype.kind == "f":
        raise DtypeError(f"values: found dtype {array.dtype}, allowed: integers")
    if array.dtype == np.uint64:  # which moves no two further apart
        array = np.minimum(array, np.uint64(np.iinfo(np.int64).max))
    return array.astype(np.int64)


def on_grid(values: NDArray[Any], draws: NDArray[np.int64], grid: float) -> NDArray[np.float64]:
    """Round values to the grid, add draws in its steps, and round the exact sum to a double once."""
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):
            steps = np.rint(values / grid)
        if (np.abs(steps) < 2.0**62).all() and (np.abs(draws) < 2**62).all():
            return (steps.astype(np.int64) + draws).astype(np.float64) * grid
    # The same in integers of any size, for values that dwarf the grid.
    limit = Fraction(float(np.finfo(np.float64).max))
    sums = [
        float(max(-limit, min(limit, (step + draw) * Fraction(grid))))
        for step, draw in zip(steps_of(values, grid), draws.ravel().tolist(), strict=True)
    ]
    return np.array(sums, dtype=np.float64).reshape(values.shape)
