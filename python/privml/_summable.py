"""The algebra of encrypted arrays that add: sums, differences, public multiples, scales and sums in bins.

Written once over what a scheme supplies: its batches, the check that a result fits, an encryption of zero.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._array import Batch, OpaqueArray, Shape, broadcast_shapes
from privml._core import Integers
from privml._progress import ProgressCallback
from privml._stored import Fingerprinted, Stored, check_bytes, check_same_key
from privml._wording import a_type
from privml.encoding import Encoding
from privml.errors import DecodeError, DtypeError, ParameterError, ShapeError, UnsupportedOperationError

__all__ = ["SummableArray", "aligned", "bincount", "common_with_bound", "numpy_bincount", "repeated"]

#: Most ciphertexts of a result of bincount: every bin has one, empty ones too; one wrong number makes many.
MAX_SUMS = 1 << 20


class SummableBatch(Batch, Protocol):
    """What this file needs of a scheme's batch in the core."""

    def add(self, other: Self) -> Self:
        """Return the sums, element by element."""
        ...

    def subtract(self, other: Self) -> Self:
        """Return the differences."""
        ...

    def negate(self) -> Self:
        """Return the negatives."""
        ...

    def add_plain(self, values: Integers) -> Self:
        """Return the sums with public integers."""
        ...

    def multiply(self, values: Integers, progress: ProgressCallback | None) -> Self:
        """Return the products with public integers."""
        ...

    def sum(self, segment: int) -> Self:
        """Return the sums of runs of one length."""
        ...

    def sum_runs(self, lengths: NDArray[np.int64]) -> Self:
        """Return the sums of runs of these lengths, none of them 0."""
        ...

    @staticmethod
    def concatenate(parts: list[Any]) -> Any:
        """Return all elements, one batch after the other."""
        ...

    def to_bytes(
        self, shape: Shape, is_integer: bool, fractional_bits: int, bound: int, divisor: int
    ) -> bytes:
        """Return the array's encoding."""
        ...


K = TypeVar("K", bound=Fingerprinted)
S = TypeVar("S", bound=SummableBatch)
A = TypeVar("A", bound="SummableArray[Any, Any]")


class SummableArray(Stored[K], OpaqueArray[S]):
    """An array that adds; a scheme derives from it."""

    __slots__ = ("_encoding", "_public")
    _encoding: Encoding

    def __init__(self, batch: S, shape: Shape, scale: Encoding, public_key: K) -> None:
        super().__init__(batch, shape)
        self._encoding = scale
        self._public = public_key

    # What a scheme supplies.

    @staticmethod
    @abstractmethod
    def _check_fits(new: Encoding, public_key: Any, doing: str) -> None:
        """Refuse what the key could not hold."""

    @abstractmethod
    def _zero(self) -> S:
        """Return one fresh encryption of zero."""

    @abstractmethod
    def _key_text(self) -> str:
        """Return what `repr` says of the key."""

    @abstractmethod
    def _for_floats(self) -> Self:
        """Return the array at a scale to which plain floats can be rounded, or refuse them."""

    @staticmethod
    @abstractmethod
    def _read(data: bytes, public_key: Any) -> tuple[S, tuple[int, ...], bool, int, int, int]:
        """Return batch, shape and the fields of the encoding that bytes hold."""

    # What the base asks for.

    def _encoded(self, batch: S, new: Encoding, shape: Shape | None = None) -> Self:
        return type(self)(batch, self._shape if shape is None else shape, new, self._public)

    def _like(self, batch: S, shape: Shape) -> Self:
        return self._encoded(batch, self._encoding, shape)

    @classmethod
    def _join(cls, arrays: Sequence[Self]) -> Self:
        parts = aligned(arrays, "concatenating")
        first = parts[0]
        bound = max(part._encoding.bound for part in parts)
        batch = first._batch.concatenate([part._batch for part in parts])
        return first._encoded(batch, common_with_bound(parts, bound), (len(batch),))

    def _describe(self) -> str:
        scale = self._encoding
        kind = "integers" if scale.is_integer else f"fractional_bits={scale.fractional_bits}"
        bound = scale.bound if scale.bound < 10**6 else f"2**{(scale.bound - 1).bit_length()}"
        divisor = "" if scale.divisor == 1 else f", divisor={scale.divisor}"
        return f"{kind}, bound={bound}{divisor}, key={self._key_text()}"

    def _sum_runs(self, length: int, shape: Shape) -> Self:
        new = self._encoding.summed(length)
        self._check_fits(new, self._public, "summing")
        if length == 0:
            return self._encoded(self._zeros(math.prod(shape)), new, shape)
        return self._encoded(self._batch.sum(length), new, shape)

    def _sum_bins(self, bins: NDArray[np.int64], sizes: NDArray[np.int64]) -> Self:
        shape = (len(sizes), *self._shape[1:])
        width = math.prod(self._shape[1:])
        new = self._encoding.summed(int(sizes.max(initial=0)))
        self._check_fits(new, self._public, "summing bins")
        # All of a bin's numbers of one column become neighbours; then come the next column's.
        order = np.argsort(bins, kind="stable")
        positions = order[:, None] * width + np.arange(width, dtype=np.int64)
        runs = np.tile(sizes[sizes > 0], width)
        sums = self._batch.take(np.ascontiguousarray(positions.T.reshape(-1))).sum_runs(runs)
        empty = int(np.count_nonzero(sizes == 0)) * width
        if empty:
            sums = sums.concatenate([sums, self._zeros(empty)])
        places = np.empty((width, len(sizes)), dtype=np.int64)
        filled = np.broadcast_to(sizes > 0, places.shape)
        places[filled] = np.arange(len(runs))
        places[~filled] = len(runs) + np.arange(empty)
        return self._encoded(sums.take(np.ascontiguousarray(places.T.reshape(-1))), new, shape)

    def _divide(self, count: int) -> Self:
        return self._encoded(self._batch, self._encoding.divided(count))

    def _zeros(self, count: int) -> S:
        # What is empty sums to zero, which is no secret: one encryption of it serves for all.
        return self._zero().take(np.zeros(count, dtype=np.int64))

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

    def _rescaled(self, target: Encoding, doing: str) -> Self:
        factor = self._encoding.factor_to(target)
        bound = self._encoding.bound * factor
        new = Encoding(target.is_integer, target.fractional_bits, bound, target.divisor)
        self._check_fits(new, self._public, doing)
        if factor == 1:
            return self._encoded(self._batch, new)
        return self._encoded(self._batch.multiply(repeated(factor, self.size), None), new)

    def _plus(self, other: Self | ArrayLike, sign: int) -> Self:
        if isinstance(other, type(self)):
            return self._plus_encrypted(other, sign)
        return self._plus_plain(other, sign)

    def _plus_encrypted(self, other: Self, sign: int) -> Self:
        shape = broadcast_shapes(self._shape, other._shape)
        left, right = aligned((self, other), "adding")
        new = left._encoding.plus(right._encoding.bound)
        self._check_fits(new, self._public, "adding")
        left, right = left.broadcast_to(shape), right.broadcast_to(shape)
        combine = left._batch.add if sign > 0 else left._batch.subtract
        return left._encoded(combine(right._batch), new, shape)

    def _plus_plain(self, other: Any, sign: int) -> Self:
        plain = encoding.as_numbers(other, "operand")
        shape = broadcast_shapes(self._shape, plain.shape)
        left = self._for_floats() if encoding.is_float(plain) and not self.fractional_bits else self
        scale = left._encoding
        # Floats are encoded at the array's scale; integers have none and are brought to it.
        factor = sign * scale.divisor * (1 if encoding.is_float(plain) else 1 << scale.fractional_bits)
        stretched = np.broadcast_to(plain, shape)
        integers, bound = encoding.encode_operand(stretched, scale.fractional_bits, factor)
        new = scale.plus(bound)
        self._check_fits(new, self._public, "adding")
        left = left.broadcast_to(shape)
        return left._encoded(left._batch.add_plain(integers), new)

    def __add__(self, other: Self | ArrayLike) -> Self:
        """Return the sum with an encrypted array or with plain numbers."""
        return self._plus(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Self | ArrayLike) -> Self:
        """Return the difference with an encrypted array or with plain numbers."""
        return self._plus(other, -1)

    def __rsub__(self, other: ArrayLike) -> Self:
        """Return plain numbers minus the array."""
        return -self + other

    def __neg__(self) -> Self:
        """Return the array with all signs changed."""
        return self._like(self._batch.negate(), self._shape)

    def __pos__(self) -> Self:
        """Return the array itself."""
        return self

    # What leaves.

    def to_bytes(self) -> bytes:
        """Return ciphertexts, shape, scale, bound and the key's fingerprint in privml's own format."""
        scale = self._encoding
        return self._batch.to_bytes(
            self._shape, scale.is_integer, scale.fractional_bits, scale.bound, scale.divisor
        )

    @classmethod
    def from_bytes(cls, data: bytes, public_key: K) -> Self:
        """Return the array that :meth:`to_bytes` wrote; raises as :meth:`Stored.from_bytes` does."""
        batch, shape, is_integer, fractional_bits, bound, divisor = cls._read(check_bytes(data), public_key)
        try:
            new = Encoding(is_integer, fractional_bits, bound, divisor)
            cls._check_fits(new, public_key, "decoding")
            return cls(batch, tuple(shape), new, public_key)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"the encrypted array contradicts itself: {error}") from None


def repeated(factor: int, count: int) -> Integers:
    """Return one public integer `count` times."""
    return Integers.from_array(np.full(count, factor, dtype=object), "factor")


def common_with_bound(arrays: Sequence[SummableArray[Any, Any]], bound: int) -> Encoding:
    """Return the scale that aligned arrays share, with the given bound."""
    scale = arrays[0]._encoding
    return Encoding(scale.is_integer, scale.fractional_bits, bound, scale.divisor)


def aligned(arrays: Sequence[A], doing: str) -> list[A]:
    """Bring arrays of one key to one scale."""
    check_same_key([array._public for array in arrays], doing)
    target = encoding.common_scale(array._encoding for array in arrays)
    return [array._rescaled(target, doing) for array in arrays]


def bincount(kind: type[A], c: A, bins: ArrayLike, minlength: int) -> A:
    """Return the sums of an array of a scheme's class in each public bin; the schemes document it.

    Raises
    ------
    DtypeError
        If `bins` are no integers.
    ParameterError
        If a bin or `minlength` is negative, or there would be more than 2**20 sums.
    ShapeError
        If the shapes do not go together.
    """
    if not isinstance(c, kind):
        raise UnsupportedOperationError(
            f"c is {a_type(c)}; bincount takes the {kind.__name__} first and then the bins, bincount(c, bins)"
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
    if max(least, int(given.max(initial=0)) + 1) * math.prod(c.shape[1:]) > MAX_SUMS:
        raise ParameterError(f"bins and minlength ask for more than {MAX_SUMS} sums, each a ciphertext")
    places = given.astype(np.int64)
    count = max(least, int(places.max()) + 1 if places.size else 0)
    return c._sum_bins(places, np.bincount(places, minlength=count))


def numpy_bincount(kind: type[A], x: Any, weights: A | None, minlength: int) -> A:
    """Serve `np.bincount(bins, weights=encrypted)`."""
    if weights is None or isinstance(x, kind):
        raise UnsupportedOperationError("np.bincount takes encrypted weights alone: the bins are public")
    return bincount(kind, weights, x, minlength)
