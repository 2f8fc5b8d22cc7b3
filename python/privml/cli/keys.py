"""Loading key files for the commands, with the file's name in every complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from privml.cli import console
from privml.errors import DataError, PrivmlError

if TYPE_CHECKING:
    from privml import elgamal, paillier

    PublicKey = paillier.PublicKey | elgamal.MultiplicativePublicKey | elgamal.AdditivePublicKey
    PrivateKey = paillier.PrivateKey | elgamal.PrivateKey

__all__ = ["load_private_key", "load_public_key"]


# How key files begin: magic, version, tag. The tag tells the scheme: Paillier, and ElGamal of either kind.
PUBLIC = (b"PVML\x01\x01", b"PVML\x01\x05", b"PVML\x01\x08")
PRIVATE = (b"PVML\x01\x02", b"PVML\x01\x06", b"PVML\x01\x09")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except PrivmlError as error:
        raise type(error)(f"{path}: {error}") from error


def _is_elgamal(path: Path, wanted: tuple[bytes, ...], otherwise: str) -> bool:
    """Tell the scheme, and say so where one half of a key pair is given for the other."""
    with path.open("rb") as file:
        head = file.read(len(wanted[0]))
    if head not in wanted and head in PUBLIC + PRIVATE:
        raise DataError(f"{path}: {otherwise}")
    return head in wanted[1:]


def load_public_key(path: Path, *, insecure_key_size: bool) -> PublicKey:
    """Read a public key file; one too small to protect anything must be asked for."""
    is_elgamal = _is_elgamal(
        path,
        PUBLIC,
        "this is a private key; --key needs the public one (the .pub file that keygen wrote beside it)",
    )
    with _named(path):
        if is_elgamal:
            from privml import elgamal

            return cast("PublicKey", elgamal.PublicKey.load(path))
        from privml import paillier

        return paillier.PublicKey.load(path, insecure_key_size=insecure_key_size)


def load_private_key(path: Path, password_file: Path | None) -> PrivateKey:
    """Read a private key file; its password comes from a file, or is asked for."""
    is_elgamal = _is_elgamal(
        path,
        PRIVATE,
        "this is a public key; --key needs the private one (the file that keygen's --out named)",
    )
    password = console.read_password(password_file, purpose=f"of {path}")
    with _named(path):
        if is_elgamal:
            from privml import elgamal

            return elgamal.PrivateKey.load(path, password=password)
        from privml import paillier

        return paillier.PrivateKey.load(path, password=password)
