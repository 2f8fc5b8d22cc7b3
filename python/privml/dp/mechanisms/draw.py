"""The door to the core's exact noise, and the scales it can draw: 21 significant bits, rounded up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml import _core
from privml.errors import DtypeError, ParameterError

__all__ = ["Scale", "choose", "noise", "positive", "real", "scale_above", "whole"]

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
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise DtypeError(f"{name}: found {type(value).__name__}, allowed: a real number")
    number = float(value)
    if not math.isfinite(number):
        raise ParameterError(f"{name}: found {number}, allowed: a finite number")
    return number


def positive(value: object, name: str) -> float:
    """Return a finite real number above zero, or refuse it."""
    number = real(value, name)
    if number <= 0:
        raise ParameterError(f"{name}: found {number}, allowed: above 0")
    return number


def whole(value: object, name: str, lowest: int, highest: int = 2**31) -> int:
    """Return an integer of a range, or refuse it."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise DtypeError(f"{name}: found {type(value).__name__}, allowed: an integer")
    number = int(value)
    if not lowest <= number <= highest:
        raise ParameterError(f"{name}: found {number}, allowed: {lowest} to {highest}")
    return number


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
        raise ParameterError(f"{name}: the noise would have scale {float(least)}, allowed: 2^-40 to 2^52")
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
