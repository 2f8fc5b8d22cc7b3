"""Keys and settings that all tests share. Small keys are for speed: nothing is secret here."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from privml import paillier

# The deadline would measure the machine; the seed makes a failure on one machine a failure on all.
_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("default", max_examples=25, derandomize=True, **_COMMON)
settings.register_profile("thorough", max_examples=500, **_COMMON)
settings.load_profile(os.environ.get("PRIVML_HYPOTHESIS", "default"))


@pytest.fixture(scope="session")
def key() -> paillier.PrivateKey:
    """Return a small key."""
    return paillier.PrivateKey.generate(512, insecure_key_size=True)


@pytest.fixture(scope="session")
def public(key: paillier.PrivateKey) -> paillier.PublicKey:
    """Return the public half of the small key."""
    return key.public_key


@pytest.fixture(scope="session")
def other_key() -> paillier.PrivateKey:
    """Return another small key."""
    return paillier.PrivateKey.generate(512, insecure_key_size=True)


@pytest.fixture(scope="session")
def real_key() -> paillier.PrivateKey:
    """Return a key of the smallest size that needs no extra word."""
    return paillier.PrivateKey.generate(2048)
