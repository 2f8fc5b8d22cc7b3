"""GMP's bare arithmetic through `gmpy2`."""

from __future__ import annotations

import secrets
from functools import reduce
from importlib import import_module
from typing import Any

from privml.bench.libraries.lists import ListLibrary

__all__ = ["Gmp"]


class Gmp(ListLibrary):
    """The same mathematics with GMP and nothing around it: what any library over GMP stays above."""

    name = "gmpy2"
    package = "gmpy2"
    licence = "LGPL-3.0"

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.gmp: Any = import_module("gmpy2")
        self.p, self.q = self._prime(bits // 2), self._prime(bits // 2)
        self.n = self.p * self.q
        self.p2, self.q2, self.n2 = self.p**2, self.q**2, self.n**2
        self.p2_inverse = self.gmp.invert(self.p2, self.q2)
        self.p_inverse = self.gmp.invert(self.p, self.q)
        self.h_p = self.gmp.invert((self.gmp.powmod(self.n + 1, self.p - 1, self.p2) - 1) // self.p, self.p)
        self.h_q = self.gmp.invert((self.gmp.powmod(self.n + 1, self.q - 1, self.q2) - 1) // self.q, self.q)
        self.h = self.gmp.powmod(self.n2 - (secrets.randbelow(int(self.n)) ** 2), self.n, self.n2)

    def details(self) -> str:
        return str(self.gmp.mp_version())

    def _prime(self, bits: int) -> Any:
        # With the two highest bits set, a product of two has twice the length.
        start = secrets.randbits(bits) | 3 << (bits - 2)
        prime = self.gmp.next_prime(start)
        while prime % 4 != 3:
            prime = self.gmp.next_prime(prime)
        return prime

    def _number(self, value: int, noise: Any) -> Any:
        return (1 + value * self.n) * noise % self.n2

    def _joined(self, modulo_p2: Any, modulo_q2: Any) -> Any:
        return modulo_p2 + self.p2 * ((modulo_q2 - modulo_p2) * self.p2_inverse % self.q2)

    def encrypt(self, x: list[int]) -> list[Any]:
        short = self.bits // 2
        return [self._number(v, self.gmp.powmod(self.h, secrets.randbits(short), self.n2)) for v in x]

    def encrypt_uniform(self, x: list[int]) -> list[Any]:
        n = int(self.n)
        return [self._number(v, self.gmp.powmod(secrets.randbelow(n), self.n, self.n2)) for v in x]

    def encrypt_owner_uniform(self, x: list[int]) -> list[Any]:
        def noise() -> Any:
            modulo_p2 = self.gmp.powmod(secrets.randbelow(int(self.p)), self.p, self.p2)
            return self._joined(modulo_p2, self.gmp.powmod(secrets.randbelow(int(self.q)), self.q, self.q2))

        return [self._number(value, noise()) for value in x]

    # A short exponent is as long as a prime: the same work.
    encrypt_owner = encrypt_owner_uniform

    def decrypt(self, c: list[Any]) -> list[int]:
        return [self._decrypted(value) for value in c]

    def _decrypted(self, c: Any) -> int:
        m_p = (self.gmp.powmod(c, self.p - 1, self.p2) - 1) // self.p * self.h_p % self.p
        m_q = (self.gmp.powmod(c, self.q - 1, self.q2) - 1) // self.q * self.h_q % self.q
        m = m_p + self.p * ((m_q - m_p) * self.p_inverse % self.q)
        return int(m - self.n if m > self.n // 2 else m)

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        n2 = self.n2
        return [left * right % n2 for left, right in zip(a, b, strict=True)]

    def multiply(self, c: list[Any], factors: list[int]) -> list[Any]:
        n2 = self.n2
        return [self.gmp.powmod(value, factor, n2) for value, factor in zip(c, factors, strict=True)]

    def sum(self, c: list[Any]) -> list[Any]:
        n2 = self.n2
        return [reduce(lambda left, right: left * right % n2, c)]
