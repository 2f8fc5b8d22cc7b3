"""Arrays under shared keys: several parties decrypt what one owner's key would have decrypted to."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from privml import elgamal, errors
from privml.elgamal import threshold

SESSION = "arrays"


@pytest.fixture(scope="module")
def additive():
    """Return five shares on the curve, of which three decrypt."""
    return threshold.KeyShare.generate(5, 3)


@pytest.fixture(scope="module")
def multiplicative():
    """Return five shares in a finite field, of which three decrypt."""
    return threshold.KeyShare.generate(5, 3, group="ffdhe2048")


def opened(shares, array, chosen=(4, 0, 2), **options):
    partials = [shares[i].decrypt_partially(array, session=SESSION) for i in chosen]
    key = threshold.PublicKey.from_bytes(shares[0].public_key.to_bytes())
    key.verify(array, partials, session=SESSION)
    return key.combine(array, partials, session=SESSION, **options)


def test_sums(additive):
    key = additive[0].public_key.encryption_key
    assert isinstance(key, elgamal.AdditivePublicKey)
    assert key.point == additive[0].public_key.element
    plain = np.random.default_rng(1).integers(-1000, 1000, (4, 3), dtype=np.int16)
    total = key.encrypt(plain).sum(axis=0) * 3 - 5
    got = opened(additive, total)
    assert got.dtype == np.int64
    np.testing.assert_array_equal(got, plain.sum(axis=0, dtype=np.int64) * 3 - 5)
    np.testing.assert_array_equal(opened(additive, key.encrypt(plain), (1, 3, 2)), plain)
    reals = key.encrypt([[0.5, -1.25], [2.0, 4.5]], fractional_bits=8, limit=100)
    np.testing.assert_array_equal(opened(additive, reals.mean(axis=1)), [-0.375, 3.25])


def test_products(multiplicative):
    key = multiplicative[0].public_key.encryption_key
    assert isinstance(key, elgamal.MultiplicativePublicKey)
    assert key.full_exponent
    assert key.h == int.from_bytes(multiplicative[0].public_key.element, "little")
    plain = np.array([[2, 3, 10], [5, 7, 4]])
    array = key.encrypt(plain, limit=10)
    np.testing.assert_array_equal(opened(multiplicative, array.prod(axis=1)), [60, 140])
    quotients = array[0] / array[1]
    np.testing.assert_array_equal(opened(multiplicative, quotients, (1, 3, 2)), plain[0] / plain[1])
    exact = opened(multiplicative, quotients, fractions=True)
    assert exact.tolist() == [Fraction(2, 5), Fraction(3, 7), Fraction(5, 2)]
    real = key.encrypt(1.75, fractional_bits=4, limit=10) ** 2
    assert real.shape == ()
    assert opened(multiplicative, real) == 3.0625


def test_shapes(additive):
    key = additive[0].public_key.encryption_key
    for shape in [(), (1,), (0,), (2, 0), (1, 2, 1)]:
        plain = np.arange(np.prod(shape, dtype=int)).reshape(shape)
        got = opened(additive, key.encrypt(plain, limit=10))
        assert got.shape == shape
        np.testing.assert_array_equal(got, plain)


def test_arrays_travel_and_bytes_are_the_same(additive):
    key = additive[0].public_key.encryption_key
    sent = key.encrypt([3, -4], limit=10)
    array = elgamal.EncryptedArray.from_bytes(sent.to_bytes(), additive[1].public_key.encryption_key)
    data = b"".join(sent.raw())
    partials = [share.decrypt_partially(data, session=SESSION) for share in additive[:3]]
    assert additive[0].public_key.combine(array, partials, session=SESSION).tolist() == [3, -4]
    assert len(additive[0].public_key.combine(data, partials, session=SESSION)) == 64


def test_the_key_is_made_once(multiplicative):
    public = multiplicative[0].public_key
    assert public.encryption_key is multiplicative[0].public_key.encryption_key
    again = threshold.PublicKey.from_bytes(public.to_bytes())
    assert again.encryption_key == public.encryption_key


@pytest.mark.parametrize("scheme", ["additive", "multiplicative"])
def test_a_liar_is_named(scheme, request):
    shares = request.getfixturevalue(scheme)
    public = shares[0].public_key
    array = public.encryption_key.encrypt([3, 4], limit=10)
    other = public.encryption_key.encrypt([3, 4], limit=10)
    partials = [share.decrypt_partially(array, session=SESSION) for share in shares[:4]]
    width = len(public.element)
    lie = shares[2].decrypt_partially(other, session=SESSION)[-width:]  # an element, but the wrong one
    partials[2] = partials[2][:-width] + lie
    with pytest.raises(errors.MisbehaviourError) as caught:
        public.combine(array, partials, session=SESSION)
    assert caught.value.parties == (3,)
    del partials[2]
    assert public.combine(array, partials, session=SESSION).tolist() == [3, 4]
    with pytest.raises(errors.ParameterError, match="other ciphertexts"):
        public.combine(other, partials, session=SESSION)


def test_arrays_of_other_keys_are_refused(additive, multiplicative):
    ours = additive[0].public_key
    stranger = elgamal.PrivateKey.generate("ristretto255").public_key.encrypt([1], limit=1)
    wrong_kind = multiplicative[0].public_key.encryption_key.encrypt([1], limit=1)
    short = elgamal.PrivateKey.generate("ffdhe2048").public_key.encrypt([1], limit=1)
    for share, array in [(additive[0], stranger), (additive[0], wrong_kind), (multiplicative[0], short)]:
        with pytest.raises(errors.KeyMismatchError, match="belongs to the key"):
            share.decrypt_partially(array, session=SESSION)
        with pytest.raises(errors.KeyMismatchError, match="belongs to the key"):
            share.public_key.combine(array, [], session=SESSION)
        with pytest.raises(errors.KeyMismatchError, match="belongs to the key"):
            share.public_key.verify(array, [], session=SESSION)
    for nothing in [None, "text", np.zeros(2), [b"x"]]:
        with pytest.raises(errors.ParameterError, match="ciphertexts is"):
            additive[0].decrypt_partially(nothing, session=SESSION)
    array = ours.encryption_key.encrypt([1], limit=1)
    with pytest.raises(errors.ParameterError, match="fractions is True"):
        ours.combine(array, [], session=SESSION, fractions=True)


@pytest.mark.parametrize("scheme", ["additive", "multiplicative"])
def test_numbers_beyond_the_public_bound_are_refused(scheme, request):
    shares = request.getfixturevalue(scheme)
    key = shares[0].public_key.encryption_key
    honest, small = key.encrypt([9], limit=9), key.encrypt([1], limit=1)
    tampered = small._like(honest._batch, (1,))
    with pytest.raises(errors.EncodingOverflowError):
        opened(shares, tampered)
