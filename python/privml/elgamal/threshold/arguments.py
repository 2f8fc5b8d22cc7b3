"""What the objects of this room have in common: handles that stay, labels, passwords, bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NoReturn

from privml._wording import a_type
from privml.errors import ParameterError, UnsupportedOperationError

__all__ = ["Handle", "all_bytes", "as_bytes", "label", "password_bytes"]


class Handle:
    """A handle of something secret, which stays in the core: no pickling, no copies."""

    __slots__ = ()

    def _stay(self, *_: object) -> NoReturn:
        raise UnsupportedOperationError(
            f"a {type(self).__name__} does not pickle or copy, so as not to leave the process unnoticed"
        )

    __reduce_ex__ = __reduce__ = __copy__ = __deepcopy__ = __getstate__ = _stay


def label(session: str | bytes, name: str = "session") -> bytes:
    """Return a label's bytes: text as UTF-8 in normal form C, so that it is the same on every keyboard."""
    if not isinstance(session, str | bytes):
        raise ParameterError(f"{name} is {a_type(session)}; allowed are str and bytes")
    if not session:
        raise ParameterError(f"{name} is empty")
    if isinstance(session, bytes):
        return session
    try:
        return unicodedata.normalize("NFC", session).encode()
    except UnicodeEncodeError:
        raise ParameterError(f"{name} is no valid Unicode text") from None


def password_bytes(password: str | bytes) -> bytes:
    """Return a password's bytes."""
    return label(password, "password")


def as_bytes(data: object, name: str) -> bytes:
    """Return bytes, or refuse what is none."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ParameterError(f"{name} is {a_type(data)}; allowed is bytes")
    return bytes(data)


def all_bytes(items: Sequence[bytes], name: str) -> list[bytes]:
    """Return a list of bytes, or refuse what is none."""
    if isinstance(items, str | bytes | bytearray) or not isinstance(items, Sequence):
        raise ParameterError(f"{name} is {a_type(items)}; allowed is a sequence of bytes")
    return [as_bytes(item, f"{name}[{index}]") for index, item in enumerate(items)]
