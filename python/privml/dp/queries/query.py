"""What all queries share: the order in which things happen when one is released.

(1) The query was made of public parameters, checked when it was made. (2) The types, shapes and lengths of
what it is given are checked. (3) The ledger, if there is one, is charged. (4) Only now are values read; from
here on nothing raises or warns because of one. (5) Rows are chosen, clipped, summed; noise is drawn; the
noisy numbers are combined.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from privml._wording import a_type
from privml.dp.accounting.losses import ApproximateLoss, DiscreteLaplaceLoss, Loss, PureLoss
from privml.dp.ledger.book import Ledger
from privml.dp.mechanisms.draw import real
from privml.dp.queries import columns
from privml.dp.queries.contributions import rows_kept
from privml.dp.queries.noise import Noise, ratio_above, threshold
from privml.dp.queries.promise import Options, Promise
from privml.errors import DtypeError, ParameterError, ShapeError

__all__ = ["Query", "ReleaseOptions", "Table", "alpha_of"]


MOST_NAMED, MOST_LETTERS = 100, 80
"""Of groups, and of the name of each: a ledger's entry stays small."""


class ReleaseOptions(TypedDict, total=False):
    """Keyword arguments of :meth:`Query.release`."""

    column: str | None
    users: Any
    by: Any
    ledger: Ledger | None
    group: str | None
    label: str | None


@dataclass(frozen=True)
class Table:
    """The rows that a query reads.

    `values` are None where only their number counts. `codes` are the groups' numbers, None where there is one
    group of all. `size` is the number of rows where that is public.
    """

    length: int
    values: NDArray[np.float64] | None
    codes: NDArray[np.int64] | None
    groups: int
    size: int

    def take(self, rows: NDArray[Any]) -> Table:
        """Return a part of the rows."""
        values = None if self.values is None else self.values[rows]
        codes = None if self.codes is None else self.codes[rows]
        length = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
        return Table(length, values, codes, self.groups, self.size)

    def only(self, group: int) -> Table:
        """Return the rows of one group, as a table of one group."""
        if self.codes is None:
            return self
        part = self.take(np.flatnonzero(self.codes == group))
        return Table(part.length, part.values, None, 1, part.size)


class Query(ABC):
    """A question with its promise; :meth:`release` answers it, for any number of data sets.

    Parameters
    ----------
    epsilon
        What one release costs.
    **promise
        `unit`, `rows_per_user`, `adjacency`, `keys`, `delta`: see
        :class:`~privml.dp.queries.promise.Promise`.
    """

    needs_values = True
    """Whether a frame without a column named is not enough."""

    def __init__(self, epsilon: float, **promise: Unpack[Options]) -> None:
        self.promise = Promise.make(epsilon, **promise)
        budget = self.promise.amount
        self._naming: Noise | None = None
        if self.promise.delta is not None and not self._counts:
            # Half of the budget finds the groups.
            self._naming = Noise.make(self.promise.rows, budget / 2)
            budget = budget / 2
        self._noises = self._calibrate(budget)
        self._threshold: int | None = None
        if self.promise.delta is not None:
            counting = self._noises[0] if self._naming is None else self._naming
            self._threshold = threshold(counting.drawn, self.promise.rows, self.promise.delta)

    # --- what each query says of itself -------------------------------------------------------------------

    @property
    def _counts(self) -> bool:
        """Whether the first noise is that of each group's number of rows."""
        return False

    @abstractmethod
    def _calibrate(self, budget: Fraction) -> Sequence[Noise]:
        """Make the noises that share the budget."""

    @abstractmethod
    def _answers(self, table: Table, counts: list[int] | None) -> list[Any]:
        """Answer for each group; `counts` are noisy numbers of rows that were drawn already."""

    @abstractmethod
    def _parameters(self) -> dict[str, Any]:
        """Tell what is particular to this query."""

    def _prepare(self, table: Table) -> Table:
        """Deal with missing values: rows without one are left out, unless the number of rows is public."""
        if table.values is None:
            return table
        missing = np.isnan(table.values)
        if self.promise.known_size:
            return Table(table.length, np.where(missing, self._middle(), table.values), None, 1, table.size)
        return table.take(~missing)

    def _middle(self) -> float:
        """Return what stands for a missing value where rows cannot be left out."""
        return 0.0

    # --- what is public -----------------------------------------------------------------------------------

    @property
    def epsilon(self) -> float:
        """What one release costs, as asked."""
        return self.promise.epsilon

    @property
    def delta(self) -> float:
        """The probability that a group is named that only one unit is in."""
        return 0.0 if self.promise.delta is None else self.promise.delta

    @property
    def loss(self) -> Loss:
        """The privacy loss of one release, for the accountant."""
        noises = [*self._noises, *([] if self._naming is None else [self._naming])]
        total = ratio_above(sum((noise.epsilon for noise in noises), Fraction(0)))
        if self.promise.delta is not None:
            return ApproximateLoss(total, self.promise.delta)
        if len(noises) == 1 and self._one_number_moves():
            return DiscreteLaplaceLoss(noises[0].scale, noises[0].sensitivity)
        return PureLoss(total)

    def _one_number_moves(self) -> bool:
        """Whether neighbours differ in one number only of those that noise is added to."""
        return self.promise.rows == 1 or not self.promise.grouped

    @property
    def parameters(self) -> dict[str, Any]:
        """All that is public about a release, in plain values: for statements and ledgers."""
        told = {**self.promise.shown(), **self._parameters()}
        if self._threshold is not None:
            told["threshold"] = self._threshold
        return told

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{type(self).__name__}({inside})"

    # --- releasing ----------------------------------------------------------------------------------------

    def release(
        self,
        data: Any,
        *,
        column: str | None = None,
        users: Any = None,
        by: Any = None,
        ledger: Ledger | None = None,
        group: str | None = None,
        label: str | None = None,
    ) -> Any:
        """Answer with noise.

        Parameters
        ----------
        data : array, list, series or frame
            One row for each entry. Of a frame (pandas, Polars, or a mapping of columns), `column` is read.
        column : str, optional
            The column's name in a frame.
        users : array, series or str, optional
            With ``unit="user"``: whose row each is, or the name of that column in the frame. Rows without a
            user are left out.
        by : array, series or str, optional
            Which group each row belongs to, or the name of that column in the frame.
        ledger : Ledger, optional
            Charged once everything is checked and before any value is read; its file says no if too little is
            left.
        group, label : str, optional
            For the ledger: the one group of units that the data is about, and what to call the release.

        Returns
        -------
        number or array, or dict
            One answer; a dict with one for each group if the query has groups.

        Raises
        ------
        ParameterError, DtypeError, ShapeError
            For arguments, types, shapes or lengths that do not fit: nothing is charged. No value of a column
            raises.
        BudgetExceededError
            If the ledger has too little left.
        """
        columns.check_data(data)
        if column is None and self.needs_values and columns.is_frame(data):
            column, data = only_column(data)
        length, values, owners, places = self._check(data, column, users, by)
        if ledger is not None:
            if not isinstance(ledger, Ledger):
                raise DtypeError(f"ledger: found {a_type(ledger)}, allowed: a Ledger")
            ledger.spend(
                self.promise.epsilon,
                self.delta,
                unit=self.promise.unit,
                adjacency=self.promise.adjacency,
                group=group,
                label=self._label(data, column, by) if label is None else label,
                mechanism=self._mechanism,
                parameters={**self.parameters, **self._names(by)},
            )
        elif group is not None:
            raise ParameterError(f"group: found {group!r} without a ledger, whose group it would be")
        return self._released(length, values, owners, places)

    _mechanism = "discrete Laplace"

    def _label(self, data: Any, column: str | None, by: Any) -> str:
        """Say what is asked, in names of columns: they are public."""
        name = column if column is not None else getattr(data, "name", None)
        parts = [type(self).__name__.lower()]
        parts += [f"of {shown(name)}"] if isinstance(name, str) and name else []
        side = by if isinstance(by, str) else getattr(by, "name", None)
        parts += [f"by {shown(side)}"] if isinstance(side, str) and side else []
        return " ".join(parts)

    def _names(self, by: Any) -> dict[str, Any]:
        """Name the groups, for the ledger; a long list is cut."""
        if self.promise.keys is None:
            return {}
        keys, side = self.promise.keys, by if isinstance(by, str) else getattr(by, "name", None)
        told: dict[str, Any] = {"groups": [shown(str(key)) for key in keys[:MOST_NAMED]]}
        return {**told, "by": shown(side)} if isinstance(side, str) and side else told

    def _check(
        self, data: Any, column: str | None, users: Any, by: Any
    ) -> tuple[int, columns.Numbers | None, columns.Labels | None, columns.Labels | None]:
        """Look at types, shapes and lengths."""
        if column is not None and not isinstance(column, str):
            raise DtypeError(f"column: found {a_type(column)}, allowed: a name")
        values: columns.Numbers | None = None
        if columns.is_frame(data) and column is None:
            length = columns.length_of(data)
        else:
            values = self._column(data if column is None else columns.pick(data, column, "column"))
            length = values.length
        owners = self._side(data, users, "users", self.promise.unit == "user", "unit='user'")
        places = self._side(data, by, "by", self.promise.grouped, "keys, or delta for groups not known")
        for name, side in (("users", owners), ("by", places)):
            if side is not None and side.length != length:
                raise ShapeError(
                    f"{name}: found {side.length} values, allowed: one for each row of data, {length}, or "
                    "the name of one column"
                )
        if places is not None and self.promise.keys is not None:
            check_kinds(self.promise.keys, places.kind)
        return length, values, owners, places

    def _column(self, column: Any) -> Any:
        return columns.numbers(column)

    @staticmethod
    def _side(data: Any, given: Any, name: str, wanted: bool, with_what: str) -> columns.Labels | None:
        if (given is not None) != wanted:
            found = "none" if given is None else "one"
            raise ParameterError(f"{name}: found {found}; it belongs to {with_what}, and that needs it")
        return None if given is None else columns.labels(columns.pick(data, given, name), name)

    def _released(
        self,
        length: int,
        values: Any,
        owners: columns.Labels | None,
        places: columns.Labels | None,
    ) -> Any:
        """Read, choose, answer. Nothing here may depend on a value in anything but the answer."""
        table = Table(length, None if values is None else self._read(values), None, 1, length)
        names: list[Any] = []
        if places is not None:
            codes, names = places.codes(exact=self.promise.keys is None)
            if self.promise.keys is not None:
                codes, names = on_keys(codes, names, self.promise.keys), list(self.promise.keys)
            table = Table(length, table.values, codes, len(names), length)
        if owners is not None:
            # Users of rows that are left out for another reason must not take a place of their others.
            ids = owners.codes()[0]
            left = np.ones(length, dtype=np.bool_) if table.codes is None else table.codes >= 0
            if table.values is not None:
                left &= ~np.isnan(table.values)
            table = table.take(rows_kept(np.where(left, ids, -1), self.promise.rows))
        elif table.codes is not None:
            table = table.take(table.codes >= 0)
        table = self._prepare(table)
        if self._threshold is not None:
            return self._named(table, names)
        answers = self._answers(table, None)
        return dict(zip(names, answers, strict=True)) if places is not None else answers[0]

    def _read(self, values: Any) -> NDArray[np.float64]:
        array: NDArray[np.float64] = values.read()
        return array

    def _named(self, table: Table, names: list[Any]) -> dict[Any, Any]:
        """Answer for the groups whose noisy count reaches the threshold, in the order of their names."""
        counting = self._noises[0] if self._naming is None else self._naming
        sizes = group_sizes(table)
        noisy = counting.add(sizes)
        # Only groups with a row that stayed may be named: the threshold bounds the chances of k groups of a
        # user, and those of whom no row was chosen, or whose values are missing, would have more.
        named = [
            at
            for at, count in enumerate(noisy)
            if sizes[at] > 0 and self._threshold is not None and count >= self._threshold
        ]
        try:
            named.sort(key=lambda at: names[at])
        except TypeError:
            named.sort(key=lambda at: (type(names[at]).__name__, repr(names[at])))
        place = np.full(len(names), -1, dtype=np.int64)
        place[named] = np.arange(len(named))
        codes = place[table.codes] if table.codes is not None else place[:0]
        chosen = Table(table.length, table.values, codes, len(named), table.size).take(codes >= 0)
        counts = [noisy[at] for at in named] if self._naming is None else None
        return dict(zip((names[at] for at in named), self._answers(chosen, counts), strict=True))


def only_column(data: Any) -> tuple[str | None, Any]:
    """Return the one column of a frame that has no other: its name if that is a text, and what to read."""
    names = columns.names_of(data)
    if len(names) != 1:
        found = f"none, and data has {len(names)} columns"
        raise ParameterError(f"column: found {found}, allowed: the name of one of them")
    if isinstance(names[0], str):
        return names[0], data
    return None, data[names[0]]


def shown(name: str) -> str:
    """Return a name as a ledger writes it: printable, and not long."""
    text = name if name.isprintable() else ascii(name)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 3] + "..."


def group_sizes(table: Table) -> list[int]:
    """Count the rows of each group."""
    if table.codes is None:
        return [table.length]
    sizes: list[int] = np.bincount(table.codes, minlength=table.groups).tolist()
    return sizes


def on_keys(codes: NDArray[np.int64], names: list[Any], keys: tuple[Hashable, ...]) -> NDArray[np.int64]:
    """Turn codes of what was found into positions among public keys, -1 for what is not among them."""
    index = {key: at for at, key in enumerate(keys)}
    places = np.array([index.get(name, -1) for name in names] + [-1], dtype=np.int64)
    found: NDArray[np.int64] = places[codes]  # missing: -1, the last of the places
    return found


def check_kinds(keys: tuple[Hashable, ...], kind: str, name: str = "keys", column: str = "by") -> None:
    """Refuse keys that could never be found in a column of this type."""
    texts = [isinstance(key, str | bytes) for key in keys]
    if (kind in "biuf" and any(texts)) or (kind in "US" and not all(texts)):
        raise DtypeError(
            f"{name}: found {'text' if kind in 'biuf' else 'other things than text'}, allowed: what the "
            f"column {column} holds, {'numbers' if kind in 'biuf' else 'text'}"
        )


def alpha_of(alpha: float) -> float:
    """Return a probability of being wrong."""
    number = real(alpha, "alpha")
    if not 0 < number < 1:
        raise ParameterError(f"alpha: found {number}, allowed: above 0 and below 1")
    return number
