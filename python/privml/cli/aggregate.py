"""``privml aggregate``: the sum or product of encrypted files, without opening any."""

from __future__ import annotations

import functools
import hashlib
import operator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from privml._wording import count_text
from privml.cli import console, options, output
from privml.cli.keys import load_public_key
from privml.errors import DataError, EncodingOverflowError, KeyMismatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from privml.cli.container import EncryptedFile
    from privml.paillier import PackedArray

# What must be equal in files that are added, in the words of a message; the options have the same names.
_PACKING = {
    "limit": "largest value",
    "additions": "number of files that can be added",
    "value_bits": "bits of a value",
    "fractional_bits": "bits after the binary point",
}


@click.command()
@click.argument("files", nargs=-1, required=True, type=options.existing_file)
@click.option("--out", required=True, type=options.output_path, help="File to write.")
@click.option("--key", type=options.existing_file, help="Public key file; the files must be for this key.")
@options.force_option
@options.json_option
def aggregate(files: tuple[Path, ...], out: Path, key: Path | None, force: bool, as_json: bool) -> None:
    """Add up files that `privml encrypt` wrote, value by value.

    Files under an ElGamal key of a group ffdhe... are multiplied instead.

    Needs no key: each file brings the public key along, and with --key they are held against one that you
    trust. Whoever does this learns the shapes, the column names and nothing about the values.
    """
    output.check_free([out], force)
    from privml.cli.container import MAX_PARTS, EncryptedFile, read_encrypted, write_encrypted

    expected = None if key is None else load_public_key(key, insecure_key_size=True)
    contents: list[EncryptedFile] = []
    _check_distinct(files)
    with console.progress(f"Reading {count_text(len(files), 'file')}") as watch:
        for number, path in enumerate(files, start=1):
            content = read_encrypted(path)
            if expected is not None and content.public_key != expected:
                raise KeyMismatchError(
                    f"{path} is for key {content.public_key.fingerprint}, "
                    f"not for {expected.fingerprint} of {key}"
                )
            if contents:
                check_alike(files[0], contents[0], path, content)
            contents.append(content)
            if watch is not None:
                watch(number, len(files))
    first = contents[0]
    if first.packed:
        # Checked above: all are of the first one's kind.
        arrays = cast("list[PackedArray]", [content.array for content in contents])
        spent, room = sum(array.spent for array in arrays), arrays[0].additions
        if spent > room:
            raise DataError(
                f"{count_text(spent, 'file')} would be added up, and {files[0]} was encrypted for sums of at "
                f"most {room}; encrypt with a larger --additions"
            )
    parts = sum(content.parts for content in contents)
    if parts > MAX_PARTS:
        raise DataError(f"the files claim to be sums of {parts} files; at most {MAX_PARTS} can be")
    total = _combined(contents)
    result = EncryptedFile(total, first.public_key, first.names, parts)
    with output.staged_files(out, force=force) as (stage,):
        write_encrypted(stage, result)
    if as_json:
        console.emit_json(
            {
                "file": str(out),
                "files": len(files),
                "parts": parts,
                "shape": list(total.shape),
                "fingerprint": first.public_key.fingerprint,
            }
        )
        return
    console.say(
        f"{out}: the {'product' if first.multiplies else 'sum'} of {count_text(parts, 'encrypted file')}, "
        f"shape {total.shape}, "
        f"key {first.public_key.fingerprint}",
        err=output.is_stream(out),
    )


def _combined(contents: Sequence[EncryptedFile]) -> Any:
    """Add up or multiply arrays that were found to be alike."""
    from privml import elgamal, paillier

    arrays: list[Any] = [content.array for content in contents]
    if not isinstance(contents[0].public_key, elgamal.PublicKey):
        return paillier.aggregate(arrays)
    multiplies = contents[0].multiplies
    try:
        return functools.reduce(operator.mul if multiplies else operator.add, arrays)
    except EncodingOverflowError:
        wrong = "their product may be beyond the group" if multiplies else "their sum may be beyond 2^40"
        raise DataError(
            f"{count_text(len(arrays), 'file')}, and by the limits that they were encrypted with {wrong}; "
            "encrypt with a smaller --limit or fewer --fractional-bits"
        ) from None


def _check_distinct(files: Sequence[Path]) -> None:
    """Refuse a file that is there twice: it would count twice in the sum and in every mean."""
    seen: dict[bytes, Path] = {}
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        if digest in seen:
            # Two encryptions of the same values differ, so equal bytes are one file and its copy.
            raise DataError(f"{seen[digest]} and {path} are the same encrypted file, which would count twice")
        seen[digest] = path


def check_alike(first_path: Path, first: EncryptedFile, path: Path, other: EncryptedFile) -> None:
    """Refuse files that cannot be added, naming both and what differs."""
    if other.public_key != first.public_key:
        raise KeyMismatchError(
            f"{path} is for key {other.public_key.fingerprint}, "
            f"{first_path} for {first.public_key.fingerprint}"
        )
    if other.names != first.names:
        raise DataError(f"{path} and {first_path} have different columns")
    if other.array.shape != first.array.shape:
        raise DataError(f"{path} has shape {other.array.shape}, {first_path} {first.array.shape}")
    if other.packed != first.packed:
        which, rest = (path, first_path) if other.packed else (first_path, path)
        raise DataError(f"{which} is packed and {rest} is not; encrypt both the same way")
    if first.packed:
        _check_packing(first_path, cast("PackedArray", first.array), path, cast("PackedArray", other.array))


def _check_packing(first_path: Path, first: PackedArray, path: Path, other: PackedArray) -> None:
    mine, theirs = first.packing, other.packing
    if mine.is_integer != theirs.is_integer:
        whole, rest = (first_path, path) if mine.is_integer else (path, first_path)
        raise DataError(
            f"{whole} holds whole numbers and {rest} fractions; encrypt both with the same --fractional-bits"
        )
    different = [name for name in _PACKING if getattr(mine, name) != getattr(theirs, name)]
    if different:
        shown = "; ".join(
            f"{_PACKING[name]} {getattr(mine, name):g} and {getattr(theirs, name):g}" for name in different
        )
        chosen = ", ".join("--" + name.replace("_", "-") for name in different)
        raise DataError(
            f"{first_path} and {path} were packed differently: {shown}; encrypt both with the same {chosen}"
        )
