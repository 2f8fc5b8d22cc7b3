"""The file that ``privml encrypt`` writes: an encrypted array with what a third party needs to add it up.

Layout, integers little-endian, every length checked against what is there before it is used::

    8 bytes   magic "PVMLFILE"
    u16       version, 2
    u8        0 for an array (.npy), 1 for a table (CSV)
    u8        0 for elementwise, 1 for packed (Paillier only)
    u64       parts: how many encrypted files were added into this one
    u32       number of column names (0 for an array), then each as u32 length and UTF-8 text
    u32       length of the public key, then the key as `PublicKey.to_bytes` gives it
    u32       CRC-32 of everything before it
    u64       length of the encrypted array, then the array as its own `to_bytes` gives it

Column names, the shape, the key and the number of parts are in the clear. The public key travels along so
that whoever combines the files needs nothing else, and its tag tells the scheme; it is as trustworthy as the
file it comes in, and of any size, since nothing is encrypted under it. The checksum finds damage, which in
the number of parts would change a mean unseen; it authenticates nothing. Version 1, which had none, is not
read.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from privml._files import COMMAND_LINE_MAGIC
from privml._wording import count_text
from privml.errors import DataError

if TYPE_CHECKING:
    from privml import elgamal, paillier
    from privml.elgamal import AdditiveArray, MultiplicativeArray
    from privml.paillier import EncryptedArray, PackedArray

    AnyArray = EncryptedArray | PackedArray | MultiplicativeArray | AdditiveArray

__all__ = ["EncryptedFile", "read_encrypted", "write_encrypted"]

VERSION = 2
MAX_PARTS = 1 << 62
ELGAMAL_KEYS = (b"PVML\x01\x05", b"PVML\x01\x08")
"""How public keys of ElGamal begin: magic, version, tag."""
_HEAD = struct.Struct("<8sHBBQI")
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


@dataclass(frozen=True)
class EncryptedFile:
    """An encrypted array, its key, the names of its columns (None without) and its number of parts."""

    array: AnyArray
    public_key: paillier.PublicKey | elgamal.PublicKey
    names: tuple[str, ...] | None
    parts: int

    @property
    def packed(self) -> bool:
        """Whether many values share a ciphertext."""
        from privml.paillier import PackedArray

        return isinstance(self.array, PackedArray)

    @property
    def multiplies(self) -> bool:
        """Whether such files are multiplied, not added up."""
        from privml.elgamal import MultiplicativeArray

        return isinstance(self.array, MultiplicativeArray)

    @property
    def fractional_bits(self) -> int:
        """Bits after the binary point of its values."""
        from privml.paillier import PackedArray

        array = self.array
        return array.packing.fractional_bits if isinstance(array, PackedArray) else array.fractional_bits

    def to_bytes(self) -> bytes:
        """Encode the file's content."""
        names = [name.encode("utf-8") for name in self.names or ()]
        key, array = self.public_key.to_bytes(), self.array.to_bytes()
        head = _HEAD.pack(
            COMMAND_LINE_MAGIC, VERSION, self.names is not None, self.packed, self.parts, len(names)
        )
        pieces = [head, *(_U32.pack(len(name)) + name for name in names), _U32.pack(len(key)), key]
        front = b"".join(pieces)
        return b"".join([front, _U32.pack(zlib.crc32(front)), _U64.pack(len(array)), array])


class _Reader:
    """Takes bytes off the front, or says that the file is too short."""

    def __init__(self, data: bytes, place: str) -> None:
        self._data = data
        self._at = 0
        self._place = place

    def take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise DataError(f"{self._place} is cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, layout: struct.Struct) -> int:
        value: int = layout.unpack(self.take(layout.size))[0]
        return value

    def check_sum(self) -> None:
        found = zlib.crc32(self._data[: self._at])
        if self.number(_U32) != found:
            raise DataError(f"{self._place} is damaged: its header does not match its checksum")

    def left(self) -> int:
        return len(self._data) - self._at


def decode(data: bytes, place: str) -> EncryptedFile:
    """Decode a file's content; any bytes give an `EncryptedFile` or a `privml.errors.PrivmlError`.

    Parameters
    ----------
    data : bytes
        The content.
    place : str
        What to call it in a message.
    """
    from privml import elgamal
    from privml.paillier import EncryptedArray, PackedArray, PublicKey

    if not data.startswith(COMMAND_LINE_MAGIC):
        raise DataError(f"{place} is not a file that `privml encrypt` wrote")
    reader = _Reader(data, place)
    _, version, table, packed, parts, count = _HEAD.unpack(reader.take(_HEAD.size))
    if version != VERSION:
        raise DataError(f"{place} has version {version}; this privml reads version {VERSION}")
    if table > 1 or packed > 1 or not 1 <= parts <= MAX_PARTS or (count > 0) != bool(table):
        raise DataError(f"{place} is damaged: its header contradicts itself")
    if count * _U32.size > reader.left():
        raise DataError(f"{place} is cut short")
    names: list[str] = []
    for _ in range(count):
        raw = reader.take(reader.number(_U32))
        try:
            names.append(raw.decode("utf-8"))
        except UnicodeDecodeError:
            raise DataError(f"{place} is damaged: a column name is not UTF-8") from None
    key = reader.take(reader.number(_U32))
    reader.check_sum()
    is_elgamal = key.startswith(ELGAMAL_KEYS)
    if is_elgamal and packed:
        raise DataError(f"{place} is damaged: its header says that values are packed, and ElGamal does not")
    public_key: paillier.PublicKey | elgamal.PublicKey
    body = reader.take(reader.number(_U64))
    if reader.left():
        raise DataError(f"{place} is damaged: {count_text(reader.left(), 'byte')} after its end")
    array: AnyArray
    if is_elgamal:
        public_key = elgamal.PublicKey.from_bytes(key)
        array = elgamal.EncryptedArray.from_bytes(body, public_key)
    else:
        public_key = PublicKey.from_bytes(key, insecure_key_size=True)
        array = (PackedArray if packed else EncryptedArray).from_bytes(body, public_key)
    if isinstance(array, PackedArray) and parts > array.spent:
        raise DataError(
            f"{place} is damaged or altered: {parts} files in {count_text(array.spent, 'addition')}"
        )
    if table and (len(array.shape) != 2 or array.shape[1] != count):
        raise DataError(
            f"{place} is damaged: {count_text(count, 'column name')}, values of shape {array.shape}"
        )
    return EncryptedFile(array, public_key, tuple(names) if table else None, parts)


def read_encrypted(path: Path) -> EncryptedFile:
    """Read a file that ``privml encrypt`` or ``privml aggregate`` wrote."""
    from privml.errors import (
        DecodeError,
        InvalidCiphertextError,
        InvalidKeyError,
        KeyMismatchError,
        KeySizeError,
    )

    try:
        return decode(path.read_bytes(), str(path))
    except (DecodeError, InvalidCiphertextError, InvalidKeyError, KeyMismatchError, KeySizeError) as error:
        raise DataError(f"{path} is damaged or altered: {error}") from error


def write_encrypted(path: Path, content: EncryptedFile) -> None:
    """Write such a file."""
    path.write_bytes(content.to_bytes())
