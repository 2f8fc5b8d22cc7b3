"""The two bounds on a composition's privacy curve, and the slack of laws that are only nearly known."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np

from privml.dp.accounting import losses as ls
from privml.dp.accounting import rdp
from privml.dp.accounting.lattice import continuous
from privml.dp.accounting.pairs import Law, laws
from privml.dp.accounting.pld import Composition
from privml.dp.accounting.sampling import Step

__all__ = ["Curve", "Exact", "Renyi"]

_laws = functools.lru_cache(maxsize=64)(laws)


class Curve(Protocol):
    """A bound on epsilon at a delta, and the other way round."""

    def epsilon(self, delta: float) -> float:
        """Return an upper bound on epsilon."""

    def delta(self, epsilon: float) -> float:
        """Return an upper bound on delta."""


class Slackened(ABC):
    """Shifts a curve by the slack that laws near to those accounted for need (`lattice`)."""

    slack: float

    def epsilon(self, delta: float) -> float:
        return self._epsilon(delta * math.exp(-self.slack) * (1 - 1e-15)) + 2 * self.slack

    def delta(self, epsilon: float) -> float:
        inner = epsilon - 2 * self.slack
        value = self._delta(max(inner, 0.0))
        if inner < 0:
            value -= math.expm1(inner)
        return min(value * math.exp(min(self.slack, 700.0)), 1.0)

    @abstractmethod
    def _epsilon(self, delta: float) -> float: ...

    @abstractmethod
    def _delta(self, epsilon: float) -> float: ...


class Renyi(Slackened):
    """By Rényi divergences."""

    def __init__(self, steps: tuple[tuple[Step, int], ...]) -> None:
        self.slack, self._total = 0.0, np.zeros_like(rdp.ORDERS)
        kept = 0.0
        for step, n in steps:
            plain, own = (step, 0.0) if _on_lattice(step) else continuous(step, n)
            self._total = self._total + n * rdp.curve(plain)
            self.slack += n * own
            kept += n * math.log1p(-rdp.lost(step))
        self._lost = -math.expm1(kept) * (1 + 1e-12)

    def _epsilon(self, delta: float) -> float:
        if self._lost and delta <= self._lost:
            return math.inf
        return rdp.epsilon(self._total, delta - self._lost)

    def _delta(self, epsilon: float) -> float:
        return rdp.delta(self._total, epsilon) + self._lost


def _on_lattice(step: Step) -> bool:
    return isinstance(step if isinstance(step, ls.Loss) else step.base, ls.DiscreteGaussianLoss)


class Exact(Slackened):
    """By dominating pairs: what the pairs lose, composed."""

    def __init__(self, steps: tuple[tuple[Step, int], ...]) -> None:
        self.slack = 0.0
        precision = 0.0
        rest: list[tuple[Step, int]] = []
        for step, n in steps:
            plain, own = continuous(step, n)
            self.slack += n * own
            if isinstance(plain, ls.GaussianLoss):
                precision += n / plain.noise_multiplier**2
            else:
                rest.append((plain, n))
        if precision:
            # Gaussians compose to a Gaussian (Dong, Roth, Su 2022, Corollary 3.3): rounded to less noise.
            rest.append((ls.GaussianLoss(1 / math.sqrt(precision) * (1 - 1e-15 * (1 + len(steps)))), 1))
        directions: list[list[tuple[Law, int]]] = [[], []]
        asymmetric = False
        for step, n in rest:
            found = _laws(step)
            asymmetric |= len(found) == 2
            directions[0].append((found[0], n))
            directions[1].append((found[-1], n))
        self._directions = [Composition(d) for d in directions[: 2 if asymmetric else 1]]

    def _epsilon(self, delta: float) -> float:
        return max(c.epsilon(delta) for c in self._directions)

    def _delta(self, epsilon: float) -> float:
        return max(c.delta(epsilon) for c in self._directions)
