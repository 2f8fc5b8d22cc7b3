"""What the keys and arrays of every scheme share: bytes, files, pickles and passwords."""

from __future__ import annotations

import os
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NoReturn, Protocol, Self, TypeVar

from privml._files import COMMAND_LINE_MAGIC, write_atomically
from privml._wording import a_type
from privml.errors import (
    DecodeError,
    DtypeError,
    KeyMismatchError,
    ParameterError,
    UnsupportedOperationError,
)

__all__ = [
    "Sealed",
    "Staying",
    "Stored",
    "check_bytes",
    "check_own",
    "check_password",
    "check_same_key",
    "text_or_bytes",
]


class Fingerprinted(Protocol):
    """A public key, as far as this file goes."""

    @property
    def fingerprint(self) -> str:
        """Digits of a hash of the key."""
        ...


class Sealable(Protocol):
    """A secret in the core."""

    def to_encrypted_bytes(self, password: bytes) -> bytes:
        """Return it encrypted under a password."""
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


class Staying:
    """A handle of something secret, which lives in the core: it neither pickles nor copies."""

    __slots__ = ()
    _instead: ClassVar[str] = ""

    def _stay(self, *_: object) -> NoReturn:
        raise UnsupportedOperationError(
            f"{type(self).__name__} does not pickle or copy, so that it does not leave the process unnoticed"
            f"{self._instead}"
        )

    __reduce_ex__ = __reduce__ = __copy__ = __deepcopy__ = __getstate__ = _stay


class Sealed(Staying):
    """A handle of something secret that can be kept in a file under a password."""

    __slots__ = ()
    _instead = ": use save(path, password=...) and load(path, password=...)"
    _core: Sealable

    def save(self, path: str | os.PathLike[str], *, password: str | bytes, force: bool = False) -> None:
        """Write the secret to a file, encrypted under a password.

        Argon2id and XChaCha20-Poly1305; the file can be read by its owner only (mode 0600) and appears whole
        or not at all.

        Parameters
        ----------
        path : str or path-like
            The file to make.
        password : str or bytes
            Not empty. Text is encoded as UTF-8.
        force : bool
            Replace an existing file.

        Raises
        ------
        FileExistsError
            If the file exists and `force` is false.
        ParameterError
            If the password is empty.
        """
        sealed = self._core.to_encrypted_bytes(check_password(password))
        write_atomically(path, sealed, mode=0o600, force=force)


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


def text_or_bytes(value: object, name: str) -> bytes:
    """Return a password or a label as bytes: text as UTF-8 in normal form C.

    Keyboards and systems differ in how they compose letters; what is typed must be the same on all of them.

    Raises
    ------
    ParameterError
        If it is neither text nor bytes, or empty.
    """
    if not isinstance(value, str | bytes):
        raise ParameterError(f"{name} is {a_type(value)}; allowed are str and bytes")
    if not value:
        raise ParameterError(f"{name} is empty")
    if isinstance(value, bytes):
        return value
    try:
        return unicodedata.normalize("NFC", value).encode()
    except UnicodeEncodeError:
        raise ParameterError(f"{name} is no valid Unicode text") from None


def check_password(password: object) -> bytes:
    """Return a password as the bytes that keys are made of; raises as :func:`text_or_bytes` does."""
    return text_or_bytes(password, "password")


def check_own(array: Stored[Any], own: Fingerprinted) -> None:
    """Refuse an array of another key than one's own.

    Raises
    ------
    KeyMismatchError
        If it belongs to another.
    """
    if array.public_key != own:
        raise KeyMismatchError(
            f"the array belongs to the key {array.public_key.fingerprint}, this is {own.fingerprint}"
        )


def check_same_key(keys: Sequence[Fingerprinted], doing: str) -> None:
    """Refuse to mix what belongs to different keys."""
    for key in keys[1:]:
        if key != keys[0]:
            raise KeyMismatchError(
                f"{doing}: the arrays belong to different keys, {keys[0].fingerprint} and {key.fingerprint}"
            )
