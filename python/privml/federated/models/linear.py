"""Linear, logistic and softmax regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml.encoding import check_int
from privml.federated.models.gradient import GradientModel, Weights, check_classes, softmax
from privml.federated.site import check_features

__all__ = ["LinearRegression", "LogisticRegression", "SoftmaxRegression"]


class _Affine(GradientModel):
    """One score for each row: `X @ coefficients + intercept`, both starting at zero."""

    def __init__(self, n_features: int) -> None:
        check_int(n_features, "n_features", 1)
        self._weights = [np.zeros(n_features), np.zeros(1)]

    @property
    def n_features(self) -> int:
        """Columns of `X`."""
        return len(self._weights[0])

    @property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the two arrays of weights, of shapes (n_features,) and (1,)."""
        return ("coefficients", "intercept")

    def _scores(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(X @ self._weights[0] + self._weights[1])

    def _slopes(self, X: NDArray[np.float64], residuals: NDArray[np.float64]) -> Weights:
        return [X.T @ residuals / len(residuals), np.array([residuals.mean()])]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_features})"


class LinearRegression(_Affine):
    """
    A quantity as a weighted sum of features; the loss is half the squared error.

    Parameters
    ----------
    n_features : int
        Columns of `X`.

    Examples
    --------
    >>> import numpy as np
    >>> from privml.federated import LinearRegression
    >>> X = np.array([[-1.0], [0.0], [1.0]])
    >>> model = LinearRegression(1).fit(X, [1.0, 3.0, 5.0], epochs=300, batch_size=None)
    >>> model.predict([[2.0]]).round(3)
    array([7.])
    """

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return y.astype(np.float64)

    def _gradient(self, X: NDArray[np.float64], y: NDArray[Any]) -> Weights:
        return self._slopes(X, self._scores(X) - y)

    def _loss(self, X: NDArray[np.float64], y: NDArray[Any]) -> float:
        return float(0.5 * np.mean((self._scores(X) - y) ** 2))

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the quantity for each row, shape (n,)."""
        return self._scores(check_features(X, self.n_features))

    def accuracy(self, X: ArrayLike, y: ArrayLike) -> None:
        """Return None: a quantity is not right or wrong."""
        return None


class LogisticRegression(_Affine):
    """
    The chance of class 1 against class 0; the loss is the logarithmic one.

    Parameters
    ----------
    n_features : int
        Columns of `X`.

    Examples
    --------
    >>> from privml.federated import LogisticRegression
    >>> model = LogisticRegression(1).fit([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1], epochs=50)
    >>> model.predict([[-3.0], [3.0]])
    array([0, 1])
    """

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return check_classes(y, 2)

    def _gradient(self, X: NDArray[np.float64], y: NDArray[Any]) -> Weights:
        return self._slopes(X, _sigmoid(self._scores(X)) - y)

    def _loss(self, X: NDArray[np.float64], y: NDArray[Any]) -> float:
        scores = self._scores(X)
        return float(np.mean(np.logaddexp(0.0, scores) - y * scores))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the chance of class 1 for each row, shape (n,)."""
        return _sigmoid(self._scores(check_features(X, self.n_features)))

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the likelier class of each row, shape (n,)."""
        return (self._scores(check_features(X, self.n_features)) > 0).astype(np.int64)


class SoftmaxRegression(GradientModel):
    """
    The chances of several classes; the loss is the cross-entropy.

    Parameters
    ----------
    n_features : int
        Columns of `X`.
    n_classes : int
        Classes, at least 2: 0, 1, ..., `n_classes - 1`.

    Examples
    --------
    >>> from privml.federated import SoftmaxRegression
    >>> model = SoftmaxRegression(2, 3).fit([[5, 0], [0, 5], [-5, -5]], [0, 1, 2], epochs=20)
    >>> model.predict([[4, 0], [-1, -1]])
    array([0, 2])
    """

    def __init__(self, n_features: int, n_classes: int) -> None:
        check_int(n_features, "n_features", 1)
        check_int(n_classes, "n_classes", 2)
        self._weights = [np.zeros((n_features, n_classes)), np.zeros(n_classes)]

    @property
    def n_features(self) -> int:
        """Columns of `X`."""
        return len(self._weights[0])

    @property
    def n_classes(self) -> int:
        """Classes."""
        return len(self._weights[1])

    @property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the arrays of weights, of shapes (n_features, n_classes) and (n_classes,)."""
        return ("coefficients", "intercepts")

    def _scores(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(X @ self._weights[0] + self._weights[1])

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return check_classes(y, self.n_classes)

    def _gradient(self, X: NDArray[np.float64], y: NDArray[Any]) -> Weights:
        residuals = softmax(self._scores(X))
        residuals[np.arange(len(y)), y] -= 1.0
        return [X.T @ residuals / len(y), residuals.mean(axis=0)]

    def _loss(self, X: NDArray[np.float64], y: NDArray[Any]) -> float:
        scores = self._scores(X)
        return float(np.mean(np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the chance of each class, shape (n, n_classes)."""
        return softmax(self._scores(check_features(X, self.n_features)))

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the likeliest class of each row, shape (n,)."""
        scores = self._scores(check_features(X, self.n_features))
        return np.asarray(np.argmax(scores, axis=1), dtype=np.int64)

    def __repr__(self) -> str:
        return f"SoftmaxRegression({self.n_features}, {self.n_classes})"


def _sigmoid(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    # Through tanh, which saturates where exp would overflow.
    return 0.5 * (1.0 + np.tanh(0.5 * scores))
