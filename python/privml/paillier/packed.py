"""Arrays with many fixed-point numbers per Paillier ciphertext, for sums and means of whole arrays.

The total of weights added up so far is public and travels with the array; going beyond what the slots have
room for is refused, so that a slot never runs into its neighbour. How numbers lie in slots is in
:mod:`privml.paillier.packing`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from privml._array import Shape
from privml._core import Integers, PaillierCiphertexts
from privml._opaque import Opaque
from privml._progress import Progress, reporting
from privml._stored import Stored, check_bytes, check_same_key
from privml._summable import repeated
from privml._wording import a_type
from privml.encoding import Encoding, check_int
from privml.errors import DecodeError, ParameterError, ShapeError, UnsupportedOperationError
from privml.paillier.common import Noise, check_noise, raw_integers
from privml.paillier.packing import MAX_ADDITIONS, Packing, check_budget

if TYPE_CHECKING:
    from privml.paillier.keys import PublicKey

__all__ = ["PackedArray"]


class PackedArray(Stored["PublicKey"], Opaque):
    """An immutable array with many numbers per ciphertext, made by `pack`.

    Supports `+` and `-` with arrays packed in the same way, multiplication and division by an integer. What
    is spent of `additions` is tracked: `+` adds it up, and multiplying by `k` multiplies it by `abs(k)`.

    Examples
    --------
    >>> from privml import paillier
    >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
    >>> p = key.public_key.pack([1.0, -0.5, 3.25], limit=4, value_bits=16, additions=8)
    >>> key.decrypt((p + 2 * p) / 3), (p + 2 * p).spent
    (array([ 1.  , -0.5 ,  3.25]), 3)
    """

    __slots__ = ("_batch", "_divisor", "_packing", "_public", "_shape", "_spent")
    _works = "+ and - with arrays packed alike, * and / by an integer"

    def __init__(
        self,
        batch: PaillierCiphertexts,
        shape: Shape,
        packing: Packing,
        spent: int,
        divisor: int,
        public_key: PublicKey,
    ) -> None:
        if len(batch) != packing.ciphertexts(shape, public_key.bits):
            raise ShapeError(f"{len(batch)} ciphertexts do not hold a packed array of shape {shape}")
        self._batch = batch
        self._shape = shape
        self._packing = packing
        self._spent = spent
        self._divisor = divisor
        self._public = public_key

    def _with(self, batch: PaillierCiphertexts, spent: int, divisor: int | None = None) -> PackedArray:
        return PackedArray(
            batch,
            self._shape,
            self._packing,
            spent,
            self._divisor if divisor is None else divisor,
            self._public,
        )

    @property
    def shape(self) -> Shape:
        """The lengths of the axes (of the numbers; an appended weight is not counted)."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """The number of numbers."""
        return math.prod(self._shape)

    @property
    def packing(self) -> Packing:
        """How the numbers lie in slots, all public."""
        return self._packing

    @property
    def additions(self) -> int:
        """The largest total of weights that the slots have room for."""
        return self._packing.additions

    @property
    def spent(self) -> int:
        """What of `additions` is used up."""
        return self._spent

    @property
    def divisor(self) -> int:
        """What decryption divides by."""
        return self._divisor

    @property
    def ciphertexts(self) -> int:
        """The number of ciphertexts."""
        return len(self._batch)

    def _check_matches(self, other: PackedArray) -> None:
        check_same_key((self._public, other._public), "adding")
        if other._shape != self._shape:
            raise ShapeError(f"packed arrays of the shapes {self._shape} and {other._shape} do not add")
        mine, theirs = self._packing, other._packing
        pairs = [(f.name, getattr(mine, f.name), getattr(theirs, f.name)) for f in fields(Packing)]
        pairs.append(("divisor", self._divisor, other._divisor))
        different = [f"{name} {left} and {right}" for name, left, right in pairs if left != right]
        if different:
            raise ParameterError(f"the arrays were packed differently: {'; '.join(different)}")

    @classmethod
    def _aggregate(cls, arrays: Sequence[PackedArray]) -> PackedArray:
        first = arrays[0]
        for array in arrays[1:]:
            first._check_matches(array)
        spent = sum(array._spent for array in arrays)
        check_budget(spent, first.additions)
        return first._with(PaillierCiphertexts.aggregate([array._batch for array in arrays]), spent)

    def __add__(self, other: object) -> PackedArray:
        """Return the sum with an array packed in the same way (or with 0, so that `sum(arrays)` works)."""
        if not isinstance(other, PackedArray):
            if isinstance(other, int) and other == 0:
                return self
            raise UnsupportedOperationError(
                f"a PackedArray cannot add {a_type(other)}; allowed are arrays packed alike: pack it so first"
            )
        self._check_matches(other)
        spent = self._spent + other._spent
        check_budget(spent, self.additions)
        return self._with(self._batch.add(other._batch), spent)

    __radd__ = __add__

    def __sub__(self, other: object) -> PackedArray:
        """Return the difference with an array packed in the same way."""
        if not isinstance(other, PackedArray):
            return self + other
        self._check_matches(other)
        spent = self._spent + other._spent
        check_budget(spent, self.additions)
        return self._with(self._batch.subtract(other._batch), spent)

    def __rsub__(self, other: object) -> PackedArray:
        """Refuse all but 0, as `+` does."""
        return -self + other

    def __neg__(self) -> PackedArray:
        """Return the array with all signs changed (an appended weight's too)."""
        return self._with(self._batch.negate(), self._spent)

    def __mul__(self, other: object) -> PackedArray:
        """Return the array times a public integer; not re-randomised."""
        factor = _public_integer(other, "multiplied")
        spent = self._spent * abs(factor)
        check_budget(spent, self.additions)
        return self._with(self._batch.multiply(repeated(factor, len(self._batch)), None), spent)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> PackedArray:
        """Return the array (not an appended weight) divided by a public integer, at decryption."""
        divisor = _public_integer(other, "divided")
        if divisor == 0:
            raise ParameterError("divisor is 0")
        if divisor < 0:
            return (-self) / -divisor
        total = Encoding(False, self._packing.fractional_bits, 0, self._divisor * divisor).divisor
        return self._with(self._batch, self._spent, total)

    def _decoded(self, integers: Integers) -> NDArray[Any] | tuple[NDArray[Any], int]:
        return self._packing.unpack(integers, self._shape, self._public.bits, self._spent, self._divisor)

    def rerandomize(self, *, noise: Noise = "uniform", progress: Progress = None) -> PackedArray:
        """Return the same numbers under fresh noise: the ciphertexts no longer show where they came from.

        `spent` and the divisor stay public and still tell of factors. Parameters are those of
        :meth:`EncryptedArray.rerandomize`.
        """
        check_noise(noise)
        with reporting(progress, "re-randomising") as callback:
            return self._with(self._batch.rerandomize(noise, callback), self._spent)

    def raw(self) -> NDArray[Any]:
        """Return the ciphertexts as a flat object array of Python ints modulo n**2."""
        return raw_integers(self._batch)

    def to_bytes(self) -> bytes:
        """Return the array in privml's own format: ciphertexts, shape, packing, and the key's fingerprint."""
        how = self._packing
        return self._batch.to_packed_bytes(
            self._shape,
            how.is_integer,
            how.append_weight,
            how.fractional_bits,
            how.value_bits,
            how.limit,
            how.additions,
            self._spent,
            self._divisor,
        )

    @classmethod
    def from_bytes(cls, data: bytes, public_key: PublicKey) -> PackedArray:
        """Return the array that :meth:`to_bytes` wrote; raises as :meth:`Stored.from_bytes` does."""
        found = PaillierCiphertexts.from_packed_bytes(check_bytes(data), public_key._core)
        batch, shape, is_integer, append_weight, bits, value_bits, limit, additions, spent, divisor = found
        try:
            packing = Packing(is_integer, append_weight, bits, value_bits, limit, additions)
            check_budget(check_int(spent, "spent", 0), packing.additions)
            Encoding(False, bits, 0, divisor)
            return cls(batch, tuple(shape), packing, spent, divisor, public_key)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"the packed array contradicts itself: {error}") from None

    def __repr__(self) -> str:
        """Return the shape and what else is public, never data."""
        how = self._packing
        kind = "integers" if how.is_integer else f"fractional_bits={how.fractional_bits}"
        return (
            f"PackedArray(shape={self._shape}, {kind}, limit={how.limit:g}, "
            f"spent={self._spent} of {how.additions}, {len(self._batch)} ciphertexts, "
            f"key={self._public.bits} bits)"
        )


def _public_integer(value: object, verb: str) -> int:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    try:
        return check_int(value, "factor", -MAX_ADDITIONS, MAX_ADDITIONS)
    except ParameterError as error:
        if isinstance(value, float | np.floating):
            instead = "multiply by one integer and divide by another, as in p * 3 / 2, or decrypt first"
            raise UnsupportedOperationError(
                f"a PackedArray can be {verb} by an integer only, not by {value}: {instead}"
            ) from None
        raise UnsupportedOperationError(f"a PackedArray can be {verb} by an integer only: {error}") from None
