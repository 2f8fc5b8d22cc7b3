"""``privml ledger``: make a privacy budget, look at it, check it, and write its statement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from privml.cli import console, output
from privml.cli.options import existing_file, force_option, json_option, output_path

__all__ = ["ledger"]


def exact_number(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Any:
    """Read a number as the decimal that was typed: no double comes between."""
    from decimal import Decimal, InvalidOperation

    if value is None:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        raise click.BadParameter(f"a decimal number, not {value!r}") from None


@click.group()
def ledger() -> None:
    """Keep a privacy budget that is charged before anything is released."""


@ledger.command()
@click.argument("file", type=output_path)
@click.option("--epsilon", required=True, callback=exact_number, metavar="E", help="The whole budget.")
@click.option("--delta", default="0", callback=exact_number, metavar="D", help="The whole budget's delta.")
@click.option("--dataset", default="data", show_default=True, help="Name of the data set.")
@click.option("--unit", type=click.Choice(["row", "user"]), default="row", show_default=True)
@click.option(
    "--adjacency",
    type=click.Choice(["add-remove", "substitution"]),
    default="add-remove",
    show_default=True,
    help="What neighbouring data sets are.",
)
@click.option(
    "--accounting",
    type=click.Choice(["sum", "zcdp"]),
    default="sum",
    show_default=True,
    help="What limits adaptive spending.",
)
@click.option("--group", "groups", multiple=True, help="Name of a disjoint group; once for each group.")
@click.option(
    "--signing-key", type=output_path, help="Sign with this key; the file is made if there is none."
)
@json_option
def create(
    file: Path,
    epsilon: Any,
    delta: Any,
    dataset: str,
    unit: str,
    adjacency: str,
    accounting: str,
    groups: tuple[str, ...],
    signing_key: Path | None,
    as_json: bool,
) -> None:
    """Make a ledger in FILE. What is fixed here cannot be changed later."""
    from privml.dp.ledger import Ledger, SigningKey

    if file.exists():
        raise click.UsageError(f"{file} exists; a ledger is never replaced")
    key = None
    if signing_key is not None:
        if not signing_key.exists():
            SigningKey.generate().save(signing_key)
        key = SigningKey.load(signing_key)
    made = Ledger(
        file,
        epsilon=epsilon,
        delta=delta,
        dataset=dataset,
        unit=unit,
        adjacency=adjacency,
        accounting=accounting,
        groups=groups,
        signing_key=key,
    )
    verify_key = None if key is None else bytes(key.verify_key).hex()
    if as_json:
        console.emit_json({"file": str(file), "head": str(made.head()), "verify_key": verify_key})
        return
    console.say(f"made {file}")
    console.say(f"head {made.head()}")
    if verify_key is not None:
        console.say(f"verify key {verify_key}")


@ledger.command()
@click.argument("file", type=existing_file)
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show what was spent and what is left in FILE."""
    from privml.dp.ledger import Ledger

    data = Ledger(file).statement().data
    if as_json:
        console.emit_json({key: data[key] for key in ("dataset", "promise", "accounting", "groups", "head")})
        return
    rows = [
        [name or ("everyone" if len(data["groups"]) == 1 else "in no group"), key, *row]
        for name, part in data["groups"].items()
        for key, row in (
            (key, (part["budget"][key], part["spent"][key], part["left"][key])) for key in part["budget"]
        )
    ]
    console.show_table(str(data["dataset"]), ["group", "amount", "budget", "spent", "left"], rows)
    console.say(f"releases {len(data['releases'])}")
    console.say(f"head {data['head']}")


@ledger.command()
@click.argument("file", type=existing_file)
@click.option("--head", help="A head that was kept elsewhere, as `show` printed it.")
@click.option("--verify-key", help="The key that must have signed, 64 hexadecimal digits, from elsewhere.")
@json_option
def verify(file: Path, head: str | None, verify_key: str | None, as_json: bool) -> None:
    """Check every entry of FILE, and that nothing seen by a head is gone or changed.

    Without --head a rewritten or rolled back file passes.
    """
    from privml.dp.ledger import Head, Ledger, VerifyKey
    from privml.errors import ParameterError

    key = None
    if verify_key is not None:
        try:
            key = VerifyKey(bytes.fromhex(verify_key))
        except ValueError:
            raise click.BadParameter("64 hexadecimal digits", param_hint="--verify-key") from None
    if head is not None:
        try:
            Head.parse(head)
        except ParameterError:
            raise click.BadParameter(
                "a position, a colon and 64 hexadecimal digits, as `privml ledger show` prints it",
                param_hint="--head",
            ) from None
    newest = Ledger(file).verify(head, verify_key=key)
    if as_json:
        console.emit_json({"head": str(newest), "entries": newest.sequence + 1, "checked_against_head": head})
        return
    if head is None:
        console.say("the chain holds in itself; without --head a rewritten or rolled back file would too")
    else:
        console.say("the chain holds and runs through the given head")
    console.say(f"head {newest}")


@ledger.command()
@click.argument("file", type=existing_file)
@click.option("--out", type=output_path, help="Write it to this file.")
@force_option
@json_option
def statement(file: Path, out: Path | None, force: bool, as_json: bool) -> None:
    """Write the privacy statement of FILE, as text or as JSON."""
    from privml._files import write_atomically
    from privml.dp.ledger import Ledger

    if out is not None:
        output.check_free([out], force)
    made = Ledger(file).statement()
    text = made.to_json() if as_json else str(made)
    if out is None:
        for line in text.splitlines():
            console.say(line)
        return
    write_atomically(out, (text + "\n").encode(), force=force)
