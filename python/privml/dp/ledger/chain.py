"""Entries of the ledger, their one byte form, and the chain of hashes over them.

Entry `i` is a JSON object in canonical form: keys sorted, no white space, ASCII, no floats. Its hash is
``SHA-256("privml.ledger/1" 00 || hash of entry i-1 || i as 8 bytes big-endian || body)``, where 32 zero bytes
stand before entry 0.

An unkeyed chain proves nothing by itself: who can write the file can compute it anew. Kept elsewhere, one
head (a position and its hash) commits to everything before it. SHA-256 is assumed collision-resistant (FIPS
180-4).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from privml.errors import DtypeError, LedgerTamperedError, ParameterError

__all__ = ["FIRST", "Entry", "Head", "decode_body", "encode_body", "entry_hash"]

DOMAIN = b"privml.ledger/1\x00"
FIRST = bytes(32)
LARGEST_BODY = 1 << 20

_HEAD = re.compile(r"(0|[1-9][0-9]{0,17}):([0-9a-f]{64})")


@dataclass(frozen=True)
class Head:
    """A position in a ledger and the hash there; keep its text where the ledger's writers cannot change it.

    Examples
    --------
    >>> Head.parse("0:" + 64 * "a").sequence
    0
    """

    sequence: int
    hash: bytes

    def __repr__(self) -> str:
        return f"Head({str(self)!r})"

    def __str__(self) -> str:
        """Write ``position:hash`` in hexadecimal."""
        return f"{self.sequence}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read what `str` wrote."""
        match = _HEAD.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise ParameterError(
                "head must be a position, a colon and 64 hexadecimal digits, as head() gives it"
            )
        return cls(int(match[1]), bytes.fromhex(match[2]))


@dataclass(frozen=True)
class Entry:
    """One row of the ledger as it was read."""

    sequence: int
    body: bytes
    hash: bytes
    signature: bytes | None


def _refuse_floats(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise DtypeError(f"{where}: keys must be text, not {type(key).__name__}")
            _refuse_floats(item, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item, where)
    elif value is not None and not isinstance(value, (str, bool, int)):
        raise DtypeError(
            f"{where}: {type(value).__name__} cannot be kept exactly; use text, integers, lists, dicts"
        )


def encode_body(body: dict[str, Any]) -> bytes:
    """Give the canonical bytes of an entry.

    Examples
    --------
    >>> encode_body({"b": [1, None], "a": "x"})
    b'{"a":"x","b":[1,null]}'
    """
    _refuse_floats(body, "entry")
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    data = text.encode("ascii")
    if len(data) > LARGEST_BODY:
        raise ParameterError(f"an entry holds at most {LARGEST_BODY} bytes, this one has {len(data)}")
    return data


def decode_body(data: bytes, sequence: int) -> dict[str, Any]:
    """Read an entry; anything but its canonical form is tampering."""
    try:
        body = json.loads(data)
        if isinstance(body, dict) and encode_body(body) == data:
            return body
    except (ValueError, TypeError, RecursionError):
        pass
    raise LedgerTamperedError(f"entry {sequence} is not in canonical form")


def entry_hash(previous: bytes, sequence: int, body: bytes) -> bytes:
    """Hash an entry onto the chain."""
    return hashlib.sha256(DOMAIN + previous + sequence.to_bytes(8, "big") + body).digest()
