"""How numbers lie in the slots of Paillier plaintexts.

A plaintext is a row of slots, each wide enough for a number times the largest total of weights that will ever
be added up (`additions`). Negative slots borrow from the next one, and the core's decoding gives it back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml import encoding
from privml._array import Shape
from privml._core import Integers
from privml.encoding import Encoding, check_int
from privml.errors import EncodingOverflowError, ParameterError

__all__ = ["MAX_ADDITIONS", "Packing", "check_budget", "packing_for"]

MAX_ADDITIONS = 1 << 256
_MAX_VALUE_BITS = 1 << 16


@dataclass(frozen=True, slots=True)
class Packing:
    """How numbers lie in slots: all public, and equal in arrays that are added.

    Parameters
    ----------
    is_integer : bool
        Integers rather than fixed point.
    append_weight : bool
        The last slot holds the weight.
    fractional_bits, value_bits, limit, additions
        As for :meth:`privml.paillier.PublicKey.pack`.
    """

    is_integer: bool
    append_weight: bool
    fractional_bits: int
    value_bits: int
    limit: float
    additions: int

    def __post_init__(self) -> None:
        """Refuse parameters that do not go together."""
        check_int(self.value_bits, "value_bits", 2, _MAX_VALUE_BITS)
        check_int(self.additions, "additions", 1, MAX_ADDITIONS)
        exact = encoding.check_limit(self.limit)
        largest = room(exact, self.value_bits)
        if largest < 0:
            needed = self.value_bits - largest
            raise ParameterError(
                f"value_bits is {self.value_bits}; numbers up to {self.limit:g} need at least {needed}"
            )
        if self.is_integer:
            if self.fractional_bits:
                raise ParameterError(f"fractional_bits is {self.fractional_bits}; integers have none")
        elif not 0 <= self.fractional_bits <= largest:
            raise ParameterError(
                f"fractional_bits is {self.fractional_bits}; allowed are 0 to {largest} with "
                f"value_bits={self.value_bits} and limit={self.limit:g}"
            )
        if self.additions * self.largest >> (self.slot_bits - 1):
            raise ParameterError(
                f"value_bits is {self.value_bits}; sums that reach a power of two need one more"
            )
        if self.append_weight and exact * 2**self.fractional_bits < 1:
            raise ParameterError(
                f"limit is {self.limit:g}, less than one step of fractional_bits={self.fractional_bits}; "
                "append_weight needs a larger one"
            )
        if self.largest < 1:
            raise ParameterError(f"limit is {self.limit:g}, which rounds to 0; give more fractional_bits")

    @property
    def largest(self) -> int:
        """The largest integer that a number becomes."""
        exact = encoding.check_limit(self.limit)
        return math.floor(exact) if self.is_integer else round(exact * 2**self.fractional_bits)

    @property
    def slot_bits(self) -> int:
        """The width of a slot."""
        return slot_width(self.value_bits, self.additions)

    def slots(self, key_bits: int) -> int:
        """Return the number of slots in a plaintext.

        Raises
        ------
        ParameterError
            If not even one fits.
        """
        count = (key_bits - 2) // self.slot_bits
        if count < 1:
            raise ParameterError(
                f"a slot of {self.slot_bits} bits (value_bits={self.value_bits}, additions={self.additions}) "
                f"does not fit a key of {key_bits} bits"
            )
        return count

    def numbers(self, shape: Shape) -> int:
        """Return the number of slots that an array of `shape` uses."""
        return math.prod(shape) + int(self.append_weight)

    def ciphertexts(self, shape: Shape, key_bits: int) -> int:
        """Return the number of ciphertexts of an array of `shape`."""
        return -(-self.numbers(shape) // self.slots(key_bits))

    def pack(
        self, array: NDArray[Any], key_bits: int, *, clip: bool, weight: int, spent: int | None
    ) -> tuple[Integers, int]:
        """Return the plaintexts of an array, and what of `additions` it spends."""
        slots = self.slots(key_bits)
        factor = _weight(weight, self.additions)
        if spent is None and (self.append_weight or abs(factor) != 1):
            raise ParameterError(
                "spent is missing: with weight or append_weight, say what of additions is used up. It is "
                "public, so where the weight is confidential give the largest that any party may have"
            )
        used = 1 if spent is None else check_int(spent, "spent", 0, None)
        if used < abs(factor):
            raise ParameterError("spent is less than the magnitude of weight")
        check_budget(used, self.additions)
        flat = array.reshape(-1)
        if self.is_integer:
            integers = self._integers(flat, clip)
        else:
            # The smallest step encodes to the integer 1, and times the weight to the weight itself.
            values = np.append(flat, 2.0**-self.fractional_bits) if self.append_weight else flat
            limit = encoding.check_limit(self.limit)
            integers = encoding.encode_floats(values, self.fractional_bits, limit, clip=clip)
        if factor != 1:
            integers = integers.scale(factor)
        return integers.pack(self.slot_bits, slots), used

    def _integers(self, flat: NDArray[Any], clip: bool) -> Integers:
        values = flat.astype(np.uint8) if flat.dtype.kind == "b" else flat
        if clip:
            low, high = -self.largest, self.largest
            if values.dtype.kind != "O":
                info = np.iinfo(values.dtype)
                low, high = max(low, int(info.min)), min(high, int(info.max))
            values = np.clip(values, low, high)
        if self.append_weight:
            values = np.append(values, np.ones(1, dtype=values.dtype))
        integers = Integers.from_array(values, "x")
        integers.check_bound(self.largest, "x")
        return integers

    def unpack(
        self, integers: Integers, shape: Shape, key_bits: int, spent: int, divisor: int
    ) -> NDArray[Any] | tuple[NDArray[Any], int]:
        """Return the numbers in decrypted plaintexts, with the weight if it was appended."""
        flat = integers.unpack(self.slot_bits, self.slots(key_bits), self.numbers(shape))
        is_integer = self.is_integer and divisor == 1
        scale = Encoding(is_integer, self.fractional_bits, spent * self.largest, divisor)
        values = encoding.decode(flat, scale, (len(flat),))
        if not self.append_weight:
            return values.reshape(shape)
        return values[:-1].reshape(shape), int(flat.to_array()[-1])


def slot_width(value_bits: int, additions: int) -> int:
    """Return the bits of a slot."""
    return value_bits + (additions - 1).bit_length()


def room(limit: Fraction, value_bits: int) -> int:
    """Return the fractional bits that `limit` leaves of `value_bits`; negative if they do not suffice."""
    # ceil(log2(limit)) of a fraction, exactly.
    exponent = limit.numerator.bit_length() - limit.denominator.bit_length()
    scaled = limit / 2**exponent if exponent >= 0 else limit * 2**-exponent  # now between 1/2 and 2
    return int(value_bits - 1 - (exponent + (1 if scaled > 1 else 0)))


def packing_for(
    array: NDArray[Any],
    *,
    limit: float,
    value_bits: int,
    additions: int,
    fractional_bits: int | None,
    append_weight: bool,
) -> Packing:
    """Return the packing that the arguments of `pack` ask for.

    Raises
    ------
    ParameterError
        If they do not go together.
    """
    exact = encoding.check_limit(limit)
    try:
        declared = float(exact)
    except OverflowError:
        declared = math.inf
    if declared != exact:
        raise ParameterError(f"limit is {limit}; allowed are numbers that a float64 holds exactly")
    width = check_int(value_bits, "value_bits", 2, _MAX_VALUE_BITS)
    is_integer = not encoding.is_float(array)
    if is_integer:
        bits = 0 if fractional_bits is None else check_int(fractional_bits, "fractional_bits", 0, 0)
    elif fractional_bits is None:
        bits = min(room(exact, width), encoding.MAX_FRACTIONAL_BITS)
    else:
        bits = encoding.check_fractional_bits(fractional_bits)
    total = check_int(additions, "additions", 1, MAX_ADDITIONS)
    # With a limit and a number of additions that are both powers of two, a sum may reach 2**(slot_bits - 1),
    # which is one more than a signed slot holds.
    largest = math.floor(exact) if is_integer else round(exact * 2**bits) if bits >= 0 else 0
    if room(exact, width) >= 0 and total * largest == 1 << (slot_width(width, total) - 1):
        width += 1
    return Packing(is_integer, bool(append_weight), bits, width, declared, total)


def _weight(weight: object, additions: int) -> int:
    # A weight may be confidential, so no message repeats it.
    try:
        return check_int(weight, "weight", -additions, additions)
    except ParameterError:
        raise ParameterError(
            f"weight is no integer, or its magnitude is beyond additions={additions}"
        ) from None


def check_budget(spent: int, additions: int) -> None:
    """Refuse to spend more of `additions` than there is."""
    if spent > additions:
        raise EncodingOverflowError(
            f"the packed arrays spend {spent} of additions={additions}; pack with more additions="
        )
