"""Laplace noise, on integers and on a grid of doubles.

Dwork, McSherry, Nissim, Smith, *Calibrating noise to sensitivity in private data analysis* (TCC 2006);
discrete: Ghosh, Roughgarden, Sundararajan, *Universally utility-maximizing privacy mechanisms* (2009). The
noise is independent for each element, and the sensitivity is the L1 distance of two neighbouring arrays.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from privml.dp.accounting.losses import DiscreteLaplaceLoss, PureLoss
from privml.dp.mechanisms.draw import (
    Scale,
    finite,
    integers,
    noise,
    numbers,
    of_size,
    on_grid,
    positive,
    saturating_sum,
    scale_above,
    whole,
)
from privml.dp.mechanisms.interface import Costed
from privml.errors import ParameterError

__all__ = ["DiscreteLaplace", "Laplace", "discrete_laplace", "geometric", "laplace"]


class DiscreteLaplace(Costed):
    """Integer noise `y` with probability proportional to `exp(-|y| / scale)`.

    Parameters
    ----------
    sensitivity
        The L1 sensitivity: a whole number from 1.
    epsilon
        Above 0. The scale is `sensitivity / epsilon`, rounded up.
    size
        The number of elements of an array to be released; 1 for a number.

    Examples
    --------
    >>> from privml import dp
    >>> mechanism = dp.DiscreteLaplace(sensitivity=1, epsilon=0.5, size=3)
    >>> mechanism.scale
    2.0
    >>> mechanism.release([3, 4, 5]).shape
    (3,)
    """

    def __init__(self, sensitivity: int, epsilon: float, size: int = 1) -> None:
        self.sensitivity = whole(sensitivity, "sensitivity", 1)
        self.size = whole(size, "size", 1)
        self._scale = scale_above(self.sensitivity / Fraction(positive(epsilon, "epsilon")), "epsilon")

    @property
    def scale(self) -> float:
        """The scale drawn at."""
        return float(self._scale.value)

    @property
    def loss(self) -> DiscreteLaplaceLoss | PureLoss:
        """The privacy loss of one release: exact for a number, by its largest value for an array."""
        return loss_of(self._scale, self.sensitivity, self.size)

    def release(self, values: Any) -> Any:
        """Add noise to an integer or an array of integers; sums saturate at the ends of int64.

        Raises
        ------
        DtypeError
            If the values are not integers of at most 64 bits.
        """
        array = integers(values, self.size)
        total = saturating_sum(array, noise("discrete_laplace", self._scale, array.shape))
        return int(total[()]) if array.ndim == 0 else total


class Laplace(Costed):
    """Real noise: discrete Laplace noise in steps of a power of two, the grid.

    Values are rounded to the grid, which moves each by at most half a step, so that the L1 sensitivity of `n`
    elements grows by at most `n` steps; the grid is fine enough for that to be 2^-10 of it or less. Grid,
    noise and result depend on the values in nothing but the sum.

    Parameters
    ----------
    sensitivity
        The L1 sensitivity, above 0.
    epsilon
        Above 0.
    size
        The number of elements of an array to be released; 1 for a number.

    Examples
    --------
    >>> from privml import dp
    >>> mechanism = dp.Laplace(sensitivity=1.0, epsilon=0.5)
    >>> float(mechanism.grid)
    9.313225746154785e-10
    >>> isinstance(mechanism.release(3.5), float)
    True
    """

    def __init__(self, sensitivity: float, epsilon: float, size: int = 1) -> None:
        self.sensitivity = positive(sensitivity, "sensitivity")
        epsilon = positive(epsilon, "epsilon")
        self.size = whole(size, "size", 1)
        # Thirty bits below the sensitivity for each element, but never so fine that the noise leaves 2^52.
        bits = 30 + (self.size - 1).bit_length()
        room = 49 + math.floor(math.log2(min(epsilon, 1.0)))
        exponent = math.frexp(self.sensitivity)[1] - 1
        if not -900 < exponent < 900:
            raise ParameterError(f"sensitivity: found {sensitivity}, allowed: 2^-900 to 2^900")
        if min(bits, room) < 10 + (self.size - 1).bit_length():
            raise ParameterError(
                f"epsilon: found {epsilon} for {self.size} elements, too small for a fine grid"
            )
        self.grid = 2.0 ** (exponent - min(bits, room))
        steps = Fraction(self.sensitivity) / Fraction(self.grid) + self.size
        self._scale = scale_above(steps / Fraction(epsilon), "epsilon")
        self._steps = math.floor(steps)  # two points of the grid are whole steps apart

    @property
    def scale(self) -> float:
        """The scale drawn at, in the units of the values."""
        return float(self._scale.value) * self.grid

    @property
    def loss(self) -> DiscreteLaplaceLoss | PureLoss:
        """The privacy loss of one release, in steps of the grid: as for :class:`DiscreteLaplace`."""
        return loss_of(self._scale, self._steps, self.size)

    def release(self, values: Any) -> Any:
        """Add noise to a finite number or an array of `size` of them.

        Raises
        ------
        NotFiniteError
            If a value is NaN or infinite: finite input is the caller's to ensure.
        ParameterError
            If there are not `size` values.
        """
        array = of_size(finite(values, "values"), self.size)
        draws = noise("discrete_laplace", self._scale, array.shape)
        result = on_grid(array, draws, self.grid)
        return float(result[()]) if array.ndim == 0 else result


def loss_of(scale: Scale, sensitivity: int, size: int) -> DiscreteLaplaceLoss | PureLoss:
    """Return the loss: a shift that may be spread over many elements is described by its epsilon alone."""
    if size == 1:
        return DiscreteLaplaceLoss(float(scale.value), sensitivity)
    return PureLoss(math.nextafter(float(sensitivity / scale.value), math.inf))


def laplace(values: Any, *, sensitivity: float, epsilon: float) -> Any:
    """Release a finite number or an array with Laplace noise: see :class:`Laplace`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.laplace([1.5, 2.5], sensitivity=1, epsilon=1).shape
    (2,)
    """
    array = numbers(values, "values")
    if array.size == 0:
        return array.astype(np.float64)
    return Laplace(sensitivity, epsilon, array.size).release(array)


def discrete_laplace(values: Any, *, sensitivity: int, epsilon: float) -> Any:
    """Release an integer or an array of integers: see :class:`DiscreteLaplace`.

    Examples
    --------
    >>> from privml import dp
    >>> isinstance(dp.discrete_laplace(42, sensitivity=1, epsilon=1), int)
    True
    """
    array = numbers(values, "values")
    return DiscreteLaplace(sensitivity, epsilon, max(array.size, 1)).release(array) if array.size else array


geometric = discrete_laplace
