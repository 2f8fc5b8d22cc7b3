"""Arrays on their way through a shared decryption: as bytes for the parties, and as numbers out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from privml._core import AdditiveCiphertexts, AdditivePublicKey, MultiplicativePublicKey
from privml._progress import ProgressCallback
from privml._wording import a_type
from privml.elgamal import additive, multiplicative, rational
from privml.elgamal.additive import AdditiveArray
from privml.elgamal.multiplicative import MultiplicativeArray
from privml.errors import KeyMismatchError, ParameterError

if TYPE_CHECKING:
    from privml.elgamal.threshold.shared import PublicKey

__all__ = ["Ciphertexts", "encryption_key", "numbers", "rows"]

Ciphertexts = AdditiveArray | MultiplicativeArray | bytes


def encryption_key(
    group: str, element: bytes
) -> additive.AdditivePublicKey | multiplicative.MultiplicativePublicKey:
    """Return the ordinary key of an element."""
    if group == additive.GROUP:
        return additive.AdditivePublicKey._of(AdditivePublicKey.from_point(element))
    # Shares are full exponents; with full ones here too, nothing of a shared key rests on short exponents.
    return multiplicative.MultiplicativePublicKey._of(
        MultiplicativePublicKey.from_element(group, element, True)
    )


def rows(key: PublicKey, ciphertexts: Ciphertexts) -> bytes:
    """Return both elements of each ciphertext in canonical form."""
    if not isinstance(ciphertexts, AdditiveArray | MultiplicativeArray):
        if not isinstance(ciphertexts, bytes | bytearray | memoryview):
            raise ParameterError(
                f"ciphertexts is {a_type(ciphertexts)}; allowed are an AdditiveArray, a MultiplicativeArray "
                "and bytes"
            )
        return bytes(ciphertexts)
    if ciphertexts.public_key != key.encryption_key:
        raise KeyMismatchError(
            f"the array belongs to the key {ciphertexts.public_key.fingerprint}; this shared key's "
            f"encryption_key is {key.encryption_key.fingerprint}"
        )
    batch = ciphertexts._batch
    return batch.raw() if isinstance(batch, AdditiveCiphertexts) else batch.rows()


def numbers(
    array: AdditiveArray | MultiplicativeArray,
    elements: bytes,
    fractions: bool,
    progress: ProgressCallback | None,
) -> NDArray[Any]:
    """Return the numbers that decrypted elements of an array stand for."""
    if isinstance(array, AdditiveArray):
        bound = array.encoding.bound
        return array._decoded(AdditiveCiphertexts.plaintexts(elements, bound, progress))
    core = array.public_key._core
    return rational.decode(core, core.plaintexts(elements), array._encoding, array.shape, fractions, None)
