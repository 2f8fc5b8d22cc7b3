"""Round trips with python-paillier itself, and equality of what both compute. GPL-3: for tests only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import paillier
from privml.integrations import phe as ours
from privml.integrations.phe import interchange

phe: Any = pytest.importorskip(
    "phe",
    reason="PYTHON-PAILLIER IS NOT INSTALLED: interoperation with it is NOT tested here (pip install phe)",
)

SMALL = pytest.mark.filterwarnings("ignore::privml.integrations.phe.InsecureKeySizeWarning")
pytestmark = SMALL

NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12),
    st.integers(-(2**60), 2**60).map(lambda i: i / 2**20),
    st.floats(1e-12, 1e12),
)


@pytest.fixture(scope="module")
def theirs() -> tuple[Any, Any]:
    """Return a key pair that python-paillier made."""
    return phe.generate_paillier_keypair(n_length=1024)


@pytest.fixture(scope="module")
def mine(theirs: tuple[Any, Any]) -> tuple[ours.PaillierPublicKey, ours.PaillierPrivateKey]:
    """Return the same pair in the drop-in."""
    public, private = theirs
    mine = ours.PaillierPublicKey(public.n)
    return mine, ours.PaillierPrivateKey(mine, private.p, private.q)


@given(value=NUMBERS, precision=st.one_of(st.none(), st.sampled_from([1, 0.1, 1e-6, 16.0**-29, 100])))
def test_encodings_are_equal(theirs: Any, mine: Any, value: float, precision: float | None) -> None:
    a = phe.EncodedNumber.encode(theirs[0], value, precision)
    b = ours.EncodedNumber.encode(mine[0], value, precision)
    assert (a.encoding, a.exponent) == (b.encoding, b.exponent)
    assert a.decode() == b.decode()
    assert type(a.decode()) is type(b.decode())


@given(value=st.floats(allow_nan=False, allow_infinity=False), cap=st.integers(-30, 5))
def test_encodings_are_equal_at_the_ends(theirs: Any, mine: Any, value: float, cap: int) -> None:
    try:
        a = phe.EncodedNumber.encode(theirs[0], value, max_exponent=cap)
    except ValueError:
        with pytest.raises(ValueError, match="the key takes"):
            ours.EncodedNumber.encode(mine[0], value, max_exponent=cap)
        return
    b = ours.EncodedNumber.encode(mine[0], value, max_exponent=cap)
    assert (a.encoding, a.exponent) == (b.encoding, b.exponent)


@given(value=NUMBERS)
def test_each_decrypts_the_others_numbers(theirs: Any, mine: Any, value: float) -> None:
    x = theirs[0].encrypt(value)
    y = mine[0].encrypt(value)
    assert mine[1].decrypt(ours.EncryptedNumber(mine[0], x.ciphertext(), x.exponent)) == value
    assert theirs[1].decrypt(phe.EncryptedNumber(theirs[0], y.ciphertext(), y.exponent)) == value


@given(a=NUMBERS, b=NUMBERS, r=st.integers(2, 2**64))
def test_arithmetic_gives_the_same_ciphertexts(theirs: Any, mine: Any, a: float, b: float, r: int) -> None:
    def computed(public: Any) -> list[tuple[int, int]]:
        x, y = public.encrypt(a, r_value=r), public.encrypt(b, r_value=r + 1)
        results = [x, x + y, x - y, x + b, b + x, x - b, b - x, x * b, b * x, x / 7, sum([x, y])]
        return [(result.ciphertext(be_secure=False), result.exponent) for result in results]

    assert computed(theirs[0]) == computed(mine[0])


def test_raw_encryption_is_equal(theirs: Any, mine: Any) -> None:
    n = theirs[0].n
    for plaintext in (0, 1, n - 1, n // 2, n // 3, 2**700):
        assert theirs[0].raw_encrypt(plaintext, r_value=9) == mine[0].raw_encrypt(plaintext, r_value=9)


def test_vectors_by_the_documented_recipe(theirs: Any) -> None:
    public, private = theirs
    values = [3.25, -1, 1e-5, 12345.678, 0]
    numbers = [public.encrypt(v) for v in values]
    text = json.dumps(
        {"public_key": {"n": public.n}, "values": [(str(x.ciphertext()), x.exponent) for x in numbers]}
    )
    array = interchange.array_from_json(text, limit=1e6, insecure_key_size=True)
    key = paillier.PrivateKey.from_primes(private.p, private.q, insecure_key_size=True)
    assert np.allclose(key.decrypt(array), values, rtol=0, atol=1e-15)

    back = json.loads(interchange.array_to_json((array * 2).rerandomize()))
    assert back["public_key"]["n"] == public.n
    theirs_again = [phe.EncryptedNumber(public, int(v), int(e)) for v, e in back["values"]]
    assert [private.decrypt(x) for x in theirs_again] == [2 * v for v in values]
    assert private.decrypt(theirs_again[0] + 1) == 7.5


def pheutil(*arguments: str) -> str:
    code = "from phe.command_line import cli; cli()"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_files_of_pheutil(tmp_path: Path) -> None:
    private_path, public_path, cipher_path = (str(tmp_path / name) for name in ("k", "p", "c"))
    pheutil("genpkey", "--keysize", "1024", private_path)
    pheutil("extract", private_path, public_path)
    key = interchange.load_private_key(private_path, insecure_key_size=True)
    assert interchange.load_public_key(public_path, insecure_key_size=True) == key.public_key
    drop_in = ours.load_private_key(private_path)
    assert drop_in.public_key == ours.load_public_key(public_path)

    pheutil("encrypt", public_path, "3.25", "--output", cipher_path)
    number = interchange.array_from_json(Path(cipher_path).read_bytes(), key.public_key, limit=100)
    assert key.decrypt(number) == 3.25

    # The other way: their tool reads what is written here.
    ours.dump_private_key(drop_in, tmp_path / "k2", unprotected=True)
    ours.dump_public_key(drop_in.public_key, tmp_path / "p2")
    Path(cipher_path).write_text(interchange.array_to_json(key.encrypt(-7.5, limit=100).rerandomize()))
    assert float(pheutil("decrypt", str(tmp_path / "k2"), cipher_path)) == -7.5
    pheutil("encrypt", str(tmp_path / "p2"), "--output", cipher_path, "--", "-2.5")
    number = interchange.array_from_json(Path(cipher_path).read_bytes(), key.public_key, limit=100)
    assert key.decrypt(number) == -2.5


def test_the_drop_in_does_not_import_phe() -> None:
    code = (
        "import sys, privml.integrations.phe;"
        "print(sorted(m for m in sys.modules if m == 'phe' or m.startswith('phe.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
