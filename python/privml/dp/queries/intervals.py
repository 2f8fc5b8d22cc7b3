"""The door to the core's exponential mechanism over intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from privml import _core
from privml.dp.mechanisms.draw import Scale

__all__ = ["choose_interval"]


def choose_interval(lengths: NDArray[np.int64], gaps: NDArray[np.int64], scale: Scale) -> tuple[int, int]:
    """Choose an interval with weight ``length * exp(-gap / scale)``, and a uniform offset into it."""
    return _core.choose_interval(
        np.ascontiguousarray(lengths), np.ascontiguousarray(gaps), scale.numerator, scale.shift
    )
