"""Known answers for the Paillier scheme, from Python integers and hashlib alone.

Writes ``keys.json`` beside this file: for a few keys, everything that is derived from the primes (the
modulus, its fingerprint, the noise base ``h`` and ``h_s = h^n mod n^2``), and ciphertexts
``c = (1 + m n) h_s^a mod n^2`` of given plaintexts and exponents. Integers are hexadecimal strings, signed
ones with a minus sign. Everything follows from fixed seeds, so the file never changes:

    python vectors/paillier/generate.py
"""

import hashlib
import json
from itertools import count
from math import gcd
from pathlib import Path

NOISE_DOMAIN = b"privml paillier noise base v1"
FINGERPRINT_DOMAIN = b"privml paillier public key v1"


def xof(domain: str, bits: int) -> int:
    """Return an integer of at most ``bits`` bits from a name."""
    data = hashlib.shake_256(domain.encode()).digest((bits + 7) // 8)
    return int.from_bytes(data, "little") % (1 << bits)


def is_prime(n: int) -> bool:
    """Miller-Rabin to the first 40 prime bases."""
    bases = [p for p in range(2, 174) if all(p % d for d in range(2, p))]
    if any(n % p == 0 for p in bases):
        return n in bases
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in bases:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(name: str, bits: int) -> int:
    """Return a prime that is 3 modulo 4, of this many bits, its two top bits set."""
    for i in count():
        candidate = xof(f"{name} {i}", bits) | 3 << (bits - 2) | 3
        if is_prime(candidate):
            return candidate
    raise AssertionError


def primes(bits: int) -> tuple[int, int]:
    """Two primes for a key, the larger first."""
    for attempt in count():
        p, q = prime(f"p {bits} {attempt}", bits // 2), prime(f"q {bits} {attempt}", bits // 2)
        if gcd(p - 1, q - 1) == 2:
            return max(p, q), min(p, q)
    raise AssertionError


def little_endian(n: int) -> bytes:
    """Return the bytes of n, lowest first, as few as it takes."""
    return n.to_bytes((n.bit_length() + 7) // 8, "little")


def noise_base(n: int) -> int:
    """``-H(n)^2 mod n`` as Damgard, Jurik and Nielsen ask for, with SHAKE256 as H."""
    for counter in count():
        data = NOISE_DOMAIN + counter.to_bytes(4, "little") + little_endian(n)
        output = hashlib.shake_256(data).digest((n.bit_length() + 128 + 7) // 8)
        x = int.from_bytes(output, "little") % n
        if gcd(x, n) == 1:
            return -x * x % n
    raise AssertionError


def key(bits: int) -> dict[str, object]:
    """Return a key and some ciphertexts."""
    p, q = primes(bits)
    n = p * q
    assert n.bit_length() == bits
    assert gcd(n, (p - 1) * (q - 1)) == 1
    h = noise_base(n)
    h_s = pow(h, n, n * n)
    plain = [0, 1, -1, (n - 1) // 2, -(n - 1) // 2, xof(f"m {bits}", bits - 2)]
    half = (bits + 1) // 2
    exponents = [0, 1, (1 << half) - 1, *(xof(f"a {bits} {i}", half) for i in range(3))]
    ciphertexts = [
        {"m": hex(m), "a": hex(a), "c": hex((1 + m * n) * pow(h_s, a, n * n) % (n * n))}
        for m, a in zip(plain, exponents, strict=True)
    ]
    fingerprint = hashlib.sha256(FINGERPRINT_DOMAIN + little_endian(n)).hexdigest()[:32]
    return {
        "bits": bits,
        "p": hex(p),
        "q": hex(q),
        "n": hex(n),
        "fingerprint": fingerprint,
        "h": hex(h),
        "h_s": hex(h_s),
        "ciphertexts": ciphertexts,
    }


if __name__ == "__main__":
    keys = [key(bits) for bits in (192, 256, 320, 512, 1024, 2048)]
    target = Path(__file__).with_name("keys.json")
    target.write_text(json.dumps(keys, indent=1) + "\n")
