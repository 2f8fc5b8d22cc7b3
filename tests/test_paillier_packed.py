"""Packed arrays: what fits, what is spent, and what does not mix."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from privml import errors, paillier

HOW = {"limit": 8.0, "value_bits": 24, "additions": 1000}


def test_sum_of_many(key, public):
    rng = np.random.default_rng(0)
    xs = rng.uniform(-8, 8, size=(20, 5, 7))
    total = paillier.aggregate(public.pack(x, **HOW) for x in xs)
    assert total.spent == 20
    assert total.shape == (5, 7)
    step = 2.0**-20
    expected = (np.rint(xs / step)).sum(axis=0) * step
    np.testing.assert_array_equal(key.decrypt(total), expected)
    np.testing.assert_array_equal(key.decrypt(total / 20), expected / 20)


def test_packing_is_dense(public):
    p = public.pack(np.zeros(1000), **HOW)
    slots = (512 - 2) // (24 + 10)
    assert p.ciphertexts == math.ceil(1000 / slots)
    assert p.packing.slots(512) == slots
    assert p.packing.fractional_bits == 24 - 1 - 3
    assert len(p.to_bytes()) < 1.2 * p.ciphertexts * 128 + 200


@pytest.mark.parametrize("additions", [1, 2, 3, 4, 1000, 1024])
@pytest.mark.parametrize("limit", [1, 5, 8, 0.75, 2.0**-4])
def test_extremes_reach_the_edge_of_a_slot(key, public, limit, additions):
    x = np.array([limit, -limit, limit, -limit, -limit, 0.0, limit, limit])
    p = public.pack(x, limit=limit, value_bits=16, additions=additions, weight=additions, spent=additions)
    np.testing.assert_array_equal(key.decrypt(p), additions * x)
    np.testing.assert_array_equal(key.decrypt(-p), -additions * x)
    if isinstance(limit, int):
        how = {"limit": limit, "value_bits": 5, "additions": additions, "spent": additions}
        p = public.pack(x.astype(int), weight=-additions, **how)
        assert key.decrypt(p).dtype == np.int64
        np.testing.assert_array_equal(key.decrypt(p), -additions * x)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i4", "u8", "O"])
def test_integers_are_exact(key, public, dtype):
    x = np.array([[1, 0], [1, 1]]).astype(dtype)
    p = public.pack(x, limit=100, value_bits=8, additions=10)
    opened = key.decrypt(3 * p + p)
    assert opened.dtype == np.int64
    np.testing.assert_array_equal(opened, 4 * x.astype(int))
    assert key.decrypt(p / 2).dtype == np.float64


def test_big_integers(key, public):
    p = public.pack([2**100, -(2**100)], limit=2**100, value_bits=102, additions=4)
    assert key.decrypt(p + p).tolist() == [2**101, -(2**101)]
    with pytest.raises(errors.ParameterError, match="float64"):
        public.pack([1], limit=2**100 + 1, value_bits=110, additions=4)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (2, 3), (200,)])
@pytest.mark.parametrize("append", [False, True])
def test_shapes(key, public, shape, append):
    x = np.linspace(-8, 8, math.prod(shape)).reshape(shape)
    p = public.pack(x, **HOW, weight=5, spent=5, append_weight=append)
    assert (p.shape, p.ndim, p.size) == (shape, len(shape), math.prod(shape))
    opened = key.decrypt(p + p)
    if append:
        opened, weight = opened
        assert weight == 10
        assert type(weight) is int
    assert opened.shape == shape
    np.testing.assert_allclose(opened, 10 * x, atol=1e-5)


def test_weighted_mean_with_confidential_weights(key, public):
    how = {**HOW, "additions": 3 * 500, "append_weight": True}
    sites = [(np.array([1.0, 2.0]), 100), (np.array([-1.0, 0.5]), 37), (np.array([0.25, 8.0]), 500)]
    parts = [public.pack(x, weight=n, spent=500, **how) for x, n in sites]
    for part, (_, n) in zip(parts, sites, strict=True):
        assert part.spent == 500
        assert str(n) not in repr(part).replace("500", "")
    values, weight = key.decrypt(paillier.aggregate(parts))
    assert weight == 637
    np.testing.assert_array_equal(values, sum(n * x for x, n in sites))


def test_budget(key, public):
    p = public.pack([1.0], limit=1, value_bits=8, additions=5, weight=2, spent=2)
    assert (p.spent, p.additions) == (2, 5)
    assert (p + p).spent == (p - p).spent == (2 * p).spent == (p * -2).spent == 4
    assert (p * 0).spent == 0
    for attempt in (
        lambda: p + p + p,
        lambda: p - p - p,
        lambda: p * 3,
        lambda: -3 * p,
        lambda: paillier.aggregate([p, p, p]),
        lambda: sum([p, p, p]),
        lambda: public.pack([1.0], limit=1, value_bits=8, additions=5, spent=6),
    ):
        with pytest.raises(errors.EncodingOverflowError, match="additions"):
            attempt()
    for bad in (
        {"weight": 6},
        {"weight": -6},
        {"weight": 3, "spent": 2},
        {"weight": 1.5},
        {"spent": -1},
        {"spent": 1.0},
    ):
        with pytest.raises(errors.ParameterError, match=r"weight|spent") as caught:
            public.pack([1.0], limit=1, value_bits=8, additions=5, **bad)
        assert "6" not in str(caught.value)
    np.testing.assert_array_equal(key.decrypt(p * 0), [0.0])


def test_beyond_the_limit(key, public):
    with pytest.raises(errors.EncodingOverflowError, match=r"x\[1\].*limit"):
        public.pack([1.0, -8.25], **HOW)
    with pytest.raises(errors.EncodingOverflowError):
        public.pack([9], **HOW)
    clipped = [8, -8, 8, -8, 1]
    np.testing.assert_array_equal(
        key.decrypt(public.pack([1e300, -8.25, 9.0, -9.0, 1], **HOW, clip=True)), clipped
    )
    for dtype in ("i1", "i8", "O"):
        x = np.array([100, -100, 9, -9, 1]).astype(dtype)
        np.testing.assert_array_equal(key.decrypt(public.pack(x, **HOW, clip=True)), clipped)
    for dtype in ("u1", "u8"):
        x = np.array([200, 0]).astype(dtype)
        np.testing.assert_array_equal(key.decrypt(public.pack(x, **HOW, clip=True)), [8, 0])
    np.testing.assert_array_equal(key.decrypt(public.pack([2**70, -(2**70)], **HOW, clip=True)), [8, -8])


@pytest.mark.parametrize(
    "bad",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": math.inf},
        {"limit": "8"},
        {"value_bits": 1},
        {"value_bits": 3},
        {"value_bits": 8.0},
        {"value_bits": 600},
        {"value_bits": 10**9},
        {"additions": 0},
        {"additions": 2.0},
        {"additions": 2**500},
        {"fractional_bits": 21},
        {"fractional_bits": -1},
        {"limit": 0.25, "fractional_bits": 0},
    ],
    ids=str,
)
def test_parameters(public, bad):
    with pytest.raises(errors.ParameterError):
        public.pack([0.0], **{**HOW, **bad})


def test_fewer_fractional_bits(key, public):
    p = public.pack([0.3], **HOW, fractional_bits=2)
    np.testing.assert_array_equal(key.decrypt(p), [0.25])
    with pytest.raises(errors.ParameterError, match="fractional_bits"):
        public.pack([1], **HOW, fractional_bits=2)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("limit", {"limit": 4.0}),
        ("value_bits", {"value_bits": 25}),
        ("additions", {"additions": 999}),
        ("fractional_bits", {"fractional_bits": 10}),
        ("append_weight", {"append_weight": True, "spent": 1}),
    ],
)
def test_different_parameters_do_not_mix(public, name, change):
    a, b = public.pack([1.0], **HOW), public.pack([1.0], **{**HOW, **change})
    for attempt in (lambda: a + b, lambda: a - b, lambda: paillier.aggregate([a, a, b])):
        with pytest.raises(errors.ParameterError, match=name):
            attempt()


def test_what_else_does_not_mix(key, other_key, public):
    a = public.pack([1.0], **HOW)
    with pytest.raises(errors.ParameterError, match="is_integer"):
        a + public.pack([1], **HOW)
    with pytest.raises(errors.ParameterError, match="divisor"):
        a + a / 2
    with pytest.raises(errors.ShapeError):
        a + public.pack([1.0, 2.0], **HOW)
    with pytest.raises(errors.KeyMismatchError):
        a + other_key.public_key.pack([1.0], **HOW)
    with pytest.raises(errors.KeyMismatchError):
        other_key.decrypt(a)
    for attempt in (
        lambda: a + 1,
        lambda: a - 1.0,
        lambda: a * 1.5,
        lambda: a / 0.3,
        lambda: a * a,
        lambda: a + "x",
    ):
        with pytest.raises(errors.UnsupportedOperationError):
            attempt()
    with pytest.raises(errors.ParameterError):
        a / 0
    with pytest.raises(errors.EncodingOverflowError):
        a / 2**63 / 2
    np.testing.assert_array_equal(key.decrypt(np.int8(2) * a * np.int64(3) / -2.0), [-3.0])


def test_refusals_are_readable(public):
    p = public.pack([1, 2], limit=4, value_bits=8, additions=2)
    for attempt, message in [
        (lambda: p * 1.5, r"multiplied by an integer only, not by 1\.5: .* p \* 3 / 2"),
        (lambda: p / 0.5, r"divided by an integer only, not by 0\.5"),
        (lambda: p * 2**300, r"factor is 2\*\*300; allowed are integers from -2\*\*256 to 2\*\*256$"),
        (lambda: p * 10**5000, r"factor is an integer of 16610 bits"),
        (lambda: p + 1, r"^a PackedArray cannot add an int; .* pack it so first$"),
        (lambda: 1 - p, "cannot add an int"),
        (lambda: p + public.encrypt([1, 2]), "cannot add an EncryptedArray"),
    ]:
        with pytest.raises(errors.UnsupportedOperationError, match=message):
            attempt()


def test_bytes_and_pickles(key, public):
    p = public.pack([[1.0, -2.0]], **HOW, weight=7, spent=10, append_weight=True) / 4
    for again in (paillier.PackedArray.from_bytes(p.to_bytes(), public), pickle.loads(pickle.dumps(p))):
        assert (again.shape, again.packing, again.spent, again.divisor) == (p.shape, p.packing, 10, 4)
        assert again.public_key == public
        assert again.to_bytes() == p.to_bytes()
        values, weight = key.decrypt(again)
        np.testing.assert_array_equal(values, [[1.75, -3.5]])
        assert weight == 7
    assert not set(p.raw().tolist()) & set(public.pack([[1.0, -2.0]], **HOW).raw().tolist())


def test_repr_shows_no_numbers(public):
    text = repr(public.pack([1.234567], **HOW))
    assert "1.234" not in text
    assert "spent=1 of 1000" in text


def test_real_key(real_key):
    rng = np.random.default_rng(2)
    x = rng.normal(size=500)
    how = {"limit": 32.0, "value_bits": 40, "additions": 10_000, "spent": 5000, "append_weight": True}
    p = real_key.public_key.pack(x, weight=300, **how)
    q = real_key.pack(-x, weight=100, **how)
    values, weight = real_key.decrypt(p + q)
    assert weight == 400
    np.testing.assert_allclose(values / weight, x / 2, atol=1e-9)


def test_a_weight_needs_a_step_within_the_limit(key):
    how = {"limit": 0.75 * 2**-20, "value_bits": 24, "additions": 4, "fractional_bits": 20}
    with pytest.raises(errors.ParameterError, match="append_weight"):
        key.pack([0.0], **how, spent=1, append_weight=True)
    assert key.decrypt(key.pack([0.0], **how)).tolist() == [0.0]


@pytest.mark.parametrize("how", [{"weight": 7}, {"weight": 0}, {"append_weight": True}])
def test_a_weight_that_would_show_in_spent_is_refused(public, how):
    with pytest.raises(errors.ParameterError, match="spent is missing"):
        public.pack([1.0], **HOW, **how)
    assert public.pack([1.0], **HOW, weight=-1).spent == 1


def test_rerandomize(key, public):
    p = public.pack([[1.0, -2.0]], **HOW) * 5 / 2
    q = p.rerandomize()
    assert not set(q.raw().tolist()) & set(p.raw().tolist())
    assert (q.shape, q.spent, q.divisor, q.packing) == (p.shape, 5, 2, p.packing)
    np.testing.assert_array_equal(key.decrypt(q), [[2.5, -5.0]])
    with pytest.raises(errors.ParameterError):
        p.rerandomize(noise="none")
