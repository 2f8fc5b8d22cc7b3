"""Arrays with one Paillier ciphertext per element: the algebra, over the shape rules of `privml._array`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._array import Shape, broadcast_shapes
from privml._core import Integers, PaillierCiphertexts
from privml._progress import Progress, reporting
from privml._stored import check_bytes, check_same_key
from privml.encoding import DEFAULT_FRACTIONAL_BITS, Encoding
from privml.errors import DecodeError, ParameterError, UnsupportedOperationError
from privml.paillier import linear
from privml.paillier.common import Noise, check_noise, raw_integers
from privml.paillier.secret_operands import SecretOperands

if TYPE_CHECKING:
    from privml.paillier.keys import PublicKey

__all__ = ["EncryptedArray", "aligned", "common_with_bound"]


class EncryptedArray(SecretOperands):
    """An immutable array of Paillier ciphertexts, made by `encrypt`.

    `+`, `-` take another encrypted array under the same key, or plain numbers; `*`, `@` take plain numbers;
    `/` takes one plain number. Shapes follow NumPy. Floats among the plain numbers are rounded to multiples
    of 2**-32 when they multiply (:meth:`multiply` and :meth:`matmul` take `fractional_bits=`), and to the
    array's own scale when they are added (to 2**-32 if that has no fractional bits).

    **Plain operands count as public**: results are not re-randomised, and from `c` and `c * w` anyone finds
    `w`. See :meth:`rerandomize`; for secret operands there are :meth:`multiply_secret` and
    :meth:`matmul_secret`.

    Examples
    --------
    >>> import numpy as np
    >>> from privml import paillier
    >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
    >>> c = key.public_key.encrypt(np.arange(6).reshape(2, 3))
    >>> key.decrypt(c[:, 1:] * [10, 100] - c[0, 0])
    array([[ 10, 200],
           [ 40, 500]])
    """

    __slots__ = ("_encoding", "_public")
    _works = (
        "+ and - with encrypted arrays or plain numbers, * and @ with plain numbers, / by one plain number"
    )

    def __init__(
        self, batch: PaillierCiphertexts, shape: Shape, scale: Encoding, public_key: PublicKey
    ) -> None:
        super().__init__(batch, shape)
        self._encoding = scale
        self._public = public_key

    # What the base asks for.

    def _like(self, batch: PaillierCiphertexts, shape: Shape) -> EncryptedArray:
        return EncryptedArray(batch, shape, self._encoding, self._public)

    def _encoded(
        self, batch: PaillierCiphertexts, new: Encoding, shape: Shape | None = None
    ) -> EncryptedArray:
        return EncryptedArray(batch, self._shape if shape is None else shape, new, self._public)

    @classmethod
    def _join(cls, arrays: Sequence[EncryptedArray]) -> EncryptedArray:
        parts = aligned(arrays, "concatenating")
        first = parts[0]
        bound = max(part._encoding.bound for part in parts)
        batch = PaillierCiphertexts.concatenate([part._batch for part in parts])
        return first._encoded(batch, common_with_bound(parts, bound), (len(batch),))

    def _describe(self) -> str:
        scale = self._encoding
        kind = "integers" if scale.is_integer else f"fractional_bits={scale.fractional_bits}"
        bound = scale.bound if scale.bound < 10**6 else f"2**{(scale.bound - 1).bit_length()}"
        divisor = "" if scale.divisor == 1 else f", divisor={scale.divisor}"
        return f"{kind}, bound={bound}{divisor}, key={self._public.bits} bits"

    def _sum_runs(self, length: int, shape: Shape) -> EncryptedArray:
        new = self._encoding.summed(length)
        new.check_fits(self._public.capacity, "summing")
        if length == 0:
            return self._encoded(self._zeros(math.prod(shape)), new, shape)
        return self._encoded(self._batch.sum(length), new, shape)

    def _sum_bins(self, bins: NDArray[np.int64], sizes: NDArray[np.int64]) -> EncryptedArray:
        shape = (len(sizes), *self._shape[1:])
        width = math.prod(self._shape[1:])
        new = self._encoding.summed(int(sizes.max(initial=0)))
        new.check_fits(self._public.capacity, "summing bins")
        # All of a bin's numbers of one column become neighbours; then come the next column's.
        order = np.argsort(bins, kind="stable")
        positions = order[:, None] * width + np.arange(width, dtype=np.int64)
        runs = np.tile(sizes[sizes > 0], width)
        sums = self._batch.take(np.ascontiguousarray(positions.T.reshape(-1))).sum_runs(runs)
        empty = int(np.count_nonzero(sizes == 0)) * width
        if empty:
            sums = PaillierCiphertexts.concatenate([sums, self._zeros(empty)])
        places = np.empty((width, len(sizes)), dtype=np.int64)
        filled = np.broadcast_to(sizes > 0, places.shape)
        places[filled] = np.arange(len(runs))
        places[~filled] = len(runs) + np.arange(empty)
        return self._encoded(sums.take(np.ascontiguousarray(places.T.reshape(-1))), new, shape)

    def _divide(self, count: int) -> EncryptedArray:
        return self._encoded(self._batch, self._encoding.divided(count))

    def _zeros(self, count: int) -> PaillierCiphertexts:
        # What is empty sums to zero, which is no secret: one encryption of it serves for all.
        zero = Integers.from_array(np.zeros(1, dtype=np.int64), "zeros")
        return self._public._core.encrypt(zero, "short", None).take(np.zeros(count, dtype=np.int64))

    def _decoded(self, integers: Integers) -> NDArray[Any]:
        return encoding.decode(integers, self._encoding, self._shape)

    # What is public.

    @property
    def encoding(self) -> Encoding:
        """Scale, bound and divisor, all public."""
        return self._encoding

    @property
    def is_integer(self) -> bool:
        """Whether the array decrypts to integers."""
        return self._encoding.is_integer

    @property
    def fractional_bits(self) -> int:
        """Bits after the binary point."""
        return self._encoding.fractional_bits

    # Addition.

    def _rescaled(self, target: Encoding, doing: str) -> EncryptedArray:
        factor = self._encoding.factor_to(target)
        new = Encoding(
            target.is_integer, target.fractional_bits, self._encoding.bound * factor, target.divisor
        )
        new.check_fits(self._public.capacity, doing)
        if factor == 1:
            return self._encoded(self._batch, new)
        factors, _ = linear.repeated(factor, self.size)
        return self._encoded(self._batch.multiply(factors, None), new)

    def _plus(self, other: EncryptedArray, sign: int) -> EncryptedArray:
        shape = broadcast_shapes(self._shape, other._shape)
        left, right = aligned((self, other), "adding")
        new = left._encoding.plus(right._encoding.bound)
        new.check_fits(self._public.capacity, "adding")
        left, right = left.broadcast_to(shape), right.broadcast_to(shape)
        combine = left._batch.add if sign > 0 else left._batch.subtract
        return left._encoded(combine(right._batch), new, shape)

    def _plus_plain(self, other: ArrayLike, sign: int) -> EncryptedArray:
        plain = encoding.as_numbers(other, "operand")
        shape = broadcast_shapes(self._shape, plain.shape)
        left = self
        if encoding.is_float(plain) and not self._encoding.fractional_bits:
            # Integers, and means and quotients of them: they declare no scale for floats to be rounded to.
            finer = Encoding(False, DEFAULT_FRACTIONAL_BITS, 0, self._encoding.divisor)
            left = self._rescaled(finer, "adding floats to integers")
        scale = left._encoding
        # Floats are encoded at the array's scale; integers have none and are brought to it.
        factor = sign * scale.divisor * (1 if encoding.is_float(plain) else 1 << scale.fractional_bits)
        integers, bound = encoding.encode_operand(
            np.broadcast_to(plain, shape), scale.fractional_bits, factor
        )
        new = scale.plus(bound)
        new.check_fits(self._public.capacity, "adding")
        left = left.broadcast_to(shape)
        return left._encoded(left._batch.add_plain(integers), new)

    def __add__(self, other: EncryptedArray | ArrayLike) -> EncryptedArray:
        """Return the sum with an encrypted array or with plain numbers."""
        if isinstance(other, EncryptedArray):
            return self._plus(other, 1)
        return self._plus_plain(other, 1)

    __radd__ = __add__

    def __sub__(self, other: EncryptedArray | ArrayLike) -> EncryptedArray:
        """Return the difference with an encrypted array or with plain numbers."""
        if isinstance(other, EncryptedArray):
            return self._plus(other, -1)
        return self._plus_plain(other, -1)

    def __rsub__(self, other: ArrayLike) -> EncryptedArray:
        """Return plain numbers minus the array."""
        return -self + other

    def __neg__(self) -> EncryptedArray:
        """Return the array with all signs changed."""
        return self._like(self._batch.negate(), self._shape)

    def __pos__(self) -> EncryptedArray:
        """Return the array itself."""
        return self

    # Multiplication.

    def multiply(
        self,
        other: ArrayLike,
        *,
        fractional_bits: int = DEFAULT_FRACTIONAL_BITS,
        progress: Progress = None,
    ) -> EncryptedArray:
        """Return the product with plain numbers, element by element; `*` does the same.

        The result is not re-randomised: from it and this array anyone finds `other`.

        Parameters
        ----------
        other : array_like
            Public numbers that broadcast with this array.
        fractional_bits : int
            The scale at which floats among them are encoded; it adds to the array's own.
        progress : bool or callable, optional
            As for `encrypt`.

        Raises
        ------
        EncodingOverflowError
            If the product might not fit the key.
        ParameterError
            If `other` is so small that all of it rounds to 0 at its scale.
        ShapeError
            If the shapes do not broadcast together.
        """
        if isinstance(other, EncryptedArray):
            raise UnsupportedOperationError(
                "two encrypted arrays cannot be multiplied: Paillier adds; multiply by plain numbers, "
                "or decrypt one of the two"
            )
        plain = encoding.as_numbers(other, "operand")
        shape = broadcast_shapes(self._shape, plain.shape)
        bits = encoding.check_fractional_bits(fractional_bits) if encoding.is_float(plain) else 0
        encoding.check_not_lost(plain, bits)
        integers, bound = encoding.encode_operand(np.broadcast_to(plain, shape), bits)
        new = self._encoding.times(bound, bits, not encoding.is_float(plain))
        new.check_fits(self._public.capacity, "multiplying")
        stretched = self.broadcast_to(shape)
        with reporting(progress, "multiplying") as callback:
            return self._encoded(stretched._batch.multiply(integers, callback), new, shape)

    def __mul__(self, other: ArrayLike) -> EncryptedArray:
        """Return the product with plain numbers, not re-randomised: see :meth:`multiply`."""
        return self.multiply(other)

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> EncryptedArray:
        """Return the array divided by one plain number, exactly: the division happens at decryption.

        Raises
        ------
        UnsupportedOperationError
            If `other` is an array: there is one public divisor.
        ParameterError
            If `other` is zero.
        """
        if isinstance(other, EncryptedArray) or np.ndim(other):
            raise UnsupportedOperationError(
                "an encrypted array can be divided by one plain number; else multiply by inverses"
            )
        number = encoding.as_numbers(other, "divisor")
        if not encoding.is_float(number):
            number = Integers.from_array(number, "divisor").to_array()  # refuses objects that are no integers
        quotient = Fraction(number.item())
        if not quotient:
            raise ParameterError("divisor is 0")
        left = self if quotient > 0 else -self
        if quotient.denominator != 1:
            left = left.multiply(quotient.denominator)
        return left._divide(abs(quotient.numerator))

    # Matrix products.

    def matmul(
        self,
        other: ArrayLike,
        *,
        left: bool = False,
        fractional_bits: int = DEFAULT_FRACTIONAL_BITS,
        progress: Progress = None,
    ) -> EncryptedArray:
        """Return the matrix product with plain numbers; `@` does the same.

        The result is not re-randomised: from it and this array anyone finds `other`.

        Parameters
        ----------
        other : array_like
            Public numbers. Axes follow `numpy.matmul`, stacks of matrices included.
        left : bool
            `other @ self` instead of `self @ other`.
        fractional_bits : int
            The scale at which floats in `other` are encoded; it adds to the array's own.
        progress : bool or callable, optional
            As for `encrypt`.

        Raises
        ------
        EncodingOverflowError
            If the product might not fit the key.
        ShapeError
            If the shapes do not go together.
        """
        if isinstance(other, EncryptedArray):
            raise UnsupportedOperationError("two encrypted arrays cannot be multiplied: Paillier adds")
        plain = encoding.as_numbers(other, "operand")
        bits = encoding.check_fractional_bits(fractional_bits) if encoding.is_float(plain) else 0
        encoding.check_not_lost(plain, bits)
        product = (
            linear.plan(plain.shape, self._shape) if left else linear.plan_right(self._shape, plain.shape)
        )
        _, bound = encoding.encode_operand(plain, bits)
        new = self._encoding.times(bound, bits, not encoding.is_float(plain)).summed(product.inner)
        new.check_fits(self._public.capacity, "multiplying matrices")
        if not product.inner:
            return self._encoded(self._zeros(product.size), new, product.shape)

        def encode(weights: NDArray[Any]) -> Integers:
            return encoding.encode_operand(weights, bits)[0]

        with reporting(progress, "multiplying") as callback:
            batch = product.run(self._batch, plain, encode, PaillierCiphertexts.matmul, callback)
        return self._encoded(batch, new, product.shape)

    def __matmul__(self, other: ArrayLike) -> EncryptedArray:
        """Return the product with a plain matrix, not re-randomised: see :meth:`matmul`."""
        return self.matmul(other)

    def __rmatmul__(self, other: ArrayLike) -> EncryptedArray:
        """Return the product of a plain matrix with the array, not re-randomised: see :meth:`matmul`."""
        return self.matmul(other, left=True)

    def dot(self, other: ArrayLike) -> EncryptedArray:
        """Return the dot product with plain numbers, by NumPy's rules: see :func:`privml.paillier.dot`."""
        from privml.paillier import products  # which needs this file

        return products.dot(self, other)

    def _numpy_functions(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        from privml.paillier import products  # which needs this file

        return {
            **super()._numpy_functions(),
            np.dot: products.dot,
            np.bincount: products.numpy_bincount,
        }

    # What leaves.

    def rerandomize(self, *, noise: Noise = "uniform", progress: Progress = None) -> EncryptedArray:
        """Return the same values under fresh noise, so that the ciphertexts do not show where they came from.

        Scale, bound and divisor stay as they are and still tell about operands' dtypes and magnitudes.

        Parameters
        ----------
        noise : {"uniform", "short"}
            `"short"` is many times faster and hides less. Everybody can compute the Jacobi symbol of a
            ciphertext modulo n. Short noise of a generated key always has the symbol +1, so it leaves a
            ciphertext's symbol as it was: of `c * w` with a `c` of symbol -1 it shows whether `w` is even.
            Take it only if all that went in was encrypted with short noise (whose symbols are all +1), by
            parties who are believed, and if the result does not go to the owner of the private key, who
            sees through it.
        progress : bool or callable, optional
            As for `encrypt`.
        """
        check_noise(noise)
        with reporting(progress, "re-randomising") as callback:
            return self._like(self._batch.rerandomize(noise, callback), self._shape)

    def raw(self) -> NDArray[Any]:
        """Return the ciphertexts as an object array of Python ints modulo n**2, for other software."""
        return raw_integers(self._batch).reshape(self._shape)

    @classmethod
    def from_raw(
        cls,
        ciphertexts: ArrayLike,
        public_key: PublicKey,
        *,
        bound: int,
        fractional_bits: int | None = None,
    ) -> EncryptedArray:
        """Return the array of ciphertexts made elsewhere.

        Parameters
        ----------
        ciphertexts : array_like of int
            Python ints, as from :meth:`raw`.
        public_key : PublicKey
            The key that they belong to.
        bound : int
            What the encrypted integers do not exceed in magnitude.
        fractional_bits : int, optional
            The scale of reals; None for integers.

        Raises
        ------
        InvalidCiphertextError
            If a number is not an invertible one between 0 and n**2.
        EncodingOverflowError
            If the key cannot hold `bound`.
        """
        numbers = np.array(ciphertexts, dtype=object)
        bits = 0 if fractional_bits is None else encoding.check_fractional_bits(fractional_bits)
        new = Encoding(fractional_bits is None, bits, encoding.check_int(bound, "bound", 0))
        new.check_fits(public_key.capacity, "taking ciphertexts with bound=")
        flat = [encoding.check_int(c, "ciphertext", 0) for c in numbers.flat]
        return cls(PaillierCiphertexts.from_raw(flat, public_key._core), numbers.shape, new, public_key)

    def to_bytes(self) -> bytes:
        """Return ciphertexts, shape, scale, bound and the key's fingerprint in privml's own format."""
        scale = self._encoding
        return self._batch.to_bytes(
            self._shape, scale.is_integer, scale.fractional_bits, scale.bound, scale.divisor
        )

    @classmethod
    def from_bytes(cls, data: bytes, public_key: PublicKey) -> EncryptedArray:
        """Return the array that :meth:`to_bytes` wrote; raises as :meth:`Stored.from_bytes` does."""
        found = PaillierCiphertexts.from_bytes(check_bytes(data), public_key._core)
        batch, shape, is_integer, fractional_bits, bound, divisor = found
        try:
            new = Encoding(is_integer, fractional_bits, bound, divisor)
            new.check_fits(public_key.capacity, "decoding")
            return cls(batch, tuple(shape), new, public_key)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"the encrypted array contradicts itself: {error}") from None


def common_with_bound(arrays: Sequence[EncryptedArray], bound: int) -> Encoding:
    """Return the scale that aligned arrays share, with the given bound."""
    scale = arrays[0]._encoding
    return Encoding(scale.is_integer, scale.fractional_bits, bound, scale.divisor)


def aligned(arrays: Sequence[EncryptedArray], doing: str) -> list[EncryptedArray]:
    """Bring arrays of one key to one scale."""
    check_same_key([array._public for array in arrays], doing)
    target = encoding.common_scale(array._encoding for array in arrays)
    return [array._rescaled(target, doing) for array in arrays]
