"""Paillier: privml, python-paillier (`phe`), and GMP's bare arithmetic through `gmpy2`."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np
from numpy.typing import NDArray
from privml import paillier

from benches.cases import OURS, Job, Library, Operation, Scheme, Sizes, optional

__all__ = ["SCHEME", "Gmp", "Ours", "Phe"]

phe: Any = optional("phe")
gmpy2: Any = optional("gmpy2")


# --- the libraries -----------------------------------------------------------------------------------
# Each takes numbers in the form it likes (`plain`), so that no conversion is timed. An encrypted vector
# slices, whatever it is.


class Ours(Library):
    """This library."""

    name = OURS

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.key = paillier.PrivateKey.generate(bits, insecure_key_size=bits < 2048)
        self.public = self.key.public_key

    def plain(self, numbers: NDArray[Any]) -> NDArray[Any]:
        return numbers

    def encrypt(self, x: NDArray[Any]) -> Any:
        return self.public.encrypt(x)

    def encrypt_uniform(self, x: NDArray[Any]) -> Any:
        return self.public.encrypt(x, noise="uniform")

    def encrypt_owner(self, x: NDArray[Any]) -> Any:
        return self.key.encrypt(x)

    def encrypt_owner_uniform(self, x: NDArray[Any]) -> Any:
        return self.key.encrypt(x, noise="uniform")

    def decrypt(self, c: Any) -> Any:
        return self.key.decrypt(c)

    def add(self, a: Any, b: Any) -> Any:
        return a + b

    def multiply(self, c: Any, factors: NDArray[Any]) -> Any:
        return c * factors

    def matmul(self, matrix: NDArray[Any], c: Any) -> Any:
        return matrix @ c

    def sum(self, c: Any) -> Any:
        return c.sum().reshape(1)

    def aggregate(self, arrays: Sequence[NDArray[Any]]) -> Any:
        packed = [self.public.pack(x, limit=8, value_bits=24, additions=1000) for x in arrays]
        return self.key.decrypt(paillier.aggregate(packed))


class Phe(Library):
    """python-paillier, an element at a time: it has no arrays."""

    name = "phe"
    requires = ("phe",)

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.public, self.private = phe.generate_paillier_keypair(n_length=bits)

    def plain(self, numbers: NDArray[Any]) -> Any:
        return numbers.tolist()  # it refuses NumPy's numbers

    def encrypt(self, x: list[int]) -> list[Any]:
        return [self.public.encrypt(value) for value in x]

    # It has one way to encrypt, with uniform noise, for everyone.
    encrypt_uniform = encrypt_owner = encrypt_owner_uniform = encrypt

    def decrypt(self, c: list[Any]) -> list[Any]:
        return [self.private.decrypt(value) for value in c]

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        return list(map(add, a, b))

    def multiply(self, c: list[Any], factors: list[int]) -> list[Any]:
        return list(map(mul, c, factors))

    def matmul(self, matrix: list[list[int]], c: list[Any]) -> list[Any]:
        return [reduce(add, map(mul, c, row)) for row in matrix]

    def sum(self, c: list[Any]) -> list[Any]:
        return [reduce(add, c)]

    def aggregate(self, arrays: Sequence[list[float]]) -> list[float]:
        # One precision for all: else every addition would bring exponents together first.
        encrypted = [[self.public.encrypt(value, precision=2.0**-20) for value in x] for x in arrays]
        return self.decrypt([reduce(add, values) for values in zip(*encrypted, strict=True)])


class Gmp(Library):
    """The same mathematics with GMP and nothing around it: what any library over GMP stays above."""

    name = "gmpy2"
    requires = ("gmpy2",)

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.p, self.q = self._prime(bits // 2), self._prime(bits // 2)
        self.n = self.p * self.q
        self.p2, self.q2, self.n2 = self.p**2, self.q**2, self.n**2
        self.p2_inverse = gmpy2.invert(self.p2, self.q2)
        self.p_inverse = gmpy2.invert(self.p, self.q)
        self.h_p = gmpy2.invert((gmpy2.powmod(self.n + 1, self.p - 1, self.p2) - 1) // self.p, self.p)
        self.h_q = gmpy2.invert((gmpy2.powmod(self.n + 1, self.q - 1, self.q2) - 1) // self.q, self.q)
        self.h = gmpy2.powmod(self.n2 - (secrets.randbelow(int(self.n)) ** 2), self.n, self.n2)

    @staticmethod
    def _prime(bits: int) -> Any:
        # With the two highest bits set, a product of two has twice the length.
        start = secrets.randbits(bits) | 3 << (bits - 2)
        prime = gmpy2.next_prime(start)
        while prime % 4 != 3:
            prime = gmpy2.next_prime(prime)
        return prime

    def plain(self, numbers: NDArray[Any]) -> Any:
        return numbers.tolist()

    def _number(self, value: int, noise: Any) -> Any:
        return (1 + value * self.n) * noise % self.n2

    def _joined(self, modulo_p2: Any, modulo_q2: Any) -> Any:
        return modulo_p2 + self.p2 * ((modulo_q2 - modulo_p2) * self.p2_inverse % self.q2)

    def encrypt(self, x: list[int]) -> list[Any]:
        short = self.bits // 2
        return [self._number(v, gmpy2.powmod(self.h, secrets.randbits(short), self.n2)) for v in x]

    def encrypt_uniform(self, x: list[int]) -> list[Any]:
        n = int(self.n)
        return [self._number(v, gmpy2.powmod(secrets.randbelow(n), self.n, self.n2)) for v in x]

    def encrypt_owner_uniform(self, x: list[int]) -> list[Any]:
        def noise() -> Any:
            modulo_p2 = gmpy2.powmod(secrets.randbelow(int(self.p)), self.p, self.p2)
            return self._joined(modulo_p2, gmpy2.powmod(secrets.randbelow(int(self.q)), self.q, self.q2))

        return [self._number(value, noise()) for value in x]

    # A short exponent is as long as a prime: the same work.
    encrypt_owner = encrypt_owner_uniform

    def decrypt(self, c: list[Any]) -> list[int]:
        return [self._decrypted(value) for value in c]

    def _decrypted(self, c: Any) -> int:
        m_p = (gmpy2.powmod(c, self.p - 1, self.p2) - 1) // self.p * self.h_p % self.p
        m_q = (gmpy2.powmod(c, self.q - 1, self.q2) - 1) // self.q * self.h_q % self.q
        m = m_p + self.p * ((m_q - m_p) * self.p_inverse % self.q)
        return int(m - self.n if m > self.n // 2 else m)

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        n2 = self.n2
        return [left * right % n2 for left, right in zip(a, b, strict=True)]

    def multiply(self, c: list[Any], factors: list[int]) -> list[Any]:
        n2 = self.n2
        return [gmpy2.powmod(value, factor, n2) for value, factor in zip(c, factors, strict=True)]

    def matmul(self, matrix: list[list[int]], c: list[Any]) -> list[Any]:
        return [self.sum(self.multiply(c, row))[0] for row in matrix]

    def sum(self, c: list[Any]) -> list[Any]:
        n2 = self.n2
        return [reduce(lambda left, right: left * right % n2, c)]


# --- the operations ----------------------------------------------------------------------------------

# Of many values every fifteenth is decrypted to check: an odd step comes by every lane of a vector.
_STEP, _MANY = 15, 100


def _integers(*shape: int) -> NDArray[np.int64]:
    """Return int16 numbers, both signs, as int64 so that results fit."""
    return np.random.default_rng(7).integers(-(2**15), 2**15, size=shape)


def _expects(library: Any, expected: NDArray[Any]) -> Any:
    """Return a check that an encrypted array holds what is expected."""

    def check(found: Any) -> None:
        assert len(found) == len(expected)
        step = _STEP if len(expected) > _MANY else 1
        np.testing.assert_array_equal(library.decrypt(found[::step]), expected[::step])

    return check


def _count(library: Library, ours: int, theirs: int) -> int:
    return ours if library.name == OURS else theirs


def _encryption(name: str, method: str, ours: str = "values") -> Operation:
    def prepare(library: Any, sizes: Sizes) -> Job:
        x = _integers(_count(library, getattr(sizes, ours), sizes.slow))
        plain, encrypt = library.plain(x), getattr(library, method)
        return Job(lambda: encrypt(plain), _expects(library, x), len(x))

    return Operation(name, method, prepare)


def _decrypt(library: Any, sizes: Sizes) -> Job:
    x = _integers(_count(library, sizes.values, sizes.slow))
    c = library.encrypt_owner(library.plain(x))
    return Job(lambda: library.decrypt(c), lambda found: np.testing.assert_array_equal(found, x), len(x))


def _add(library: Any, sizes: Sizes) -> Job:
    x = _integers(_count(library, sizes.values, sizes.fast))
    c, d = library.encrypt_owner(library.plain(x)), library.encrypt_owner(library.plain(3 * x))
    return Job(lambda: library.add(c, d), _expects(library, 4 * x), len(x))


def _multiply(library: Any, sizes: Sizes) -> Job:
    x = _integers(_count(library, sizes.values, sizes.fast))
    c, factors = library.encrypt_owner(library.plain(x)), library.plain(x[::-1].astype(np.int16))
    return Job(lambda: library.multiply(c, factors), _expects(library, x * x[::-1]), len(x))


def _matmul(library: Any, sizes: Sizes) -> Job:
    matrix = _integers(_count(library, sizes.rows, sizes.peer_rows), sizes.columns)
    x = _integers(sizes.columns)
    c, plain = library.encrypt_owner(library.plain(x)), library.plain(matrix.astype(np.int16))
    return Job(lambda: library.matmul(plain, c), _expects(library, matrix @ x), matrix.size)


def _sum(library: Any, sizes: Sizes) -> Job:
    x = _integers(_count(library, sizes.values, sizes.fast))
    c = library.encrypt_owner(library.plain(x))
    return Job(lambda: library.sum(c), _expects(library, x.sum(keepdims=True)), len(x))


def _aggregate(library: Any, sizes: Sizes) -> Job:
    length = _count(library, sizes.packed, sizes.peer_packed)
    arrays = np.random.default_rng(7).uniform(-1, 1, size=(sizes.parties, length))
    plain = [library.plain(x) for x in arrays]
    # Each of the numbers is rounded to a grid of 2**-20.
    error = sizes.parties * 2.0**-20

    def check(found: Any) -> None:
        np.testing.assert_allclose(found, arrays.sum(axis=0), rtol=0, atol=error)

    return Job(lambda: library.aggregate(plain), check, math.prod(arrays.shape))


SCHEME = Scheme(
    name="paillier",
    libraries=(Ours, Phe, Gmp),
    operations=(
        _encryption("encrypt, public key", "encrypt"),
        _encryption("encrypt, public key, uniform noise", "encrypt_uniform", "uniform"),
        _encryption("encrypt, key's owner", "encrypt_owner"),
        _encryption("encrypt, key's owner, uniform noise", "encrypt_owner_uniform", "uniform"),
        Operation("decrypt", "decrypt", _decrypt),
        Operation("encrypted + encrypted", "add", _add),
        Operation("encrypted * int16", "multiply", _multiply),
        Operation("int16 matrix @ encrypted", "matmul", _matmul, "entry"),
        Operation("sum", "sum", _sum),
        Operation("pack, aggregate, decrypt", "aggregate", _aggregate),
    ),
    notes=(
        "phe has one way to encrypt, with uniform noise, for everyone: it stands in all four rows.",
        "gmpy2 is the same mathematics on GMP alone, without tables, arrays or checks: no library, a floor.",
        "The matrix is 64x256, times one encrypted vector; time per entry. Sharing no work between rows, the "
        "peers do its first few.",
        "Packed: ten arrays of floats under the public key, 24 bits a number; time per number that goes in. "
        "phe does it a number at a time.",
    ),
)
