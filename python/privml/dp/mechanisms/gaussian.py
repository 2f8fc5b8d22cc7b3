"""Gaussian noise, on integers and on a grid of doubles.

Canonne, Kamath, Steinke, *The discrete Gaussian for differential privacy* (2020); Balle, Wang, *Improving
the Gaussian mechanism* (2018). The continuous calibration does not hold for integer noise as it stands, so:

* **One number** with coarse noise is calibrated by the exact curve of the discrete Gaussian.
* **Everything else** by convolution (Peikert, *An efficient and parallel Gaussian sampler for lattices*,
  2010). Take continuous noise of variance s² - t² and round it to a random integer with weights
  exp(-(z - x)²/(2 t²)). By Poisson summation the weights add up to t sqrt(2 pi) (1 ± 2.1 exp(-2 pi² t²)) for
  every x and t >= 1, so the result is a discrete Gaussian of variance s² up to a factor e^(±h), with h at
  most 5 exp(-2 pi² t²) a coordinate: the discrete noise costs what post-processed continuous noise of the
  smaller variance does, delta(epsilon) <= e^h D(epsilon - 2h) with D the continuous curve. With mu the
  sensitivity over sigma, D's derivative by mu is phi(z), z = epsilon/mu - mu/2 >= -mu/2, and that by epsilon
  is at most the normal tail beyond z in size; a tail is at most phi(z) sqrt(2 pi) e^(mu²/8). So mu raised by
  a 1e-12th part pays for h wherever 5 h sqrt(2 pi) e^(mu²/8) <= 1e-12 mu, and t is chosen so.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from privml.dp.accounting.accountant import Accountant
from privml.dp.accounting.losses import DiscreteGaussianLoss, GaussianLoss, Loss
from privml.dp.mechanisms.draw import (
    Scale,
    finite,
    integers,
    noise,
    numbers,
    of_size,
    on_grid,
    positive,
    real,
    saturating_sum,
    scale_above,
    whole,
)
from privml.dp.mechanisms.interface import Costed
from privml.errors import ParameterError

__all__ = ["DiscreteGaussian", "Gaussian", "discrete_gaussian", "gaussian"]

# Noise wider than this is not told from continuous noise: its exact curve would gain less than 2e-5.
_EXACT = 500.0
_PART = 1e-12


def _convolved(mu: float, size: int) -> float:
    """Return the t² that a discrete Gaussian of ``size`` coordinates gives away; mu is at most 10 here."""
    h = _PART * mu / (25 * size * math.sqrt(2 * math.pi) * math.exp(mu * mu / 8))
    return max(-math.log(h) / (2 * math.pi**2), 1.0)


def _loss(sigma: Fraction, sensitivity: float, size: int) -> DiscreteGaussianLoss | GaussianLoss:
    """Return the loss of integer noise: exact for one number, by convolution for others."""
    s = float(sigma)
    if size == 1 and s <= _EXACT and sensitivity == int(sensitivity) and sensitivity <= 50 * s:
        return DiscreteGaussianLoss(s, int(sensitivity))
    mu = sensitivity / s
    left = s * s - _convolved(mu, size) if mu <= 10 else 0.0
    if left <= 0:
        raise ParameterError(f"sigma: found {s} for {size} elements, too small for the convolution argument")
    return GaussianLoss(math.sqrt(left) / sensitivity * (1 - 2 * _PART))


def _least(enough: Callable[[float], bool], start: float) -> float:
    """Return nearly the smallest number for which ``enough`` holds, itself one of them."""
    high = start
    while not enough(high):
        high *= 1.25
        if high > 1e15:
            raise ParameterError("epsilon: no noise within reach is enough for it")
    low = high / 1.25
    while low > 1e-9 and enough(low):
        high, low = low, low / 1.25
    for _ in range(60):
        if high - low <= 1e-9 * high:
            break
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _target(epsilon: object, delta: object) -> tuple[float, float]:
    pair = positive(epsilon, "epsilon"), real(delta, "delta")
    if not 0 < pair[1] < 1:
        raise ParameterError(f"delta: found {pair[1]}, allowed: above 0 and below 1")
    return pair


@functools.lru_cache(maxsize=256)
def _multiplier(epsilon: float, delta: float) -> float:
    """Return the noise multiplier of continuous noise (Balle, Wang 2018, Algorithm 1, by bisection)."""
    return _least(
        lambda m: Accountant().compose(GaussianLoss(m)).delta(epsilon) <= delta,
        math.sqrt(2 * math.log(1.25 / delta)) / epsilon,
    )


def calibrated_by(
    loss: Callable[[Scale], Loss], epsilon: object, delta: object, sensitivity: float, power: int
) -> Scale:
    """Return the least scale whose loss keeps a promise; it grows as this power of a Gaussian's sigma."""
    target = _target(epsilon, delta)

    def enough(number: float) -> bool:
        try:
            step = loss(scale_above(Fraction(number), "epsilon"))
            return Accountant().compose(step).delta(target[0]) <= target[1]
        except ParameterError:
            return False

    start = (_multiplier(*target) * sensitivity) ** power
    return scale_above(Fraction(_least(enough, start)), "epsilon")


@functools.lru_cache(maxsize=256)
def _calibrated(sensitivity: float, epsilon: float, delta: float, size: int) -> Scale:
    """Return the least scale of integer noise that keeps the promise by its own loss."""
    return calibrated_by(lambda scale: _loss(scale.value, sensitivity, size), epsilon, delta, sensitivity, 1)


class DiscreteGaussian(Costed):
    """Integer noise `y` with probability proportional to `exp(-y²/(2 sigma²))`.

    Parameters
    ----------
    sensitivity
        The L2 sensitivity: whole for a number, any positive number for an array of integers.
    epsilon, delta
        The promise of one release, from which sigma is found. Or, instead,
    sigma
        The sigma itself, rounded up.
    size
        The number of elements of an array to be released; 1 for a number.

    Examples
    --------
    >>> from privml import dp
    >>> mechanism = dp.DiscreteGaussian(sensitivity=1, epsilon=1.0, delta=1e-5)
    >>> round(mechanism.sigma, 4), mechanism.delta(1.0) <= 1e-5
    (3.7405, True)
    """

    def __init__(
        self,
        sensitivity: float,
        epsilon: float | None = None,
        delta: float | None = None,
        *,
        sigma: float | None = None,
        size: int = 1,
    ) -> None:
        self.sensitivity = positive(sensitivity, "sensitivity")
        self.size = whole(size, "size", 1)
        if self.size == 1:  # two integers differ by an integer
            self.sensitivity = float(whole(sensitivity, "sensitivity", 1, 2**40))
        if sigma is not None:
            if epsilon is not None or delta is not None:
                raise ParameterError("sigma: allowed is either sigma, or epsilon and delta")
            self._scale = scale_above(Fraction(positive(sigma, "sigma")), "sigma")
        else:
            if epsilon is None or delta is None:
                raise ParameterError("epsilon and delta: both are needed, or sigma")
            self._scale = _calibrated(self.sensitivity, *_target(epsilon, delta), self.size)
        self._loss = _loss(self._scale.value, self.sensitivity, self.size)

    @property
    def sigma(self) -> float:
        """The sigma drawn at."""
        return float(self._scale.value)

    @property
    def loss(self) -> Loss:
        """The privacy loss of one release: exact for a number, by convolution for an array."""
        return self._loss

    def release(self, values: Any) -> Any:
        """Add noise to an integer or an array of integers; sums saturate at the ends of int64.

        Raises
        ------
        DtypeError
            If the values are not integers of at most 64 bits.
        ParameterError
            If there are not `size` values.
        """
        array = integers(values, self.size)
        total = saturating_sum(array, noise("discrete_gaussian", self._scale, array.shape))
        return int(total[()]) if array.ndim == 0 else total


class Gaussian(Costed):
    """Real noise: discrete Gaussian noise in steps of a power of two, the grid.

    Values are rounded to the grid; each moves by at most half a step, so that the L2 sensitivity of `n`
    elements grows by at most sqrt(n) steps, which is 2^-10 of it or less. Without a sensitivity it only
    accounts, for continuous noise of this multiplier.

    Parameters
    ----------
    sensitivity
        The L2 sensitivity, above 0.
    epsilon, delta
        The promise of one release, from which the noise is found. Or, instead,
    noise_multiplier
        Sigma divided by the sensitivity.
    size
        The number of elements of an array to be released; 1 for a number.

    Examples
    --------
    >>> from privml import dp
    >>> mechanism = dp.Gaussian(sensitivity=1.0, epsilon=1.0, delta=1e-5)
    >>> round(mechanism.sigma, 3), isinstance(mechanism.release(3.5), float)
    (3.731, True)
    >>> dp.Gaussian(noise_multiplier=1.1).loss.noise_multiplier
    1.1
    """

    def __init__(
        self,
        sensitivity: float | None = None,
        epsilon: float | None = None,
        delta: float | None = None,
        *,
        noise_multiplier: float | None = None,
        size: int = 1,
    ) -> None:
        self.size = whole(size, "size", 1)
        if noise_multiplier is not None:
            if epsilon is not None or delta is not None:
                raise ParameterError("noise_multiplier: allowed is either it, or epsilon and delta")
            multiplier = positive(noise_multiplier, "noise_multiplier")
        else:
            if epsilon is None or delta is None:
                raise ParameterError("epsilon and delta: both are needed, or noise_multiplier")
            multiplier = _multiplier(*_target(epsilon, delta))
        self._scale: Scale | None = None
        self._loss = GaussianLoss(multiplier)
        if sensitivity is None:
            return
        self.sensitivity = positive(sensitivity, "sensitivity")
        # Thirty bits below the sensitivity, more for many elements, but the noise stays below 2^52.
        root = math.sqrt(self.size)
        more = math.ceil(math.log2(root)) if self.size > 1 else 0
        bits = min(30 + more, 48 - math.ceil(math.log2(max(multiplier, 1.0))))
        exponent = math.frexp(self.sensitivity)[1] - 1
        if not -900 < exponent < 900:
            raise ParameterError(f"sensitivity: found {sensitivity}, allowed: 2^-900 to 2^900")
        if bits < 10 + more or multiplier * 2.0**bits < 64:
            raise ParameterError(
                f"noise_multiplier: found {multiplier} for {self.size} elements, beyond what a grid holds"
            )
        self.grid = 2.0 ** (exponent - bits)
        steps = math.nextafter(self.sensitivity / self.grid + root, math.inf)
        # A t of 3 and the parts of 1e-12 that the argument takes, given back before the scale is rounded up.
        s = math.sqrt((multiplier * steps * (1 + 4 * _PART)) ** 2 + 16)
        self._scale = scale_above(Fraction(s), "noise_multiplier")
        loss = _loss(self._scale.value, steps, self.size + 1)  # more than one: never the coarse noise's curve
        assert isinstance(loss, GaussianLoss)  # noqa: S101
        self._loss = loss
        if loss.noise_multiplier < multiplier:
            raise ParameterError(f"noise_multiplier: found {multiplier}, too small for a fine grid")

    @property
    def sigma(self) -> float:
        """The sigma drawn at, in the units of the values."""
        return float(self._drawn().value) * self.grid

    @property
    def loss(self) -> GaussianLoss:
        """The privacy loss of one release."""
        return self._loss

    def _drawn(self) -> Scale:
        if self._scale is None:
            raise ParameterError("sensitivity: found none, and without it a Gaussian only accounts")
        return self._scale

    def release(self, values: Any) -> Any:
        """Add noise to a finite number or an array of `size` of them.

        Raises
        ------
        NotFiniteError
            If a value is NaN or infinite: finite input is the caller's to ensure.
        ParameterError
            If there are not `size` values, or no sensitivity was given.
        """
        scale = self._drawn()
        array = of_size(finite(values, "values"), self.size)
        result = on_grid(array, noise("discrete_gaussian", scale, array.shape), self.grid)
        return float(result[()]) if array.ndim == 0 else result


def gaussian(values: Any, *, sensitivity: float, epsilon: float, delta: float) -> Any:
    """Release a finite number or an array with Gaussian noise: see :class:`Gaussian`.

    Examples
    --------
    >>> from privml import dp
    >>> dp.gaussian([1.5, 2.5], sensitivity=1, epsilon=1, delta=1e-6).shape
    (2,)
    """
    array = numbers(values, "values")
    mechanism = Gaussian(sensitivity, epsilon, delta, size=max(array.size, 1))
    return mechanism.release(array) if array.size else array.astype(np.float64)


def discrete_gaussian(values: Any, *, sensitivity: float, epsilon: float, delta: float) -> Any:
    """Release an integer or an array of integers: see :class:`DiscreteGaussian`.

    Examples
    --------
    >>> from privml import dp
    >>> isinstance(dp.discrete_gaussian(42, sensitivity=1, epsilon=1, delta=1e-6), int)
    True
    """
    array = numbers(values, "values")
    mechanism = DiscreteGaussian(sensitivity, epsilon, delta, size=max(array.size, 1))
    return mechanism.release(array) if array.size else array.astype(np.int64)
