"""From one table to sites: who holds which row, what is predicted, which columns it is predicted from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from privml._wording import count_text
from privml.cli.columns import Column, stray_text
from privml.cli.options import MAX_CATEGORIES, MIN_ROWS
from privml.cli.tables import Table
from privml.errors import DataError

__all__ = [
    "Target",
    "check_rows",
    "read_categories",
    "read_target",
    "site_columns",
    "split_by_column",
    "split_evenly",
]

MAX_WHOLE_CLASSES = 20
"""A target of whole numbers with more different values than this is a quantity, not a class."""

Task = Literal["classes", "number"]


@dataclass(frozen=True)
class Target:
    """What is predicted.

    Parameters
    ----------
    name : str
        The column.
    task : {"classes", "number"}
        Whether it is one of some classes or a quantity.
    values : ndarray
        int64 class numbers or float64 quantities, one for each row.
    classes : tuple of str
        Names of the classes, the second of two being the positive one; empty for a quantity.
    """

    name: str
    task: Task
    values: NDArray[Any]
    classes: tuple[str, ...]


def read_target(table: Table, name: str, task: Task | None) -> Target:
    """Decide what kind of target a column is, and number its classes.

    Parameters
    ----------
    table : Table
        The data.
    name : str
        The column.
    task : {"classes", "number"}, optional
        What it must be; found from the column otherwise: text, booleans, anything with two values, and whole
        numbers with at most 20 values are classes.

    Raises
    ------
    DataError
        When a row has no target, or the column cannot be what it must be.
    """
    column = table.column(name)
    if column.missing.any():
        raise DataError(
            f"{table.where(int(column.missing.argmax()))}: no value in the target column {name!r}"
        )
    _check_finite(table, column)
    if task != "classes":
        _check_strays(table, column, "or say with --model softmax that the column holds classes")
    keys: NDArray[Any]
    if column.kind in ("integer", "number"):
        keys, values = np.unique(column.numbers, return_inverse=True)
        labels = [
            f"{int(key)}" if float(key).is_integer() and abs(key) < 2**53 else repr(float(key))
            for key in keys
        ]
    else:
        texts = [(text or "").lower() if column.kind == "boolean" else text or "" for text in column.texts]
        keys, values = np.unique(np.array(texts, dtype=object), return_inverse=True)
        labels = [str(key) for key in keys]
    if len(labels) < 2:
        raise DataError(f"{table.path}: the target column {name!r} holds one value only, {labels[0]!r}")
    few = len(labels) == 2 or (column.kind == "integer" and len(labels) <= MAX_WHOLE_CLASSES)
    if task is None:
        task = "classes" if column.kind in ("text", "boolean") or few else "number"
    if task == "number":
        if column.kind == "text":
            raise DataError(
                f"{table.path}: the target column {name!r} holds text; --model linear needs numbers"
            )
        return Target(name, task, column.numbers, ())
    if len(labels) > MAX_CATEGORIES:
        raise DataError(
            f"{table.path}: the target column {name!r} holds {len(labels)} different values; at most "
            f"{MAX_CATEGORIES} classes are learnt"
        )
    return Target(name, task, values.astype(np.int64), tuple(labels))


def _check_finite(table: Table, column: Column) -> None:
    if column.kind == "number" and np.isinf(column.numbers).any():
        row = int(np.isinf(column.numbers).argmax())
        raise DataError(
            f"{table.where(row)}: column {column.name!r} holds {column.texts[row]}, which is not finite"
        )


def _check_strays(table: Table, column: Column, otherwise: str) -> None:
    """Refuse a column of numbers with a few other cells: most likely these are typos."""
    found = stray_text(column)
    if found is not None:
        row, numbers, cells = found
        shown = (column.texts[row] or "")[:40]
        raise DataError(
            f"{table.where(row)}: column {column.name!r} holds {shown!r}, and {numbers} of its {cells} cells "
            f"are numbers: mend the cell (leave it empty if it is missing), {otherwise}"
        )


def site_columns(
    table: Table,
    names: Sequence[str],
    sites: Mapping[str, NDArray[np.int64]],
    listed: Mapping[str, Sequence[str]],
) -> tuple[list[str], list[str], list[dict[str, NDArray[Any]]]]:
    """Type the columns and hand each site its rows.

    Parameters
    ----------
    table : Table
        The data.
    names : sequence of str
        Columns to learn from.
    sites : mapping of str to ndarray of int64
        Rows of each site.
    listed : mapping of str to sequence of str
        Categories agreed beforehand; such a column is categorical whatever it holds.

    Returns
    -------
    numeric, categorical : list of str
        The columns of either kind.
    columns : list of dict
        For each site, its part of each column.
    """
    whole: dict[str, NDArray[Any]] = {}
    numeric: list[str] = []
    categorical: list[str] = []
    for name in names:
        column = table.column(name)
        if name in listed or not column.numeric:
            if name not in listed:
                _check_strays(
                    table, column, "list the column's categories with --categories, or --drop the column"
                )
                _check_categories(table, column)
            categorical.append(name)
            whole[name] = np.array(column.texts, dtype=object)
        else:
            _check_finite(table, column)
            numeric.append(name)
            whole[name] = column.numbers
    parts = [{name: values[rows] for name, values in whole.items()} for rows in sites.values()]
    return numeric, categorical, parts


def _check_categories(table: Table, column: Column) -> None:
    count = len(set(column.texts) - {None})
    if count > MAX_CATEGORIES:
        raise DataError(
            f"{table.path}: column {column.name!r} is text with {count} different values, "
            f"and over {MAX_CATEGORIES} are not taken for categories, whose names the sites would tell one "
            "another; leave it out with --drop, "
            "or list its categories with --categories"
        )


def split_by_column(table: Table, name: str) -> dict[str, NDArray[np.int64]]:
    """Rows of each site, a site being a value of the column; sites in the order of their first rows."""
    column = table.column(name)
    if column.missing.any():
        raise DataError(f"{table.where(int(column.missing.argmax()))}: no value in the site column {name!r}")
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(column.texts):
        rows.setdefault(text or "", []).append(row)
    return {site: np.array(found, dtype=np.int64) for site, found in rows.items()}


def split_evenly(rows: int, sites: int, seed: int | None) -> dict[str, NDArray[np.int64]]:
    """Rows dealt at random over sites of nearly equal size, called ``site 1``, ``site 2``, ..."""
    if rows < sites:
        raise DataError(f"{count_text(rows, 'row')} cannot be split over {count_text(sites, 'site')}")
    order = np.random.default_rng(seed).permutation(rows)
    return {f"site {index + 1}": np.sort(part) for index, part in enumerate(np.array_split(order, sites))}


def check_rows(rows: Mapping[str, NDArray[np.int64]], path: Path) -> None:
    """Refuse a site of very few rows: a typo in the site column makes one, and its update shows them."""
    for site, part in rows.items():
        if len(part) < MIN_ROWS:
            raise DataError(
                f"{path}: site {site!r} has {count_text(len(part), 'row')}, and its update would show what "
                f"{'it holds' if len(part) == 1 else 'they hold'}; at least {MIN_ROWS} are wanted "
                "(is the name mistyped? --allow-small-sites takes it as it is)"
            )


def read_categories(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Categories agreed beforehand: a JSON object of lists of text, by column.

    Raises
    ------
    DataError
        When the file is not that, or names a column that is not there.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise DataError(f"{path} must hold an object of lists: {{column: [category, ...]}}")
    for name, levels in found.items():
        if name not in names:
            raise DataError(f"{path}: {name!r} is not a column to learn from")
        if not isinstance(levels, list) or not levels or not all(isinstance(level, str) for level in levels):
            raise DataError(f"{path}: {name!r} must have a list of texts")
    return {name: [level.strip() for level in levels] for name, levels in found.items()}
