"""Matrix products of a plain and an encrypted operand, as plain matrices times encrypted vectors.

The core multiplies one plain matrix with one encrypted vector, sharing the tables of powers of the vector's
elements among all rows. Here a product of any shapes, by NumPy's rules, becomes a list of those.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml._array import Shape, broadcast_shapes
from privml._core import Integers, PaillierCiphertexts
from privml._progress import ProgressCallback
from privml.errors import ShapeError

__all__ = ["Product", "plan", "plan_right"]


#: Encodes a plain matrix.
Encode = Callable[[NDArray[Any]], Integers]
#: Multiplies a vector by an encoded matrix of so many rows.
Multiply = Callable[[PaillierCiphertexts, Integers, int, ProgressCallback | None], PaillierCiphertexts]


@dataclass(frozen=True)
class Product:
    """A matrix product in terms of positions in the flat encrypted operand.

    Parameters
    ----------
    shape : tuple of int
        The result's.
    inner : int
        The length of the sums.
    encrypted : ndarray
        Positions, `(..., inner, vectors)`: the encrypted operand with the vectors as columns.
    plain_shape : tuple of int
        The plain operand's, once the vector of a one-dimensional one is a matrix.
    plain_transposed : bool
        The plain operand stands on the right: it is the transpose that multiplies.
    """

    shape: Shape
    inner: int
    encrypted: NDArray[np.int64]
    plain_shape: Shape
    plain_transposed: bool

    @property
    def size(self) -> int:
        """The number of elements of the result."""
        return math.prod(self.shape)

    def run(
        self,
        batch: PaillierCiphertexts,
        plain: NDArray[Any],
        encode: Encode,
        multiply: Multiply,
        progress: ProgressCallback | None,
    ) -> PaillierCiphertexts:
        """Multiply, and return the result's elements in C order."""
        weights = plain.reshape(self.plain_shape)
        if self.plain_transposed:
            weights = weights.swapaxes(-1, -2)
        rows = weights.shape[-2]
        stacks = np.broadcast_shapes(weights.shape[:-2], self.encrypted.shape[:-2])
        vectors = self.encrypted.shape[-1]
        if self.size == 0:
            return batch.take(np.empty(0, dtype=np.int64))
        weights = np.broadcast_to(weights, stacks + weights.shape[-2:])
        encrypted = np.broadcast_to(self.encrypted, stacks + self.encrypted.shape[-2:])
        total = math.prod(stacks) * vectors
        parts: list[PaillierCiphertexts] = []
        for index in np.ndindex(*stacks):
            integers = encode(weights[index])
            for vector in range(vectors):
                column = batch.take(np.ascontiguousarray(encrypted[index][:, vector]))
                parts.append(multiply(column, integers, rows, _part_of(progress, len(parts), total)))
        joined = PaillierCiphertexts.concatenate(parts)
        # The parts lie in the order (stack, vector, row).
        positions = np.arange(self.size, dtype=np.int64).reshape((*stacks, vectors, rows))
        if not self.plain_transposed:
            positions = positions.swapaxes(-1, -2)
        return joined.take(np.ascontiguousarray(positions.reshape(-1)))


def plan(plain: Shape, encrypted: Shape) -> Product:
    """Plan `plain @ encrypted`.

    Raises
    ------
    ShapeError
        If `numpy.matmul` would refuse the shapes.
    """
    _check(plain, encrypted)
    matrix = (1, *plain) if len(plain) == 1 else plain
    columns = (*encrypted, 1) if len(encrypted) == 1 else encrypted
    _check_inner(matrix[-1], columns[-2], plain, encrypted)
    stacks = broadcast_shapes(matrix[:-2], columns[:-2])
    shape = stacks + plain[:-1][-1:] + encrypted[1:][-1:]
    positions = np.arange(math.prod(columns), dtype=np.int64).reshape(columns)
    return Product(shape, columns[-2], positions, matrix, False)


def plan_right(encrypted: Shape, plain: Shape) -> Product:
    """Plan `encrypted @ plain`.

    Raises
    ------
    ShapeError
        If `numpy.matmul` would refuse the shapes.
    """
    _check(encrypted, plain)
    rows = (1, *encrypted) if len(encrypted) == 1 else encrypted
    matrix = (*plain, 1) if len(plain) == 1 else plain
    _check_inner(rows[-1], matrix[-2], encrypted, plain)
    stacks = broadcast_shapes(rows[:-2], matrix[:-2])
    shape = stacks + encrypted[:-1][-1:] + plain[1:][-1:]
    positions = np.arange(math.prod(rows), dtype=np.int64).reshape(rows).swapaxes(-1, -2)
    return Product(shape, rows[-1], positions, matrix, True)


def _check(left: Shape, right: Shape) -> None:
    if not left or not right:
        raise ShapeError("@ needs at least one axis on either side; multiply by a single number with *")


def _check_inner(left: int, right: int, left_shape: Shape, right_shape: Shape) -> None:
    if left != right:
        raise ShapeError(f"@ cannot join the shapes {left_shape} and {right_shape}: {left} is not {right}")


def _part_of(progress: ProgressCallback | None, part: int, parts: int) -> ProgressCallback | None:
    if progress is None:
        return None
    report = progress
    return lambda done, total: report(part * total + done, parts * total)
