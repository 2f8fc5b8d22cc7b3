"""Local differential privacy: each person's answer is randomised before anyone sees it.

Warner, *Randomized response* (1965), in its form for k answers (Kairouz, Oh, Viswanath 2016); optimized unary
encoding: Wang, Blocki, Li, Jha, *Locally differentially private protocols for frequency estimation* (USENIX
Security 2017), section 4.4. The loss is that of one answer, for a change of that answer.
"""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml.dp.accounting.losses import PureLoss, RandomizedResponseLoss
from privml.dp.mechanisms.draw import coins, numbers, positive, uniform, whole
from privml.dp.mechanisms.interface import Costed
from privml.errors import DtypeError, ParameterError, ShapeError

__all__ = [
    "OptimizedUnaryEncoding",
    "RandomizedResponse",
    "optimized_unary_encoding",
    "randomized_response",
]

# Probabilities are multiples of 2^-52, which doubles hold.
_ONE = 1 << 52


def _odds(epsilon: float) -> Fraction:
    """Return a number just below e^epsilon."""
    if epsilon > 100:  # beyond what probabilities in steps of 2^-52 can use
        epsilon = 100.0
    context = Context(prec=60, rounding=ROUND_DOWN)
    return Fraction(context.exp(Decimal(epsilon))) * (1 - Fraction(1, 10**50))


def _answers(values: Any, k: int) -> NDArray[np.int64]:
    array = numbers(values, "values")
    if array.dtype.kind == "f" and array.size:
        raise DtypeError(f"values: found dtype {array.dtype}, allowed: integers")
    if array.size and not (array.min() >= 0 and array.max() < k):
        raise ParameterError(f"values: found one out of range, allowed: 0 to {k - 1}")
    return array.astype(np.int64)


class RandomizedResponse(Costed):
    """The true answer with probability `p`, and else one of the ``k - 1`` others.

    Parameters
    ----------
    epsilon
        Above 0. `p` is e^epsilon / (e^epsilon + k - 1), rounded down.
    k
        How many answers there are: 0 to ``k - 1``.

    Examples
    --------
    >>> from privml import dp
    >>> mechanism = dp.RandomizedResponse(epsilon=1.0, k=4)
    >>> mechanism.release([0, 1, 2, 3]).shape, round(mechanism.p, 4)
    ((4,), 0.4754)
    """

    def __init__(self, epsilon: float, k: int = 2) -> None:
        self.k = whole(k, "k", 2, 2**31)
        odds = _odds(positive(epsilon, "epsilon"))
        self._numerator = math.floor(_ONE * odds / (odds + self.k - 1))
        if self._numerator * self.k <= _ONE:
            raise ParameterError(f"epsilon: found {epsilon}, too small for {self.k} answers")

    @property
    def p(self) -> float:
        """The probability of the true answer."""
        return self._numerator / _ONE

    @property
    def loss(self) -> RandomizedResponseLoss:
        """The privacy loss of one answer."""
        return RandomizedResponseLoss(self.p, self.k)

    def release(self, values: Any) -> Any:
        """Randomise an integer from 0 to ``k - 1`` or an array of them, each by itself."""
        array = _answers(values, self.k)
        true = coins(self._numerator, _ONE, array.size).reshape(array.shape)
        other = uniform(self.k - 1, array.size).reshape(array.shape)
        result = np.where(true, array, other + (other >= array))
        return int(result[()]) if array.ndim == 0 else result

    def estimate(self, responses: Any) -> NDArray[np.float64]:
        """Return unbiased estimates of the shares of all answers, which may be negative."""
        array = _answers(responses, self.k).ravel()
        if array.size == 0:
            raise ShapeError("responses: found none, allowed: one or more")
        q = (1 - self.p) / (self.k - 1)
        return (np.bincount(array, minlength=self.k) / array.size - q) / (self.p - q)


class OptimizedUnaryEncoding(Costed):
    """A bit for each answer: the true one is set with probability 1/2, each other with probability `q`.

    Parameters
    ----------
    epsilon
        Above 0. `q` is 1/(e^epsilon + 1), rounded up.
    k
        How many answers there are: 0 to ``k - 1``.

    Examples
    --------
    >>> from privml import dp
    >>> dp.OptimizedUnaryEncoding(epsilon=1.0, k=4).release([0, 3]).shape
    (2, 4)
    """

    def __init__(self, epsilon: float, k: int) -> None:
        self.k = whole(k, "k", 2, 2**31)
        odds = _odds(positive(epsilon, "epsilon"))
        self._numerator = math.ceil(_ONE / (odds + 1))
        if 2 * self._numerator >= _ONE:
            raise ParameterError(f"epsilon: found {epsilon}, too small for bits in steps of 2^-52")

    @property
    def q(self) -> float:
        """The probability of a bit that is not the true answer's."""
        return self._numerator / _ONE

    @property
    def loss(self) -> PureLoss:
        """The privacy loss of one answer."""
        ratio = Fraction(_ONE - self._numerator, self._numerator)
        return PureLoss(math.log(ratio) * (1 + 2**-48))

    def release(self, values: Any) -> NDArray[np.uint8]:
        """Return the bits of an answer or of an array of them, along a last axis of length ``k``."""
        array = _answers(values, self.k)
        shape = (*array.shape, self.k)
        others = coins(self._numerator, _ONE, array.size * self.k).reshape(shape)
        own = coins(1, 2, array.size).reshape((*array.shape, 1))
        return np.where(np.arange(self.k) == array[..., None], own, others).astype(np.uint8)

    def estimate(self, responses: Any) -> NDArray[np.float64]:
        """Return unbiased estimates of the shares of all answers, which may be negative."""
        array = numbers(responses, "responses")
        if array.ndim < 2 or array.shape[-1] != self.k or array.size == 0:
            raise ShapeError(f"responses: found shape {array.shape}, allowed: answers by {self.k}, not empty")
        if not ((array == 0) | (array == 1)).all():
            raise ParameterError("responses: found other values, allowed: 0 and 1")
        mean = array.reshape(-1, self.k).mean(axis=0, dtype=np.float64)
        return np.asarray((mean - self.q) / (0.5 - self.q))


def randomized_response(values: Any, *, epsilon: float, k: int = 2) -> Any:
    """Randomise answers: see :class:`RandomizedResponse`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.randomized_response(1, epsilon=1.0) in (0, 1)
    True
    """
    return RandomizedResponse(epsilon, k).release(values)


def optimized_unary_encoding(values: Any, *, epsilon: float, k: int) -> NDArray[np.uint8]:
    """Randomise answers as bits: see :class:`OptimizedUnaryEncoding`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.optimized_unary_encoding(2, epsilon=1.0, k=4).shape
    (4,)
    """
    return OptimizedUnaryEncoding(epsilon, k).release(values)
