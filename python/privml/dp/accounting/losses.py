"""What one release may cost, as a value: the parameters that decide the privacy loss, and nothing else.

A loss says how far apart the outputs on two neighbouring inputs can be. Which inputs are neighbours is
the caller's choice (add/remove or substitution); the parameters must be those of that choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from privml.dp.accounting._checks import real, whole

__all__ = [
    "ApproximateLoss",
    "BoundedRangeLoss",
    "DiscreteGaussianLoss",
    "DiscreteLaplaceLoss",
    "GaussianLoss",
    "LaplaceLoss",
    "Loss",
    "PureLoss",
    "RandomizedResponseLoss",
    "SkellamLoss",
    "ZCDPLoss",
]


@dataclass(frozen=True)
class Loss:
    """The base of all descriptions of a privacy loss."""

    def _number(self, name: str, *, low: float = 0.0, closed: bool = False) -> None:
        value = real(name, getattr(self, name), low, math.inf, open_low=not closed)
        object.__setattr__(self, name, value)

    def _integer(self, name: str, low: int) -> None:
        object.__setattr__(self, name, whole(name, getattr(self, name), low))


@dataclass(frozen=True)
class GaussianLoss(Loss):
    """Continuous Gaussian noise of ``noise_multiplier`` times the L2 sensitivity, in any dimension.

    Parameters
    ----------
    noise_multiplier
        The standard deviation over the L2 sensitivity.
    slack_epsilon
        How far the law that is drawn may be from a function of the continuous one: on each input its
        probabilities are within a factor e^(±slack_epsilon). Noise on a lattice is better described by
        :class:`DiscreteGaussianLoss`, which knows its own slack.

    Examples
    --------
    >>> GaussianLoss(1.1)
    GaussianLoss(noise_multiplier=1.1, slack_epsilon=0.0)
    """

    noise_multiplier: float
    slack_epsilon: float = 0.0

    def __post_init__(self) -> None:
        self._number("noise_multiplier")
        self._number("slack_epsilon", closed=True)


@dataclass(frozen=True)
class LaplaceLoss(Loss):
    """Continuous Laplace noise; ``scale`` is the scale divided by the sensitivity. One coordinate."""

    scale: float

    def __post_init__(self) -> None:
        self._number("scale")


@dataclass(frozen=True)
class DiscreteLaplaceLoss(Loss):
    """Integer noise with probabilities in proportion to exp(-|x|/scale), for an integer sensitivity."""

    scale: float
    sensitivity: int

    def __post_init__(self) -> None:
        self._number("scale")
        self._integer("sensitivity", 1)


@dataclass(frozen=True)
class DiscreteGaussianLoss(Loss):
    """Integer noise with probabilities in proportion to exp(-x²/(2 sigma²)), independent in each coordinate.

    Parameters
    ----------
    sigma
        In steps of the lattice; the standard deviation, nearly.
    sensitivity
        The L2 sensitivity in steps, at least 1, of answers that are whole numbers of steps.
    dimension
        The number of coordinates. One coordinate has its exact curve; a vector the better of Rényi and of
        the continuous Gaussian that its noise nearly is (:mod:`privml.dp.accounting.lattice`).

    Examples
    --------
    >>> from privml.dp.accounting import Accountant
    >>> round(Accountant().compose(DiscreteGaussianLoss(3.7407, 1)).epsilon(delta=1e-5), 3)
    1.0
    """

    sigma: float
    sensitivity: float
    dimension: int = 1

    def __post_init__(self) -> None:
        self._number("sigma")
        self._number("sensitivity", low=1.0, closed=True)
        self._integer("dimension", 1)


@dataclass(frozen=True)
class SkellamLoss(Loss):
    """Noise that is the difference of two Poisson variables, independent in each coordinate.

    Parameters
    ----------
    variance
        Of one coordinate, of both Poisson variables together.
    sensitivity
        The L2 sensitivity of answers that are integers, at least 1.
    dimension
        The number of coordinates. One has its exact curve; a vector is accounted for by Rényi divergences
        (Agarwal, Kairouz, Liu 2021, Theorem 3.5).
    l1_sensitivity
        What the L1 sensitivity is, if it is known to be below min(sqrt(dimension) sensitivity, sensitivity²).
    """

    variance: float
    sensitivity: float
    dimension: int = 1
    l1_sensitivity: float | None = None

    def __post_init__(self) -> None:
        self._number("variance")
        self._number("sensitivity", low=1.0, closed=True)
        self._integer("dimension", 1)
        if self.l1_sensitivity is not None:
            self._number("l1_sensitivity", low=1.0, closed=True)


@dataclass(frozen=True)
class RandomizedResponseLoss(Loss):
    """The true one of ``k`` answers with probability ``p``, each other one with (1-p)/(k-1)."""

    p: float
    k: int

    def __post_init__(self) -> None:
        self._integer("k", 2)
        object.__setattr__(self, "p", real("p", self.p, 1 / self.k, 1.0, open_low=False))


@dataclass(frozen=True)
class PureLoss(Loss):
    """Anything that is epsilon-DP and about which no more is known."""

    epsilon: float

    def __post_init__(self) -> None:
        self._number("epsilon", closed=True)


@dataclass(frozen=True)
class BoundedRangeLoss(Loss):
    """An epsilon-bounded-range mechanism, such as the exponential mechanism.

    The loss on any two neighbours lies in an interval of length epsilon (Dong, Durfee, Rogers 2020).
    """

    epsilon: float

    def __post_init__(self) -> None:
        self._number("epsilon")


@dataclass(frozen=True)
class ApproximateLoss(Loss):
    """Anything that is (epsilon, delta)-DP and about which no more is known."""

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        self._number("epsilon", closed=True)
        object.__setattr__(self, "delta", real("delta", self.delta, 0.0, 1.0, open_low=False))


@dataclass(frozen=True)
class ZCDPLoss(Loss):
    """Anything that is rho-zCDP and about which no more is known (Bun and Steinke 2016)."""

    rho: float

    def __post_init__(self) -> None:
        self._number("rho", closed=True)
