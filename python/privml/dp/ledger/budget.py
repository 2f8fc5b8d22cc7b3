"""The two budgets a ledger enforces while analysts choose adaptively.

A *filter* says whether the next, adaptively chosen mechanism still keeps the whole interaction within a
promise fixed beforehand. That a bound holds for a sequence fixed in advance is not enough for it.

* ``"sum"``: the sums of all epsilons and of all deltas stay within the budget. Rogers, Roth, Ullman and
  Vadhan, "Privacy odometers and filters" (2016); Whitehouse, Ramdas, Rogers and Wu,
  "Fully-adaptive composition in differential privacy" (2023).
* ``"zcdp"``: the sum of all rhos stays within the budget. Feldman and Zrnic, "Individual privacy accounting
  via a Renyi filter" (2021); Whitehouse et al. (2023). The whole is then rho-zCDP,
  which gives ``epsilon = rho + 2 sqrt(rho ln(1/delta))`` (Bun and Steinke 2016, proposition 1.3).

Numerical composition (PLD) has no such proof for adaptive parameters: it is for plans charged whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from privml.dp.ledger.amounts import (
    DOWN,
    UNIT,
    UP,
    Number,
    ceil_units,
    decimal_above,
    exact,
    floor_units,
    fraction_of,
    ln_above,
)
from privml.errors import ParameterError

__all__ = ["CURRENCIES", "Amounts", "Kind", "Loss", "charge_for", "make_budget", "zcdp_epsilon"]

Kind = Literal["sum", "zcdp"]
Amounts = dict[str, int]

CURRENCIES: dict[str, tuple[str, ...]] = {"sum": ("epsilon", "delta"), "zcdp": ("rho",)}


@dataclass(frozen=True)
class Loss:
    """What one release costs at most, in the terms in which it was stated: (epsilon, delta), or rho."""

    epsilon: Fraction | None = None
    delta: Fraction = Fraction(0)
    rho: Fraction | None = None

    @classmethod
    def stated(
        cls,
        epsilon: Number | None = None,
        delta: Number = 0,
        rho: Number | None = None,
        noise_multiplier: Number | None = None,
    ) -> Loss:
        """Check the parameters of a spend; exactly one of epsilon, rho and noise_multiplier is given."""
        if sum(value is not None for value in (epsilon, rho, noise_multiplier)) != 1:
            raise ParameterError("give exactly one of epsilon (with delta), rho and noise_multiplier")
        tail = exact(delta, "delta", allow_least=True)
        if tail >= 1:
            raise ParameterError(f"delta must be below 1, not {delta}")
        if epsilon is not None:
            return cls(epsilon=exact(epsilon, "epsilon"), delta=tail)
        if tail:
            raise ParameterError("delta goes with epsilon, not with rho or noise_multiplier")
        if rho is not None:
            return cls(rho=exact(rho, "rho"))
        assert noise_multiplier is not None  # noqa: S101
        # The very double, not the decimal that names it: the mechanism will use this one.
        exact(noise_multiplier, "noise_multiplier")
        sigma = Fraction(noise_multiplier)
        # Bun and Steinke 2016, proposition 1.6; on integers, Canonne, Kamath and Steinke 2020.
        return cls(rho=1 / (2 * sigma * sigma))


def charge_for(loss: Loss, kind: str) -> Amounts:
    """Turn a loss into the currency of a budget, rounded up."""
    if kind == "sum":
        if loss.epsilon is None:
            raise ParameterError(
                "this ledger adds up (epsilon, delta): state these, or make one with accounting='zcdp'"
            )
        return {"epsilon": ceil_units(loss.epsilon), "delta": ceil_units(loss.delta)}
    if loss.rho is not None:
        return {"rho": ceil_units(loss.rho)}
    if loss.delta or loss.epsilon is None:
        raise ParameterError(
            "this ledger adds up zCDP: delta must be 0; state rho, noise_multiplier, or a pure epsilon"
        )
    return {"rho": ceil_units(loss.epsilon**2 / 2)}  # Bun and Steinke 2016, proposition 1.4


def make_budget(kind: str, epsilon: Number, delta: Number) -> Amounts:
    """Turn a promised (epsilon, delta) into the largest budget in a filter's currency that keeps it."""
    promised = exact(epsilon, "epsilon")
    tail = exact(delta, "delta", allow_least=True)
    if tail >= 1:
        raise ParameterError(f"delta must be below 1, not {delta}")
    if kind == "sum":
        return {"epsilon": floor_units(promised), "delta": floor_units(tail)}
    if kind != "zcdp":
        raise ParameterError(f"accounting must be 'sum' or 'zcdp', not {kind!r}")
    if not tail:
        raise ParameterError("a zCDP ledger needs delta > 0")
    # rho = (sqrt(L + epsilon) - sqrt(L))^2 solves rho + 2 sqrt(rho L) = epsilon; as epsilon^2 over the square
    # of the sum of the roots there is no cancellation.
    log = ln_above(1 / tail)
    above = UP.next_plus(UP.sqrt(UP.add(log, decimal_above(promised))))
    roots = UP.add(above, UP.next_plus(UP.sqrt(log)))
    down = DOWN.divide(Decimal(promised.numerator), Decimal(promised.denominator))
    rho = floor_units(fraction_of(DOWN.divide(DOWN.multiply(down, down), UP.multiply(roots, roots))))
    while rho > 0 and zcdp_epsilon(rho, tail) > floor_units(promised):
        rho -= 1
    if rho <= 0:
        raise ParameterError(f"epsilon {epsilon} with delta {delta} leaves no zCDP budget")
    return {"rho": rho}


def zcdp_epsilon(rho_units: int, delta: Fraction) -> int:
    """Bound from above, in units, the epsilon that rho-zCDP gives at a delta.

    Examples
    --------
    >>> round(zcdp_epsilon(UNIT // 2, Fraction(1, 100_000)) / UNIT, 6)  # 0.5 + 2 sqrt(0.5 ln 1e5)
    5.298526
    """
    rho = Fraction(rho_units, UNIT)
    if not rho:
        return 0
    root = UP.next_plus(UP.sqrt(UP.multiply(decimal_above(rho), ln_above(1 / delta))))
    return ceil_units(rho + 2 * fraction_of(root))
