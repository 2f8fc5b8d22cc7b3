"""`dot` and `bincount` of encrypted arrays, with the shape rules of NumPy's functions of these names."""

from __future__ import annotations

import math
from typing import Any, TypeVar

from numpy.typing import ArrayLike, NDArray

from privml import _summable, encoding
from privml.errors import ShapeError, UnsupportedOperationError
from privml.paillier.elementwise import EncryptedArray

__all__ = ["bincount", "dot", "numpy_bincount"]

Operand = TypeVar("Operand", EncryptedArray, NDArray[Any])


def dot(a: EncryptedArray | ArrayLike, b: EncryptedArray | ArrayLike) -> EncryptedArray:
    """Return the dot product of an encrypted and a plain array, by the rules of `numpy.dot`; `np.dot` is it.

    The sum goes over the last axis of `a` and the second last of `b` (its only one, if it has one); with a
    zero-dimensional operand it is `*`. The result is not re-randomised: whoever sees it and the encrypted
    operand finds the plain one.

    Parameters
    ----------
    a, b : EncryptedArray or array_like
        One encrypted, the other public numbers.

    Raises
    ------
    EncodingOverflowError
        If the product might not fit the key.
    ShapeError
        If `numpy.dot` would refuse the shapes.
    UnsupportedOperationError
        If both operands are encrypted, or none is.

    Examples
    --------
    >>> from privml import paillier
    >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
    >>> c = key.public_key.encrypt([1, 2, 3])
    >>> print(key.decrypt(paillier.dot([10, 0, -1], c)))
    7
    """
    if isinstance(a, EncryptedArray) and not isinstance(b, EncryptedArray):
        return _dot(a, encoding.as_numbers(b, "b"), left=False)
    if isinstance(b, EncryptedArray) and not isinstance(a, EncryptedArray):
        return _dot(b, encoding.as_numbers(a, "a"), left=True)
    both = isinstance(a, EncryptedArray)
    found = "two encrypted arrays" if both else "no encrypted array"
    raise UnsupportedOperationError(f"dot got {found}; allowed are one encrypted and one plain operand")


def _dot(c: EncryptedArray, plain: NDArray[Any], *, left: bool) -> EncryptedArray:
    if not c.ndim or not plain.ndim:
        return c.multiply(plain)
    a, b = (plain.shape, c.shape) if left else (c.shape, plain.shape)
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        raise ShapeError(f"dot cannot join the shapes {a} and {b}: {a[-1]} is not {inner}")
    rest = b[:-2] + b[-1:] if len(b) > 1 else ()
    if left:
        product = _columns(c, inner).matmul(_rows(plain, inner), left=True)
    else:
        product = _rows(c, inner).matmul(_columns(plain, inner))
    return product.reshape(a[:-1] + rest)


def _rows(x: Operand, inner: int) -> Operand:
    """Return a matrix whose rows are the vectors along the last axis."""
    return x.reshape((math.prod(x.shape[:-1]), inner))


def _columns(x: Operand, inner: int) -> Operand:
    """Return a matrix whose columns are the vectors along the second last axis, or the only one."""
    if x.ndim == 1:
        return x.reshape((inner, 1))
    axes = (x.ndim - 2, *range(x.ndim - 2), x.ndim - 1)
    return x.transpose(axes).reshape((inner, math.prod(x.shape[:-2]) * x.shape[-1]))


def bincount(c: EncryptedArray, bins: ArrayLike, *, minlength: int = 0) -> EncryptedArray:
    """Return the sums of the encrypted numbers in each bin, as `numpy.bincount(bins, weights=c)`.

    `bins` is public. Additions alone: one multiplication of ciphertexts per number. Sums are not
    re-randomised; empty bins are fresh encryptions of 0. The bound of the result is that of the fullest bin.

    Parameters
    ----------
    c : EncryptedArray
        `(n,)`, or `(n, k)` for `k` numbers per row that share the row's bin (gradients and hessians, say).
    bins : array_like of int
        `(n,)`, the bin of each, from 0.
    minlength : int
        The least number of bins of the result.

    Returns
    -------
    EncryptedArray
        `(max(minlength, bins.max() + 1),)`, or with `k` as the second axis.

    Raises
    ------
    DtypeError
        If `bins` are no integers.
    EncodingOverflowError
        If a sum might not fit the key.
    ParameterError
        If a bin or `minlength` is negative, or there would be more than 2**20 sums.
    ShapeError
        If the shapes do not go together.

    Examples
    --------
    >>> from privml import paillier
    >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
    >>> c = key.public_key.encrypt([1, 2, 3, 4])
    >>> key.decrypt(paillier.bincount(c, [0, 2, 0, 2], minlength=4))
    array([4, 0, 6, 0])
    """
    return _summable.bincount(EncryptedArray, c, bins, minlength)


def numpy_bincount(x: ArrayLike, weights: EncryptedArray | None = None, minlength: int = 0) -> EncryptedArray:
    """Serve `np.bincount(bins, weights=encrypted)`."""
    return _summable.numpy_bincount(EncryptedArray, x, weights, minlength)
