"""NumPy's shape rules, on the arrays of every cryptosystem: what NumPy does to plaintexts, they do too."""

from __future__ import annotations

import numpy as np
import pytest
from privml import errors

X = np.arange(1, 25).reshape(2, 3, 4)

KEYS = {
    "integer": 1,
    "negative": -1,
    "numpy integer": np.int8(1),
    "several": (1, 2),
    "element": (1, -2, 3),
    "slice": slice(None, 1),
    "steps": (slice(None), slice(None, None, -2)),
    "empty slice": slice(2, 2),
    "ellipsis": ...,
    "ellipsis and integer": (..., 0),
    "newaxis": (None, slice(None), None),
    "empty tuple": (),
    "list": [1, 0, 1],
    "two lists": ([0, 1], [2, 0]),
    "broadcast lists": ([[0], [1]], [2, 0]),
    "index array": np.array([[0, 1], [1, 1]]),
    "mask": np.arange(24).reshape(2, 3, 4) % 5 == 0,
    "mask of one axis": np.array([False, True]),
    "mask and slice": (slice(None), np.array([True, False, True])),
    "nothing": np.zeros(0, dtype=int),
    "np.ix_": np.ix_([0, 1], [2, 0], [3]),
    "mixed": ([1, 0], slice(1, None), 2),
    "True": True,
    "False": False,
}


@pytest.fixture
def c(scheme):
    return scheme.key.public_key.encrypt(X)


def same(scheme, encrypted, plain):
    assert encrypted.shape == plain.shape
    np.testing.assert_array_equal(scheme.key.decrypt(encrypted), plain)


@pytest.mark.parametrize("name", KEYS)
def test_indexing(scheme, c, name):
    same(scheme, c[KEYS[name]], np.asarray(X[KEYS[name]]))


@pytest.mark.parametrize("bad", [2, (0, 3), (0, 0, 0, 0), 1.0, "a", [5], np.array([True, False, True])])
def test_bad_indexes(c, bad):
    with pytest.raises(IndexError):
        c[bad]


def test_no_axes(scheme):
    scalar = scheme.key.public_key.encrypt(5)
    assert (scalar.shape, scalar.ndim, scalar.size) == ((), 0, 1)
    same(scheme, scalar[()], np.array(5))
    same(scheme, scalar[None], np.array([5]))
    with pytest.raises(TypeError):
        len(scalar)
    with pytest.raises(TypeError):
        iter(scalar)
    with pytest.raises(IndexError):
        scalar[0]


def test_iteration(scheme, c):
    assert len(c) == 2
    for row, expected in zip(c, X, strict=True):
        same(scheme, row, expected)
    first, second = c
    same(scheme, second[0], X[1, 0])
    assert first.shape == (3, 4)


@pytest.mark.parametrize("shape", [(24,), 24, -1, (4, 6), (2, -1), (1, 24, 1), [3, 8], (2, 3, 4, 1)])
def test_reshape(scheme, c, shape):
    same(scheme, c.reshape(shape), X.reshape(shape))
    if isinstance(shape, tuple):
        same(scheme, c.reshape(*shape), X.reshape(*shape))


@pytest.mark.parametrize("shape", [(5,), (-1, -1), (0,), (7, -1)])
def test_bad_shapes(c, shape):
    with pytest.raises(errors.ShapeError):
        c.reshape(shape)


def test_transposition(scheme, c):
    same(scheme, c.T, X.T)
    same(scheme, c.transpose(), X.T)
    same(scheme, c.transpose(1, 0, 2), X.transpose(1, 0, 2))
    same(scheme, c.transpose((2, -3, 1)), X.transpose((2, -3, 1)))
    same(scheme, c.swapaxes(0, -1), X.swapaxes(0, -1))
    same(scheme, c.ravel(), X.ravel())
    same(scheme, c.T.flatten(), X.T.flatten())
    for bad in ((0, 1), (0, 0, 1), (0, 1, 3)):
        with pytest.raises(errors.ShapeError):
            c.transpose(bad)


def test_broadcasting(scheme):
    a, b = np.arange(1, 4).reshape(3, 1), np.arange(1, 5)
    encrypt = scheme.key.public_key.encrypt
    for operation in scheme.encrypted.values():
        same(scheme, operation(encrypt(a), encrypt(b)), operation(a, b))
        with pytest.raises(errors.ShapeError):
            operation(encrypt(a), encrypt(np.ones((2, 2), dtype=int)))
    for operation in scheme.plain.values():
        same(scheme, operation(encrypt(a), b), operation(a, b))
        same(scheme, operation(encrypt(b), a), operation(b, a))
        same(scheme, operation(encrypt(2), a), operation(np.array(2), a))
        same(
            scheme,
            operation(encrypt(a), np.ones((0, 3, 1), dtype=int)),
            operation(a, np.ones((0, 3, 1), dtype=int)),
        )
        with pytest.raises(errors.ShapeError):
            operation(encrypt(b), np.ones(3, dtype=int))
    same(scheme, encrypt(a).broadcast_to((2, 3, 2)), np.broadcast_to(a, (2, 3, 2)))


def test_joining(scheme, c):
    for axis in (0, 1, 2, -1, None):
        same(scheme, scheme.module.concatenate([c, c[:, :, :]], axis=axis), np.concatenate([X, X], axis=axis))
    same(scheme, scheme.module.concatenate([c, c[:, :1]], axis=1), np.concatenate([X, X[:, :1]], axis=1))
    for axis in (0, 1, 3, -1):
        same(scheme, scheme.module.stack((c, c), axis=axis), np.stack((X, X), axis=axis))
    same(scheme, scheme.module.stack(list(c)), X)
    bad = [
        lambda: scheme.module.concatenate([]),
        lambda: scheme.module.stack([]),
        lambda: scheme.module.concatenate([c, c[0]]),
        lambda: scheme.module.stack([c, c[0]]),
        lambda: scheme.module.concatenate([c, c], axis=3),
        lambda: scheme.module.concatenate([c[0, 0, 0], c[0, 0, 0]]),
    ]
    for attempt in bad:
        with pytest.raises(errors.ShapeError):
            attempt()
    with pytest.raises(TypeError):
        scheme.module.concatenate([c, X])


def test_reductions_of_empty_arrays(scheme):
    if not scheme.sums:
        pytest.skip("the scheme does not add")
    x = np.zeros((0, 3), dtype=int)
    c = scheme.key.public_key.encrypt(x)
    same(scheme, c.sum(axis=0), x.sum(axis=0))
    same(scheme, c.sum(axis=1), x.sum(axis=1))
    same(scheme, c.sum(), np.asarray(x.sum()))
    with pytest.raises(errors.ShapeError):
        c.mean()
    for bad in (2, -3, (0, 0), (0, 2)):
        with pytest.raises(errors.ShapeError):
            c.sum(axis=bad)


def test_immutable(c):
    with pytest.raises(TypeError):
        c[0] = c[1]
    with pytest.raises(TypeError):
        del c[0]
    for name in ("shape", "T", "size", "public_key", "new"):
        with pytest.raises(AttributeError):
            setattr(c, name, 1)
    before = c.raw()
    d = c
    d *= 2
    assert d is not c
    np.testing.assert_array_equal(c.raw(), before)
