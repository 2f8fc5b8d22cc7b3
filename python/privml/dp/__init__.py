"""Differential privacy.

* :mod:`privml.dp.accounting`: what a sequence of mechanisms costs, and how much noise a target needs.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["accounting"]


def __getattr__(name: str) -> ModuleType:
    """Load a submodule at its first use."""
    if name in __all__:
        return importlib.import_module(f"privml.dp.{name}")
    raise AttributeError(f"module 'privml.dp' has no attribute {name!r}")
