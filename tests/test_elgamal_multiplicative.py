"""Multiplicative ElGamal against Python's integers, and what it refuses."""

from __future__ import annotations

import os
from fractions import Fraction

import gmpy2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privml import elgamal, errors


@pytest.fixture(scope="module")
def key():
    return elgamal.PrivateKey.generate("ffdhe2048")


@pytest.fixture(scope="module")
def public(key):
    return key.public_key


POSITIVE = st.integers(1, 2**40)


@settings(max_examples=20, deadline=None)
@given(a=st.lists(POSITIVE, min_size=4, max_size=4), b=st.lists(POSITIVE, min_size=4, max_size=4))
def test_arithmetic_is_that_of_fractions(key, a, b):
    x, y = (key.public_key.encrypt(v, limit=2**40) for v in (a, b))
    fractions = [Fraction(m, n) for m, n in zip(a, b, strict=True)]

    def exact(c):
        return key.decrypt(c, fractions=True).tolist()

    assert exact(x / y) == fractions
    assert exact((x / y) ** 3) == [f**3 for f in fractions]
    assert exact((x / y) ** -2) == [1 / f**2 for f in fractions]
    assert exact(x * y / 7) == [Fraction(m * n, 7) for m, n in zip(a, b, strict=True)]
    assert exact(5 / x) == [Fraction(5, m) for m in a]
    assert key.decrypt(x / y).tolist() == [float(f) for f in fractions]
    assert exact(x**0) == [1, 1, 1, 1]
    assert [int(v) for v in key.decrypt(x * y * y)] == [m * n * n for m, n in zip(a, b, strict=True)]


def test_ciphertexts_are_elgamal(key, public):
    # Against gmpy2: the quotient of the parts by the key's own equation, for plaintexts that are known.
    p, h = public.p, public.h
    values = [1, 2, 3, (p - 1) // 2]
    a = public.encrypt(values, limit=(p - 1) // 2)
    b = public.encrypt([1] * 4, limit=1)
    for c in (a, b):
        for first, second in c.raw().reshape(-1, 2).tolist():
            assert 1 <= first <= (p - 1) // 2
            assert 1 <= second <= (p - 1) // 2
    # A ciphertext made by gmpy2 alone decrypts, and ciphertexts multiply as the scheme says.
    r = 0x1234567890ABCDEF << 150 | 1
    pair = [gmpy2.powmod(2, r, p), 41 * gmpy2.powmod(h, r, p) % p]
    mine = [int(min(v, p - v)) for v in pair]
    c = elgamal.MultiplicativeArray.from_raw(mine, public, bound=41)
    assert key.decrypt(c) == 41
    two = elgamal.MultiplicativeArray.from_raw(a[1].raw(), public, bound=2)
    assert key.decrypt(c * two) == 82
    product = (c * two).raw()
    expected = [x * y % p for x, y in zip(mine, a[1].raw().tolist(), strict=True)]
    assert product.tolist() == [min(v, p - v) for v in expected]


@pytest.mark.parametrize("group", ["ffdhe2048", "ffdhe3072", "ffdhe4096"])
@pytest.mark.parametrize("full", [False, True])
def test_groups_and_exponents(group, full):
    if full and group != "ffdhe2048":
        pytest.skip("once is enough")
    key = elgamal.PrivateKey.generate(group, full_exponent=full)
    public = key.public_key
    assert gmpy2.is_prime(public.p)
    assert gmpy2.is_prime(public.capacity)
    assert public.bits == int(group[5:])
    assert public.exponent_bits == (
        public.bits - 1 if full else {2048: 256, 3072: 288, 4096: 352}[public.bits]
    )
    c = public.encrypt(np.arange(1, 21), limit=20)
    assert public.table_bytes > 0
    np.testing.assert_array_equal(key.decrypt(c * c[::-1]), np.arange(1, 21) * np.arange(20, 0, -1))


def test_reals_are_rounded_once_and_scales_add_up(key, public):
    x = np.array([0.1, 1.25, 3.0])
    c = public.encrypt(x, fractional_bits=20, limit=8)
    rounded = np.round(x * 2**20) / 2**20
    np.testing.assert_array_equal(key.decrypt(c), rounded)
    assert (c * c).fractional_bits == 40
    assert key.decrypt(c * c, fractions=True).tolist() == [Fraction(v) ** 2 for v in rounded]
    np.testing.assert_array_equal(key.decrypt(c / c), [1, 1, 1])
    assert (c / c).fractional_bits == 0
    assert key.decrypt(c**-1).tolist() == [1 / v for v in rounded]
    np.testing.assert_array_equal(key.decrypt(c.multiply(0.5, fractional_bits=4)), rounded / 2)
    np.testing.assert_array_equal(key.decrypt(c.divide(0.75, fractional_bits=2)), rounded / 0.75)
    np.testing.assert_array_equal(key.decrypt(c * 3), [float(Fraction(v) * 3) for v in rounded])
    # Ties go to even: 1.5 and 2.5 steps are two, and half a step is none.
    np.testing.assert_array_equal(key.decrypt(public.encrypt([1.5, 2.5], fractional_bits=0)), [2, 2])
    with pytest.raises(ValueError, match=r"x\[1\] is less than half a step of 2\*\*-3"):
        public.encrypt([1.0, 1 / 16], fractional_bits=3)


def test_joined_arrays_come_to_one_scale(key, public):
    a = public.encrypt([1.5], fractional_bits=4, limit=4)
    b = public.encrypt([7], limit=8)
    joined = np.concatenate([a, b, a / b, b**-1])
    expected = [Fraction(3, 2), Fraction(7), Fraction(3, 14), Fraction(1, 7)]
    assert key.decrypt(joined, fractions=True).tolist() == expected
    assert not joined.is_integer


def test_products_over_axes(key, public):
    x = np.arange(1, 25).reshape(2, 3, 4)
    c = public.encrypt(x, limit=24)
    for axis in (None, 0, 1, -1, (0, 2), ()):
        for keepdims in (False, True):
            found = key.decrypt(c.prod(axis, keepdims=keepdims))
            expected = np.prod(x.astype(object), axis=axis, keepdims=keepdims)
            assert np.array_equal(np.array(found, dtype=object), expected)
    assert key.decrypt(np.prod(c, axis=0)).shape == (3, 4)
    np.testing.assert_array_equal(key.decrypt(public.encrypt(np.ones((0, 3), int)).prod(axis=0)), [1, 1, 1])
    with pytest.raises(errors.ShapeError):
        c.prod(axis=3)


def test_numpy_functions_and_ufuncs(key, public):
    c = public.encrypt([2, 3], limit=4)
    np.testing.assert_array_equal(key.decrypt(np.multiply(c, c)), [4, 9])
    np.testing.assert_array_equal(key.decrypt(np.multiply([5, 6], c)), [10, 18])
    np.testing.assert_array_equal(key.decrypt(np.divide(6, c)), [3, 2])
    np.testing.assert_array_equal(key.decrypt(np.power(c, [2, 3])), [4, 27])
    np.testing.assert_array_equal(key.decrypt(np.array([2, 5]) * c), [4, 15])


@pytest.mark.parametrize(
    "operation",
    [
        lambda c: c + c,
        lambda c: 1 + c,
        lambda c: c - 1,
        lambda c: -c,
        lambda c: c @ [1, 2],
        lambda c: c.sum(),
        lambda c: c.mean(),
        lambda c: np.add(c, c),
        lambda c: np.sum(c),
        lambda c: 2**c,
        lambda c: c // 2,
        np.sqrt,
        np.exp,
        lambda c: np.multiply.reduce(c),
    ],
)
def test_what_it_cannot_do_is_refused_with_what_it_can(public, operation):
    with pytest.raises(TypeError, match=r"\* and /"):
        operation(public.encrypt([1, 2]))


@pytest.mark.parametrize(
    ("values", "options", "error", "message"),
    [
        ([1, 0], {}, ValueError, r"x\[1\] is not positive"),
        ([-1], {}, ValueError, r"x\[0\] is not positive"),
        (-2.5, {"fractional_bits": 4}, ValueError, "x is not positive"),
        ([True, False], {}, ValueError, r"x\[1\] is not positive"),
        ([[1.5]], {}, ValueError, "fractional_bits="),
        ([1.0, np.nan], {"fractional_bits": 4}, ValueError, r"x\[1\] is nan"),
        ([np.inf], {"fractional_bits": 4}, ValueError, "inf"),
        ([5], {"limit": 4}, OverflowError, "limit"),
        ([2.0**62], {"fractional_bits": 4, "limit": 8}, OverflowError, "limit"),
        ([1], {"limit": 2**2048}, OverflowError, "smaller limit"),
        ([1], {"limit": 0}, ValueError, "limit"),
        ([2**70], {}, OverflowError, "limit"),
        (["1"], {}, TypeError, "dtype"),
        ([1j], {}, TypeError, "dtype"),
        ([1.5], {"fractional_bits": -1}, ValueError, "fractional_bits"),
        ([1.5], {"fractional_bits": 4000}, ValueError, "fractional_bits"),
    ],
)
def test_bad_values(public, values, options, error, message):
    with pytest.raises(error, match=message) as found:
        public.encrypt(values, **options)
    assert isinstance(found.value, errors.PrivmlError)


def test_what_might_wrap_is_refused_before_it_does(key, public):
    c = public.encrypt(np.full(40, 3))
    with pytest.raises(OverflowError, match=r"32 of those fit the group; encrypt with a smaller limit="):
        c.prod()
    assert key.decrypt(public.encrypt(np.full(40, 3), limit=3).prod()) == 3**40
    with pytest.raises(OverflowError, match="smaller limit="):
        c**33
    with pytest.raises(OverflowError, match="smaller limit="):
        c ** (2**31)
    with pytest.raises(OverflowError, match="smaller limit="):
        (c**16) / (c**17)
    half = public.encrypt(2, limit=public.capacity)
    with pytest.raises(OverflowError):
        half * 2
    with pytest.raises(OverflowError):
        half / 2
    assert key.decrypt(half * 1) == 2
    # Values do not matter, bounds do: the product of ones with a large limit is refused, too.
    with pytest.raises(OverflowError):
        public.encrypt(np.ones(40, int)).prod()


def test_exponents(key, public):
    c = public.encrypt([2, 3], limit=3)
    for bad in (1.5, [1.0, 2.0], True, "2"):
        with pytest.raises((ValueError, TypeError)):
            c**bad
    with pytest.raises(ValueError, match="exponent"):
        c ** (2**40)
    scaled = public.encrypt([2.0, 3.0], fractional_bits=2, limit=3)
    with pytest.raises(ValueError, match="scale"):
        scaled ** [1, 2]
    np.testing.assert_array_equal(key.decrypt(scaled ** [2, 2]), [4, 9])
    assert key.decrypt(c ** [[1], [-2]], fractions=True).tolist() == [
        [2, 3],
        [Fraction(1, 4), Fraction(1, 9)],
    ]


@pytest.mark.parametrize("plain", [0, -1, [1, 0], 0.5, np.nan])
def test_plain_operands_must_be_positive(public, plain):
    for operation in (lambda c: c * plain, lambda c: c / plain, lambda c: plain / c):
        with pytest.raises(ValueError, match="operand"):
            operation(public.encrypt([1, 2], limit=4))


def test_a_value_beyond_its_bound_is_noticed(key, public):
    c = elgamal.MultiplicativeArray.from_raw(public.encrypt(100).raw(), public, bound=10)
    with pytest.raises(OverflowError, match="decrypted"):
        key.decrypt(c)
    quotient = elgamal.MultiplicativeArray.from_raw(public.encrypt(100).raw(), public, bound=2) / 3
    with pytest.raises(OverflowError, match="decrypted"):
        key.decrypt(quotient)
    with pytest.raises(OverflowError, match="fractions=True"):
        key.decrypt(public.encrypt(2**1500, limit=2**1500) / 3)


def test_elements_outside_the_group_are_refused(public):
    p = public.p
    good = public.encrypt([5, 6]).raw()
    for bad in (0, (p - 1) // 2 + 1, p - 1, p, p + 1, -1, 2**2048, 2**4096):
        for place in np.ndindex(2, 2):
            numbers = good.copy()
            numbers[place] = bad
            with pytest.raises(errors.InvalidCiphertextError, match=f"ciphertext {place[0]}"):
                elgamal.MultiplicativeArray.from_raw(numbers, public, bound=6)
    # The class of 1 is an element: what encrypts nothing, but is no error.
    ones = elgamal.MultiplicativeArray.from_raw([[1, 1]], public, bound=1)
    assert ones.shape == (1,)
    for shape in ((), (3,), (2, 3)):
        with pytest.raises(errors.ShapeError):
            elgamal.MultiplicativeArray.from_raw(np.ones(shape, dtype=object), public, bound=1)


def test_ciphertexts_do_not_show_plaintexts(public):
    # Legendre symbol and parity of both parts, as written: fair whatever the plaintext. A count beyond five
    # standard deviations has a probability below 1e-6.
    p, count = public.p, 1000
    for plaintext in (1, 2, 5, p - 1 >> 1):
        raw = public.encrypt([plaintext] * count, limit=p >> 1).raw()
        for column in raw.T.tolist():
            residues = sum(gmpy2.legendre(v, p) == 1 for v in column)
            odd = sum(v & 1 for v in column)
            for found in (residues, odd):
                assert abs(found - count / 2) < 5 * (count / 4) ** 0.5


def test_groups_do_not_mix(public):
    c = public.encrypt([1, 2])
    other = elgamal.PrivateKey.generate("ffdhe3072")
    foreign = other.public_key.encrypt([1, 2])
    for attempt in (lambda: c * foreign, lambda: c / foreign, lambda: np.concatenate([c, foreign])):
        with pytest.raises(errors.KeyMismatchError):
            attempt()
    with pytest.raises(errors.KeyMismatchError):
        other.decrypt(c)
    with pytest.raises(errors.ShapeError):
        c * public.encrypt([1, 2, 3])


def test_keys(key, public, tmp_path):
    assert isinstance(key, elgamal.PrivateKey)
    assert isinstance(public, elgamal.PublicKey)
    assert isinstance(public.encrypt(1), elgamal.EncryptedArray)
    assert elgamal.PublicKey.from_bytes(public.to_bytes()) == public
    again = elgamal.EncryptedArray.from_bytes(public.encrypt([4]).to_bytes(), public)
    assert key.decrypt(again) == [4]
    key.save(tmp_path / "key", password="word")
    public.save(tmp_path / "key.pub")
    assert elgamal.PrivateKey.load(tmp_path / "key", password="word") == key
    assert elgamal.PublicKey.load(tmp_path / "key.pub") == public
    with pytest.raises(errors.DecodeError):
        elgamal.PrivateKey.load(tmp_path / "key.pub", password="word")
    with pytest.raises(errors.DecodeError):
        elgamal.PublicKey.load(tmp_path / "key")
    for bad in ("ffdhe1024", "modp", 2048, None):
        with pytest.raises(errors.ParameterError, match="ffdhe2048"):
            elgamal.PrivateKey.generate(bad)
    with pytest.raises(errors.ParameterError, match="homomorphism"):
        elgamal.PrivateKey.generate("ffdhe2048", homomorphism="additive")
    full = elgamal.PrivateKey.generate("ffdhe2048", full_exponent=True)
    full.save(tmp_path / "full", password="word")
    assert elgamal.PrivateKey.load(tmp_path / "full", password="word").public_key.full_exponent
    for cls in (elgamal.MultiplicativePrivateKey, elgamal.MultiplicativePublicKey):
        with pytest.raises(TypeError):
            cls()


def test_public_keys_that_are_none_are_refused(public):
    data, p = public.to_bytes(), public.p
    head, size = data[:11], 256  # magic, version, tag, bits, flag

    def encoded(h):
        digits = h.to_bytes((h.bit_length() + 7) // 8, "little")
        return head + len(digits).to_bytes(8, "little") + digits

    assert elgamal.PublicKey.from_bytes(encoded(public.h)) == public
    assert len(data) == 11 + 8 + size or public.h.bit_length() <= 8 * (size - 1)
    for h in (0, 1, (p + 1) // 2, p - 1, p, 2**2048 + 5, 2**4000 + 5):
        with pytest.raises((errors.InvalidKeyError, errors.DecodeError)):
            elgamal.PublicKey.from_bytes(encoded(h))


def test_table_memory_is_bounded(monkeypatch):
    key = elgamal.PrivateKey.generate("ffdhe2048")
    for limit, check in (("0", lambda b: b == 0), ("800000", lambda b: 0 < b <= 800000)):
        monkeypatch.setenv("PRIVML_TABLE_MEMORY", limit)
        again = elgamal.PublicKey.from_bytes(key.public_key.to_bytes())
        np.testing.assert_array_equal(key.decrypt(again.encrypt(np.arange(1, 31))), np.arange(1, 31))
        assert check(again.table_bytes), (limit, again.table_bytes)
    monkeypatch.setenv("PRIVML_TABLE_MEMORY", "much")
    with pytest.raises(errors.ParameterError, match="PRIVML_TABLE_MEMORY"):
        key.public_key.encrypt([1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_draws_other_exponents(key, public):
    ones = np.ones(20, dtype=int)
    public.encrypt(ones)  # builds the tables and the pool of threads
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receiving)
        with os.fdopen(sending, "wb") as pipe:
            pipe.write(public.encrypt(ones).to_bytes())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        theirs = elgamal.EncryptedArray.from_bytes(pipe.read(), public)
    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_array_equal(key.decrypt(theirs), ones)
    mine = public.encrypt(ones)
    assert not set(theirs.raw().ravel().tolist()) & set(mine.raw().ravel().tolist())
