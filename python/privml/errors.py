"""Every error that privml raises on purpose.

There is one base class, :class:`PrivmlError`, and each class below it is also the built-in exception that a
caller would expect (a `ValueError`, a `TypeError`, ...), so that code which has never heard of privml still
catches the right thing. The Rust core raises these very classes. A message names the argument, what was found
and what is allowed, and holds no secret.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "BudgetExceededError",
    "DataError",
    "DecodeError",
    "DtypeError",
    "EncodingOverflowError",
    "FederatedError",
    "InternalError",
    "InvalidCiphertextError",
    "InvalidKeyError",
    "KeyMismatchError",
    "KeySizeError",
    "LedgerError",
    "LedgerTamperedError",
    "MisbehaviourError",
    "MissingPackageError",
    "NotFiniteError",
    "OutOfMemoryError",
    "ParameterError",
    "PrivmlError",
    "RandomnessError",
    "ShapeError",
    "UnsupportedOperationError",
    "WrongPasswordError",
]


class PrivmlError(Exception):
    """The base of every error that privml raises on purpose.

    Examples
    --------
    >>> from privml import errors
    >>> [base.__name__ for base in errors.KeyMismatchError.__bases__]
    ['PrivmlError', 'ValueError']
    """


class KeyMismatchError(PrivmlError, ValueError):
    """Things of different keys met: two arrays, or an array and a private key."""


class KeySizeError(PrivmlError, ValueError):
    """A key is shorter or longer than the scheme allows."""


class InvalidKeyError(PrivmlError, ValueError):
    """The numbers offered as a key are not one: not primes, equal, even, or unfit."""


class InvalidCiphertextError(PrivmlError, ValueError):
    """A ciphertext is out of range or not invertible. No honest encryption is."""


class DecodeError(PrivmlError, ValueError):
    """Bytes do not encode what was asked for: truncated, extended, of another type or version."""


class EncodingOverflowError(PrivmlError, OverflowError):
    """A value, or the bound on a result, is beyond what was declared or what the key holds."""


class NotFiniteError(PrivmlError, ValueError):
    """A value is NaN or infinite; the message names the first one's index."""


class ShapeError(PrivmlError, ValueError):
    """Shapes, axes or lengths do not go together."""


class ParameterError(PrivmlError, ValueError):
    """An argument is outside of what is allowed, or two arrays were made with different parameters."""


class DtypeError(PrivmlError, TypeError):
    """An array's dtype or an element's type cannot be encoded: complex numbers, text, dates."""


class MisbehaviourError(PrivmlError, ValueError):
    """Parties of a protocol sent what breaks it.

    Attributes
    ----------
    parties : tuple of int
        Their numbers, from 1.
    """

    def __init__(self, message: str = "", parties: Iterable[int] = ()) -> None:
        super().__init__(message)
        self.parties = tuple(parties)


class WrongPasswordError(PrivmlError, ValueError):
    """The password does not open the key file, or the file was changed."""


class OutOfMemoryError(PrivmlError, MemoryError):
    """There is no memory for so many ciphertexts."""


class UnsupportedOperationError(PrivmlError, TypeError):
    """What was asked for cannot be done on encrypted data, or not safely; the message says what can."""


class RandomnessError(PrivmlError, RuntimeError):
    """The operating system gave no random bytes."""


class InternalError(PrivmlError, RuntimeError):
    """A mistake in privml itself: please report it."""


class FederatedError(PrivmlError, RuntimeError):
    """A federated training cannot go on: too few sites, or a message that does not belong to the round."""


class DataError(PrivmlError, ValueError):
    """A data file cannot be read or does not hold what it should."""


class MissingPackageError(PrivmlError, ImportError):
    """What was asked for needs a package that is not installed; the message says what to type."""


class BudgetExceededError(PrivmlError, RuntimeError):
    """A spend would take more privacy budget than is left; nothing was charged and no data was read."""


class LedgerError(PrivmlError, RuntimeError):
    """A privacy ledger cannot be opened or written, or is not the one that was asked for."""


class LedgerTamperedError(LedgerError):
    """A privacy ledger was edited, cut, re-ordered or rolled back, or its signatures do not hold."""
