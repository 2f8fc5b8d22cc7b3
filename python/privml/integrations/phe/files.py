"""Key files of python-paillier, for the drop-in's keys."""

from __future__ import annotations

import json
import os
from pathlib import Path

from privml._files import write_atomically
from privml.errors import UnsupportedOperationError
from privml.integrations.phe import interchange
from privml.integrations.phe.interchange.keys import primes_from_json, public_document
from privml.integrations.phe.interchange.text import to_base64url
from privml.integrations.phe.private import PaillierPrivateKey
from privml.integrations.phe.public import PaillierPublicKey
from privml.paillier.common import Noise

__all__ = ["dump_private_key", "dump_public_key", "load_private_key", "load_public_key"]


def dump_public_key(key: PaillierPublicKey, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write a public key as python-paillier's JSON, atomically, and over a file only with `force`."""
    interchange.save_public_key(key.native, path, force=force)


def load_public_key(path: str | os.PathLike[str], *, noise: Noise = "short") -> PaillierPublicKey:
    """Read a public key file of python-paillier.

    Raises
    ------
    DecodeError, KeySizeError, InvalidKeyError
        If it holds no key: a `ValueError`.
    """
    key = interchange.load_public_key(path, insecure_key_size=True)
    return PaillierPublicKey(key.n, noise=noise)


def dump_private_key(
    key: PaillierPrivateKey,
    path: str | os.PathLike[str],
    *,
    unprotected: bool = False,
    force: bool = False,
) -> None:
    """Write a private key as python-paillier's JSON: **its primes in the clear**.

    :meth:`PaillierPrivateKey.save` writes it under a password instead.

    Parameters
    ----------
    key : PaillierPrivateKey
        One whose primes Python knows: given as `p` and `q`, read from such a file, or made `exportable`.
    path : str or path-like
        The file to make, with mode 0600.
    unprotected : bool
        Say that this is meant.
    force : bool
        Replace an existing file.

    Raises
    ------
    UnsupportedOperationError
        If it is not said to be meant: a `TypeError`.
    AttributeError
        If the primes are in the core only.
    FileExistsError
        If the file exists and `force` is false.
    """
    if not unprotected:
        raise UnsupportedOperationError(
            "this format holds the primes in the clear: say unprotected=True if that is meant, "
            "or use key.save(path, password=...)"
        )
    document = {
        "kty": "DAJ",
        "key_ops": ["decrypt"],
        "p": to_base64url(key.p),
        "q": to_base64url(key.q),
        "pub": public_document(key.public_key.native),
        "kid": "Paillier private key written by privml",
    }
    write_atomically(path, json.dumps(document).encode() + b"\n", mode=0o600, force=force)


def load_private_key(path: str | os.PathLike[str], *, noise: Noise = "short") -> PaillierPrivateKey:
    """Read a private key file of python-paillier.

    Raises
    ------
    DecodeError, KeySizeError, InvalidKeyError
        If it holds no key: a `ValueError`.
    """
    p, q = primes_from_json(Path(path).read_bytes())
    return PaillierPrivateKey(PaillierPublicKey(p * q, noise=noise), p, q)
