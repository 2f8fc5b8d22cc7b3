"""Sums in the clear: the server sees every update. The baseline that encryption is compared with."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from privml.errors import DecodeError, FederatedError
from privml.federated.aggregation.interface import Exchange, Opened
from privml.federated.aggregation.messages import (
    Kind,
    Message,
    Received,
    check_belongs,
    check_vector,
    read_all,
)

__all__ = ["PlainSum", "pack_sum", "unpack_sum"]

_WEIGHT = struct.Struct("<Q")


class PlainSum:
    """
    No protection: the server sees every site's numbers and weight.

    Examples
    --------
    >>> from privml.federated import PlainSum
    >>> PlainSum()
    PlainSum()
    """

    def site_half(self) -> PlainSite:
        """Return what each site runs."""
        return PlainSite()

    def server_half(self) -> PlainServer:
        """Return what the server runs."""
        return PlainServer()

    def decryptor_half(self) -> None:
        """Return None: there is nothing to decrypt."""
        return None

    def __repr__(self) -> str:
        return "PlainSum()"


def pack_sum(total: NDArray[np.float64], weight: int) -> bytes:
    """Encode a weighted sum and its weight as plain numbers."""
    return _WEIGHT.pack(weight) + total.astype("<f8").tobytes()


def unpack_sum(payload: bytes) -> tuple[NDArray[np.float64], int]:
    """Decode what :func:`pack_sum` wrote; raises DecodeError for anything else, NaN and infinity included."""
    if len(payload) < _WEIGHT.size or len(payload) % 8:
        raise DecodeError("the payload is no weighted sum")
    (weight,) = _WEIGHT.unpack_from(payload)
    total = np.frombuffer(payload, dtype="<f8", offset=_WEIGHT.size).astype(np.float64)
    if weight < 1:
        raise DecodeError("the payload has no positive weight")
    if not np.isfinite(total).all():
        raise DecodeError("the payload holds numbers that are not finite")
    return total, weight


class PlainSite:
    """The site's half."""

    def protect(self, exchange: Exchange, sender: str, vector: NDArray[np.float64], weight: int) -> bytes:
        """Make the message: the weighted vector as it is."""
        check_vector(vector, exchange, f"site {sender!r}")
        payload = pack_sum(vector * weight, weight)
        return Message.of(exchange, Kind.FROM_SITE, (sender,), payload).to_bytes()

    def open(self, exchange: Exchange, combined: bytes) -> Opened:
        """Read the sum."""
        message = Message.from_bytes(combined)
        check_belongs(message, exchange, Kind.COMBINED)
        total, weight = unpack_sum(message.payload)
        check_vector(total, exchange, "the sum")
        return Opened(total, weight, message.senders)


class PlainServer:
    """The server's half: it reads everything."""

    def __init__(self) -> None:
        self._received = Received()

    def combine(self, messages: Mapping[str, bytes]) -> bytes:
        """Add up."""
        read = read_all(messages)
        first = self._received.check(read)
        parts = [unpack_sum(message.payload) for message in read.values()]
        if len({len(total) for total, _ in parts}) != 1:
            raise FederatedError("the sites sent vectors of different lengths")
        total = np.sum([total for total, _ in parts], axis=0)
        payload = pack_sum(total, sum(weight for _, weight in parts))
        combined = Message(
            Kind.COMBINED, first.purpose, first.round, first.session, tuple(sorted(read)), payload
        )
        self._received.close(first)
        return combined.to_bytes()
