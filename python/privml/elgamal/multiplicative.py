"""Keys of multiplicative ElGamal. What is secret stays in the core: the objects here are handles."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from privml._core import MultiplicativePrivateKey as CorePrivateKey
from privml._core import MultiplicativePublicKey as CorePublicKey
from privml._progress import Progress, reporting
from privml._stored import check_bytes, check_own
from privml._wording import a_type
from privml.elgamal import rational
from privml.elgamal.keys import PrivateKey, PublicKey
from privml.elgamal.products import MultiplicativeArray
from privml.errors import UnsupportedOperationError

__all__ = ["MultiplicativeArray", "MultiplicativePrivateKey", "MultiplicativePublicKey"]


class MultiplicativePublicKey(PublicKey):
    """A public key that encrypts positive numbers, to be multiplied.

    Examples
    --------
    >>> from privml import elgamal
    >>> key = elgamal.PrivateKey.generate("ffdhe2048")
    >>> elgamal.PublicKey.from_bytes(key.public_key.to_bytes()) == key.public_key
    True
    """

    __slots__ = ()
    _core: CorePublicKey

    @property
    def group(self) -> str:
        """The name of the group, as in RFC 7919."""
        return self._core.group

    @property
    def bits(self) -> int:
        """The length of the group's prime."""
        return self._core.p.bit_length()

    @property
    def p(self) -> int:
        """The group's prime."""
        return self._core.p

    @property
    def h(self) -> int:
        """The key's element, `2**x` for the private exponent `x`, as the lesser of it and its negative."""
        return self._core.h

    @property
    def capacity(self) -> int:
        """The largest number that an element stands for, `(p - 1) // 2`: also the group's order."""
        return self._core.p // 2

    @property
    def exponent_bits(self) -> int:
        """The length of the exponents that encryption draws."""
        return self._core.exponent_bits

    @property
    def full_exponent(self) -> bool:
        """Whether exponents are as long as the group's order."""
        return self._core.full_exponent

    @property
    def table_bytes(self) -> int:
        """Memory that the key's tables take now.

        They are built once some 16 numbers have been encrypted with the key, and go with it: about 2, 3 and
        5 MB for the three groups, 9 to 13 times as much with full exponents. The environment variable
        `PRIVML_TABLE_MEMORY` bounds them, in bytes. Less memory is slower; with 0 there are no tables.
        """
        return self._core.table_bytes

    def encrypt(
        self,
        x: ArrayLike,
        *,
        fractional_bits: int | None = None,
        limit: float | None = None,
        progress: Progress = None,
    ) -> MultiplicativeArray:
        """Encrypt an array, one ciphertext per element.

        Parameters
        ----------
        x : array_like
            Positive numbers of any shape: any integer or float dtype, Python ints of any size. Integers stay
            integers; floats are rounded to multiples of `2**-fractional_bits`, ties to even, and none may
            round to zero.
        fractional_bits : int, optional
            The public scale of floats, which are refused without one. It adds up in products.
        limit : number, optional
            The public bound on the numbers: by default that of the dtype for integer arrays, and 2**63 for
            floats and Python ints. A product may be as large as the product of its factors' limits, and
            that must fit the group: at the default, 48 factors at most under `"ffdhe3072"`. Declare the
            smallest limit that holds.
        progress : bool or callable, optional
            True shows a line on the standard error; a callable gets `(done, total)`, and cancels by raising.

        Returns
        -------
        MultiplicativeArray
            Of the shape of `x`. Shape, scale and bound are public; the values are not.

        Raises
        ------
        DtypeError, NotFiniteError, ShapeError
            If `x` is not an array of finite numbers.
        ParameterError
            If a number is not positive or rounds to zero, if floats have no scale, or another argument is out
            of range.
        EncodingOverflowError
            If a value is beyond `limit`, or the limit beyond what the group holds.

        Examples
        --------
        >>> from privml import elgamal
        >>> key = elgamal.PrivateKey.generate("ffdhe2048")
        >>> key.public_key.encrypt([3, 7], limit=100)
        MultiplicativeArray(shape=(2,), integers, bound=100, key=ffdhe2048)
        >>> key.decrypt(_ * _)
        array([ 9, 49])
        """
        integers, shape, scale = rational.encode(
            x, fractional_bits=fractional_bits, limit=limit, order=self.capacity
        )
        with reporting(progress, "encrypting") as callback:
            return MultiplicativeArray(self._core.encrypt(integers, callback), shape, scale, self)

    @classmethod
    def from_bytes(cls, data: bytes) -> MultiplicativePublicKey:
        """Return the key that :meth:`to_bytes` wrote.

        Raises
        ------
        DecodeError, InvalidKeyError
            If the bytes are anything but such a key: its element must be of the group, in its one form, and
            not 1.
        """
        return cls._of(CorePublicKey.from_bytes(check_bytes(data)))


class MultiplicativePrivateKey(PrivateKey):
    """A private key whose public key encrypts positive numbers, to be multiplied."""

    __slots__ = ()
    _core: CorePrivateKey
    _public: MultiplicativePublicKey
    _public_class = MultiplicativePublicKey

    @classmethod
    def _generated(cls, group: str, full_exponent: bool) -> MultiplicativePrivateKey:
        return cls._of(CorePrivateKey.generate(group, full_exponent))

    @property
    def public_key(self) -> MultiplicativePublicKey:
        """The key that may be given away."""
        return self._public

    def encrypt(
        self,
        x: ArrayLike,
        *,
        fractional_bits: int | None = None,
        limit: float | None = None,
        progress: Progress = None,
    ) -> MultiplicativeArray:
        """Encrypt an array, as :meth:`MultiplicativePublicKey.encrypt` does."""
        return self._public.encrypt(x, fractional_bits=fractional_bits, limit=limit, progress=progress)

    def decrypt(
        self, array: MultiplicativeArray, *, fractions: bool = False, progress: Progress = None
    ) -> NDArray[Any]:
        """Decrypt an array.

        Parameters
        ----------
        array : MultiplicativeArray
            Encrypted with this key's public key.
        fractions : bool
            Return exact :class:`fractions.Fraction` objects.
        progress : bool or callable, optional
            As for `encrypt`.

        Returns
        -------
        ndarray
            Of the array's shape: int64 for integers (Python ints as objects if one does not fit), else
            float64, correctly rounded.

        Raises
        ------
        KeyMismatchError
            If the array belongs to another key.
        EncodingOverflowError
            If a value is beyond the array's public bounds (the array was tampered with) or beyond float64.

        Notes
        -----
        What comes after the group arithmetic, the search for fractions in results of divisions, takes a time
        that depends on the values.
        """
        if not isinstance(array, MultiplicativeArray):
            raise UnsupportedOperationError(f"decrypt got {a_type(array)}; allowed is MultiplicativeArray")
        check_own(array, self._public)
        with reporting(progress, "decrypting") as callback:
            values = self._core.decrypt(array._batch, callback)
        return rational.decode(
            self._public._core, values, array._encoding, array.shape, bool(fractions), None
        )

    @classmethod
    def _opened(cls, data: bytes, password: bytes) -> MultiplicativePrivateKey:
        return cls._of(CorePrivateKey.from_encrypted_bytes(data, password))
