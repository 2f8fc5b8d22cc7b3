"""Loading key files for the commands, with the file's name in every complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from privml.cli import console
from privml.errors import DataError, PrivmlError

if TYPE_CHECKING:
    from privml.paillier import PrivateKey, PublicKey

__all__ = ["load_private_key", "load_public_key"]


# How key files begin: magic, version, tag.
PUBLIC, PRIVATE = b"PVML\x01\x01", b"PVML\x01\x02"


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except PrivmlError as error:
        raise type(error)(f"{path}: {error}") from error


def _check_kind(path: Path, wanted: bytes, otherwise: str) -> None:
    """Say so where one half of a key pair is given for the other."""
    with path.open("rb") as file:
        head = file.read(len(wanted))
    if head != wanted and head in (PUBLIC, PRIVATE):
        raise DataError(f"{path}: {otherwise}")


def load_public_key(path: Path, *, insecure_key_size: bool) -> PublicKey:
    """Read a public key file; one too small to protect anything must be asked for."""
    from privml.paillier import PublicKey

    _check_kind(
        path,
        PUBLIC,
        "this is a private key; --key needs the public one (the .pub file that keygen wrote beside it)",
    )
    with _named(path):
        return PublicKey.load(path, insecure_key_size=insecure_key_size)


def load_private_key(path: Path, password_file: Path | None) -> PrivateKey:
    """Read a private key file; its password comes from a file, or is asked for."""
    from privml.paillier import PrivateKey

    _check_kind(
        path,
        PRIVATE,
        "this is a public key; --key needs the private one (the file that keygen's --out named)",
    )
    password = console.read_password(password_file, purpose=f"of {path}")
    with _named(path):
        return PrivateKey.load(path, password=password)
