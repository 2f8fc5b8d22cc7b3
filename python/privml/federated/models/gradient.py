"""Stochastic gradient descent over arrays of weights: what all ready models share."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml.encoding import check_int
from privml.errors import ParameterError, ShapeError
from privml.federated.site import check_features, check_rows

__all__ = ["GradientModel", "check_classes", "softmax"]

Weights = list[NDArray[np.float64]]


class GradientModel(ABC):
    """A model given by its loss, its gradient and its predictions; the descent is here."""

    _weights: Weights

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Columns of `X`."""

    @property
    @abstractmethod
    def weight_names(self) -> tuple[str, ...]:
        """A name for each array of weights."""

    @abstractmethod
    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return targets as the gradient takes them, or raise ParameterError."""

    @abstractmethod
    def _gradient(self, X: NDArray[np.float64], y: NDArray[Any]) -> Weights:
        """Return the gradient of the mean loss over checked rows."""

    @abstractmethod
    def _loss(self, X: NDArray[np.float64], y: NDArray[Any]) -> float:
        """Return the mean loss over checked rows."""

    @abstractmethod
    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return a class or a quantity for each row, shape (n,)."""

    @property
    def weights(self) -> Weights:
        """The weights, as copies; setting them copies too, and checks shapes and that they are finite."""
        return [part.copy() for part in self._weights]

    @weights.setter
    def weights(self, values: Sequence[ArrayLike]) -> None:
        parts = [encoding.as_numbers(part, f"weights[{i}]") for i, part in enumerate(values)]
        shapes = [part.shape for part in self._weights]
        if [part.shape for part in parts] != shapes:
            raise ShapeError(f"weights have the shapes {[p.shape for p in parts]}; the model's are {shapes}")
        self._weights = [part.astype(np.float64) for part in parts]

    def check(self, X: ArrayLike, y: ArrayLike) -> None:
        """Raise if the model cannot be trained on these rows.

        Raises
        ------
        ShapeError
            If there is no row, or not the model's number of features.
        NotFiniteError, DtypeError
            If a number is not finite, or none.
        ParameterError
            If `y` holds no targets of the model.
        """
        self._checked(X, y)

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[Any]]:
        features, targets = check_rows(X, y)
        check_features(features, self.n_features)
        return features, self._targets(targets)

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        epochs: int = 1,
        batch_size: int | None = 32,
        learning_rate: float = 0.1,
        seed: int | np.random.SeedSequence | None = None,
        mu: float = 0.0,
    ) -> Self:
        """
        Train on rows, from the present weights on.

        Parameters
        ----------
        X : array_like, shape (n, n_features)
            Features.
        y : array_like, shape (n,)
            Targets.
        epochs : int
            Passes over the rows, each in a fresh random order.
        batch_size : int or None
            Rows of a step; None takes all at once.
        learning_rate : float
            Length of a step.
        seed : int or SeedSequence, optional
            Decides the order of rows.
        mu : float
            Adds `mu * (w - w_0)` to every gradient, with `w_0` the weights at the call: FedProx's term.

        Returns
        -------
        self

        Raises
        ------
        ShapeError, NotFiniteError, DtypeError, ParameterError
            If the rows are not ones that the model can learn from, or a parameter is out of range.
        """
        features, targets = self._checked(X, y)
        rows = len(targets)
        check_int(epochs, "epochs", 1)
        size = rows if batch_size is None else min(check_int(batch_size, "batch_size", 1), rows)
        if not (isinstance(learning_rate, int | float) and 0 < learning_rate < math.inf):
            raise ParameterError(f"learning_rate is {learning_rate!r}; allowed are finite numbers above 0")
        start = self.weights if mu else None
        generator = np.random.default_rng(seed)
        # Steps that run away end in infinities; whoever uses the weights is told so there, once.
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(epochs):
                order = generator.permutation(rows)
                for first in range(0, rows, size):
                    batch = order[first : first + size]
                    gradient = self._gradient(features[batch], targets[batch])
                    for index, slope in enumerate(gradient):
                        if start is not None:
                            slope = slope + mu * (self._weights[index] - start[index])
                        self._weights[index] = self._weights[index] - learning_rate * slope
        return self

    def loss(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the mean loss a row; raises as :meth:`check` does."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._loss(*self._checked(X, y))

    def accuracy(self, X: ArrayLike, y: ArrayLike) -> float | None:
        """Return the part of rows that are predicted right; raises as :meth:`check` does."""
        features, targets = self._checked(X, y)
        return float(np.mean(self.predict(features) == targets))

    def copy(self) -> Self:
        """Return an independent model of the same weights."""
        twin = copy.copy(self)
        twin._weights = self.weights
        return twin


def check_classes(y: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """Return classes as integers from 0 to `classes - 1`.

    Raises
    ------
    ParameterError
        If there is another value among them.
    """
    numbers = y.astype(np.int64) if y.dtype.kind != "f" or np.abs(y).max() < 2**53 else np.full(len(y), -1)
    wrong = (numbers != y) | (numbers < 0) | (numbers >= classes)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise ParameterError(f"y[{at}] is no class; allowed are integers from 0 to {classes - 1}")
    return numbers.astype(np.int64)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of each row's scores, shifted so that nothing overflows."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
