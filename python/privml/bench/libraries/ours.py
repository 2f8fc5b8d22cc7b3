"""privml itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml import paillier
from privml.bench.cases import OURS, Library
from privml.encoding import as_numbers
from privml.paillier.packing import packing_for

__all__ = ["Packed", "Paillier"]


class _WithKey(Library):
    """privml with a Paillier key."""

    name = OURS

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.key = paillier.PrivateKey.generate(bits, insecure_key_size=bits < 2048)
        self.public = self.key.public_key


class Paillier(_WithKey):
    """One ciphertext for a number, and many numbers in one."""

    def plain(self, numbers: NDArray[Any]) -> NDArray[Any]:
        return numbers

    def encrypt(self, x: NDArray[Any]) -> Any:
        return self.public.encrypt(x)

    def encrypt_uniform(self, x: NDArray[Any]) -> Any:
        return self.public.encrypt(x, noise="uniform")

    def encrypt_owner(self, x: NDArray[Any]) -> Any:
        return self.key.encrypt(x)

    def encrypt_owner_uniform(self, x: NDArray[Any]) -> Any:
        return self.key.encrypt(x, noise="uniform")

    def decrypt(self, c: Any) -> Any:
        return self.key.decrypt(c)

    def add(self, a: Any, b: Any) -> Any:
        return a + b

    def subtract(self, a: Any, b: Any) -> Any:
        return a - b

    def multiply_secret(self, c: Any, factors: NDArray[Any]) -> Any:
        return c.multiply_secret(factors, limit=2**15)

    def matmul_secret(self, matrix: NDArray[Any], c: Any) -> Any:
        return c.matmul_secret(matrix, left=True, limit=2**15)

    def dot(self, weights: NDArray[Any], c: Any) -> Any:
        return paillier.dot(weights, c).reshape(1)

    def bincount(self, c: Any, bins: NDArray[np.int64], count: int) -> Any:
        return paillier.bincount(c, bins, minlength=count)

    def multiply(self, c: Any, factors: NDArray[Any]) -> Any:
        return c * factors

    def matmul(self, matrix: NDArray[Any], c: Any) -> Any:
        return matrix @ c

    def sum(self, c: Any) -> Any:
        return c.sum().reshape(1)

    def aggregate(self, arrays: Sequence[NDArray[Any]]) -> Any:
        packed = [self.public.pack(x, limit=8, value_bits=24, additions=1000) for x in arrays]
        return self.key.decrypt(paillier.aggregate(packed))

    def repeat(self, c: Any, count: int) -> Any:
        return c[np.arange(count) % len(c)]

    def size(self, c: Any) -> int:
        return len(c.to_bytes())


class Packed(_WithKey):
    """Numbers of 16 bits in slots of 24, which leaves room for 256 additions."""

    # One step less than 8, so that 256 of them just fit.
    LIMIT, VALUE_BITS, ADDITIONS = 8 - 2.0**-12, 16, 256
    STEP = 2.0**-12

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self._how: dict[str, Any] = {
            "limit": self.LIMIT,
            "value_bits": self.VALUE_BITS,
            "additions": self.ADDITIONS,
        }

    def pack(self, x: NDArray[np.float64]) -> Any:
        return self.public.pack(x, **self._how)

    def pack_owner(self, x: NDArray[np.float64]) -> Any:
        return self.key.pack(x, **self._how)

    def encode(self, x: NDArray[np.float64]) -> Any:
        """All of `pack` but the encryption."""
        array = as_numbers(x)
        packing = packing_for(array, fractional_bits=None, append_weight=False, **self._how)
        integers, _ = packing.pack(array, self.bits, clip=False, weight=1, spent=None)
        return packing, integers, array.shape

    def decode(self, encoded: Any) -> Any:
        """All of `decrypt` but the decryption."""
        packing, integers, shape = encoded
        return packing.unpack(integers, shape, self.bits, 1, 1)

    def aggregate(self, arrays: Sequence[Any]) -> Any:
        return paillier.aggregate(arrays)

    def unpack(self, c: Any) -> Any:
        return self.key.decrypt(c)

    def save(self, c: Any) -> list[bytes]:
        return [c.to_bytes()]

    def load(self, data: list[bytes]) -> Any:
        return paillier.PackedArray.from_bytes(data[0], self.public)
