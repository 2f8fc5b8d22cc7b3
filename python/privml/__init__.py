"""Compute together on data that may not be pooled.

The families live in submodules that load when they are first used, so that `import privml` itself is quick:

* :mod:`privml.paillier`: additively homomorphic encryption of whole NumPy arrays;
* :mod:`privml.elgamal`: encryption that multiplies, or adds small integers; keys that several hold together;
* :mod:`privml.dp`: differential privacy: exact noise, queries, accounting, a budget ledger;
* :mod:`privml.federated`: federated training, with or without encrypted aggregation;
* :mod:`privml.demo`: both at work on real patient data.

Examples
--------
>>> import privml
>>> privml.backend() in privml.available_backends()
True
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from privml._core import (
    __version__,
    after_fork_in_child,
    available_backends,
    backend,
    multiply_adds_per_cycle,
    num_threads,
)

__all__ = [
    "__version__",
    "available_backends",
    "backend",
    "demo",
    "dp",
    "elgamal",
    "encoding",
    "errors",
    "federated",
    "multiply_adds_per_cycle",
    "num_threads",
    "paillier",
]

if hasattr(os, "register_at_fork"):  # where there is fork
    os.register_at_fork(after_in_child=after_fork_in_child)

_SUBMODULES = frozenset({"demo", "dp", "elgamal", "encoding", "errors", "federated", "paillier"})


def __getattr__(name: str) -> ModuleType:
    """Load a submodule at its first use."""
    if name in _SUBMODULES:
        return importlib.import_module(f"privml.{name}")
    raise AttributeError(f"module 'privml' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name the submodules too, for completion."""
    return sorted({*globals(), *_SUBMODULES})
