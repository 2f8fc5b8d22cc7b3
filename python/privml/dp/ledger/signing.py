"""Optional Ed25519 signatures (RFC 8032) over the chain's hashes, by the `cryptography` package.

A signature shows that an entry was made by a holder of the key. It does not show that the newest entries are
all there: against a roll-back only a head kept elsewhere helps.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from privml._files import write_atomically
from privml.errors import InvalidKeyError, MissingPackageError

__all__ = ["SigningKey", "VerifyKey"]

DOMAIN = b"privml.ledger.signature/1\x00"


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise MissingPackageError("signing a ledger needs cryptography: pip install 'privml[sign]'") from None
    return ed25519


class VerifyKey:
    """The public half: 32 bytes that anyone may have."""

    def __init__(self, data: bytes) -> None:
        if not isinstance(data, bytes) or len(data) != 32:
            raise InvalidKeyError("a verify key is 32 bytes")
        self._data = data

    def __bytes__(self) -> bytes:
        return self._data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and other._data == self._data

    def __hash__(self) -> int:
        return hash(self._data)

    def __repr__(self) -> str:
        return f"VerifyKey({self._data.hex()})"

    def holds(self, entry_hash: bytes, signature: bytes) -> bool:
        """Check a signature over an entry's hash."""
        from cryptography.exceptions import InvalidSignature

        ed25519 = _ed25519()
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self._data).verify(signature, DOMAIN + entry_hash)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """The private half. Its file (32 bytes, mode 0600, no password) belongs to whoever runs the queries."""

    def __init__(self, data: bytes) -> None:
        if not isinstance(data, bytes) or len(data) != 32:
            raise InvalidKeyError("a signing key is 32 bytes")
        self._key = _ed25519().Ed25519PrivateKey.from_private_bytes(data)

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key from the operating system's randomness."""
        return cls(os.urandom(32))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SigningKey:
        """Read a key file."""
        with Path(path).open("rb") as file:
            return cls(file.read(33))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a key file, readable by its owner alone; an existing file stays."""
        write_atomically(path, self._key.private_bytes_raw(), mode=0o600)

    @property
    def verify_key(self) -> VerifyKey:
        """The public half."""
        return VerifyKey(self._key.public_key().public_bytes_raw())

    def sign(self, entry_hash: bytes) -> bytes:
        """Sign an entry's hash: 64 bytes."""
        signature: bytes = self._key.sign(DOMAIN + entry_hash)
        return signature

    def __repr__(self) -> str:
        return f"SigningKey(verify_key={bytes(self.verify_key).hex()})"

    def __reduce__(self) -> Any:
        raise TypeError("a signing key is not pickled; save it to a file")
