"""What an attacker can do at most: f-DP, advantage, and true positives at a false positive rate.

From the hockey-stick curve: the trade-off function is the supremum of its supporting lines (Dong, Roth, Su
2022, Proposition 6), and the attack advantage is delta at epsilon 0 (the total variation distance). A finite
set of lines gives a lower bound on the trade-off function, so an attacker is never made to look weaker.
"""

from __future__ import annotations

import math

import numpy as np

from privml.dp.accounting._checks import real
from privml.dp.accounting.accountant import Accountant

__all__ = ["advantage", "tradeoff", "true_positive_rate"]

_EPSILONS = (0.0, *(float(x) for x in np.geomspace(0.01, 30.0, 40)))


def advantage(accountant: Accountant) -> float:
    """Return a bound on the true minus the false positive rate of any membership attack."""
    return accountant.delta(0.0)


def tradeoff(accountant: Accountant, alpha: float) -> float:
    """Return a lower bound on any attack's false negative rate at a false positive rate ``alpha``."""
    rate = real("alpha", alpha, 0.0, 1.0, open_low=False, open_high=False)
    best = 0.0
    for e in _EPSILONS:
        d = accountant.delta(e)
        best = max(best, 1 - d - math.exp(e) * rate, math.exp(-e) * (1 - d - rate))
        if d <= 1e-3 * rate:
            break
    return best


def true_positive_rate(accountant: Accountant, false_positive_rate: float) -> float:
    """Return an upper bound on the true positive rate at a false positive rate.

    Examples
    --------
    >>> from privml.dp.accounting import Accountant, GaussianLoss
    >>> 0.0924 < true_positive_rate(Accountant().compose(GaussianLoss(1.0)), 0.01) < 0.094
    True
    """
    return 1 - tradeoff(accountant, false_positive_rate)
