"""A multi-layer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml.encoding import check_int
from privml.errors import ParameterError
from privml.federated.models.gradient import GradientModel, Weights, check_classes, softmax
from privml.federated.site import check_features

__all__ = ["MLP"]


class MLP(GradientModel):
    """
    Fully connected layers with rectified linear units between them.

    Parameters
    ----------
    sizes : sequence of int
        Widths of the layers, from the features to the outputs, at least two. One output is a quantity (the
        loss is half the squared error), several are classes (cross-entropy).
    seed : int, optional
        Decides the weights to begin with: normal with variance `2 / fan_in` (He et al., ICCV 2015); biases
        begin at zero.

    Raises
    ------
    ParameterError
        If a size is not a positive integer, or there are fewer than two.

    Examples
    --------
    >>> import numpy as np
    >>> from privml.federated import MLP
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> MLP([2, 16, 2], seed=1).fit(X, [0, 1, 1, 0], epochs=500, learning_rate=0.3, seed=1).predict(X)
    array([0, 1, 1, 0])
    """

    def __init__(self, sizes: Sequence[int], *, seed: int | None = None) -> None:
        widths = [check_int(size, f"sizes[{i}]", 1) for i, size in enumerate(sizes)]
        if len(widths) < 2:
            raise ParameterError(f"sizes has {len(widths)} entries; allowed are 2 or more")
        generator = np.random.default_rng(seed)
        self._sizes = tuple(widths)
        self._weights = []
        for width, following in pairwise(widths):
            self._weights.append(generator.normal(0.0, np.sqrt(2.0 / width), size=(width, following)))
            self._weights.append(np.zeros(following))

    @property
    def n_features(self) -> int:
        """Columns of `X`."""
        return self._sizes[0]

    @property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the arrays of weights: a matrix and a vector for each layer."""
        layers = range(1, len(self._sizes))
        return tuple(f"layer {layer} {kind}" for layer in layers for kind in ("weights", "biases"))

    @property
    def _classifies(self) -> bool:
        return self._sizes[-1] > 1

    def _activations(self, X: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return what enters each layer, and the outputs last."""
        values = [X]
        for layer in range(len(self._sizes) - 1):
            scores = values[-1] @ self._weights[2 * layer] + self._weights[2 * layer + 1]
            values.append(scores if layer == len(self._sizes) - 2 else np.maximum(scores, 0.0))
        return values

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return check_classes(y, self._sizes[-1]) if self._classifies else y.astype(np.float64)

    def _gradient(self, X: NDArray[np.float64], y: NDArray[Any]) -> Weights:
        values = self._activations(X)
        if self._classifies:
            delta = softmax(values[-1])
            delta[np.arange(len(y)), y] -= 1.0
        else:
            delta = values[-1] - y[:, None]
        delta = delta / len(y)
        gradient: Weights = []
        for layer in range(len(self._sizes) - 2, -1, -1):
            gradient[:0] = [values[layer].T @ delta, delta.sum(axis=0)]
            if layer:
                delta = (delta @ self._weights[2 * layer].T) * (values[layer] > 0)
        return gradient

    def _loss(self, X: NDArray[np.float64], y: NDArray[Any]) -> float:
        outputs = self._activations(X)[-1]
        if self._classifies:
            return float(np.mean(np.logaddexp.reduce(outputs, axis=1) - outputs[np.arange(len(y)), y]))
        return float(0.5 * np.mean((outputs[:, 0] - y) ** 2))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the chance of each class, shape (n, classes).

        Raises
        ------
        ParameterError
            If the model predicts a quantity.
        """
        if not self._classifies:
            raise ParameterError("the model has one output, a quantity; it gives no chances")
        return softmax(self._activations(check_features(X, self.n_features))[-1])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likeliest class, or the quantity, of each row, shape (n,)."""
        outputs = self._activations(check_features(X, self.n_features))[-1]
        return np.argmax(outputs, axis=1).astype(np.int64) if self._classifies else outputs[:, 0]

    def accuracy(self, X: ArrayLike, y: ArrayLike) -> float | None:
        """Return the part of rows that are predicted right; None for a quantity."""
        return super().accuracy(X, y) if self._classifies else None

    def __repr__(self) -> str:
        return f"MLP({list(self._sizes)})"
