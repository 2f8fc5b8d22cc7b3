"""Above threshold, the sparse vector technique: which of a stream of answers are large.

Lyu, Su, Li, *Understanding the sparse vector technique for differential privacy* (VLDB 2017), Algorithm 1
with the budget split of section 4.2. The threshold has noise of its own, drawn once; every answer has fresh
noise; after ``count`` positives nothing more is answered. Their proof moves the noises by the sensitivity and
twice it, whole steps here.
"""

from __future__ import annotations

import math
import os
import threading
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from privml.dp.accounting.losses import PureLoss
from privml.dp.mechanisms.draw import noise, positive, real, scale_above, whole
from privml.dp.mechanisms.interface import Costed
from privml.dp.mechanisms.selection import ScoreGrid
from privml.errors import BudgetExceededError, DtypeError, ShapeError, UnsupportedOperationError

__all__ = ["AboveThreshold", "above_threshold"]


class AboveThreshold(Costed):
    """Tells of each answer in a stream whether it is above a threshold, up to ``count`` positives.

    All it ever says together costs its ``loss`` once. It cannot be copied or pickled, and a forked child must
    not use its parent's: the threshold's noise would serve two streams.

    Parameters
    ----------
    threshold
        A finite number, public.
    sensitivity
        How far an answer can be between neighbours, above 0.
    epsilon
        Of all answers together, above 0.
    count
        How many positives there are at most.
    monotonic
        Whether neighbours move all answers one way.

    Examples
    --------
    >>> from privml import dp
    >>> stream = dp.AboveThreshold(1000, sensitivity=1, epsilon=1.0)
    >>> stream.ask(0), stream.ask(5000), stream.halted
    (False, True, True)
    """

    def __init__(
        self, threshold: float, sensitivity: float, epsilon: float, count: int = 1, *, monotonic: bool = False
    ) -> None:
        if not isinstance(monotonic, bool):
            raise DtypeError(f"monotonic: found {type(monotonic).__name__}, allowed: True or False")
        self.threshold = real(threshold, "threshold")
        self.count = whole(count, "count", 1)
        total = Fraction(positive(epsilon, "epsilon"))
        self._grid = ScoreGrid(sensitivity)
        moved = self._grid.sensitivity * self.count * (1 if monotonic else 2)
        # The split that makes the difference of the two noises smallest.
        answers = Fraction((moved / self._grid.sensitivity) ** (2 / 3))
        first = total / (1 + answers)
        of_threshold = scale_above(self._grid.sensitivity / first, "epsilon")
        self._of_answers = scale_above(moved / (total - first), "epsilon")
        spent = self._grid.sensitivity / of_threshold.value + moved / self._of_answers.value
        self._loss = PureLoss(math.nextafter(float(spent), math.inf))
        self._noisy = int(self._grid.steps(self.threshold, "threshold")) + int(
            noise("discrete_laplace", of_threshold, ())
        )
        self._left = self.count
        self._lock, self._process = threading.Lock(), os.getpid()

    @property
    def loss(self) -> PureLoss:
        """The privacy loss of all answers together."""
        return self._loss

    @property
    def halted(self) -> bool:
        """Whether all positives were given."""
        return self._left == 0

    def ask(self, answer: float) -> bool:
        """Tell whether an answer plus noise reaches the threshold plus noise.

        Raises
        ------
        BudgetExceededError
            If all positives were given.
        NotFiniteError
            If the answer is NaN or infinite.
        """
        return bool(self._next(np.asarray(answer).reshape(-1))[0])

    def release(self, values: Any) -> NDArray[np.bool_]:
        """Answer a stream up to where it halts: the result is shorter than the stream if it does."""
        return self._next(values)

    def _next(self, values: Any) -> NDArray[np.bool_]:
        steps = self._grid.steps(values, "values")
        if steps.ndim != 1:
            raise ShapeError(f"values: found shape {steps.shape}, allowed: one dimension")
        with self._lock:
            if os.getpid() != self._process:
                raise UnsupportedOperationError("a forked process cannot go on with its parent's stream")
            if self.halted:
                raise BudgetExceededError(f"all of the {self.count} positives were given")
            draws = noise("discrete_laplace", self._of_answers, steps.shape)
            # Both are below 2^62 but for a saturated draw, which stays on its side of every threshold.
            noisy = np.clip(draws, -(2**62), 2**62) + steps
            above = noisy >= max(min(self._noisy, 2**63 - 1), -(2**63))
            positives = np.flatnonzero(above)[: self._left]
            if len(positives) == self._left:
                above = above[: positives[-1] + 1]
            self._left -= len(positives)
            return above

    def __reduce__(self) -> NoReturn:
        """Refuse: two streams would share the noise of one threshold."""
        raise UnsupportedOperationError("AboveThreshold cannot be copied or pickled: make another one")


def above_threshold(
    values: Any,
    *,
    threshold: float,
    sensitivity: float,
    epsilon: float,
    count: int = 1,
    monotonic: bool = False,
) -> NDArray[np.bool_]:
    """Answer a finite stream, up to the ``count``-th positive: see :class:`AboveThreshold`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.above_threshold([0, 0, 5000, 0], threshold=1000, sensitivity=1, epsilon=1.0)
    array([False, False,  True])
    """
    return AboveThreshold(threshold, sensitivity, epsilon, count, monotonic=monotonic).release(values)
