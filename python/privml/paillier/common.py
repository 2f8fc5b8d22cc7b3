"""What encrypted and packed arrays share: their key, their files, and the checks of both."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from privml._core import PaillierCiphertexts
from privml._files import COMMAND_LINE_MAGIC, write_atomically
from privml._wording import a_type
from privml.errors import DecodeError, DtypeError, KeyMismatchError, ParameterError

if TYPE_CHECKING:
    from privml.paillier.keys import PublicKey

__all__ = ["Noise", "Stored", "check_bytes", "check_noise", "check_same_key", "raw_integers"]

Noise = Literal["short", "uniform"]


class Stored(ABC):
    """An array under a public key that becomes bytes and files, and pickles with its public key."""

    __slots__ = ()
    _public: PublicKey

    @property
    def public_key(self) -> PublicKey:
        """The key that the array is encrypted with."""
        return self._public

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Return the array in privml's own format, with the key's fingerprint but not the key."""

    @classmethod
    @abstractmethod
    def from_bytes(cls, data: bytes, public_key: PublicKey) -> Self:
        """Return the array that :meth:`to_bytes` wrote.

        Raises
        ------
        DecodeError
            If the bytes are not such an array.
        KeyMismatchError
            If the array belongs to another key.
        InvalidCiphertextError
            If a ciphertext is out of range or not invertible.
        """

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the array to a file, atomically.

        Raises
        ------
        FileExistsError
            If the file exists and `force` is false.
        """
        write_atomically(path, self.to_bytes(), force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str], public_key: PublicKey) -> Self:
        """Read an array that :meth:`save` wrote; raises as :meth:`from_bytes` does."""
        return cls.from_bytes(Path(path).read_bytes(), public_key)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as bytes, with the public key."""
        return type(self).from_bytes, (self.to_bytes(), self._public)


def raw_integers(batch: PaillierCiphertexts) -> NDArray[Any]:
    """Return ciphertexts as a flat object array of Python ints."""
    out = np.empty(len(batch), dtype=object)
    out[:] = batch.raw()
    return out


def check_bytes(data: object) -> bytes:
    """Return what is offered as an encoding as bytes.

    Raises
    ------
    DtypeError
        If it is none: `bytes(5)` would be five zeros.
    DecodeError
        If it is a file of the command line, which begins as other encodings do.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise DtypeError(f"data is {a_type(data)}; allowed are bytes, bytearray and memoryview")
    content = bytes(data)
    if content.startswith(COMMAND_LINE_MAGIC):
        raise DecodeError(
            "data is a file that `privml encrypt` or `privml aggregate` wrote: an array with its key; "
            "open it with `privml decrypt`"
        )
    return content


def check_noise(noise: object) -> None:
    """Refuse names of noise that there are not."""
    if noise not in ("short", "uniform"):
        raise ParameterError(f"noise is {noise!r}; allowed are 'short' and 'uniform'")


def check_same_key(keys: Sequence[PublicKey], doing: str) -> None:
    """Refuse to mix what belongs to different keys."""
    for key in keys[1:]:
        if key != keys[0]:
            raise KeyMismatchError(
                f"{doing}: the arrays belong to different keys, {keys[0].fingerprint} and {key.fingerprint}"
            )
