"""The privacy statement: what was promised about whom, what each release took, what is left.

It is made from a ledger whose whole chain was checked, and quotes its head. It says what the ledger was told;
it is no proof that the releases drew the noise they paid for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from privml.dp.ledger.amounts import show
from privml.dp.ledger.budget import zcdp_epsilon
from privml.dp.ledger.chain import Head
from privml.dp.ledger.rules import Rules, Totals, amounts

__all__ = ["Statement", "make_statement"]

UNITS = {"row": "one row", "user": "one user with all their rows"}
NEIGHBOURS = {
    "add-remove": "neighbours differ by adding or removing {unit}; the number of units is protected too",
    "substitution": "neighbours differ by replacing {unit}; the number of units is public",
}
FILTERS = {
    "sum": "sums of epsilon and of delta (filter for adaptive spending; Rogers et al. 2016)",
    "zcdp": "sum of rho, zCDP (filter for adaptive spending; Whitehouse et al. 2023)",
}


@dataclass(frozen=True)
class Statement:
    """A privacy statement; `data` holds JSON types only, amounts as decimal texts."""

    data: dict[str, Any]

    def to_json(self) -> str:
        """Write the statement as JSON."""
        return json.dumps(self.data, indent=2, ensure_ascii=False)

    def __str__(self) -> str:
        """Write the statement as plain text."""
        data = self.data
        lines = [
            f"Privacy statement for {data['dataset']}",
            f"  unit        {data['unit_text']}",
            f"  adjacency   {data['adjacency_text']}",
            f"  promise     ({data['promise']['epsilon']}, {data['promise']['delta']})-differential privacy",
            f"  accountant  {data['accountant']}",
        ]
        for name, part in data["groups"].items():
            where = f"group {name}" if name else ("units in no group" if len(data["groups"]) > 1 else "spent")
            spent = ", ".join(
                f"{key} {value} of {part['budget'][key]}" for key, value in part["spent"].items()
            )
            left = ", ".join(f"{key} {value}" for key, value in part["left"].items())
            lines.append(f"  {where:<11} {spent}; left: {left}")
            if "epsilon_at_delta" in part:
                lines.append(
                    f"              that is epsilon {part['epsilon_at_delta']} at the promised delta"
                )
        count = len(data["releases"])
        lines.append(f"  releases    {count}")
        lines += [f"    {_line(release)}" for release in data["releases"]]
        lines.append(f"  ledger      {data['ledger']}, {'signed' if data['verify_key'] else 'not signed'}")
        lines.append(f"  head        {data['head']}")
        return "\n".join(lines)


def _line(release: dict[str, Any]) -> str:
    charge = ", ".join(f"{key} {value}" for key, value in release["charge"].items())
    parts = [f"{release['entry']}. {release['time']}  {release['label'] or 'unnamed'}: {charge}"]
    if release["mechanism"]:
        parts.append(release["mechanism"])
    if release["parameters"]:
        parts.append(json.dumps(release["parameters"], ensure_ascii=False, sort_keys=True))
    parts.append(f"sampling {release['sampling']}")
    if release["group"] is not None:
        parts.append(f"group {release['group']}")
    if release["steps"] > 1:
        parts.append(
            f"stated for {release['unit']}, {release['adjacency']}; converted over {release['steps']} steps"
        )
    if release["accountant"] == "plan charged whole":
        parts.append("plan charged whole")
    return "; ".join(parts)


def make_statement(bodies: list[dict[str, Any]], head: Head) -> Statement:
    """Sum up checked entries.

    Parameters
    ----------
    bodies : list of dict
        All entries of a ledger, checked.
    head : Head
        Its newest head.

    Returns
    -------
    Statement
        In text and JSON.
    """
    rules = Rules.read(bodies[0])
    totals = rules.totals(bodies[-1], len(bodies) - 1)
    unit = UNITS[rules.unit]
    values: dict[int, list[Any]] = {}
    for body in bodies:
        if body["kind"] == "release":
            values.setdefault(body["spend"], []).append(body["value"])
    releases = [
        _release(index, body, rules, values.get(index, []))
        for index, body in enumerate(bodies)
        if body["kind"] == "spend"
    ]
    return Statement(
        {
            "format": "privml privacy statement 1",
            "ledger": rules.ledger,
            "created": bodies[0]["time"],
            "head": str(head),
            "verify_key": None if rules.verify_key is None else rules.verify_key.hex(),
            "dataset": rules.dataset,
            "unit": rules.unit,
            "unit_text": unit,
            "adjacency": rules.adjacency,
            "adjacency_text": NEIGHBOURS[rules.adjacency].format(unit=unit),
            "accounting": rules.accounting,
            "accountant": FILTERS[rules.accounting],
            "promise": {"epsilon": show(rules.epsilon, up=False), "delta": show(rules.delta, up=False)},
            "groups": {name: _group(rules, totals, name) for name in rules.caps},
            "releases": releases,
        }
    )


def _group(rules: Rules, totals: Totals, name: str) -> dict[str, Any]:
    spent, cap = totals[name], rules.caps[name]
    part: dict[str, Any] = {
        "budget": {key: show(units, up=False) for key, units in cap.items()},
        "spent": {key: show(units) for key, units in spent.items()},
        "left": {key: show(cap[key] - units, up=False) for key, units in spent.items()},
    }
    if rules.accounting == "zcdp":
        part["epsilon_at_delta"] = show(zcdp_epsilon(spent["rho"], rules.tail()), digits=6)
    return part


def _release(index: int, body: dict[str, Any], rules: Rules, values: list[Any]) -> dict[str, Any]:
    charge = amounts(body["charge"], rules.accounting)
    kept = (
        "time",
        "label",
        "mechanism",
        "parameters",
        "sampling",
        "group",
        "unit",
        "adjacency",
        "steps",
        "accountant",
    )
    return {
        "entry": index,
        "charge": {key: show(units) for key, units in charge.items()},
        "stated": body["stated"],
        **{key: body[key] for key in kept},
        "released": values,
    }
