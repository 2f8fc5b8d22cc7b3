"""Multiplicative ElGamal in the groups of RFC 7919: privml, and GMP's bare powers."""

from __future__ import annotations

import secrets
from importlib import import_module
from typing import Any, ClassVar

from numpy.typing import NDArray

from privml import elgamal
from privml.bench.cases import OURS, Library
from privml.bench.libraries.lists import ListLibrary
from privml.errors import ParameterError

__all__ = ["GmpPowers", "MultiplicativeElGamal"]

_SIZES = (2048, 3072, 4096)


def _key(bits: int) -> elgamal.MultiplicativePrivateKey:
    """Make a key in the smallest group of at least so many bits."""
    found = next((size for size in _SIZES if size >= bits), None)
    if found is None:
        raise ParameterError(f"bits is {bits}; the largest group has {_SIZES[-1]}")
    return elgamal.MultiplicativePrivateKey._generated(f"ffdhe{found}", False)


class MultiplicativeElGamal(Library):
    """privml, exponents short as by default."""

    name: ClassVar[str] = OURS

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.key = _key(bits)

    def plain(self, numbers: NDArray[Any]) -> NDArray[Any]:
        return numbers

    def encrypt(self, x: NDArray[Any]) -> Any:
        return self.key.public_key.encrypt(x, limit=2**20)

    def decrypt(self, c: Any) -> Any:
        return self.key.decrypt(c)

    def multiply(self, a: Any, b: Any) -> Any:
        return a * b

    def size(self, c: Any) -> int:
        return len(c.to_bytes())


class GmpPowers(ListLibrary):
    """The same mathematics with GMP and nothing around it: the same modulus, exponents of the same length."""

    name = "gmpy2"
    package = "gmpy2"
    licence = "LGPL-3.0"

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.gmp: Any = import_module("gmpy2")
        public = _key(bits).public_key
        self.exponent_bits = public.exponent_bits
        self.p, self.g = self.gmp.mpz(public.p), self.gmp.mpz(2)
        self.x = secrets.randbits(self.exponent_bits)
        self.h = self.gmp.powmod(self.g, self.x, self.p)

    def details(self) -> str:
        return str(self.gmp.mp_version())

    def encrypt(self, x: list[int]) -> list[Any]:
        power, p = self.gmp.powmod, self.p
        result = []
        for m in x:
            r = secrets.randbits(self.exponent_bits)
            result.append((power(self.g, r, p), m * power(self.h, r, p) % p))
        return result

    def decrypt(self, c: list[Any]) -> list[int]:
        return [self._decrypted(a, b) for a, b in c]

    def _decrypted(self, a: Any, b: Any) -> int:
        m = b * self.gmp.invert(self.gmp.powmod(a, self.x, self.p), self.p) % self.p
        # Elements are numbers up to the sign.
        return int(min(m, self.p - m))

    # Of two encrypted vectors, where lists of other schemes multiply by numbers.
    def multiply(self, c: list[Any], factors: list[Any]) -> list[Any]:
        p = self.p
        return [(a * d % p, b * e % p) for (a, b), (d, e) in zip(c, factors, strict=True)]
