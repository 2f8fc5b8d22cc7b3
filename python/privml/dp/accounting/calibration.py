"""How much noise a target needs, or how many steps it allows. The target is never exceeded."""

from __future__ import annotations

import math
from collections.abc import Callable

from privml._wording import a_type
from privml.dp.accounting._checks import positive, real
from privml.dp.accounting.accountant import Accountant, Method
from privml.errors import DtypeError, ParameterError

__all__ = ["calibrate"]


def calibrate(
    make: Callable[[float], object],
    target_epsilon: float,
    delta: float,
    *,
    count: int = 1,
    method: Method = "pld",
    low: float = 1e-3,
    high: float = 1e12,
    tolerance: float = 1e-4,
) -> float:
    """Return the smallest noise parameter, within ``tolerance``, that meets a target.

    Parameters
    ----------
    make
        From the parameter (more is more noise) to a loss or a sampled mechanism.
    target_epsilon, delta
        What is promised.
    count
        How many steps.
    low, high
        Where to look.
    tolerance
        Relative; the answer's own epsilon was computed and is at most the target.

    Raises
    ------
    DtypeError
        If ``make`` is no function.
    ParameterError
        If not even ``high`` is enough.

    Examples
    --------
    >>> from privml.dp.accounting import GaussianLoss
    >>> round(calibrate(GaussianLoss, 1.0, 1e-5), 3)
    3.731
    """
    if not callable(make):
        raise DtypeError(
            f"make: found {a_type(make)}, allowed: a function from noise to a loss, such as GaussianLoss"
        )
    target = positive("target_epsilon", target_epsilon)
    real("delta", delta, 0.0, 1.0, open_low=False)
    lowest, highest = positive("low", low), positive("high", high)
    step = real("tolerance", tolerance, 0.0, 1.0)
    known: dict[float, float] = {}

    def cost(x: float) -> float:
        if x not in known:
            try:
                known[x] = Accountant(method).compose(make(x), count).epsilon(delta)
            except ParameterError:
                if x > 0.05:
                    raise
                known[x] = math.inf  # too little noise for any curve
        return known[x]

    enough = max(1.0, lowest)
    while cost(enough) > target:
        if enough >= highest:
            raise ParameterError(
                f"high={highest} is not noise enough for target_epsilon={target} at delta={delta}"
            )
        enough = min(enough * 3, highest)
    short = enough / 3
    while short > lowest and cost(short) <= target:
        enough, short = short, short / 3
    short = max(short, lowest)
    if cost(short) <= target:
        return short
    side = 0
    while enough / short > 1 + step:
        # Epsilon is nearly a power of the noise: interpolate the logarithms, halving when that is slow.
        a, b = cost(short), cost(enough)
        middle = math.sqrt(short * enough)
        if math.isfinite(a) and b > 0 and abs(side) < 2:
            part = math.log(a / target) / math.log(a / b)
            nudge = 0.3 * step / math.log(enough / short)
            part = min(max(part + (nudge if side <= 0 else -nudge), nudge), 1 - nudge)
            middle = short * (enough / short) ** part
        if middle in (short, enough):
            break
        if cost(middle) <= target:
            enough, side = middle, max(side, 0) + 1
        else:
            short, side = middle, min(side, 0) - 1
    return enough
