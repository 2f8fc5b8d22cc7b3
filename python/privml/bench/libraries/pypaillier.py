"""pypaillier, whose module is called `paillier`: batches of ciphertexts as bytes, over GMP."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from privml.bench.libraries.lists import ListLibrary

__all__ = ["PyPaillier"]


class PyPaillier(ListLibrary):
    """One ciphertext for a number, lists of them in a call."""

    name = "pypaillier"
    package = "pypaillier"
    licence = "LGPL-3.0"

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.module: Any = import_module("paillier")
        self.public, self.secret = self.module.generate_keypair(bits)

    def _blobs(self, made: Any) -> list[bytes]:
        return [bytes(blob) for blob in made]

    def encrypt(self, x: list[int]) -> list[bytes]:
        return self._blobs(self.module.encrypt_integers(self.public, x))

    # It has one way to encrypt, for everyone.
    encrypt_owner = encrypt

    def decrypt(self, c: list[bytes]) -> list[int]:
        return [numerator for numerator, _ in self.module.decrypt_exact_many(self.secret, c)]

    def add(self, a: list[bytes], b: list[bytes]) -> list[bytes]:
        pairs = zip(a, b, strict=True)
        return [bytes(self.module.add_many(self.public, list(pair))) for pair in pairs]

    def multiply(self, c: list[bytes], factors: list[int]) -> list[bytes]:
        return self._blobs(self.module.multiply_integers_public(self.public, c, factors))

    def sum(self, c: list[bytes]) -> list[bytes]:
        return [bytes(self.module.add_many(self.public, c))]

    def size(self, c: list[bytes]) -> int:
        return sum(map(len, c))
