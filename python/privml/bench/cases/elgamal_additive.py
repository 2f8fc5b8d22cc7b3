"""Additive ElGamal over a curve, a small number in a ciphertext: privml, lightphe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.bench.cases import Job, Library, Operation, Scheme, Sizes
from privml.bench.libraries.elgamal import AdditiveElGamal, LightPhe

__all__ = ["SCHEME"]

_BINS = 32


def _numbers(count: int, bits: int) -> NDArray[np.int64]:
    return np.random.default_rng(7).integers(0, 2**bits, size=count)


def _expects(library: Any, expected: NDArray[Any]) -> Callable[[Any], None]:
    def check(found: Any) -> None:
        few = slice(0, 8)
        np.testing.assert_array_equal(library.decrypt(found[few]), expected[few])

    return check


def _count(library: Library, sizes: Sizes) -> int:
    # Some microseconds a value: as many of ours as of Paillier's sums.
    return min(sizes.sums, 1000) if library.is_ours else sizes.slow


def _vector(library: Any, sizes: Sizes, bits: int = 6) -> tuple[Any, NDArray[np.int64]]:
    x = _numbers(_count(library, sizes), bits)
    return library.encrypt(library.plain(x)), x


def _encrypt(library: Any, sizes: Sizes) -> Job:
    x = _numbers(_count(library, sizes), 6)
    plain = library.plain(x)
    return Job(lambda: library.encrypt(plain), _expects(library, x), len(x), getattr(library, "size", None))


def _decryption(bits: int) -> Callable[[Any, Sizes], Job]:
    def prepare(library: Any, sizes: Sizes) -> Job:
        c, x = _vector(library, sizes, bits)
        return Job(lambda: library.decrypt(c), lambda found: np.testing.assert_array_equal(found, x), len(x))

    return prepare


def _add(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, sizes)
    return Job(lambda: library.add(c, c), _expects(library, x + x), len(x))


def _multiply(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, sizes)
    y = _numbers(len(x), 7)
    factors = library.plain(y.astype(np.int8))
    return Job(lambda: library.multiply(c, factors), _expects(library, x * y), len(x))


def _sum(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, sizes)
    return Job(lambda: library.sum(c), _expects(library, x.sum(keepdims=True)), len(x))


def _bincount(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, sizes)
    bins = np.random.default_rng(8).integers(0, _BINS, size=len(x))
    expected = np.bincount(bins, weights=x, minlength=_BINS)
    return Job(lambda: library.bincount(c, bins, _BINS), _expects(library, expected), len(x))


SCHEME = Scheme(
    name="elgamal_additive",
    libraries=(AdditiveElGamal, LightPhe),
    operations=(
        Operation("encrypt", "encrypt", _encrypt),
        Operation("decrypt, values below 2^6", "decrypt", _decryption(6)),
        Operation("decrypt, values below 2^16", "decrypt_wide", _decryption(16)),
        Operation("decrypt, values below 2^32", "decrypt_widest", _decryption(32)),
        Operation("encrypted + encrypted", "add", _add),
        Operation("encrypted * int8", "multiply", _multiply),
        Operation("sum", "sum", _sum),
        Operation("histogram of 32 bins", "bincount", _bincount),
    ),
    notes=(
        "ristretto255 has one size: the key's size is that of lightphe's field.",
        "Times of decryption are after the first call, which makes the table of small logarithms.",
        "lightphe tries one plaintext after the other, so it gets the smallest alone.",
    ),
)
