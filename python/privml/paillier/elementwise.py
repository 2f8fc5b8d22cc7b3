"""Arrays with one Paillier ciphertext per element: the algebra, over the shape rules of `privml._array`."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._array import broadcast_shapes
from privml._core import Integers, PaillierCiphertexts
from privml._progress import Progress, reporting
from privml.encoding import DEFAULT_FRACTIONAL_BITS, Encoding
from privml.errors import ParameterError, UnsupportedOperationError
from privml.paillier import linear
from privml.paillier.common import Noise, check_noise, raw_integers
from privml.paillier.secret_operands import SecretOperands

if TYPE_CHECKING:
    from privml.paillier.keys import PublicKey

__all__ = ["EncryptedArray"]


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

    __slots__ = ()
    _works = (
        "+ and - with encrypted arrays or plain numbers, * and @ with plain numbers, / by one plain number"
    )

    # What the base asks for.

    @staticmethod
    def _check_fits(new: Encoding, public_key: PublicKey, doing: str) -> None:
        new.check_fits(public_key.capacity, doing)

    def _zero(self) -> PaillierCiphertexts:
        zero = Integers.from_array(np.zeros(1, dtype=np.int64), "zeros")
        return self._public._core.encrypt(zero, "short", None)

    def _key_text(self) -> str:
        return f"{self._public.bits} bits"

    def _for_floats(self) -> EncryptedArray:
        # Integers, and means and quotients of them: they declare no scale for floats to be rounded to.
        finer = Encoding(False, DEFAULT_FRACTIONAL_BITS, 0, self._encoding.divisor)
        return self._rescaled(finer, "adding floats to integers")

    @staticmethod
    def _read(
        data: bytes, public_key: PublicKey
    ) -> tuple[PaillierCiphertexts, tuple[int, ...], bool, int, int, int]:
        return PaillierCiphertexts.from_bytes(data, public_key._core)

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
