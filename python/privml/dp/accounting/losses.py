"""Descriptions of the privacy loss of one release, by the law that was drawn."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ApproximateLoss",
    "BoundedRangeLoss",
    "DiscreteGaussianLoss",
    "DiscreteLaplaceLoss",
    "GaussianLoss",
    "LaplaceLoss",
    "PureLoss",
    "RandomizedResponseLoss",
    "SkellamLoss",
]


@dataclass(frozen=True)
class GaussianLoss:
    """Continuous Gaussian noise of `noise_multiplier` times the L2 sensitivity."""

    noise_multiplier: float


@dataclass(frozen=True)
class LaplaceLoss:
    """Continuous Laplace noise of `scale` times the L1 sensitivity."""

    scale: float


@dataclass(frozen=True)
class DiscreteLaplaceLoss:
    """Discrete Laplace noise on integers that move by at most `sensitivity`."""

    scale: float
    sensitivity: int


@dataclass(frozen=True)
class DiscreteGaussianLoss:
    """Discrete Gaussian noise on an integer that moves by at most `sensitivity`."""

    sigma: float
    sensitivity: int


@dataclass(frozen=True)
class SkellamLoss:
    """Skellam noise on an integer that moves by at most `sensitivity`."""

    variance: float
    sensitivity: int


@dataclass(frozen=True)
class RandomizedResponseLoss:
    """One of `k` answers, kept with probability `p`."""

    p: float
    k: int


@dataclass(frozen=True)
class PureLoss:
    """Any mechanism of `epsilon` and delta 0."""

    epsilon: float


@dataclass(frozen=True)
class BoundedRangeLoss:
    """A mechanism whose loss stays in an interval of length `epsilon`, as the exponential mechanism's."""

    epsilon: float


@dataclass(frozen=True)
class ApproximateLoss:
    """Any mechanism of `epsilon` and `delta`."""

    epsilon: float
    delta: float
