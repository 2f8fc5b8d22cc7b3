"""The patients and their split: the figures are scikit-learn's, and every patient is in one place."""

from __future__ import annotations

import gzip
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
from privml import demo
from privml.errors import ParameterError, ShapeError


def test_figures_are_those_of_scikit_learn() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    theirs = datasets.load_breast_cancer()
    X, y, names = demo.load_breast_cancer()
    assert X.dtype == np.float64
    assert y.dtype == np.int64
    np.testing.assert_array_equal(X, theirs.data)
    np.testing.assert_array_equal(y, 1 - theirs.target)
    assert names == [name.replace(" ", "_") for name in theirs.feature_names]


def test_table_is_complete() -> None:
    X, y, names = demo.load_breast_cancer()
    assert X.shape == (569, 30)
    assert len(names) == len(set(names)) == 30
    assert (int(y.sum()), set(y.tolist())) == (212, {0, 1})
    assert np.isfinite(X).all()


def test_shipped_file_is_small_and_attributed() -> None:
    folder = resources.files("privml.demo").joinpath("data")
    packed = folder.joinpath("breast_cancer.csv.gz").read_bytes()
    assert len(packed) < 50_000
    assert packed[4:8] == b"\0\0\0\0", "the gzip header holds a time, so the file would not be reproducible"
    assert gzip.decompress(packed).startswith(b"malignant,mean_radius,")
    attribution = folder.joinpath("ATTRIBUTION").read_text(encoding="utf-8")
    for word in ("Wolberg", "Mangasarian", "Street", "10.24432/C5DW2B", "CC BY 4.0", "Changes"):
        assert word in attribution
    assert "CC BY 4.0" in demo.ATTRIBUTION
    assert "10.24432/C5DW2B" in demo.ATTRIBUTION


def test_test_patients_are_a_stratified_part() -> None:
    X, y, _ = demo.load_breast_cancer()
    X_train, y_train, X_test, y_test = demo.split_test(X, y, fraction=0.3, seed=4)
    assert len(y_train) + len(y_test) == 569
    assert len(y_test) == 171
    assert abs(y_test.mean() - y.mean()) < 0.005
    both = np.concatenate([X_train, X_test])
    np.testing.assert_array_equal(np.unique(both, axis=0), np.unique(X, axis=0))


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_every_patient_is_in_one_hospital(seed: int) -> None:
    X, y, _ = demo.load_breast_cancer()
    table = np.column_stack([X, y, np.arange(len(y))])  # a number for each patient, to recognise it
    sites = demo.split_hospitals(table[:, [*range(30), 31]], y, seed=seed)
    numbers = np.concatenate([site.X[:, 30] for site in sites]).astype(int)
    assert sorted(numbers.tolist()) == list(range(569))
    for site in sites:
        rows = site.X[:, 30].astype(int)
        np.testing.assert_array_equal(site.X[:, :30], X[rows])
        np.testing.assert_array_equal(site.y, y[rows])


def test_hospitals_differ_in_size_and_case_mix() -> None:
    X, y, names = demo.load_breast_cancer()
    sites = demo.split_hospitals(*demo.split_test(X, y)[:2])
    assert [site.name for site in sites] == [hospital.name for hospital in demo.HOSPITALS]
    assert [len(site.y) for site in sites] == [159, 99, 80, 60]
    parts = sorted(float(site.y.mean()) for site in sites)
    assert all(high - low > 0.1 for low, high in pairwise(parts))
    # Every hospital has enough of both to train alone.
    assert parts[0] > 0.1
    assert parts[-1] < 0.75
    size = {site.name: site.X[site.y == 0][:, names.index("worst_radius")].mean() for site in sites}
    assert size["Cancer centre"] > size["University hospital"] > size["Screening clinic"]


def test_split_is_decided_by_the_seed() -> None:
    X, y, _ = demo.load_breast_cancer()
    once, again, other = (demo.split_hospitals(X, y, seed=seed) for seed in (3, 3, 4))
    assert all(
        np.array_equal(a.X, b.X) and np.array_equal(a.y, b.y) for a, b in zip(once, again, strict=True)
    )
    assert any(not np.array_equal(a.X, b.X) for a, b in zip(once, other, strict=True))


@pytest.mark.parametrize("malignant", [0, 3, 50, 97, 100])
def test_split_copes_with_any_case_mix(malignant: int) -> None:
    X = np.random.default_rng(0).normal(size=(100, 30))
    y = (np.arange(100) < malignant).astype(int)
    sites = demo.split_hospitals(X, y)
    assert sum(len(site.y) for site in sites) == 100
    assert sum(int(site.y.sum()) for site in sites) == malignant


def test_bad_tables_are_refused() -> None:
    X, y, _ = demo.load_breast_cancer()
    with pytest.raises(ShapeError, match="X has shape"):
        demo.split_hospitals(X, y[:-1])
    with pytest.raises(ShapeError, match="columns"):
        demo.split_hospitals(X[:, :5], y)
    with pytest.raises(ShapeError, match="at least 40"):
        demo.split_hospitals(X[:39], y[:39])
    with pytest.raises(ParameterError, match="0 and 1"):
        demo.split_hospitals(X, y + 1)
    with pytest.raises(ParameterError, match="fraction"):
        demo.split_test(X, y, fraction=1.0)
