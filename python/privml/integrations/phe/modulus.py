"""What a public key of python-paillier is before it encrypts: a modulus and what follows from it."""

from __future__ import annotations

import secrets
import warnings
from typing import Any, NoReturn, Self

from privml._wording import a_type
from privml.errors import DtypeError
from privml.integrations.phe.interchange.ciphertexts import largest_integer
from privml.paillier import PublicKey
from privml.paillier.common import Noise, check_noise

__all__ = ["InsecureKeySizeWarning", "Modulus", "warn_of_size"]

_SECURE_BITS = 2048


class InsecureKeySizeWarning(UserWarning):
    """A key has fewer than 2048 bits. python-paillier takes it; privml proper asks for a word."""


class Modulus:
    """A modulus, its square, and what numbers it takes; immutable.

    Parameters
    ----------
    n : int
        The modulus, 128 to 8192 bits.
    noise : {"short", "uniform"}
        How :meth:`PaillierPublicKey.encrypt` randomises.

    Raises
    ------
    KeySizeError, InvalidKeyError
        If n is no modulus of an allowed size.
    """

    __slots__ = ("__weakref__", "_native", "_noise", "g", "max_int", "n", "nsquare")

    _native: PublicKey
    _noise: Noise
    g: int
    max_int: int
    n: int
    nsquare: int

    def __init__(self, n: int, *, noise: Noise = "short") -> None:
        if isinstance(n, str | bytes | float):
            raise DtypeError(f"n is {a_type(n)}; allowed are integers")
        native = PublicKey(n, insecure_key_size=True)
        warn_of_size(native.bits)
        self._fill(native, noise)

    def _fill(self, native: PublicKey, noise: Noise) -> None:
        check_noise(noise)
        n = native.n
        fields = {
            "_native": native,
            "_noise": noise,
            "n": n,
            "g": n + 1,
            "nsquare": n * n,
            "max_int": largest_integer(n),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of_native(cls, native: PublicKey, *, noise: Noise = "short") -> Self:
        """Return the key for one of :mod:`privml.paillier`, with no warning about its size."""
        key = object.__new__(cls)
        key._fill(native, noise)
        return key

    @property
    def native(self) -> PublicKey:
        """The same key for :mod:`privml.paillier`, which works on whole arrays."""
        return self._native

    @property
    def noise(self) -> Noise:
        """How encryption randomises."""
        return self._noise

    def get_random_lt_n(self) -> int:
        """Return a random number from 1 to n - 1, from the operating system."""
        return secrets.randbelow(self.n - 1) + 1

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: keys do not change."""
        raise AttributeError(f"a public key does not change: cannot set {name!r}")

    def __eq__(self, other: object) -> bool:
        """Compare the moduli."""
        return self.n == other.n if isinstance(other, Modulus) else NotImplemented

    def __hash__(self) -> int:
        """Hash the modulus."""
        return hash(self.n)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the modulus and the kind of noise."""
        return _unpickled, (type(self), self._native, self._noise)

    def __repr__(self) -> str:
        """Return the beginning of the fingerprint."""
        return f"<{type(self).__name__} {self.native.fingerprint[:10]}>"


def warn_of_size(bits: int) -> None:
    """Warn of keys that can be broken."""
    if bits < _SECURE_BITS:
        warnings.warn(
            f"a key of {bits} bits protects nothing for long: take {_SECURE_BITS} or more",
            InsecureKeySizeWarning,
            stacklevel=3,
        )


def _unpickled(cls: type[Modulus], native: PublicKey, noise: Noise) -> Modulus:
    return cls.of_native(native, noise=noise)
