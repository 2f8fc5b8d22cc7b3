"""Products of encrypted arrays with secret plain numbers, which the result hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._array import OpaqueArray, broadcast_shapes
from privml._core import Integers, PaillierCiphertexts
from privml._progress import Progress, ProgressCallback, reporting
from privml._summable import SummableArray
from privml.encoding import DEFAULT_FRACTIONAL_BITS, Encoding
from privml.errors import UnsupportedOperationError
from privml.paillier import linear

if TYPE_CHECKING:
    from privml.paillier.keys import PublicKey  # noqa: F401  # named in a string below

__all__ = ["SecretOperands"]


class SecretOperands(SummableArray["PublicKey", PaillierCiphertexts]):
    """The verbs of an encrypted array whose plain operand is a secret of whoever calls them."""

    __slots__ = ()

    def _encode_secret(
        self, other: NDArray[np.generic], limit: float | None, fractional_bits: int
    ) -> tuple[Integers, Encoding]:
        capacity = self._public.capacity
        integers, _, scale = encoding.encode(
            other, fractional_bits=fractional_bits, limit=limit, capacity=capacity, name="operand"
        )
        return integers, scale

    def multiply_secret(
        self,
        other: ArrayLike,
        *,
        limit: float | None = None,
        fractional_bits: int = DEFAULT_FRACTIONAL_BITS,
        progress: Progress = None,
    ) -> Self:
        """Return the product with **secret** plain numbers, element by element, under fresh uniform noise.

        Much slower than `multiply`: the arithmetic takes constant time in `other`, and every element gets as
        much noise as from `encrypt` with `noise="uniform"`. Turning floats and Python ints into integers of
        the core is not constant time; taking NumPy's integers is.

        Whoever cannot decrypt the result learns nothing of `other`, if the DCR assumption holds. **The owner
        of the private key decrypts the product**, and finds `other` if they know what this array holds: add a
        secret random number before they get it, if they are not to. Public are the shapes, `limit` (without
        one the dtype), whether there are floats, and their scale. What is smaller than the scale becomes 0.

        Parameters
        ----------
        other : array_like
            Secret numbers that broadcast with this array.
        limit : float, optional
            What their magnitudes do not exceed, as for `encrypt`; the smaller it is, the faster this is.
        fractional_bits : int
            The scale at which floats among them are encoded; it adds to the array's own.
        progress : bool or callable, optional
            As for `encrypt`.

        Raises
        ------
        EncodingOverflowError
            If a number is beyond `limit`, or the product might not fit the key.
        ShapeError
            If the shapes do not broadcast together.

        Examples
        --------
        >>> from privml import paillier
        >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
        >>> c = key.public_key.encrypt([1, 2, 3])
        >>> key.decrypt(c.multiply_secret([10, 0, -1], limit=10))
        array([10,  0, -3])
        """
        plain = _plain(other)
        shape = broadcast_shapes(self._shape, plain.shape)
        integers, scale = self._encode_secret(np.broadcast_to(plain, shape), limit, fractional_bits)
        new = self._encoding.times(scale.bound, scale.fractional_bits, scale.is_integer)
        new.check_fits(self._public.capacity, "multiplying")
        with reporting(progress, "multiplying") as callback:
            batch = self.broadcast_to(shape)._batch.multiply_secret(
                integers, scale.bound.bit_length(), callback
            )
        return self._encoded(batch, new, shape)

    def matmul_secret(
        self,
        other: ArrayLike,
        *,
        left: bool = False,
        limit: float | None = None,
        fractional_bits: int = DEFAULT_FRACTIONAL_BITS,
        progress: Progress = None,
    ) -> Self:
        """Return the matrix product with **secret** plain numbers, under fresh uniform noise.

        What :meth:`multiply_secret` says of time, and of who learns what, holds here too: who decrypts learns
        the sums of products.

        Parameters
        ----------
        other : array_like
            Secret numbers. Axes follow `numpy.matmul`, stacks of matrices included.
        left : bool
            `other @ self` instead of `self @ other`.
        limit, fractional_bits, progress
            As for :meth:`multiply_secret`.

        Raises
        ------
        EncodingOverflowError
            If a number is beyond `limit`, or the product might not fit the key.
        ShapeError
            If the shapes do not go together.

        Examples
        --------
        >>> from privml import paillier
        >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
        >>> c = key.public_key.encrypt([1, 2, 3])
        >>> key.decrypt(c.matmul_secret([[1, 0, 1], [0, -5, 0]], left=True, limit=5))
        array([  4, -10])
        """
        plain = _plain(other)
        product = (
            linear.plan(plain.shape, self._shape) if left else linear.plan_right(self._shape, plain.shape)
        )
        _, scale = self._encode_secret(plain, limit, fractional_bits)
        new = self._encoding.times(scale.bound, scale.fractional_bits, scale.is_integer).summed(product.inner)
        new.check_fits(self._public.capacity, "multiplying matrices")
        bits = scale.bound.bit_length()

        def encode(weights: NDArray[np.generic]) -> Integers:
            return self._encode_secret(weights, limit, fractional_bits)[0]

        def multiply(
            column: PaillierCiphertexts, weights: Integers, rows: int, callback: ProgressCallback | None
        ) -> PaillierCiphertexts:
            return column.matmul_secret(weights, rows, bits, callback)

        with reporting(progress, "multiplying") as callback:
            batch = product.run(self._batch, plain, encode, multiply, callback)
        return self._encoded(batch, new, product.shape)


def _plain(other: ArrayLike) -> NDArray[np.generic]:
    if isinstance(other, OpaqueArray):
        raise UnsupportedOperationError("two encrypted arrays cannot be multiplied: Paillier adds")
    return encoding.as_numbers(other, "operand")
