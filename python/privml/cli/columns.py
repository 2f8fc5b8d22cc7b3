"""How the cells of a table become numbers or categories: one set of rules for every reader.

Every reader hands over a column as text; the rules below are the only place where text gets a type. So a file
read through Polars and the same file read through the standard library have the same types by construction.

1. White space around a cell is dropped.
2. An empty cell and ``NA``, ``N/A``, ``NaN``, ``NULL`` in any case are missing. (``None`` and ``?`` are text:
   both are answers in some questionnaires.)
3. All cells ``true`` or ``false``, in any case: booleans.
4. All cells decimal numbers (``-1``, ``2.5``, ``.5``, ``1e-3``, ``inf``): numbers, and whole numbers if none
   has a point, an exponent or is infinite. A leading zero, as in ``007``, makes the column text: such cells
   are codes.
5. Anything else: text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "Column", "Kind", "clean_cells", "is_number", "stray_text", "type_column"]

Kind = Literal["empty", "boolean", "integer", "number", "text"]

MISSING = frozenset({"", "na", "n/a", "nan", "null"})
"""Spellings of a missing cell, in lower case."""

MOSTLY = 0.9
"""Part of a column's cells that are numbers from which on the others count as mistakes..."""

FEWEST = 10
"""... if the column has at least this many cells."""

_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(
    r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?[iI][nN][fF]"
)
_NUMBER_OR_CODE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Column:
    """One typed column of a table.

    Parameters
    ----------
    name : str
        Name of the column.
    kind : {"empty", "boolean", "integer", "number", "text"}
        Type of the column; ``empty`` when every cell is missing.
    texts : sequence of (str or None)
        The cells as text, ``None`` where missing.
    """

    name: str
    kind: Kind
    texts: Sequence[str | None]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.texts)

    @property
    def numeric(self) -> bool:
        """Whether the column is used as numbers (an empty one is: it has no category)."""
        return self.kind != "text"

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Where a cell is missing."""
        return np.fromiter((text is None for text in self.texts), dtype=np.bool_, count=len(self.texts))

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """The cells as float64, NaN where missing; booleans are 0 and 1. Not for text."""
        if self.kind == "boolean":
            values = (np.nan if text is None else float(text.lower() == "true") for text in self.texts)
        else:
            values = (np.nan if text is None else float(text) for text in self.texts)
        return np.fromiter(values, dtype=np.float64, count=len(self.texts))


def clean_cells(cells: Sequence[str | None]) -> list[str | None]:
    """Drop surrounding white space and turn every spelling of "missing" into ``None``.

    Examples
    --------
    >>> clean_cells([" 1 ", "n/a", "", "None"])
    ['1', None, None, 'None']
    """
    cleaned: list[str | None] = []
    for cell in cells:
        text = "" if cell is None else cell.strip()
        cleaned.append(None if text.lower() in MISSING else text)
    return cleaned


def is_number(text: str) -> bool:
    """Whether a text is a number, codes such as ``007`` among them; ``inf`` and ``nan`` are words here."""
    return _NUMBER_OR_CODE.fullmatch(text) is not None


def stray_text(column: Column) -> tuple[int, int, int] | None:
    """Find the cell that makes a column text although nearly all of its cells are numbers.

    Without this, one typo would turn a column of numbers into categories, whose names are disclosed.

    Returns
    -------
    tuple of int, or None
        Row of the first such cell, how many cells are numbers, and how many are not missing; None where the
        column has fewer than 10 cells, or less than 90 % of them are numbers. ``031`` is a code and no
        number: one among numbers is a mistake, many make a column of codes.

    Examples
    --------
    >>> stray_text(type_column("age", [*"123456789", "forty"]))
    (9, 9, 10)
    """
    if column.kind != "text":
        return None
    strays = [
        row for row, text in enumerate(column.texts) if text is not None and not _NUMBER.fullmatch(text)
    ]
    present = sum(text is not None for text in column.texts)
    numbers = present - len(strays)
    if not strays or present < FEWEST or numbers < MOSTLY * present:
        return None
    return strays[0], numbers, present


def _kind(present: list[str]) -> Kind:
    if not present:
        return "empty"
    if all(map(_INTEGER.fullmatch, present)):
        return "integer"
    if all(map(_NUMBER.fullmatch, present)):
        return "number"
    if all(text.lower() in ("true", "false") for text in present):
        return "boolean"
    return "text"


def type_column(name: str, cells: Sequence[str | None]) -> Column:
    """Apply the rules of this module to the cells of one column.

    Parameters
    ----------
    name : str
        Name of the column.
    cells : sequence of (str or None)
        The cells as they stand in the file.

    Returns
    -------
    Column
        The typed column.

    Examples
    --------
    >>> type_column("age", ["41", "", "7"]).kind, type_column("ward", ["041", "007"]).kind
    ('integer', 'text')
    """
    texts = clean_cells(cells)
    return Column(name, _kind([text for text in texts if text is not None]), texts)
