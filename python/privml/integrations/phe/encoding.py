"""Numbers as python-paillier encodes them: an integer modulo n and an exponent, the latter public."""

from __future__ import annotations

import math
import operator
from typing import Any, ClassVar, Self

import numpy as np

from privml._wording import a_type
from privml.errors import DecodeError, DtypeError, EncodingOverflowError, NotFiniteError, ParameterError
from privml.integrations.phe.interchange.ciphertexts import MAX_EXPONENT
from privml.integrations.phe.modulus import Modulus

__all__ = ["EncodedNumber", "plain_number"]

# 2**-1075 is the largest power of two that a float64 rounds to zero.
_UNDERFLOW_BITS = 1100


class EncodedNumber:
    """A number `encoding * BASE**exponent`, ready to be encrypted under one public key.

    The integer is at most `public_key.max_int` in magnitude, and negative ones are counted down from n; the
    third of the range between is an alarm for sums that overflowed. **The exponent is public**: left to
    itself it tells a float's magnitude within a factor of 16.

    Parameters
    ----------
    public_key : PaillierPublicKey
        For which it is encoded.
    encoding : int
        The integer modulo n.
    exponent : int
        Of the base.

    Attributes
    ----------
    BASE : int
        16. A subclass may set another, and `LOG2_BASE` with it, to decode by.
    """

    BASE: ClassVar[int] = 16
    LOG2_BASE: ClassVar[float] = 4.0
    FLOAT_MANTISSA_BITS: ClassVar[int] = 53

    __slots__ = ("__weakref__", "encoding", "exponent", "public_key")

    def __init__(self, public_key: Any, encoding: int, exponent: int) -> None:
        self.public_key = public_key
        self.encoding = encoding
        self.exponent = exponent

    @classmethod
    def encode(
        cls,
        public_key: Modulus,
        scalar: Any,
        precision: float | None = None,
        max_exponent: int | None = None,
    ) -> Self:
        """Encode a number: integers exactly with exponent 0, floats exactly unless `precision` is given.

        Parameters
        ----------
        public_key : PaillierPublicKey
            For which to encode.
        scalar : int, float or NumPy scalar
            The number.
        precision : float, optional
            What the smallest step may be; the number is rounded to it. It makes the exponent independent of
            the number.
        max_exponent : int, optional
            Take a smaller exponent if it would be larger.

        Raises
        ------
        DtypeError
            If it is no real number: a `TypeError`.
        ParameterError
            If it is beyond `public_key.max_int` steps, or precision is not positive: a `ValueError`.
        NotFiniteError
            If it is NaN or infinite: a `ValueError`.

        Examples
        --------
        >>> from privml.integrations import phe
        >>> public_key, _ = phe.generate_paillier_keypair()
        >>> [phe.EncodedNumber.encode(public_key, x).exponent for x in (3, 1.5, 1e-9)]
        [0, -13, -21]
        >>> phe.EncodedNumber.encode(public_key, 1.2345, precision=0.01).decode()
        1.234375
        """
        number = plain_number(scalar)
        if precision is not None:
            try:
                exponent = math.floor(math.log(precision, cls.BASE))
            except (ValueError, TypeError, OverflowError):
                raise ParameterError(f"precision is {precision!r}; allowed are positive numbers") from None
        elif isinstance(number, int):
            exponent = 0
        else:
            exponent = math.floor((math.frexp(number)[1] - cls.FLOAT_MANTISSA_BITS) / cls.LOG2_BASE)
        if max_exponent is not None:
            exponent = min(exponent, max_exponent)
        integer = _rounded(number, cls.BASE, exponent)
        if abs(integer) > public_key.max_int:
            raise ParameterError(
                f"a number needs {integer.bit_length()} bits at the exponent {exponent} and the key takes "
                f"{public_key.max_int.bit_length()}"
            )
        return cls(public_key, integer % public_key.n, exponent)

    def decode(self) -> int | float:
        """Return the number: an int if the exponent is not negative, else the nearest float.

        Raises
        ------
        DecodeError
            If the encoding is no number modulo n: a `ValueError`.
        EncodingOverflowError
            If it lies in the alarming third of the range, or no float is as large: an `OverflowError`.
        """
        n, most = self.public_key.n, self.public_key.max_int
        if not 0 <= self.encoding < n:
            raise DecodeError("the encoding is not between 0 and n")
        if self.encoding <= most:
            integer = self.encoding
        elif self.encoding >= n - most:
            integer = self.encoding - n
        else:
            raise EncodingOverflowError("an overflow was found in a decrypted number")
        if self.exponent >= 0:
            _check_exponent(self.exponent)
            return int(integer * self.BASE**self.exponent)
        if -self.exponent * self.LOG2_BASE > integer.bit_length() + _UNDERFLOW_BITS:
            return 0.0
        try:
            return float(integer / self.BASE**-self.exponent)
        except OverflowError:
            raise EncodingOverflowError("the decrypted number is too large for a float") from None

    def decrease_exponent_to(self, new_exp: int) -> Self:
        """Return the same number with a smaller exponent.

        Raises
        ------
        ParameterError
            If `new_exp` is larger: a `ValueError`.
        """
        factor = step(type(self).BASE, self.exponent, new_exp)
        return type(self)(self.public_key, self.encoding * factor % self.public_key.n, new_exp)

    def __repr__(self) -> str:
        """Return the exponent and the key, not the number."""
        return f"<{type(self).__name__} with exponent {self.exponent} for {self.public_key!r}>"


def plain_number(value: Any) -> int | float:
    """Return a Python or NumPy scalar as a finite Python int or float.

    Raises
    ------
    DtypeError
        If it is no integer and no float.
    NotFiniteError
        If it is NaN or infinite.
    """
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            raise NotFiniteError(f"a number is {number}; allowed are finite numbers")
        return number
    if isinstance(value, np.bool_):
        return int(value)
    try:
        return int(operator.index(value))
    except TypeError:
        raise DtypeError(f"a number is {a_type(value)}; allowed are integers and floats") from None


def step(base: int, old: int, new: int) -> int:
    """Return what a number is multiplied by to come from one exponent to a smaller one."""
    if new > old:
        raise ParameterError(f"the new exponent {new} should be more negative than the old one, {old}")
    _check_exponent(old - new)
    return int(base ** (old - new))


def _check_exponent(exponent: int) -> None:
    if abs(exponent) > MAX_EXPONENT:
        raise ParameterError(f"the exponent {exponent} is beyond ±{MAX_EXPONENT}")


def _rounded(number: int | float, base: int, exponent: int) -> int:
    """Return `number / base**exponent` as an integer, ties to even."""
    _check_exponent(exponent)
    numerator, denominator = number.as_integer_ratio()
    if exponent < 0:
        numerator *= base**-exponent
    else:
        denominator *= base**exponent
    quotient, rest = divmod(numerator, denominator)
    up = 2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1)
    return quotient + int(up)
