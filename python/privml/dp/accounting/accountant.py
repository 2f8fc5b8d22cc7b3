"""The accountant: composes steps, and tells epsilon for a delta or the other way round."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Literal, Self

import numpy as np

from privml.dp.accounting import losses as ls
from privml.dp.accounting._checks import real, whole
from privml.dp.accounting.approximate import promise
from privml.dp.accounting.pairs import Law, laws
from privml.dp.accounting.sampling import FixedSizeSubsampled, PoissonSubsampled, Step, as_step
from privml.errors import ParameterError

__all__ = ["Accountant", "Method"]

Method = Literal["pld", "rdp", "zcdp", "approximate", "pure"]
METHODS = ("pld", "rdp", "zcdp", "approximate", "pure")

_laws = functools.lru_cache(maxsize=64)(laws)


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
        step, n = as_step(mechanism), whole("count", count, 0, 10**9)
        if n:
            kinds = {type(s) for s in (*self._steps, step)}
            if {PoissonSubsampled, FixedSizeSubsampled} <= kinds:
                raise ParameterError(
                    "Poisson samples (add/remove) and samples of fixed size (substitution) do not mix"
                )
            self._steps[step] += n
        return self

    def _renyi_for_bounded_range(self) -> Accountant | None:
        # The pair of a bounded range is an envelope: after many steps Rényi may know better.
        if not any(isinstance(step, ls.BoundedRangeLoss) for step in self._steps):
            return None
        other = Accountant("rdp")
        other._steps = self._steps
        try:
            other._renyi()
        except ParameterError:
            return None
        return other

    @property
    def steps(self) -> tuple[tuple[Step, int], ...]:
        """What was composed, and how often."""
        return tuple(self._steps.items())

    def epsilon(self, delta: float) -> float:
        """Return an upper bound on epsilon at this delta, in [0, 1); infinity where there is none."""
        target = real("delta", delta, 0.0, 1.0, open_low=False)
        if self.method == "pld":
            value = self._pld(self.steps, target, None)
            other = self._renyi_for_bounded_range()
            return min(value, other.epsilon(target)) if other else value
        if self.method == "rdp":
            from privml.dp.accounting import rdp

            return min(rdp.epsilon(self._renyi(), target), self._pure_sum())
        if self.method == "zcdp":
            from privml.dp.accounting import zcdp

            return min(zcdp.epsilon(self._rho(), target), self._pure_sum())
        if self.method == "approximate":
            return self._pld(self._promises(), target, None)
        total, lost = self._sums()
        return total if lost <= target else math.inf

    def delta(self, epsilon: float) -> float:
        """Return an upper bound on delta at this epsilon, at least zero."""
        target = real("epsilon", epsilon, 0.0, math.inf, open_low=False)
        if self.method == "pld":
            value = self._pld(self.steps, None, target)
            other = self._renyi_for_bounded_range()
            return min(value, other.delta(target)) if other else value
        if self.method == "rdp":
            from privml.dp.accounting import rdp

            return rdp.delta(self._renyi(), target)
        if self.method == "zcdp":
            from privml.dp.accounting import zcdp

            return zcdp.delta(self._rho(), target)
        if self.method == "approximate":
            return self._pld(self._promises(), None, target)
        total, lost = self._sums()
        return lost if total <= target else 1.0

    def _renyi(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        from privml.dp.accounting import rdp

        total = np.zeros_like(rdp.ORDERS)
        for step, n in self.steps:
            total = total + n * rdp.curve(step)
        return total

    def _rho(self) -> float:
        from privml.dp.accounting import zcdp

        return math.fsum(n * zcdp.rho(step) for step, n in self.steps)

    def _sums(self) -> tuple[float, float]:
        parts = [(promise(step), n) for step, n in self.steps]
        total = math.fsum(n * e for (e, _), n in parts)
        return total, min(math.fsum(n * d for (_, d), n in parts), 1.0)

    def _pure_sum(self) -> float:
        try:
            total, lost = self._sums()
        except ParameterError:
            return math.inf
        return total if lost == 0 else math.inf

    def _promises(self) -> tuple[tuple[Step, int], ...]:
        return tuple((ls.ApproximateLoss(*promise(step)), n) for step, n in self.steps)

    @staticmethod
    def _pld(steps: tuple[tuple[Step, int], ...], delta: float | None, epsilon: float | None) -> float:
        from privml.dp.accounting.pld import Composition

        if not steps:
            return 0.0
        precision = 0.0
        rest: list[tuple[Step, int]] = []
        for step, n in steps:
            if isinstance(step, ls.GaussianLoss):
                precision += n / float(step.noise_multiplier) ** 2
            else:
                rest.append((step, n))
        if precision:
            # Gaussians compose to a Gaussian (Dong, Roth, Su 2022): rounded to less noise.
            rest.append((ls.GaussianLoss(1 / math.sqrt(precision) * (1 - 1e-15 * (1 + len(steps)))), 1))
        directions: list[list[tuple[Law, int]]] = [[], []]
        asymmetric = False
        for step, n in rest:
            found = _laws(step)
            asymmetric |= len(found) == 2
            directions[0].append((found[0], n))
            directions[1].append((found[-1], n))
        compositions = [Composition(d) for d in directions[: 2 if asymmetric else 1]]
        if delta is not None:
            return max(c.epsilon(delta) for c in compositions)
        assert epsilon is not None  # noqa: S101
        return max(c.delta(epsilon) for c in compositions)
