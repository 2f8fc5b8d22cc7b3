"""The envelope of the messages between sites and server.

It says which session, round and purpose a payload belongs to and whose numbers are in it, so that an
authenticated channel carries all of that with it; the envelope itself authenticates nothing. Layout, all
numbers little-endian::

    magic "PVMF" | version 1 | kind | purpose | round u32 | session 16 bytes | senders u32
    for each sender: length u8, name in UTF-8
    payload length u64 | payload

Names are in strictly increasing order, so every message has one encoding. Decoding is total: any bytes give a
message or a :class:`~privml.errors.DecodeError`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from privml.errors import DecodeError, FederatedError, NotFiniteError, ShapeError
from privml.federated.aggregation.interface import Exchange, Purpose

__all__ = ["Kind", "Message", "Received", "check_belongs", "check_vector", "read_all"]

_MAGIC = b"PVMF"
_VERSION = 1
_HEAD = struct.Struct("<4sBBBI16sI")
_LENGTH = struct.Struct("<Q")


class Kind(IntEnum):
    """Who speaks to whom."""

    FROM_SITE = 1
    COMBINED = 2
    OPENED = 3


@dataclass(frozen=True)
class Message:
    """A payload and where it belongs."""

    kind: Kind
    purpose: Purpose
    round: int
    session: bytes
    senders: tuple[str, ...]
    payload: bytes

    @classmethod
    def of(cls, exchange: Exchange, kind: Kind, senders: tuple[str, ...], payload: bytes) -> Message:
        """Make a message of an exchange."""
        return cls(kind, exchange.purpose, exchange.round, exchange.session, senders, payload)

    def to_bytes(self) -> bytes:
        """Encode."""
        names = [name.encode("utf-8") for name in sorted(self.senders)]
        return b"".join(
            [
                _HEAD.pack(
                    _MAGIC, _VERSION, self.kind, self.purpose, self.round, self.session, len(self.senders)
                ),
                *(bytes([len(name)]) + name for name in names),
                _LENGTH.pack(len(self.payload)),
                self.payload,
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Message:
        """Decode; raises DecodeError unless `data` is what :meth:`to_bytes` gives."""
        if len(data) < _HEAD.size or data[:4] != _MAGIC:
            raise DecodeError("not a message of federated training")
        _, version, kind, purpose, number, session, count = _HEAD.unpack_from(data)
        if version != _VERSION:
            raise DecodeError(f"the message has version {version}; this release reads {_VERSION}")
        try:
            known = Kind(kind), Purpose(purpose)
        except ValueError:
            raise DecodeError(f"the message is of an unknown kind ({kind}, {purpose})") from None
        at = _HEAD.size
        names: list[str] = []
        for _ in range(count):
            if at >= len(data):
                raise DecodeError("the message ends within the names of its senders")
            end = at + 1 + data[at]
            try:
                name = data[at + 1 : end].decode("utf-8")
            except UnicodeDecodeError:
                raise DecodeError("a sender's name is not UTF-8") from None
            if end > len(data) or not name or (names and name <= names[-1]):
                raise DecodeError("the names of the senders are cut, empty, repeated or out of order")
            names.append(name)
            at = end
        if len(data) < at + _LENGTH.size:
            raise DecodeError("the message ends before its payload")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if len(data) - at != length:
            raise DecodeError(f"the message holds {len(data) - at} bytes of payload and announces {length}")
        return cls(*known, number, session, tuple(names), bytes(data[at:]))


def check_belongs(message: Message, exchange: Exchange, kind: Kind) -> None:
    """Refuse a message of another exchange, and a sum over too few sites.

    Raises
    ------
    FederatedError
        If session, round, purpose or kind differ, or there are fewer than `min_sites` senders.
    """
    if message.session != exchange.session:
        raise FederatedError(f"{exchange}: the message belongs to another session")
    if (message.round, message.purpose, message.kind) != (exchange.round, exchange.purpose, kind):
        raise FederatedError(
            f"{exchange}: the message is of round {message.round}, {message.purpose.name.lower()}, "
            f"{message.kind.name.lower()}; expected {exchange.purpose.name.lower()}, {kind.name.lower()}"
        )
    if len(message.senders) < exchange.min_sites:
        raise FederatedError(
            f"{exchange}: the sum is over {len(message.senders)} sites and min_sites is "
            f"{exchange.min_sites}; with so few, a site could work out another one's numbers"
        )


class Received:
    """What a server half remembers, to refuse repeats, old rounds and strangers' sessions."""

    def __init__(self) -> None:
        self._session: bytes | None = None
        self._last: dict[Purpose, int] = {}

    def check(self, messages: Mapping[str, Message]) -> Message:
        """Refuse messages that do not make one exchange, or one that is over; return the first.

        Raises
        ------
        FederatedError
            If there is none, or one does not belong.
        """
        if not messages:
            raise FederatedError("there is no message to combine")
        first = next(iter(messages.values()))
        for name, message in messages.items():
            if message.kind is not Kind.FROM_SITE or message.senders != (name,):
                raise FederatedError(f"the message that came from {name!r} does not say so")
            if (message.session, message.round, message.purpose) != (
                first.session,
                first.round,
                first.purpose,
            ):
                raise FederatedError(f"the message of {name!r} is of another session, round or purpose")
        if self._session is not None and first.session != self._session:
            raise FederatedError("the messages belong to another session than earlier ones")
        if first.round <= self._last.get(first.purpose, -1):
            raise FederatedError(
                f"round {first.round} ({first.purpose.name.lower()}) is over; its messages are not combined "
                "again"
            )
        return first

    def close(self, exchange: Message) -> None:
        """Remember that an exchange was combined; until then one without a spoiled message may follow."""
        self._session = exchange.session
        self._last[exchange.purpose] = exchange.round


def read_all(messages: Mapping[str, bytes]) -> dict[str, Message]:
    """Decode the sites' messages; an error names the site."""
    found = {}
    for name, data in messages.items():
        try:
            found[name] = Message.from_bytes(data)
        except DecodeError as error:
            raise DecodeError(f"the message of {name!r}: {error}") from None
    return found


def check_vector(vector: NDArray[np.float64], exchange: Exchange, whose: str) -> None:
    """Refuse a vector that is not the exchange's, or holds what is no number; the message names the place.

    Raises
    ------
    ShapeError
        If it has another length than the layout.
    NotFiniteError
        If training, say, has run away to infinity.
    """
    if vector.shape != (exchange.layout.size,):
        raise ShapeError(
            f"{whose}, {exchange}: an array of the shape {vector.shape}; expected ({exchange.layout.size},)"
        )
    unfit = ~np.isfinite(vector)
    if unfit.any():
        place = exchange.layout.place(int(np.argmax(unfit)))
        raise NotFiniteError(f"{whose}, {exchange}: {place} is not finite")
