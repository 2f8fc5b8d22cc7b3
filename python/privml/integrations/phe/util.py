"""Number theory and base64, under the names of `phe.util`.

In Python, in time that depends on the arguments: fit for public numbers and tests. Keys are made here only
when their primes are to be read in Python anyway. `HAVE_GMP` is False: nothing here needs GMP.
"""

from __future__ import annotations

import math
import secrets

from privml.encoding import check_int
from privml.errors import DecodeError, KeySizeError, ParameterError
from privml.integrations.phe.interchange.text import (
    bytes_from_base64url,
    bytes_to_base64url,
    to_base64url,
)

__all__ = [
    "HAVE_CRYPTO",
    "HAVE_GMP",
    "base64_to_int",
    "base64url_decode",
    "base64url_encode",
    "extended_euclidean_algorithm",
    "first_primes",
    "getprimeover",
    "improved_i_sqrt",
    "int_to_base64",
    "invert",
    "is_prime",
    "isqrt",
    "key_primes",
    "miller_rabin",
    "mulmod",
    "powmod",
]

HAVE_GMP = False
HAVE_CRYPTO = False

_SIEVE = 17864


def _primes_below(limit: int) -> list[int]:
    sieve = bytearray([0, 0]) + bytearray([1]) * (limit - 2)
    for i in range(2, math.isqrt(limit) + 1):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(sieve[i * i :: i]))
    return [i for i, prime in enumerate(sieve) if prime]


first_primes = _primes_below(_SIEVE)
"""The first 2048 primes."""

_PRIMORIAL = math.prod(first_primes)


class ZeroNotEncodableError(ParameterError, AssertionError):
    """Zero and negative numbers have no base64 here, as in python-paillier, which asserts it."""


def powmod(a: int, b: int, c: int) -> int:
    """Return `a**b` modulo `c`."""
    return pow(a, b, c)


def mulmod(a: int, b: int, c: int) -> int:
    """Return `a * b` modulo `c`."""
    return a * b % c


def extended_euclidean_algorithm(a: int, b: int) -> tuple[int, int, int]:
    """Return `(g, s, t)` with `g` the greatest common divisor and `s * a + t * b == g`."""
    g, s, t = a, 1, 0
    next_g, next_s, next_t = b, 0, 1
    while next_g:
        quotient = g // next_g
        g, next_g = next_g, g - quotient * next_g
        s, next_s = next_s, s - quotient * next_s
        t, next_t = next_t, t - quotient * next_t
    return g, s, t


def invert(a: int, b: int) -> int:
    """Return the inverse of `a` modulo `b`.

    Raises
    ------
    ZeroDivisionError
        If there is none.
    """
    if b == 1:
        raise ZeroDivisionError("nothing has an inverse modulo 1")
    try:
        return pow(a, -1, b)
    except ValueError:
        raise ZeroDivisionError("there is no inverse: the numbers have a common factor") from None


def isqrt(N: int) -> int:
    """Return the integer part of the square root."""
    return math.isqrt(N)


improved_i_sqrt = isqrt


def miller_rabin(n: int, k: int) -> bool:
    """Tell whether an odd number above 3 passes `k` rounds of Miller-Rabin with random bases."""
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(k):
        x = pow(secrets.randbelow(n - 3) + 2, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def is_prime(n: int, mr_rounds: int = 25) -> bool:
    """Tell whether `n` is prime; wrong for a composite with a chance below `4**-mr_rounds`."""
    if n < _SIEVE:
        return n in first_primes
    return math.gcd(n, _PRIMORIAL) == 1 and miller_rabin(n, mr_rounds)


def getprimeover(N: int) -> int:
    """Return a random prime of exactly `N` bits, from the operating system's randomness.

    Raises
    ------
    ParameterError
        If `N` is below 2.
    """
    bits = check_int(N, "N", 2)
    while True:
        candidate = secrets.randbits(bits) | 1 << (bits - 1) | (bits > 2)
        if is_prime(candidate):
            return candidate


def key_primes(n_length: int) -> tuple[int, int]:
    """Return two primes as the core makes them: 3 modulo 4, `gcd(p - 1, q - 1) == 2`, `p * q` of that length.

    Raises
    ------
    KeySizeError
        If the length is odd, or not from 128 to 8192.
    """
    try:
        bits = check_int(n_length, "n_length", 128, 8192)
    except ParameterError as error:
        raise KeySizeError(str(error)) from None
    if bits % 2:
        raise KeySizeError(f"n_length is {bits}; allowed are even numbers")
    half = bits // 2
    p = _prime_3_mod_4(half)
    while True:
        q = _prime_3_mod_4(half)
        # Far apart, so that looking near the square root of n finds nothing (FIPS 186-5, A.1.3).
        far = abs(p - q) >> max(half - 100, 0) if half > 100 else p != q
        if far and math.gcd(p - 1, q - 1) == 2 and math.gcd(p * q, (p - 1) * (q - 1)) == 1:
            return p, q


def _prime_3_mod_4(bits: int) -> int:
    while True:
        # The two bits on top give the product its full length.
        candidate = secrets.randbits(bits) | 3 << (bits - 2) | 3
        if is_prime(candidate):
            return candidate


def base64url_encode(payload: bytes) -> str:
    """Return bytes as base64url without padding."""
    return bytes_to_base64url(payload)


def base64url_decode(payload: str | bytes) -> bytes:
    """Return the bytes that :func:`base64url_encode` wrote."""
    try:
        text = payload.decode() if isinstance(payload, bytes) else payload
    except UnicodeDecodeError:
        raise DecodeError("this is no base64url") from None
    return bytes_from_base64url(text)


def base64_to_int(source: str | bytes) -> int:
    """Return the positive integer that :func:`int_to_base64` wrote."""
    data = base64url_decode(source)
    if not data:
        raise DecodeError("nothing is no integer in base64url")
    return int.from_bytes(data, "big")


def int_to_base64(source: int) -> str:
    """Return a positive integer as base64url of its big-endian bytes."""
    if source <= 0:
        raise ZeroNotEncodableError("only positive integers have a base64 here")
    return to_base64url(source)
