"""The private key of python-paillier's interface: its secret is in the core, and in Python if asked for."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import Any, Self

from privml._progress import Progress
from privml._stored import Staying
from privml._wording import a_type
from privml.errors import DtypeError, InvalidKeyError
from privml.integrations.phe import batch, core
from privml.integrations.phe.encoding import EncodedNumber, plain_number
from privml.integrations.phe.modulus import Modulus
from privml.integrations.phe.number import EncryptedNumber
from privml.integrations.phe.public import PaillierPublicKey
from privml.paillier import PrivateKey
from privml.paillier.common import Noise

__all__ = ["PaillierPrivateKey"]


class PaillierPrivateKey(Staying):
    """A private key: decrypts. It shows no secret in `repr` and does not pickle.

    The key lives in the core. `p` and `q` are attributes all the same where Python knows the primes already,
    since somebody passed them in: code written for python-paillier stores keys by them. A generated key keeps
    them from Python (`AttributeError`) unless it was made with `exportable=True`; :meth:`save` writes any key
    under a password.

    Parameters
    ----------
    public_key : PaillierPublicKey
        What the primes multiply to.
    p, q : int
        The primes.

    Raises
    ------
    InvalidKeyError
        If they are not the primes of that key: a `ValueError`.
    """

    _instead = ": use save(path, password=...) and PaillierPrivateKey.load(path, password=...)"
    __slots__ = ("__weakref__", "_native", "_primes", "_public_key")

    _native: PrivateKey
    _primes: tuple[int, int] | None
    _public_key: PaillierPublicKey

    def __init__(self, public_key: PaillierPublicKey, p: int, q: int) -> None:
        if not isinstance(public_key, Modulus):
            raise DtypeError(f"public_key is {a_type(public_key)}, not a PaillierPublicKey")
        first, second = sorted((int(plain_number(p)), int(plain_number(q))))
        if first * second != public_key.n:
            raise InvalidKeyError("p and q do not belong to the public key")
        self._native = PrivateKey.from_primes(first, second, insecure_key_size=True)
        self._primes = (first, second)
        self._public_key = public_key

    @classmethod
    def of_native(cls, native: PrivateKey, *, noise: Noise = "short") -> Self:
        """Return the key for one of :mod:`privml.paillier`."""
        key = cls.__new__(cls)
        key._native, key._primes = native, None
        key._public_key = PaillierPublicKey.of_native(native.public_key, noise=noise)
        return key

    @staticmethod
    def from_totient(public_key: PaillierPublicKey, totient: int) -> PaillierPrivateKey:
        """Return the key whose primes have `(p - 1) * (q - 1) == totient`.

        Raises
        ------
        InvalidKeyError
            If there are none: a `ValueError`.
        """
        total = public_key.n - int(plain_number(totient)) + 1
        square = total * total - 4 * public_key.n
        difference = math.isqrt(max(square, 0))
        p, q = (total - difference) // 2, (total + difference) // 2
        if p * q != public_key.n:
            raise InvalidKeyError("the totient does not belong to the public key")
        return PaillierPrivateKey(public_key, p, q)

    @property
    def public_key(self) -> PaillierPublicKey:
        """The key that may be given away."""
        return self._public_key

    @property
    def native(self) -> PrivateKey:
        """The same key for :mod:`privml.paillier`, which works on whole arrays."""
        return self._native

    @property
    def p(self) -> int:
        """The smaller prime, if Python knows it."""
        return self._known()[0]

    @property
    def q(self) -> int:
        """The larger prime, if Python knows it."""
        return self._known()[1]

    def _known(self) -> tuple[int, int]:
        if self._primes is None:
            raise AttributeError(
                "this key's primes never left privml's core: save(path, password=...) stores the key; "
                "generate_paillier_keypair(exportable=True) makes one whose primes can be read"
            )
        return self._primes

    def decrypt(self, encrypted_number: EncryptedNumber) -> int | float:
        """Decrypt one number.

        Raises
        ------
        DtypeError
            If it is no :class:`EncryptedNumber`: a `TypeError`.
        KeyMismatchError
            If it was encrypted with another key: a `ValueError`.
        InvalidCiphertextError
            If it is no ciphertext: a `ValueError`.
        EncodingOverflowError
            If it overflowed and that shows: an `OverflowError`. It does not always: see
            :mod:`privml.integrations.phe`.
        """
        return self.decrypt_encoded(encrypted_number).decode()

    def decrypt_encoded(
        self, encrypted_number: EncryptedNumber, Encoding: type[EncodedNumber] | None = None
    ) -> EncodedNumber:
        """Decrypt one number and return it encoded, by a subclass with another base if one is given."""
        batch.check_numbers([encrypted_number], self._public_key)
        (plaintext,) = core.decrypt(self._native, encrypted_number.batch)
        return (Encoding or EncodedNumber)(self._public_key, plaintext, encrypted_number.exponent)

    def decrypt_many(self, numbers: Iterable[EncryptedNumber], *, progress: Progress = None) -> Any:
        """Decrypt many numbers in one go.

        Parameters
        ----------
        numbers : iterable or object ndarray of EncryptedNumber
            Encrypted with this key's public key.
        progress : bool or callable, optional
            As for :meth:`privml.paillier.PublicKey.encrypt`.

        Returns
        -------
        list of int and float, or object ndarray of them
            An array, of the same shape, if `numbers` is one. Errors are those of :meth:`decrypt`.
        """
        return batch.decrypt_many(self, numbers, progress)

    def raw_decrypt(self, ciphertext: int) -> int:
        """Decrypt an integer modulo n**2 to an integer modulo n."""
        if not isinstance(number := plain_number(ciphertext), int):
            raise DtypeError(f"ciphertext is {a_type(ciphertext)}; allowed are integers")
        reduced = number % self._public_key.nsquare
        (plaintext,) = core.decrypt(self._native, core.batch_of([reduced], self._public_key.native))
        return plaintext

    def save(self, path: str | os.PathLike[str], *, password: str | bytes, force: bool = False) -> None:
        """Write the key to privml's own kind of file, under a password.

        Parameters and errors are those of :meth:`privml.paillier.PrivateKey.save`.
        """
        self._native.save(path, password=password, force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, password: str | bytes) -> Self:
        """Read a key that :meth:`save` wrote; see :meth:`privml.paillier.PrivateKey.load`."""
        return cls.of_native(PrivateKey.load(path, password=password))

    def __eq__(self, other: object) -> bool:
        """Compare the public keys."""
        return (
            self._public_key == other._public_key if isinstance(other, PaillierPrivateKey) else NotImplemented
        )

    def __hash__(self) -> int:
        """Hash the public key."""
        return hash(("private", self._public_key))

    def __repr__(self) -> str:
        """Return the public key's, nothing secret."""
        return f"<PaillierPrivateKey for {self._public_key!r}>"
