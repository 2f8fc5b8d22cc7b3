"""Whatever bytes are offered: an object that encodes to them, or a ValueError."""

from __future__ import annotations

import struct
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privml import elgamal, errors, paillier
from privml.cli import container

REFUSALS = (
    errors.DecodeError,
    errors.KeyMismatchError,
    errors.InvalidCiphertextError,
    errors.KeySizeError,
    errors.InvalidKeyError,
)
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def small():
    return paillier.PrivateKey.generate(128, insecure_key_size=True)


read_public_key = partial(paillier.PublicKey.from_bytes, insecure_key_size=True)


@pytest.fixture(scope="module")
def encodings(small):
    public = small.public_key
    c = (public.encrypt(np.array([[1, -2, 3]], dtype=np.int8)) + 0.5).mean(axis=0)
    p = public.pack([1.0, -2.0], limit=4, value_bits=8, additions=4, weight=2, spent=2, append_weight=True)
    many = elgamal.PrivateKey.generate("ffdhe2048").public_key
    quotient = many.encrypt([1.5], fractional_bits=2, limit=2) / 3
    return {
        "public key": (public.to_bytes(), read_public_key),
        "array": (c.to_bytes(), lambda b: paillier.EncryptedArray.from_bytes(b, public)),
        "integers": (public.encrypt([7]).to_bytes(), lambda b: paillier.EncryptedArray.from_bytes(b, public)),
        "no axes": (public.encrypt(7).to_bytes(), lambda b: paillier.EncryptedArray.from_bytes(b, public)),
        "empty": (
            public.encrypt(np.zeros((0, 2))).to_bytes(),
            lambda b: paillier.EncryptedArray.from_bytes(b, public),
        ),
        "packed": (p.to_bytes(), lambda b: paillier.PackedArray.from_bytes(b, public)),
        "elgamal public key": (many.to_bytes(), elgamal.PublicKey.from_bytes),
        "elgamal array": (quotient.to_bytes(), lambda b: elgamal.EncryptedArray.from_bytes(b, many)),
        "either": (p.to_bytes(), lambda b: paillier.from_bytes(b, public)),
    }


KINDS = [
    "public key",
    "array",
    "integers",
    "no axes",
    "empty",
    "packed",
    "elgamal public key",
    "elgamal array",
    "either",
]


def check(data, decode):
    """Decode, and if that works, encode again: an encoding is canonical."""
    try:
        found = decode(data)
    except REFUSALS:
        return False
    assert found.to_bytes() == data
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(encodings, kind):
    assert check(*encodings[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_at_every_length(encodings, kind):
    data, decode = encodings[kind]
    for length in range(len(data)):
        assert not check(data[:length], decode)
        assert not check(data[len(data) - length :], decode)


@pytest.mark.parametrize("kind", KINDS)
def test_extended(encodings, kind):
    data, decode = encodings[kind]
    for extra in (b"\x00", b"\xff", bytes(8), data):
        assert not check(data + extra, decode)
        assert not check(extra + data, decode)


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_changed(encodings, kind):
    data, decode = encodings[kind]
    accepted = 0
    for position in range(len(data)):
        for change in (0x01, 0x80, 0xFF, data[position]):
            changed = bytearray(data)
            changed[position] ^= change
            if bytes(changed) != data:
                accepted += check(bytes(changed), decode)
    # Ciphertexts and scales have no redundancy, but magic, version, type, lengths and fingerprint do.
    for position in range(6):
        changed = bytearray(data)
        changed[position] ^= 0x55
        with pytest.raises(REFUSALS):
            decode(bytes(changed))


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_removed_and_repeated(encodings, kind):
    data, decode = encodings[kind]
    for position in range(len(data)):
        check(data[:position] + data[position + 1 :], decode)
        check(data[:position] + data[position : position + 1] + data[position:], decode)
        check(data[:position] + b"\xff" * 8 + data[position + 8 :], decode)


def test_files_of_the_command_line_are_recognised(key, public, tmp_path):
    array = public.pack([1, 2], limit=2, value_bits=8, additions=2)
    path = tmp_path / "total.enc"
    container.write_encrypted(path, container.EncryptedFile(array, public, None, 1))
    for attempt in (
        lambda: paillier.PackedArray.load(path, public),
        lambda: paillier.EncryptedArray.from_bytes(path.read_bytes(), public),
        lambda: paillier.from_bytes(path.read_bytes(), public),
        lambda: paillier.PublicKey.load(path),
    ):
        with pytest.raises(
            errors.DecodeError, match=r"^data is a file that .* open it with `privml decrypt`$"
        ):
            attempt()


@settings(max_examples=200)
@given(data=st.binary(max_size=200) | st.binary(max_size=200).map(lambda b: b"PVML\x01" + b))
def test_random_bytes(encodings, data):
    for _, decode in encodings.values():
        check(data, decode)


@settings(max_examples=100)
@given(data=st.data())
def test_random_changes(encodings, data):
    original, decode = encodings[data.draw(st.sampled_from(KINDS))]
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 16)))
    check(original[:start] + data.draw(st.binary(max_size=20)) + original[end:], decode)


def test_types_do_not_mix(encodings):
    for kind, other in [
        ("public key", "array"),
        ("public key", "packed"),
        ("public key", "either"),
        ("array", "public key"),
        ("array", "packed"),
        ("packed", "array"),
        ("packed", "public key"),
    ]:
        with pytest.raises(errors.DecodeError):
            encodings[other][1](encodings[kind][0])
    assert all(data[:4] == b"PVML" for data, _ in encodings.values())


def test_what_is_not_bytes(public):
    for bad in (None, "PVML", [1], 5, 10**15, object()):
        for decode in (
            read_public_key,
            lambda b: paillier.EncryptedArray.from_bytes(b, public),
        ):
            with pytest.raises(errors.DtypeError):
                decode(bad)
    for view in (bytearray, memoryview):
        assert read_public_key(view(public.to_bytes())) == public


def test_foreign_key(key, other_key):
    for array in (key.encrypt([1]), key.pack([1], limit=2, value_bits=4, additions=2)):
        with pytest.raises(errors.KeyMismatchError):
            type(array).from_bytes(array.to_bytes(), other_key.public_key)
        with pytest.raises(errors.KeyMismatchError):
            paillier.from_bytes(array.to_bytes(), other_key.public_key)


def test_ciphertexts_out_of_range_or_not_units(key, public):
    c = public.encrypt([1, 2, 3])
    data, width = c.to_bytes(), (2 * public.bits + 7) // 8
    row = int(c.raw()[1]).to_bytes(width, "little")
    assert data.count(row) == 1
    n = public.n
    for bad in (0, n, 5 * n, n * n, n * n + 1, 2 ** (8 * width) - 1):
        with pytest.raises(REFUSALS):
            paillier.EncryptedArray.from_bytes(data.replace(row, bad.to_bytes(width, "little")), public)


@pytest.mark.parametrize("claimed", [2**16, 2**32 - 1, 2**63, 2**64 - 1])
def test_claimed_lengths_allocate_nothing(public, claimed):
    # A length field anywhere that claims far more than there is must be refused before memory is taken.
    data = public.encrypt([1, 2]).to_bytes()
    width = 4 if claimed < 2**32 else 8
    for position in range(5, min(len(data) - width, 120)):
        changed = data[:position] + claimed.to_bytes(width, "little") + data[position + width :]
        check(changed, lambda b: paillier.EncryptedArray.from_bytes(b, public))


def test_shapes_of_nothing_ask_for_nothing(public):
    # No element, but a sum over the first axis would have 2**40: neither to be read nor to be written.
    data = public.encrypt(np.zeros((0, 2))).to_bytes()
    shape = struct.pack("<BQQ", 2, 0, 2)
    assert data.count(shape) == 1
    for columns, accepted in [
        (2**16, True),
        (2**16 + 1, False),
        (2**40, False),
        (2**63, False),
        (2**64 - 1, False),
    ]:
        changed = data.replace(shape, struct.pack("<BQQ", 2, 0, columns))
        assert check(changed, lambda b: paillier.EncryptedArray.from_bytes(b, public)) is accepted
    with pytest.raises(errors.ShapeError):
        public.encrypt(np.zeros((0, 2**40))).to_bytes()


@pytest.mark.parametrize(
    ("memory", "passes", "lanes"),
    [
        (2**20, 1, 1),
        (2**18 + 1, 1, 1),
        (2**18, 5, 1),
        (2**16 + 1, 16, 1),
        (64, 17, 1),
        (64, 1, 5),
        (31, 1, 4),
    ],
)
def test_key_files_that_would_cost_too_much(small, tmp_path, memory, passes, lanes):
    path = tmp_path / "key"
    small.save(path, password=PASSWORD)
    data = path.read_bytes()
    assert data[6:18] == struct.pack("<III", 2**16, 3, 1)
    path.write_bytes(data[:6] + struct.pack("<III", memory, passes, lanes) + data[18:])
    with pytest.raises(errors.DecodeError, match="costs"):
        paillier.PrivateKey.load(path, password=PASSWORD)


def test_key_files(small, tmp_path):
    path = tmp_path / "key"
    small.save(path, password=PASSWORD)
    data = path.read_bytes()

    def load(changed):
        path.write_bytes(changed)
        return paillier.PrivateKey.load(path, password=PASSWORD)

    assert load(data) == small
    refusals = (errors.DecodeError, errors.WrongPasswordError)
    for length in {0, 1, 4, 5, 6, 20, len(data) - 1} & set(range(len(data))):
        with pytest.raises(refusals):
            load(data[:length])
    with pytest.raises(refusals):
        load(data + b"\x00")
    # Every try may take a memory-hard hash, so not every byte.
    for position in {*range(0, len(data), max(1, len(data) // 12)), 4, 5, len(data) - 1}:
        changed = bytearray(data)
        changed[position] ^= 0x10
        with pytest.raises(refusals):
            load(bytes(changed))
    secret = str(small.public_key.n)
    assert secret.encode() not in data


def test_key_files_show_nothing_secret(tmp_path):
    p, q = 2**89 - 1, 2**107 - 1
    key = paillier.PrivateKey.from_primes(p, q, insecure_key_size=True)
    key.save(tmp_path / "k", password="x")
    data = (tmp_path / "k").read_bytes()
    for secret in (p, q, (p - 1) * (q - 1)):
        for order in ("little", "big"):
            assert secret.to_bytes((secret.bit_length() + 7) // 8, order) not in data
    key.save(tmp_path / "l", password="x")
    assert (tmp_path / "l").read_bytes() != data  # salted
