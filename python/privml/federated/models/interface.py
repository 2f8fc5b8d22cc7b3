"""What federated training asks of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Model"]


@runtime_checkable
class Model(Protocol):
    """Anything with weights as arrays that can train on rows and say how it does."""

    @property
    def weight_names(self) -> tuple[str, ...]:
        """A name for each array of :attr:`weights`, for messages."""

    @property
    def weights(self) -> list[NDArray[np.float64]]:
        """The weights, as copies; setting them copies too."""

    @weights.setter
    def weights(self, values: Sequence[NDArray[np.float64]]) -> None: ...

    def check(self, X: NDArray[np.float64], y: NDArray[Any]) -> None:
        """Raise if the model cannot be trained on such rows."""

    def fit(
        self,
        X: NDArray[np.float64],
        y: NDArray[Any],
        *,
        epochs: int = 1,
        batch_size: int | None = 32,
        learning_rate: float = 0.1,
        seed: int | np.random.SeedSequence | None = None,
        mu: float = 0.0,
    ) -> Self:
        """Train from the present weights `w_0` on; `mu` adds `mu * (w - w_0)` to every gradient."""

    def predict(self, X: NDArray[np.float64]) -> NDArray[Any]:
        """Return a class or a quantity for each row."""

    def loss(self, X: NDArray[np.float64], y: NDArray[Any]) -> float:
        """Return the mean loss a row."""

    def accuracy(self, X: NDArray[np.float64], y: NDArray[Any]) -> float | None:
        """Return the part of rows that are predicted right; None for a quantity."""

    def copy(self) -> Self:
        """Return an independent model of the same weights."""
