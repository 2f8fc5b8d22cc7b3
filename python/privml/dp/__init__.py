"""Differential privacy with noise that is exact: what is drawn has the distribution that is accounted for.

No floating-point number stands between the random bits and the noise. Real answers live on a grid that is
chosen from public parameters alone, and what rounding to it adds to the sensitivity is paid for.

Examples
--------
>>> from privml import dp
>>> isinstance(dp.discrete_laplace(42, sensitivity=1, epsilon=0.5), int)
True
"""

from __future__ import annotations

import importlib

__all__ = [
    "DiscreteLaplace",
    "Laplace",
    "discrete_laplace",
    "geometric",
    "laplace",
]

_HOMES = {
    "DiscreteLaplace": "laplace",
    "Laplace": "laplace",
    "discrete_laplace": "laplace",
    "geometric": "laplace",
    "laplace": "laplace",
}


def __getattr__(name: str) -> object:
    """Load a mechanism at its first use."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"privml.dp.mechanisms.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'privml.dp' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is loaded later too, for completion."""
    return sorted({*globals(), *__all__})
