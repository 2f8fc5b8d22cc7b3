"""How sites train between two averagings, and what becomes of those that do only part of the work.

FedAvg: McMahan, Moore, Ramage, Hampson, Aguera y Arcas, *Communication-Efficient Learning of Deep Networks
from Decentralized Data*, AISTATS 2017, algorithm 1. FedProx: Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith,
*Federated Optimization in Heterogeneous Networks*, MLSys 2020, algorithm 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from privml.errors import ParameterError

__all__ = ["FedAvg", "FedProx", "Strategy"]


@runtime_checkable
class Strategy(Protocol):
    """What :func:`privml.federated.train` asks of a strategy."""

    @property
    def mu(self) -> float:
        """Weight of the proximal term of local training; 0 for none."""

    @property
    def keeps_partial_work(self) -> bool:
        """Whether a straggler's partial work counts; otherwise it is dropped."""


@dataclass(frozen=True, slots=True)
class FedAvg:
    """
    Plain local training, averaged by example counts. Stragglers are dropped, as published.

    Examples
    --------
    >>> from privml.federated import FedAvg
    >>> FedAvg().mu, FedAvg().keeps_partial_work
    (0.0, False)
    """

    @property
    def mu(self) -> float:
        """No proximal term."""
        return 0.0

    @property
    def keeps_partial_work(self) -> bool:
        """Stragglers are dropped."""
        return False


@dataclass(frozen=True, slots=True)
class FedProx:
    """
    Local training held near the round's model by a proximal term; partial work of stragglers counts.

    A site minimises its own loss plus `mu/2 * ||w - w_t||**2`, so each gradient step gains `mu * (w - w_t)`,
    with `w_t` the model that the round began with.

    Parameters
    ----------
    mu : float
        Weight of the proximal term, at least 0. The paper tries 0.001, 0.01, 0.1, 0.5 and 1; the more the
        sites differ, the larger it may be. Gradient steps diverge from `learning_rate * mu >= 2` on.

    Raises
    ------
    ParameterError
        If `mu` is negative, or no finite number.

    Examples
    --------
    >>> from privml.federated import FedProx
    >>> FedProx(mu=0.1).keeps_partial_work
    True
    """

    mu: float

    def __post_init__(self) -> None:
        """Refuse a term that would push away from the model."""
        if not isinstance(self.mu, int | float) or not math.isfinite(self.mu) or self.mu < 0:
            raise ParameterError(f"mu is {self.mu!r}; allowed are finite numbers from 0")

    @property
    def keeps_partial_work(self) -> bool:
        """Partial work counts."""
        return True
