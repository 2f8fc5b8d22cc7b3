"""Sums of float arrays: packed Paillier beside CKKS, which is what they are commonly encrypted with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.bench.cases import Job, Operation, Scheme, Sizes
from privml.bench.libraries.ours import Packed
from privml.bench.libraries.tenseal import ThreeModuli, TwoRescalings

__all__ = ["SCHEME"]


def _floats(sizes: Sizes) -> NDArray[np.float64]:
    return np.random.default_rng(7).uniform(-1, 1, sizes.floats)


def _close(library: Any, expected: NDArray[np.float64], summands: int = 1) -> Callable[[Any], None]:
    def check(found: Any) -> None:
        np.testing.assert_allclose(found, expected, rtol=0, atol=summands * library.STEP)

    return check


def _encryption(name: str, method: str) -> Operation:
    def prepare(library: Any, sizes: Sizes) -> Job:
        x = _floats(sizes)
        check = _close(library, x)
        return Job(
            lambda: getattr(library, method)(x),
            lambda c: check(library.unpack(c)),
            len(x),
            lambda c: sum(map(len, library.save(c))),
        )

    return Operation(name, method, prepare)


def _encode(library: Any, sizes: Sizes) -> Job:
    x = _floats(sizes)
    check = _close(library, x)
    return Job(lambda: library.encode(x), lambda encoded: check(library.decode(encoded)), len(x))


def _opening(name: str, method: str, closing: str) -> Operation:
    def prepare(library: Any, sizes: Sizes) -> Job:
        x = _floats(sizes)
        closed, opens = getattr(library, closing)(x), getattr(library, method)
        return Job(lambda: opens(closed), _close(library, x), len(x))

    return Operation(name, method, prepare)


def _aggregate(library: Any, sizes: Sizes) -> Job:
    x = _floats(sizes)
    c = library.pack(x)
    check = _close(library, x * sizes.parties, sizes.parties)
    count = len(x) * sizes.parties
    return Job(lambda: library.aggregate([c] * sizes.parties), lambda s: check(library.unpack(s)), count)


def _save(library: Any, sizes: Sizes) -> Job:
    x = _floats(sizes)
    c = library.pack(x)
    check = _close(library, x)
    return Job(lambda: library.save(c), lambda data: check(library.unpack(library.load(data))), len(x))


def _load(library: Any, sizes: Sizes) -> Job:
    x = _floats(sizes)
    data = library.save(library.pack(x))
    check = _close(library, x)
    return Job(lambda: library.load(data), lambda c: check(library.unpack(c)), len(x))


SCHEME = Scheme(
    name="packed",
    libraries=(Packed, ThreeModuli, TwoRescalings),
    operations=(
        _encryption("encode and encrypt, public key", "pack"),
        _encryption("encode and encrypt, key's owner", "pack_owner"),
        Operation("encode and pack, nothing encrypted", "encode", _encode),
        Operation("sum of arrays, for each that goes in", "aggregate", _aggregate),
        _opening("decrypt and decode", "unpack", "pack"),
        _opening("unpack and decode, nothing decrypted", "decode", "encode"),
        Operation("to bytes", "save", _save),
        Operation("from bytes", "load", _load),
    ),
    notes=(
        "Numbers of 16 bits in slots of 24, room for 256 additions; an exact sum of the rounded numbers.",
        "TenSEAL's CKKS is approximate, with ring dimension 8192 whatever the size of our key; the "
        "numbers in its name are the bits of its moduli.",
        "Loading ours checks that every ciphertext is invertible.",
    ),
)
