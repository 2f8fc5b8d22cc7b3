"""Arrays of multiplicative ElGamal ciphertexts: the algebra, over the shape rules of `privml._array`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._array import OpaqueArray, Shape, broadcast_shapes
from privml._core import Integers, MultiplicativeCiphertexts
from privml._progress import Progress, reporting
from privml._stored import Stored, check_bytes, check_same_key
from privml._wording import a_type, readable
from privml.elgamal import rational
from privml.elgamal.keys import EncryptedArray
from privml.elgamal.rational import RationalEncoding
from privml.errors import (
    DecodeError,
    EncodingOverflowError,
    ParameterError,
    ShapeError,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from privml.elgamal.multiplicative import MultiplicativePublicKey

__all__ = ["MultiplicativeArray"]

# Exponents beyond it are refused: every power of a number above 1 is beyond every group long before.
_LARGEST_EXPONENT = 1 << 31


@EncryptedArray.register
class MultiplicativeArray(Stored["MultiplicativePublicKey"], OpaqueArray[MultiplicativeCiphertexts]):
    """An immutable array of multiplicative ElGamal ciphertexts, made by `encrypt`.

    `*` and `/` take another encrypted array under the same key, or plain positive numbers; `**` takes plain
    integers. Shapes follow NumPy. Floats among the plain numbers need a declared scale: :meth:`multiply` and
    :meth:`divide` take `fractional_bits=`.

    Bounds on the numbers are public, follow from dtypes, limits and plain operands, and grow with every
    operation; what might not fit the group is an `OverflowError` before it is computed.

    **Plain operands count as public**: results are not re-randomised. See :meth:`rerandomize`.

    Examples
    --------
    >>> import numpy as np
    >>> from privml import elgamal
    >>> key = elgamal.PrivateKey.generate("ffdhe2048")
    >>> c = key.public_key.encrypt(np.arange(1, 7).reshape(2, 3), limit=10)
    >>> key.decrypt(c[:, 1:] * [10, 100])
    array([[ 20, 300],
           [ 50, 600]])
    >>> key.decrypt(c[0] / c[1], fractions=True)
    array([Fraction(1, 4), Fraction(2, 5), Fraction(1, 2)], dtype=object)
    """

    __slots__ = ("_encoding", "_public")
    _works = "* and / with encrypted arrays or plain positive numbers, ** with plain integers, prod(axis)"

    def __init__(
        self,
        batch: MultiplicativeCiphertexts,
        shape: Shape,
        scale: RationalEncoding,
        public_key: MultiplicativePublicKey,
    ) -> None:
        super().__init__(batch, shape)
        self._encoding = scale
        self._public = public_key

    # What the base asks for.

    def _like(self, batch: MultiplicativeCiphertexts, shape: Shape) -> MultiplicativeArray:
        return MultiplicativeArray(batch, shape, self._encoding, self._public)

    def _encoded(
        self, batch: MultiplicativeCiphertexts, new: RationalEncoding, shape: Shape
    ) -> MultiplicativeArray:
        return MultiplicativeArray(batch, shape, new, self._public)

    @classmethod
    def _join(cls, arrays: Sequence[MultiplicativeArray]) -> MultiplicativeArray:
        check_same_key([array._public for array in arrays], "concatenating")
        finest = max(array._encoding.fractional_bits for array in arrays)
        parts = [array._rescaled(finest) for array in arrays]
        new = RationalEncoding(
            all(part._encoding.is_integer for part in parts),
            finest,
            max(part._encoding.numerator for part in parts),
            max(part._encoding.denominator for part in parts),
        )
        new.check_fits(arrays[0]._public.capacity, "concatenating")
        batch = MultiplicativeCiphertexts.concatenate([part._batch for part in parts])
        return arrays[0]._encoded(batch, new, (len(batch),))

    def _rescaled(self, fractional_bits: int) -> MultiplicativeArray:
        finer = fractional_bits - self._encoding.fractional_bits
        if not finer:
            return self
        factor = RationalEncoding(False, finer, 1 << finer)
        new = self._encoding.times(factor)
        new.check_fits(self._public.capacity, "bringing to one scale")
        factors = Integers.from_array(np.full(self.size, factor.numerator, dtype=object), "scale")
        return self._encoded(self._batch.multiply_plain(factors), new, self._shape)

    def _describe(self) -> str:
        scale = self._encoding
        kind = "integers" if scale.is_integer else f"fractional_bits={scale.fractional_bits}"
        bounds = [scale.numerator] if scale.denominator == 1 else [scale.numerator, scale.denominator]
        text = "/".join(str(b) if b < 10**6 else f"2**{(b - 1).bit_length()}" for b in bounds)
        return f"{kind}, bound={text}, key={self._public.group}"

    def _sum_runs(self, length: int, shape: Shape) -> MultiplicativeArray:
        self._refuse_operation("MultiplicativeArray cannot be summed, as ElGamal multiplies")

    # What is public.

    @property
    def encoding(self) -> RationalEncoding:
        """Scale and bounds, all public."""
        return self._encoding

    @property
    def is_integer(self) -> bool:
        """Whether the array decrypts to integers."""
        return self._encoding.is_integer

    @property
    def fractional_bits(self) -> int:
        """The scale: bits after the binary point of the fractions' numerators."""
        return self._encoding.fractional_bits

    # Products and quotients.

    def multiply(self, other: ArrayLike, *, fractional_bits: int | None = None) -> MultiplicativeArray:
        """Return the product with an encrypted array or plain numbers, element by element; `*` does it too.

        The result is not re-randomised: from it and this array anyone finds a plain `other`.

        Parameters
        ----------
        other : MultiplicativeArray or array_like
            Under the same key, or public positive numbers; of a shape that broadcasts with this one.
        fractional_bits : int, optional
            The scale of plain floats, which are refused without one.

        Raises
        ------
        EncodingOverflowError
            If the product might not fit the group.
        KeyMismatchError, ParameterError, ShapeError
            If the arrays do not go together, or plain numbers are not positive.
        """
        return self._combined(other, fractional_bits, quotient=False)

    def divide(self, other: ArrayLike, *, fractional_bits: int | None = None) -> MultiplicativeArray:
        """Return the quotient by an encrypted array or plain numbers, element by element; `/` does it too.

        Quotients are exact fractions: the bounds of numerators and denominators are tracked, and decryption
        finds the fraction. Twice the product of both bounds must fit the group. Parameters and errors are
        those of :meth:`multiply`.
        """
        return self._combined(other, fractional_bits, quotient=True)

    def _combined(self, other: ArrayLike, bits: int | None, *, quotient: bool) -> MultiplicativeArray:
        doing = "dividing" if quotient else "multiplying"
        plain: Integers | None = None
        if isinstance(other, MultiplicativeArray):
            check_same_key((self._public, other._public), doing)
            shape, scale = broadcast_shapes(self._shape, other._shape), other._encoding
        else:
            if isinstance(other, OpaqueArray):
                raise UnsupportedOperationError(f"{doing} with {a_type(other)}: both must be of one scheme")
            shape = broadcast_shapes(self._shape, np.shape(encoding.as_numbers(other, "operand")))
            plain, scale = rational.encode_operand(other, shape, bits)
        new = self._encoding.times(scale.inverse() if quotient else scale)
        new.check_fits(self._public.capacity, doing)
        left = self.broadcast_to(shape)._batch
        if plain is not None:
            batch = left.divide_plain(plain) if quotient else left.multiply_plain(plain)
        else:
            right = other.broadcast_to(shape)._batch  # type: ignore[union-attr]
            batch = left.divide(right) if quotient else left.multiply(right)
        return self._encoded(batch, new, shape)

    def __mul__(self, other: ArrayLike) -> MultiplicativeArray:
        """Return the product, not re-randomised: see :meth:`multiply`."""
        return self.multiply(other)

    __rmul__ = __mul__

    def __truediv__(self, other: ArrayLike) -> MultiplicativeArray:
        """Return the quotient, not re-randomised: see :meth:`divide`."""
        return self.divide(other)

    def __rtruediv__(self, other: ArrayLike) -> MultiplicativeArray:
        """Return plain positive numbers divided by the array."""
        return (self**-1).multiply(other)

    def __pow__(self, exponent: ArrayLike) -> MultiplicativeArray:
        """Return powers with public integer exponents, not re-randomised; negative ones give inverses.

        Numbers with a scale take one exponent for all.

        Raises
        ------
        EncodingOverflowError
            If a power might not fit the group.
        ParameterError
            If the exponents are not integers, or differ while the array has a scale.
        """
        found = np.asarray(encoding.as_numbers(exponent, "exponent"))
        if encoding.is_float(found) or found.dtype.kind == "b":
            raise ParameterError("exponents are no integers; allowed are plain integers")
        shape = broadcast_shapes(self._shape, found.shape)
        if not found.size:
            return self.broadcast_to(shape)
        lowest, highest = int(found.min()), int(found.max())
        largest = max(abs(lowest), abs(highest))
        if largest > _LARGEST_EXPONENT:
            raise ParameterError(f"an exponent is {readable(largest)} in magnitude; allowed is up to 2**31")
        if lowest != highest and self._encoding.fractional_bits:
            raise ParameterError(
                f"exponents are from {lowest} to {highest}, and the array has a scale, which is one for all "
                "elements: raise parts of it, or encrypt integers"
            )
        doing, order = (
            f"raising to the power {highest if highest > -lowest else lowest}",
            self._public.capacity,
        )
        self._encoding.check_power(largest, order, doing)
        new = self._encoding.power(lowest, highest)
        new.check_fits(order, doing)
        stretched = self.broadcast_to(shape)._batch
        if lowest == highest == -1:
            return self._encoded(stretched.invert(), new, shape)
        exponents = Integers.from_array(np.broadcast_to(found, shape), "exponent")
        return self._encoded(stretched.pow(exponents, None), new, shape)

    def prod(
        self, axis: SupportsIndex | Sequence[SupportsIndex] | None = None, *, keepdims: bool = False
    ) -> MultiplicativeArray:
        """Return the product over one axis, several, or all.

        Parameters
        ----------
        axis : int, tuple of int or None
            The axes to multiply over; None is all.
        keepdims : bool
            Keep those axes, with length 1.

        Raises
        ------
        ShapeError
            If there is no such axis.
        EncodingOverflowError
            If the product might not fit the group: the message says how many factors do.
        """
        return self._reduced(axis, keepdims, MultiplicativeArray._prod_runs)

    def _prod_runs(self, length: int, shape: Shape) -> MultiplicativeArray:
        order = self._public.capacity
        if length == 0:
            # The product of nothing is 1, which is no secret: one encryption of it serves for all.
            one = Integers.from_array(np.ones(1, dtype=np.int64), "ones")
            batch = self._public._core.encrypt(one, None)
            batch = batch.take(np.zeros(math.prod(shape), dtype=np.int64))
            return self._encoded(batch, RationalEncoding(self.is_integer, 0, 1), shape)
        scale = self._encoding
        bits = math.log2(scale.numerator) + (math.log2(scale.denominator) + 1 if scale.denominator > 1 else 0)
        if length > 1 and bits * length > order.bit_length() + 2:
            raise EncodingOverflowError(
                f"multiplying {length} numbers: each may be as large as {readable(scale.numerator)}, and "
                f"{int(order.bit_length() // bits)} of those fit the group; encrypt with a smaller limit= "
                "(without one, int64 arrays, floats and Python ints declare 2**63)"
            )
        new = scale.power(length, length)
        new.check_fits(order, f"multiplying {length} numbers")
        return self._encoded(self._batch.product(length), new, shape)

    def _numpy_functions(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        return {**super()._numpy_functions(), np.prod: _prod}

    # What leaves.

    def rerandomize(self, *, progress: Progress = None) -> MultiplicativeArray:
        """Return the same values under fresh exponents: the ciphertexts do not show where they came from.

        Under the assumption on short exponents not even to the holder of the private key, who sees the values
        alone; a key with full exponents does not need the assumption. Scale and bounds stay as they are and
        still tell about operands' dtypes and magnitudes.
        """
        with reporting(progress, "re-randomising") as callback:
            return self._like(self._batch.rerandomize(callback), self._shape)

    def raw(self) -> NDArray[Any]:
        """Return the ciphertexts as Python ints, for other software.

        Returns
        -------
        ndarray of objects
            With one more axis than the array, of length 2: `g**r` and `m h**r`, each the lesser of itself and
            its negative modulo p.
        """
        out = np.empty(2 * self.size, dtype=object)
        out[:] = self._batch.raw()
        return out.reshape((*self._shape, 2))

    @classmethod
    def from_raw(
        cls,
        ciphertexts: ArrayLike,
        public_key: MultiplicativePublicKey,
        *,
        bound: int,
        fractional_bits: int | None = None,
    ) -> MultiplicativeArray:
        """Return the array of ciphertexts made elsewhere.

        Parameters
        ----------
        ciphertexts : array_like of int
            Python ints in the shape that :meth:`raw` gives them.
        public_key : MultiplicativePublicKey
            The key that they belong to.
        bound : int
            What the encrypted integers do not exceed.
        fractional_bits : int, optional
            The scale of reals; None for integers.

        Raises
        ------
        InvalidCiphertextError
            If a number is not between 1 and `(p - 1) / 2`.
        EncodingOverflowError
            If the group cannot hold `bound`.
        """
        numbers = np.array(ciphertexts, dtype=object)
        if numbers.ndim == 0 or numbers.shape[-1] != 2:
            raise ShapeError(f"ciphertexts have the shape {numbers.shape}; the last axis must have length 2")
        bits = 0 if fractional_bits is None else encoding.check_fractional_bits(fractional_bits)
        new = RationalEncoding(fractional_bits is None, bits, encoding.check_int(bound, "bound", 1))
        new.check_fits(public_key.capacity, "taking ciphertexts with bound=")
        batch = MultiplicativeCiphertexts.from_raw(
            Integers.from_array(numbers, "ciphertexts"), public_key._core
        )
        return cls(batch, numbers.shape[:-1], new, public_key)

    def to_bytes(self) -> bytes:
        """Return ciphertexts, shape, scale, bounds and the key's fingerprint in privml's own format."""
        scale = self._encoding
        return self._batch.to_bytes(
            self._shape, scale.is_integer, scale.fractional_bits, scale.numerator, scale.denominator
        )

    @classmethod
    def from_bytes(cls, data: bytes, public_key: MultiplicativePublicKey) -> MultiplicativeArray:
        """Return the array that :meth:`to_bytes` wrote; raises as :meth:`Stored.from_bytes` does."""
        found = MultiplicativeCiphertexts.from_bytes(check_bytes(data), public_key._core)
        batch, shape, is_integer, fractional_bits, numerator, denominator = found
        try:
            new = RationalEncoding(is_integer, fractional_bits, numerator, denominator)
            new.check_fits(public_key.capacity, "decoding")
            return cls(batch, tuple(shape), new, public_key)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"the encrypted array contradicts itself: {error}") from None


def _prod(a: MultiplicativeArray, axis: Any = None, *, keepdims: bool = False) -> MultiplicativeArray:
    return a.prod(axis, keepdims=keepdims)
