"""The one door from here to the compiled core: batches of ciphertexts of any numbers modulo n.

An :class:`privml.paillier.EncryptedArray` refuses whatever might not fit its key. python-paillier's numbers
carry no bound, so what serves it works on the batches below such an array.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from privml._core import Integers, PaillierCiphertexts
from privml._progress import Progress, reporting
from privml.paillier import EncryptedArray, PrivateKey, PublicKey
from privml.paillier.common import Noise

__all__ = [
    "Batch",
    "batch_of",
    "decrypt",
    "element",
    "encrypt",
    "joined",
    "of_array",
    "plus_plain",
    "rerandomize",
    "times",
]

Batch = PaillierCiphertexts


def batch_of(ciphertexts: Sequence[int], key: PublicKey) -> Batch:
    """Return ciphertexts as a batch.

    Raises
    ------
    InvalidCiphertextError
        If one is not an invertible number below n**2.
    """
    return PaillierCiphertexts.from_raw(list(ciphertexts), key._core)


def of_array(array: EncryptedArray) -> Batch:
    """Return the batch below an array."""
    return array._batch


def element(batch: Batch, index: int) -> Batch:
    """Return one ciphertext of a batch as a batch."""
    return batch.take(np.array([index]))


def joined(batches: Sequence[Batch]) -> Batch:
    """Return the ciphertexts of several batches, at least one, as one batch."""
    return PaillierCiphertexts.concatenate(list(batches))


def encrypt(key: PublicKey, plaintexts: Sequence[int], noise: Noise, progress: Progress = None) -> Batch:
    """Encrypt numbers modulo n."""
    with reporting(progress, "encrypting") as callback:
        return key._core.encrypt(_signed(plaintexts, key.n), noise, callback)


def decrypt(key: PrivateKey, batch: Batch, progress: Progress = None) -> list[int]:
    """Decrypt to numbers modulo n."""
    n = key.public_key.n
    with reporting(progress, "decrypting") as callback:
        return [value % n for value in key._core.decrypt(batch, callback).to_array().tolist()]


def rerandomize(batch: Batch, progress: Progress = None) -> Batch:
    """Return the same plaintexts under noise that hides where they came from (see `EncryptedArray`)."""
    with reporting(progress, "re-randomising") as callback:
        return batch.rerandomize("uniform", callback)


def plus_plain(batch: Batch, plaintexts: Sequence[int]) -> Batch:
    """Add public numbers modulo n."""
    return batch.add_plain(_signed(plaintexts, batch.public_key.n))


def times(batch: Batch, factors: Sequence[int]) -> Batch:
    """Multiply by public numbers modulo n, in time that depends on them."""
    return batch.multiply(_signed(factors, batch.public_key.n), None)


def _signed(numbers: Sequence[int], n: int) -> Integers:
    # The core takes -(n-1)/2 ... (n-1)/2; small negative multipliers stay cheap that way.
    half = n // 2
    objects = np.empty(len(numbers), dtype=object)
    for i, number in enumerate(numbers):
        residue = number if -half <= number <= half else number % n
        objects[i] = residue - n if residue > half else residue
    return Integers.from_array(objects, "plaintext")
