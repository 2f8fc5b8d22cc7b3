"""Keys of additive ElGamal over ristretto255. What is secret stays in the core: the objects are handles."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from privml import encoding
from privml._core import AdditiveCiphertexts
from privml._core import AdditivePrivateKey as CorePrivateKey
from privml._core import AdditivePublicKey as CorePublicKey
from privml._progress import Progress, reporting
from privml._stored import check_bytes, check_own
from privml._wording import a_type, readable
from privml.elgamal.keys import PrivateKey, PublicKey
from privml.elgamal.sums import AdditiveArray
from privml.errors import (
    DtypeError,
    EncodingOverflowError,
    UnsupportedOperationError,
)

__all__ = ["DEFAULT_LIMIT", "AdditiveArray", "AdditivePrivateKey", "AdditivePublicKey"]

DEFAULT_LIMIT = 2**32
"""The magnitude that wide integers may have, unless said otherwise."""

GROUP = "ristretto255"


class AdditivePublicKey(PublicKey):
    """A public key that encrypts small integers, to be added.

    Examples
    --------
    >>> from privml import elgamal
    >>> key = elgamal.PrivateKey.generate("ristretto255")
    >>> elgamal.PublicKey.from_bytes(key.public_key.to_bytes()) == key.public_key
    True
    """

    __slots__ = ()
    _core: CorePublicKey

    @property
    def group(self) -> str:
        """The name of the group."""
        return GROUP

    @property
    def point(self) -> bytes:
        """The encoding of the key's point, 32 bytes as in RFC 9496."""
        return self._core.point

    @property
    def capacity(self) -> int:
        """The largest magnitude that can be decrypted, 2**40."""
        return AdditiveCiphertexts.LARGEST_PLAINTEXT

    def encrypt(
        self,
        x: ArrayLike,
        *,
        fractional_bits: int | None = None,
        limit: float | None = None,
        progress: Progress = None,
    ) -> AdditiveArray:
        """Encrypt an array, one ciphertext per element.

        Parameters
        ----------
        x : array_like
            Numbers of any shape: bool, any integer dtype, Python ints. Floats need `fractional_bits` and
            `limit`, and are rounded to multiples of `2**-fractional_bits`, ties to even.
        fractional_bits : int, optional
            The public scale of floats.
        limit : number, optional
            The public bound on the magnitude: by default that of the dtype for integers of at most 32 bits,
            and 2**32 for wider ones and Python ints. The bound grows with every operation, and what it bounds
            must stay below 2**40: declare the smallest limit that holds.
        progress : bool or callable, optional
            True shows a line on the standard error; a callable gets `(done, total)`, and cancels by raising.

        Returns
        -------
        AdditiveArray
            Of the shape of `x`. Shape, scale and bound are public; the values are not.

        Raises
        ------
        DtypeError, NotFiniteError, ShapeError
            If `x` is not an array of finite numbers, or holds floats without a scale and a limit.
        EncodingOverflowError
            If a value is beyond `limit`, or the limit beyond 2**40.
        ParameterError
            If another argument is out of range.

        Examples
        --------
        >>> from privml import elgamal
        >>> key = elgamal.PrivateKey.generate("ristretto255")
        >>> key.public_key.encrypt([3, -7], limit=100)
        AdditiveArray(shape=(2,), integers, bound=100, key=ristretto255)
        >>> key.decrypt(_ + 1)
        array([ 4, -6])
        """
        array = encoding.as_numbers(x)
        bits = 0 if fractional_bits is None else encoding.check_fractional_bits(fractional_bits)
        if encoding.is_float(array):
            if fractional_bits is None or limit is None:
                raise DtypeError(
                    "x holds floats and what is decrypted are small integers: give fractional_bits= and "
                    "limit=, such that limit * 2**fractional_bits is at most 2**40, or encrypt integers"
                )
        elif limit is None and (array.dtype.kind == "O" or array.dtype.itemsize > 4):
            limit = DEFAULT_LIMIT
        if limit is not None:
            exact = encoding.check_limit(limit)
            scale = 2**bits if encoding.is_float(array) else 1
            if exact * scale > self.capacity or scale > self.capacity:
                raise EncodingOverflowError(
                    f"limit is {readable(limit) if isinstance(limit, int) else limit}"
                    + (f" with fractional_bits={bits}" if scale > 1 else "")
                    + "; what can be decrypted ends at 2**40"
                )
        integers, shape, new = encoding.encode(
            array, fractional_bits=bits, limit=limit, capacity=self.capacity
        )
        with reporting(progress, "encrypting") as callback:
            return AdditiveArray(self._core.encrypt(integers, callback), shape, new, self)

    @classmethod
    def from_bytes(cls, data: bytes) -> AdditivePublicKey:
        """Return the key that :meth:`to_bytes` wrote.

        Raises
        ------
        DecodeError, InvalidKeyError
            If the bytes are anything but such a key: its point must be encoded as RFC 9496 has it, and not be
            the neutral one.
        """
        return cls._of(CorePublicKey.from_bytes(check_bytes(data)))


class AdditivePrivateKey(PrivateKey):
    """A private key whose public key encrypts small integers, to be added."""

    __slots__ = ()
    _core: CorePrivateKey
    _public: AdditivePublicKey
    _public_class = AdditivePublicKey

    @classmethod
    def _generated(cls, group: str, full_exponent: bool) -> AdditivePrivateKey:
        # Scalars are always as long as the group's order.
        return cls._of(CorePrivateKey.generate())

    @property
    def public_key(self) -> AdditivePublicKey:
        """The key that may be given away."""
        return self._public

    def encrypt(
        self,
        x: ArrayLike,
        *,
        fractional_bits: int | None = None,
        limit: float | None = None,
        progress: Progress = None,
    ) -> AdditiveArray:
        """Encrypt an array, as :meth:`AdditivePublicKey.encrypt` does."""
        return self._public.encrypt(x, fractional_bits=fractional_bits, limit=limit, progress=progress)

    def decrypt(self, array: AdditiveArray, *, progress: Progress = None) -> NDArray[Any]:
        """Decrypt an array.

        Each plaintext is sought outward from 0 up to the array's public bound, after a table has been made
        for the process (at most 90 MB; it is kept, and serves all keys). How long that takes depends on the
        plaintexts: do not let those who must not know them time it.

        Parameters
        ----------
        array : AdditiveArray
            Encrypted with this key's public key.
        progress : bool or callable, optional
            As for :meth:`encrypt`.

        Returns
        -------
        ndarray
            Of the array's shape: int64 for integers, else float64.

        Raises
        ------
        KeyMismatchError
            If the array belongs to another key.
        EncodingOverflowError
            If a value is beyond the array's public bound: the array was tampered with. The message names its
            position in the flattened array.
        """
        if not isinstance(array, AdditiveArray):
            raise UnsupportedOperationError(f"decrypt got {a_type(array)}; allowed is an AdditiveArray")
        check_own(array, self._public)
        with reporting(progress, "decrypting") as callback:
            return array._decoded(self._core.decrypt(array._batch, array.encoding.bound, callback))

    @classmethod
    def _opened(cls, data: bytes, password: bytes) -> AdditivePrivateKey:
        return cls._of(CorePrivateKey.from_encrypted_bytes(data, password))
