"""Differential privacy: what is released, under which promise, and how much of a budget is left.

No floating-point number stands between the random bits and the noise, and what is accounted for is what is
drawn. Names load when they are first used.

* mechanisms: functions that release at once (:func:`laplace`), and objects that also tell their loss;
* :mod:`privml.dp.accounting`: what a sequence of mechanisms costs, and how much noise a target needs;
* queries: :func:`count`, :func:`mean` and others on columns, and objects that tell their accuracy;
* :class:`Ledger`: a budget on disk, charged before noise is drawn and never refunded.

Examples
--------
>>> from privml import dp
>>> isinstance(dp.discrete_laplace(42, sensitivity=1, epsilon=0.5), int)
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from privml.dp import accounting
    from privml.dp.accounting import Accountant, FixedSizeSubsampled, PoissonSubsampled, calibrate
    from privml.dp.ledger import Charge, Head, Ledger, Statement
    from privml.dp.mechanisms.laplace import DiscreteLaplace, Laplace, discrete_laplace, geometric, laplace
    from privml.dp.queries import (
        Count,
        Histogram,
        Mean,
        Quantile,
        Std,
        Sum,
        Variance,
        count,
        histogram,
        mean,
        median,
        quantile,
        std,
        sum,
        variance,
    )

__all__ = [
    "Accountant",
    "Charge",
    "Count",
    "DiscreteLaplace",
    "FixedSizeSubsampled",
    "Head",
    "Histogram",
    "Laplace",
    "Ledger",
    "Mean",
    "PoissonSubsampled",
    "Quantile",
    "Statement",
    "Std",
    "Sum",
    "Variance",
    "accounting",
    "calibrate",
    "count",
    "discrete_laplace",
    "geometric",
    "histogram",
    "laplace",
    "mean",
    "median",
    "quantile",
    "std",
    "sum",
    "variance",
]

_HOMES = {
    "accounting": ("Accountant", "FixedSizeSubsampled", "PoissonSubsampled", "calibrate"),
    "ledger": ("Charge", "Head", "Ledger", "Statement"),
    "mechanisms.laplace": ("DiscreteLaplace", "Laplace", "discrete_laplace", "geometric", "laplace"),
    "queries": (
        "Count",
        "Histogram",
        "Mean",
        "Quantile",
        "Std",
        "Sum",
        "Variance",
        "count",
        "histogram",
        "mean",
        "median",
        "quantile",
        "std",
        "sum",
        "variance",
    ),
}


def __getattr__(name: str) -> Any:
    """Load a name at its first use."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"privml.dp.{home}"), name)
    if name == "accounting":
        return importlib.import_module("privml.dp.accounting")
    raise AttributeError(f"module 'privml.dp' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is not loaded yet too, for completion."""
    return sorted({*globals(), *__all__})
