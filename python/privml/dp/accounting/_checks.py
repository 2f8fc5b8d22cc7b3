"""Refusals of parameters that describe no mechanism."""

from __future__ import annotations

import math
import numbers

import numpy as np

from privml.errors import DtypeError, ParameterError


def real(
    name: str, value: object, low: float, high: float, *, open_low: bool = True, open_high: bool = True
) -> float:
    """Return a finite number between two bounds, or refuse it by name."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise DtypeError(f"{name}: found {type(value).__name__}, allowed: a real number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf  # an integer beyond the doubles: refused whatever its sign
    above = number > low if open_low else number >= low
    below = number < high if open_high else number <= high
    if not (above and below and math.isfinite(number)):
        allowed = " and ".join(_limits(low, high, open_low, open_high)) or "a finite number"
        raise ParameterError(f"{name}: found {number}, allowed: {allowed}")
    return number


def _limits(low: float, high: float, open_low: bool, open_high: bool) -> list[str]:
    limits = []
    if math.isfinite(low):
        limits.append(f"above {low:g}" if open_low else f"at least {low:g}")
    if math.isfinite(high):
        limits.append(f"below {high:g}" if open_high else f"at most {high:g}")
    return limits


def positive(name: str, value: object) -> float:
    """Return a finite number above zero."""
    return real(name, value, 0.0, math.inf)


def whole(name: str, value: object, low: int, high: int = 2**53) -> int:
    """Return an integer from ``low`` to ``high``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        raise DtypeError(f"{name}: found {type(value).__name__}, allowed: an integer")
    if not low <= int(value) <= high:
        raise ParameterError(f"{name}: found {int(value)}, allowed: {low} to {high}")
    return int(value)
