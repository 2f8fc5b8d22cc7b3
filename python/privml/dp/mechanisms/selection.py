"""Choosing one of many by scores.

McSherry, Talwar, *Mechanism design via differential privacy* (2007); McKenna, Sheldon, *Permute-and-flip*
(2020); report noisy max: Dwork, Roth, *The algorithmic foundations of differential privacy* (2014), 3.3. The
sensitivity is how far any one score can be between neighbours. ``monotonic`` says that a neighbour moves all
scores up or all of them down, as counts under add/remove do: half the noise is enough then.

Scores that are not integers are rounded to a grid 2^-20 of the sensitivity or finer, which depends on nothing
else; two scores then differ by up to a step more, and the sensitivity counts it. Scores beyond 2^62 steps are
clipped, which moves none further apart. The time of a choice depends on the scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.dp.accounting.losses import BoundedRangeLoss, Loss, PureLoss
from privml.dp.mechanisms.draw import (
    choose,
    finite,
    noise,
    positive,
    saturating_sum,
    scale_above,
    steps_of,
)
from privml.dp.mechanisms.interface import Costed
from privml.errors import DtypeError, ParameterError, ShapeError

__all__ = [
    "Exponential",
    "PermuteAndFlip",
    "ReportNoisyMax",
    "ScoreGrid",
    "exponential",
    "permute_and_flip",
    "report_noisy_max",
]

_LIMIT = 2**62


class ScoreGrid:
    """Scores as whole numbers of steps, and their sensitivity in them."""

    def __init__(self, sensitivity: float) -> None:
        number = positive(sensitivity, "sensitivity")
        exponent = math.frexp(number)[1] - 1
        if not -900 < exponent < 900:
            raise ParameterError(f"sensitivity: found {number}, allowed: 2^-900 to 2^900")
        self.step = 2.0 ** (exponent - 20)
        # Two whole numbers of steps differ by a whole number.
        self.sensitivity = math.floor(Fraction(number) / Fraction(self.step)) + 1

    def steps(self, scores: Any, name: str = "scores") -> NDArray[np.int64]:
        """Return finite scores in steps, or refuse them."""
        array = finite(scores, name)
        if array.dtype.kind != "f":
            exact = [max(-_LIMIT, min(_LIMIT, step)) for step in steps_of(array, self.step)]
            return np.array(exact, dtype=np.int64).reshape(array.shape)
        with np.errstate(over="ignore"):
            steps = np.rint(array / self.step)
        return np.clip(steps, -_LIMIT, _LIMIT).astype(np.int64)


class _Selection(Costed):
    """What all of them share: a grid, and a scale of noise for the scores on it."""

    def __init__(self, sensitivity: float, epsilon: float, *, monotonic: bool = False) -> None:
        if not isinstance(monotonic, bool):
            raise DtypeError(f"monotonic: found {type(monotonic).__name__}, allowed: True or False")
        self.monotonic = monotonic
        self._grid = ScoreGrid(sensitivity)
        self._reach = self._grid.sensitivity * (1 if monotonic else 2)
        self._scale = scale_above(self._reach / Fraction(positive(epsilon, "epsilon")), "epsilon")

    @property
    def scale(self) -> float:
        """The scale of the noise, in the units of the scores."""
        return float(self._scale.value) * self._grid.step

    @property
    def _epsilon(self) -> float:
        return math.nextafter(float(self._reach / self._scale.value), math.inf)

    @property
    def loss(self) -> Loss:
        """The privacy loss of one choice."""
        return PureLoss(self._epsilon)

    def _steps(self, scores: Any) -> NDArray[np.int64]:
        steps = self._grid.steps(scores)
        if steps.ndim != 1 or steps.size == 0:
            raise ShapeError(f"scores: found shape {steps.shape}, allowed: one dimension, one score or more")
        return steps


class Exponential(_Selection):
    """Index `i` with probability proportional to `exp(score[i]/scale)`: the exponential mechanism.

    Its loss lies in an interval of length epsilon (Dong, Durfee, Rogers 2020), which composes better than
    epsilon-DP alone.

    Parameters
    ----------
    sensitivity, epsilon
        Above 0.
    monotonic
        Whether neighbours move all scores one way.

    Examples
    --------
    >>> from privml import dp
    >>> dp.Exponential(1, epsilon=50.0).release([0, 100, 3])
    1
    """

    @property
    def loss(self) -> Loss:
        """The privacy loss of one choice."""
        return BoundedRangeLoss(self._epsilon)

    def release(self, scores: Any) -> int:
        """Return an index.

        Raises
        ------
        NotFiniteError
            If a score is NaN or infinite.
        ShapeError
            If there is no score, or they are not in one dimension.
        """
        return choose(self._steps(scores), self._scale, False)


class PermuteAndFlip(_Selection):
    """Permute-and-flip: as private as the exponential mechanism, and never worse in its expected score.

    Parameters
    ----------
    sensitivity, epsilon
        Above 0.
    monotonic
        Whether neighbours move all scores one way.

    Examples
    --------
    >>> from privml import dp
    >>> dp.PermuteAndFlip(1, epsilon=50.0).release([0, 100, 3])
    1
    """

    def release(self, scores: Any) -> int:
        """Return an index; raises as :meth:`Exponential.release`."""
        return choose(self._steps(scores), self._scale, True)


class ReportNoisyMax(_Selection):
    """The index of the largest score after discrete Laplace noise; of equal ones the first.

    Whatever the other noises are, index `i` wins if its own reaches a whole number, which neighbours move by
    twice the sensitivity, or by once where they are monotonic. Order among equals is fixed, so this holds
    with ties. Permute-and-flip is better at the same price.

    Parameters
    ----------
    sensitivity, epsilon
        Above 0.
    monotonic
        Whether neighbours move all scores one way.

    Examples
    --------
    >>> from privml import dp
    >>> dp.ReportNoisyMax(1, epsilon=50.0).release([0, 100, 3])
    1
    """

    def release(self, scores: Any) -> int:
        """Return an index; raises as :meth:`Exponential.release`."""
        steps = self._steps(scores)
        return int(np.argmax(saturating_sum(steps, noise("discrete_laplace", self._scale, steps.shape))))


def exponential(
    scores: Any = None,
    *,
    sensitivity: float,
    epsilon: float,
    monotonic: bool = False,
    candidates: Sequence[Any] | None = None,
    utility: Callable[[Any], float] | None = None,
) -> Any:
    """Choose by the exponential mechanism: an index of `scores`, or one of `candidates` by their `utility`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.exponential(candidates=["a", "bb", "ccc"], utility=len, sensitivity=1, epsilon=200.0)
    'ccc'
    """
    mechanism = Exponential(sensitivity, epsilon, monotonic=monotonic)
    if (scores is None) == (candidates is None) or (candidates is None) != (utility is None):
        raise ParameterError("scores: allowed is either scores, or candidates and their utility")
    if candidates is None or utility is None:
        return mechanism.release(scores)
    return candidates[mechanism.release([utility(candidate) for candidate in candidates])]


def permute_and_flip(scores: Any, *, sensitivity: float, epsilon: float, monotonic: bool = False) -> int:
    """Choose an index: see :class:`PermuteAndFlip`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.permute_and_flip([0, 100, 3], sensitivity=1, epsilon=50.0)
    1
    """
    return PermuteAndFlip(sensitivity, epsilon, monotonic=monotonic).release(scores)


def report_noisy_max(scores: Any, *, sensitivity: float, epsilon: float, monotonic: bool = False) -> int:
    """Choose an index: see :class:`ReportNoisyMax`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.report_noisy_max([0, 100, 3], sensitivity=1, epsilon=50.0)
    1
    """
    return ReportNoisyMax(sensitivity, epsilon, monotonic=monotonic).release(scores)
