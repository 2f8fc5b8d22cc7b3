"""A party that holds rows, and the checks on tables of rows that all of federated training shares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml.errors import ParameterError, ShapeError

__all__ = ["MAX_NAME_BYTES", "Site", "check_features", "check_rows"]

MAX_NAME_BYTES = 255
"""The longest name of a site, in UTF-8: names travel in messages."""


class Site:
    """
    A party with rows of its own: a hospital, a bank.

    Parameters
    ----------
    name : str
        Its name, which messages and reports carry in the clear; at most 255 bytes of UTF-8.
    X : array_like, shape (n, k)
        Features, finite numbers, at least one row.
    y : array_like, shape (n,)
        What is to be predicted: classes as 0, 1, 2, ... or quantities.

    Raises
    ------
    ParameterError
        If the name is empty, too long, or no text.
    ShapeError
        If `X` and `y` do not fit together or hold no row.
    NotFiniteError, DtypeError
        If they hold anything but finite numbers.

    Examples
    --------
    >>> from privml.federated import Site
    >>> Site("north", [[0.5, 1.0], [2.0, 0.0]], [0, 1])
    Site('north', 2 rows, 2 features)
    """

    __slots__ = ("_name", "_targets", "_values")

    def __init__(self, name: str, X: ArrayLike, y: ArrayLike) -> None:
        if not isinstance(name, str) or not name:
            raise ParameterError(f"name is {name!r}; allowed are non-empty texts")
        try:
            length = len(name.encode("utf-8"))
        except UnicodeEncodeError:
            raise ParameterError(f"name is {name!r}, which is no valid Unicode text") from None
        if length > MAX_NAME_BYTES:
            raise ParameterError(f"name takes {length} bytes of UTF-8; allowed are {MAX_NAME_BYTES}")
        self._name = name
        self._values, self._targets = check_rows(X, y)

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def X(self) -> NDArray[np.float64]:
        """The features, shape (n, k)."""
        return self._values

    @property
    def y(self) -> NDArray[Any]:
        """The targets, shape (n,)."""
        return self._targets

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._targets)

    def __repr__(self) -> str:
        """Return the name and the sizes, never data."""
        return f"Site({self._name!r}, {len(self)} rows, {self._values.shape[1]} features)"


def check_features(X: ArrayLike, width: int | None = None) -> NDArray[np.float64]:
    """
    Return `X` as a table of finite float64.

    Raises
    ------
    ShapeError
        If it is not two-dimensional, or not `width` columns wide.
    NotFiniteError, DtypeError
        If it holds anything but finite numbers.
    """
    table = encoding.as_numbers(X, "X")
    if table.ndim != 2:
        raise ShapeError(f"X has the shape {table.shape}; allowed are (rows, features)")
    if width is not None and table.shape[1] != width:
        raise ShapeError(f"X has {table.shape[1]} columns and the model {width} features")
    return table.astype(np.float64, copy=False)


def check_rows(X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return features and targets of at least one row; raises as :class:`Site` does."""
    table = check_features(X)
    targets = encoding.as_numbers(y, "y")
    if targets.shape != table.shape[:1]:
        raise ShapeError(f"X has the shape {table.shape} and y {targets.shape}; allowed are (n, k) and (n,)")
    if not len(targets):
        raise ShapeError("X and y hold no row")
    if targets.dtype.kind == "O":
        raise ParameterError("y holds integers that do not fit 64 bits")
    return table, targets
