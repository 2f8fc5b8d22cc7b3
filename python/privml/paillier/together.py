"""What works on several arrays, or on either kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, overload

from privml._core import PaillierCiphertexts
from privml._stored import check_bytes
from privml._summable import aligned, common_with_bound
from privml.errors import DecodeError, ShapeError, UnsupportedOperationError
from privml.paillier.elementwise import EncryptedArray
from privml.paillier.packed import PackedArray

if TYPE_CHECKING:
    from privml.paillier.keys import PublicKey

__all__ = ["aggregate", "from_bytes"]


@overload
def aggregate(arrays: Iterable[PackedArray]) -> PackedArray: ...
@overload
def aggregate(arrays: Iterable[EncryptedArray]) -> EncryptedArray: ...
def aggregate(
    arrays: Iterable[PackedArray] | Iterable[EncryptedArray],
) -> PackedArray | EncryptedArray:
    """Return the sum of many arrays of one shape, in one pass.

    Parameters
    ----------
    arrays : iterable of PackedArray, or of EncryptedArray
        Of one shape and under one key; packed ones made with the same parameters.

    Raises
    ------
    ShapeError
        If the shapes differ, or there is no array.
    KeyMismatchError
        If the arrays belong to different keys.
    ParameterError
        If packed arrays were made with different parameters; the message names which.
    EncodingOverflowError
        If packed arrays spend more than the `additions` they were made for, or the sum might not fit the key.

    Examples
    --------
    >>> from privml import paillier
    >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
    >>> key.decrypt(paillier.aggregate(key.public_key.encrypt([i, -i]) for i in range(5)))
    array([ 10, -10])
    """
    parts = list(arrays)
    if not parts:
        raise ShapeError("aggregate needs at least one array")
    packed = [part for part in parts if isinstance(part, PackedArray)]
    if len(packed) == len(parts):
        return PackedArray._aggregate(packed)
    encrypted = [part for part in parts if isinstance(part, EncryptedArray)]
    if len(encrypted) == len(parts):
        return _aggregate_elementwise(encrypted)
    found = ", ".join(sorted({type(part).__name__ for part in parts}))
    raise UnsupportedOperationError(f"aggregate got {found}; allowed are arrays of one kind")


def _aggregate_elementwise(arrays: list[EncryptedArray]) -> EncryptedArray:
    first = arrays[0]
    for array in arrays:
        if array.shape != first.shape:
            raise ShapeError(f"aggregate got the shapes {first.shape} and {array.shape}; they must be equal")
    parts = aligned(arrays, "aggregating")
    new = common_with_bound(parts, sum(part.encoding.bound for part in parts))
    new.check_fits(first.public_key.capacity, "aggregating")
    return first._encoded(PaillierCiphertexts.aggregate([part._batch for part in parts]), new)


def from_bytes(data: bytes, public_key: PublicKey) -> EncryptedArray | PackedArray:
    """Return the array that `to_bytes` of either kind wrote.

    Raises
    ------
    DecodeError
        If the bytes are neither.
    KeyMismatchError
        If the array belongs to another key.
    InvalidCiphertextError
        If a ciphertext is out of range or not invertible.
    """
    data = check_bytes(data)
    try:
        return PackedArray.from_bytes(data, public_key)
    except DecodeError as error:
        packed = error
    try:
        return EncryptedArray.from_bytes(data, public_key)
    except DecodeError as error:
        raise DecodeError(f"neither a packed array ({packed}) nor an encrypted one ({error})") from None
