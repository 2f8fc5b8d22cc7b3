"""python-paillier's files, to and from privml's own keys and arrays, and to and from the drop-in's keys."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import errors, paillier
from privml.integrations import phe
from privml.integrations.phe import interchange

SMALL = "ignore::privml.integrations.phe.InsecureKeySizeWarning"
INSECURE = {"insecure_key_size": True}

P, Q = 2**89 - 1, 2**107 - 1


def jwk(number: int) -> str:
    return phe.util.int_to_base64(number)


def private_file(**changes: object) -> dict[str, object]:
    document = {
        "kty": "DAJ",
        "key_ops": ["decrypt"],
        "p": jwk(P),
        "q": jwk(Q),
        "pub": {"kty": "DAJ", "alg": "PAI-GN1", "key_ops": ["encrypt"], "n": jwk(P * Q), "kid": "x"},
        "kid": "x",
    }
    return {k: v for k, v in {**document, **changes}.items() if v is not None}


# Keys.


def test_base64url_by_hand() -> None:
    assert jwk(P) == "Af______________"
    assert jwk(0x0102FB) == "AQL7"


def test_public_keys(public: paillier.PublicKey, tmp_path: Path) -> None:
    text = interchange.public_key_to_json(public)
    document = json.loads(text)
    assert document["kty"] == "DAJ"
    assert document["alg"] == "PAI-GN1"
    assert document["key_ops"] == ["encrypt"]
    assert set(document) == {"kty", "alg", "key_ops", "n", "kid"}
    for form in (text, text.encode(), document, {**document, "n": document["n"] + "=="}):
        assert interchange.public_key_from_json(form, **INSECURE) == public
    interchange.save_public_key(public, tmp_path / "key.json")
    assert interchange.load_public_key(tmp_path / "key.json", **INSECURE) == public
    with pytest.raises(FileExistsError):
        interchange.save_public_key(public, tmp_path / "key.json")
    interchange.save_public_key(public, tmp_path / "key.json", force=True)


def test_private_keys(tmp_path: Path) -> None:
    path = tmp_path / "private.json"
    path.write_text(json.dumps(private_file()))
    key = interchange.load_private_key(path, **INSECURE)
    assert key.public_key.n == P * Q
    assert interchange.private_key_from_json(private_file(pub=None), **INSECURE) == key
    with pytest.raises(errors.KeySizeError):
        interchange.load_private_key(path)
    with pytest.raises(errors.KeySizeError):
        interchange.public_key_from_json(private_file()["pub"])


@pytest.mark.parametrize(
    "document",
    [
        private_file(kty="RSA"),
        private_file(p=None),
        private_file(q=5),
        private_file(p="+/+/"),
        private_file(p="A"),
        private_file(p="A" * 2000),
        private_file(p="ä"),
        private_file(p=""),
        private_file(p=jwk(P + 2)),
        private_file(pub={"n": jwk(P * Q + 2)}),
        private_file(pub="x"),
        private_file(pub={}),
        [],
        5,
        None,
        "",
        "{",
        b"\xff",
        "[" * 100_000,
    ],
)
def test_what_is_no_private_key(document: object) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        interchange.private_key_from_json(document, **INSECURE)
    assert jwk(Q) not in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kty": "DAJ"},
        {"kty": "DAJ", "n": 5},
        {"kty": "DAJ", "n": "A"},
        {"kty": "DAJ", "n": ""},
        {"kty": "DAJ", "alg": "RSA", "n": jwk(P * Q)},
        {"kty": "DAJ", "n": jwk(P)[:-1]},
    ],
)
def test_what_is_no_public_key(document: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        interchange.public_key_from_json(document, **INSECURE)


def test_a_private_file_is_not_taken_for_a_public_one() -> None:
    with pytest.raises(errors.DecodeError, match="private key"):
        interchange.public_key_from_json(private_file(), **INSECURE)


@pytest.mark.filterwarnings(SMALL)
def test_the_drop_ins_key_files(tmp_path: Path, private: phe.PaillierPrivateKey) -> None:
    public = phe.PaillierPublicKey(P * Q)
    key = phe.PaillierPrivateKey(public, Q, P)
    path = tmp_path / "private.json"
    with pytest.raises(errors.UnsupportedOperationError, match="unprotected=True"):
        phe.dump_private_key(key, path)
    assert not path.exists()
    phe.dump_private_key(key, path, unprotected=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = phe.load_private_key(path)
    assert (again.p, again.q, again.public_key) == (P, Q, public)
    with pytest.raises(FileExistsError):
        phe.dump_private_key(key, path, unprotected=True)
    with pytest.raises(AttributeError, match="core"):
        phe.dump_private_key(private, tmp_path / "other", unprotected=True)
    phe.dump_public_key(public, tmp_path / "public.json")
    assert phe.load_public_key(tmp_path / "public.json", noise="uniform") == public


# Ciphertexts.


@given(values=st.lists(st.floats(-100, 100), max_size=5))
def test_float_vectors(key: paillier.PrivateKey, values: list[float]) -> None:
    array = key.encrypt(np.array(values), fractional_bits=40, limit=100)
    text = interchange.array_to_json(array)
    document = json.loads(text)
    assert document["public_key"] == {"n": key.public_key.n}
    assert all(exponent == -10 for _, exponent in document["values"])
    again = interchange.array_from_json(text, limit=100, **INSECURE)
    if values:
        assert again.encoding == array.encoding
    assert key.decrypt(again).tolist() == key.decrypt(array).tolist()


def test_integers_and_numbers_without_axes(key: paillier.PrivateKey) -> None:
    public = key.public_key
    document = json.loads(interchange.array_to_json(key.encrypt([1, -2])))
    assert [e for _, e in document["values"]] == [0, 0]
    array = interchange.array_from_json(document, public, limit=5)
    assert array.is_integer
    assert array.encoding.bound == 5
    assert key.decrypt(array).tolist() == [1, -2]
    single = json.loads(interchange.array_to_json(key.encrypt(-2.5, limit=8)))
    assert set(single) == {"v", "e"}
    number = interchange.array_from_json(single, public, limit=8)
    assert number.shape == ()
    assert key.decrypt(number) == -2.5
    assert "public_key" not in json.loads(interchange.array_to_json(key.encrypt([1]), with_key=False))


def test_different_exponents_are_aligned(key: paillier.PrivateKey, pub: phe.PaillierPublicKey) -> None:
    values = [3, 1.5, 1e-3, 2.0**60, 0.0]
    numbers = [pub.encrypt(v) for v in values]
    assert len({n.exponent for n in numbers}) > 3
    document = {
        "public_key": {"n": pub.n},
        "values": [(str(n.ciphertext()), n.exponent) for n in numbers],
    }
    array = interchange.array_from_json(json.dumps(document), limit=2.0**60, **INSECURE)
    assert array.fractional_bits == 4 * 16 == -4 * min(n.exponent for n in numbers)
    assert key.decrypt(array).tolist() == values


def test_positive_exponents_are_integers(key: paillier.PrivateKey, pub: phe.PaillierPublicKey) -> None:
    numbers = [pub.encrypt(2.0**60), pub.encrypt(3)]
    assert numbers[0].exponent == 2
    document = {"values": [(str(n.ciphertext()), n.exponent) for n in numbers[:1]]}
    array = interchange.array_from_json(document, key.public_key, limit=2**61)
    assert array.is_integer
    assert key.decrypt(array).tolist() == [2**60]


def test_csv(key: paillier.PrivateKey) -> None:
    array = key.encrypt([1.5, -2.0], limit=8)
    text = interchange.array_to_csv(array)
    assert text.splitlines()[0] == "v,e"
    assert len(text.splitlines()) == 3
    for form in (text, text.replace("\n", "\r\n"), text + "\n\n"):
        assert key.decrypt(interchange.array_from_csv(form, key.public_key, limit=8)).tolist() == [1.5, -2.0]
    assert interchange.array_from_csv("v,e\n", key.public_key, limit=8).shape == (0,)
    with pytest.raises(errors.ShapeError):
        interchange.array_to_csv(array[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2\n",
        "v,e\n1\n",
        "v,e\n1,2,3\n",
        "v,e\nx,0\n",
        "v,e\n1,x\n",
        "v,e\n1,1_0\n",
        "v,e\n-1,0\n",
        "v,e\n1,99999\n",
        'v,e\n"1,0\n',
        "v,e\n1," + "9" * 5000,
        "v,e\n" + "9" * 5001 + ",0",
        "v,e\n\x00,0",
    ],
)
def test_csv_refuses(key: paillier.PrivateKey, text: str) -> None:
    with pytest.raises(errors.DecodeError):
        interchange.array_from_csv(text, key.public_key, limit=8)


def test_export_needs_a_power_of_sixteen(key: paillier.PrivateKey) -> None:
    x = key.encrypt([1.5, 2.5, 3.5], limit=8, fractional_bits=32)
    for bad in (key.encrypt([1.5], fractional_bits=30), x.mean(), x[:2].mean(), x.reshape(1, 3)):
        with pytest.raises((errors.ParameterError, errors.ShapeError)):
            interchange.array_to_json(bad)
    with pytest.raises(errors.ParameterError, match="divisible by 4"):
        interchange.array_to_json(key.encrypt([1.5], fractional_bits=30))
    sixteen = key.encrypt(np.arange(16.0), limit=16).mean()
    assert json.loads(interchange.array_to_json(sixteen))["e"] == -9
    with pytest.raises(errors.EncodingOverflowError, match="third"):
        interchange.array_to_json(key.encrypt([1], limit=key.public_key.n // 2 - 1))


def test_the_key_must_be_named_once(key: paillier.PrivateKey, other_key: paillier.PrivateKey) -> None:
    text = interchange.array_to_json(key.encrypt([1]))
    with pytest.raises(errors.KeySizeError):
        interchange.array_from_json(text, limit=5)
    with pytest.raises(errors.KeyMismatchError):
        interchange.array_from_json(text, other_key.public_key, limit=5)
    assert interchange.array_from_json(text, key.public_key, limit=5).size == 1
    with pytest.raises(errors.ParameterError, match="public_key"):
        interchange.array_from_json('{"v": "1", "e": 0}', limit=5)
    as_text = {**json.loads(text), "public_key": {"n": str(key.public_key.n)}}
    assert interchange.array_from_json(as_text, limit=5, **INSECURE).public_key == key.public_key


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{}",
        "[]",
        b"\xff\xfe",
        "[" * 100_000,
        '{"v": "1"}',
        '{"v": 1, "e": 0}',
        '{"v": "-1", "e": 0}',
        '{"v": "1e5", "e": 0}',
        '{"v": "0", "e": 0}',
        '{"v": "1", "e": 0.5}',
        '{"v": "1", "e": true}',
        '{"v": "1", "e": null}',
        '{"v": "1", "e": 1' + "0" * 5000 + "}",
        '{"v": "1", "e": -1000000000000}',
        '{"v": "1", "e": 1000000000000}',
        '{"v": "1", "e": -500}',
        '{"v": "1", "e": 500}',
        '{"v": "' + "9" * 6000 + '", "e": 0}',
        '{"v": "' + "9" * 4500 + '", "e": 0}',
        '{"v": "\u0661", "e": 0}',
        '{"values": 5}',
        '{"values": [5]}',
        '{"values": [["1"]]}',
        '{"values": [["1", 0, 0]]}',
        '{"values": [["1", 0], ["1", NaN]]}',
        '{"values": {"0": ["1", 0]}}',
        '{"public_key": 5, "values": [["1", 0]]}',
        '{"public_key": {"n": -5}, "values": [["1", 0]]}',
        '{"public_key": {"n": "x"}, "values": [["1", 0]]}',
        '{"public_key": {"n": true}, "values": [["1", 0]]}',
    ],
)
def test_hostile_documents(public: paillier.PublicKey, document: str | bytes) -> None:
    with pytest.raises((ValueError, OverflowError)) as caught:
        interchange.array_from_json(document, public, limit=10)
    assert isinstance(caught.value, errors.PrivmlError)


@given(text=st.text())
def test_any_text_is_refused_politely(public: paillier.PublicKey, text: str) -> None:
    with pytest.raises(errors.DecodeError):
        interchange.array_from_json(text, public, limit=10)
    with pytest.raises(errors.DecodeError):
        interchange.public_key_from_json(text)


def test_ciphertexts_with_a_factor_of_n(public: paillier.PublicKey) -> None:
    with pytest.raises(errors.InvalidCiphertextError):
        interchange.array_from_json({"values": [["1", 0], [str(public.n), 0]]}, public, limit=10)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "5", None])
def test_limit_is_asked_for(public: paillier.PublicKey, limit: object) -> None:
    with pytest.raises(errors.ParameterError, match="limit"):
        interchange.array_from_json({"v": "1", "e": 0}, public, limit=limit)


@pytest.mark.slow
def test_the_longest_key() -> None:
    key = paillier.PrivateKey.generate(8192)
    text = interchange.array_to_json(key.encrypt([7]))
    assert key.decrypt(interchange.array_from_json(text, limit=10)).tolist() == [7]
