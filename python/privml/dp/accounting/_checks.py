"""Refusals of parameters that describe no mechanism."""

from __future__ import annotations

import math
import numbers

from privml.errors import DtypeError, ParameterError


def real(
    name: str, value: object, low: float, high: float, *, open_low: bool = True, open_high: bool = True
) -> float:
    """Return a finite number between two bounds, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise DtypeError(f"{name} must be a real number, not {type(value).__name__}")
    number = float(value)
    above = number > low if open_low else number >= low
    below = number < high if open_high else number <= high
    if not (above and below and math.isfinite(number)):
        left, right = "(" if open_low else "[", ")" if open_high else "]"
        raise ParameterError(f"{name} must be in {left}{low}, {high}{right}, and {number} is not")
    return number


def positive(name: str, value: object) -> float:
    """Return a finite number above zero."""
    return real(name, value, 0.0, math.inf)


def whole(name: str, value: object, low: int, high: int = 2**53) -> int:
    """Return an integer from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise DtypeError(f"{name} must be an integer, not {type(value).__name__}")
    if not low <= int(value) <= high:
        raise ParameterError(f"{name} must be from {low} to {high}, and {int(value)} is not")
    return int(value)
