"""The base of all opaque arrays, on a scheme that hides nothing: what it asks for, and what it gives."""

from __future__ import annotations

import numpy as np
import pytest
from privml import errors
from privml._array import OpaqueArray, concatenate, stack


class Cells:
    """A batch that counts how often elements are moved."""

    moves = 0

    def __init__(self, values):
        self.values = np.asarray(values)

    def __len__(self):
        return len(self.values)

    def take(self, indices):
        assert indices.dtype == np.int64
        assert indices.ndim == 1
        assert indices.flags.c_contiguous
        Cells.moves += 1
        return Cells(self.values[indices])


class Plain(OpaqueArray[Cells]):
    """A scheme with shapes and nothing else."""

    def _like(self, batch, shape):
        return Plain(batch, shape)

    @classmethod
    def _join(cls, arrays):
        return cls(Cells(np.concatenate([a._batch.values for a in arrays])), (sum(a.size for a in arrays),))

    def _describe(self):
        return "plain"


class Other(Plain):
    """Another scheme."""


def plain(values):
    values = np.asarray(values)
    return Plain(Cells(values.ravel()), values.shape)


def opened(array):
    return array._batch.values.reshape(array.shape)


X = np.arange(12).reshape(3, 4)


def test_elements_move_in_one_call_or_none():
    c = plain(X)
    for operation, calls in [
        (lambda: c[1:, ::2], 1),
        (lambda: c.T, 1),
        (lambda: c.reshape(2, 6), 0),
        (lambda: c.ravel(), 0),
        (lambda: c.broadcast_to((3, 4)), 0),
        (lambda: c.broadcast_to((2, 3, 4)), 1),
        (lambda: concatenate([c, c]), 0),
        (lambda: concatenate([c, c], axis=1), 1),
        (lambda: stack([c, c]), 0),
    ]:
        Cells.moves = 0
        operation()
        assert Cells.moves == calls


def test_a_batch_must_fill_its_shape():
    with pytest.raises(errors.ShapeError):
        Plain(Cells(np.arange(5)), (2, 3))


def test_what_a_scheme_does_not_supply_is_refused():
    for attempt in (plain(X).sum, plain(X).mean, lambda: np.sum(plain(X)), lambda: plain(X)._divide(2)):
        with pytest.raises(errors.UnsupportedOperationError):
            attempt()


def test_schemes_do_not_mix():
    other = Other(Cells(np.arange(12)), (3, 4))
    for attempt in (lambda: concatenate([plain(X), other]), lambda: stack([other, plain(X)])):
        with pytest.raises(errors.UnsupportedOperationError, match="Other, Plain"):
            attempt()


def test_repr():
    assert repr(plain(X)) == "Plain(shape=(3, 4), plain)"


def test_generators_are_sequences_too():
    np.testing.assert_array_equal(opened(concatenate(row for row in plain(X))), X.ravel())


def test_keys_of_numpy():
    rng = np.random.default_rng(3)
    cube = rng.integers(0, 99, (3, 4, 5))
    for _ in range(200):
        key = tuple(
            [
                slice(*sorted(rng.integers(-5, 6, 2).tolist())),
                int(rng.integers(-3, 3)),
                Ellipsis,
                rng.integers(-3, 3, 2),
                None,
                rng.random(3) < 0.5,
            ][i]
            for i in rng.permutation(6)[: rng.integers(1, 3)]
        )
        try:
            expected = cube[key]
        except IndexError:
            with pytest.raises(IndexError):
                plain(cube)[key]
            continue
        np.testing.assert_array_equal(opened(plain(cube)[key]), expected)
