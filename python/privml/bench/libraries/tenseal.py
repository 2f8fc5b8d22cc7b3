"""TenSEAL: the CKKS scheme of Microsoft SEAL, thousands of approximate numbers in a ciphertext."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from importlib import import_module
from operator import add
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from privml.bench.cases import Library

__all__ = ["ThreeModuli", "TwoRescalings"]


class TenSeal(Library):
    """Ring dimension 8192, which is 4096 numbers for a ciphertext; the size of our key is nothing to it."""

    package = "tenseal"
    licence = "Apache-2.0"
    MODULI: ClassVar[list[int]]
    SLOTS = 4096
    STEP = 2.0**-12

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.module: Any = import_module("tenseal")
        self.context = self.module.context(
            self.module.SCHEME_TYPE.CKKS, 2 * self.SLOTS, coeff_mod_bit_sizes=self.MODULI, n_threads=threads
        )
        self.context.global_scale = 2.0**40

    def pack(self, x: NDArray[np.float64]) -> list[Any]:
        starts = range(0, len(x), self.SLOTS)
        return [self.module.ckks_vector(self.context, x[i : i + self.SLOTS]) for i in starts]

    def aggregate(self, arrays: Sequence[list[Any]]) -> list[Any]:
        return [reduce(add, vectors) for vectors in zip(*arrays, strict=True)]

    def unpack(self, c: list[Any]) -> list[float]:
        return [value for vector in c for value in vector.decrypt()]

    def save(self, c: list[Any]) -> list[bytes]:
        return [vector.serialize() for vector in c]

    def load(self, data: list[bytes]) -> list[Any]:
        return [self.module.ckks_vector_from(self.context, part) for part in data]


class ThreeModuli(TenSeal):
    """As small as federated averaging can be set up."""

    name = "TenSEAL 60,40,40"
    MODULI: ClassVar[list[int]] = [60, 40, 40]


class TwoRescalings(TenSeal):
    """The parameters of its own tutorials."""

    name = "TenSEAL 60,40,40,60"
    MODULI: ClassVar[list[int]] = [60, 40, 40, 60]
