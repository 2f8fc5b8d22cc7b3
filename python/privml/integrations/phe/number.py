"""An encrypted number as python-paillier has it: one ciphertext and a public exponent of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from privml._wording import a_type
from privml.errors import (
    DtypeError,
    InvalidCiphertextError,
    KeyMismatchError,
    ParameterError,
    UnsupportedOperationError,
)
from privml.integrations.phe import core
from privml.integrations.phe.encoding import EncodedNumber, plain_number, step
from privml.integrations.phe.interchange.ciphertexts import MAX_EXPONENT
from privml.integrations.phe.modulus import Modulus

if TYPE_CHECKING:
    from privml.integrations.phe.public import PaillierPublicKey

__all__ = ["EncryptedNumber", "NotMultipliableError"]


class NotMultipliableError(UnsupportedOperationError, NotImplementedError):
    """Two encrypted numbers were to be multiplied: Paillier adds."""


class EncryptedNumber:
    """One encrypted number, made by :meth:`PaillierPublicKey.encrypt`.

    `+` and `-` take another one under the same key, an :class:`EncodedNumber` or a plain number; `*` and `/`
    take a plain number. Every operation is on this one number: for many, the functions of
    :mod:`privml.integrations.phe` that end in `_many` are faster, and an
    :class:`privml.paillier.EncryptedArray` (`phe.to_array`) faster still.

    What shows: the exponent, which follows from the magnitude of each float that went in and from every
    product; and plain operands, which anyone finds from a ciphertext before and after, until
    :meth:`obfuscate`. :meth:`ciphertext` does that by itself; pickling does not.

    Parameters
    ----------
    public_key : PaillierPublicKey
        The key that it is encrypted with.
    ciphertext : int
        From wherever; it is checked where it is used first.
    exponent : int
        Of 16.

    Raises
    ------
    DtypeError
        If a parameter has another type: a `TypeError`.
    InvalidCiphertextError, ParameterError
        If the ciphertext is not between 0 and n**2, or the exponent absurd: a `ValueError`.

    Examples
    --------
    >>> from privml.integrations import phe as paillier
    >>> public_key, private_key = paillier.generate_paillier_keypair(n_length=2048)
    >>> x = public_key.encrypt(3.5)
    >>> private_key.decrypt(2 * x - 1)
    6.0
    """

    __slots__ = ("__is_obfuscated", "__weakref__", "_batch", "_raw", "exponent", "public_key")

    _batch: core.Batch | None
    _raw: int | None

    def __init__(self, public_key: PaillierPublicKey, ciphertext: int, exponent: int = 0) -> None:
        if not isinstance(public_key, Modulus):
            raise DtypeError(f"public_key is {a_type(public_key)}, not a PaillierPublicKey")
        if isinstance(ciphertext, EncryptedNumber):
            raise DtypeError("ciphertext is an EncryptedNumber; allowed are integers")
        number, power = plain_number(ciphertext), plain_number(exponent)
        if isinstance(number, float) or isinstance(power, float):
            raise DtypeError("ciphertext and exponent must be integers")
        if not 0 < number < public_key.nsquare:
            raise InvalidCiphertextError("ciphertext is not between 0 and n squared")
        if abs(power) > MAX_EXPONENT:
            raise ParameterError(f"exponent is {power}; allowed are -{MAX_EXPONENT} to {MAX_EXPONENT}")
        self.public_key = public_key
        self.exponent = power
        self._raw = number
        self._batch = None
        self.__is_obfuscated = False

    @classmethod
    def of_batch(
        cls, public_key: PaillierPublicKey, batch: core.Batch, exponent: int, obfuscated: bool = False
    ) -> Self:
        """Return the number whose ciphertext is a batch of one in the core."""
        number = cls.__new__(cls)
        number.public_key = public_key
        number.exponent = exponent
        number._raw = None
        number._batch = batch
        number.__is_obfuscated = obfuscated
        return number

    # The ciphertext.

    @property
    def batch(self) -> core.Batch:
        """The ciphertext as a batch of one in the core, checked.

        Raises
        ------
        InvalidCiphertextError
            If it is not invertible modulo n**2.
        """
        if self._batch is None:
            assert self._raw is not None  # noqa: S101 - one of the two always is
            self._batch = core.batch_of([self._raw], self.public_key.native)
        return self._batch

    @property
    def is_obfuscated(self) -> bool:
        """Whether :meth:`ciphertext` would give the ciphertext as it is."""
        return self.__is_obfuscated

    @property
    def is_unchecked(self) -> bool:
        """Whether the ciphertext is still the integer that it came as."""
        return self._batch is None

    def accept_batch(self, batch: core.Batch) -> None:
        """Take the integer that it came as for checked, now that this batch holds it."""
        self._batch = batch

    def ciphertext(self, be_secure: bool = True) -> int:
        """Return the ciphertext, for sending.

        Parameters
        ----------
        be_secure : bool
            Obfuscate first, once, if it came out of arithmetic. That costs an encryption with `r**n`: for
            many numbers call :func:`privml.integrations.phe.obfuscate_many` before.
        """
        if be_secure and not self.__is_obfuscated:
            self.obfuscate()
        if self._raw is None:
            (self._raw,) = self.batch.raw()
        return self._raw

    def obfuscate(self) -> None:
        """Multiply the ciphertext by fresh noise `r**n`, so that it does not show where it came from."""
        self.replace_batch(core.rerandomize(self.batch))

    def replace_batch(self, batch: core.Batch) -> None:
        """Take over a re-randomised ciphertext."""
        self._batch, self._raw = batch, None
        self.__is_obfuscated = True

    def decrease_exponent_to(self, new_exp: int) -> EncryptedNumber:
        """Return the same number with a smaller exponent, not obfuscated.

        Raises
        ------
        ParameterError
            If `new_exp` is larger, or so small that no number would fit the key: a `ValueError`.
        """
        factor = step(EncodedNumber.BASE, self.exponent, new_exp)
        if factor > self.public_key.max_int:
            raise ParameterError(f"at the exponent {new_exp} no number would fit the key")
        batch = self.batch if factor == 1 else core.times(self.batch, [factor])
        return self.of_batch(self.public_key, batch, new_exp)

    # Arithmetic. With an ndarray it is the array's business, which asks again for each element.

    def _plus_encoded(self, encoded: EncodedNumber) -> EncryptedNumber:
        _check_key(self.public_key, encoded.public_key)
        left = self
        if left.exponent > encoded.exponent:
            left = left.decrease_exponent_to(encoded.exponent)
        elif left.exponent < encoded.exponent:
            encoded = encoded.decrease_exponent_to(left.exponent)
        return self.of_batch(self.public_key, core.plus_plain(left.batch, [encoded.encoding]), left.exponent)

    def _plus(self, other: Any, sign: int) -> Any:
        if isinstance(other, EncryptedNumber):
            _check_key(self.public_key, other.public_key)
            left, right, lowest = self, other, min(self.exponent, other.exponent)
            left = left if left.exponent == lowest else left.decrease_exponent_to(lowest)
            right = right if right.exponent == lowest else right.decrease_exponent_to(lowest)
            combine = left.batch.add if sign > 0 else left.batch.subtract
            return self.of_batch(self.public_key, combine(right.batch), lowest)
        if isinstance(other, np.ndarray):
            return NotImplemented
        if not isinstance(other, EncodedNumber):
            other = EncodedNumber.encode(self.public_key, other, max_exponent=self.exponent)
        if sign < 0:
            negated = -other.encoding % self.public_key.n
            other = type(other)(other.public_key, negated, other.exponent)
        return self._plus_encoded(other)

    def __add__(self, other: Any) -> Any:
        """Return the sum with an encrypted, encoded or plain number."""
        return self._plus(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        """Return the difference with an encrypted, encoded or plain number."""
        return self._plus(other, -1)

    def __rsub__(self, other: Any) -> Any:
        """Return a plain or encoded number minus this one."""
        return -self + other

    def __neg__(self) -> EncryptedNumber:
        """Return the number with the other sign."""
        return self.of_batch(self.public_key, self.batch.negate(), self.exponent)

    def __mul__(self, other: Any) -> Any:
        """Return the product with an encoded or plain number."""
        if isinstance(other, EncryptedNumber):
            raise NotMultipliableError(
                "two encrypted numbers cannot be multiplied: Paillier adds; multiply by a plain number"
            )
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, EncodedNumber):
            _check_key(self.public_key, other.public_key)
        else:
            other = EncodedNumber.encode(self.public_key, other)
        product = core.times(self.batch, [other.encoding])
        return self.of_batch(self.public_key, product, self.exponent + other.exponent)

    __rmul__ = __mul__

    def __truediv__(self, scalar: Any) -> Any:
        """Return the product with the float `1 / scalar`."""
        if isinstance(scalar, np.ndarray):
            return NotImplemented
        if isinstance(scalar, EncryptedNumber):
            raise UnsupportedOperationError("an encrypted number can be divided by a plain number only")
        return self * (1 / plain_number(scalar))

    # Elsewhere.

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as it is: not obfuscated first, but whoever loads it knows whether it was."""
        return _unpickled, (self.public_key, self.ciphertext(False), self.exponent, self.__is_obfuscated)

    def __repr__(self) -> str:
        """Return the exponent and the key."""
        return f"<EncryptedNumber with exponent {self.exponent} under {self.public_key!r}>"


def _check_key(mine: object, other: object) -> None:
    if mine is not other and mine != other:
        raise KeyMismatchError("the two numbers belong to different public keys")


def _unpickled(
    public_key: PaillierPublicKey, ciphertext: int, exponent: int, obfuscated: bool
) -> EncryptedNumber:
    number = EncryptedNumber(public_key, ciphertext, exponent)
    number._EncryptedNumber__is_obfuscated = obfuscated  # type: ignore[attr-defined]
    return number
