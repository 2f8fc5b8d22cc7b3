"""Opening a product of files: the numbers exactly, then as floats or as geometric means."""

from __future__ import annotations

import decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from privml.errors import DataError

if TYPE_CHECKING:
    from privml._progress import ProgressCallback
    from privml.cli.container import EncryptedFile

__all__ = ["geometric_mean", "open_product"]

# Logarithms of numbers of some thousand bits, and twice the digits of a float behind the point.
_DIGITS = 40


def geometric_mean(product: Fraction, count: int) -> float:
    """Return the root of a product of positive numbers.

    Examples
    --------
    >>> geometric_mean(Fraction(64), 2), geometric_mean(Fraction(27, 8), 3)
    (8.0, 1.5)
    """
    with decimal.localcontext(prec=_DIGITS):
        logarithm = decimal.Decimal(product.numerator).ln() - decimal.Decimal(product.denominator).ln()
        return float((logarithm / count).exp())


def _as_float(number: Fraction) -> float:
    try:
        result = float(number)
    except OverflowError:
        result = 0.0
    if not result:
        raise DataError("a product is beyond what a float64 holds; --mean gives the geometric mean")
    return result


def open_product(
    key: Any, content: EncryptedFile, *, mean: bool, progress: ProgressCallback | None
) -> NDArray[Any]:
    """Decrypt an array of products.

    Parameters
    ----------
    key : MultiplicativePrivateKey
        The key of the file.
    content : EncryptedFile
        The file.
    mean : bool
        Whether to take the root, as long as the number of files.
    progress : callable or None
        Called with `(done, total)`.

    Returns
    -------
    ndarray
        float64, or integers of the array's own type where it holds products of whole numbers.

    Raises
    ------
    DataError
        If a product of fractions is not within float64.
    """
    array = content.array
    whole: bool = array.is_integer  # type: ignore[union-attr]
    if whole and not mean:
        return np.asarray(key.decrypt(array, progress=progress))
    exact = key.decrypt(array, fractions=True, progress=progress)
    numbers = (geometric_mean(x, content.parts) if mean else _as_float(x) for x in exact.reshape(-1))
    return np.fromiter(numbers, dtype=np.float64, count=exact.size).reshape(exact.shape)
