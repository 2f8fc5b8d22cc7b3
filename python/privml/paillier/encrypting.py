"""What both Paillier keys can do: encrypt, one number or many per ciphertext."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from privml import encoding
from privml._core import Integers, PaillierCiphertexts, PaillierPrivateKey, PaillierPublicKey
from privml._progress import Progress, ProgressCallback, reporting
from privml.paillier.common import Noise, check_noise
from privml.paillier.elementwise import EncryptedArray
from privml.paillier.packed import PackedArray
from privml.paillier.packing import packing_for

if TYPE_CHECKING:
    from privml.paillier.keys import PublicKey

__all__ = ["Encrypts"]


class Encrypts(ABC):
    """What both keys can do."""

    __slots__ = ()
    _core: PaillierPublicKey | PaillierPrivateKey

    @property
    @abstractmethod
    def public_key(self) -> PublicKey:
        """The key that may be given away."""

    @abstractmethod
    def _encrypt(
        self, values: Integers, noise: str, progress: ProgressCallback | None
    ) -> PaillierCiphertexts: ...

    @property
    def bits(self) -> int:
        """The length of the modulus n."""
        return self.public_key._core.bits

    @property
    def table_bytes(self) -> int:
        """Memory that the key's tables for short noise take now.

        They are built once some 16 numbers have been encrypted with the key, and go with it. A public key has
        one set, a private key another and that of its public key if that is in use. The environment variable
        `PRIVML_TABLE_MEMORY` bounds what a private key's take together, in bytes: half of it is for the
        public set. Less memory is slower; with 0 there are no tables.
        """
        return self._core.table_bytes

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits (128 bits) of a hash of n, the same on every machine."""
        return self.public_key._core.fingerprint.hex()

    def encrypt(
        self,
        x: ArrayLike,
        *,
        fractional_bits: int = encoding.DEFAULT_FRACTIONAL_BITS,
        limit: float | None = None,
        noise: Noise = "short",
        progress: Progress = None,
    ) -> EncryptedArray:
        """Encrypt an array, one ciphertext per element.

        Both keys encrypt to the same distribution; the private key does it faster.

        Parameters
        ----------
        x : array_like
            Numbers of any shape: bool, any integer or float dtype, Python ints of any size. Integers stay
            integers and come back as such; floats are rounded to multiples of `2**-fractional_bits`.
        fractional_bits : int
            The public scale of floats.
        limit : number, optional
            The public bound on the magnitude: by default that of the dtype for integer arrays, and 2**63 for
            floats and Python ints. The smaller it is, the more can be done before a result might not fit the
            key.
        noise : {"short", "uniform"}
            How the ciphertexts are randomised: see :mod:`privml.paillier`.
        progress : bool or callable, optional
            True shows a line on the standard error; a callable gets `(done, total)`, and cancels by raising.

        Returns
        -------
        EncryptedArray
            Of the shape of `x`. Shape, scale and bound are public; the values are not.

        Raises
        ------
        DtypeError, NotFiniteError, ShapeError
            If `x` is not an array of finite numbers.
        EncodingOverflowError
            If a value is beyond `limit`, or the limit beyond what the key holds.
        ParameterError
            If another argument is out of range.

        Examples
        --------
        >>> from privml import paillier
        >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
        >>> key.public_key.encrypt([3, -1], limit=100)
        EncryptedArray(shape=(2,), integers, bound=100, key=1024 bits)
        >>> key.decrypt(_)
        array([ 3, -1])
        """
        public = self.public_key
        check_noise(noise)
        integers, shape, scale = encoding.encode(
            x, fractional_bits=fractional_bits, limit=limit, capacity=public.capacity
        )
        with reporting(progress, "encrypting") as callback:
            return EncryptedArray(self._encrypt(integers, noise, callback), shape, scale, public)

    def pack(
        self,
        x: ArrayLike,
        *,
        limit: float,
        value_bits: int,
        additions: int,
        fractional_bits: int | None = None,
        clip: bool = False,
        weight: int = 1,
        spent: int | None = None,
        append_weight: bool = False,
        noise: Noise = "short",
        progress: Progress = None,
    ) -> PackedArray:
        """Encrypt an array with many numbers per ciphertext, for sums and means of whole arrays.

        Parameters
        ----------
        x : array_like
            Numbers of any shape, as for :meth:`encrypt`.
        limit : number
            The largest magnitude of a number, public.
        value_bits : int
            Bits for one number, its sign included. Floats get what `limit` leaves as fractional bits:
            `value_bits - 1 - ceil(log2(limit))`. Integers are packed as they are. One bit is added if both
            `limit` and `additions` are powers of two, whose product a signed slot just misses.
        additions : int
            Head-room: the largest total of weights that will ever be added up.
        fractional_bits : int, optional
            Fewer fractional bits than there is room for.
        clip : bool
            Move numbers beyond `limit` to it. Otherwise they are refused.
        weight : int
            Multiply by this before encryption. It is not visible afterwards, unless `spent` gives it away.
        spent : int, optional
            How much of `additions` this array uses up: public, and at least the magnitude of `weight`. To be
            given with any weight but 1 and -1, and with `append_weight`. Where the weight is confidential,
            every party gives the largest that any may have.
        append_weight : bool
            Encrypt the weight too, in a slot of its own, so that decrypting gives `(values, weight)`: the
            weighted sum and the sum of weights.
        noise, progress
            As for :meth:`encrypt`.

        Returns
        -------
        PackedArray
            Everything but numbers and weight is public.

        Raises
        ------
        DtypeError, NotFiniteError, ShapeError
            If `x` is not an array of finite numbers.
        EncodingOverflowError
            If a value is beyond `limit` and `clip` is false, or `spent` beyond `additions`.
        ParameterError
            If the parameters do not go together, or not with the key, or `spent` is missing.

        Examples
        --------
        >>> from privml import paillier
        >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
        >>> how = dict(limit=4, value_bits=20, additions=1000, spent=500, append_weight=True)
        >>> a = key.public_key.pack([0.5, 1.0], weight=100, **how)
        >>> b = key.public_key.pack([1.0, 3.0], weight=300, **how)
        >>> values, weight = key.decrypt(a + b)
        >>> values / weight
        array([0.875, 2.5  ])
        """
        public = self.public_key
        check_noise(noise)
        array = encoding.as_numbers(x)
        packing = packing_for(
            array,
            limit=limit,
            value_bits=value_bits,
            additions=additions,
            fractional_bits=fractional_bits,
            append_weight=append_weight,
        )
        integers, used = packing.pack(array, public.bits, clip=clip, weight=weight, spent=spent)
        with reporting(progress, "encrypting") as callback:
            return PackedArray(
                self._encrypt(integers, noise, callback), array.shape, packing, used, 1, public
            )
