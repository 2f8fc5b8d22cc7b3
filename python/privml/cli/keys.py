"""Loading key files for the commands, with the file's name in every complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from privml.cli import console
from privml.errors import PrivmlError

if TYPE_CHECKING:
    from privml.paillier import PrivateKey, PublicKey

__all__ = ["load_private_key", "load_public_key"]


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except PrivmlError as error:
        raise type(error)(f"{path}: {error}") from error


def load_public_key(path: Path, *, insecure_key_size: bool) -> PublicKey:
    """Read a public key file; one too small to protect anything must be asked for."""
    from privml.paillier import PublicKey

    with _named(path):
        return PublicKey.load(path, insecure_key_size=insecure_key_size)


def load_private_key(path: Path, password_file: Path | None) -> PrivateKey:
    """Read a private key file; its password comes from a file, or is asked for."""
    from privml.paillier import PrivateKey

    password = console.read_password(password_file, purpose=f"of {path}")
    with _named(path):
        return PrivateKey.load(path, password=password)
