"""Encrypted arrays: what the law suites, which are for every scheme, do not say of Paillier."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest
from privml import errors, paillier

MATRIX_SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 2)),
    ((2, 2, 3), (2, 3, 2)),
    ((2, 1, 2, 3), (4, 3, 2)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3,)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 2)),
    ((2, 3), (3, 0)),
    ((0,), (0,)),
    ((0, 2, 3), (3, 2)),
]


@pytest.mark.parametrize(("left", "right"), MATRIX_SHAPES)
def test_matrix_products(key, public, left, right):
    rng = np.random.default_rng(1)
    a, b = rng.integers(-9, 9, left), rng.integers(-9, 9, right)
    expected = np.asarray(a @ b)
    for c in (public.encrypt(a) @ b, a @ public.encrypt(b)):
        assert c.shape == expected.shape
        np.testing.assert_array_equal(key.decrypt(c), expected)
    fractions = b / 4
    opened = key.decrypt(public.encrypt(a) @ fractions)
    np.testing.assert_array_equal(opened, a @ fractions)


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (2,)), ((2, 3), (2, 3)), ((), (3,)), ((3,), ()), ((2, 2, 3), (3, 3, 2)), ((3,), (2, 2))],
)
def test_matrix_shapes_that_do_not_go_together(public, left, right):
    a, b = np.ones(left, dtype=int), np.ones(right, dtype=int)
    with pytest.raises(errors.ShapeError):
        public.encrypt(a) @ b
    with pytest.raises(errors.ShapeError):
        a @ public.encrypt(b)


def test_finer_multipliers(key, public):
    c = public.encrypt([1.0, 2.0])
    w = np.array([2.0**-50, 3 * 2.0**-50])
    np.testing.assert_array_equal(key.decrypt(c.multiply(w, fractional_bits=50)), [2.0**-50, 6 * 2.0**-50])
    np.testing.assert_array_equal(key.decrypt(c.matmul(w, fractional_bits=50)), 7 * 2.0**-50)
    np.testing.assert_array_equal(key.decrypt(c.matmul([w], left=True, fractional_bits=50)), [7 * 2.0**-50])
    with pytest.raises(errors.ParameterError, match="rounds to 0"):
        c * w


def test_division_is_exact(key, public):
    c = public.encrypt([1, 2, -10])
    for divisor in (3, -7, 0.1, 2.5, 10**18, np.float32(3), np.array(4), True):
        exact = float(divisor) if not isinstance(divisor, int) else divisor
        np.testing.assert_array_equal(key.decrypt(c / divisor), [v / exact for v in (1, 2, -10)])
    np.testing.assert_array_equal(key.decrypt((c / 3 + c / 7) * 21), [10, 20, -100])
    np.testing.assert_array_equal(
        key.decrypt(paillier.concatenate([c / 3, c])), [1 / 3, 2 / 3, -10 / 3, 1, 2, -10]
    )
    for bad in (0, 0.0):
        with pytest.raises(errors.ParameterError):
            c / bad
    for attempt in (lambda: c / 10**30, lambda: c / 0.1 / 0.3, lambda: c / (2**61 - 1) + c / (2**31 - 1)):
        with pytest.raises(errors.EncodingOverflowError, match="divisors"):
            attempt()
    with pytest.raises(errors.NotFiniteError):
        c / float("inf")
    for bad in (Fraction(5, 2), "2", None):
        with pytest.raises(errors.DtypeError):
            c / bad


def test_means_are_exact(key, public):
    x = np.array([[1, 2], [4, 4], [5, 7]])
    np.testing.assert_array_equal(key.decrypt(public.encrypt(x).mean()), 23 / 6)
    np.testing.assert_array_equal(key.decrypt(public.encrypt(x).mean(axis=0)), x.sum(axis=0) / 3)


def test_scales_are_brought_together(key, public):
    a = public.encrypt([0.5], fractional_bits=4)
    b = public.encrypt([2.0**-20], fractional_bits=20)
    i = public.encrypt([3])
    for c in (a + b + i, i - (-b) + a, paillier.aggregate([a, b, i])):
        np.testing.assert_array_equal(key.decrypt(c), [3.5 + 2.0**-20])
        assert c.fractional_bits == 20
    np.testing.assert_array_equal(key.decrypt(paillier.stack([a, b, i])).ravel(), [0.5, 2.0**-20, 3])


def test_bounds_follow_operations_and_never_values(public):
    zeros, big = (public.encrypt(np.array(x, dtype=np.int16)) for x in ([0, 0], [32767, -32768]))
    for operation in (
        lambda c: c + 5,
        lambda c: c * 100,
        lambda c: c.sum(),
        lambda c: c - c,
        lambda c: [[3, 1]] @ c,
        lambda c: c.mean(),
        lambda c: paillier.concatenate([c, c * 3]),
    ):
        assert operation(zeros).encoding == operation(big).encoding
    assert (big * 100).encoding.bound == 32768 * 128  # public multipliers count as the next power of two
    assert big.sum().encoding.bound == 2 * 32768
    assert (big + big).encoding.bound == 2 * 32768
    assert ([[3, 1]] @ big).encoding.bound == 2 * 4 * 32768


def test_overflow_is_an_error_where_it_is_caused(key):
    small = paillier.PrivateKey.generate(256, insecure_key_size=True)
    c = small.public_key.encrypt([1, 2])
    c = c * 2**100
    with pytest.raises(errors.EncodingOverflowError, match=r"multiplying.*key"):
        c * 2**100
    with pytest.raises(errors.EncodingOverflowError, match="multiplying"):
        [2**100, 2**100] @ c
    with pytest.raises(errors.EncodingOverflowError, match="adding"):
        c + 2**255
    with pytest.raises(errors.EncodingOverflowError, match="multiplying"):
        c * 0.5 * 0.5 * 0.5 * 0.5
    with pytest.raises(errors.EncodingOverflowError):
        c.broadcast_to((2**14, 2)).sum() * 2**80
    with pytest.raises(OverflowError):
        c + small.public_key.encrypt([0.0], fractional_bits=150)
    zero = small.public_key.encrypt([1.0])
    while zero.fractional_bits < 224:
        zero = zero * 0.0
    with pytest.raises(errors.EncodingOverflowError):  # nothing is left, but the scale grows
        zero * 0.0


def test_the_owner_detects_a_broken_bound(key, public):
    honest = public.encrypt([1000])
    forged = paillier.EncryptedArray.from_raw(honest.raw(), public, bound=100)
    with pytest.raises(errors.EncodingOverflowError):
        key.decrypt(forged)


def test_raw_ciphertexts(key, public):
    c = public.encrypt([[1.5, 2], [3, 4]])
    raw = c.raw()
    assert raw.shape == (2, 2)
    assert {type(v) for v in raw.flat} == {int}
    e = c.encoding
    again = paillier.EncryptedArray.from_raw(raw, public, bound=e.bound, fractional_bits=32)
    np.testing.assert_array_equal(key.decrypt(again), [[1.5, 2], [3, 4]])
    for bad in (0, public.n, public.n**2, public.n**2 + 1):
        with pytest.raises(errors.InvalidCiphertextError):
            paillier.EncryptedArray.from_raw([int(raw[0, 0]), bad], public, bound=1)
    for bad in (-1, 1.5, "1"):
        with pytest.raises(errors.ParameterError):
            paillier.EncryptedArray.from_raw([bad], public, bound=1)
    with pytest.raises(errors.EncodingOverflowError):
        paillier.EncryptedArray.from_raw(raw, public, bound=public.n)


def test_factors_of_n_are_no_ciphertexts():
    p, q = 2**89 - 1, 2**107 - 1
    key = paillier.PrivateKey.from_primes(p, q, insecure_key_size=True)
    for bad in (p, q, p * q, p * 12345, q * q):
        with pytest.raises(errors.InvalidCiphertextError):
            paillier.EncryptedArray.from_raw([1, 2, bad, 5], key.public_key, bound=1)


def test_files(key, public, tmp_path):
    c, p = public.encrypt([[1.5, -2]]), public.pack([1, 2], limit=4, value_bits=8, additions=2)
    c.save(tmp_path / "c")
    p.save(tmp_path / "p")
    assert (key.decrypt(paillier.EncryptedArray.load(tmp_path / "c", public)) == [[1.5, -2]]).all()
    assert (key.decrypt(paillier.PackedArray.load(tmp_path / "p", public)) == [1, 2]).all()
    for name, kind in (("c", paillier.EncryptedArray), ("p", paillier.PackedArray)):
        found = paillier.from_bytes((tmp_path / name).read_bytes(), public)
        assert type(found) is kind
    with pytest.raises(FileExistsError):
        c.save(tmp_path / "c")
    c.save(tmp_path / "c", force=True)
    with pytest.raises(errors.DecodeError):
        paillier.from_bytes(b"PVML", public)


def test_pickles_keep_everything(key, public):
    c = (public.encrypt([[1.5], [2]]).mean(axis=0) + 1) / 7
    again = pickle.loads(pickle.dumps(c))
    assert again.encoding == c.encoding
    assert again.public_key == public
    np.testing.assert_array_equal(key.decrypt(again), [2.75 / 7])


def test_aggregate(key, public):
    parts = [public.encrypt([i, -i]) for i in range(10)]
    total = paillier.aggregate(iter(parts))
    np.testing.assert_array_equal(key.decrypt(total), [45, -45])
    assert total.encoding.bound == 10 * 2**63
    with pytest.raises(errors.ShapeError):
        paillier.aggregate([])
    with pytest.raises(errors.ShapeError):
        paillier.aggregate([parts[0], public.encrypt([1])])
    with pytest.raises(errors.UnsupportedOperationError):
        paillier.aggregate([parts[0], public.pack([1, 2], limit=4, value_bits=8, additions=2)])
    with pytest.raises(errors.UnsupportedOperationError):
        paillier.aggregate([parts[0], np.ones(2)])


def test_real_key(real_key):
    rng = np.random.default_rng(5)
    x, w = rng.normal(size=(20, 4)), rng.normal(size=(4, 3))
    c = real_key.public_key.encrypt(x)
    np.testing.assert_allclose(real_key.decrypt(c @ w + 0.5), x @ w + 0.5, atol=1e-8)
    np.testing.assert_allclose(real_key.decrypt(x.T @ c), x.T @ x, atol=1e-8)
    np.testing.assert_allclose(real_key.decrypt(c.mean(axis=0)), x.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(
        real_key.decrypt(c.reshape(4, 20)[1:, ::3].T), x.reshape(4, 20)[1:, ::3].T, atol=1e-9
    )
