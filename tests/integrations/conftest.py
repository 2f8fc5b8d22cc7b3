"""Keys for the drop-in of python-paillier. They are small: nothing is secret here."""

from __future__ import annotations

import pytest
from privml import paillier
from privml.integrations import phe


@pytest.fixture(scope="session")
def private(key: paillier.PrivateKey) -> phe.PaillierPrivateKey:
    """Return a small private key of the drop-in."""
    return phe.PaillierPrivateKey.of_native(key)


@pytest.fixture(scope="session")
def pub(private: phe.PaillierPrivateKey) -> phe.PaillierPublicKey:
    """Return its public key."""
    return private.public_key


@pytest.fixture(scope="session")
def other_private(other_key: paillier.PrivateKey) -> phe.PaillierPrivateKey:
    """Return another small private key of the drop-in."""
    return phe.PaillierPrivateKey.of_native(other_key)


@pytest.fixture(scope="session")
def small_primes() -> tuple[int, int]:
    """Return the primes of a 512-bit key, the smaller first."""
    p, q = phe.util.key_primes(512)
    return min(p, q), max(p, q)
