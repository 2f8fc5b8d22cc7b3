"""What is measured, and the terms to say it in.

A scheme is a file in this folder that defines `SCHEME`: the libraries that can do it, ours first, and the
operations, each described once for all of them. Whatever runs benchmarks finds it by :func:`schemes`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["OURS", "SIZES", "Job", "Library", "Operation", "Scheme", "Sizes", "scheme_names", "schemes"]

OURS = "privml"


@dataclass(frozen=True)
class Sizes:
    """How many values a library gets: ours whole arrays, the others few where one takes milliseconds.

    Parameters
    ----------
    values, uniform : int
        Ours, by default, and with uniform noise or to decrypt.
    slow, fast : int
        The peers', where a value takes an exponentiation and where it takes a multiplication.
    sums : int
        The length of our sum.
    rows, columns, peer_rows : int
        The matrix for the product, and how many of its rows the peers do.
    parties, packed, peer_packed : int
        How many arrays are aggregated, how long they are, and how long for those who do not pack.
    floats : int
        Numbers packed in one array, beside CKKS.
    turns : int
        How often all are measured, at least.
    budget : float
        Seconds for an operation after which no turn starts.
    at_least : float
        Seconds that a short call is repeated for in each turn.
    """

    values: int
    uniform: int
    slow: int
    fast: int
    sums: int
    rows: int
    columns: int
    peer_rows: int
    parties: int
    packed: int
    peer_packed: int
    floats: int
    turns: int
    budget: float
    at_least: float


SIZES = {
    "full": Sizes(256, 64, 2, 256, 10_000, 64, 256, 1, 10, 2048, 1, 16_384, 5, 0.0, 0.1),
    "quick": Sizes(64, 8, 1, 64, 1024, 64, 256, 1, 10, 512, 1, 4096, 3, 0.0, 0.02),
    # The same for all, so that calls as a whole compare.
    "tiny": Sizes(8, 8, 8, 8, 8, 3, 5, 3, 3, 5, 5, 5, 1, 0.0, 0.0),
}


class Library:
    """A library with a key of its own. The operations that it can do are its methods.

    Parameters
    ----------
    bits : int
        The size of the key.
    threads : int
        How many threads it may use, where it can be told.
    """

    name: ClassVar[str]
    package: ClassVar[str] = "privml"
    """What is installed."""
    licence: ClassVar[str] = ""

    def __init__(self, bits: int, threads: int) -> None:
        self.bits = bits
        self.threads = threads

    @classmethod
    def version(cls) -> str | None:
        """Return the version that is installed, if any, without importing anything."""
        try:
            return importlib.metadata.version(cls.package)
        except importlib.metadata.PackageNotFoundError:
            return None

    def details(self) -> str:
        """Return what else a reader must know of it."""
        return ""

    @property
    def is_ours(self) -> bool:
        """Whether it is this package."""
        return self.package == OURS


@dataclass(frozen=True)
class Job:
    """A call to be timed, with its arguments made.

    Parameters
    ----------
    run : callable
        What is timed.
    check : callable
        Raises AssertionError if what `run` returned is wrong. Not timed.
    count : int
        How many values it works on.
    size : callable, optional
        The bytes of what `run` returned when it is sent.
    """

    run: Callable[[], Any]
    check: Callable[[Any], None]
    count: int
    size: Callable[[Any], int] | None = None


@dataclass(frozen=True)
class Operation:
    """A row of the table.

    Parameters
    ----------
    name : str
        As shown.
    method : str
        What a library must have to take part.
    prepare : callable
        Makes the job of a library that takes part.
    unit : str
        What `Job.count` counts.
    """

    name: str
    method: str
    prepare: Callable[[Any, Sizes], Job]
    unit: str = "value"

    def applies_to(self, library: type[Library]) -> bool:
        """Return whether a library has the operation."""
        return hasattr(library, self.method)


@dataclass(frozen=True)
class Scheme:
    """A family of operations and who can do them, ours first.

    Parameters
    ----------
    name : str
        As shown and as asked for.
    libraries : sequence of Library types
        Ours, then the peers.
    operations : sequence of Operation
        In the order of the table.
    notes : sequence of str
        What a reader must know to compare fairly.
    """

    name: str
    libraries: Sequence[type[Library]]
    operations: Sequence[Operation]
    notes: Sequence[str] = ()

    @property
    def peers(self) -> Sequence[type[Library]]:
        """All libraries but ours."""
        return self.libraries[1:]

    def library(self, name: str) -> type[Library]:
        """Return the library of that name."""
        return next(library for library in self.libraries if library.name == name)


def scheme_names() -> list[str]:
    """Return the names of the schemes, which are those of their files, without importing them."""
    return [found.name for found in pkgutil.iter_modules(__path__)]


def schemes() -> dict[str, Scheme]:
    """Return the schemes of all files in this folder by name."""
    return {name: importlib.import_module(f"{__name__}.{name}").SCHEME for name in scheme_names()}
