"""``privml encrypt``: a file of numbers into a file of ciphertexts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from privml._wording import count_text
from privml.cli import console, options, output
from privml.cli.keys import load_public_key
from privml.errors import DataError

if TYPE_CHECKING:
    from privml._progress import ProgressCallback
    from privml.cli.arrayfile import Values
    from privml.elgamal import (
        AdditiveArray,
        AdditivePublicKey,
        MultiplicativeArray,
        MultiplicativePublicKey,
    )

PACKED_LIMIT = float(1 << 20)
ELEMENTWISE_LIMIT = float(1 << 63)
ELGAMAL_LIMIT = float(1 << 20)
ELGAMAL_FRACTIONAL_BITS = 16


@click.command()
@click.argument("file", type=options.existing_file)
@click.option(
    "--key", required=True, type=options.existing_file, help="Public key file (the .pub of keygen)."
)
@click.option("--out", required=True, type=options.output_path, help="File to write.")
@click.option(
    "--elementwise", is_flag=True, help="One ciphertext for each value, instead of many values in one."
)
@click.option(
    "--limit",
    type=options.positive,
    help="Largest absolute value that may occur.  [default: 2^20; 2^63 with --elementwise]",
)
@click.option("--value-bits", type=int, help="Packed: bits that a value takes, sign included.  [default: 48]")
@click.option("--additions", type=int, help="Packed: how many such files can be added up.  [default: 1024]")
@click.option(
    "--fractional-bits",
    type=int,
    help="Bits after the binary point.  [default: 32, or what packing leaves; 16 for products]",
)
@options.insecure_option
@options.delimiter_option
@options.force_option
@options.json_option
def encrypt(
    file: Path,
    key: Path,
    out: Path,
    elementwise: bool,
    limit: float | None,
    value_bits: int | None,
    additions: int | None,
    fractional_bits: int | None,
    insecure_key_size: bool,
    delimiter: str,
    force: bool,
    as_json: bool,
) -> None:
    """Encrypt the numbers of a .npy or CSV file.

    Whoever holds the public key can do this; only the private key opens the result. Values are packed, many
    into one ciphertext, for sums and means of whole files; with --elementwise each has a ciphertext of its
    own. Everyone who encrypts for one sum uses the same --limit, --value-bits and --additions.

    An ElGamal key of a group ffdhe... takes positive numbers, for products and geometric means of files; one
    of ristretto255 takes small whole numbers, for sums. Each value has a ciphertext of its own there.

    The first line of a CSV must hold column names; they are published.

    In the clear remain: the shape, the limits given here, the header of a CSV, and whether the values are
    whole numbers. A CSV's are if all of them happen to be: with --fractional-bits they are fractions in any
    case, and add up with other files of fractions.
    """
    output.check_free([out], force)
    if elementwise and (value_bits is not None or additions is not None):
        raise click.UsageError("--value-bits and --additions are for packing, not for --elementwise")
    from privml.cli.arrayfile import as_fractions, read_values
    from privml.cli.container import EncryptedFile, write_encrypted
    from privml.paillier import PublicKey

    public_key = load_public_key(key, insecure_key_size=insecure_key_size)
    source = read_values(file, delimiter)
    values, names = source.array, source.names
    is_paillier = isinstance(public_key, PublicKey)
    if not is_paillier and (value_bits is not None or additions is not None):
        raise click.UsageError("--value-bits and --additions are for packing, which ElGamal keys do not do")
    elementwise = elementwise or not is_paillier
    usual = ELGAMAL_LIMIT if not is_paillier else ELEMENTWISE_LIMIT if elementwise else PACKED_LIMIT
    bound = usual if limit is None else limit
    source.check_limit(bound)
    if fractional_bits is not None and values.dtype.kind != "f":
        values = as_fractions(values, file)
    kind = "fractions" if values.dtype.kind == "f" else "whole numbers"
    array: Any
    with console.progress(f"Encrypting {values.size} values") as watch:
        if not isinstance(public_key, PublicKey):
            array = _encrypt_elgamal(public_key, source, values, bound, fractional_bits, watch)
        elif elementwise:
            scale = 32 if fractional_bits is None else fractional_bits
            array = public_key.encrypt(values, fractional_bits=scale, limit=bound, progress=watch)
        else:
            array = public_key.pack(
                values,
                limit=bound,
                value_bits=48 if value_bits is None else value_bits,
                additions=1024 if additions is None else additions,
                fractional_bits=fractional_bits,
                progress=watch,
            )
    content = EncryptedFile(array, public_key, names, 1)
    with output.staged_files(out, force=force) as (stage,):
        write_encrypted(stage, content)
        size = stage.stat().st_size
    clear = ["shape", "limits", kind] + (["column names"] if names is not None else [])
    if as_json:
        console.emit_json(
            {
                "file": str(out),
                "shape": list(values.shape),
                "packed": not elementwise,
                "bytes": size,
                "fingerprint": public_key.fingerprint,
                "in_the_clear": clear,
            }
        )
        return
    aside = output.is_stream(out)
    how = "one by one" if elementwise else "packed"
    console.say(
        f"{out}: {count_text(values.size, 'value')}, {how}, {count_text(size, 'byte')}, "
        f"key {public_key.fingerprint}",
        err=aside,
    )
    if names is not None:
        console.say(
            f"In the clear: the shape {values.shape}, that these are {kind}, and the column names "
            f"({', '.join(names)}).",
            err=aside,
        )
    else:
        console.say(f"In the clear: the shape {values.shape}, and that these are {kind}.", err=aside)


def _encrypt_elgamal(
    key: MultiplicativePublicKey | AdditivePublicKey,
    source: Values,
    values: Any,
    bound: float,
    fractional_bits: int | None,
    watch: ProgressCallback | None,
) -> MultiplicativeArray | AdditiveArray:
    """Encrypt under a key of either kind, with the place in the file in every complaint about a value."""
    from privml.elgamal import MultiplicativePublicKey

    if isinstance(key, MultiplicativePublicKey):
        bits = ELGAMAL_FRACTIONAL_BITS if fractional_bits is None else fractional_bits
        source.check_positive(bits if values.dtype.kind == "f" else None)
        return key.encrypt(values, fractional_bits=bits, limit=bound, progress=watch)
    if values.dtype.kind == "f" and fractional_bits is None:
        raise DataError(
            f"{source.path} holds fractions, and a key of {key.group} is for whole numbers; with "
            "--fractional-bits it takes fractions, if --limit times 2^bits is at most 2^40"
        )
    return key.encrypt(values, fractional_bits=fractional_bits, limit=bound, progress=watch)
