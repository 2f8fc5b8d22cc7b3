"""Products with secret numbers: exact, and under fresh noise."""

from __future__ import annotations

import numpy as np
import pytest
from privml import errors, paillier


@pytest.mark.parametrize("limit", [1, 2, 255, 2**31, 2**63 - 1, 2**64, 2**100])
def test_products_are_exact_at_the_edges_of_the_limit(key, public, limit):
    secrets = [0, 1, -1, limit, -limit, limit // 2, -(limit // 2)]
    x = [3, -7, 5, 1, -1, 2, 9]
    product = public.encrypt(x, limit=9).multiply_secret(secrets, limit=limit)
    assert product.encoding.bound == 9 * limit
    assert key.decrypt(product).tolist() == [a * b for a, b in zip(x, secrets, strict=True)]


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.int16, np.uint32, np.int64])
def test_every_integer_dtype(key, public, dtype):
    rng = np.random.default_rng(1)
    information = np.iinfo(np.uint8 if dtype is np.bool_ else dtype)
    secrets = rng.integers(information.min, information.max, (3, 5), dtype=information.dtype).astype(dtype)
    x = rng.integers(-99, 99, 5)
    expected = x.astype(object) * secrets.astype(object)
    assert key.decrypt(public.encrypt(x, limit=99).multiply_secret(secrets)).tolist() == expected.tolist()


def test_floats(key, public):
    c = public.encrypt([0.5, -2.25], limit=4, fractional_bits=16)
    product = c.multiply_secret([3.0, 0.125], limit=4, fractional_bits=16)
    np.testing.assert_array_equal(key.decrypt(product), [1.5, -0.28125])


@pytest.mark.parametrize(
    ("plain", "encrypted"),
    [((3,), (3,)), ((4, 3), (3,)), ((9, 40), (40,)), ((2, 3), (3, 2)), ((2, 2, 3), (3, 2)), ((0, 3), (3,))],
)
def test_matrices(key, public, plain, encrypted):
    rng = np.random.default_rng(5)
    secrets, x = rng.integers(-999, 1000, plain), rng.integers(-9, 9, encrypted)
    c = public.encrypt(x, limit=9)
    product = c.matmul_secret(secrets, left=True, limit=999)
    np.testing.assert_array_equal(key.decrypt(product), secrets @ x)
    assert product.encoding.bound == 9 * 999 * encrypted[0]
    if c.ndim == 1:
        np.testing.assert_array_equal(key.decrypt(c.matmul_secret(secrets.T, limit=999)), x @ secrets.T)


def test_an_empty_sum_is_a_fresh_zero(key, public):
    c = public.encrypt(np.empty((0,), dtype=np.int64))
    product = c.matmul_secret(np.empty((2, 0), dtype=np.int64), left=True)
    np.testing.assert_array_equal(key.decrypt(product), [0, 0])
    assert len(set(product.raw().tolist())) == 2
    assert 1 not in product.raw()


def test_the_same_product_is_another_ciphertext_each_time(public):
    c = public.encrypt([1, 1])
    products = np.concatenate([c.multiply_secret([0, 1], limit=1) for _ in range(3)])
    matrices = np.concatenate([c.matmul_secret(np.eye(2, dtype=int), limit=1) for _ in range(3)])
    assert len(set(products.raw().tolist() + matrices.raw().tolist() + c.raw().tolist())) == 14


def test_refusals(public):
    c = public.encrypt([1, 2])
    with pytest.raises(errors.EncodingOverflowError):
        c.multiply_secret([3, 4], limit=3)
    with pytest.raises(errors.EncodingOverflowError):
        c.matmul_secret([3, 4], limit=3)
    with pytest.raises(errors.EncodingOverflowError):
        c.multiply_secret([1, 1], limit=2**600)
    with pytest.raises(errors.ShapeError):
        c.multiply_secret([1, 2, 3])
    with pytest.raises(errors.ShapeError):
        c.matmul_secret([1, 2, 3])
    with pytest.raises(errors.NotFiniteError):
        c.multiply_secret([np.nan, 1.0])
    with pytest.raises(errors.DtypeError):
        c.multiply_secret(["a", "b"])
    with pytest.raises(errors.UnsupportedOperationError):
        c.multiply_secret(c)
    with pytest.raises(errors.UnsupportedOperationError):
        c.matmul_secret(c)
    assert isinstance(c, paillier.EncryptedArray)
