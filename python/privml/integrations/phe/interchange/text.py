"""Numbers as text: base64url, decimal digits of any count, and the opening of JSON."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from privml.errors import DecodeError

__all__ = [
    "bytes_from_base64url",
    "bytes_to_base64url",
    "from_base64url",
    "from_decimal",
    "json_object",
    "to_base64url",
    "to_decimal",
]

# Python converts at most 4300 decimal digits by default, and n**2 of 8192 bits has 4933.
_DIGITS = 4000
_MOST_DIGITS = 5000
_MOST_BASE64 = 1400  # 8192 bits have 1366
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+", re.ASCII)


def to_base64url(number: int) -> str:
    """Return a positive integer as base64url of its big-endian bytes, unpadded (RFC 7518, section 2)."""
    data = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
    return bytes_to_base64url(data)


def bytes_to_base64url(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: object, name: str) -> int:
    """Return the integer that :func:`to_base64url` wrote; padding is accepted.

    Raises
    ------
    DecodeError
        If it is anything else. The message does not repeat it.
    """
    if not isinstance(text, str) or len(text) > _MOST_BASE64:
        raise DecodeError(f"the key's {name!r} is missing, no text, or longer than any key")
    try:
        data = bytes_from_base64url(text)
    except DecodeError:
        raise DecodeError(f"the key's {name!r} is no base64url") from None
    return int.from_bytes(data, "big")


def bytes_from_base64url(text: str) -> bytes:
    """Return the bytes in base64url, with or without padding; raises as :func:`from_base64url` does."""
    unpadded = text.rstrip("=")
    try:
        if not _BASE64URL.fullmatch(unpadded):  # the decoder takes + and / too
            raise binascii.Error
        return base64.urlsafe_b64decode(unpadded + "=" * (-len(unpadded) % 4))
    except binascii.Error:
        raise DecodeError("this is no base64url") from None


def json_object(data: str | bytes | Mapping[str, Any], what: str) -> Mapping[str, Any]:
    """Return a JSON object.

    Raises
    ------
    DecodeError
        If it is none, without showing what it is.
    """
    document: object = data
    if isinstance(data, str | bytes | bytearray):
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):  # not from it: it would show what is in the file
            raise DecodeError(f"the {what} are not in JSON") from None
    if not isinstance(document, Mapping):
        raise DecodeError(f"the {what} are not a JSON object")
    return document


def from_decimal(text: object, name: str = "n") -> int:
    """Return the integer whose decimal digits are given.

    Raises
    ------
    DecodeError
        If it is anything else, or longer than any ciphertext.
    """
    if not isinstance(text, str) or len(text) > _MOST_DIGITS or not _DECIMAL.fullmatch(text):
        raise DecodeError(f"{name} is no text of decimal digits, at most {_MOST_DIGITS} of them")
    head, tail = text[:-_DIGITS], text[-_DIGITS:]
    high, low = int(head or "0"), int(tail)
    return high * int(10 ** len(tail)) + low


def to_decimal(number: int) -> str:
    """Return the decimal digits of a non-negative integer."""
    head, tail = divmod(number, 10**_DIGITS)
    return f"{head}{tail:0{_DIGITS}d}" if head else str(tail)
