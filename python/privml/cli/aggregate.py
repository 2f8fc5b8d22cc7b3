"""``privml aggregate``: the sum of encrypted files, without opening any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from privml.cli import console, options, output
from privml.cli.keys import load_public_key
from privml.errors import DataError, KeyMismatchError

if TYPE_CHECKING:
    from privml.cli.container import EncryptedFile


@click.command()
@click.argument("files", nargs=-1, required=True, type=options.existing_file)
@click.option("--out", required=True, type=options.output_path, help="File to write.")
@click.option("--key", type=options.existing_file, help="Public key file; the files must be for this key.")
@options.force_option
@options.json_option
def aggregate(files: tuple[Path, ...], out: Path, key: Path | None, force: bool, as_json: bool) -> None:
    """Add up files that `privml encrypt` wrote, value by value.

    Needs no key: each file brings the public key along, and with --key they are held against one that you
    trust. Whoever does this learns the shapes, the column names and nothing about the values.
    """
    output.check_free([out], force)
    from privml import paillier
    from privml.cli.container import EncryptedFile, read_encrypted, write_encrypted

    expected = None if key is None else load_public_key(key, insecure_key_size=True)
    contents: list[EncryptedFile] = []
    with console.progress(f"Reading {len(files)} files") as watch:
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
    # Checked above: all are of the first one's kind.
    arrays = cast("list[paillier.PackedArray]", [content.array for content in contents])
    total = paillier.aggregate(arrays)
    parts = sum(content.parts for content in contents)
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
        f"{out}: the sum of {parts} encrypted files, shape {total.shape}, key {first.public_key.fingerprint}"
    )


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
