"""Gaussian noise on a lattice, in any dimension, as continuous Gaussian noise that was rounded at random.

Let D_s be the law on the integers with probabilities in proportion to exp(-x²/(2 s²)). Add continuous noise
of variance s² - t² to an integer x, giving y, then go to the integer z with probability in proportion to
exp(-(z-y)²/(2 t²)). The second step sees y alone: it is post-processing. The two exponents complete a
square, so the law of z is c exp(-(z-x)²/(2 s²)) averaged over 1/r(y), where r(y) is the sum of
exp(-(z-y)²/(2 t²)) over the integers z over sqrt(2 pi) t. By Poisson summation

    |r(y) - 1| <= e,  e = 2 exp(-2 pi² t²) + 2 exp(-8 pi² t²) + ...

so the law is within (1+e)/(1-e) of D_s at each z, both ways, once the constant is fixed by the sum being 1
(Peikert 2010, Theorem 3.1; Micciancio and Regev 2007, Lemma 3.3). Coordinates multiply: the factor is
e^(±slack) with slack = 2 d atanh(e), about 4 d exp(-2 pi² t²).

If the laws on two neighbours are within e^(±s) of ones with curve delta(.), then for every event
P'(E) - e^a Q'(E) <= e^s (P(E) - e^(a-2s) Q(E)) <= e^s delta(a - 2s). Factors multiply over steps, each
chosen with regard to those before or not, and mixtures (samples) keep them: slacks add up.
"""

from __future__ import annotations

import math

from privml.dp.accounting import losses as ls
from privml.dp.accounting.sampling import FixedSizeSubsampled, PoissonSubsampled, Step
from privml.errors import ParameterError

__all__ = ["continuous", "slack"]

# What all steps together may add to epsilon, halved.
SLACK = 1e-10
# The widest one-coordinate noise whose curve is summed term by term: above, the loss is t²/(2 sigma²) < 1e-7.
MAX_SUMMED = 4096.0


def slack(t: float, dimension: int) -> float:
    """Return the slack of rounding with width ``t`` in so many coordinates."""
    first = math.exp(-2 * (math.pi * t) ** 2)
    # The terms after the first fall faster than a geometric series of ratio first³.
    e = 2 * first / (1 - first**3)
    return 2 * dimension * math.atanh(e) * (1 + 1e-12)


def gaussian_above(loss: ls.DiscreteGaussianLoss, count: int) -> ls.GaussianLoss:
    """Return continuous noise that the lattice noise, used ``count`` times, is nearly a function of."""
    t = math.sqrt(math.log(4 * loss.dimension * max(count, 1) / SLACK) / 2) / math.pi
    # Little noise: what is rounded away would be most of it.
    t = min(t, max(loss.sigma / 2, 0.6))
    left = loss.sigma**2 - t * t
    if left <= 0:
        raise ParameterError(f"sigma is {loss.sigma}, too little for a curve in {loss.dimension} dimensions")
    return ls.GaussianLoss(math.sqrt(left) / loss.sensitivity * (1 - 1e-15), slack(t, loss.dimension))


def continuous(step: Step, count: int) -> tuple[Step, float]:
    """Return a step without slack, and the slack of one."""
    if isinstance(step, PoissonSubsampled | FixedSizeSubsampled):
        inner, own = continuous(step.base, count)
        if inner is step.base:
            return step, 0.0
        if isinstance(step, PoissonSubsampled):
            return PoissonSubsampled(inner, step.rate), own
        return FixedSizeSubsampled(inner, step.sample_size, step.dataset_size, step.replacement), own
    if isinstance(step, ls.DiscreteGaussianLoss) and (step.dimension > 1 or step.sigma > MAX_SUMMED):
        step = gaussian_above(step, count)
    if isinstance(step, ls.GaussianLoss) and step.slack_epsilon:
        return ls.GaussianLoss(step.noise_multiplier), step.slack_epsilon
    return step, 0.0
