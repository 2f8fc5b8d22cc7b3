"""Columns as callers have them: arrays, lists, pandas and Polars series, by themselves or in a frame.

Looking at a column happens in two steps. The first looks at its type, shape and length, and refuses what does
not fit. The second, after the charge, looks at the values, and never refuses: what is no value is missing.
Neither pandas nor Polars is imported; a series of theirs comes from a module that its owner has imported.
"""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml._wording import a_type
from privml.errors import DtypeError, ParameterError, ShapeError

__all__ = [
    "Labels",
    "Numbers",
    "check_data",
    "is_frame",
    "labels",
    "length_of",
    "names_of",
    "numbers",
    "pick",
]

EXACT_TYPES = (str, bytes, bool, int, float, datetime.date)
"""Types whose equal values look the same: a group's name tells nothing but which it is."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers that fits; `read` gives float64 with NaN where there is none."""

    length: int
    read: Callable[[], NDArray[np.float64]]


@dataclass(frozen=True)
class Labels:
    """A column that names users or groups; `kind` is NumPy's letter for its type."""

    length: int
    kind: str
    read: Callable[[], NDArray[Any]]

    def codes(self, *, exact: bool = False) -> tuple[NDArray[np.int64], list[Any]]:
        """Return numbers that tell equal labels, -1 for missing ones, and what they stand for.

        With `exact`, labels of other types than :data:`EXACT_TYPES` are missing, and equal labels of
        different types (1 and True) are different.
        """
        array = self.read()
        if array.dtype.kind == "O":
            return object_codes(array.tolist(), exact)
        if array.dtype.kind == "f":
            array = array + 0.0  # one zero
        distinct, inverse = np.unique(array, return_inverse=True)
        codes = inverse.reshape(-1).astype(np.int64)
        missing = distinct != distinct  # NaN and NaT alone
        codes[missing[codes]] = -1
        return codes, list(distinct) if array.dtype.kind in "mM" else distinct.tolist()


def object_codes(values: list[Any], exact: bool) -> tuple[NDArray[np.int64], list[Any]]:
    """Give equal objects one number; what has no hash or does not equal itself is missing."""
    table: dict[Hashable, int] = {}
    distinct: list[Any] = []

    def code(value: Any) -> int:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and value == value:
            value = value + 0.0
        if value is None or (exact and type(value) not in EXACT_TYPES):
            return -1
        try:
            if not bool(value == value):
                return -1
            key = (type(value), value) if exact else value
            found = table.setdefault(key, len(distinct))
        except Exception:
            return -1
        if found == len(distinct):
            distinct.append(value)
        return found

    codes = np.fromiter(map(code, values), dtype=np.int64, count=len(values))
    return codes, distinct


def check_data(data: Any) -> None:
    """Refuse what is no data yet: a file's name, a plan of a Polars frame."""
    if isinstance(data, str | bytes | os.PathLike):
        raise DtypeError(
            f"data: found {a_type(data)}, which may be a path, allowed: an array, a list, a series or a "
            "frame; read the file first, or use the command privml dp"
        )
    lazy = getattr(sys.modules.get("polars"), "LazyFrame", None)
    if lazy is not None and isinstance(data, lazy):
        raise DtypeError("data: found a LazyFrame, allowed: a DataFrame; call collect() first")


def names_of(data: Any) -> list[Any]:
    """Return the names of a frame's columns."""
    return list(data if isinstance(data, Mapping) else data.columns)


def is_frame(data: Any) -> bool:
    """Whether something has named columns."""
    return isinstance(data, Mapping) or (hasattr(data, "columns") and hasattr(data, "__getitem__"))


def pick(data: Any, name: Any, argument: str) -> Any:
    """Return a column of a frame by its name; anything else than a name is a column already."""
    if not isinstance(name, str):
        return name
    if not is_frame(data):
        raise ParameterError(f"{argument}: found the name {name!r}, and data has no columns")
    names = [str(column) for column in names_of(data)]
    if names.count(name) != 1:
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        raise ParameterError(f"{argument}: found {name!r}, allowed: {shown}")
    return data[name]


def length_of(data: Any) -> int:
    """Return the number of rows of a frame."""
    if isinstance(data, Mapping):
        return len(next(iter(data.values()), ()))
    return len(data)


def series_of(column: Any) -> str | None:
    """Tell whose series a column is: "pandas", "polars", or nobody's."""
    for library in ("pandas", "polars"):
        module = sys.modules.get(library)
        kinds = tuple(
            kind for kind in (getattr(module, name, None) for name in ("Series", "Index")) if kind is not None
        )
        if module is not None and isinstance(column, kinds):
            return library
    return None


def plain_array(column: Any, name: str) -> NDArray[Any]:
    """Return an array of one axis."""
    if isinstance(column, np.ndarray):
        array = column
    elif isinstance(column, list | tuple | range):
        try:
            array = np.asarray(column)
        except (ValueError, OverflowError):
            raise ShapeError(
                f"{name}: found a list of unequal parts, allowed: one value for each row"
            ) from None
        if not column:
            array = array.astype(np.float64)
    elif hasattr(column, "__array__"):
        array = np.asarray(column)
    else:
        raise DtypeError(f"{name}: found {a_type(column)}, allowed: an array, a list or a series")
    if array.ndim != 1:
        raise ShapeError(f"{name}: found shape {array.shape}, allowed: one axis")
    return array


def numbers(column: Any, name: str = "data") -> Numbers:
    """Look at the type of a column of numbers, and at no number.

    Raises
    ------
    DtypeError
        If it holds something else: text, dates, objects, complex numbers.
    ShapeError
        If it has not one axis.
    """
    library = series_of(column)
    if library == "polars":
        polars = sys.modules["polars"]
        if not (column.dtype.is_numeric() or column.dtype in (polars.Boolean, polars.Null)):
            raise DtypeError(f"{name}: found dtype {column.dtype}, allowed: numbers")
        return Numbers(
            len(column), lambda: column.cast(polars.Float64, strict=False).to_numpy().astype(float)
        )
    if library == "pandas":
        types = sys.modules["pandas"].api.types
        real = types.is_bool_dtype(column.dtype) or types.is_numeric_dtype(column.dtype)
        if not real or types.is_complex_dtype(column.dtype):
            raise DtypeError(f"{name}: found dtype {column.dtype}, allowed: numbers")
        return Numbers(len(column), lambda: column.to_numpy(dtype=np.float64, na_value=np.nan))
    array = plain_array(column, name)
    if array.dtype.kind not in "biuf":
        raise DtypeError(f"{name}: found dtype {array.dtype}, allowed: numbers")
    return Numbers(len(array), lambda: as_doubles(array))


def as_doubles(array: NDArray[Any]) -> NDArray[np.float64]:
    """Convert without a word; masked values are missing."""
    with np.errstate(all="ignore"):
        doubles: NDArray[np.float64] = np.asarray(array).astype(np.float64)
    if isinstance(array, np.ma.MaskedArray):
        doubles[np.ma.getmaskarray(array)] = np.nan
    return doubles


def labels(column: Any, name: str) -> Labels:
    """Look at the type of a column that names users or groups."""
    library = series_of(column)
    if library == "polars":
        if column.dtype.is_nested():
            raise DtypeError(f"{name}: found dtype {column.dtype}, allowed: text, numbers, dates")
        polars = sys.modules["polars"]
        kind = "f" if column.dtype.is_float() else "i" if column.dtype.is_integer() else "O"
        if column.dtype in (polars.String, polars.Categorical, polars.Enum):
            kind = "U"
        return Labels(len(column), kind, lambda: objects(column.to_list()))
    if library == "pandas":
        if isinstance(column.dtype, np.dtype):
            return labels(column.to_numpy(), name)
        # Of a declared type of pandas' own; one of categories or objects may hold anything.
        kind = "U" if column.dtype.type is str else getattr(column.dtype, "kind", "O")
        return Labels(len(column), kind, lambda: objects(column.tolist()))
    if isinstance(column, list | tuple):
        # One text among numbers would turn an array of them into text: each label is what it is.
        return Labels(len(column), "O", lambda: objects(list(column)))
    array = plain_array(column, name)
    if array.dtype.kind not in "biufUSOmM":
        raise DtypeError(f"{name}: found dtype {array.dtype}, allowed: text, numbers, dates")
    if isinstance(array, np.ma.MaskedArray):
        return Labels(len(array), array.dtype.kind, lambda: objects(array.tolist()))
    return Labels(len(array), array.dtype.kind, lambda: array)


def objects(values: list[Any]) -> NDArray[Any]:
    """Return an array of objects, whatever they are."""
    return np.fromiter(values, dtype=object, count=len(values))
