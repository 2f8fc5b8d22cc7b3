"""What libraries without arrays have in common: an encrypted vector is a list, and loops are Python's."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from privml.bench.cases import Library

__all__ = ["ListLibrary"]


class ListLibrary(Library):
    """A library whose encrypted vectors are lists; it brings `multiply` and `sum`."""

    def plain(self, numbers: NDArray[Any]) -> Any:
        return numbers.tolist()  # some refuse NumPy's numbers

    def multiply(self, c: list[Any], factors: list[int]) -> list[Any]:
        raise NotImplementedError

    def sum(self, c: list[Any]) -> list[Any]:
        raise NotImplementedError

    def matmul(self, matrix: list[list[int]], c: list[Any]) -> list[Any]:
        return [self.sum(self.multiply(c, row))[0] for row in matrix]

    def repeat(self, c: list[Any], count: int) -> list[Any]:
        return [c[i % len(c)] for i in range(count)]
