"""What is measured, and the terms to say it in.

A scheme is a file in this folder that defines `SCHEME`: the libraries that can do it, ours first, and the
operations, each described once for all of them. Whatever runs benchmarks finds it by :func:`schemes`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

__all__ = ["OURS", "SIZES", "Job", "Library", "Operation", "Scheme", "Sizes", "optional", "schemes"]

OURS = "privml"


@dataclass(frozen=True)
class Sizes:
    """How many values a library gets: ours whole arrays, the others few where one takes milliseconds.

    Parameters
    ----------
    values, uniform : int
        Ours, by default and with `noise="uniform"`.
    slow, fast : int
        The peers', where a value takes an exponentiation and where it takes a multiplication.
    rows, columns, peer_rows : int
        The matrix for the product, and how many of its rows the peers do.
    parties, packed, peer_packed : int
        How many arrays are aggregated, and how long they are.
    """

    values: int
    uniform: int
    slow: int
    fast: int
    rows: int
    columns: int
    peer_rows: int
    parties: int
    packed: int
    peer_packed: int


SIZES = {
    "full": Sizes(1024, 256, 8, 256, 64, 256, 4, 10, 10_000, 1),
    "quick": Sizes(256, 64, 4, 64, 64, 256, 1, 10, 1000, 1),
    # The same for all, so that calls as a whole compare.
    "tiny": Sizes(8, 8, 8, 8, 3, 5, 3, 3, 5, 5),
}


class Library:
    """A library with a key of its own. The operations that it can do are its methods.

    Parameters
    ----------
    bits : int
        The size of the key.
    """

    name: ClassVar[str]
    requires: ClassVar[tuple[str, ...]] = ()

    def __init__(self, bits: int) -> None:
        self.bits = bits

    @classmethod
    def absent(cls) -> str | None:
        """Return the first package that is missing, if any."""
        return next((name for name in cls.requires if optional(name) is None), None)


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
    """

    run: Callable[[], Any]
    check: Callable[[Any], None]
    count: int


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
        As shown.
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


def optional(name: str) -> ModuleType | None:
    """Return a module, or None if it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def schemes() -> list[Scheme]:
    """Return the schemes of all files in this folder."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return [module.SCHEME for module in modules]
