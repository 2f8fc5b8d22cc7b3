"""Keys: making, sizes, files, and what they refuse."""

from __future__ import annotations

import os
import stat

import gmpy2
import numpy as np
import pytest
from privml import errors, paillier

# Primes (Mersenne) that are too small to be secure, for the tests of what is refused.
P, Q = 2**89 - 1, 2**107 - 1
ONE_MOD_P = next(2 * k * P + 1 for k in range(1, 10**4) if gmpy2.is_prime(2 * k * P + 1))


@pytest.mark.parametrize("bits", [2048, pytest.param(3072, marks=pytest.mark.slow)])
def test_real_sizes(bits):
    key = paillier.PrivateKey.generate(bits)
    assert key.bits == key.public_key.bits == key.public_key.n.bit_length() == bits
    x = np.array([[1.5, -2.25], [2.0**40, 0.0]])
    for c in (key.encrypt(x), key.public_key.encrypt(x), key.encrypt(x, noise="uniform")):
        np.testing.assert_array_equal(key.decrypt(c * 3 - x), 2 * x)


def test_the_default_is_128_bits_of_security():
    import inspect

    assert inspect.signature(paillier.PrivateKey.generate).parameters["bits"].default == 3072


def test_generated_keys_differ():
    keys = [paillier.PrivateKey.generate(256, insecure_key_size=True) for _ in range(10)]
    assert len({key.public_key.n for key in keys}) == 10
    assert len(set(keys)) == 10
    assert all(key.public_key.n.bit_length() == 256 for key in keys)


@pytest.mark.parametrize("bits", [0, -1, 1024, 1984, 8256, 10**6, 10**30, 2048.0, "2048", None])
def test_sizes_that_are_refused(bits):
    with pytest.raises(errors.KeySizeError):
        paillier.PrivateKey.generate(bits)


@pytest.mark.parametrize("bits", [2050, 2049, 3000])
def test_odd_sizes(bits):
    with pytest.raises((errors.KeySizeError, errors.ParameterError)):
        paillier.PrivateKey.generate(bits)


def test_small_keys_need_a_word():
    with pytest.raises(errors.KeySizeError):
        paillier.PrivateKey.from_primes(P, Q)
    with pytest.raises(errors.KeySizeError):
        paillier.PublicKey(P * Q)
    key = paillier.PrivateKey.from_primes(P, Q, insecure_key_size=True)
    assert key.public_key == paillier.PublicKey(P * Q, insecure_key_size=True)


@pytest.mark.parametrize(
    ("p", "q"),
    [(P, P), (P, Q + 2), (P * Q, Q), (2, Q), (1, Q), (P, ONE_MOD_P), (P, 1)],
    ids=["equal", "composite", "product", "two", "one", "q is 1 mod p", "q is one"],
)
def test_numbers_that_are_no_key(p, q):
    with pytest.raises((errors.InvalidKeyError, errors.KeySizeError)):
        paillier.PrivateKey.from_primes(p, q, insecure_key_size=True)


@pytest.mark.parametrize("p", [0, -P, 1.5, "7", None, True])
def test_primes_that_are_no_numbers(p):
    with pytest.raises((errors.ParameterError, errors.InvalidKeyError)):
        paillier.PrivateKey.from_primes(p, Q, insecure_key_size=True)


def test_moduli_that_are_none():
    with pytest.raises(errors.InvalidKeyError):
        paillier.PublicKey(P * 2**100, insecure_key_size=True)
    for bad in (0, -1, 1.5, "1"):
        with pytest.raises((errors.ParameterError, errors.InvalidKeyError)):
            paillier.PublicKey(bad, insecure_key_size=True)


@pytest.mark.parametrize(
    "n",
    [2**521 - 1, P**2, P**3, P**4, (P * Q) ** 2],
    ids=["a prime", "a square", "a cube", "a fourth power", "a square of no prime"],
)
def test_moduli_without_secrecy(n):
    # Under a prime, or a power of one, everybody decrypts: the order of the group is known.
    with pytest.raises(errors.InvalidKeyError, match=r"prime|square"):
        paillier.PublicKey(n, insecure_key_size=True)


def test_moduli_that_show_a_factor():
    # p - 1 divides q - 1, so p divides 2^n - 2. The owner of such a key is told as well.
    p, q = P, next(k * (P - 1) + 1 for k in range(2, 10**4) if gmpy2.is_prime(k * (P - 1) + 1))
    assert gmpy2.gcd(gmpy2.powmod(2, p * q, p * q) - 2, p * q) == p
    with pytest.raises(errors.InvalidKeyError, match="factor"):
        paillier.PublicKey(p * q, insecure_key_size=True)
    with pytest.raises(errors.InvalidKeyError, match="factor"):
        paillier.PrivateKey.from_primes(p, q, insecure_key_size=True)


def test_gmpy2_numbers_are_numbers():
    key = paillier.PrivateKey.from_primes(gmpy2.mpz(P), gmpy2.mpz(Q), insecure_key_size=True)
    assert paillier.PublicKey(gmpy2.mpz(P) * Q, insecure_key_size=True) == key.public_key


def test_a_private_key_is_not_constructed():
    with pytest.raises(errors.UnsupportedOperationError, match="generate"):
        paillier.PrivateKey()


def test_public_keys_compare_and_hash(key, other_key):
    public = key.public_key
    again = paillier.PublicKey(public.n, insecure_key_size=True)
    assert public == again
    assert hash(public) == hash(again)
    assert public != other_key.public_key
    assert public != public.n
    assert {public, again, other_key.public_key} == {public, other_key.public_key}
    assert public.public_key is public
    assert public.fingerprint == key.fingerprint == again.fingerprint
    assert len(public.fingerprint) == 32
    assert public.fingerprint != other_key.fingerprint


def test_small_public_keys_must_be_asked_for(public, tmp_path):
    # Whoever encrypts under a key that somebody sent relies on its size.
    path = tmp_path / "public"
    public.save(path)
    for attempt in (
        lambda: paillier.PublicKey.load(path),
        lambda: paillier.PublicKey.from_bytes(public.to_bytes()),
    ):
        with pytest.raises(errors.KeySizeError, match="insecure_key_size=True"):
            attempt()


def test_public_key_files(public, tmp_path):
    path = tmp_path / "public"
    public.save(path)
    assert paillier.PublicKey.load(path, insecure_key_size=True) == public
    with pytest.raises(FileExistsError):
        public.save(path)
    public.save(str(path), force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["public"]


def test_passwords(key, tmp_path):
    for bad in ("", b"", None, 5):
        with pytest.raises(errors.ParameterError, match="password"):
            key.save(tmp_path / "k", password=bad)
        with pytest.raises((errors.ParameterError, FileNotFoundError)):
            paillier.PrivateKey.load(tmp_path / "k", password=bad)
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_nothing(key, tmp_path):
    with pytest.raises(OSError, match="missing"):
        key.save(tmp_path / "missing" / "key", password="x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        key.save(tmp_path / "folder", password="x")
    with pytest.raises(OSError, match="folder"):
        key.save(tmp_path / "folder", password="x", force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_modes(key, tmp_path):
    old = os.umask(0)
    try:
        key.save(tmp_path / "key", password="x")
        key.public_key.save(tmp_path / "public")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "public").stat().st_mode) == 0o666


def test_a_link_is_not_followed_or_replaced(key, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        key.save(tmp_path / "link", password="x")
    assert not (tmp_path / "elsewhere").exists()


def test_without_hard_links(key, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    key.save(tmp_path / "key", password="x")
    assert paillier.PrivateKey.load(tmp_path / "key", password="x") == key
    with pytest.raises(FileExistsError):
        key.save(tmp_path / "key", password="x")
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_noise_names(key):
    for attempt in (
        lambda: key.encrypt([1], noise="long"),
        lambda: key.public_key.pack([1], limit=1, value_bits=4, additions=1, noise=None),
        lambda: key.encrypt([1]).rerandomize(noise=1),
    ):
        with pytest.raises(errors.ParameterError, match="noise"):
            attempt()


def test_decrypt_takes_encrypted_arrays_only(key):
    for bad in (1, np.ones(2), None, key.encrypt([1]).to_bytes()):
        with pytest.raises(errors.UnsupportedOperationError):
            key.decrypt(bad)


def test_encrypting_what_is_encrypted(key):
    with pytest.raises(TypeError):
        key.encrypt(key.encrypt([1]))


def test_progress_is_told(key, capsys):
    calls = []
    c = key.encrypt(np.arange(64), progress=lambda done, total: calls.append((done, total)))
    assert all(0 <= done <= total for done, total in calls)
    np.testing.assert_array_equal(key.decrypt(c, progress=False), np.arange(64))
    key.decrypt(c, progress=True)
    assert capsys.readouterr().out == ""
    for bad in (5, "yes"):
        with pytest.raises(errors.ParameterError, match="progress"):
            key.encrypt([1], progress=bad)


def test_passwords_are_the_same_however_they_are_typed(key, tmp_path):
    key.save(tmp_path / "key", password="pa\u0308ss")  # a and a combining diaeresis, as some systems type it
    assert paillier.PrivateKey.load(tmp_path / "key", password="p\u00e4ss") == key
    with pytest.raises(errors.ParameterError, match="Unicode") as caught:
        key.save(tmp_path / "other", password="secret\ud800")
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)
