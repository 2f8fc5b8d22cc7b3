"""The drop-in's keys: making, equality, what they keep to themselves, the keyring."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
from privml import errors
from privml.integrations import phe

SMALL = "ignore::privml.integrations.phe.InsecureKeySizeWarning"


def test_a_small_key_warns(small_primes: tuple[int, int]) -> None:
    p, q = small_primes
    with pytest.warns(phe.InsecureKeySizeWarning, match="512 bits"):
        phe.PaillierPublicKey(p * q)
    with pytest.warns(phe.InsecureKeySizeWarning, match="128 bits"):
        phe.generate_paillier_keypair(n_length=128)


def test_a_real_key_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        public, private = phe.generate_paillier_keypair(n_length=2048)
        phe.PaillierPublicKey(public.n)
    assert public.n.bit_length() == 2048
    assert private.decrypt(public.encrypt(-1.5)) == -1.5


def test_the_default_length() -> None:
    public, _ = phe.generate_paillier_keypair()
    assert public.n.bit_length() == phe.DEFAULT_KEYSIZE == 3072


def test_what_follows_from_n(pub: phe.PaillierPublicKey) -> None:
    assert pub.g == pub.n + 1
    assert pub.nsquare == pub.n**2
    assert pub.max_int == pub.n // 3 - 1
    assert hash(pub) == hash(pub.n)
    assert all(0 < pub.get_random_lt_n() < pub.n for _ in range(20))


def test_public_keys_compare_pickle_and_do_not_change(
    pub: phe.PaillierPublicKey, other_private: phe.PaillierPrivateKey
) -> None:
    uniform = phe.PaillierPublicKey.of_native(pub.native, noise="uniform")
    for again in (pickle.loads(pickle.dumps(pub)), copy.deepcopy(pub), uniform):
        assert again == pub
        assert hash(again) == hash(pub)
    assert pickle.loads(pickle.dumps(uniform)).noise == "uniform"
    assert pub != other_private.public_key
    assert pub != 3
    with pytest.raises(AttributeError):
        pub.n = 5
    assert repr(pub).startswith("<PaillierPublicKey ")


@pytest.mark.filterwarnings(SMALL)
@pytest.mark.parametrize("n", [0, -3, 35, 2**600, (2**89 - 1) ** 2, (2**127 - 1) * 3])
def test_what_is_no_modulus(n: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        phe.PaillierPublicKey(n)


def test_n_is_an_integer() -> None:
    for n in ("3", 1.5, b"3"):
        with pytest.raises(TypeError):
            phe.PaillierPublicKey(n)


@pytest.mark.parametrize("noise", ["short", "uniform"])
def test_both_noises(private: phe.PaillierPrivateKey, noise: str) -> None:
    public = phe.PaillierPublicKey.of_native(private.public_key.native, noise=noise)
    x = public.encrypt(1.5)
    assert private.decrypt(x) == 1.5
    assert x.ciphertext() != public.encrypt(1.5).ciphertext()


def test_noise_is_checked(pub: phe.PaillierPublicKey) -> None:
    with pytest.raises(errors.ParameterError):
        phe.PaillierPublicKey.of_native(pub.native, noise="none")


def test_raw(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    for plaintext in (0, 1, pub.n - 1, pub.n, pub.n + 3, -3, pub.n // 2, pub.n // 2 + 1):
        assert private.raw_decrypt(pub.raw_encrypt(plaintext)) == plaintext % pub.n
        fixed = pub.raw_encrypt(plaintext, r_value=12345)
        assert fixed == (1 + pub.n * plaintext) * pow(12345, pub.n, pub.nsquare) % pub.nsquare
        assert private.raw_decrypt(fixed) == plaintext % pub.n
    for wrong in ("1", 1.5, None):
        with pytest.raises(TypeError):
            pub.raw_encrypt(wrong)
        with pytest.raises(TypeError):
            private.raw_decrypt(wrong)
    with pytest.raises(errors.InvalidCiphertextError):
        private.raw_decrypt(0)


def test_a_fixed_r_repeats(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x, y = pub.encrypt(2.5, r_value=99), pub.encrypt(2.5, r_value=99)
    assert x.ciphertext(False) == y.ciphertext(False)
    assert private.decrypt(x) == 2.5
    with pytest.raises(errors.ParameterError):
        pub.encrypt(1, r_value=pub.n)


@pytest.mark.filterwarnings(SMALL)
def test_primes_passed_in_can_be_read(small_primes: tuple[int, int]) -> None:
    p, q = small_primes
    public = phe.PaillierPublicKey(p * q)
    for key in (phe.PaillierPrivateKey(public, p, q), phe.PaillierPrivateKey(public, q, p)):
        assert (key.p, key.q) == (p, q)
        assert key.decrypt(public.encrypt(7)) == 7
        for prime in small_primes:
            assert str(prime) not in repr(key)
    assert phe.PaillierPrivateKey(public, p, q) == phe.PaillierPrivateKey(public, q, p)
    totient = (p - 1) * (q - 1)
    again = phe.PaillierPrivateKey.from_totient(public, totient)
    assert (again.p, again.q) == (p, q)
    for wrong in (5, totient + 2, 0, p * q):
        with pytest.raises(errors.InvalidKeyError):
            phe.PaillierPrivateKey.from_totient(public, wrong)
    for pair in ((3, 5), (p, p), (1, p * q), (-p, -q)):
        with pytest.raises(ValueError):  # noqa: PT011
            phe.PaillierPrivateKey(public, *pair)
    with pytest.raises(TypeError):
        phe.PaillierPrivateKey(p * q, p, q)


def test_generated_primes_stay_in_the_core(private: phe.PaillierPrivateKey) -> None:
    assert not hasattr(private, "p")
    with pytest.raises(AttributeError, match="exportable"):
        _ = private.q


@pytest.mark.filterwarnings(SMALL)
@pytest.mark.parametrize("bits", [128, 130, 512])
def test_exportable_keys(bits: int) -> None:
    public, private = phe.generate_paillier_keypair(n_length=bits, exportable=True)
    p, q = private.p, private.q
    assert p < q
    assert p * q == public.n
    assert public.n.bit_length() == bits
    assert p % 4 == q % 4 == 3
    assert phe.util.is_prime(p)
    assert private.decrypt(public.encrypt(-3)) == -3


@pytest.mark.parametrize("length", [0, 16, 127, 1000, 9000, "x"])
def test_lengths_that_there_are_not(length: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        phe.generate_paillier_keypair(n_length=length)
    if length != 1000:
        with pytest.raises(errors.KeySizeError):
            phe.generate_paillier_keypair(n_length=length, exportable=True)


def test_private_keys_do_not_leave(private: phe.PaillierPrivateKey) -> None:
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(errors.UnsupportedOperationError, match="save"):
            leave(private)


def test_saving_under_a_password(
    private: phe.PaillierPrivateKey, pub: phe.PaillierPublicKey, tmp_path: object
) -> None:
    path = tmp_path / "key"
    private.save(path, password="open")
    again = phe.PaillierPrivateKey.load(path, password="open")
    assert again == private
    assert hash(again) == hash(private)
    assert again.decrypt(pub.encrypt(1.5)) == 1.5
    with pytest.raises(errors.WrongPasswordError):
        phe.PaillierPrivateKey.load(path, password="shut")


def test_decrypting_what_is_no_number(private: phe.PaillierPrivateKey) -> None:
    for wrong in (3, "x", None):
        with pytest.raises(TypeError):
            private.decrypt(wrong)
        with pytest.raises(TypeError):
            private.decrypt_encoded(wrong)
        with pytest.raises(TypeError):
            phe.PaillierPrivateKeyring([private]).decrypt(wrong)


def test_keyring(private: phe.PaillierPrivateKey, other_private: phe.PaillierPrivateKey) -> None:
    ring = phe.PaillierPrivateKeyring([private])
    public, other = private.public_key, other_private.public_key
    assert list(ring) == [public]
    assert ring[public] is private
    with pytest.raises(KeyError):
        ring.decrypt(other.encrypt(1))
    ring.add(other_private)
    assert len(ring) == 2
    assert ring.decrypt(other.encrypt(1)) == 1
    assert ring.decrypt(public.encrypt(2.5)) == 2.5
    del ring[other]
    assert other not in ring
    with pytest.raises(TypeError):
        ring.add(public)


@pytest.mark.filterwarnings(SMALL)
def test_generation_fills_a_keyring() -> None:
    ring = phe.PaillierPrivateKeyring()
    public, private = phe.generate_paillier_keypair(ring, n_length=256)
    assert ring[public] is private
