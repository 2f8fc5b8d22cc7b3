"""``privml decrypt``: the values of an encrypted file, or their mean over the files added into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from privml.cli import console, options, output
from privml.cli.keys import load_private_key
from privml.errors import DataError, KeyMismatchError, PrivmlError


@click.command()
@click.argument("file", type=options.existing_file)
@click.option("--key", required=True, type=options.existing_file, help="Private key file.")
@click.option(
    "--out",
    required=True,
    type=options.output_path,
    help="File to write: .npy or .csv; /dev/stdout is a .csv.",
)
@click.option("--mean", is_flag=True, help="The mean over the files: of products the geometric one.")
@options.password_option
@options.force_option
@options.json_option
def decrypt(
    file: Path, key: Path, out: Path, mean: bool, password_file: Path | None, force: bool, as_json: bool
) -> None:
    """Open a file that `privml encrypt` or `privml aggregate` wrote.

    The result is as readable as any other file: keep it where the values may be seen. Fractions come in as
    many digits as their fixed point tells: the shortest number that it does not distinguish.
    """
    output.check_free([out], force)
    import numpy as np

    from privml.cli.arrayfile import format_of, shortest, write_values
    from privml.cli.container import read_encrypted
    from privml.cli.products import open_product

    kind = "csv" if output.is_stream(out) and not out.suffix else format_of(out)
    content = read_encrypted(file)
    private_key = load_private_key(key, password_file)
    if private_key.public_key != content.public_key:
        raise KeyMismatchError(
            f"{file} is for key {content.public_key.fingerprint}; {key} is key {private_key.fingerprint}"
        )
    with console.progress(f"Decrypting {content.array.size} values") as watch:
        try:
            if content.multiplies:
                values = open_product(private_key, content, mean=mean, progress=watch)
            else:
                # The key is of the array's scheme: compared above.
                opener: Any = private_key
                values = np.asarray(opener.decrypt(content.array, progress=watch))
        except DataError:
            raise
        except PrivmlError as error:
            # The key is the right one, so honest files open.
            raise DataError(
                f"{file} holds what no encryption gives ({error}); it may be damaged or altered"
            ) from error
    whole = values.dtype.kind != "f"
    if mean and not content.multiplies:
        try:
            values = np.asarray(values / content.parts, dtype=np.float64)
        except OverflowError:
            raise DataError(f"{file} holds integers too large for a mean; leave out --mean") from None
    if not whole:
        # What is within half a step of a number in fixed point is written as that number.
        # The scales of products add up, so a geometric mean has that of one file.
        shares = content.parts if mean and content.multiplies else 1
        values = shortest(values, 0.5 ** (content.fractional_bits / shares + 1))
    with output.staged_files(out, force=force) as (stage,):
        write_values(stage, kind, values, content.names)
    if as_json:
        console.emit_json(
            {
                "file": str(out),
                "shape": list(values.shape),
                "parts": content.parts,
                "mean": mean,
                "dtype": str(values.dtype),
            }
        )
        return
    names = ("product", "geometric mean") if content.multiplies else ("sum", "mean")
    what = f"the {names[mean]} of {content.parts} files"
    console.say(
        f"{out}: {what if content.parts > 1 else 'values'}, shape {values.shape}", err=output.is_stream(out)
    )
