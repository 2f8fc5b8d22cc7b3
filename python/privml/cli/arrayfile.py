"""Plain arrays on disk: ``.npy`` files and CSV tables of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.cli.columns import Column, is_number
from privml.cli.tables import Table, read_table
from privml.errors import DataError

__all__ = ["Values", "as_fractions", "format_of", "read_values", "shortest", "write_values"]

NPY_MAGIC = b"\x93NUMPY"
NUMBERS_WANTED = "only integers, booleans and floats can be encrypted"

MAX_DIGITS = 4000
"""Longest whole number read, in digits: Python reads no more than 4300 without being told to."""


@dataclass(frozen=True)
class Values:
    """Numbers of a file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    array : ndarray
        Its numbers.
    table : Table, optional
        The CSV they come from.
    """

    path: Path
    array: NDArray[Any]
    table: Table | None = None

    @property
    def names(self) -> tuple[str, ...] | None:
        """Column names of a CSV."""
        return None if self.table is None else tuple(self.table.names)

    def where(self, index: tuple[int, ...]) -> str:
        """Place of one number in the file, for a message."""
        if self.table is not None:
            return f"{self.table.where(index[0])}: column {self.table.names[index[1]]!r}"
        return f"{self.path}[{', '.join(map(str, index))}]"

    def check_limit(self, limit: float) -> None:
        """Refuse what is not finite or beyond the limit, naming its place."""
        # Written so that NaN is caught too. Python ints of any size compare exactly.
        wrong = ~np.asarray((self.array >= -limit) & (self.array <= limit), dtype=np.bool_)
        if wrong.any():
            index = tuple(int(part) for part in np.argwhere(wrong)[0]) if self.array.ndim else ()
            raise DataError(f"{self.where(index)} is not within the --limit of {limit:g}")

    def check_positive(self, fractional_bits: int | None) -> None:
        """Refuse what cannot be multiplied encrypted, naming its place; with a scale, what rounds to zero."""
        # A tie goes to the even number, which is zero.
        wrong = np.asarray(self.array <= (0 if fractional_bits is None else 2.0 ** -(fractional_bits + 1)))
        if wrong.any():
            index = tuple(int(part) for part in np.argwhere(wrong)[0]) if self.array.ndim else ()
            why = (
                ""
                if fractional_bits is None
                else f", or rounds to zero with --fractional-bits {fractional_bits}"
            )
            raise DataError(
                f"{self.where(index)} is not positive{why}; an ElGamal key for products needs that"
            )


def as_fractions(array: NDArray[Any], path: Path) -> NDArray[np.float64]:
    """Return whole numbers as floats; `DataError` if one has more digits than a float keeps."""
    if array.size and max(abs(int(array.min())), abs(int(array.max()))) > 1 << 53:
        raise DataError(f"{path} holds whole numbers beyond 2^53, which fractions cannot keep")
    return array.astype(np.float64)


def format_of(path: Path) -> str:
    """``"npy"`` or ``"csv"`` by the ending of a file's name; `DataError` for any other."""
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".csv"):
        raise DataError(f"{path}: only .npy and .csv files are read and written here")
    return suffix[1:]


def read_values(path: Path, delimiter: str = ",") -> Values:
    """Numbers of a ``.npy`` or CSV file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    delimiter : str
        What stands between the cells of a CSV.

    Returns
    -------
    Values
        For CSV of shape (rows, columns): int64, or Python ints where one does not fit, if every column is
        whole; float64 otherwise.
    """
    if format_of(path) == "npy":
        return Values(path, _read_npy(path))
    table = read_table(path, delimiter)
    columns = [table.column(name) for name in table.names]
    for column in columns:
        _check_numbers(table, column)
    if all(column.kind in ("integer", "boolean") for column in columns):
        return Values(path, np.stack([_integers(column) for column in columns], axis=1), table)
    for column in columns:
        _check_exact(table, column)
    return Values(path, np.stack([column.numbers for column in columns], axis=1), table)


def _read_npy(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        if not file.read(len(NPY_MAGIC)).startswith(NPY_MAGIC):
            raise DataError(f"{path} is not a .npy file")
    try:
        # np.load given a path leaves the file open when it raises.
        with path.open("rb") as file:
            values: NDArray[Any] = np.load(file, allow_pickle=False)
    except ValueError as error:
        # NumPy's own words for an array of objects advise to load it unsafely.
        if "allow_pickle" in str(error):
            raise DataError(f"{path} holds Python objects; {NUMBERS_WANTED}") from None
        raise DataError(f"{path} is not an array that can be read: {error}") from None
    except (TypeError, SyntaxError, EOFError, OverflowError) as error:
        raise DataError(f"{path} is not an array that can be read: {error}") from None
    if values.dtype.kind not in "biuf":
        kind = "text" if values.dtype.kind in "SU" else str(values.dtype)
        raise DataError(f"{path} holds {kind}; {NUMBERS_WANTED}")
    return values


def _check_numbers(table: Table, column: Column) -> None:
    if column.kind in ("text", "empty"):
        for row, text in enumerate(column.texts):
            if text is None or not is_number(text):
                shown = "no value" if text is None else f"{text[:40]!r}, not a number"
                raise DataError(f"{table.where(row)}: column {column.name!r} holds {shown}")
        raise DataError(f"{table.path}: column {column.name!r} holds codes such as 007, not numbers")
    if column.missing.any():
        raise DataError(f"{table.where(int(column.missing.argmax()))}: column {column.name!r} holds no value")
    longest = max(range(len(column)), key=lambda row: len(column.texts[row] or ""))
    if column.kind == "integer" and len(column.texts[longest] or "") > MAX_DIGITS:
        raise DataError(f"{table.where(longest)}: column {column.name!r}: more than {MAX_DIGITS} digits")
    if column.kind != "integer" and not np.isfinite(column.numbers).all():
        row = int(np.argmin(np.isfinite(column.numbers)))
        raise DataError(
            f"{table.where(row)}: column {column.name!r} holds {column.texts[row]}, which is not finite"
        )


def _check_exact(table: Table, column: Column) -> None:
    """Refuse a whole number that float64, the type of a table with fractions, would change."""
    if column.kind != "integer":
        return
    for row in np.flatnonzero(np.abs(column.numbers) >= 2.0**53).tolist():
        if int(column.texts[row] or "0") == int(column.numbers[row]):
            continue
        raise DataError(
            f"{table.where(row)}: column {column.name!r} holds {column.texts[row]}, "
            "which is too large for a table in which other columns hold fractions"
        )


def _integers(column: Column) -> NDArray[Any]:
    if column.kind == "boolean":
        return column.numbers.astype(np.int64)
    values = [int(text or "0") for text in column.texts]
    fits = all(-(2**63) <= value < 2**63 for value in values)
    return np.array(values, dtype=np.int64 if fits else object)


def shortest(values: NDArray[np.float64], half: float) -> NDArray[np.float64]:
    """Give each number as few decimal digits as keep it within half a step of its fixed point.

    Examples
    --------
    >>> shortest(np.array([133146.73999999464, 0.1 + 2**-30, -2.0]), 2**-27).tolist()
    [133146.74, 0.1, -2.0]
    """
    result, open_ = values.copy(), np.isfinite(values)
    for digits in range(18):
        rounded = np.round(values, digits)
        near = open_ & (np.abs(rounded - values) <= half)
        # Adding 0.0 turns -0.0 into 0.0.
        result[near] = rounded[near] + 0.0
        open_ &= ~near
        if not open_.any():
            break
    return result


def write_values(path: Path, kind: str, values: NDArray[Any], names: tuple[str, ...] | None) -> None:
    """Write an array as ``.npy`` or as CSV.

    Parameters
    ----------
    path : pathlib.Path
        Where to; its ending does not matter.
    kind : {"npy", "csv"}
        The format.
    values : ndarray
        For CSV of one or two dimensions.
    names : tuple of str or None
        Header of the CSV; ``c0``, ``c1``, ... without.
    """
    if kind == "npy":
        if values.dtype == object:
            raise DataError("the values are too large for .npy (64 bits); write a .csv")
        with path.open("wb") as file:
            np.save(file, values, allow_pickle=False)
        return
    import csv

    if values.ndim > 2:
        raise DataError(f"an array of shape {values.shape} does not fit a .csv; write a .npy")
    grid = values.reshape(-1, 1) if values.ndim < 2 else values
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names if names is not None else [f"c{index}" for index in range(grid.shape[1])])
        writer.writerows(
            [repr(value) if isinstance(value, float) else value for value in row] for row in grid.tolist()
        )
