"""What the keys and arrays of every scheme share: bytes, files, pickles and passwords."""

from __future__ import annotations

import os
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from privml._files import COMMAND_LINE_MAGIC, write_atomically
from privml._wording import a_type
from privml.errors import DecodeError, DtypeError, KeyMismatchError, ParameterError

__all__ = ["Stored", "check_bytes", "check_password", "check_same_key"]


class Fingerprinted(Protocol):
    """A public key, as far as this file goes."""

    @property
    def fingerprint(self) -> str:
        """Digits of a hash of the key."""
        ...


K = TypeVar("K", bound=Fingerprinted)


class Stored(ABC, Generic[K]):
    """An array under a public key that becomes bytes and files, and pickles with its public key."""

    __slots__ = ()
    _public: K

    @property
    def public_key(self) -> K:
        """The key that the array is encrypted with."""
        return self._public

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Return the array in privml's own format, with the key's fingerprint but not the key."""

    @classmethod
    @abstractmethod
    def from_bytes(cls, data: bytes, public_key: K) -> Self:
        """Return the array that :meth:`to_bytes` wrote.

        Raises
        ------
        DecodeError
            If the bytes are not such an array.
        KeyMismatchError
            If the array belongs to another key.
        InvalidCiphertextError
            If a ciphertext is out of range or not invertible.
        """

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the array to a file, atomically.

        Raises
        ------
        FileExistsError
            If the file exists and `force` is false.
        """
        write_atomically(path, self.to_bytes(), force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str], public_key: K) -> Self:
        """Read an array that :meth:`save` wrote; raises as :meth:`from_bytes` does."""
        return cls.from_bytes(Path(path).read_bytes(), public_key)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as bytes, with the public key."""
        return type(self).from_bytes, (self.to_bytes(), self._public)


def check_bytes(data: object) -> bytes:
    """Return what is offered as an encoding as bytes.

    Raises
    ------
    DtypeError
        If it is none: `bytes(5)` would be five zeros.
    DecodeError
        If it is a file of the command line, which begins as other encodings do.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise DtypeError(f"data is {a_type(data)}; allowed are bytes, bytearray and memoryview")
    content = bytes(data)
    if content.startswith(COMMAND_LINE_MAGIC):
        raise DecodeError(
            "data is a file that `privml encrypt` or `privml aggregate` wrote: an array with its key; "
            "open it with `privml decrypt`"
        )
    return content


def check_password(password: object) -> bytes:
    """Return a password as the bytes that keys are made of.

    Raises
    ------
    ParameterError
        If it is neither text nor bytes, or empty.
    """
    if not isinstance(password, str | bytes):
        raise ParameterError(f"password is {a_type(password)}; allowed are str and bytes")
    if not password:
        raise ParameterError("password is empty")
    if isinstance(password, bytes):
        return password
    try:
        # Keyboards and systems differ in how they compose letters; the key must open on all of them.
        return unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError:
        raise ParameterError("password is no valid Unicode text") from None


def check_same_key(keys: Sequence[Fingerprinted], doing: str) -> None:
    """Refuse to mix what belongs to different keys."""
    for key in keys[1:]:
        if key != keys[0]:
            raise KeyMismatchError(
                f"{doing}: the arrays belong to different keys, {keys[0].fingerprint} and {key.fingerprint}"
            )
