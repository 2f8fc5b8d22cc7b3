"""What is public about the positive numbers in a multiplicative array, and how decryption reads them.

A stored element stands for a fraction `n / d` over `2**fractional_bits`. Bounds on `n` and `d` follow from
dtypes, limits and public operands alone, never from values, and move along with every operation. While they
keep `2 n d` below the group's order (or `n` at most at it, where there is no denominator) the fraction can be
told from its element; what might not is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._core import Integers, MultiplicativePublicKey
from privml._progress import ProgressCallback
from privml._wording import readable
from privml.errors import EncodingOverflowError, ParameterError

__all__ = ["RationalEncoding", "decode", "encode", "encode_operand"]

# Keeps what strangers send from asking for astronomical shifts.
_FINEST_SCALE = 1 << 16


@dataclass(frozen=True, slots=True)
class RationalEncoding:
    """What is public about the numbers in a multiplicative array.

    Parameters
    ----------
    is_integer : bool
        Whether the array comes back as integers; then there are no fractional bits and no denominators.
    fractional_bits : int
        The fractions' scale; negative after division by finer numbers.
    numerator, denominator : int
        No fraction has larger ones.

    Examples
    --------
    >>> pixels = RationalEncoding(is_integer=True, fractional_bits=0, numerator=255)
    >>> pixels.power(3, 3).numerator
    16581375
    >>> pixels.times(pixels.inverse()).denominator
    255
    """

    is_integer: bool
    fractional_bits: int
    numerator: int
    denominator: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no encoding."""
        if abs(self.fractional_bits) > _FINEST_SCALE or self.numerator < 1 or self.denominator < 1:
            raise ParameterError(
                f"an encoding needs fractional_bits within ±{_FINEST_SCALE} and bounds of at least 1"
            )
        if self.is_integer and (self.fractional_bits or self.denominator != 1):
            raise ParameterError("an integer encoding has no fractional bits and no denominators")

    def times(self, other: RationalEncoding) -> RationalEncoding:
        """Return the encoding of a product."""
        return RationalEncoding(
            self.is_integer and other.is_integer,
            self.fractional_bits + other.fractional_bits,
            self.numerator * other.numerator,
            self.denominator * other.denominator,
        )

    def inverse(self) -> RationalEncoding:
        """Return the encoding of the inverses, which are reals."""
        return RationalEncoding(False, -self.fractional_bits, self.denominator, self.numerator)

    def power(self, lowest: int, highest: int) -> RationalEncoding:
        """Return the encoding of powers with exponents from `lowest` to `highest`.

        Only exponents that are all the same can be applied to numbers with a scale.
        """
        up, down = max(highest, 0), max(-lowest, 0)
        return RationalEncoding(
            self.is_integer and lowest >= 0,
            self.fractional_bits * highest,
            max(self.numerator**up, self.denominator**down),
            max(self.denominator**up, self.numerator**down),
        )

    def check_power(self, exponent: int, order: int, doing: str) -> None:
        """Refuse a power that is too large before it is computed."""
        largest = max(self.numerator, self.denominator)
        if (largest.bit_length() - 1) * exponent > order.bit_length():
            _refuse(doing, (largest.bit_length() - 1) * exponent, order)

    def check_fits(self, order: int, doing: str) -> None:
        """Refuse a result that the group could not hold.

        Parameters
        ----------
        order : int
            The group's order.
        doing : str
            What is being done, for the message.

        Raises
        ------
        EncodingOverflowError
            If the bounds are beyond the group.
        """
        needed = self.numerator if self.denominator == 1 else 2 * self.numerator * self.denominator + 1
        if needed > order:
            _refuse(doing, needed.bit_length(), order)


def _refuse(doing: str, bits: int, order: int) -> NoReturn:
    raise EncodingOverflowError(
        f"{doing}: the result may need {bits} bits and the group holds {order.bit_length()}; encrypt with a "
        "smaller limit= (without one, int64 arrays, floats and Python ints declare 2**63), or fewer "
        "fractional_bits=, or take a larger group"
    )


def _check_positive(array: NDArray[Any], fractional_bits: int, name: str) -> None:
    bad = np.asarray(array <= 0, dtype=bool)
    wrong = "not positive; allowed are positive numbers"
    if not bad.any() and encoding.is_float(array):
        with np.errstate(over="ignore", under="ignore"):
            bad = np.ldexp(array, fractional_bits) <= 0.5  # a tie goes to the even 0
        wrong = f"less than half a step of 2**-{fractional_bits}; give a larger fractional_bits="
    if bad.any():
        index = ", ".join(str(int(i)) for i in np.argwhere(bad)[0])
        raise ParameterError(f"{name}{f'[{index}]' if index else ''} is {wrong}")


def _checked(values: ArrayLike, fractional_bits: int | None, name: str) -> tuple[NDArray[Any], int]:
    array = encoding.as_numbers(values, name)
    bits = 0 if fractional_bits is None else encoding.check_fractional_bits(fractional_bits)
    if encoding.is_float(array) and fractional_bits is None:
        raise ParameterError(
            f"{name} holds floats, whose scale must be declared: give fractional_bits=, as 16 for steps of "
            "2**-16; it adds up in products"
        )
    if array.dtype.kind == "O":
        Integers.from_array(array, name)  # refuses objects that are no integers, before they are compared
    _check_positive(array, bits, name)
    return array, bits if encoding.is_float(array) else 0


def encode(
    values: ArrayLike, *, fractional_bits: int | None, limit: object, order: int, name: str = "x"
) -> tuple[Integers, tuple[int, ...], RationalEncoding]:
    """Encode secret positive numbers for encryption.

    Parameters
    ----------
    values : array_like
        The numbers, of any shape.
    fractional_bits : int or None
        The scale of floats, which are refused without one; integers have none.
    limit : number or None
        The declared largest number. None is the dtype's largest for integers of a fixed width, and 2**63
        otherwise.
    order : int
        The group's order.
    name : str
        What to call the values in messages.

    Returns
    -------
    integers : Integers
    shape : tuple of int
    encoding : RationalEncoding

    Raises
    ------
    ParameterError
        If a number is not positive, or rounds to zero, or is a float without a scale.
    EncodingOverflowError
        If a value is beyond the limit, or the limit beyond the group.
    """
    array, bits = _checked(values, fractional_bits, name)
    integers, shape, plain = encoding.encode(
        array, fractional_bits=bits, limit=limit, capacity=order, name=name
    )
    return integers, shape, RationalEncoding(plain.is_integer, bits, max(plain.bound, 1))


def encode_operand(
    values: ArrayLike, shape: tuple[int, ...], fractional_bits: int | None
) -> tuple[Integers, RationalEncoding]:
    """Encode a public operand, stretched to `shape`; its bound is a power of two."""
    array, bits = _checked(values, fractional_bits, "operand")
    integers, bound = encoding.encode_operand(np.broadcast_to(array, shape), bits)
    return integers, RationalEncoding(not encoding.is_float(array), bits, max(bound, 1))


def decode(
    key: MultiplicativePublicKey,
    values: Integers,
    scale: RationalEncoding,
    shape: tuple[int, ...],
    fractions: bool,
    progress: ProgressCallback | None,
) -> NDArray[Any]:
    """Turn decrypted elements into numbers.

    Returns
    -------
    ndarray
        int64 for an integer encoding (Python ints as objects if a value does not fit), else float64, each
        correctly rounded; or exact fractions.

    Raises
    ------
    EncodingOverflowError
        If a value is beyond the public bounds (the array's metadata was changed, or its sender was not
        honest), or beyond what a float64 holds.
    """
    if scale.denominator == 1:
        values.check_bound(scale.numerator, "the decrypted array")
        if scale.is_integer and not fractions:
            return values.to_array().reshape(shape)
        numerators, denominators = values.to_array().astype(object), np.array(1, dtype=object)
    else:
        pair = key.fractions(values, scale.numerator, scale.denominator, progress)
        numerators, denominators = (part.to_array().astype(object) for part in pair)
    numerators = numerators * (1 << max(-scale.fractional_bits, 0))
    denominators = denominators * (1 << max(scale.fractional_bits, 0))
    if fractions:
        exact = np.frompyfunc(Fraction, 2, 1)(numerators, denominators)
        return np.asarray(exact, dtype=object).reshape(shape)
    try:
        # Python's division of ints rounds correctly.
        return np.asarray(numerators / denominators, dtype=np.float64).reshape(shape)
    except OverflowError:
        raise EncodingOverflowError(
            f"a decrypted number is beyond float64 (bound {readable(scale.numerator)}): "
            "decrypt with fractions=True"
        ) from None
