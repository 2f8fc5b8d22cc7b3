"""The drop-in's encrypted numbers: arithmetic, exponents, obfuscation, object arrays."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import errors
from privml.integrations import phe

# Multiples of 2**-20: exponents as different as a 512-bit key can bring together.
NUMBERS = st.one_of(st.integers(-(10**9), 10**9), st.integers(-(2**40), 2**40).map(lambda i: i / 2**20))


def flag(number: phe.EncryptedNumber) -> bool:
    # What python-paillier's own tests look at.
    return number._EncryptedNumber__is_obfuscated


@given(a=NUMBERS, b=NUMBERS)
def test_arithmetic_is_that_of_the_numbers(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey, a: float, b: float
) -> None:
    x, y = pub.encrypt(a), pub.encrypt(b)
    encoded = phe.EncodedNumber.encode(pub, b)
    close = {"rel_tol": 1e-12, "abs_tol": 1e-9}
    for total in (x + y, x + b, b + x, x + encoded, encoded + x):
        assert math.isclose(private.decrypt(total), a + b, **close)
    for difference in (x - y, x - b, x - encoded, -(b - x), -(encoded - x)):
        assert math.isclose(private.decrypt(difference), a - b, **close)
    for product in (x * b, b * x, x * encoded, encoded * x):
        assert math.isclose(private.decrypt(product), a * b, **close)
    assert math.isclose(private.decrypt(x / 7), a / 7, **close)
    assert private.decrypt(-x) == -a
    assert private.decrypt(x) == a


def test_integers_stay_integers(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    result = private.decrypt(pub.encrypt(2**70) * -3 + 1 - pub.encrypt(5))
    assert result == -3 * 2**70 - 4
    assert type(result) is int


def test_exponents_align_downwards(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x = pub.encrypt(1.5)
    assert x.exponent == -13
    assert (x + 1).exponent == -13
    assert (x + 1e-9).exponent == (1e-9 + x).exponent == -21
    assert (pub.encrypt(3) + x).exponent == -13
    assert (x * 2).exponent == -13
    assert (x * 2.5).exponent == -26
    lower = x.decrease_exponent_to(-32)
    assert lower.exponent == -32
    assert private.decrypt(lower) == 1.5
    with pytest.raises(errors.ParameterError, match="more negative"):
        lower.decrease_exponent_to(-31)
    with pytest.raises(errors.ParameterError, match="fit"):
        lower.decrease_exponent_to(-400)


@pytest.mark.parametrize("value", [np.int64(3), np.uint8(3), np.float32(1.5), np.float64(0.5), True])
def test_numpy_scalars_on_both_sides(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey, value: object
) -> None:
    x, plain = pub.encrypt(10), value.item() if hasattr(value, "item") else value
    assert private.decrypt(x + value) == private.decrypt(value + x) == 10 + plain
    assert private.decrypt(x - value) == 10 - plain
    assert private.decrypt(value - x) == plain - 10
    assert private.decrypt(x * value) == private.decrypt(value * x) == 10 * plain
    assert math.isclose(private.decrypt(x / value), 10 / plain)


def test_object_arrays(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x = np.array([pub.encrypt(v) for v in (1, 2, 3)])
    assert private.decrypt(np.mean(x)) == 2
    assert private.decrypt(np.dot(x, [1.5, 2, 3])) == 14.5
    assert private.decrypt(x @ np.array([1, -2, 3])) == 6
    assert private.decrypt(x.sum()) == private.decrypt(sum(x)) == 6
    assert [private.decrypt(v) for v in (2 * x - 1) / 2] == [0.5, 1.5, 2.5]
    for array in (x[0] * np.array([1.0, 2.0]), np.array([1.0, 2.0]) * x[0]):
        assert [private.decrypt(v) for v in array] == [1.0, 2.0]
    assert [private.decrypt(v) for v in x[2] - np.arange(2)] == [3, 2]
    assert [private.decrypt(v) for v in x[2] + np.arange(2)] == [3, 4]
    assert [private.decrypt(v) for v in x[2] / np.array([2, 4])] == [1.5, 0.75]


@pytest.mark.parametrize("other", ["3", None, 1j, [1]])
def test_refused_operands(pub: phe.PaillierPublicKey, other: object) -> None:
    x = pub.encrypt(1)
    for operation in (lambda: x + other, lambda: x - other, lambda: x * other, lambda: other + x):
        with pytest.raises(TypeError):
            operation()


def test_what_paillier_cannot_do(pub: phe.PaillierPublicKey) -> None:
    x = pub.encrypt(1)
    with pytest.raises(NotImplementedError):
        x * x
    with pytest.raises(errors.UnsupportedOperationError):
        x * x
    with pytest.raises(TypeError):
        x / x
    with pytest.raises(ZeroDivisionError):
        x / 0
    with pytest.raises(TypeError):
        1 / x


def test_keys_do_not_mix(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey, other_private: phe.PaillierPrivateKey
) -> None:
    x, y = pub.encrypt(1), other_private.public_key.encrypt(1)
    foreign = phe.EncodedNumber.encode(other_private.public_key, 1)
    for operation in (
        lambda: x + y,
        lambda: x - y,
        lambda: x + foreign,
        lambda: x * foreign,
        lambda: pub.encrypt(foreign),
        lambda: pub.encrypt_many([1, foreign]),
        lambda: private.decrypt(y),
        lambda: private.decrypt_many([x, y]),
        lambda: phe.sum_many([x, y]),
    ):
        with pytest.raises(errors.KeyMismatchError):
            operation()


def test_the_overflow_alarm_and_its_gap(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x = pub.encrypt(pub.max_int)
    for loud in (x + 1, x + x, -x - 1):
        with pytest.raises(OverflowError):
            private.decrypt(loud)
    # Three thirds around: python-paillier does not notice, and neither does what stands in for it.
    assert private.decrypt(x * 3) == pub.max_int * 3 - pub.n


def test_obfuscation(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x = pub.encrypt(2.5)
    assert flag(x)
    sent = x.ciphertext()
    assert sent == x.ciphertext() == x.ciphertext(False)
    for computed in (x + 1, x + x, x * 1, x - 0, -x, x.decrease_exponent_to(-20), pub.encrypt(1, r_value=7)):
        assert not flag(computed)
        bare = computed.ciphertext(be_secure=False)
        assert not flag(computed)
        hidden = computed.ciphertext()
        assert flag(computed)
        assert hidden != bare
        assert computed.ciphertext() == hidden
    assert (x * 1).ciphertext(False) == sent
    x.obfuscate()
    assert flag(x)
    assert x.ciphertext() != sent
    assert private.decrypt(x) == 2.5


def test_from_an_integer(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    x = pub.encrypt(2.5)
    again = phe.EncryptedNumber(pub, x.ciphertext(), x.exponent)
    assert not flag(again)
    assert again.ciphertext(False) == x.ciphertext()
    assert private.decrypt(again + 1) == 3.5
    assert private.decrypt(phe.EncryptedNumber(pub, 1)) == 0


def test_refused_parts(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    for arguments in (("1",), (1.5,), (None,), (pub.encrypt(1),), (5, "x"), (5, 1.5)):
        with pytest.raises(TypeError):
            phe.EncryptedNumber(pub, *arguments)
    with pytest.raises(TypeError):
        phe.EncryptedNumber(3, 5)
    for ciphertext in (0, -5, pub.nsquare, pub.nsquare + 5):
        with pytest.raises(errors.InvalidCiphertextError):
            phe.EncryptedNumber(pub, ciphertext)
    with pytest.raises(errors.ParameterError, match="exponent"):
        phe.EncryptedNumber(pub, 5, -(10**9))


def test_a_ciphertext_with_a_factor_of_n_is_found_where_it_is_used(
    private: phe.PaillierPrivateKey, pub: phe.PaillierPublicKey
) -> None:
    bad = phe.EncryptedNumber(pub, pub.n)
    good = phe.EncryptedNumber(pub, pub.encrypt(1).ciphertext())
    for use in (
        lambda: private.decrypt(bad),
        lambda: bad + 1,
        lambda: bad * 2,
        lambda: private.decrypt_many([good, bad]),
        lambda: phe.to_array([good, bad], limit=5),
    ):
        with pytest.raises(errors.InvalidCiphertextError):
            use()


def test_pickling_and_copies(pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey) -> None:
    for x in (pub.encrypt(1.5), pub.encrypt(1.5) + 2):
        for again in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)):
            assert flag(again) == flag(x)
            assert again.ciphertext(False) == x.ciphertext(False)
            assert private.decrypt(again) == private.decrypt(x)


def test_identity_like_python_paillier(pub: phe.PaillierPublicKey) -> None:
    x = pub.encrypt(1)
    assert x == x
    assert x != pub.encrypt(1)
    assert len({x, x}) == 1


def test_repr(pub: phe.PaillierPublicKey) -> None:
    assert "exponent -13" in repr(pub.encrypt(1.5))
