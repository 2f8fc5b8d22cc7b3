"""What is fixed when a ledger is made, and how spends count against it.

Groups are disjoint sets of units, fixed in advance by something that a release does not change. Under
add/remove adjacency neighbours differ in one unit of one group, so a release about one group costs that
group alone (parallel composition, here at each step of an adaptive interaction: for such a pair of
neighbours the other groups' releases have the same law and cost nothing). A release about everything is
charged to every group and to the units in no group, which stand under the empty name. Under substitution a
unit might move between groups: there are no groups then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from privml.dp.ledger.amounts import UNIT, Number, exact, floor_units, show
from privml.dp.ledger.budget import CURRENCIES, Amounts, make_budget
from privml.dp.ledger.conversion import check_adjacency, check_unit
from privml.errors import BudgetExceededError, DtypeError, LedgerTamperedError, ParameterError

__all__ = ["EVERYONE", "Rules", "Totals", "check_text"]

EVERYONE = ""
"""Name under which the units in no group are counted."""

MOST_GROUPS = 1000
VERSION = 1

Totals = dict[str, Amounts]

_AMOUNT = re.compile(r"0|[1-9][0-9]{0,99}")


def check_text(value: object, name: str, most: int = 1000) -> str:
    """Refuse what is not a printable text of sensible length."""
    if not isinstance(value, str):
        raise DtypeError(f"{name} must be text, not {type(value).__name__}")
    if len(value) > most or not value.isprintable():
        raise ParameterError(f"{name} must be printable and at most {most} characters long")
    return value


@dataclass(frozen=True)
class Rules:
    """What a ledger enforces; its fields are those of the first entry."""

    ledger: str
    dataset: str
    unit: str
    adjacency: str
    accounting: str
    epsilon: int
    delta: int
    caps: Totals
    verify_key: bytes | None

    @classmethod
    def make(
        cls,
        *,
        ledger: str,
        dataset: str,
        unit: str,
        adjacency: str,
        accounting: str,
        epsilon: Number,
        delta: Number,
        groups: Sequence[str] | Mapping[str, Number],
        verify_key: bytes | None,
    ) -> Rules:
        """Check what a user asks of a new ledger."""
        check_unit(unit)
        check_adjacency(adjacency)
        delta = Fraction(floor_units(exact(delta, "delta", allow_least=True)), UNIT)
        caps = {EVERYONE: make_budget(accounting, epsilon, delta)}
        if isinstance(groups, str) or not isinstance(groups, (Mapping, Sequence)):
            raise DtypeError("groups must be a sequence of names, or a mapping of names to epsilons")
        if groups and adjacency != "add-remove":
            raise ParameterError(
                "groups need adjacency='add-remove': under substitution a unit may change its group"
            )
        if len(groups) > MOST_GROUPS:
            raise ParameterError(f"at most {MOST_GROUPS} groups, not {len(groups)}")
        for name in groups:
            if not check_text(name, "a group's name", 200):
                raise ParameterError("a group's name must not be empty")
            if name in caps:
                raise ParameterError(f"two groups are called {name!r}")
            own = groups[name] if isinstance(groups, Mapping) else epsilon
            if exact(own, f"epsilon of group {name!r}") > exact(epsilon, "epsilon"):
                raise ParameterError(f"epsilon of group {name!r} must be at most that of the data set")
            caps[name] = make_budget(accounting, own, delta)
        return cls(
            ledger,
            check_text(dataset, "dataset", 200),
            unit,
            adjacency,
            accounting,
            floor_units(exact(epsilon, "epsilon")),
            floor_units(delta),
            caps,
            verify_key,
        )

    def body(self) -> dict[str, Any]:
        """Write the rules as the first entry."""
        return {
            "version": VERSION,
            "kind": "create",
            "ledger": self.ledger,
            "dataset": self.dataset,
            "unit": self.unit,
            "adjacency": self.adjacency,
            "accounting": self.accounting,
            "epsilon": str(self.epsilon),
            "delta": str(self.delta),
            "caps": texts(self.caps),
            "verify_key": None if self.verify_key is None else self.verify_key.hex(),
            "totals": texts(self.nothing()),
        }

    @classmethod
    def read(cls, body: dict[str, Any]) -> Rules:
        """Read the first entry."""
        try:
            if body["version"] != VERSION or body["kind"] != "create":
                raise LedgerTamperedError("the first entry does not create a ledger of version 1")
            rules = cls(
                check_text(body["ledger"], "ledger"),
                check_text(body["dataset"], "dataset"),
                check_unit(body["unit"]),
                check_adjacency(body["adjacency"]),
                body["accounting"],
                amount(body["epsilon"]),
                amount(body["delta"]),
                {name: amounts(cap, body["accounting"]) for name, cap in body["caps"].items()},
                None if body["verify_key"] is None else bytes.fromhex(body["verify_key"]),
            )
            if EVERYONE in rules.caps:
                return rules
        except (KeyError, TypeError, AttributeError, ValueError):
            pass
        raise LedgerTamperedError("the first entry does not hold a ledger's rules")

    def nothing(self) -> Totals:
        """Totals before the first spend."""
        return {name: dict.fromkeys(CURRENCIES[self.accounting], 0) for name in self.caps}

    def totals(self, body: dict[str, Any], sequence: int) -> Totals:
        """Read the totals that an entry states."""
        try:
            found = {name: amounts(spent, self.accounting) for name, spent in body["totals"].items()}
            if found.keys() == self.caps.keys():
                return found
        except (KeyError, TypeError, AttributeError, ValueError):
            pass
        raise LedgerTamperedError(f"entry {sequence} states no totals for this ledger's groups")

    def after(self, totals: Totals, charge: Amounts, group: str | None) -> Totals:
        """Add a charge, or refuse what the budget does not hold."""
        if group is not None and (group not in self.caps or group == EVERYONE):
            known = ", ".join(repr(name) for name in self.caps if name) or "none"
            raise ParameterError(f"group {group!r} was not fixed when the ledger was made; it has: {known}")
        new: Totals = {}
        for name, spent in totals.items():
            touched = group is None or name == group
            new[name] = {key: units + (charge[key] if touched else 0) for key, units in spent.items()}
            for key, units in new[name].items():
                if touched and units > self.caps[name][key]:
                    left = show(self.caps[name][key] - spent[key], up=False)
                    where = f" in group {name!r}" if name else ""
                    raise BudgetExceededError(
                        f"{key} {show(charge[key])} is more than the {left} left{where}; nothing was charged"
                    )
        return new

    def left(self, totals: Totals, group: str | None) -> Amounts:
        """Give what one more spend may take: for everything, the least over all groups."""
        if group is not None and group not in self.caps:
            raise ParameterError(f"there is no group {group!r}")
        names = list(self.caps) if group is None else [group]
        return {
            key: min(self.caps[name][key] - totals[name][key] for name in names)
            for key in CURRENCIES[self.accounting]
        }

    def tail(self) -> Fraction:
        """Give the delta at which a zCDP budget is converted."""
        return Fraction(self.delta, UNIT)


def texts(totals: Totals) -> dict[str, dict[str, str]]:
    """Write totals as decimal texts: JSON readers elsewhere would turn long integers into floats."""
    return {name: {key: str(units) for key, units in spent.items()} for name, spent in totals.items()}


def amount(text: object) -> int:
    """Read units."""
    if not isinstance(text, str) or _AMOUNT.fullmatch(text) is None:
        raise ValueError("not an amount")
    return int(text)


def amounts(found: dict[str, Any], accounting: str) -> Amounts:
    """Read one amount for each currency of the budget."""
    if set(found) != set(CURRENCIES[accounting]):
        raise ValueError("other currencies")
    return {key: amount(found[key]) for key in CURRENCIES[accounting]}
