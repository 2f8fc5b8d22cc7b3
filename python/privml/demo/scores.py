"""How good a classifier's scores are: accuracy, and the area under the ROC curve by ranks.

The area is the Mann-Whitney statistic (Hanley & McNeil, Radiology 143, 1982): the chance that a random
positive gets a higher score than a random negative, ties counting one half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml.errors import NotFiniteError, ParameterError, ShapeError

__all__ = ["accuracy", "auc"]


def accuracy(y: ArrayLike, predicted: ArrayLike) -> float:
    """
    Return the part of predictions that are right.

    Parameters
    ----------
    y, predicted : array_like, shape (n,)
        The true and the predicted classes.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ShapeError
        If the two are not one-dimensional, of the same length and non-empty.

    Examples
    --------
    >>> from privml.demo import accuracy
    >>> accuracy([0, 1, 1, 0], [0, 1, 0, 0])
    0.75
    """
    truth, guess = _pair(y, predicted, "predicted")
    return float(np.mean(truth == guess))


def auc(y: ArrayLike, scores: ArrayLike) -> float:
    """
    Return the area under the ROC curve, by ranks; tied scores share their mean rank.

    Parameters
    ----------
    y : array_like, shape (n,)
        The true classes, 0 or 1, both present.
    scores : array_like, shape (n,)
        The higher, the more likely class 1. Any monotone scale.

    Returns
    -------
    float
        Between 0 and 1; 0.5 is guessing.

    Raises
    ------
    ShapeError
        If the two are not one-dimensional, of the same length and non-empty.
    NotFiniteError
        If a score is NaN.
    ParameterError
        If `y` holds other values than 0 and 1, or only one of them.

    Examples
    --------
    >>> from privml.demo import auc
    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    truth, values = _pair(y, scores, "scores")
    if np.isnan(values).any():
        raise NotFiniteError(f"scores[{int(np.flatnonzero(np.isnan(values))[0])}] is NaN")
    positive = truth == 1
    if not np.isin(truth, (0, 1)).all():
        raise ParameterError("y holds other values than 0 and 1")
    positives = int(positive.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        raise ParameterError("y holds one class only; the area under the ROC curve needs both")
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2.0)[group]
    return float((ranks[positive].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def _pair(y: ArrayLike, other: ArrayLike, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    truth = np.asarray(y, dtype=np.float64)
    values = np.asarray(other, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != values.shape or truth.size == 0:
        raise ShapeError(
            f"y has shape {truth.shape} and {name} {values.shape}; both must be (n,) with n >= 1"
        )
    return truth, values
