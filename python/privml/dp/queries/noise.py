"""The noise of sums and counts: discrete Laplace in steps of a grid, its tails, and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction

from privml.dp.mechanisms.draw import Scale, noise, scale_above

__all__ = ["Noise", "ratio_above", "threshold"]


@dataclass(frozen=True)
class Noise:
    """Discrete Laplace noise on integers that neighbours move by at most `sensitivity`, in L1."""

    sensitivity: int
    drawn: Scale

    @classmethod
    def make(cls, sensitivity: int, epsilon: Fraction) -> Noise:
        """Calibrate: the scale is `sensitivity / epsilon`, rounded up to what the sampler draws at."""
        return cls(sensitivity, scale_above(sensitivity / epsilon, "epsilon"))

    @property
    def scale(self) -> float:
        """The scale, in steps."""
        return float(self.drawn.value)

    @property
    def epsilon(self) -> Fraction:
        """What it costs, exactly: at most what it was made for."""
        return self.sensitivity / self.drawn.value

    def add(self, totals: list[int]) -> list[int]:
        """Add independent draws; Python's integers have no end to saturate at."""
        draws = noise("discrete_laplace", self.drawn, (len(totals),)).tolist()
        return [total + draw for total, draw in zip(totals, draws, strict=True)]

    def reach(self, alpha: float) -> int:
        """Return the least `t` with ``P(|noise| > t) = 2 p**(t+1) / (1 + p) <= alpha``."""
        ratio = 2 / (alpha * (1 + math.exp(-1 / self.scale)))
        return max(0, math.ceil(self.scale * math.log(ratio) - 1))


def ratio_above(ratio: Fraction) -> float:
    """Return the least double that is not below a fraction."""
    number = float(ratio)
    return number if Fraction(number) >= ratio else math.nextafter(number, math.inf)


def threshold(scale: Scale, rows: int, delta: float) -> int:
    """Return the count from which on a group that was not known beforehand may be named.

    A group is named if its count plus discrete Laplace noise is at least the threshold `T`. Groups that only
    one unit's rows are in must not be named but with probability `delta`. With ``p = exp(-1/scale)`` the
    noise is at least ``t >= 1`` with probability ``p**t / (1 + p)``. Of all ways to spread `rows` rows, one
    group of all or `rows` groups of one are the worst, since ``p**-c`` is convex in the count. So `T` is the
    least integer above `rows` with::

        max(p**-rows, rows * p**-1) * p**T / (1 + p) <= delta

    Korolova, Kenthapadi, Mishra, Ntoulas, *Releasing search queries and clicks privately* (WWW 2009); Wilson
    et al., *Differentially private SQL with bounded user contribution* (PoPETs 2020), section 3.2, both for
    continuous noise.
    """
    context = Context(prec=60)
    size = scale.value
    s = context.divide(Decimal(size.numerator), Decimal(size.denominator))
    one = context.divide(Decimal(1), s)
    most = max(context.multiply(one, rows), context.add(context.ln(Decimal(rows)), one))
    tail = context.multiply(Decimal(delta), context.add(Decimal(1), context.exp(-one)))
    least = context.multiply(s, context.subtract(most, context.ln(tail)))
    # Sixty digits were computed; forty are far more than what could be wrong.
    least = context.add(least, context.multiply(abs(least), Decimal("1e-40")))
    return max(rows + 1, int(least.to_integral_value(rounding=ROUND_CEILING)))
