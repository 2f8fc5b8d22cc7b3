"""Exact amounts of privacy: whole multiples of 1e-30, never sums of floats.

A float stands for the shortest decimal that names it, so three spends of 0.1 fill a budget of 0.3. What is
spent is rounded up to a whole unit and what may be spent is rounded down. Functions that need `exp`, `log` or
a root work in 60 decimal digits and push each intermediate result in the safe direction (the `decimal` module
promises half a unit in the last place for each of them).
"""

from __future__ import annotations

import math
import numbers
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Context, Decimal
from fractions import Fraction

import numpy as np

from privml.errors import DtypeError, ParameterError

__all__ = [
    "UNIT",
    "Number",
    "as_float_below",
    "ceil_units",
    "exact",
    "exp_above",
    "floor_units",
    "ln_above",
    "show",
]

UNIT = 10**30
"""Units in an amount of 1."""

LARGEST = 10**6

Number = int | float | Fraction | Decimal

UP = Context(prec=60, rounding=ROUND_CEILING, Emax=999_999_999, Emin=-999_999_999)
DOWN = Context(prec=60, rounding=ROUND_FLOOR, Emax=999_999_999, Emin=-999_999_999)


def exact(value: Number, name: str, *, least: int = 0, allow_least: bool = False) -> Fraction:
    """Give the exact value of a parameter, checked to be finite, in range and a number.

    Parameters
    ----------
    value : int, float, Fraction or Decimal
        A NumPy scalar too.
    name : str
        Name of the argument, for messages.
    least : int
        Lower end.
    allow_least : bool
        Whether the lower end itself is allowed.

    Returns
    -------
    Fraction
        The exact value; for a float the shortest decimal that reads back as that float.

    Raises
    ------
    DtypeError
        If it is not a number.
    ParameterError
        If it is NaN, infinite or out of range.

    Examples
    --------
    >>> exact(0.1, "epsilon")
    Fraction(1, 10)
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (numbers.Rational, float, np.floating, Decimal)
    ):
        raise DtypeError(f"{name} must be a number, not {type(value).__name__}")
    if isinstance(value, numbers.Rational):
        number = Fraction(int(value.numerator), int(value.denominator))
    else:
        if not math.isfinite(value):
            raise ParameterError(f"{name} must be finite, not {value}")
        # NumPy's own str() is the shortest decimal of the narrower type; float() keeps doubles as they are.
        number = Fraction(str(value) if isinstance(value, Decimal) else repr(float(value)))
    if number < least or (number == least and not allow_least):
        relation = "at least" if allow_least else "greater than"
        raise ParameterError(f"{name} must be {relation} {least}, not {value}")
    if number > LARGEST:
        raise ParameterError(f"{name} must be at most {LARGEST}, not {value}")
    return number


def ceil_units(amount: Fraction) -> int:
    """Round up to units: for what is spent."""
    return -(-amount.numerator * UNIT // amount.denominator)


def floor_units(amount: Fraction) -> int:
    """Round down to units: for what may be spent."""
    return amount.numerator * UNIT // amount.denominator


def as_float_below(amount: Fraction) -> float:
    """Give the largest float that is no more than the amount: for a mechanism to use.

    Examples
    --------
    >>> as_float_below(Fraction(1, 10)) < 0.1  # that double is a little more than a tenth
    True
    """
    value = amount.numerator / amount.denominator
    return math.nextafter(value, 0.0) if Fraction(value) > amount else value


def show(units: int, *, up: bool = True, digits: int = 12) -> str:
    """Write an amount in decimal, to some digits, rounded up (what is spent) or down (what is left).

    Examples
    --------
    >>> show(3 * UNIT // 10), show(10**24), show(10**15), show(0), show(20 * UNIT)
    ('0.3', '0.000001', '1E-15', '0', '20')
    """
    context = Context(prec=digits, rounding=ROUND_UP if up else ROUND_DOWN)
    value = context.create_decimal(Decimal(units).scaleb(-30, Context(prec=200))).normalize(context)
    exponent = value.as_tuple().exponent
    return f"{value:f}" if isinstance(exponent, int) and exponent > 0 else str(value)


def decimal_above(amount: Fraction) -> Decimal:
    """Round a fraction up to a decimal."""
    return UP.divide(Decimal(amount.numerator), Decimal(amount.denominator))


def exp_above(amount: Fraction) -> Decimal:
    """Bound `exp(amount)` from above."""
    return UP.next_plus(UP.exp(decimal_above(amount)))


def ln_above(amount: Fraction) -> Decimal:
    """Bound `ln(amount)` from above."""
    return UP.next_plus(UP.ln(decimal_above(amount)))


def fraction_of(value: Decimal) -> Fraction:
    """Give a decimal's exact value."""
    return Fraction(value)
