"""Bringing a release's promise under the unit and adjacency of the ledger, or refusing to.

Neighbouring data sets of the ledger are at most `m` steps of the release's own adjacency apart; group
privacy over `m` steps gives ``m epsilon`` and ``delta (1 + e^epsilon + ... + e^((m-1) epsilon))`` (Dwork and
Roth 2014, theorem 2.2, and Vadhan 2017, lemma 2.2), or ``m^2 rho`` (Bun and Steinke 2016, proposition 1.9).

Where no finite chain of steps exists (a promise about substitution with a known number of rows says nothing
about adding one), the spend is refused.
"""

from __future__ import annotations

from decimal import Decimal

from privml.dp.ledger.amounts import UP, decimal_above, exp_above, fraction_of
from privml.dp.ledger.budget import Loss
from privml.errors import ParameterError

__all__ = ["ADJACENCIES", "MOST_STEPS", "UNITS", "check_adjacency", "check_unit", "convert", "steps"]

UNITS = ("row", "user")
ADJACENCIES = ("add-remove", "substitution")
MOST_STEPS = 10_000


def check_unit(unit: str, name: str = "unit") -> str:
    """Refuse unknown units."""
    if unit not in UNITS:
        raise ParameterError(f"{name} must be 'row' or 'user', not {unit!r}")
    return unit


def check_adjacency(adjacency: str, name: str = "adjacency") -> str:
    """Refuse unknown adjacencies."""
    if adjacency not in ADJACENCIES:
        raise ParameterError(f"{name} must be 'add-remove' or 'substitution', not {adjacency!r}")
    return adjacency


def steps(
    *, ledger_unit: str, ledger_adjacency: str, unit: str, adjacency: str, rows_per_user: int | None
) -> int:
    """Count the steps of a release's adjacency between two neighbours of the ledger.

    Parameters
    ----------
    ledger_unit, ledger_adjacency : str
        What the ledger protects.
    unit, adjacency : str
        What the release protects.
    rows_per_user : int or None
        The most rows of one user that the release reads, enforced by the caller.

    Returns
    -------
    int
        The number of steps, at least 1.

    Raises
    ------
    ParameterError
        Where there is no such chain of steps.

    Examples
    --------
    >>> steps(
    ...     ledger_unit="user",
    ...     ledger_adjacency="substitution",
    ...     unit="row",
    ...     adjacency="add-remove",
    ...     rows_per_user=3,
    ... )
    6
    """
    if rows_per_user is not None and (
        isinstance(rows_per_user, bool)
        or not isinstance(rows_per_user, int)
        or not 1 <= rows_per_user <= MOST_STEPS
    ):
        raise ParameterError(
            f"rows_per_user must be an integer from 1 to {MOST_STEPS}, not {rows_per_user!r}"
        )
    if ledger_unit == unit:
        if rows_per_user is not None:
            raise ParameterError("rows_per_user is for a release with unit='row' in a ledger of users")
        if ledger_adjacency == adjacency:
            return 1
        if ledger_adjacency == "substitution":  # one leaves, one comes
            return 2
        raise ParameterError(
            "this ledger's adjacency is add-remove; a promise about substitution says nothing about it"
        )
    if unit == "row":
        if rows_per_user is None:
            raise ParameterError(
                "this ledger protects users; for a release that protects rows state rows_per_user, "
                "the most rows of one user that it reads"
            )
        if adjacency == "substitution":
            raise ParameterError(
                "rows under substitution cannot be converted to users: the numbers of their rows differ"
            )
        return rows_per_user * (2 if ledger_adjacency == "substitution" else 1)
    if (
        ledger_adjacency == adjacency == "add-remove"
    ):  # a user with other rows: the old one leaves, the new one comes
        return 2
    raise ParameterError(
        f"a release about users under {adjacency} cannot be converted to rows under {ledger_adjacency}"
    )


def convert(loss: Loss, count: int) -> Loss:
    """Apply group privacy over a number of steps, rounding up.

    Examples
    --------
    >>> from fractions import Fraction
    >>> convert(Loss(epsilon=Fraction(1, 10)), 2).epsilon, convert(Loss(rho=Fraction(1, 8)), 2).rho
    (Fraction(1, 5), Fraction(1, 2))
    """
    if count == 1:
        return loss
    if loss.rho is not None:
        return Loss(rho=count * count * loss.rho)
    if loss.epsilon is None:
        raise ParameterError("the loss has neither epsilon nor rho")
    if not loss.delta:
        return Loss(epsilon=count * loss.epsilon)
    if (count - 1) * loss.epsilon > 500:  # e^500: beyond any use
        raise ParameterError("group privacy over this many steps leaves no promise: delta would reach 1")
    ratio, term, total = exp_above(loss.epsilon), Decimal(1), Decimal(1)
    for _ in range(count - 1):
        term = UP.multiply(term, ratio)
        total = UP.add(total, term)
    delta = fraction_of(UP.multiply(total, decimal_above(loss.delta)))
    if delta >= 1:
        raise ParameterError("group privacy over this many steps leaves no promise: delta would reach 1")
    return Loss(epsilon=count * loss.epsilon, delta=delta)
