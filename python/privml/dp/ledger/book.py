"""The ledger itself: opening, spending, recording.

The order within a spend is the security argument. (1) Parameters are checked. (2) In one immediate
transaction the first and last entries are read and checked, the filter decides, and the charge is appended.
(3) The commit reaches the disk. (4) Only then does the caller get a :class:`Charge`, touch data and draw
noise. A process killed before (3) has taken nothing and released nothing; killed after (3) it has paid,
whether it released or not.
"""

from __future__ import annotations

import functools
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from types import TracebackType
from typing import Any, Protocol, TypeVar

import numpy as np

from privml.dp.ledger import audit, store
from privml.dp.ledger.amounts import UNIT, Number, as_float_below, exact, floor_units
from privml.dp.ledger.budget import Amounts, Loss, charge_for
from privml.dp.ledger.chain import FIRST, Entry, Head, decode_body, encode_body, entry_hash
from privml.dp.ledger.conversion import check_adjacency, check_unit, convert, steps
from privml.dp.ledger.rules import Rules, Totals, check_text, texts
from privml.dp.ledger.signing import SigningKey, VerifyKey
from privml.dp.ledger.statement import Statement, make_statement
from privml.errors import DtypeError, LedgerError, LedgerTamperedError, ParameterError

__all__ = ["Charge", "Ledger", "Plan"]

Result = TypeVar("Result")


class Plan(Protocol):
    """A whole plan of releases, fixed in advance: an accountant."""

    def epsilon(self, delta: float) -> float:
        """Bound the plan's epsilon at a delta."""
        ...


@dataclass(frozen=True)
class Charge:
    """A spend that is on the disk. As a context manager it gives itself; nothing is ever refunded.

    Give the mechanism :attr:`epsilon`, :attr:`delta` and :attr:`rho` of the charge rather than your own
    numbers: they are rounded so that the mechanism cannot spend more than what was charged.
    """

    ledger: Ledger
    head: Head
    loss: Loss

    def __repr__(self) -> str:
        amounts = {"epsilon": self.epsilon, "delta": self.delta or None, "rho": self.rho}
        told = "".join(f", {name}={value}" for name, value in amounts.items() if value is not None)
        return f"Charge(head={str(self.head)!r}{told})"

    @property
    def sequence(self) -> int:
        """Position of the charge in the ledger."""
        return self.head.sequence

    @property
    def epsilon(self) -> float | None:
        """Epsilon as stated, as the largest float not above it."""
        return None if self.loss.epsilon is None else as_float_below(self.loss.epsilon)

    @property
    def delta(self) -> float:
        """Delta as stated, as the largest float not above it."""
        return as_float_below(self.loss.delta)

    @property
    def rho(self) -> float | None:
        """Rho as stated or derived, as the largest float not above it."""
        return None if self.loss.rho is None else as_float_below(self.loss.rho)

    def record(self, released: object) -> Head:
        """Write what was released (numbers, text, lists, small arrays) into the ledger, beside its charge."""
        return self.ledger._record(self, released)

    def __enter__(self) -> Charge:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        return None


class Ledger:
    """A privacy budget of one data set, in a file that several processes may use at once.

    Opens `path`, or creates it when it does not exist and `epsilon` is given. What is given must agree with
    an existing ledger.

    Parameters
    ----------
    path : path-like
        An SQLite file on a local disk; its directory must be writable.
    epsilon : number, optional
        The whole budget.
    delta : number, optional
        The whole budget's delta, 0 unless given. With ``accounting="zcdp"`` the delta of the promise.
    dataset : str, optional
        Name of the data set.
    unit : {"row", "user"}, optional
        Whose presence is protected; "row" unless given.
    adjacency : {"add-remove", "substitution"}, optional
        What neighbours are; "add-remove" unless given.
    accounting : {"sum", "zcdp"}, optional
        The filter; "sum" unless given.
    groups : sequence of str, or mapping of str to number, optional
        Disjoint groups of units, fixed now, each with the whole budget or its own smaller epsilon.
    signing_key : SigningKey, optional
        Signs every entry. A ledger created with a key is written with that key only.
    timeout : float
        Seconds to wait for other processes' transactions.

    Raises
    ------
    ParameterError, DtypeError
        For values out of range, or an existing ledger with other rules.
    LedgerError
        If there is no ledger and no `epsilon`, or the file cannot be used.
    LedgerTamperedError
        If the file is not an intact ledger. Opening looks at both ends only; :meth:`verify` at everything.

    Notes
    -----
    The ledger enforces what it is told. It cannot see whether a release adds the noise it paid for.

    Examples
    --------
    >>> import tempfile, os
    >>> folder = tempfile.TemporaryDirectory()
    >>> ledger = Ledger(os.path.join(folder.name, "budget.sqlite"), epsilon=1, dataset="patients")
    >>> with ledger.spend(epsilon=0.25, label="how many", mechanism="discrete Laplace") as charge:
    ...     charge.epsilon
    0.25
    >>> ledger.left()["epsilon"]
    Fraction(3, 4)
    >>> ledger.verify(head=ledger.head()).sequence
    1
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        epsilon: Number | None = None,
        delta: Number | None = None,
        dataset: str | None = None,
        unit: str | None = None,
        adjacency: str | None = None,
        accounting: str | None = None,
        groups: Sequence[str] | Mapping[str, Number] | None = None,
        signing_key: SigningKey | None = None,
        timeout: float = 30.0,
    ) -> None:
        if signing_key is not None and not isinstance(signing_key, SigningKey):
            raise DtypeError(f"signing_key must be a SigningKey, not {type(signing_key).__name__}")
        self._key = signing_key
        self._store = store.Store(path, float(exact(timeout, "timeout", allow_least=True)))
        if not self._store.path.parent.is_dir():
            raise LedgerError(
                f"path: found {self._store.path}, and there is no directory {self._store.path.parent}; "
                "make it first"
            )
        asked = {"dataset": dataset, "unit": unit, "adjacency": adjacency, "accounting": accounting}
        if epsilon is not None:
            wanted = Rules.make(
                ledger=secrets.token_hex(16),
                dataset="data" if dataset is None else dataset,
                unit="row" if unit is None else unit,
                adjacency="add-remove" if adjacency is None else adjacency,
                accounting="sum" if accounting is None else accounting,
                epsilon=epsilon,
                delta=0 if delta is None else delta,
                groups=() if groups is None else groups,
                verify_key=None if signing_key is None else bytes(signing_key.verify_key),
            )
            self._store.ensure_file()
            self._create_if_empty(wanted)
        elif not self._store.path.exists():
            raise LedgerError(f"{self._store.path} does not exist; give epsilon to create a ledger")
        with self._store.connection(write=False) as database:
            self._rules, self._first, self._seen, _ = self._ends(database)
        self._store.was_ledger = True
        self._check_agrees(asked, epsilon, delta, groups)

    def __repr__(self) -> str:
        return f"Ledger({str(self._store.path)!r}, dataset={self.dataset!r})"

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self._rules.dataset

    @property
    def unit(self) -> str:
        """Whose presence is protected."""
        return self._rules.unit

    @property
    def adjacency(self) -> str:
        """What neighbours are."""
        return self._rules.adjacency

    @property
    def accounting(self) -> str:
        """The filter that limits spending: "sum" or "zcdp"."""
        return self._rules.accounting

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the disjoint groups."""
        return tuple(name for name in self._rules.caps if name)

    def spend(
        self,
        epsilon: Number | None = None,
        delta: Number = 0,
        *,
        rho: Number | None = None,
        noise_multiplier: Number | None = None,
        plan: Plan | None = None,
        group: str | None = None,
        unit: str | None = None,
        adjacency: str | None = None,
        rows_per_user: int | None = None,
        label: str = "",
        mechanism: str = "",
        parameters: Mapping[str, object] | None = None,
        sampling: str = "none",
    ) -> Charge:
        """Charge the budget for one release and return when the charge is on the disk.

        Call it before data is touched and before noise is drawn.

        Parameters
        ----------
        epsilon, delta : number, optional
            Cost of an (epsilon, delta)-DP release.
        rho : number, optional
            Cost of a rho-zCDP release, in a zCDP ledger.
        noise_multiplier : number, optional
            Standard deviation of Gaussian noise over the L2 sensitivity, in a zCDP ledger: ``1/(2 m^2)``.
        plan : accountant, optional
            A plan fixed in advance; charged whole at ``plan.epsilon(delta)``. Everything in it must have been
            decided before this call, and `adjacency` must be stated.
        group : str, optional
            The one group whose units the release reads; all units otherwise.
        unit, adjacency : str, optional
            What the release's own promise is about, where that is not what the ledger's is: converted or
            refused.
        rows_per_user : int, optional
            For a release about rows in a ledger of users: the most rows of one user that it reads.
        label, mechanism, sampling : str
            For the statement.
        parameters : mapping, optional
            For the statement; numbers, text, lists, nested mappings. Nothing secret.

        Returns
        -------
        Charge
            To be used in a ``with`` block or not.

        Raises
        ------
        BudgetExceededError
            If less is left; nothing is charged.
        ParameterError, DtypeError
            For what cannot be charged; nothing is charged.
        LedgerError, LedgerTamperedError
            If the file is locked for too long, was rolled back under this object, or is damaged.
        """
        if plan is not None:
            if epsilon is not None:
                raise ParameterError("give a plan or epsilon, not both")
            if adjacency is None:
                # The bound does not say for whom: Poisson sampling and samples of fixed size differ.
                raise ParameterError("state the adjacency of the plan: 'add-remove' or 'substitution'")
            # The very double, so that nothing of the accountant's bound is rounded away.
            bound = plan.epsilon(as_float_below(exact(delta, "delta", allow_least=True)))
            exact(bound, "the plan's epsilon")
            epsilon = Fraction(bound)
        loss = Loss.stated(epsilon, delta, rho, noise_multiplier)
        own_unit = self.unit if unit is None else check_unit(unit)
        own_adjacency = self.adjacency if adjacency is None else check_adjacency(adjacency)
        count = steps(
            ledger_unit=self.unit,
            ledger_adjacency=self.adjacency,
            unit=own_unit,
            adjacency=own_adjacency,
            rows_per_user=rows_per_user,
        )
        charge = charge_for(convert(loss, count), self.accounting)
        if not any(charge.values()):
            raise ParameterError("the charge is zero")
        body = {
            "kind": "spend",
            "group": group,
            "charge": {key: str(units) for key, units in charge.items()},
            "stated": {
                name: str(value)
                for name, value in (("epsilon", loss.epsilon), ("delta", loss.delta), ("rho", loss.rho))
                if value is not None
            },
            "unit": own_unit,
            "adjacency": own_adjacency,
            "steps": count,
            "label": check_text(label, "label"),
            "mechanism": check_text(mechanism, "mechanism"),
            "parameters": plain({} if parameters is None else parameters, "parameters"),
            "sampling": check_text(sampling, "sampling"),
            "accountant": "plan charged whole" if plan is not None else self.accounting,
        }
        return Charge(self, self._append(body, charge, group), loss)

    def query(
        self, epsilon: Number | None = None, delta: Number = 0, *, label: str | None = None, **options: Any
    ) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
        """Decorate a function so that each call is charged before it runs.

        The function gets the :class:`Charge` as its keyword argument `charge`. All other options are those of
        :meth:`spend`; the label is the function's name unless given.

        Examples
        --------
        >>> import tempfile, os
        >>> folder = tempfile.TemporaryDirectory()
        >>> ledger = Ledger(os.path.join(folder.name, "budget.sqlite"), epsilon=1)
        >>> @ledger.query(epsilon=0.75)
        ... def count(rows, *, charge):
        ...     return f"{len(rows)} plus noise for epsilon {charge.epsilon}"
        >>> count([1, 2, 3])
        '3 plus noise for epsilon 0.75'
        >>> count([1, 2, 3])
        Traceback (most recent call last):
        ...
        privml.errors.BudgetExceededError: epsilon 0.75 is more than the 0.25 left; nothing was charged
        >>> folder.cleanup()
        """

        def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
            name = getattr(function, "__name__", "query") if label is None else label

            @functools.wraps(function)
            def charged(*args: Any, **kwargs: Any) -> Result:
                charge = self.spend(epsilon, delta, label=name, **options)
                return function(*args, charge=charge, **kwargs)

            return charged

        return decorate

    def left(self, group: str | None = None) -> dict[str, Fraction]:
        """Tell exactly what one more release may spend, about everything or about one group.

        Keys are "epsilon" and "delta", or "rho" in a zCDP ledger.
        """
        _, totals = self._now()
        return {key: Fraction(units, UNIT) for key, units in self._rules.left(totals, group).items()}

    def spent(self, group: str | None = None) -> dict[str, Fraction]:
        """Tell exactly what was charged: to one group, or the most charged to any unit."""
        _, totals = self._now()
        if group is not None and group not in totals:
            raise ParameterError(f"there is no group {group!r}")
        chosen = list(totals.values()) if group is None else [totals[group]]
        return {key: Fraction(max(spent[key] for spent in chosen), UNIT) for key in chosen[0]}

    def head(self) -> Head:
        """Give the newest position and hash. Keep it elsewhere: it is what a roll-back is found by."""
        return self._now()[0]

    def verify(self, head: Head | str | None = None, *, verify_key: VerifyKey | None = None) -> Head:
        """Check every entry, and that the chain runs through a head kept elsewhere.

        Parameters
        ----------
        head : Head or str, optional
            What :meth:`head` gave at some time. Without it whoever can write the file can have rewritten it.
        verify_key : VerifyKey, optional
            The key that must have signed every entry, from a source other than the file.

        Returns
        -------
        Head
            The newest head.

        Raises
        ------
        LedgerTamperedError
            If anything is edited, missing, re-ordered, overspent, wrongly signed, or not what `head` saw.
        """
        wanted = Head.parse(head) if isinstance(head, str) else head
        with self._store.connection(write=False) as database:
            store.check_tables(database, self._store.path)
            newest, _ = audit.check_all(store.read_all(database), wanted, verify_key)
        return newest

    def entries(self) -> list[dict[str, Any]]:
        """Read and check all entries, oldest first, as JSON objects; amounts are texts in units of 1e-30."""
        with self._store.connection(write=False) as database:
            store.check_tables(database, self._store.path)
            return audit.check_all(store.read_all(database), None, None)[1]

    def statement(self) -> Statement:
        """Write the privacy statement, from a full check of the chain."""
        with self._store.connection(write=False) as database:
            store.check_tables(database, self._store.path)
            newest, bodies = audit.check_all(store.read_all(database), None, None)
        return make_statement(bodies, newest)

    # --- inside -------------------------------------------------------------------------------------------

    def _create_if_empty(self, rules: Rules) -> None:
        with self._store.connection(write=True) as database:
            if not store.is_empty(database):
                return
            store.create_tables(database)
            self._write(database, 0, FIRST, rules.body())

    def _check_agrees(
        self,
        asked: Mapping[str, str | None],
        epsilon: Number | None,
        delta: Number | None,
        groups: Sequence[str] | Mapping[str, Number] | None,
    ) -> None:
        rules = self._rules
        for name, value in asked.items():
            if value is not None and value != getattr(rules, name):
                raise ParameterError(f"{self._store.path} has {name} {getattr(rules, name)!r}, not {value!r}")
        if epsilon is not None and floor_units(exact(epsilon, "epsilon")) != rules.epsilon:
            raise ParameterError(f"{self._store.path} has another epsilon than {epsilon}")
        if delta is not None and floor_units(exact(delta, "delta", allow_least=True)) != rules.delta:
            raise ParameterError(f"{self._store.path} has another delta than {delta}")
        if groups is not None and set(groups) != set(self.groups):
            raise ParameterError(f"{self._store.path} has other groups: {', '.join(self.groups) or 'none'}")
        if isinstance(groups, Mapping) and epsilon is not None:
            other = Rules.make(
                ledger=rules.ledger,
                dataset=rules.dataset,
                unit=rules.unit,
                adjacency=rules.adjacency,
                accounting=rules.accounting,
                epsilon=epsilon,
                delta=Fraction(rules.delta, UNIT),
                groups=groups,
                verify_key=None,
            )
            if other.caps != rules.caps:
                raise ParameterError(f"{self._store.path} has other budgets of its groups")
        if self._key is not None and bytes(self._key.verify_key) != rules.verify_key:
            raise ParameterError(f"{self._store.path} is not signed with this signing_key")

    def _ends(self, database: sqlite3.Connection) -> tuple[Rules, bytes, Head, Totals]:
        """Check the first and the newest entry; give rules, first hash, newest head and totals."""
        store.check_tables(database, self._store.path)
        first, last = store.read_one(database, 0), store.read_last(database)
        if first is None or last is None:
            raise LedgerTamperedError(f"{self._store.path} has lost its first entry")
        if entry_hash(FIRST, 0, first.body) != first.hash:
            raise LedgerTamperedError("entry 0 does not have its hash")
        body = decode_body(first.body, 0)
        rules = Rules.read(body)
        if last.sequence > 0:
            before = store.read_one(database, last.sequence - 1)
            if before is None or entry_hash(before.hash, last.sequence, last.body) != last.hash:
                raise LedgerTamperedError(f"entry {last.sequence} does not follow the one before it")
            body = decode_body(last.body, last.sequence)
        if rules.verify_key is not None:
            audit.check_signature(last, VerifyKey(rules.verify_key))
        return rules, first.hash, Head(last.sequence, last.hash), rules.totals(body, last.sequence)

    def _checked_ends(self, database: sqlite3.Connection) -> tuple[Head, Totals]:
        """Check too that this is still the ledger, not rolled back behind what this object has seen."""
        _, first, newest, totals = self._ends(database)
        if first != self._first:
            raise LedgerTamperedError(f"{self._store.path} is not the ledger that was opened")
        seen = self._seen
        found = store.read_one(database, seen.sequence)
        if found is None or found.hash != seen.hash:
            raise LedgerTamperedError(
                f"{self._store.path} was rolled back: entry {seen.sequence} is not there as it was"
            )
        if newest.sequence < seen.sequence:
            raise LedgerTamperedError(f"{self._store.path} was rolled back")
        return newest, totals

    def _now(self) -> tuple[Head, Totals]:
        with self._store.connection(write=False) as database:
            newest, totals = self._checked_ends(database)
        self._seen = newest
        return newest, totals

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, Head, Totals]]:
        if self._rules.verify_key is not None and self._key is None:
            raise LedgerError(f"{self._store.path} is signed: open it with its signing_key to write")
        with self._store.connection(write=True) as database:
            newest, totals = self._checked_ends(database)
            yield database, newest, totals

    def _append(self, body: dict[str, Any], charge: Amounts, group: str | None) -> Head:
        with self._writing() as (database, newest, totals):
            new = self._rules.after(totals, charge, group)
            head = self._write(database, newest.sequence + 1, newest.hash, {**body, "totals": texts(new)})
        self._seen = head
        return head

    def _record(self, charge: Charge, released: object) -> Head:
        body = {"kind": "release", "spend": charge.sequence, "value": plain(released, "released")}
        with self._writing() as (database, newest, totals):
            head = self._write(database, newest.sequence + 1, newest.hash, {**body, "totals": texts(totals)})
        self._seen = head
        return head

    def _write(
        self, database: sqlite3.Connection, sequence: int, previous: bytes, body: dict[str, Any]
    ) -> Head:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        data = encode_body({**body, "time": now})
        digest = entry_hash(previous, sequence, data)
        signature = None if self._key is None else self._key.sign(digest)
        store.append(database, Entry(sequence, data, digest, signature))
        return Head(sequence, digest)


def plain(value: object, name: str) -> Any:
    """Bring numbers, text, lists, mappings and arrays into JSON without floats: these become exact texts."""
    if isinstance(value, np.ndarray):
        return [plain(item, name) for item in value.tolist()] if value.ndim else plain(value.item(), name)
    if isinstance(value, np.generic):
        return plain(value.item(), name)
    if isinstance(value, Mapping):
        return {str(key): plain(item, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, name) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)  # what every JSON reader keeps
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Fraction):
        return str(value)
    raise DtypeError(f"{name}: {type(value).__name__} cannot be written into the ledger")
