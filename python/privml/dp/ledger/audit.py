"""Checking a whole ledger: the chain, the rules, every total, every signature, and a head kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from privml.dp.ledger.chain import FIRST, Entry, Head, decode_body, entry_hash
from privml.dp.ledger.rules import Rules, amounts
from privml.dp.ledger.signing import VerifyKey
from privml.errors import BudgetExceededError, LedgerTamperedError, ParameterError

__all__ = ["check_all", "check_signature"]


def check_signature(entry: Entry, key: VerifyKey) -> None:
    """Refuse an entry that is not signed with the key."""
    if entry.signature is None or not key.holds(entry.hash, entry.signature):
        raise LedgerTamperedError(f"entry {entry.sequence} is not signed with the ledger's key")


def check_all(
    entries: Iterable[Entry], head: Head | None, verify_key: VerifyKey | None
) -> tuple[Head, list[dict[str, Any]]]:
    """Check all entries from the first on.

    Parameters
    ----------
    entries : iterable of Entry
        In order of their positions.
    head : Head or None
        A head kept elsewhere.
    verify_key : VerifyKey or None
        The key that must have signed, from elsewhere.

    Returns
    -------
    tuple
        The newest head and the entries' bodies.

    Raises
    ------
    LedgerTamperedError
        At the first thing that is wrong.
    """
    previous, bodies = FIRST, []
    rules: Rules | None = None
    totals: dict[str, dict[str, int]] = {}
    spends: set[int] = set()
    key = verify_key
    seen = head is None
    for position, entry in enumerate(entries):
        if entry.sequence != position:
            raise LedgerTamperedError(f"entry {position} is missing")
        if entry_hash(previous, position, entry.body) != entry.hash:
            raise LedgerTamperedError(f"entry {position} was changed, or does not follow the one before it")
        body = decode_body(entry.body, position)
        if rules is None:
            rules, totals = Rules.read(body), Rules.read(body).nothing()
            if verify_key is not None and rules.verify_key != bytes(verify_key):
                raise LedgerTamperedError("the ledger does not name this verify_key")
            key = None if rules.verify_key is None else VerifyKey(rules.verify_key)
        elif body.get("kind") == "spend":
            totals = _spend(rules, totals, body, position)
            spends.add(position)
        elif body.get("kind") != "release" or body.get("spend") not in spends:
            raise LedgerTamperedError(f"entry {position} is neither a spend nor the release of one")
        if rules.totals(body, position) != totals:
            raise LedgerTamperedError(f"entry {position} states wrong totals")
        if key is not None:
            check_signature(entry, key)
        elif entry.signature is not None:
            raise LedgerTamperedError(f"entry {position} is signed in a ledger without a key")
        previous = entry.hash
        if head is not None and position == head.sequence:
            if entry.hash != head.hash:
                raise LedgerTamperedError(f"entry {position} is not the one that the given head saw")
            seen = True
        bodies.append(body)
    if rules is None:
        raise LedgerTamperedError("the ledger has no entries")
    if not seen and head is not None:
        raise LedgerTamperedError(
            f"rolled back: the ledger ends at entry {len(bodies) - 1}, the head saw {head.sequence}"
        )
    return Head(len(bodies) - 1, previous), bodies


def _spend(
    rules: Rules, totals: dict[str, dict[str, int]], body: dict[str, Any], position: int
) -> dict[str, dict[str, int]]:
    try:
        return rules.after(totals, amounts(body["charge"], rules.accounting), body["group"])
    except BudgetExceededError:
        raise LedgerTamperedError(f"entry {position} spends more than was left") from None
    except (KeyError, TypeError, ValueError, AttributeError, ParameterError):
        raise LedgerTamperedError(f"entry {position} is not a well-formed spend") from None
