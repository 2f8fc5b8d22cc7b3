"""python-paillier (`phe`), an element at a time: it has no arrays.

Its licence is the GPL-3. This package neither needs it nor contains any of it; this file runs it beside ours,
in a process of its own, for who has installed it and asks for peers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from importlib import import_module
from operator import add, mul, sub
from typing import Any

from privml.bench.libraries.lists import ListLibrary

__all__ = ["Phe"]


class Phe(ListLibrary):
    """One ciphertext object for a number."""

    name = "phe"
    package = "phe"
    licence = "GPL-3.0"

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.phe: Any = import_module("phe")
        self.public, self.private = self.phe.generate_paillier_keypair(n_length=bits)

    def details(self) -> str:
        return "with gmpy2" if self.phe.util.HAVE_GMP else "WITHOUT gmpy2, which it would be faster with"

    def encrypt(self, x: list[int]) -> list[Any]:
        return [self.public.encrypt(value) for value in x]

    # It has one way to encrypt, with uniform noise, for everyone.
    encrypt_uniform = encrypt_owner = encrypt_owner_uniform = encrypt

    def decrypt(self, c: list[Any]) -> list[Any]:
        return [self.private.decrypt(value) for value in c]

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        return list(map(add, a, b))

    def subtract(self, a: list[Any], b: list[Any]) -> list[Any]:
        return list(map(sub, a, b))

    def dot(self, weights: list[int], c: list[Any]) -> list[Any]:
        return [reduce(add, map(mul, c, weights))]

    def multiply(self, c: list[Any], factors: list[int]) -> list[Any]:
        return list(map(mul, c, factors))

    def sum(self, c: list[Any]) -> list[Any]:
        return [reduce(add, c)]

    def aggregate(self, arrays: Sequence[list[float]]) -> list[float]:
        # One precision for all: else every addition would bring exponents together first.
        encrypted = [[self.public.encrypt(value, precision=2.0**-20) for value in x] for x in arrays]
        return self.decrypt([reduce(add, values) for values in zip(*encrypted, strict=True)])

    def size(self, c: list[Any]) -> int:
        return len(c) * -(-self.bits // 4)  # its numbers in binary; it has no binary format
