"""`dot` and `bincount` against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from privml import errors, paillier

SHAPES = [
    ((), (3,)), ((3,), ()), ((), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
    ((2, 2, 3), (2, 3, 2)), ((2, 3), (4, 3, 2)), ((2, 2, 3), (3,)), ((0, 3), (3, 2)), ((2, 0), (0, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_dot(key, public, left, right):
    rng = np.random.default_rng(2)
    a, b = rng.integers(-9, 9, left), rng.integers(-9, 9, right)
    expected = np.dot(a, b)
    for c in (np.dot(public.encrypt(a), b), np.dot(a, public.encrypt(b)), public.encrypt(a).dot(b)):
        assert c.shape == np.shape(expected)
        np.testing.assert_array_equal(key.decrypt(c), expected)


@pytest.mark.parametrize(("left", "right"), [((3,), (2,)), ((2, 3), (2, 3)), ((2, 2, 3), (2, 2, 3))])
def test_dot_of_other_shapes(public, left, right):
    with pytest.raises(errors.ShapeError):
        paillier.dot(public.encrypt(np.ones(left)), np.ones(right))


@pytest.mark.parametrize(
    ("n", "k", "minlength"), [(0, 4, 3), (1, 1, 0), (37, 5, 9), (64, 1, 0), (50, 40, 45)]
)
def test_bincount(key, public, n, k, minlength):
    rng = np.random.default_rng(n)
    bins, x = rng.integers(0, k, n), rng.integers(-99, 99, (n, 2))
    for c in (
        paillier.bincount(public.encrypt(x[:, 0]), bins, minlength=minlength),
        np.bincount(bins, weights=public.encrypt(x[:, 0]), minlength=minlength),
    ):
        np.testing.assert_array_equal(key.decrypt(c), np.bincount(bins, x[:, 0], minlength))
    both = paillier.bincount(public.encrypt(x), bins, minlength=minlength)
    expected = np.stack([np.bincount(bins, x[:, i], minlength) for i in range(2)], axis=1)
    np.testing.assert_array_equal(key.decrypt(both), expected)
    fullest = int(np.bincount(bins, minlength=1).max())
    assert both.encoding.bound == public.encrypt(x).encoding.bound * fullest


def test_bincount_says_which_comes_first(public):
    with pytest.raises(errors.UnsupportedOperationError, match=r"^c is a list; .* bincount\(c, bins\)$"):
        paillier.bincount([0, 1], public.encrypt([1, 2]))


def test_bincount_refuses(public):
    c = public.encrypt([1, 2])
    for bins, error in (
        ([0], errors.ShapeError),
        ([[0, 1]], errors.ShapeError),
        ([0, -1], errors.ParameterError),
        ([0.0, 1.0], errors.DtypeError),
        ([0, 1 << 40], errors.ParameterError),
    ):
        with pytest.raises(error):
            paillier.bincount(c, bins)
    with pytest.raises(errors.ParameterError):
        paillier.bincount(c, [0, 1], minlength=-1)


def test_bins_that_ask_for_too_much_are_refused(public):
    c = public.encrypt([1, 2])
    with pytest.raises(errors.ParameterError, match="sums"):
        paillier.bincount(c, [0, 1 << 20])
    with pytest.raises(errors.ParameterError, match="sums"):
        np.bincount([0, 0], weights=c, minlength=1 << 21)
    with pytest.raises(errors.DtypeError):
        paillier.bincount(c, np.ma.array([0, 1], mask=[False, True]))
