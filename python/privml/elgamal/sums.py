"""Arrays with one additive ElGamal ciphertext per element: the algebra, and `bincount`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._array import OpaqueArray, Shape, broadcast_shapes
from privml._core import AdditiveCiphertexts, Integers
from privml._progress import Progress, reporting
from privml._stored import Stored, check_bytes, check_same_key
from privml._wording import a_type, readable
from privml.elgamal.keys import EncryptedArray
from privml.encoding import Encoding
from privml.errors import (
    DecodeError,
    DtypeError,
    EncodingOverflowError,
    ParameterError,
    ShapeError,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from privml.elgamal.additive import AdditivePublicKey

__all__ = ["AdditiveArray", "bincount"]

#: Most ciphertexts of a result of bincount: every bin has one, and one wrong number makes many.
MAX_SUMS = 1 << 20


def _check_fits(new: Encoding, doing: str) -> None:
    largest = max(new.bound, 1 << new.fractional_bits)
    if largest > AdditiveCiphertexts.LARGEST_PLAINTEXT:
        raise EncodingOverflowError(
            f"{doing}: the result may be as large as {readable(largest)} and what can be decrypted "
            "ends at 2**40; declare a smaller limit=, or use a smaller dtype"
        )


class AdditiveArray(Stored["AdditivePublicKey"], OpaqueArray[AdditiveCiphertexts]):
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

    __slots__ = ("_encoding", "_public")
    _works = "+ and - with encrypted arrays or plain numbers, * with plain integers, sum and mean"

    def __init__(
        self, batch: AdditiveCiphertexts, shape: Shape, scale: Encoding, public_key: AdditivePublicKey
    ) -> None:
        super().__init__(batch, shape)
        self._encoding = scale
        self._public = public_key

    # What the base asks for.

    def _like(self, batch: AdditiveCiphertexts, shape: Shape) -> AdditiveArray:
        return AdditiveArray(batch, shape, self._encoding, self._public)

    def _encoded(
        self, batch: AdditiveCiphertexts, new: Encoding, shape: Shape | None = None
    ) -> AdditiveArray:
        return AdditiveArray(batch, self._shape if shape is None else shape, new, self._public)

    @classmethod
    def _join(cls, arrays: Sequence[AdditiveArray]) -> AdditiveArray:
        parts = _aligned(arrays, "concatenating")
        scale = parts[0]._encoding
        bound = max(part._encoding.bound for part in parts)
        batch = AdditiveCiphertexts.concatenate([part._batch for part in parts])
        new = Encoding(scale.is_integer, scale.fractional_bits, bound, scale.divisor)
        return parts[0]._encoded(batch, new, (len(batch),))

    def _describe(self) -> str:
        scale = self._encoding
        kind = "integers" if scale.is_integer else f"fractional_bits={scale.fractional_bits}"
        bound = scale.bound if scale.bound < 10**6 else f"2**{(scale.bound - 1).bit_length()}"
        divisor = "" if scale.divisor == 1 else f", divisor={scale.divisor}"
        return f"{kind}, bound={bound}{divisor}, key={self._public.group}"

    def _sum_runs(self, length: int, shape: Shape) -> AdditiveArray:
        new = self._encoding.summed(length)
        _check_fits(new, "summing")
        if length == 0:
            return self._encoded(self._zeros(math.prod(shape)), new, shape)
        return self._encoded(self._batch.sum(length), new, shape)

    def _divide(self, count: int) -> AdditiveArray:
        return self._encoded(self._batch, self._encoding.divided(count))

    def _zeros(self, count: int) -> AdditiveCiphertexts:
        # What is empty sums to zero, which is no secret: one encryption of it serves for all.
        zero = Integers.from_array(np.zeros(1, dtype=np.int64), "zeros")
        return self._public._core.encrypt(zero, None).take(np.zeros(count, dtype=np.int64))

    def _decoded(self, integers: Integers) -> NDArray[Any]:
        return encoding.decode(integers, self._encoding, self._shape)

    def _numpy_functions(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        return {**super()._numpy_functions(), np.bincount: _numpy_bincount}

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

    def _rescaled(self, target: Encoding, doing: str) -> AdditiveArray:
        factor = self._encoding.factor_to(target)
        bound = self._encoding.bound * factor
        new = Encoding(target.is_integer, target.fractional_bits, bound, target.divisor)
        _check_fits(new, doing)
        if factor == 1:
            return self._encoded(self._batch, new)
        factors = Integers.from_array(np.full(self.size, factor, dtype=np.int64), "factors")
        return self._encoded(self._batch.multiply(factors, None), new)

    def _plus(self, other: AdditiveArray, sign: int) -> AdditiveArray:
        shape = broadcast_shapes(self._shape, other._shape)
        left, right = _aligned((self, other), "adding")
        new = left._encoding.plus(right._encoding.bound)
        _check_fits(new, "adding")
        left, right = left.broadcast_to(shape), right.broadcast_to(shape)
        combine = left._batch.add if sign > 0 else left._batch.subtract
        return left._encoded(combine(right._batch), new, shape)

    def _plus_plain(self, other: ArrayLike, sign: int) -> AdditiveArray:
        plain = encoding.as_numbers(other, "operand")
        shape = broadcast_shapes(self._shape, plain.shape)
        scale = self._encoding
        if encoding.is_float(plain) and not scale.fractional_bits:
            raise DtypeError(
                "operand holds floats and the encrypted array has no fractional bits: "
                "encrypt with fractional_bits=, or add integers"
            )
        factor = sign * scale.divisor * (1 if encoding.is_float(plain) else 1 << scale.fractional_bits)
        stretched = np.broadcast_to(plain, shape)
        integers, bound = encoding.encode_operand(stretched, scale.fractional_bits, factor)
        new = scale.plus(bound)
        _check_fits(new, "adding")
        left = self.broadcast_to(shape)
        return left._encoded(left._batch.add_plain(integers), new)

    def __add__(self, other: AdditiveArray | ArrayLike) -> AdditiveArray:
        """Return the sum with an encrypted array or with plain numbers."""
        return self._plus(other, 1) if isinstance(other, AdditiveArray) else self._plus_plain(other, 1)

    __radd__ = __add__

    def __sub__(self, other: AdditiveArray | ArrayLike) -> AdditiveArray:
        """Return the difference with an encrypted array or with plain numbers."""
        return self._plus(other, -1) if isinstance(other, AdditiveArray) else self._plus_plain(other, -1)

    def __rsub__(self, other: ArrayLike) -> AdditiveArray:
        """Return plain numbers minus the array."""
        return -self + other

    def __neg__(self) -> AdditiveArray:
        """Return the array with all signs changed."""
        return self._like(self._batch.negate(), self._shape)

    def __pos__(self) -> AdditiveArray:
        """Return the array itself."""
        return self

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
        _check_fits(new, "multiplying")
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

    def to_bytes(self) -> bytes:
        """Return ciphertexts, shape, scale, bound and the key's fingerprint in privml's own format."""
        scale = self._encoding
        return self._batch.to_bytes(
            self._shape, scale.is_integer, scale.fractional_bits, scale.bound, scale.divisor
        )

    @classmethod
    def from_bytes(cls, data: bytes, public_key: AdditivePublicKey) -> AdditiveArray:
        """Return the array that :meth:`to_bytes` wrote.

        Raises
        ------
        DecodeError
            If the bytes are not such an array.
        KeyMismatchError
            If the array belongs to another key.
        InvalidCiphertextError
            If a half is not the canonical encoding of an element of the group.
        """
        found = AdditiveCiphertexts.from_bytes(check_bytes(data), public_key._core)
        batch, shape, is_integer, fractional_bits, bound, divisor = found
        try:
            new = Encoding(is_integer, fractional_bits, bound, divisor)
            _check_fits(new, "decoding")
            return cls(batch, tuple(shape), new, public_key)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"the encrypted array contradicts itself: {error}") from None


EncryptedArray.register(AdditiveArray)


def _aligned(arrays: Sequence[AdditiveArray], doing: str) -> list[AdditiveArray]:
    """Bring arrays of one key to one scale."""
    check_same_key([array._public for array in arrays], doing)
    target = encoding.common_scale(array._encoding for array in arrays)
    return [array._rescaled(target, doing) for array in arrays]


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
    if not isinstance(c, AdditiveArray):
        raise UnsupportedOperationError(
            f"c is {a_type(c)}; bincount takes the AdditiveArray first and then the bins, bincount(c, bins)"
        )
    least = encoding.check_int(minlength, "minlength", 0)
    given = encoding.as_numbers(bins, "bins")
    if given.size == 0 and not isinstance(bins, np.ndarray):
        given = given.astype(np.int64)
    if given.dtype.kind not in "iu":
        raise DtypeError(f"bins has the dtype {given.dtype}; allowed are integers")
    if c.ndim not in (1, 2) or given.shape != c.shape[:1]:
        raise ShapeError(
            f"bincount got the shapes {c.shape} and {given.shape}; allowed are (n,) or (n, k), and (n,)"
        )
    if given.size and int(given.min()) < 0:
        raise ParameterError(f"bins has the number {int(given.min())}; allowed are numbers from 0")
    width = math.prod(c.shape[1:])
    count = max(least, int(given.max(initial=-1)) + 1 if given.size else 0)
    if count * width > MAX_SUMS:
        raise ParameterError(f"bins and minlength ask for more than {MAX_SUMS} sums, each a ciphertext")
    places = given.astype(np.int64)
    sizes = np.bincount(places, minlength=count)
    new = c.encoding.summed(int(sizes.max(initial=0)))
    _check_fits(new, "summing bins")
    # All of a bin's numbers of one column become neighbours; then come the next column's.
    order = np.argsort(places, kind="stable")
    positions = order[:, None] * width + np.arange(width, dtype=np.int64)
    sums = c._batch.take(np.ascontiguousarray(positions.T.reshape(-1))).sum_runs(np.tile(sizes, width))
    # The sum of nothing is the neutral ciphertext, which would show that the bin is empty: it gets noise.
    zeros = c._zeros(1)
    sums = AdditiveCiphertexts.concatenate([sums, zeros])
    rows = np.arange(width * count, dtype=np.int64).reshape(width, count)
    rows[:, sizes == 0] = width * count
    batch = sums.take(np.ascontiguousarray(rows.T.reshape(-1)))
    return c._encoded(batch, new, (count, *c.shape[1:]))


def _numpy_bincount(x: ArrayLike, weights: AdditiveArray | None = None, minlength: int = 0) -> AdditiveArray:
    """Serve `np.bincount(bins, weights=encrypted)`."""
    if weights is None or isinstance(x, AdditiveArray):
        raise UnsupportedOperationError("np.bincount takes encrypted weights alone: the bins are public")
    return bincount(weights, x, minlength=minlength)
