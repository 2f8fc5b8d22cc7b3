"""The drop-in's number theory and base64."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import errors
from privml.integrations.phe import util


def test_first_primes() -> None:
    assert len(util.first_primes) == 2048
    assert util.first_primes[:5] == [2, 3, 5, 7, 11]
    assert util.first_primes[-1] == 17863


def test_primality_against_division() -> None:
    for n in range(-3, 20000):
        assert util.is_prime(n) == (n > 1 and all(n % d for d in range(2, math.isqrt(max(n, 1)) + 1))), n


@pytest.mark.parametrize("n", [561, 41041, 825265, 321197185, 3215031751, (2**61 - 1) * (2**31 - 1)])
def test_pseudoprimes(n: int) -> None:
    assert not util.is_prime(n)


@pytest.mark.parametrize("exponent", [31, 61, 89, 107, 127, 521])
def test_mersenne_primes(exponent: int) -> None:
    assert util.is_prime(2**exponent - 1)
    assert util.miller_rabin(2**exponent - 1, 5)
    assert not util.is_prime((2**exponent - 1) ** 2)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 8, 16, 64, 256])
def test_getprimeover(bits: int) -> None:
    for _ in range(10):
        prime = util.getprimeover(bits)
        assert prime.bit_length() == bits
        assert util.is_prime(prime)


def test_getprimeover_refuses() -> None:
    for bits in (1, 0, -1, 1.5):
        with pytest.raises(errors.ParameterError):
            util.getprimeover(bits)


@given(a=st.integers(1, 10**9), m=st.integers(2, 10**9))
def test_invert(a: int, m: int) -> None:
    if math.gcd(a, m) == 1:
        assert util.invert(a, m) * a % m == 1
    else:
        with pytest.raises(ZeroDivisionError):
            util.invert(a, m)


def test_invert_modulo_one() -> None:
    with pytest.raises(ZeroDivisionError):
        util.invert(3, 1)


@given(a=st.integers(0, 10**6), b=st.integers(0, 10**6))
def test_extended_euclid(a: int, b: int) -> None:
    g, s, t = util.extended_euclidean_algorithm(a, b)
    assert g == math.gcd(a, b) == s * a + t * b


@given(a=st.integers(0, 2**70), b=st.integers(0, 2**20), c=st.integers(1, 2**70))
def test_the_rest(a: int, b: int, c: int) -> None:
    assert util.powmod(a, b, c) == pow(a, b, c)
    assert util.mulmod(a, b, c) == a * b % c
    assert util.isqrt(a) ** 2 <= a < (util.improved_i_sqrt(a) + 1) ** 2


@given(number=st.integers(1, 2**200), data=st.binary())
def test_base64(number: int, data: bytes) -> None:
    text = util.int_to_base64(number)
    assert not set(text) & set("+/=")
    assert util.base64_to_int(text) == number
    assert util.base64_to_int(text.encode()) == number
    assert util.base64url_decode(util.base64url_encode(data)) == data


def test_base64_refuses() -> None:
    assert util.int_to_base64(65537) == "AQAB"
    for number in (0, -1):
        with pytest.raises(AssertionError):
            util.int_to_base64(number)
    for text in ("", "ä", "a", "+/+/"):
        with pytest.raises(ValueError, match="base64"):
            util.base64_to_int(text)
