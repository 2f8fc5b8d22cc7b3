"""Differential privacy: what is released, under which promise, and how much of a budget is left.

Names load when they are first used.

* :class:`Ledger`: a budget on disk, charged before noise is drawn and never refunded.

Examples
--------
>>> from privml import dp
>>> dp.Ledger.__name__
'Ledger'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from privml.dp.ledger import Charge, Head, Ledger, Statement

__all__ = ["Charge", "Head", "Ledger", "Statement"]

_HOMES = {"Charge": "ledger", "Head": "ledger", "Ledger": "ledger", "Statement": "ledger"}


def __getattr__(name: str) -> Any:
    """Load a name at its first use."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"privml.dp.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'privml.dp' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is not loaded yet too, for completion."""
    return sorted({*globals(), *_HOMES})
