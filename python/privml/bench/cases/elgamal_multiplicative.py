"""Multiplicative ElGamal modulo a prime, a positive number in a ciphertext: privml, GMP's powers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.bench.cases import Job, Library, Operation, Scheme, Sizes
from privml.bench.libraries.elgamal_multiplicative import GmpPowers, MultiplicativeElGamal

__all__ = ["SCHEME"]


def _numbers(count: int) -> NDArray[np.int64]:
    return np.random.default_rng(7).integers(1, 2**20, size=count)


def _count(library: Library, sizes: Sizes) -> int:
    return sizes.values if library.is_ours else min(sizes.values, 8 * sizes.slow)


def _expects(library: Any, expected: NDArray[Any]) -> Callable[[Any], None]:
    def check(found: Any) -> None:
        few = slice(0, 8)
        np.testing.assert_array_equal(library.decrypt(found[few]), expected[few])

    return check


def _encrypt(library: Any, sizes: Sizes) -> Job:
    x = _numbers(_count(library, sizes))
    plain = library.plain(x)
    return Job(lambda: library.encrypt(plain), _expects(library, x), len(x), getattr(library, "size", None))


def _decrypt(library: Any, sizes: Sizes) -> Job:
    x = _numbers(_count(library, sizes))
    c = library.encrypt(library.plain(x))
    return Job(lambda: library.decrypt(c), lambda found: np.testing.assert_array_equal(found, x), len(x))


def _multiply(library: Any, sizes: Sizes) -> Job:
    x = _numbers(_count(library, sizes))
    c = library.encrypt(library.plain(x))
    return Job(lambda: library.multiply(c, c), _expects(library, x * x), len(x))


SCHEME = Scheme(
    name="elgamal_multiplicative",
    libraries=(MultiplicativeElGamal, GmpPowers),
    operations=(
        Operation("encrypt", "encrypt", _encrypt),
        Operation("decrypt", "decrypt", _decrypt),
        Operation("encrypted * encrypted", "multiply", _multiply),
    ),
    notes=(
        "The smallest of the groups of 2048, 3072 and 4096 bits that has the size asked for.",
        "gmpy2: two powers to encrypt and one to decrypt, exponents as short as ours, not in constant time.",
    ),
)
