"""The public key of python-paillier's interface."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from privml._progress import Progress
from privml._wording import a_type
from privml.errors import DtypeError, KeyMismatchError, ParameterError
from privml.integrations.phe import batch, core
from privml.integrations.phe.encoding import EncodedNumber, plain_number
from privml.integrations.phe.modulus import Modulus
from privml.integrations.phe.number import EncryptedNumber

__all__ = ["PaillierPublicKey"]


class PaillierPublicKey(Modulus):
    """A public key: encrypts. Compares, hashes, copies and pickles.

    `noise` is not python-paillier's: `"short"` is many times faster and rests on one more assumption,
    `"uniform"` draws the `r**n` that python-paillier draws (see :mod:`privml.paillier`; for keys that
    python-paillier made, whose primes are not all 3 modulo 4, `"uniform"` is the one with a proof).

    Parameters
    ----------
    n : int
        The modulus, 128 to 8192 bits; under 2048 it brings an :class:`InsecureKeySizeWarning`.
    noise : {"short", "uniform"}
        How to randomise encryptions. Obfuscation is always uniform.

    Raises
    ------
    KeySizeError, InvalidKeyError
        If n is no modulus of an allowed size: a `ValueError`.

    Attributes
    ----------
    n, g, nsquare, max_int : int
        The modulus, `n + 1`, `n**2`, and the largest magnitude of an encoded number, `n // 3 - 1`.
    """

    __slots__ = ()

    def encrypt(
        self, value: Any, precision: float | None = None, r_value: int | None = None
    ) -> EncryptedNumber:
        """Encrypt one number.

        Parameters
        ----------
        value : int, float, NumPy scalar or EncodedNumber
            The number.
        precision : float, optional
            As for :meth:`EncodedNumber.encode`.
        r_value : int, optional
            Randomise by `r_value**n` instead of fresh noise, for tests: the same number twice shows. Computed
            in Python, in time that depends on `r_value`.

        Raises
        ------
        DtypeError, ParameterError, NotFiniteError
            If the number cannot be encoded.
        KeyMismatchError
            If it is encoded for another key.
        """
        if not isinstance(value, EncodedNumber):
            value = EncodedNumber.encode(self, value, precision)
        return self.encrypt_encoded(value, r_value)

    def encrypt_encoded(self, encoding: EncodedNumber, r_value: int | None = None) -> EncryptedNumber:
        """Encrypt an encoded number; see :meth:`encrypt`."""
        if encoding.public_key != self:
            raise KeyMismatchError("the number is encoded for another public key")
        if r_value:
            ciphertext = self.raw_encrypt(encoding.encoding, r_value)
            return EncryptedNumber(self, ciphertext, encoding.exponent)
        encrypted = core.encrypt(self.native, [encoding.encoding], self.noise)
        return EncryptedNumber.of_batch(self, encrypted, encoding.exponent, obfuscated=True)

    def encrypt_many(
        self, values: Iterable[Any], precision: float | None = None, *, progress: Progress = None
    ) -> Any:
        """Encrypt many numbers in one go, much faster than one by one.

        With `precision` all exponents are equal, whatever the numbers are, and tell nothing.

        Parameters
        ----------
        values : iterable or ndarray
            Numbers as for :meth:`encrypt`.
        precision : float, optional
            As for :meth:`encrypt`.
        progress : bool or callable, optional
            As for :meth:`privml.paillier.PublicKey.encrypt`.

        Returns
        -------
        list of EncryptedNumber, or object ndarray of them
            An array, of the same shape, if `values` is one.

        Examples
        --------
        >>> import numpy as np
        >>> from privml.integrations import phe as paillier
        >>> public_key, private_key = paillier.generate_paillier_keypair(n_length=2048)
        >>> x = public_key.encrypt_many(np.array([1.5, 2.5]), precision=1e-6)
        >>> private_key.decrypt(x.mean())
        2.0
        """
        return batch.encrypt_many(self, values, precision, progress)

    def raw_encrypt(self, plaintext: int, r_value: int | None = None) -> int:
        """Encrypt an integer modulo n, and return the ciphertext as an integer.

        Parameters
        ----------
        plaintext : int
            What counts is its residue modulo n.
        r_value : int, optional
            As for :meth:`encrypt`.
        """
        if not isinstance(number := plain_number(plaintext), int):
            raise DtypeError(f"plaintext is {a_type(plaintext)}; allowed are integers")
        if not r_value:
            (ciphertext,) = core.encrypt(self.native, [number], self.noise).raw()
            return ciphertext
        if not isinstance(r := plain_number(r_value), int) or math.gcd(r, self.n) != 1:
            raise ParameterError("r_value shares a factor with n or is no integer")
        return (1 + self.n * (number % self.n)) % self.nsquare * pow(r, self.n, self.nsquare) % self.nsquare
