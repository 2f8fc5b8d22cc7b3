"""What the objects of this room check alike: labels and bytes."""

from __future__ import annotations

from collections.abc import Sequence

from privml._stored import text_or_bytes
from privml._wording import a_type
from privml.errors import ParameterError

__all__ = ["all_bytes", "as_bytes", "label"]


def label(session: str | bytes, name: str = "session") -> bytes:
    """Return a label's bytes: see :func:`privml._stored.text_or_bytes`."""
    return text_or_bytes(session, name)


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
