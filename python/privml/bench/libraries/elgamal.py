"""Additive ElGamal: privml over ristretto255, and lightphe's exponential ElGamal."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from privml import elgamal
from privml.bench.cases import OURS, Library

__all__ = ["AdditiveElGamal", "LightPhe"]


class AdditiveElGamal(Library):
    """privml over ristretto255."""

    name: ClassVar[str] = OURS

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.key = elgamal.AdditivePrivateKey._generated("ristretto255", False)

    def plain(self, numbers: NDArray[Any]) -> NDArray[Any]:
        return numbers

    def encrypt(self, x: NDArray[Any]) -> Any:
        # The limit that the sums need.
        return self.key.public_key.encrypt(x, limit=max(2**20, int(x.max(initial=0))))

    def decrypt(self, c: Any) -> Any:
        return self.key.decrypt(c)

    decrypt_wide = decrypt_widest = decrypt

    def add(self, a: Any, b: Any) -> Any:
        return a + b

    def multiply(self, c: Any, factors: NDArray[Any]) -> Any:
        return c * factors

    def sum(self, c: Any) -> Any:
        return c.sum().reshape(1)

    def bincount(self, c: Any, bins: NDArray[np.int64], count: int) -> Any:
        return elgamal.bincount(c, bins, minlength=count)

    def size(self, c: Any) -> int:
        return len(c.to_bytes())


class LightPhe(Library):
    """lightphe, a ciphertext object for each number."""

    name = package = "lightphe"
    licence = "MIT"

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        module = importlib.import_module("lightphe")
        self.cs = module.LightPHE(algorithm_name="Exponential-ElGamal", key_size=bits)

    def plain(self, numbers: NDArray[Any]) -> list[int]:
        return [int(number) for number in numbers]

    def encrypt(self, x: list[int]) -> list[Any]:
        return [self.cs.encrypt(number) for number in x]

    def decrypt(self, c: list[Any]) -> list[int]:
        return [self.cs.decrypt(one) for one in c]

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        return [x + y for x, y in zip(a, b, strict=True)]
