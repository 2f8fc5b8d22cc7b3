"""Privacy accounting: what a sequence of mechanisms costs, and how much noise a target needs.

Everything here takes public parameters only, never data.

Examples
--------
>>> from privml.dp import accounting
>>> acc = accounting.Accountant()
>>> _ = acc.compose(accounting.PoissonSubsampled(accounting.GaussianLoss(1.0), 0.01), count=1000)
>>> acc.epsilon(delta=1e-5) < 1.84
True
"""

from __future__ import annotations

from privml.dp.accounting.accountant import Accountant
from privml.dp.accounting.calibration import calibrate
from privml.dp.accounting.filters import ApproximateFilter, Odometer, ZCDPFilter
from privml.dp.accounting.losses import (
    ApproximateLoss,
    BoundedRangeLoss,
    DiscreteGaussianLoss,
    DiscreteLaplaceLoss,
    GaussianLoss,
    LaplaceLoss,
    Loss,
    PureLoss,
    RandomizedResponseLoss,
    SkellamLoss,
    ZCDPLoss,
)
from privml.dp.accounting.sampling import ComposedLoss, FixedSizeSubsampled, PoissonSubsampled
from privml.dp.accounting.tradeoff import advantage, tradeoff, true_positive_rate

__all__ = [
    "Accountant",
    "ApproximateFilter",
    "ApproximateLoss",
    "BoundedRangeLoss",
    "ComposedLoss",
    "DiscreteGaussianLoss",
    "DiscreteLaplaceLoss",
    "FixedSizeSubsampled",
    "GaussianLoss",
    "LaplaceLoss",
    "Loss",
    "Odometer",
    "PoissonSubsampled",
    "PureLoss",
    "RandomizedResponseLoss",
    "SkellamLoss",
    "ZCDPFilter",
    "ZCDPLoss",
    "advantage",
    "calibrate",
    "tradeoff",
    "true_positive_rate",
]
