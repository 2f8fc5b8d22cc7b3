"""Additive ElGamal: what it refuses, its bounds, and both directions against an implementation in Python."""

from __future__ import annotations

import json
import secrets
import struct
from pathlib import Path

import numpy as np
import pytest
from privml import _core, elgamal, encoding, errors

from tests import ristretto_oracle as oracle

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "elgamal" / "ristretto255.json").read_text())


@pytest.fixture(scope="module")
def key():
    return elgamal.PrivateKey.generate("ristretto255")


def array_bytes(key, rows, *, bound=100, divisor=1, bits=0, shape=None):
    head = b"PVML\x01\x0a" + bytes.fromhex(key.fingerprint)
    axes = (len(rows),) if shape is None else shape
    head += bytes([len(axes)]) + b"".join(struct.pack("<Q", axis) for axis in axes)
    return head + struct.pack("<BIQQ", bits == 0, bits, bound, divisor) + b"".join(rows)


def test_the_oracle_opens_what_is_encrypted():
    x = secrets.randbelow(oracle.ORDER - 1) + 1
    point = oracle.multiply(x, oracle.BASE)
    public = elgamal.PublicKey.from_bytes(b"PVML\x01\x08" + oracle.encode(point))
    assert public.point == oracle.encode(point)
    values = [0, 1, -1, 255, -70000, 2**40, -(2**40)]
    fresh = public.encrypt(values, limit=2**40)
    for c in (fresh, fresh.rerandomize()):
        for raw, value in zip(c.raw(), values, strict=True):
            nonce, masked = oracle.decode(raw[:32]), oracle.decode(raw[32:])
            plain = oracle.add(masked, oracle.negate(oracle.multiply(x, nonce)))
            assert oracle.encode(plain) == oracle.encode(oracle.multiply(value, oracle.BASE))


def test_what_the_oracle_encrypts_is_opened(key):
    point = oracle.decode(key.public_key.point)
    values = [0, 5, -5, 65536, -(2**32), 2**40 - 1]
    rows = []
    for value in values:
        r = secrets.randbelow(oracle.ORDER)
        masked = oracle.add(oracle.multiply(value, oracle.BASE), oracle.multiply(r, point))
        rows.append(oracle.encode(oracle.multiply(r, oracle.BASE)) + oracle.encode(masked))
    c = elgamal.AdditiveArray.from_bytes(array_bytes(key, rows, bound=2**40), key.public_key)
    np.testing.assert_array_equal(key.decrypt(c), values)
    assert [bytes(row) for row in c.raw()] == rows


def test_bad_points_are_refused(key):
    good = key.public_key.encrypt([1], limit=100).raw()[0]
    negative = (oracle.P - int.from_bytes(good[:32], "little")).to_bytes(32, "little")
    beyond = (oracle.P + 2).to_bytes(32, "little")
    listed = [bytes.fromhex(one) for many in VECTORS["bad"].values() for one in many]
    for bad in (negative, beyond, *listed):
        assert oracle.decode(bad) is None
        for row in (bad + good[32:], good[:32] + bad):
            with pytest.raises(errors.InvalidCiphertextError, match="ciphertext 1"):
                elgamal.AdditiveArray.from_bytes(array_bytes(key, [good, row]), key.public_key)
        with pytest.raises(errors.DecodeError):
            elgamal.PublicKey.from_bytes(b"PVML\x01\x08" + bad)


def test_neutral_points(key):
    with pytest.raises(errors.InvalidKeyError):
        elgamal.PublicKey.from_bytes(b"PVML\x01\x08" + bytes(32))
    c = key.public_key.encrypt([3, -4], limit=100)
    for zero in (c - c, c * 0):
        assert all(raw == bytes(64) for raw in zero.raw())
        again = elgamal.AdditiveArray.from_bytes(zero.to_bytes(), key.public_key)
        np.testing.assert_array_equal(key.decrypt(again + c), [3, -4])
        assert all(raw != bytes(64) for raw in zero.rerandomize().raw())
    assert all(c[:0].sum().raw().item()[i : i + 32] != bytes(32) for i in (0, 32))


def test_nothing_but_an_array_decodes(key):
    good = key.public_key.encrypt([1], limit=100).raw()[0]
    data = array_bytes(key, [good])
    np.testing.assert_array_equal(key.decrypt(elgamal.EncryptedArray.from_bytes(data, key.public_key)), [1])
    bad = [data[:n] for n in range(len(data))] + [data + b"\0"]
    bad.append(array_bytes(key, [good], bound=2**40 + 1))
    bad.append(array_bytes(key, [good], divisor=0))
    bad.append(array_bytes(key, [good], bits=41))
    bad.append(array_bytes(key, [good], shape=(2**60,)))
    bad.append(data[:31] + b"\2" + data[32:])
    for wrong in bad:
        with pytest.raises(errors.DecodeError):
            elgamal.AdditiveArray.from_bytes(wrong, key.public_key)


def test_bounds(key):
    encrypt = key.public_key.encrypt
    assert encrypt(np.zeros(2, np.int8)).encoding.bound == 128
    assert encrypt([True]).encoding.bound == 1
    assert encrypt(np.zeros(2, np.uint32)).encoding.bound == 2**32 - 1
    assert encrypt([5]).encoding.bound == 2**32
    assert encrypt(np.zeros(0, np.uint64)).encoding.bound == 2**32
    for bad, limit in (([2**32 + 1], None), ([101], 100), ([1], 2**40 + 1), ([2**70], None), ([-101], 100)):
        with pytest.raises(OverflowError):
            encrypt(bad, limit=limit)
    c = encrypt([2**32, -(2**32)])
    refused = [
        lambda: c * 257,
        lambda: c[[0] * 257].sum(),
        lambda: c + 2**40,
        lambda: c * 2**80,
        lambda: elgamal.bincount(c[[0] * 257], [0] * 257),
    ]
    for attempt in refused:
        with pytest.raises(errors.EncodingOverflowError):
            attempt()
    np.testing.assert_array_equal(key.decrypt(c * 256), [2**40, -(2**40)])
    assert key.decrypt(c[[0] * 256].sum()) == 2**40


def test_a_value_beyond_the_bound_is_named(key):
    rows = list(key.public_key.encrypt([1, 2, 2**39], limit=2**40).raw())
    c = elgamal.AdditiveArray.from_bytes(array_bytes(key, rows, bound=1000), key.public_key)
    with pytest.raises(errors.EncodingOverflowError, match=r"element 2 .*1000"):
        key.decrypt(c)


def test_floats(key):
    encrypt = key.public_key.encrypt
    for how in ({}, {"fractional_bits": 8}, {"limit": 100}):
        with pytest.raises(errors.DtypeError, match="fractional_bits"):
            encrypt([0.5], **how)
    c = encrypt([0.5, -1.25], fractional_bits=8, limit=100)
    np.testing.assert_array_equal(key.decrypt(c), [0.5, -1.25])
    np.testing.assert_array_equal(key.decrypt(c + 1.5), [2.0, 0.25])
    np.testing.assert_array_equal(key.decrypt(c + encrypt([1, 2], limit=10)), [1.5, 0.75])
    np.testing.assert_array_equal(
        key.decrypt(elgamal.concatenate([c, encrypt([3], limit=10)])), [0.5, -1.25, 3]
    )
    np.testing.assert_array_equal(key.decrypt(c.mean() + 1), 0.625)
    with pytest.raises(OverflowError):
        encrypt([0.5], fractional_bits=32, limit=1000)
    for attempt in (lambda: c * 0.5, lambda: encrypt([1]) + 0.5, lambda: c * c, lambda: c / 2):
        with pytest.raises(TypeError):
            attempt()
    for bad in ([np.nan], [np.inf]):
        with pytest.raises(errors.NotFiniteError):
            encrypt(bad, fractional_bits=8, limit=100)


def test_bincount(key):
    values = np.arange(-20, 20)
    bins = values**2 % 7
    c = key.public_key.encrypt(values, limit=100)
    expected = np.bincount(bins, weights=values, minlength=9)
    for result in (elgamal.bincount(c, bins, minlength=9), np.bincount(bins, weights=c, minlength=9)):
        np.testing.assert_array_equal(key.decrypt(result), expected)
        assert all(raw[:32] != bytes(32) for raw in result.raw())
    pairs = elgamal.bincount(c.reshape(20, 2), bins[:20])
    for column in (0, 1):
        expected = np.bincount(bins[:20], weights=values.reshape(20, 2)[:, column])
        np.testing.assert_array_equal(key.decrypt(pairs[:, column]), expected)
    assert elgamal.bincount(c[:0], []).shape == (0,)
    with pytest.raises(errors.ParameterError):
        elgamal.bincount(c, -bins)
    with pytest.raises(errors.ShapeError):
        elgamal.bincount(c, bins[1:])
    with pytest.raises(errors.DtypeError):
        elgamal.bincount(c, bins * 0.5)


def test_many_values_in_a_wide_range(key):
    rng = np.random.default_rng(7)
    values = rng.integers(-(2**32), 2**32, 2000, endpoint=True)
    np.testing.assert_array_equal(key.decrypt(key.public_key.encrypt(values)), values)
    assert 0 < _core.logarithm_table_bytes() <= 96_000_000


def test_progress_and_cancellation(key):
    seen = []
    c = key.public_key.encrypt(np.zeros(3000, np.int8), progress=lambda *now: seen.append(now))
    assert seen[-1] == (3000, 3000)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        key.decrypt(c, progress=stop)


def test_keys_have_a_group_and_nothing_else_to_choose(key):
    assert isinstance(key, elgamal.AdditivePrivateKey)
    assert (key.group, key.public_key.capacity) == ("ristretto255", 2**40)
    with pytest.raises(errors.ParameterError):
        elgamal.PrivateKey.generate("ristretto255", homomorphism="multiplicative")
    for kind in (elgamal.AdditivePrivateKey, elgamal.AdditivePublicKey):
        with pytest.raises(TypeError):
            kind()
    with pytest.raises(TypeError):
        key.decrypt(np.arange(3))
    assert encoding.Encoding(True, 0, 7) == key.public_key.encrypt([1], limit=7).encoding


def test_the_bits_of_ciphertexts_do_not_tell_the_plaintext(key):
    # Each of 254 bits of a half is fair, whatever the plaintext (an encoding is even and below 2^255): of
    # 4000, a count beyond 6.5 standard deviations has probability 8e-11, times 3 * 508 counts.
    for plaintext in (0, 1, 2):
        raw = b"".join(key.public_key.encrypt(np.full(4000, plaintext, np.int8)).raw())
        bits = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(4000, 64), axis=1, bitorder="little")
        counts = np.delete(bits.sum(axis=0, dtype=int), [0, 255, 256, 511])
        assert abs(counts - 2000).max() < 6.5 * 1000**0.5
