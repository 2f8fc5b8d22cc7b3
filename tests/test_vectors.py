"""Known answers that another program computed: keys, fingerprints and ciphertexts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gmpy2
import numpy as np
import pytest
from privml import paillier

KEYS = json.loads((Path(__file__).parents[1] / "vectors" / "paillier" / "keys.json").read_text())


@pytest.fixture(params=KEYS, ids=lambda entry: str(entry["bits"]))
def entry(request: pytest.FixtureRequest) -> Any:
    """Return a known key in turn."""
    return request.param


def test_known_ciphertexts_decrypt(entry: Any) -> None:
    small = entry["bits"] < 2048
    key = paillier.PrivateKey.from_primes(int(entry["p"], 16), int(entry["q"], 16), insecure_key_size=small)
    n = int(entry["n"], 16)
    assert (key.bits, key.public_key.n, key.fingerprint) == (entry["bits"], n, entry["fingerprint"])
    raw = [int(one["c"], 16) for one in entry["ciphertexts"]]
    array = paillier.EncryptedArray.from_raw(raw, key.public_key, bound=n // 2)
    assert key.decrypt(array).tolist() == [int(one["m"], 16) for one in entry["ciphertexts"]]


def test_noise_is_a_power_of_the_known_base(entry: Any) -> None:
    # What is left of an encryption of zero lies in the group that h_s generates: n-th residues whose Jacobi
    # symbol is +1 (h is -x^2, and -1 has the symbol +1 modulo a product of two primes that are 3 mod 4).
    small = entry["bits"] < 2048
    key = paillier.PrivateKey.from_primes(int(entry["p"], 16), int(entry["q"], 16), insecure_key_size=small)
    n, p, q = (gmpy2.mpz(int(entry[name], 16)) for name in "npq")
    assert gmpy2.jacobi(int(entry["h"], 16), n) == 1
    for owner in (key, key.public_key):
        for c in owner.encrypt(np.zeros(20, dtype=np.int64)).raw():
            assert gmpy2.jacobi(c, n) == 1
            assert gmpy2.powmod(c, (p - 1) * (q - 1), n * n) == 1
