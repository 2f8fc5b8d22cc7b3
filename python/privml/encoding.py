"""How numbers become the integers that a scheme works on, and what may be said about them in public.

Reals become fixed-point integers: `round(x * 2**fractional_bits)`, ties to even, with ONE public scale for
the whole array. Three public facts travel with every encrypted array, an :class:`Encoding`: the scale, a
divisor that is applied when the array is opened (a mean is an exact sum and a divisor), and a bound on the
magnitude of the integers. The bound is never taken from the values: integers carry their dtype's, floats and
Python ints a declared `limit`, public multipliers their own, rounded up to a power of two. Each operation
moves the bound along; where the result might not fit the key, the operation is refused, so that a wrong value
is never returned.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml._core import Integers
from privml._wording import a_type, readable
from privml.errors import DtypeError, EncodingOverflowError, NotFiniteError, ParameterError, ShapeError

__all__ = [
    "DEFAULT_FRACTIONAL_BITS",
    "DEFAULT_LIMIT",
    "MAX_FRACTIONAL_BITS",
    "Encoding",
    "as_numbers",
    "check_fractional_bits",
    "check_int",
    "check_not_lost",
    "common_scale",
    "decode",
    "encode",
    "encode_floats",
    "encode_operand",
    "is_float",
]

DEFAULT_FRACTIONAL_BITS = 32
"""Bits after the binary point of an encoded float, unless said otherwise: steps of about 2.3e-10."""

DEFAULT_LIMIT = 2**63
"""The magnitude that floats and Python ints may have, unless said otherwise."""

MAX_FRACTIONAL_BITS = 1024
"""The finest scale that can be asked for; a float64 holds nothing below 2**-1074."""

# No key holds anything finer; it keeps what strangers send from asking for astronomical shifts.
_FINEST_SCALE = 1 << 16

# What decoding divides by in one step.
_LARGEST_DIVISOR = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Encoding:
    """What is public about the numbers in an encrypted array.

    A stored integer `v` stands for `v / (2**fractional_bits * divisor)`.

    Parameters
    ----------
    is_integer : bool
        Whether the array comes back as integers; then there are no fractional bits and the divisor is 1.
    fractional_bits : int
        Bits after the binary point.
    bound : int
        No stored integer is larger in magnitude. Follows from dtypes, limits and public operands alone.
    divisor : int
        Applied when the array is decrypted.

    Examples
    --------
    >>> pixels = Encoding(is_integer=True, fractional_bits=0, bound=255)
    >>> pixels.summed(100).bound
    25500
    """

    is_integer: bool
    fractional_bits: int
    bound: int
    divisor: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no encoding."""
        if not 0 <= self.fractional_bits <= _FINEST_SCALE or self.bound < 0 or self.divisor < 1:
            raise ParameterError(
                f"an encoding needs fractional_bits from 0 to {_FINEST_SCALE}, bound >= 0 and divisor >= 1"
            )
        if self.is_integer and (self.fractional_bits or self.divisor != 1):
            raise ParameterError("an integer encoding has no fractional bits and the divisor 1")
        if self.divisor > _LARGEST_DIVISOR:
            raise EncodingOverflowError(
                f"the divisors come to {self.divisor.bit_length()} bits and at most 64 can be kept; "
                "decrypt first, or multiply by inverses"
            )

    def times(self, bound: int, fractional_bits: int, is_integer: bool) -> Encoding:
        """Return the encoding of a product with public numbers of that bound and scale."""
        return Encoding(
            self.is_integer and is_integer,
            self.fractional_bits + fractional_bits,
            self.bound * bound,
            self.divisor,
        )

    def plus(self, bound: int) -> Encoding:
        """Return the encoding of a sum with integers of the same scale and that bound."""
        return replace(self, bound=self.bound + bound)

    def summed(self, count: int) -> Encoding:
        """Return the encoding of a sum of `count` such numbers."""
        return replace(self, bound=self.bound * count)

    def divided(self, divisor: int) -> Encoding:
        """Return the encoding of a quotient by a public positive integer."""
        return replace(self, is_integer=False, divisor=self.divisor * divisor)

    def factor_to(self, other: Encoding) -> int:
        """Return what stored integers must be multiplied by to come to the scale of `other`."""
        return (other.divisor // self.divisor) << (other.fractional_bits - self.fractional_bits)

    def check_fits(self, capacity: int, doing: str) -> None:
        """Refuse a result that the key could not hold.

        Parameters
        ----------
        capacity : int
            The largest magnitude that the key holds.
        doing : str
            What is being done, for the message.

        Raises
        ------
        EncodingOverflowError
            If the bound, or one unit of the scale, is beyond `capacity`.
        """
        largest = max(self.bound, 1 << self.fractional_bits)
        if largest > capacity:
            raise EncodingOverflowError(
                f"{doing}: the result may need {largest.bit_length() + 1} bits and the key holds "
                f"{capacity.bit_length() + 1}; declare a smaller limit=, use a smaller dtype or fewer "
                "fractional_bits=, or take a longer key"
            )


def common_scale(encodings: Iterable[Encoding]) -> Encoding:
    """Return the coarsest encoding to which all of `encodings` can be brought by multiplying alone.

    Its bound is 0: the caller knows what becomes of the values.
    """
    every = list(encodings)
    return Encoding(
        all(e.is_integer for e in every),
        max(e.fractional_bits for e in every),
        0,
        math.lcm(*(e.divisor for e in every)),
    )


def check_int(value: object, name: str, minimum: int, maximum: int | None = None) -> int:
    """Return `value` as a Python int within the allowed range.

    Raises
    ------
    ParameterError
        If it is not an integer, or out of range.
    """
    allowed = f"integers from {readable(minimum)}" + ("" if maximum is None else f" to {readable(maximum)}")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ParameterError(f"{name} is {a_type(value)}; allowed are {allowed}") from None
    if isinstance(value, bool | np.bool_) or number < minimum or (maximum is not None and number > maximum):
        found = value if isinstance(value, bool | np.bool_) else readable(number)
        raise ParameterError(f"{name} is {found}; allowed are {allowed}")
    return number


def check_fractional_bits(value: object) -> int:
    """Return `value` as a valid number of fractional bits."""
    return check_int(value, "fractional_bits", 0, MAX_FRACTIONAL_BITS)


def check_limit(value: object) -> Fraction:
    """Return a declared limit exactly; it must be a positive finite number."""
    try:
        if isinstance(value, float | np.floating):
            limit = Fraction(float(value))
        elif isinstance(value, Fraction):
            limit = value
        else:
            limit = Fraction(operator.index(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(f"limit is {value!r}; allowed are positive finite numbers") from None
    if limit <= 0:
        raise ParameterError(f"limit is {value}; allowed are positive finite numbers")
    return limit


def is_float(values: NDArray[Any]) -> bool:
    """Tell whether an array made by :func:`as_numbers` holds floats."""
    return values.dtype.kind == "f"


def as_numbers(values: ArrayLike, name: str = "x") -> NDArray[Any]:
    """Return `values` as an array of bool, integers, float64, or Python ints as objects.

    Parameters
    ----------
    values : array_like
        A number, a nested sequence of numbers, an array, or anything that NumPy can turn into one.
        `longdouble` is rounded to float64.
    name : str
        What to call it in messages.

    Returns
    -------
    ndarray
        Of kind `b`, `i`, `u`, `O` or of dtype float64. Lists of Python ints keep every digit.

    Raises
    ------
    DtypeError
        For complex numbers, text, dates, masked arrays.
    ShapeError
        For ragged sequences.
    NotFiniteError
        For NaN and infinity, naming the first one's index.

    Examples
    --------
    >>> as_numbers([2**70, -1]).tolist()
    [1180591620717411303424, -1]
    """
    if _is_masked(values):
        raise DtypeError(
            f"{name} is a masked array, whose mask would be lost: fill or drop the masked values"
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"{name} is not an array of numbers: {error}") from None
    is_python = not hasattr(values, "dtype") and not hasattr(values, "__array__")
    if is_python and array.dtype in (np.float64, np.uint64, np.object_) and array.size:
        # NumPy makes float64 of [2**63, -1] and uint64 of 2**63: Python ints are kept as what they are, and
        # their dtype must not depend on the values.
        objects = np.array(values, dtype=object)
        if objects.shape == array.shape and all(isinstance(v, int | np.integer) for v in objects.flat):
            array = objects
    kind = array.dtype.kind
    if kind == "f":
        with np.errstate(over="ignore"):
            array = array.astype(np.float64, copy=False)
        finite = np.isfinite(array)
        if not finite.all():
            at, found = _first(array, ~finite)
            advice = ": fill or drop missing values" if math.isnan(found) else ""
            raise NotFiniteError(f"{name}{at} is {found}; allowed are finite numbers{advice}")
    elif kind == "O":
        _check_objects(array, name)
    elif kind not in "biu":
        raise DtypeError(
            f"{name} has the dtype {array.dtype}; allowed are bool, integers, floats and Python ints"
        )
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return np.require(native, requirements="A")


def encode(
    values: ArrayLike, *, fractional_bits: int, limit: object, capacity: int, name: str = "x"
) -> tuple[Integers, tuple[int, ...], Encoding]:
    """Encode secret numbers for encryption.

    Parameters
    ----------
    values : array_like
        The numbers, of any shape.
    fractional_bits : int
        The scale of floats; integers have none.
    limit : number or None
        The declared largest magnitude. None is the dtype's for integers of a fixed width, and `DEFAULT_LIMIT`
        otherwise.
    capacity : int
        The largest magnitude that the key holds.
    name : str
        What to call the values in messages.

    Returns
    -------
    integers : Integers
    shape : tuple of int
    encoding : Encoding

    Raises
    ------
    EncodingOverflowError
        If a value is beyond the limit, or the limit beyond the key.
    """
    array = as_numbers(values, name)
    fractional_bits = check_fractional_bits(fractional_bits)
    if is_float(array):
        exact = check_limit(DEFAULT_LIMIT if limit is None else limit)
        encoding = Encoding(False, fractional_bits, round(exact * 2**fractional_bits))
        encoding.check_fits(capacity, f"encoding {name} with limit={limit if limit is not None else '2**63'}")
        integers = encode_floats(array, fractional_bits, exact, name=name)
        integers.check_bound(encoding.bound, name)
    else:
        declared = None if limit is None else math.floor(check_limit(limit))
        encoding = Encoding(True, 0, _dtype_bound(array.dtype) if declared is None else declared)
        encoding.check_fits(capacity, f"encoding {name}")
        integers = Integers.from_array(array, name)
        if declared is not None or array.dtype.kind == "O":
            _check_declared(integers, array, encoding.bound, name, limit)
    return integers, array.shape, encoding


def _check_declared(integers: Integers, array: NDArray[Any], bound: int, name: str, limit: object) -> None:
    try:
        integers.check_bound(bound, name)
    except EncodingOverflowError:
        # As for floats: the index, never the value.
        at, _ = _first(
            array, np.fromiter((abs(int(v)) > bound for v in array.flat), bool).reshape(array.shape)
        )
        place = "2**63, the limit unless one is declared" if limit is None else f"the limit {readable(bound)}"
        raise EncodingOverflowError(f"{name}{at} is beyond {place}; declare a larger limit=") from None


def encode_floats(
    values: NDArray[np.float64], fractional_bits: int, limit: Fraction, *, clip: bool = False, name: str = "x"
) -> Integers:
    """Encode finite floats of magnitude at most `limit`; beyond it they are clipped or refused.

    Raises
    ------
    EncodingOverflowError
        If a value is beyond the limit and `clip` is false; the message names the first one's index, not the
        value.
    """
    top = sys.float_info.max
    closest = float(limit) if limit <= Fraction(top) else top
    if closest > limit:  # a limit that is no float64 is rounded down, so that nothing beyond it passes
        closest = math.nextafter(closest, 0.0)
    try:
        return Integers.from_floats(values, fractional_bits, closest, clip, name)
    except EncodingOverflowError:
        # The core counts along all axes; only who is refused waits for the index.
        at, _ = _first(values, np.abs(values) > closest)
        raise EncodingOverflowError(
            f"{name}{at} is beyond the limit {closest:g}; declare a larger limit="
        ) from None


def encode_operand(
    values: NDArray[Any], fractional_bits: int, factor: int = 1, name: str = "operand"
) -> tuple[Integers, int]:
    """Encode a public operand, and say how large it is (rounded up to a power of two).

    Floats are encoded with `fractional_bits`, integers as they are; both are multiplied by `factor`.
    """
    if is_float(values):
        largest = float(np.abs(values).max(initial=0.0)) or 1.0
        integers = Integers.from_floats(values, fractional_bits, largest, False, name)
    else:
        integers = Integers.from_array(values, name)
    if factor != 1:
        integers = integers.scale(factor)
    return integers, integers.magnitude_bound()


def check_not_lost(operand: NDArray[Any], fractional_bits: int) -> None:
    """Refuse a public operand of which nothing would be left at its scale.

    Raises
    ------
    ParameterError
        If it holds floats, not all zero, that all round to zero.
    """
    if is_float(operand) and operand.size:
        largest = float(np.abs(operand).max())
        if largest and round(Fraction(largest) * 2**fractional_bits) == 0:
            raise ParameterError(
                f"the operand, up to {largest:.3g}, rounds to 0 at fractional_bits={fractional_bits}: "
                "give multiply or matmul a larger fractional_bits=, or divide by the inverse"
            )


def decode(integers: Integers, encoding: Encoding, shape: Sequence[int]) -> NDArray[Any]:
    """Turn decrypted integers back into numbers.

    Returns
    -------
    ndarray
        int64 for an integer encoding (Python ints as objects if a value does not fit), else float64, each the
        correctly rounded `v / (2**fractional_bits * divisor)`.

    Raises
    ------
    EncodingOverflowError
        If a value is beyond the public bound: the array's metadata was changed, or its sender was not honest.
    """
    integers.check_bound(encoding.bound, "the decrypted array")
    if encoding.is_integer:
        return integers.to_array().reshape(shape)
    return integers.to_floats(encoding.fractional_bits, encoding.divisor).reshape(shape)


def _check_objects(array: NDArray[Any], name: str) -> None:
    # Objects that stand for an integer (`__index__`) are Python ints, gmpy2's, NumPy's.
    strange = np.fromiter((not hasattr(type(v), "__index__") for v in array.flat), bool, array.size)
    if not strange.any():
        return
    every = list(array.flat)
    missing = np.fromiter((v is None or type(v).__name__ == "NAType" for v in every), bool, array.size)
    floats = np.fromiter((isinstance(v, float | np.floating | np.bool_) for v in every), bool, array.size)
    # What is missing or no number at all explains why its neighbours are objects.
    where = next(w for w in (missing, strange & ~floats, strange) if w.any())
    at, found = _first(array, where.reshape(array.shape))
    if missing.any():
        raise DtypeError(f"{name}{at} is {found}: fill or drop missing values")
    if not (strange & ~floats).any():
        raise DtypeError(
            f"{name}{at} is {a_type(found)} in an array of objects, which may hold Python integers alone: "
            "give it a dtype of numbers, as astype(float) does"
        )
    advice = ": turn it into a float or an int" if isinstance(found, Number) else ""
    raise DtypeError(f"{name}{at} is {a_type(found)}; allowed are bool, integers and floats{advice}")


def _is_masked(values: object) -> bool:
    # In a list too: NumPy would drop the mask in silence.
    if not isinstance(values, list | tuple):
        return isinstance(values, np.ma.MaskedArray)
    if not any(issubclass(kind, list | tuple | np.ma.MaskedArray) for kind in set(map(type, values))):
        return False
    return any(map(_is_masked, values))


def _dtype_bound(dtype: np.dtype[Any]) -> int:
    if dtype.kind == "b":
        return 1
    if dtype.kind == "O":
        return DEFAULT_LIMIT
    info = np.iinfo(dtype)
    return max(-int(info.min), int(info.max))


def _first(values: NDArray[Any], where: NDArray[np.bool_]) -> tuple[str, Any]:
    """Return the first index at which `where` holds, as text, and the value there."""
    index = tuple(int(i) for i in np.argwhere(where)[0])
    return (f"[{', '.join(map(str, index))}]" if index else ""), values[index]
