"""Skellam noise: the difference of two Poisson draws, whose sums over parties are Skellam again.

Agarwal, Kairouz, Liu, *The Skellam mechanism for differentially private federated learning* (2021). One
number: the curve of an array depends on how the sensitivity is spread over it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from privml.dp.accounting.losses import SkellamLoss
from privml.dp.mechanisms.draw import Scale, integers, noise, positive, saturating_sum, scale_above, whole
from privml.dp.mechanisms.gaussian import calibrated_by
from privml.dp.mechanisms.interface import Costed
from privml.errors import ParameterError

__all__ = ["Skellam"]


class Skellam(Costed):
    """Integer noise: the difference of two Poisson draws of mean ``variance / 2``.

    Parameters
    ----------
    sensitivity
        A whole number from 1.
    epsilon, delta
        The promise of one release, from which the variance is found. Or, instead,
    variance
        The variance itself, rounded up.

    Examples
    --------
    >>> from privml import dp
    >>> mechanism = dp.Skellam(sensitivity=1, epsilon=1.0, delta=1e-5)
    >>> mechanism.delta(1.0) <= 1e-5, isinstance(mechanism.release(42), int)
    (True, True)
    """

    def __init__(
        self,
        sensitivity: int,
        epsilon: float | None = None,
        delta: float | None = None,
        *,
        variance: float | None = None,
    ) -> None:
        self.sensitivity = whole(sensitivity, "sensitivity", 1)
        if variance is not None:
            if epsilon is not None or delta is not None:
                raise ParameterError("variance: allowed is either it, or epsilon and delta")
            self._mean = scale_above(Fraction(positive(variance, "variance")) / 2, "variance")
        else:
            if epsilon is None or delta is None:
                raise ParameterError("epsilon and delta: both are needed, or variance")
            self._mean = calibrated_by(self._half_loss, epsilon, delta, self.sensitivity, 2)
        self._loss = self._half_loss(self._mean)

    def _half_loss(self, mean: Scale) -> SkellamLoss:
        return SkellamLoss(float(2 * mean.value), self.sensitivity)

    @property
    def variance(self) -> float:
        """The variance drawn at."""
        return float(2 * self._mean.value)

    @property
    def loss(self) -> SkellamLoss:
        """The privacy loss of one release."""
        return self._loss

    def release(self, values: Any) -> int:
        """Add noise to an integer; the sum saturates at the ends of int64."""
        array = integers(values, 1)
        if array.ndim:
            raise ParameterError("values: found an array, allowed: one number")
        return int(saturating_sum(array, noise("skellam", self._mean, ()))[()])
