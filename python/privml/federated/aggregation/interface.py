"""The roles of an aggregation. They meet only in bytes: what one role knows, another does not.

In one exchange every site protects a vector and a weight, the server half combines the sites' messages into
one, and whoever may open that one learns the weighted sum and the total weight, and nothing else by it.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Aggregation",
    "Decryptor",
    "Exchange",
    "Layout",
    "Opened",
    "Purpose",
    "ServerHalf",
    "SiteHalf",
]


class Purpose(IntEnum):
    """What is being combined: it decides how numbers are encoded, and keeps exchanges apart."""

    WEIGHTS = 1
    METRICS = 2
    STATISTICS = 3


@dataclass(frozen=True)
class Layout:
    """
    Names and shapes of the arrays that lie one after the other in a vector.

    Examples
    --------
    >>> layout = Layout(("coefficients", "intercept"), ((2, 2), (1,)))
    >>> layout.size, layout.place(2), layout.place(4)
    (5, 'coefficients[1, 0]', 'intercept[0]')
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """Length of the vector."""
        return sum(math.prod(shape) for shape in self.shapes)

    def flatten(self, parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Lay the arrays one after the other."""
        return np.concatenate([np.ravel(part) for part in parts])

    def split(self, vector: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Take a vector apart again."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])
        pieces = np.split(vector, ends[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def place(self, index: int) -> str:
        """Say in words where an element of the vector belongs."""
        for name, shape in zip(self.names, self.shapes, strict=True):
            size = math.prod(shape)
            if index < size:
                at = ", ".join(str(int(i)) for i in np.unravel_index(index, shape))
                return f"{name}[{at}]" if shape else name
            index -= size
        raise IndexError(index)


def new_session() -> bytes:
    """Return an identifier that no other training has."""
    return secrets.token_bytes(16)


@dataclass(frozen=True)
class Exchange:
    """
    What all parties of one exchange agree on beforehand; all of it is public.

    Parameters
    ----------
    round : int
        Of the training, from 1; of statistics, from 0.
    purpose : Purpose
        What is combined.
    layout : Layout
        What the vector consists of.
    sites : int
        Sites in the session; it sizes the slots.
    min_sites : int
        Sums over fewer sites are not opened.
    session : bytes
        16 bytes that tell this training from any other.
    """

    round: int
    purpose: Purpose
    layout: Layout
    sites: int
    min_sites: int
    session: bytes = field(default_factory=new_session)

    def __str__(self) -> str:
        return f"round {self.round}" if self.purpose is not Purpose.STATISTICS else "statistics"


@dataclass(frozen=True)
class Opened:
    """
    What opening a combined message gives.

    Attributes
    ----------
    total : ndarray of float64, shape (layout.size,)
        The sum of weight times vector.
    weight : int
        The sum of the weights.
    senders : tuple of str
        Whose messages went into it, as the server says.
    """

    total: NDArray[np.float64]
    weight: int
    senders: tuple[str, ...]

    @property
    def mean(self) -> NDArray[np.float64]:
        """The weighted mean."""
        return self.total / self.weight


class SiteHalf(Protocol):
    """What a site runs."""

    def protect(self, exchange: Exchange, sender: str, vector: NDArray[np.float64], weight: int) -> bytes:
        """Make the message for the server."""

    def open(self, exchange: Exchange, combined: bytes) -> Opened:
        """Read what the server combined (or, where there is a decryptor, what that one opened)."""


class ServerHalf(Protocol):
    """What the server runs."""

    def combine(self, messages: Mapping[str, bytes]) -> bytes:
        """Combine the messages of one exchange, given by the name that the transport vouches for."""


class Decryptor(Protocol):
    """What a party runs that opens sums for sites which cannot."""

    def open(self, exchange: Exchange, combined: bytes) -> bytes:
        """Open what the server combined, for the sites."""


@runtime_checkable
class Aggregation(Protocol):
    """The halves, made new for every session; with a decryptor only where sites do not open sums."""

    def site_half(self) -> SiteHalf:
        """Return what each site runs."""

    def server_half(self) -> ServerHalf:
        """Return what the server runs."""

    def decryptor_half(self) -> Decryptor | None:
        """Return what the decryptor runs, or None."""
