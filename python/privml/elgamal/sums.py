"""Arrays with one additive ElGamal ciphertext per element: the algebra, and `bincount`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import _summable, encoding
from privml._array import broadcast_shapes
from privml._core import AdditiveCiphertexts, Integers
from privml._progress import Progress, reporting
from privml._summable import SummableArray
from privml._wording import readable
from privml.elgamal.keys import EncryptedArray
from privml.encoding import Encoding
from privml.errors import (
    DtypeError,
    EncodingOverflowError,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from privml.elgamal.additive import AdditivePublicKey

__all__ = ["AdditiveArray", "bincount"]


class AdditiveArray(SummableArray["AdditivePublicKey", AdditiveCiphertexts]):
    """An immutable array of additive ElGamal ciphertexts, made by `encrypt`.

    `+`, `-` take another encrypted array under the same key, or plain numbers; `*` takes plain integers.
    Shapes follow NumPy. A public bound travels along; an operation whose result might be beyond 2**40 is
    refused.

    **Plain operands count as public**: results are not re-randomised, and from `c` and `c * w` anyone finds
    `w`. See :meth:`rerandomize`. `c - c` and `c * 0` are the neutral ciphertext, which everybody can read.

    Examples
    --------
    >>> import numpy as np
    >>> from privml import elgamal
    >>> key = elgamal.PrivateKey.generate("ristretto255")
    >>> c = key.public_key.encrypt(np.arange(6).reshape(2, 3), limit=100)
    >>> key.decrypt(c[:, 1:] * [10, 100] - c[0, 0])
    array([[ 10, 200],
           [ 40, 500]])
    >>> key.decrypt(c.mean(axis=0))
    array([1.5, 2.5, 3.5])
    """

    __slots__ = ()
    _works = "+ and - with encrypted arrays or plain numbers, * with plain integers, sum and mean"

    # What the base asks for.

    @staticmethod
    def _check_fits(new: Encoding, public_key: AdditivePublicKey, doing: str) -> None:
        largest = max(new.bound, 1 << new.fractional_bits)
        if largest > AdditiveCiphertexts.LARGEST_PLAINTEXT:
            raise EncodingOverflowError(
                f"{doing}: the result may be as large as {readable(largest)} and what can be decrypted "
                "ends at 2**40; declare a smaller limit=, or use a smaller dtype"
            )

    def _zero(self) -> AdditiveCiphertexts:
        zero = Integers.from_array(np.zeros(1, dtype=np.int64), "zeros")
        return self._public._core.encrypt(zero, None)

    def _key_text(self) -> str:
        return self._public.group

    def _for_floats(self) -> AdditiveArray:
        raise DtypeError(
            "operand holds floats and the encrypted array has no fractional bits: "
            "encrypt with fractional_bits=, or add integers"
        )

    @staticmethod
    def _read(
        data: bytes, public_key: AdditivePublicKey
    ) -> tuple[AdditiveCiphertexts, tuple[int, ...], bool, int, int, int]:
        return AdditiveCiphertexts.from_bytes(data, public_key._core)

    def _numpy_functions(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        return {**super()._numpy_functions(), np.bincount: _numpy_bincount}

    # Multiplication.

    def multiply(self, other: ArrayLike, *, progress: Progress = None) -> AdditiveArray:
        """Return the product with plain integers, element by element; `*` does the same.

        The result is not re-randomised: from it and this array anyone finds `other`.

        Parameters
        ----------
        other : array_like
            Public integers that broadcast with this array; the smaller they are the faster.
        progress : bool or callable, optional
            As for `encrypt`.

        Raises
        ------
        DtypeError
            If `other` holds floats.
        EncodingOverflowError
            If the product might be beyond 2**40.
        ShapeError
            If the shapes do not broadcast together.
        """
        if isinstance(other, AdditiveArray):
            raise UnsupportedOperationError(
                "two encrypted arrays cannot be multiplied: additive ElGamal adds; multiply by plain "
                "integers, "
                'or take a group that multiplies ("ffdhe3072")'
            )
        plain = encoding.as_numbers(other, "operand")
        if encoding.is_float(plain):
            raise DtypeError("operand holds floats; allowed are integers: scale them yourself")
        shape = broadcast_shapes(self._shape, plain.shape)
        integers, bound = encoding.encode_operand(np.broadcast_to(plain, shape), 0)
        new = self._encoding.times(bound, 0, True)
        self._check_fits(new, self._public, "multiplying")
        stretched = self.broadcast_to(shape)
        with reporting(progress, "multiplying") as callback:
            return self._encoded(stretched._batch.multiply(integers, callback), new, shape)

    def __mul__(self, other: ArrayLike) -> AdditiveArray:
        """Return the product with plain integers, not re-randomised: see :meth:`multiply`."""
        return self.multiply(other)

    __rmul__ = __mul__

    # What leaves.

    def rerandomize(self, *, progress: Progress = None) -> AdditiveArray:
        """Return the same values under fresh noise, so that the ciphertexts do not show where they came from.

        They still show it to the owner of the private key. Scale, bound and divisor stay as they are and
        still tell about operands' dtypes and magnitudes.

        Parameters
        ----------
        progress : bool or callable, optional
            As for `encrypt`.
        """
        with reporting(progress, "re-randomising") as callback:
            return self._like(self._batch.rerandomize(callback), self._shape)

    def raw(self) -> NDArray[Any]:
        """Return the ciphertexts for other software: an object array of 64 bytes each.

        The encodings of `r G` and of `m G + r H`, as in RFC 9496.
        """
        data = self._batch.raw()
        out = np.empty(self.size, dtype=object)
        out[:] = [data[64 * i : 64 * i + 64] for i in range(self.size)]
        return out.reshape(self._shape)


EncryptedArray.register(AdditiveArray)


def bincount(c: AdditiveArray, bins: ArrayLike, *, minlength: int = 0) -> AdditiveArray:
    """Return the sums of the encrypted numbers in each bin, as `numpy.bincount(bins, weights=c)`.

    `bins` is public. Sums are not re-randomised; empty bins are fresh encryptions of 0. The bound of the
    result is that of the fullest bin.

    Parameters
    ----------
    c : AdditiveArray
        `(n,)`, or `(n, k)` for `k` numbers per row that share the row's bin.
    bins : array_like of int
        `(n,)`, the bin of each, from 0.
    minlength : int
        The least number of bins of the result.

    Returns
    -------
    AdditiveArray
        `(max(minlength, bins.max() + 1),)`, or with `k` as the second axis.

    Raises
    ------
    DtypeError
        If `bins` are no integers.
    EncodingOverflowError
        If a sum might be beyond 2**40.
    ParameterError
        If a bin or `minlength` is negative, or there would be more than 2**20 sums.
    ShapeError
        If the shapes do not go together.

    Examples
    --------
    >>> from privml import elgamal
    >>> key = elgamal.PrivateKey.generate("ristretto255")
    >>> c = key.public_key.encrypt([1, 2, 3, 4])
    >>> key.decrypt(elgamal.bincount(c, [0, 2, 0, 2], minlength=4))
    array([4, 0, 6, 0])
    """
    return _summable.bincount(AdditiveArray, c, bins, minlength)


def _numpy_bincount(x: ArrayLike, weights: AdditiveArray | None = None, minlength: int = 0) -> AdditiveArray:
    """Serve `np.bincount(bins, weights=encrypted)`."""
    return _summable.numpy_bincount(AdditiveArray, x, weights, minlength)
