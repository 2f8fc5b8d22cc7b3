"""What every mechanism is: something that releases, and tells what a release costs.

A mechanism's ``loss`` describes the noise that is drawn, after its parameters were rounded towards more of
it, and never the parameters that were asked for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol, runtime_checkable

from privml.dp.accounting.losses import Loss

__all__ = ["Costed", "Mechanism"]


@runtime_checkable
class Mechanism(Protocol):
    """Anything that releases and has a loss."""

    @property
    def loss(self) -> Loss:
        """The privacy loss of one release."""

    def release(self, values: Any) -> Any:
        """Release something about values."""


class Costed(ABC):
    """The privacy curve of whatever has a loss. Compose with ``Accountant().compose(mechanism, count)``."""

    @property
    @abstractmethod
    def loss(self) -> Loss:
        """The privacy loss of one release."""

    def epsilon(self, delta: float = 0.0) -> float:
        """Return an upper bound on the epsilon of one release at this delta."""
        from privml.dp.accounting.accountant import Accountant

        return Accountant().compose(self.loss).epsilon(delta)

    def delta(self, epsilon: float) -> float:
        """Return an upper bound on the delta of one release at this epsilon."""
        from privml.dp.accounting.accountant import Accountant

        return Accountant().compose(self.loss).delta(epsilon)

    def __repr__(self) -> str:
        """Name the mechanism by its loss."""
        return f"{type(self).__name__}({self.loss!r})"
