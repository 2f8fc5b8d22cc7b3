"""Filters and odometers: budgets that hold although each step is chosen after the answers before it.

Sums of (epsilon, delta) and of rho hold adaptively, parameters included (Rogers, Roth, Ullman, Vadhan 2016;
Feldman and Zrnic 2021; Whitehouse, Ramdas, Rogers, Wu 2023). PLD composition is not proven for that.
Totals are kept as exact fractions, so that no budget is gained by rounding.
"""

from __future__ import annotations

import math
from fractions import Fraction
from threading import Lock

from privml.dp.accounting import zcdp
from privml.dp.accounting._checks import positive, real
from privml.dp.accounting.approximate import above, promises

__all__ = ["ApproximateFilter", "Odometer", "ZCDPFilter"]


class ApproximateFilter:
    """Admits steps while their epsilons and deltas add up to no more than a budget.

    Examples
    --------
    >>> from privml.dp.accounting import PureLoss
    >>> budget = ApproximateFilter(1.0)
    >>> budget.spend(PureLoss(0.75)), budget.spend(PureLoss(0.5)), budget.spend(PureLoss(0.25))
    (True, False, True)
    """

    def __init__(self, epsilon: float, delta: float = 0.0) -> None:
        self._limit = (
            Fraction(positive("epsilon", epsilon)),
            Fraction(real("delta", delta, 0.0, 1.0, open_low=False)),
        )
        self._spent = (Fraction(0), Fraction(0))
        self._lock = Lock()

    def spend(self, mechanism: object) -> bool:
        """Charge a step and return True; or return False and charge nothing, when it does not fit."""
        e, d = promises(mechanism)
        with self._lock:
            total = self._spent[0] + e, self._spent[1] + d
            if total[0] > self._limit[0] or total[1] > self._limit[1]:
                return False
            self._spent = total
            return True

    @property
    def spent(self) -> tuple[float, float]:
        """Epsilon and delta charged so far, rounded up."""
        e, d = (above(x) for x in self._spent)
        return e, d


class ZCDPFilter:
    """Admits steps while their rhos add up to no more than a budget."""

    def __init__(self, rho: float) -> None:
        self._limit = Fraction(positive("rho", rho))
        self._spent = Fraction(0)
        self._lock = Lock()

    def spend(self, mechanism: object) -> bool:
        """Charge a step and return True; or return False and charge nothing, when it does not fit."""
        cost = zcdp.rhos(mechanism)
        with self._lock:
            if self._spent + cost > self._limit:
                return False
            self._spent += cost
            return True

    @property
    def spent(self) -> float:
        """Rho charged so far, rounded up."""
        return above(self._spent)

    def epsilon(self, delta: float) -> float:
        """Return the epsilon that the whole budget amounts to: the promise that holds whenever one stops."""
        return zcdp.epsilon(above(self._limit), real("delta", delta, 0.0, 1.0))


class Odometer:
    """Tells what was spent so far in rho, at any time, with a bound that holds at all times together.

    Rungs: budgets of ``unit`` times powers of two; the k-th (from 1) gets delta times 6/(pi k)². The
    epsilon shown is that of the lowest rung not yet passed: all hold at once, by the filters' guarantee
    and a union.
    """

    def __init__(self, delta: float, unit: float = 1e-4) -> None:
        self._delta = real("delta", delta, 0.0, 1.0)
        self._unit = Fraction(positive("unit", unit))
        self._spent = Fraction(0)
        self._lock = Lock()

    def spend(self, mechanism: object) -> float:
        """Charge a step, and return epsilon up to here."""
        cost = zcdp.rhos(mechanism)
        with self._lock:
            self._spent += cost
        return self.epsilon()

    def epsilon(self) -> float:
        """Return epsilon up to here, for the odometer's delta over all times."""
        if not self._spent:
            return 0.0
        rung, k = self._unit, 1
        while rung < self._spent:
            rung, k = 2 * rung, k + 1
        return zcdp.epsilon(above(rung), self._delta * 6 / (math.pi * k) ** 2)
