"""What the drop-in adds: many numbers at once, and the way to and from privml's arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import errors
from privml.integrations import phe

# Multiples of 2**-20: exponents as different as a 512-bit key can bring together.
NUMBERS = st.one_of(st.integers(-(2**60), 2**60), st.integers(-(2**50), 2**50).map(lambda i: i / 2**20))


@given(values=st.lists(NUMBERS, max_size=6))
def test_many_is_one_by_one(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey, values: list[float]
) -> None:
    numbers = pub.encrypt_many(values)
    assert [n.exponent for n in numbers] == [phe.EncodedNumber.encode(pub, v).exponent for v in values]
    decrypted = private.decrypt_many(numbers)
    assert decrypted == values
    assert [type(v) for v in decrypted] == [type(v) for v in values]
    assert [private.decrypt(n) for n in numbers] == values
    assert all(n.is_obfuscated for n in numbers)


def test_arrays_keep_their_shape(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x = np.arange(6.0).reshape(2, 3)
    numbers = pub.encrypt_many(x)
    assert numbers.shape == (2, 3)
    assert (private.decrypt_many(numbers) == x).all()
    assert [private.decrypt(v) for v in numbers @ np.array([1, 0, 2])] == [4, 13]
    assert private.decrypt_many(pub.encrypt_many(np.zeros((0, 2)))).shape == (0, 2)
    assert private.decrypt_many(pub.encrypt_many(v for v in (1, 2))) == [1, 2]


def test_precision_makes_the_exponents_equal(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey
) -> None:
    numbers = pub.encrypt_many([3, 1e-9, 1e6, 0.0], precision=1e-6)
    assert len({n.exponent for n in numbers}) == 1
    assert private.decrypt_many(numbers) == [3, 0, 1e6, 0]


def test_equal_numbers_do_not_show(pub: phe.PaillierPublicKey) -> None:
    assert len({n.ciphertext() for n in pub.encrypt_many([1] * 20)}) == 20


@given(values=st.lists(NUMBERS, min_size=1, max_size=8))
def test_sum_many(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey, values: list[float]) -> None:
    numbers = pub.encrypt_many(values)
    total = phe.sum_many(numbers)
    assert not total.is_obfuscated
    assert total.exponent == sum(numbers[1:], numbers[0]).exponent
    assert private.decrypt(total) == private.decrypt(sum(numbers[1:], numbers[0]))


def test_obfuscate_many(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    fresh = pub.encrypt(1)
    numbers = [fresh, fresh + 1, fresh * 3, phe.EncryptedNumber(pub, fresh.ciphertext())]
    before = [n.ciphertext(False) for n in numbers]
    phe.obfuscate_many(numbers)
    assert all(n.is_obfuscated for n in numbers)
    after = [n.ciphertext() for n in numbers]
    assert after[0] == before[0]
    assert not set(after[1:]) & set(before)
    assert private.decrypt_many(numbers) == [1, 2, 3, 1]
    phe.obfuscate_many([])


def test_to_array(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    values = [1, 2.5, -1e-3, 2.0**60]
    array = phe.to_array(pub.encrypt_many(values), limit=2.0**60)
    assert array.shape == (4,)
    assert not array.is_integer
    assert private.native.decrypt(array).tolist() == values
    assert private.native.decrypt(np.array([2, 2, 0, 0]) @ array) == 7
    grid = phe.to_array(pub.encrypt_many(np.arange(4).reshape(2, 2)), limit=100)
    assert grid.is_integer
    assert private.native.decrypt(grid).tolist() == [[0, 1], [2, 3]]


def test_to_array_asks_for_what_fits(pub: phe.PaillierPublicKey) -> None:
    numbers = pub.encrypt_many([1.5, 1e-60])
    with pytest.raises(errors.EncodingOverflowError, match="limit="):
        phe.to_array(numbers, limit=2.0**300)
    with pytest.raises(errors.EncodingOverflowError, match="span"):
        phe.to_array([*numbers, phe.EncryptedNumber(pub, 1, 100)], limit=1)
    with pytest.raises(errors.ParameterError, match="limit"):
        phe.to_array(numbers, limit=0)


def test_a_wrong_limit_shows_at_decryption(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey
) -> None:
    array = phe.to_array(pub.encrypt_many([1.5, 100.0]), limit=2)
    with pytest.raises(errors.EncodingOverflowError):
        private.native.decrypt(array)


def test_from_array(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x = np.array([[1.5, -2.0], [0.25, 4.0]])
    numbers = phe.from_array(pub.native.encrypt(x, limit=100), pub)
    assert numbers.shape == (2, 2)
    assert {n.exponent for n in numbers.flat} == {-8}
    assert (private.decrypt_many(numbers) == x).all()
    halves = phe.from_array(pub.native.encrypt([1, 2]) / 16, pub)
    assert private.decrypt_many(halves).tolist() == [1 / 16, 2 / 16]
    with pytest.raises(errors.ParameterError, match="divisible by 4"):
        phe.from_array(pub.native.encrypt(x, fractional_bits=30), pub)


def test_what_is_refused(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey, other_private: phe.PaillierPrivateKey
) -> None:
    for nothing in (phe.sum_many, lambda n: phe.to_array(n, limit=1)):
        with pytest.raises(errors.ShapeError):
            nothing([])
    for call in (private.decrypt_many, phe.sum_many, phe.obfuscate_many):
        with pytest.raises(TypeError):
            call([1, 2])
    with pytest.raises(errors.KeyMismatchError):
        phe.from_array(other_private.public_key.native.encrypt([1]), pub)
    with pytest.raises(errors.ParameterError, match="fit"):
        phe.sum_many([phe.EncryptedNumber(pub, 1, 0), phe.EncryptedNumber(pub, 1, 200)])


def test_an_array_is_pointed_to_the_native_key(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey
) -> None:
    array = phe.to_array(pub.encrypt_many([1, 2]), limit=2)
    for attempt in (private.decrypt_many, private.decrypt, phe.sum_many):
        with pytest.raises(
            errors.DtypeError, match=r"is an EncryptedArray of .* private_key\.native\.decrypt"
        ):
            attempt(array)
    assert private.native.decrypt(array).tolist() == [1, 2]
    with pytest.raises(errors.DtypeError, match=r"^a number is an int; allowed are EncryptedNumbers$"):
        private.decrypt_many([3])


def test_progress_is_told(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    told: list[tuple[int, int]] = []
    numbers = pub.encrypt_many(range(30), progress=lambda done, total: told.append((done, total)))
    private.decrypt_many(numbers, progress=lambda done, total: told.append((done, total)))
    assert all(0 <= done <= total for done, total in told)
