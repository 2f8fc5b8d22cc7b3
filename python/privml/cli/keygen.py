"""``privml keygen``: a key pair in two files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from privml.cli import console, options, output

if TYPE_CHECKING:
    from privml import elgamal, paillier


@click.command()
@click.option(
    "--out", required=True, type=options.output_path, help="Private key file; FILE.pub gets the public key."
)
@click.option(
    "--scheme",
    type=click.Choice(["paillier", "elgamal"]),
    default="paillier",
    show_default=True,
    help="What the key is for.",
)
@options.bits_option
@click.option(
    "--group",
    type=click.Choice(["ffdhe2048", "ffdhe3072", "ffdhe4096", "ristretto255"]),
    help="ElGamal: the group. ffdhe... multiply positive numbers, ristretto255 adds small integers.  "
    "[default: ffdhe3072]",
)
@options.password_option
@options.insecure_option
@options.force_option
@options.json_option
@click.pass_context
def keygen(
    context: click.Context,
    out: Path,
    scheme: str,
    bits: int,
    group: str | None,
    password_file: Path | None,
    insecure_key_size: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make a key pair, of Paillier's scheme or ElGamal's.

    The private key goes to the file named by --out, encrypted with a password and readable by you alone; the
    public key goes beside it, with .pub at the end of its name. Who holds the private key can read what is
    encrypted; the public key is for everybody.
    """
    public = out.with_name(out.name + ".pub")
    if scheme == "paillier":
        if group is not None:
            raise click.UsageError("--group is for --scheme elgamal")
        options.check_bits(bits, insecure_key_size)
    elif context.get_parameter_source("bits") is ParameterSource.COMMANDLINE or insecure_key_size:
        raise click.UsageError(
            "--bits and --insecure-key-size are for --scheme paillier; an ElGamal key has a --group"
        )
    output.check_free([out, public], force)
    password = console.read_password(password_file, purpose="for the new key", new=True)
    key: paillier.PrivateKey | elgamal.PrivateKey
    if scheme == "paillier":
        from privml import paillier

        with console.progress(f"Looking for two primes of {bits // 2} bits") as watch:
            key = paillier.PrivateKey.generate(bits, insecure_key_size=insecure_key_size, progress=watch)
        kind: dict[str, object] = {"bits": key.bits}
        size = f"{key.bits} bits"
    else:
        from privml import elgamal

        key = elgamal.PrivateKey.generate(group or "ffdhe3072")
        kind, size = {"scheme": scheme, "group": key.group}, f"ElGamal, {key.group}"
    with output.staged_files(out, public, force=force, private=True) as (private_stage, public_stage):
        key.save(private_stage, password=password)
        key.public_key.save(public_stage)
    if as_json:
        console.emit_json(
            {"private": str(out), "public": str(public), **kind, "fingerprint": key.fingerprint}
        )
        return
    console.say(f"private key  {out}  (encrypted; keep it, and its password, where the data may be read)")
    console.say(f"public key   {public}")
    console.say(f"fingerprint  {key.fingerprint}  ({size})")
