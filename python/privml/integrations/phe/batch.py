"""Many encrypted numbers at once: not python-paillier's, and the reason to switch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from privml._progress import Progress
from privml._wording import a_type
from privml.errors import DtypeError, KeyMismatchError, ParameterError, ShapeError
from privml.integrations.phe import core
from privml.integrations.phe.encoding import EncodedNumber, step
from privml.integrations.phe.interchange.ciphertexts import aligned_array, base_exponent
from privml.integrations.phe.modulus import Modulus
from privml.integrations.phe.number import EncryptedNumber
from privml.paillier import EncryptedArray, PackedArray

if TYPE_CHECKING:
    from privml.integrations.phe.private import PaillierPrivateKey
    from privml.integrations.phe.public import PaillierPublicKey

__all__ = [
    "check_numbers",
    "decrypt_many",
    "encrypt_many",
    "from_array",
    "obfuscate_many",
    "sum_many",
    "to_array",
]


def encrypt_many(
    public_key: PaillierPublicKey, values: Iterable[Any], precision: float | None, progress: Progress
) -> Any:
    """See :meth:`PaillierPublicKey.encrypt_many`."""
    encoded = [
        value if isinstance(value, EncodedNumber) else EncodedNumber.encode(public_key, value, precision)
        for value in _flat(values)
    ]
    if any(number.public_key != public_key for number in encoded):
        raise KeyMismatchError("a number is encoded for another public key")
    encrypted = core.encrypt(
        public_key.native, [number.encoding for number in encoded], public_key.noise, progress
    )
    return _shaped(
        [
            EncryptedNumber.of_batch(public_key, core.element(encrypted, i), number.exponent, obfuscated=True)
            for i, number in enumerate(encoded)
        ],
        values,
    )


def decrypt_many(
    private_key: PaillierPrivateKey, numbers: Iterable[EncryptedNumber], progress: Progress
) -> Any:
    """See :meth:`PaillierPrivateKey.decrypt_many`."""
    public_key = private_key.public_key
    flat = check_numbers(_flat(numbers), public_key)
    if not flat:
        return _shaped([], numbers)
    plaintexts = core.decrypt(private_key.native, _joined(flat), progress)
    return _shaped(
        [
            EncodedNumber(public_key, plaintext, number.exponent).decode()
            for plaintext, number in zip(plaintexts, flat, strict=True)
        ],
        numbers,
    )


def obfuscate_many(numbers: Iterable[EncryptedNumber], *, progress: Progress = None) -> None:
    """Obfuscate, in one go, those numbers whose :meth:`EncryptedNumber.ciphertext` would do so.

    Parameters
    ----------
    numbers : iterable or object ndarray of EncryptedNumber
        Under one key.
    progress : bool or callable, optional
        As for :meth:`privml.paillier.PublicKey.encrypt`.
    """
    flat = [number for number in check_numbers(_flat(numbers)) if not number.is_obfuscated]
    if flat:
        fresh = core.rerandomize(_joined(flat), progress)
        for i, number in enumerate(flat):
            number.replace_batch(core.element(fresh, i))


def sum_many(numbers: Iterable[EncryptedNumber]) -> EncryptedNumber:
    """Return the sum of numbers, brought to the smallest exponent together.

    Parameters
    ----------
    numbers : iterable or object ndarray of EncryptedNumber
        Under one key, at least one.

    Examples
    --------
    >>> from privml.integrations import phe as paillier
    >>> public_key, private_key = paillier.generate_paillier_keypair(n_length=2048)
    >>> private_key.decrypt(paillier.sum_many(public_key.encrypt_many([1, 2.5, 3])))
    6.5
    """
    flat = check_numbers(_flat(numbers))
    if not flat:
        raise ShapeError("there are no numbers to sum")
    public_key = flat[0].public_key
    lowest = min(number.exponent for number in flat)
    factors = [step(EncodedNumber.BASE, number.exponent, lowest) for number in flat]
    if max(factors) > public_key.max_int:
        raise ParameterError(f"at the exponent {lowest} the larger numbers would not fit the key")
    batch = _joined(flat)
    if max(factors) > 1:
        batch = core.times(batch, factors)
    return EncryptedNumber.of_batch(public_key, batch.sum(len(flat)), lowest)


def to_array(numbers: Iterable[EncryptedNumber], *, limit: float) -> EncryptedArray:
    """Return numbers as an array of :mod:`privml.paillier`, brought to the smallest exponent.

    Parameters
    ----------
    numbers : iterable or object ndarray of EncryptedNumber
        Under one key, at least one.
    limit : number
        What none of them exceeds in magnitude, public.

    Returns
    -------
    EncryptedArray
        Of the shape of `numbers`. It multiplies by matrices, and finds overflows before they happen.

    Raises
    ------
    EncodingOverflowError
        If the key cannot hold `limit` at the smallest exponent: an `OverflowError`.

    Examples
    --------
    >>> import numpy as np
    >>> from privml.integrations import phe as paillier
    >>> public_key, private_key = paillier.generate_paillier_keypair(n_length=2048)
    >>> x = paillier.to_array(public_key.encrypt_many([1, 2.5, 3]), limit=10)
    >>> private_key.native.decrypt(np.array([[1, 2, 1], [0, 0, -1]]) @ x)
    array([ 9., -3.])
    """
    flat = check_numbers(_flat(numbers))
    if not flat:
        raise ShapeError("there are no numbers, so there is no key")
    shape = numbers.shape if isinstance(numbers, np.ndarray) else (len(flat),)
    exponents = [number.exponent for number in flat]
    return aligned_array(_joined(flat), exponents, flat[0].public_key.native, limit, shape)


def from_array(array: EncryptedArray, public_key: PaillierPublicKey) -> NDArray[Any]:
    """Return an array of :mod:`privml.paillier` as an object array of :class:`EncryptedNumber`.

    Parameters
    ----------
    array : EncryptedArray
        Its scale must be a power of 16, as for :func:`privml.integrations.phe.interchange.array_to_json`.
    public_key : PaillierPublicKey
        Its key.
    """
    if array.public_key != public_key.native:
        raise KeyMismatchError("the array belongs to another public key")
    exponent, batch = base_exponent(array), core.of_array(array)
    return _object_array(
        [EncryptedNumber.of_batch(public_key, core.element(batch, i), exponent) for i in range(array.size)],
        array.shape,
    )


def check_numbers(numbers: Sequence[Any], public_key: Modulus | None = None) -> Sequence[EncryptedNumber]:
    """Refuse what is no encrypted number, or under another key than the rest."""
    for number in numbers:
        if isinstance(number, EncryptedArray | PackedArray):
            raise DtypeError(
                f"a number is {a_type(number)} of privml.paillier; allowed are EncryptedNumbers. An "
                "array is decrypted by private_key.native.decrypt(array), or first taken apart by from_array"
            )
        if not isinstance(number, EncryptedNumber):
            raise DtypeError(f"a number is {a_type(number)}; allowed are EncryptedNumbers")
        if public_key is None:
            public_key = number.public_key
        if number.public_key is not public_key and number.public_key != public_key:
            raise KeyMismatchError("a number was encrypted with another key")
    return numbers


def _flat(values: Iterable[Any]) -> list[Any]:
    return list(values.flat) if isinstance(values, np.ndarray) else list(values)


def _shaped(results: list[Any], like: object) -> Any:
    return _object_array(results, like.shape) if isinstance(like, np.ndarray) else results


def _object_array(results: Sequence[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    out = np.empty(len(results), dtype=object)
    for i, result in enumerate(results):
        out[i] = result
    return out.reshape(shape)


def _joined(numbers: Sequence[EncryptedNumber]) -> core.Batch:
    # Those that came as integers are checked together: one gcd instead of one for each.
    fresh = [number for number in numbers if number.is_unchecked]
    if len(fresh) > 1:
        checked = core.batch_of([number.ciphertext(False) for number in fresh], fresh[0].public_key.native)
        for i, number in enumerate(fresh):
            number.accept_batch(core.element(checked, i))
    return core.joined([number.batch for number in numbers])
