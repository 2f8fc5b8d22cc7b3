"""NumPy's shape rules for the arrays of every scheme.

An opaque array is a flat batch in the core, in C order, and a shape. Everything that only moves elements
(indexing, transposing, broadcasting, concatenating) is done by letting NumPy do it to an array of positions,
and then taking those positions from the batch in one call. A scheme supplies the batch and its algebra; this
file knows none. What needs a plaintext is refused by :mod:`privml._opaque`.
"""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, Self, SupportsIndex, TypeVar

import numpy as np
from numpy.typing import NDArray

from privml._opaque import Opaque
from privml.errors import DtypeError, ShapeError, UnsupportedOperationError

__all__ = ["Batch", "OpaqueArray", "Shape", "broadcast_shapes", "concatenate", "stack"]

Shape = tuple[int, ...]


class Batch(Protocol):
    """What this file needs of a batch in the core."""

    def __len__(self) -> int:
        """Return the number of elements."""
        ...

    def take(self, indices: NDArray[np.int64]) -> Self:
        """Return the elements at the given positions."""
        ...


B = TypeVar("B", bound=Batch)
A = TypeVar("A", bound="OpaqueArray[Any]")


class OpaqueArray(Opaque, ABC, Generic[B]):
    """An immutable array whose elements only the scheme's core can read.

    A scheme derives from this class and supplies `_like`, `_join` and, where it can add, `_sum_runs` and
    `_divide`.
    """

    __slots__ = ("_batch", "_shape")

    def __init__(self, batch: B, shape: Shape) -> None:
        if len(batch) != math.prod(shape):
            raise ShapeError(f"{len(batch)} elements do not fill the shape {shape}")
        self._batch = batch
        self._shape = shape

    # What a scheme supplies.

    @abstractmethod
    def _like(self, batch: B, shape: Shape) -> Self:
        """Return an array with other elements and otherwise the properties of this one."""

    @classmethod
    @abstractmethod
    def _join(cls, arrays: Sequence[Self]) -> Self:
        """Return all elements of all arrays, one after the other, as one flat array."""

    @abstractmethod
    def _describe(self) -> str:
        """Return what is public about the array besides its shape, for `repr`."""

    def _sum_runs(self, length: int, shape: Shape) -> Self:
        """Return the sums of consecutive runs of `length` elements (possibly 0), in an array of `shape`."""
        raise UnsupportedOperationError(f"{type(self).__name__} cannot be summed")

    def _divide(self, count: int) -> Self:
        """Return the array divided by a public positive integer."""
        raise UnsupportedOperationError(f"{type(self).__name__} cannot be divided")

    # Shape.

    @property
    def shape(self) -> Shape:
        """The lengths of the axes."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return len(self._batch)

    def __len__(self) -> int:
        """Return the length of the first axis."""
        if not self._shape:
            raise TypeError("len() of an array without axes")
        return self._shape[0]

    def __iter__(self) -> Iterator[Self]:
        """Iterate over the first axis."""
        if not self._shape:
            raise TypeError("iteration over an array without axes")
        return (self._taken(np.asarray(row)) for row in self._positions())

    def __repr__(self) -> str:
        """Return the shape and what else is public, never data."""
        return f"{type(self).__name__}(shape={self._shape}, {self._describe()})"

    def _positions(self) -> NDArray[np.int64]:
        return np.arange(self.size, dtype=np.int64).reshape(self._shape)

    def _taken(self, positions: NDArray[np.int64]) -> Self:
        flat = np.ascontiguousarray(positions.reshape(-1), dtype=np.int64)
        return self._like(self._batch.take(flat), positions.shape)

    def __getitem__(self, key: Any) -> Self:
        """Return a copy of some elements; slices, masks, index arrays, `...` and `None` work as in NumPy."""
        if isinstance(key, np.ma.MaskedArray):
            raise DtypeError("an index is a masked array, whose mask would be lost: fill the masked values")
        return self._taken(np.asarray(self._positions()[key], dtype=np.int64))

    def copy(self) -> Self:
        """Return the array itself, which never changes."""
        return self

    def reshape(self, *shape: SupportsIndex | Sequence[SupportsIndex]) -> Self:
        """Return the same elements in another shape, one length of which may be -1.

        Raises
        ------
        ShapeError
            If the sizes differ.
        """
        wanted: Any = shape[0] if len(shape) == 1 else shape
        try:
            return self._like(self._batch, np.broadcast_to(np.int8(0), self._shape).reshape(wanted).shape)
        except ValueError as error:
            raise ShapeError(str(error)) from None

    def ravel(self) -> Self:
        """Return the same elements along one axis, in C order."""
        return self._like(self._batch, (self.size,))

    flatten = ravel

    @property
    def T(self) -> Self:
        """The array with its axes reversed."""
        return self.transpose()

    def transpose(self, *axes: SupportsIndex | Sequence[SupportsIndex] | None) -> Self:
        """Return the array with its axes reversed, or in the given order.

        Raises
        ------
        ShapeError
            If `axes` is not an order of all the axes.
        """
        order: Any = axes[0] if len(axes) == 1 else (axes or None)
        try:
            return self._taken(self._positions().transpose(order))
        except ValueError as error:
            raise ShapeError(str(error)) from None

    def swapaxes(self, first: int, second: int) -> Self:
        """Return the array with two axes exchanged."""
        try:
            return self._taken(self._positions().swapaxes(first, second))
        except ValueError as error:
            raise ShapeError(str(error)) from None

    def broadcast_to(self, shape: Shape) -> Self:
        """Return the array stretched to `shape`; repeated elements are copies of the same ciphertext.

        Raises
        ------
        ShapeError
            If NumPy would not broadcast to this shape.
        """
        if shape == self._shape:
            return self
        try:
            return self._taken(np.broadcast_to(self._positions(), shape))
        except ValueError as error:
            raise ShapeError(str(error)) from None

    # Reductions.

    def _axes(self, axis: SupportsIndex | Sequence[SupportsIndex] | None) -> tuple[int, ...]:
        if axis is None:
            return tuple(range(self.ndim))
        given = [operator.index(a) for a in (axis if isinstance(axis, Sequence) else (axis,))]
        axes = [a + self.ndim if a < 0 else a for a in given]
        if len(set(axes)) != len(axes) or any(not 0 <= a < self.ndim for a in axes):
            raise ShapeError(f"axis is {axis}; allowed are different axes of an array with {self.ndim}")
        return tuple(axes)

    def _reduced(
        self,
        axis: SupportsIndex | Sequence[SupportsIndex] | None,
        keepdims: bool,
        runs: Callable[[Self, int, Shape], Self],
    ) -> Self:
        """Return what `runs` makes of the elements along these axes, consecutive for each result."""
        axes = self._axes(axis)
        kept = tuple(i for i in range(self.ndim) if i not in axes)
        shape = tuple(self._shape[i] for i in kept)
        length = math.prod(self._shape[i] for i in axes)
        if kept + axes == tuple(range(self.ndim)):
            moved = self
        else:
            moved = self._taken(self._positions().transpose(kept + axes))
        result = runs(moved, length, shape)
        if keepdims:
            result = result.reshape(tuple(1 if i in axes else n for i, n in enumerate(self._shape)))
        return result

    def sum(
        self, axis: SupportsIndex | Sequence[SupportsIndex] | None = None, *, keepdims: bool = False
    ) -> Self:
        """Return the sum over one axis, several, or all.

        Parameters
        ----------
        axis : int, tuple of int or None
            The axes to sum over; None is all.
        keepdims : bool
            Keep the summed axes, with length 1.

        Raises
        ------
        ShapeError
            If there is no such axis.
        EncodingOverflowError
            If the sum might not fit the key.
        """
        return self._reduced(axis, keepdims, type(self)._sum_runs)

    def mean(
        self, axis: SupportsIndex | Sequence[SupportsIndex] | None = None, *, keepdims: bool = False
    ) -> Self:
        """Return the mean over one axis, several, or all: the exact sum, divided at decryption.

        Raises
        ------
        ShapeError
            If there is no such axis, or it has the length 0.
        EncodingOverflowError
            If the sum might not fit the key.
        """
        count = math.prod(self._shape[i] for i in self._axes(axis))
        if count == 0:
            raise ShapeError(f"the mean of no elements: the shape is {self._shape} and axis is {axis}")
        return self.sum(axis, keepdims=keepdims)._divide(count)

    def _numpy_functions(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        return _SERVED


def broadcast_shapes(*shapes: Shape) -> Shape:
    """Return the shape to which all broadcast.

    Raises
    ------
    ShapeError
        If they do not go together.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"the shapes {', '.join(map(str, shapes))} do not broadcast together") from None


def _arranged(
    arrays: Iterable[A], what: str, arrange: Callable[[list[NDArray[np.int64]]], NDArray[np.int64]]
) -> A:
    parts = list(arrays)
    if not parts:
        raise ShapeError(f"{what} needs at least one array")
    for part in parts:
        if not isinstance(part, OpaqueArray) or type(part) is not type(parts[0]):
            found = ", ".join(sorted({type(p).__name__ for p in parts}))
            raise UnsupportedOperationError(
                f"{what} got {found}; allowed are encrypted arrays of one kind: encrypt the others first"
            )
    starts = np.cumsum([0, *(part.size for part in parts)])
    try:
        positions = arrange([part._positions() + start for part, start in zip(parts, starts, strict=False)])
    except ValueError as error:
        raise ShapeError(str(error)) from None
    joined = type(parts[0])._join(parts)
    if np.array_equal(positions.reshape(-1), np.arange(joined.size)):
        return joined.reshape(positions.shape)
    return joined._taken(positions)


def concatenate(arrays: Iterable[A], axis: SupportsIndex | None = 0) -> A:
    """Join encrypted arrays along an axis that they have.

    Parameters
    ----------
    arrays : sequence of encrypted arrays
        Of one kind, under one key, with equal shapes but for `axis`. Different scales are brought to one.
    axis : int or None
        The axis; None joins the flattened arrays.

    Raises
    ------
    ShapeError
        If the shapes do not go together, or there is no array.
    KeyMismatchError
        If the arrays belong to different keys.
    UnsupportedOperationError
        If something in `arrays` is not an encrypted array.
    """
    return _arranged(arrays, "concatenate", lambda parts: np.concatenate(parts, axis=axis))


def stack(arrays: Iterable[A], axis: SupportsIndex = 0) -> A:
    """Join encrypted arrays of one shape along a new axis.

    Parameters
    ----------
    arrays : sequence of encrypted arrays
        Of one kind, under one key, of one shape. Different scales are brought to one.
    axis : int
        Where the new axis goes.

    Raises
    ------
    ShapeError
        If the shapes differ, or there is no array.
    KeyMismatchError
        If the arrays belong to different keys.
    UnsupportedOperationError
        If something in `arrays` is not an encrypted array.
    """
    return _arranged(arrays, "stack", lambda parts: np.stack(parts, axis=operator.index(axis)))


# As NumPy calls them. What they do not take (`out`, `dtype`, `where`, ...) is a TypeError like any unknown
# argument.


def _sum(a: OpaqueArray[Any], axis: Any = None, *, keepdims: bool = False) -> OpaqueArray[Any]:
    return a.sum(axis, keepdims=keepdims)


def _mean(a: OpaqueArray[Any], axis: Any = None, *, keepdims: bool = False) -> OpaqueArray[Any]:
    return a.mean(axis, keepdims=keepdims)


def _reshape(a: OpaqueArray[Any], shape: Any) -> OpaqueArray[Any]:
    return a.reshape(shape)


def _ravel(a: OpaqueArray[Any]) -> OpaqueArray[Any]:
    return a.ravel()


def _broadcast_to(a: OpaqueArray[Any], shape: Any) -> OpaqueArray[Any]:
    return a.broadcast_to(shape if isinstance(shape, tuple) else tuple(np.atleast_1d(shape).tolist()))


def _expand_dims(a: OpaqueArray[Any], axis: Any) -> OpaqueArray[Any]:
    try:
        return a.reshape(np.expand_dims(a._positions(), axis).shape)
    except ValueError as error:
        raise ShapeError(str(error)) from None


def _transpose(a: OpaqueArray[Any], axes: Any = None) -> OpaqueArray[Any]:
    return a.transpose(axes)


def _size(a: OpaqueArray[Any], axis: SupportsIndex | None = None) -> int:
    return a.size if axis is None else a.shape[operator.index(axis)]


_SERVED: dict[Callable[..., Any], Callable[..., Any]] = {
    np.concatenate: concatenate,
    np.stack: stack,
    np.vstack: lambda tup: _arranged(tup, "vstack", np.vstack),
    np.hstack: lambda tup: _arranged(tup, "hstack", np.hstack),
    np.broadcast_to: _broadcast_to,
    np.expand_dims: _expand_dims,
    np.sum: _sum,
    np.mean: _mean,
    np.reshape: _reshape,
    np.ravel: _ravel,
    np.transpose: _transpose,
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: _size,
}
