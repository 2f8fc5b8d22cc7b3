"""``privml keygen``: a Paillier key pair in two files."""

from __future__ import annotations

from pathlib import Path

import click

from privml.cli import console, options, output


@click.command()
@click.option(
    "--out", required=True, type=options.output_path, help="Private key file; FILE.pub gets the public key."
)
@options.bits_option
@options.password_option
@options.insecure_option
@options.force_option
@options.json_option
def keygen(
    out: Path, bits: int, password_file: Path | None, insecure_key_size: bool, force: bool, as_json: bool
) -> None:
    """Make a Paillier key pair.

    The private key goes to the file named by --out, encrypted with a password and readable by you alone; the
    public key goes beside it, with .pub at the end of its name. Who holds the private key can read what is
    encrypted; the public key is for everybody.
    """
    public = out.with_name(out.name + ".pub")
    options.check_bits(bits, insecure_key_size)
    output.check_free([out, public], force)
    password = console.read_password(password_file, purpose="for the new key", new=True)
    from privml.paillier import PrivateKey

    with console.progress(f"Looking for two primes of {bits // 2} bits") as watch:
        key = PrivateKey.generate(bits, insecure_key_size=insecure_key_size, progress=watch)
    with output.staged_files(out, public, force=force, private=True) as (private_stage, public_stage):
        key.save(private_stage, password=password)
        key.public_key.save(public_stage)
    if as_json:
        console.emit_json(
            {"private": str(out), "public": str(public), "bits": key.bits, "fingerprint": key.fingerprint}
        )
        return
    console.say(f"private key  {out}  (encrypted; keep it, and its password, where the data may be read)")
    console.say(f"public key   {public}")
    console.say(f"fingerprint  {key.fingerprint}  ({key.bits} bits)")
