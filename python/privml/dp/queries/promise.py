"""What a query promises, and to whom: all of it public, all of it checked before any data is seen."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypedDict

from privml._wording import a_type
from privml.dp.mechanisms.draw import positive, real, whole
from privml.errors import DtypeError, ParameterError

__all__ = ["Options", "Promise", "bounds_of"]

ADJACENCIES = ("add-remove", "substitution")
UNITS = ("row", "user")
MOST_ROWS_PER_USER = 10_000
LEAST_EPSILON, MOST_EPSILON = 1e-12, 1e6


class Options(TypedDict, total=False):
    """Keyword arguments that every query takes: see :class:`Promise`."""

    unit: str
    rows_per_user: int | None
    adjacency: str
    keys: Iterable[Any] | None
    delta: float | None


@dataclass(frozen=True)
class Promise:
    """Epsilon, the unit, the adjacency, and the groups.

    Parameters
    ----------
    epsilon : float
        From 1e-12 to 1e6. What is spent is never more than the shortest decimal that names this float.
    unit : {"row", "user"}
        Whose presence is protected: that of one row, or of all rows of one user.
    rows_per_user : int, optional
        With ``unit="user"``: the most rows of a user that are read, a random choice of them.
    adjacency : {"add-remove", "substitution"}
        Whether neighbours differ by one unit more, or by another row in place of one (the number of rows is
        public then).
    keys : iterable, optional
        The groups that are answered for, known beforehand. One that has no rows is answered for too.
    delta : float, optional
        Above 0 and below 1; for groups that are not known beforehand, and for nothing else.
    """

    epsilon: float
    unit: str = "row"
    rows_per_user: int | None = None
    adjacency: str = "add-remove"
    keys: tuple[Hashable, ...] | None = None
    delta: float | None = None

    @classmethod
    def make(
        cls,
        epsilon: float,
        unit: str = "row",
        rows_per_user: int | None = None,
        adjacency: str = "add-remove",
        keys: Iterable[Any] | None = None,
        delta: float | None = None,
    ) -> Promise:
        """Check the arguments one by one and together."""
        number = positive(epsilon, "epsilon")
        if not LEAST_EPSILON <= number <= MOST_EPSILON:
            raise ParameterError(f"epsilon: found {number}, allowed: {LEAST_EPSILON} to {MOST_EPSILON}")
        if not isinstance(unit, str) or unit not in UNITS:
            raise ParameterError(f"unit: found {unit!r}, allowed: 'row' or 'user'")
        if not isinstance(adjacency, str) or adjacency not in ADJACENCIES:
            raise ParameterError(f"adjacency: found {adjacency!r}, allowed: 'add-remove' or 'substitution'")
        if unit == "user" and rows_per_user is None:
            raise ParameterError(
                "rows_per_user: found none with unit='user', allowed: the most rows of a user that are read; "
                "write unit='user', rows_per_user=3, users='the column of users'"
            )
        if unit == "row" and rows_per_user is not None:
            raise ParameterError(
                "rows_per_user: found one with unit='row', allowed: with unit='user' only; add unit='user'"
            )
        if rows_per_user is not None:
            rows_per_user = whole(rows_per_user, "rows_per_user", 1, MOST_ROWS_PER_USER)
        chosen = None if keys is None else check_keys(keys)
        if delta is not None:
            delta = real(delta, "delta")
            if not 0 < delta < 1:
                raise ParameterError(f"delta: found {delta}, allowed: above 0 and below 1")
            if chosen is not None:
                raise ParameterError("delta: found together with keys; groups that are known need no delta")
        if adjacency == "substitution":
            if unit == "user":
                raise ParameterError(
                    "adjacency: found 'substitution' with unit='user', where the number of rows is not "
                    "known; allowed: 'add-remove' (a ledger of substitutions charges it twice)"
                )
            if chosen is not None or delta is not None:
                raise ParameterError(
                    "adjacency: found 'substitution' with groups, whose sizes are not known; allowed: "
                    "'add-remove'"
                )
        return cls(number, unit, rows_per_user, adjacency, chosen, delta)

    @property
    def amount(self) -> Fraction:
        """Epsilon exactly: the double, or the decimal that a ledger charges for it, whichever is less."""
        return min(Fraction(self.epsilon), Fraction(repr(self.epsilon)))

    @property
    def rows(self) -> int:
        """The most rows by which neighbours differ, under add-remove."""
        return 1 if self.rows_per_user is None else self.rows_per_user

    @property
    def known_size(self) -> bool:
        """Whether the number of rows is public."""
        return self.adjacency == "substitution"

    @property
    def grouped(self) -> bool:
        """Whether rows are put into groups."""
        return self.keys is not None or self.delta is not None

    def shown(self) -> dict[str, Any]:
        """Tell the promise in plain values."""
        told: dict[str, Any] = {"epsilon": self.epsilon, "unit": self.unit, "adjacency": self.adjacency}
        if self.rows_per_user is not None:
            told["rows_per_user"] = self.rows_per_user
        if self.delta is not None:
            told["delta"] = self.delta
        if self.keys is not None:
            told["keys"] = len(self.keys)
        return told


def check_keys(keys: Iterable[Any], name: str = "keys") -> tuple[Hashable, ...]:
    """Return public keys, each once and at least one."""
    if isinstance(keys, str | bytes) or not isinstance(keys, Iterable):
        raise DtypeError(f"{name}: found {a_type(keys)}, allowed: a list of {name}")
    listed = tuple(
        key.item() if hasattr(key, "dtype") and key.dtype.kind not in "mM" else key for key in keys
    )
    try:
        distinct = len(set(listed))
    except TypeError:
        raise DtypeError(f"{name}: found one that cannot be hashed, allowed: text, numbers, dates") from None
    if any(map(is_missing, listed)):
        raise ParameterError(
            f"{name}: found a missing one (None, NaN, NaT), allowed: text, numbers, dates; rows without a "
            "value are in no group"
        )
    if not listed or distinct < len(listed):
        raise ParameterError(f"{name}: found {len(listed)}, {distinct} of them different, allowed: each once")
    return listed


def is_missing(key: Any) -> bool:
    """Whether a key stands for no value: it is None, or does not equal itself."""
    try:
        return key is None or not bool(key == key)
    except (TypeError, ValueError):  # the truth of pandas.NA
        return True


def bounds_of(bounds: object) -> tuple[float, float]:
    """Return finite bounds in order."""
    pair = list(bounds) if isinstance(bounds, Iterable) and not isinstance(bounds, str | bytes) else []
    if not isinstance(bounds, Iterable) or isinstance(bounds, str | bytes):
        raise DtypeError(f"bounds: found {a_type(bounds)}, allowed: a pair of numbers")
    if len(pair) != 2:
        raise DtypeError(f"bounds: found {len(pair)} values, allowed: two, the lower and the upper")
    low, high = real(pair[0], "bounds[0]"), real(pair[1], "bounds[1]")
    if low >= high:
        raise ParameterError(f"bounds: found ({low}, {high}), allowed: the lower one first, and not equal")
    return low, high
