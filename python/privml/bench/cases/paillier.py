"""Paillier, a number in a ciphertext: privml, python-paillier, pypaillier, and GMP's bare arithmetic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.bench.cases import Job, Library, Operation, Scheme, Sizes
from privml.bench.libraries.gmp import Gmp
from privml.bench.libraries.ours import Paillier
from privml.bench.libraries.phe import Phe
from privml.bench.libraries.pypaillier import PyPaillier

__all__ = ["SCHEME"]

# Of many values every fifteenth is decrypted to check: an odd step comes by every lane of a vector.
_STEP, _MANY = 15, 100

# As a histogram for boosted trees has.
_BINS = 32


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
    return ours if library.is_ours else theirs


def _vector(library: Any, count: int, sizes: Sizes) -> tuple[Any, NDArray[np.int64]]:
    """Return an encrypted vector and what is in it: a few numbers over and over, as encrypting takes long."""
    few = _integers(min(count, _count(library, sizes.values, sizes.slow)))
    c = library.repeat(library.encrypt_owner(library.plain(few)), count)
    return c, few[np.arange(count) % len(few)]


def _encryption(name: str, method: str, ours: str = "values") -> Operation:
    def prepare(library: Any, sizes: Sizes) -> Job:
        x = _integers(_count(library, getattr(sizes, ours), sizes.slow))
        plain, encrypt = library.plain(x), getattr(library, method)
        size = getattr(library, "size", None)
        return Job(lambda: encrypt(plain), _expects(library, x), len(x), size)

    return Operation(name, method, prepare)


def _decrypt(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.uniform, sizes.slow), sizes)
    return Job(lambda: library.decrypt(c), lambda found: np.testing.assert_array_equal(found, x), len(x))


def _add(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.values, sizes.fast), sizes)
    d, y = c[::-1], x[::-1]
    return Job(lambda: library.add(c, d), _expects(library, x + y), len(x))


def _subtract(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.values, sizes.fast), sizes)
    d, y = c[::-1], x[::-1]
    return Job(lambda: library.subtract(c, d), _expects(library, x - y), len(x))


def _multiply(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.values, sizes.fast), sizes)
    y = _integers(len(x))
    factors = library.plain(y.astype(np.int16))
    return Job(lambda: library.multiply(c, factors), _expects(library, x * y), len(x))


def _multiply_secret(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.uniform, sizes.slow), sizes)
    y = _integers(len(x))
    factors = library.plain(y.astype(np.int16))
    return Job(lambda: library.multiply_secret(c, factors), _expects(library, x * y), len(x))


def _matmul_secret(library: Any, sizes: Sizes) -> Job:
    matrix = _integers(sizes.rows, sizes.columns)
    c, x = _vector(library, sizes.columns, sizes)
    plain = library.plain(matrix.astype(np.int16))
    return Job(lambda: library.matmul_secret(plain, c), _expects(library, matrix @ x), matrix.size)


def _matmul(library: Any, sizes: Sizes) -> Job:
    matrix = _integers(_count(library, sizes.rows, sizes.peer_rows), sizes.columns)
    c, x = _vector(library, sizes.columns, sizes)
    plain = library.plain(matrix.astype(np.int16))
    return Job(lambda: library.matmul(plain, c), _expects(library, matrix @ x), matrix.size)


def _sum(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.sums, sizes.fast), sizes)
    return Job(lambda: library.sum(c), _expects(library, x.sum(keepdims=True)), len(x))


def _dot(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.values, sizes.fast), sizes)
    y = _integers(len(x))
    weights = library.plain(y.astype(np.int16))
    return Job(lambda: library.dot(weights, c), _expects(library, np.atleast_1d(y @ x)), len(x))


def _bincount(library: Any, sizes: Sizes) -> Job:
    c, x = _vector(library, _count(library, sizes.sums, sizes.fast), sizes)
    bins = np.random.default_rng(8).integers(0, _BINS, size=len(x))
    expected = np.zeros(_BINS, dtype=np.int64)
    np.add.at(expected, bins, x)
    return Job(lambda: library.bincount(c, bins, _BINS), _expects(library, expected), len(x))


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
    libraries=(Paillier, Phe, PyPaillier, Gmp),
    operations=(
        _encryption("encrypt, public key", "encrypt"),
        _encryption("encrypt, public key, uniform noise", "encrypt_uniform", "uniform"),
        _encryption("encrypt, key's owner", "encrypt_owner"),
        _encryption("encrypt, key's owner, uniform noise", "encrypt_owner_uniform", "uniform"),
        Operation("decrypt", "decrypt", _decrypt),
        Operation("encrypted + encrypted", "add", _add),
        Operation("encrypted - encrypted", "subtract", _subtract),
        Operation("encrypted * int16", "multiply", _multiply),
        Operation("encrypted * secret int16", "multiply_secret", _multiply_secret),
        Operation("int16 matrix @ encrypted", "matmul", _matmul, "entry"),
        Operation("secret int16 matrix @ encrypted", "matmul_secret", _matmul_secret, "entry"),
        Operation("dot with int16", "dot", _dot),
        Operation("sum", "sum", _sum),
        Operation("histogram of 32 bins", "bincount", _bincount),
        Operation("pack, aggregate, decrypt", "aggregate", _aggregate),
    ),
    notes=(
        "Times are of calls after the first one: a key's tables for its noise are there.",
        "phe has one way to encrypt, with uniform noise, for everyone: it stands in all four rows.",
        "pypaillier has one way too, with short noise over tables, and stands in two rows.",
        "gmpy2 is the same mathematics on GMP alone, without tables, arrays or checks: no library, a floor.",
        "The matrix is 64x256, times one encrypted vector; time per entry. Sharing no work between rows, the "
        "peers do its first few.",
        "Products with secrets are constant time and come under fresh uniform noise; the peers have none.",
        "Packed: ten arrays of floats under the public key, 24 bits a number; time per number that goes in. "
        "phe does it a number at a time.",
    ),
)
