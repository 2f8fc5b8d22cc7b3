"""What one release may cost, as a value: the parameters that decide the privacy loss, and nothing else.

A loss says how far apart the outputs on two neighbouring inputs can be. Which inputs are neighbours is
the caller's choice (add/remove or substitution); the parameters must be those of that choice.
"""

from __future__ import annotations

from dataclasses import dataclass

from privml.dp.accounting._checks import positive, real, whole

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
]


@dataclass(frozen=True)
class Loss:
    """The base of all descriptions of a privacy loss."""


@dataclass(frozen=True)
class GaussianLoss(Loss):
    """Continuous Gaussian noise of ``noise_multiplier`` times the L2 sensitivity, in any dimension.

    Examples
    --------
    >>> GaussianLoss(1.1)
    GaussianLoss(noise_multiplier=1.1)
    """

    noise_multiplier: float

    def __post_init__(self) -> None:
        positive("noise_multiplier", self.noise_multiplier)


@dataclass(frozen=True)
class LaplaceLoss(Loss):
    """Continuous Laplace noise; ``scale`` is the scale divided by the sensitivity. One coordinate."""

    scale: float

    def __post_init__(self) -> None:
        positive("scale", self.scale)


@dataclass(frozen=True)
class DiscreteLaplaceLoss(Loss):
    """Integer noise with probabilities in proportion to exp(-|x|/scale), for an integer sensitivity."""

    scale: float
    sensitivity: int

    def __post_init__(self) -> None:
        positive("scale", self.scale)
        whole("sensitivity", self.sensitivity, 1)


@dataclass(frozen=True)
class DiscreteGaussianLoss(Loss):
    """Integer noise with probabilities in proportion to exp(-x²/(2 sigma²)). One coordinate."""

    sigma: float
    sensitivity: int

    def __post_init__(self) -> None:
        positive("sigma", self.sigma)
        whole("sensitivity", self.sensitivity, 1)


@dataclass(frozen=True)
class SkellamLoss(Loss):
    """The difference of two Poisson variables, of this variance in total. One coordinate."""

    variance: float
    sensitivity: int

    def __post_init__(self) -> None:
        positive("variance", self.variance)
        whole("sensitivity", self.sensitivity, 1)


@dataclass(frozen=True)
class RandomizedResponseLoss(Loss):
    """The true one of ``k`` answers with probability ``p``, each other one with (1-p)/(k-1)."""

    p: float
    k: int

    def __post_init__(self) -> None:
        whole("k", self.k, 2)
        real("p", self.p, 1 / self.k, 1.0, open_low=False)


@dataclass(frozen=True)
class PureLoss(Loss):
    """Anything that is epsilon-DP and about which no more is known."""

    epsilon: float

    def __post_init__(self) -> None:
        real("epsilon", self.epsilon, 0.0, float("inf"), open_low=False)


@dataclass(frozen=True)
class BoundedRangeLoss(Loss):
    """An epsilon-bounded-range mechanism, such as the exponential mechanism.

    The loss on any two neighbours lies in an interval of length epsilon (Dong, Durfee, Rogers 2020).
    """

    epsilon: float

    def __post_init__(self) -> None:
        positive("epsilon", self.epsilon)


@dataclass(frozen=True)
class ApproximateLoss(Loss):
    """Anything that is (epsilon, delta)-DP and about which no more is known."""

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        real("epsilon", self.epsilon, 0.0, float("inf"), open_low=False)
        real("delta", self.delta, 0.0, 1.0, open_low=False)
