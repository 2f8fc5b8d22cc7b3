"""Paillier keys. What is secret stays in the core: the objects here are handles."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, NoReturn, overload

from numpy.typing import NDArray

from privml import encoding
from privml._core import Integers, PaillierCiphertexts, PaillierPrivateKey, PaillierPublicKey
from privml._files import write_atomically
from privml._progress import Progress, ProgressCallback, reporting
from privml._stored import Sealed, check_bytes, check_own, check_password
from privml._wording import a_type
from privml.errors import KeySizeError, ParameterError, UnsupportedOperationError
from privml.paillier.elementwise import EncryptedArray
from privml.paillier.encrypting import Encrypts
from privml.paillier.packed import PackedArray

__all__ = ["PrivateKey", "PublicKey"]


class PublicKey(Encrypts):
    """A Paillier public key: encrypts, and names the key that opens.

    Compares, hashes, pickles and copies; two keys are equal when their moduli are.

    Parameters
    ----------
    n : int
        The modulus.
    insecure_key_size : bool
        Allow moduli under 2048 bits, for tests and teaching.

    Raises
    ------
    KeySizeError
        If n is shorter or longer than allowed.
    InvalidKeyError
        If n cannot be a modulus: even, prime, a power, or with a factor below 2**16.

    Examples
    --------
    >>> from privml import paillier
    >>> p, q = 2**89 - 1, 2**107 - 1
    >>> key = paillier.PrivateKey.from_primes(p, q, insecure_key_size=True)
    >>> key.public_key == paillier.PublicKey(p * q, insecure_key_size=True)
    True
    """

    __slots__ = ("_core",)
    _core: PaillierPublicKey

    def __init__(self, n: int, *, insecure_key_size: bool = False) -> None:
        modulus = encoding.check_int(n, "n", 1)
        object.__setattr__(self, "_core", PaillierPublicKey.from_modulus(modulus, bool(insecure_key_size)))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: keys do not change."""
        raise AttributeError(f"a PublicKey does not change: cannot set {name!r}")

    @classmethod
    def _of(cls, core: PaillierPublicKey) -> PublicKey:
        key = object.__new__(cls)
        object.__setattr__(key, "_core", core)
        return key

    @property
    def public_key(self) -> PublicKey:
        """The key itself."""
        return self

    @property
    def n(self) -> int:
        """The modulus."""
        return self._core.n

    @property
    def capacity(self) -> int:
        """The largest magnitude of an integer that the key holds, `n // 2`."""
        return self._core.n // 2

    def _encrypt(
        self, values: Integers, noise: str, progress: ProgressCallback | None
    ) -> PaillierCiphertexts:
        return self._core.encrypt(values, noise, progress)

    def to_bytes(self) -> bytes:
        """Return the key in privml's own format."""
        return self._core.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes, *, insecure_key_size: bool = False) -> PublicKey:
        """Return the key that :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            From wherever: nothing about it is trusted.
        insecure_key_size : bool
            Allow moduli under 2048 bits, for tests and teaching. Whoever encrypts under a key that somebody
            sent relies on its size.

        Raises
        ------
        DecodeError, KeySizeError, InvalidKeyError
            If the bytes are anything but a key of an allowed size.
        """
        return cls._of(PaillierPublicKey.from_bytes(check_bytes(data), bool(insecure_key_size)))

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the key to a file, atomically, and over an existing one only with `force`."""
        write_atomically(path, self.to_bytes(), force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, insecure_key_size: bool = False) -> PublicKey:
        """Read a key that :meth:`save` wrote; parameters and errors are those of :meth:`from_bytes`."""
        return cls.from_bytes(Path(path).read_bytes(), insecure_key_size=insecure_key_size)

    def __eq__(self, other: object) -> bool:
        """Compare the moduli."""
        return self._core == other._core if isinstance(other, PublicKey) else NotImplemented

    def __hash__(self) -> int:
        """Hash the modulus."""
        return hash(self._core)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as bytes."""
        return _unpickled, (self.to_bytes(),)

    def __repr__(self) -> str:
        """Return size and fingerprint."""
        return f"PublicKey({self.bits} bits, fingerprint={self.fingerprint})"


class PrivateKey(Sealed, Encrypts):
    """A Paillier private key: made by :meth:`generate`, :meth:`from_primes` or :meth:`load`.

    Its primes live in the core, which wipes them, and never become Python objects. It does not pickle or
    copy; it shows its size and fingerprint only. Two private keys are equal when their public keys are.

    Examples
    --------
    >>> from privml import paillier
    >>> key = paillier.PrivateKey.generate(2048)
    >>> key.decrypt(key.public_key.encrypt(-7))
    array(-7)
    """

    __slots__ = ("_core", "_public")
    _core: PaillierPrivateKey
    _public: PublicKey

    def __init__(self) -> None:
        raise UnsupportedOperationError(
            "a PrivateKey is made by PrivateKey.generate(), .from_primes(p, q) or .load(path, password=...)"
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: keys do not change."""
        raise AttributeError(f"a PrivateKey does not change: cannot set {name!r}")

    @classmethod
    def _of(cls, core: PaillierPrivateKey) -> PrivateKey:
        key = object.__new__(cls)
        object.__setattr__(key, "_core", core)
        object.__setattr__(key, "_public", PublicKey._of(core.public_key))
        return key

    @classmethod
    def generate(
        cls, bits: int = 3072, *, insecure_key_size: bool = False, progress: Progress = None
    ) -> PrivateKey:
        """Make a new key from the operating system's randomness.

        The primes are `3 (mod 4)` with `gcd(p - 1, q - 1) = 2`, as the default noise wants them.

        Parameters
        ----------
        bits : int
            The length of the modulus, a multiple of 64, 2048 to 8192. 3072 has about 128 bits of security,
            2048 about 112 (NIST SP 800-57 part 1, table 2).
        insecure_key_size : bool
            Allow fewer than 2048 bits, for tests and teaching.
        progress : bool or callable, optional
            As for :meth:`encrypt`.

        Raises
        ------
        KeySizeError, ParameterError
            If `bits` is out of range, or no multiple of 64.
        RandomnessError
            If the operating system gives no random bytes.
        """
        try:
            size = encoding.check_int(bits, "bits", 1, 1 << 20)
        except ParameterError as error:
            raise KeySizeError(str(error)) from None
        with reporting(progress, "making the key") as callback:
            return cls._of(PaillierPrivateKey.generate(size, bool(insecure_key_size), callback))

    @classmethod
    def from_primes(cls, p: int, q: int, *, insecure_key_size: bool = False) -> PrivateKey:
        """Return the key with the given primes.

        Parameters
        ----------
        p, q : int
            Different odd primes with `gcd(p * q, (p - 1) * (q - 1)) = 1`. If they are not `3 (mod 4)` with
            `gcd(p - 1, q - 1) = 2`, then prefer `noise="uniform"`: what is known of the default noise is for
            those.
        insecure_key_size : bool
            Allow moduli under 2048 bits, for tests and teaching.

        Raises
        ------
        InvalidKeyError
            If the numbers do not make a key.
        KeySizeError
            If the modulus is too short or too long.
        """
        first, second = encoding.check_int(p, "p", 1), encoding.check_int(q, "q", 1)
        return cls._of(PaillierPrivateKey.from_primes(first, second, bool(insecure_key_size)))

    @property
    def public_key(self) -> PublicKey:
        """The key that may be given away."""
        return self._public

    def _encrypt(
        self, values: Integers, noise: str, progress: ProgressCallback | None
    ) -> PaillierCiphertexts:
        return self._core.encrypt(values, noise, progress)

    @overload
    def decrypt(self, array: EncryptedArray, *, progress: Progress = ...) -> NDArray[Any]: ...
    @overload
    def decrypt(self, array: PackedArray, *, progress: Progress = ...) -> Any: ...
    def decrypt(self, array: EncryptedArray | PackedArray, *, progress: Progress = None) -> Any:
        """Decrypt an array.

        Parameters
        ----------
        array : EncryptedArray or PackedArray
            Encrypted with this key's public key.
        progress : bool or callable, optional
            As for :meth:`encrypt`.

        Returns
        -------
        ndarray
            Of the array's shape: int64 for integers (Python ints as objects if one does not fit), else
            float64. For a packed array with its weight appended: the tuple `(ndarray, int)` of weighted sum
            and weight.

        Raises
        ------
        KeyMismatchError
            If the array belongs to another key.
        EncodingOverflowError
            If a value is beyond the array's public bound: the array was tampered with.
        """
        if not isinstance(array, EncryptedArray | PackedArray):
            raise UnsupportedOperationError(
                f"decrypt got {a_type(array)}; allowed are EncryptedArray and PackedArray"
            )
        check_own(array, self._public)
        with reporting(progress, "decrypting") as callback:
            return array._decoded(self._core.decrypt(array._batch, callback))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, password: str | bytes) -> PrivateKey:
        """Read a key that :meth:`save` wrote.

        Raises
        ------
        WrongPasswordError
            If the password does not open the file.
        DecodeError
            If the file is not a private key's.
        """
        return cls._of(
            PaillierPrivateKey.from_encrypted_bytes(Path(path).read_bytes(), check_password(password))
        )

    def __eq__(self, other: object) -> bool:
        """Compare the public keys."""
        return self._public == other._public if isinstance(other, PrivateKey) else NotImplemented

    def __hash__(self) -> int:
        """Hash the public key."""
        return hash(("private", self._public))

    def __repr__(self) -> str:
        """Return size and fingerprint, nothing secret."""
        return f"PrivateKey({self.bits} bits, fingerprint={self.fingerprint})"


# Arrays pickled one by one share their key again, with its noise tables, and its modulus is checked once.
@functools.lru_cache(maxsize=16)
def _unpickled(data: bytes) -> PublicKey:
    # A pickle can run any code: what it brings is trusted, a small key too.
    return PublicKey.from_bytes(data, insecure_key_size=True)
