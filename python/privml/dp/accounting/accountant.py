"""The accountant: composes steps, and tells epsilon for a delta or the other way round."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from fractions import Fraction
from typing import Literal, Self

from privml.dp.accounting import losses as ls
from privml.dp.accounting._checks import real, whole
from privml.dp.accounting.approximate import above, promise, promises
from privml.dp.accounting.curves import Curve, Exact, Renyi
from privml.dp.accounting.pairs import has_pair
from privml.dp.accounting.sampling import (
    ComposedLoss,
    FixedSizeSubsampled,
    PoissonSubsampled,
    Step,
    steps_of,
)
from privml.errors import ParameterError

__all__ = ["Accountant", "Method"]

Method = Literal["pld", "rdp", "zcdp", "approximate", "pure"]
SHOWN = 8
"""Kinds of steps that `repr` names."""
METHODS = ("pld", "rdp", "zcdp", "approximate", "pure")


class Accountant:
    """The privacy cost of a sequence of mechanisms, fixed in advance.

    Parameters
    ----------
    method
        ``"pld"`` (tight; the default), ``"rdp"``, ``"zcdp"``, ``"approximate"`` (the optimal composition of
        what each step promises) or ``"pure"`` (sums of epsilons).

    Notes
    -----
    Answers are upper bounds. Steps are add/remove for Poisson sampling, substitution for samples of fixed
    size; the two do not mix. Nothing here sees data. For steps chosen by earlier answers use a filter.

    Examples
    --------
    >>> from privml.dp.accounting import Accountant, GaussianLoss, PoissonSubsampled
    >>> acc = Accountant().compose(PoissonSubsampled(GaussianLoss(1.1), 0.01), count=10_000)
    >>> round(acc.epsilon(delta=1e-5), 2)
    5.19
    """

    def __init__(self, method: Method = "pld") -> None:
        if method not in METHODS:
            raise ParameterError(f"method must be one of {', '.join(METHODS)}, and {method!r} is not")
        self.method = method
        self._steps: Counter[Step] = Counter()

    def compose(self, mechanism: object, count: int = 1) -> Self:
        """Add a loss, a mechanism with a ``loss``, or a sampled one, ``count`` times; return self.

        Raises
        ------
        DtypeError
            If it has no loss.
        ParameterError
            If ``count`` is negative, or its neighbours are not those of the steps before.
        """
        n = whole("count", count, 0, 10**9)
        found = steps_of(mechanism)
        if n:
            kinds = {type(s) for s in (*self._steps, *(step for step, _ in found))}
            if {PoissonSubsampled, FixedSizeSubsampled} <= kinds:
                raise ParameterError(
                    "Poisson samples (add/remove) and samples of fixed size (substitution) do not mix"
                )
            for step, times in found:
                self._steps[step] += n * times
        return self

    def __repr__(self) -> str:
        steps = ", ".join(f"{n} x {step!r}" for step, n in list(self._steps.items())[:SHOWN])
        more = ", ..." if len(self._steps) > SHOWN else ""
        return f"<Accountant by {self.method}: {steps + more if steps else 'no steps'}>"

    @property
    def steps(self) -> tuple[tuple[Step, int], ...]:
        """What was composed, and how often."""
        return tuple(self._steps.items())

    def epsilon(self, delta: float) -> float:
        """Return an upper bound on epsilon at this delta, in [0, 1); infinity where there is none.

        There is none at delta 0 with Gaussian noise: however large epsilon is, some outcomes are told apart
        more surely than that, and delta is the chance of these. Laplace noise has one.
        """
        target = real("delta", delta, 0.0, 1.0, open_low=False)
        if self.method == "pld":
            return min(f.epsilon(target) for f in self._curves())
        if self.method == "rdp":
            return min(self._renyi().epsilon(target), self._pure_sum())
        if self.method == "zcdp":
            from privml.dp.accounting import zcdp

            return min(zcdp.epsilon(above(self._rho()), target), self._pure_sum())
        if self.method == "approximate":
            return Exact(self._promises()).epsilon(target)
        total, lost = self._sums()
        return above(total) if lost <= target else math.inf

    def delta(self, epsilon: float) -> float:
        """Return an upper bound on delta at this epsilon, at least zero."""
        target = real("epsilon", epsilon, 0.0, math.inf, open_low=False)
        if self.method == "pld":
            return min(f.delta(target) for f in self._curves())
        if self.method == "rdp":
            return self._renyi().delta(target)
        if self.method == "zcdp":
            from privml.dp.accounting import zcdp

            return zcdp.delta(above(self._rho()), target)
        if self.method == "approximate":
            return Exact(self._promises()).delta(target)
        total, lost = self._sums()
        return min(above(lost), 1.0) if total <= target else 1.0

    def _curves(self) -> list[Curve]:
        """Return bounds of which the smallest is taken."""
        if not all(has_pair(step) for step in self._steps):
            return [self._renyi()]
        found: list[Curve] = []
        try:
            found.append(Exact(self.steps))
            if not any(_enveloped(step) for step in self._steps):
                return found
        except ParameterError:
            if not any(_enveloped(step) for step in self._steps):
                raise
        # Where a pair is but an envelope, Rényi may know better.
        with contextlib.suppress(ParameterError):
            found.append(self._renyi())
        if not found:
            raise ParameterError("no curve is known for these steps: too little noise, or a mixture of kinds")
        return found

    def _renyi(self) -> Renyi:
        return Renyi(self.steps)

    def _rho(self) -> Fraction:
        from privml.dp.accounting import zcdp

        return sum((n * zcdp.rho(step) for step, n in self.steps), Fraction(0))

    def _sums(self) -> tuple[Fraction, Fraction]:
        return promises(ComposedLoss(self.steps)) if self._steps else (Fraction(0), Fraction(0))

    def _pure_sum(self) -> float:
        try:
            total, lost = self._sums()
        except ParameterError:
            return math.inf
        return above(total) if lost == 0 else math.inf

    def _promises(self) -> tuple[tuple[Step, int], ...]:
        pairs = ((promise(step), n) for step, n in self.steps)
        return tuple((ls.ApproximateLoss(above(e), above(d)), n) for (e, d), n in pairs)


def _enveloped(step: Step) -> bool:
    loss = step if isinstance(step, ls.Loss) else step.base
    return isinstance(loss, ls.BoundedRangeLoss) or (
        isinstance(loss, ls.DiscreteGaussianLoss) and loss.dimension > 1
    )
