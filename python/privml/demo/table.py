"""The patients of the demonstration, and their split over four hospitals.

The table is the Breast Cancer Wisconsin (Diagnostic) data set (W. Wolberg, O. Mangasarian, N. Street, W.
Street, 1993; UCI Machine Learning Repository, doi:10.24432/C5DW2B), under CC BY 4.0; it comes from one
hospital. The four hospitals here are made by this module: their sizes, their case mix and the sizes of the
tumours they see differ, as those of real hospitals do, and the split is the same for the same seed.
"""

from __future__ import annotations

import csv
import gzip
import io
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml.errors import ParameterError, ShapeError
from privml.federated import Site

__all__ = ["ATTRIBUTION", "HOSPITALS", "Hospital", "load_breast_cancer", "split_hospitals", "split_test"]

ATTRIBUTION = (
    "Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street, W. Street (1993), "
    "UCI Machine Learning Repository, doi:10.24432/C5DW2B, CC BY 4.0"
)


class Hospital(NamedTuple):
    """What one made-up hospital looks like."""

    name: str
    #: Its part of all patients.
    share: float
    #: The wished part of malignant cases among its patients (before all are scaled to the cases there are).
    malignant: float
    #: How it draws patients by size of the tumour: -1 the smaller ones, +1 the larger ones, 0 as they come.
    referral: int


HOSPITALS = (
    Hospital("University hospital", 0.40, 0.28, 0),
    Hospital("Cancer centre", 0.25, 0.66, 1),
    Hospital("Screening clinic", 0.20, 0.15, -1),
    Hospital("County hospital", 0.15, 0.43, 0),
)
#: The column that tells the size of a tumour: "worst_radius".
_SIZE_COLUMN = 20


def load_breast_cancer() -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]:
    """
    Load the 569 patients that ship with the package.

    Returns
    -------
    X : ndarray of float64, shape (569, 30)
        The features, in the units of the original table.
    y : ndarray of int64, shape (569,)
        1 for a malignant mass, 0 for a benign one.
    feature_names : list of str
        The 30 names, in the order of the columns.

    References
    ----------
    W. Wolberg, O. Mangasarian, N. Street, W. Street, "Breast Cancer Wisconsin (Diagnostic)", UCI Machine
    Learning Repository, 1993, doi:10.24432/C5DW2B. CC BY 4.0.

    Examples
    --------
    >>> from privml.demo import load_breast_cancer
    >>> X, y, feature_names = load_breast_cancer()
    >>> X.shape, int(y.sum()), feature_names[0]
    ((569, 30), 212, 'mean_radius')
    """
    packed = resources.files("privml.demo").joinpath("data", "breast_cancer.csv.gz").read_bytes()
    rows = csv.reader(io.StringIO(gzip.decompress(packed).decode("ascii")))
    names = next(rows)[1:]
    table = np.array(list(rows), dtype=np.float64)
    return np.ascontiguousarray(table[:, 1:]), table[:, 0].astype(np.int64), names


def split_test(
    X: ArrayLike, y: ArrayLike, *, fraction: float = 0.3, seed: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """
    Keep patients aside for scoring, the same part of each class.

    Parameters
    ----------
    X : array_like, shape (n, k)
        Features.
    y : array_like, shape (n,)
        Classes, 0 or 1.
    fraction : float
        The part kept aside, between 0 and 1.
    seed : int
        Decides which rows are kept aside.

    Returns
    -------
    X_train, y_train, X_test, y_test : ndarray
        The rows in their first order, dealt to two tables.

    Raises
    ------
    ParameterError
        If `fraction` is not between 0 and 1.
    ShapeError
        If `X` and `y` do not fit together.

    Examples
    --------
    >>> from privml.demo import load_breast_cancer, split_test
    >>> X, y, _ = load_breast_cancer()
    >>> X_train, y_train, X_test, y_test = split_test(X, y)
    >>> len(y_train), len(y_test)
    (398, 171)
    """
    features, labels = _checked(X, y)
    if not 0.0 < fraction < 1.0:
        raise ParameterError(f"fraction is {fraction}; it must lie between 0 and 1")
    generator = np.random.default_rng(seed)
    kept = np.zeros(len(labels), dtype=bool)
    for label in (0, 1):
        rows = generator.permutation(np.flatnonzero(labels == label))
        kept[rows[: round(fraction * len(rows))]] = True
    return features[~kept], labels[~kept], features[kept], labels[kept]


def split_hospitals(X: ArrayLike, y: ArrayLike, *, seed: int = 1) -> list[Site]:
    """
    Deal patients to four hospitals of unequal size and unequal case mix.

    The university hospital and the county hospital take patients as they come; the cancer centre is sent more
    of the larger tumours, the screening clinic finds more of the smaller ones, and the part of malignant
    cases differs. Every patient goes to exactly one hospital.

    Parameters
    ----------
    X : array_like, shape (n, 30)
        Features of the breast cancer table (any rows of it).
    y : array_like, shape (n,)
        1 for malignant, 0 for benign.
    seed : int
        Decides who goes where.

    Returns
    -------
    list of Site
        One for each of :data:`HOSPITALS`, in that order.

    Raises
    ------
    ShapeError
        If `X` and `y` do not fit together, columns are missing, or there are fewer than 40
        patients.

    Examples
    --------
    >>> from privml.demo import load_breast_cancer, split_hospitals
    >>> X, y, _ = load_breast_cancer()
    >>> [(site.name, len(site.y)) for site in split_hospitals(X, y)][:2]
    [('University hospital', 228), ('Cancer centre', 142)]
    """
    features, labels = _checked(X, y)
    if features.shape[1] <= _SIZE_COLUMN:
        raise ShapeError(f"X has {features.shape[1]} columns; the table has 30")
    if len(labels) < 40:
        raise ShapeError(f"X has {len(labels)} rows; four hospitals need at least 40 patients")
    generator = np.random.default_rng(seed)
    sizes = _apportion(np.array([hospital.share for hospital in HOSPITALS]), len(labels))
    cases = _apportion(sizes * np.array([hospital.malignant for hospital in HOSPITALS]), int(labels.sum()))
    cases = np.minimum(cases, sizes)
    for index in range(len(HOSPITALS)):  # only rows with hardly a benign patient leave cases over
        cases[index] += min(int(labels.sum() - cases.sum()), int(sizes[index] - cases[index]))

    rows: dict[str, list[NDArray[np.int64]]] = {hospital.name: [] for hospital in HOSPITALS}
    for label, wanted in ((0, sizes - cases), (1, cases)):
        patients = generator.permutation(np.flatnonzero(labels == label))
        size = features[patients, _SIZE_COLUMN]
        size = (size - size.mean()) / (size.std() or 1.0) if len(size) else size
        # The noise is as large as the signal: referral leans towards a size, it is not a cut at one.
        patients = patients[np.argsort(size + generator.normal(size=len(patients)), kind="stable")]
        counts = {hospital.name: int(count) for hospital, count in zip(HOSPITALS, wanted, strict=True)}
        for hospital in sorted(HOSPITALS, key=lambda one: -abs(one.referral)):
            if hospital.referral == 0:
                patients = generator.permutation(patients)
            count = counts[hospital.name]
            cut = len(patients) - count if hospital.referral > 0 else count
            first, last = patients[:cut], patients[cut:]
            taken, patients = (last, first) if hospital.referral > 0 else (first, last)
            rows[hospital.name].append(taken)
    sites = []
    for name, parts in rows.items():
        own = np.sort(np.concatenate(parts))
        sites.append(Site(name, features[own], labels[own]))
    return sites


def _checked(X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    features = np.asarray(X, dtype=np.float64)
    labels = np.asarray(y)
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise ShapeError(f"X has shape {features.shape} and y {labels.shape}; they must be (n, k) and (n,)")
    if not np.isin(labels, (0, 1)).all():
        raise ParameterError("y holds other values than 0 and 1")
    return features, labels.astype(np.int64)


def _apportion(weights: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Share `total` out by `weights` in whole numbers, by largest remainder."""
    exact = weights / weights.sum() * total
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    for index in np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]:
        whole[index] += 1
    return whole
