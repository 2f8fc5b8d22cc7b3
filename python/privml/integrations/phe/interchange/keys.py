"""Key files of python-paillier, as privml's own keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from privml._files import write_atomically
from privml.errors import DecodeError, InvalidKeyError
from privml.integrations.phe.interchange.text import from_base64url, json_object, to_base64url
from privml.paillier import PrivateKey, PublicKey

__all__ = [
    "load_private_key",
    "load_public_key",
    "primes_from_json",
    "private_key_from_json",
    "public_document",
    "public_key_from_json",
    "public_key_to_json",
    "save_public_key",
]


def public_key_to_json(key: PublicKey) -> str:
    """Return a public key as python-paillier's JSON."""
    return json.dumps(public_document(key))


def public_document(key: PublicKey) -> dict[str, Any]:
    """Return what the JSON of a public key says."""
    return {
        "kty": "DAJ",
        "alg": "PAI-GN1",
        "key_ops": ["encrypt"],
        "n": to_base64url(key.n),
        "kid": "Paillier public key written by privml",
    }


def public_key_from_json(
    data: str | bytes | Mapping[str, Any], *, insecure_key_size: bool = False
) -> PublicKey:
    """Return the public key in python-paillier's JSON.

    Parameters
    ----------
    data : str, bytes or mapping
        JSON, or what `json.loads` made of it.
    insecure_key_size : bool
        Allow moduli under 2048 bits, for tests and teaching.

    Raises
    ------
    DecodeError
        If it is not such a key.
    KeySizeError, InvalidKeyError
        If its number is no modulus of an allowed size.

    Examples
    --------
    >>> from privml import paillier
    >>> key = paillier.PrivateKey.generate(2048).public_key
    >>> public_key_from_json(public_key_to_json(key)) == key
    True
    """
    document = _jwk(data, "public")
    if "n" not in document and "pub" in document:
        raise DecodeError("this is a private key; its public part is under 'pub'")
    if document.get("alg", "PAI-GN1") != "PAI-GN1":
        raise DecodeError("the key's 'alg' is not 'PAI-GN1'")
    return PublicKey(from_base64url(document.get("n"), "n"), insecure_key_size=insecure_key_size)


def private_key_from_json(
    data: str | bytes | Mapping[str, Any], *, insecure_key_size: bool = False
) -> PrivateKey:
    """Return the private key in python-paillier's JSON.

    The format holds the primes in the clear: :meth:`PrivateKey.save` the result under a password, and delete
    the original. privml does not write a :class:`PrivateKey` in this format, since its primes never leave the
    core. Prefer `noise="uniform"` when encrypting: what is known of the default noise is for primes that are
    3 modulo 4, and python-paillier does not choose them so.

    Parameters
    ----------
    data, insecure_key_size
        As for :func:`public_key_from_json`.

    Raises
    ------
    DecodeError
        If it is not such a key.
    KeySizeError, InvalidKeyError
        If its numbers do not make a key of an allowed size, or not the public key that comes with them.
    """
    p, q = primes_from_json(data)
    return PrivateKey.from_primes(p, q, insecure_key_size=insecure_key_size)


def primes_from_json(data: str | bytes | Mapping[str, Any]) -> tuple[int, int]:
    """Return the primes in python-paillier's private key; raises as :func:`private_key_from_json` does."""
    document = _jwk(data, "private")
    if "p" not in document or "q" not in document:
        raise DecodeError("a private key needs 'p' and 'q'; the older layout with 'mu' cannot be read")
    p, q = (from_base64url(document[name], name) for name in ("p", "q"))
    if "pub" in document:
        public = document["pub"]
        if not isinstance(public, Mapping) or from_base64url(public.get("n"), "n") != p * q:
            raise InvalidKeyError("the private key's primes do not belong to its public key")
    return p, q


def save_public_key(key: PublicKey, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write a public key as python-paillier's JSON, atomically, and over a file only with `force`."""
    write_atomically(path, public_key_to_json(key).encode() + b"\n", force=force)


def load_public_key(path: str | os.PathLike[str], *, insecure_key_size: bool = False) -> PublicKey:
    """Read a public key file of python-paillier; raises as :func:`public_key_from_json` does."""
    return public_key_from_json(Path(path).read_bytes(), insecure_key_size=insecure_key_size)


def load_private_key(path: str | os.PathLike[str], *, insecure_key_size: bool = False) -> PrivateKey:
    """Read a private key file of python-paillier; raises as :func:`private_key_from_json` does."""
    return private_key_from_json(Path(path).read_bytes(), insecure_key_size=insecure_key_size)


def _jwk(data: str | bytes | Mapping[str, Any], which: str) -> Mapping[str, Any]:
    document = json_object(data, f"{which} key's fields")
    if document.get("kty") != "DAJ":
        raise DecodeError(f"this is no {which} key of python-paillier: its 'kty' is not 'DAJ'")
    return document
