"""What encrypted and packed arrays share."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from privml._core import PaillierCiphertexts
from privml.errors import ParameterError

__all__ = ["Noise", "check_noise", "raw_integers"]

Noise = Literal["short", "uniform"]


def raw_integers(batch: PaillierCiphertexts) -> NDArray[Any]:
    """Return ciphertexts as a flat object array of Python ints."""
    out = np.empty(len(batch), dtype=object)
    out[:] = batch.raw()
    return out


def check_noise(noise: object) -> None:
    """Refuse names of noise that there are not."""
    if noise not in ("short", "uniform"):
        raise ParameterError(f"noise is {noise!r}; allowed are 'short' and 'uniform'")
