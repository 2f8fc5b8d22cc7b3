"""``privml train``: federated training on a table, the sites simulated on this machine."""

from __future__ import annotations

from typing import Any

import click

from privml.cli import console, options, output

# A weight has 40 bits in its slot; this leaves room for its sign and for a sum.
MOST_LIMIT = 2.0**38


def _column_list(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value))


@click.command()
@click.argument("file", type=options.existing_file)
@click.option("--target", required=True, help="Column to predict.")
@click.option("--site", help="Column that says which site a row is of.")
@click.option("--sites", type=click.IntRange(min=1), help="Without --site: deal the rows over so many sites.")
@click.option("--drop", multiple=True, callback=_column_list, help="Column to leave out; may be given again.")
@click.option(
    "--categories", type=options.existing_file, help="JSON file {column: [category, ...]}, agreed beforehand."
)
@click.option(
    "--model",
    "model_name",
    type=click.Choice(["auto", "logistic", "softmax", "linear", "mlp"]),
    default="auto",
    show_default=True,
    help="auto: logistic for two classes, softmax for more, linear for a quantity.",
)
@click.option(
    "--hidden",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="mlp: width of its hidden layer.",
)
@click.option("--strategy", type=click.Choice(["fedavg", "fedprox"]), default="fedavg", show_default=True)
@click.option(
    "--mu", type=options.Finite(min=0), help="FedProx: weight of the proximal term.  [default: 0.1]"
)
@click.option(
    "--aggregation",
    type=click.Choice(["plain", "paillier"]),
    default="plain",
    show_default=True,
    help="plain: the server sees every site's updates in the clear; paillier: it sees ciphertexts.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=20, show_default=True)
@click.option(
    "--epochs", type=click.IntRange(min=1), default=1, show_default=True, help="Passes of a site in a round."
)
@click.option(
    "--batch-size", type=click.IntRange(min=0), default=32, show_default=True, help="0: all rows at once."
)
@click.option("--learning-rate", type=options.positive, default=0.1, show_default=True)
@click.option(
    "--min-sites", type=click.IntRange(min=1), default=3, show_default=True, help="Fewer open nothing."
)
@click.option(
    "--allow-small-sites",
    is_flag=True,
    help=f"Take sites of fewer than {options.MIN_ROWS} rows, whose updates show what those rows are.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Makes split, sampling and initial weights repeatable; never keys.",
)
@click.option(
    "--key",
    type=options.existing_file,
    help="Paillier: private key file of the sites; one is made otherwise.",
)
@click.option(
    "--save-key",
    is_flag=True,
    help="Paillier: keep the key that is made, as sites.key in --out (--password-file says so too).",
)
@click.option(
    "--limit",
    type=options.Finite(min=0, min_open=True, max=MOST_LIMIT),
    default=32.0,
    show_default=True,
    help="Paillier: largest magnitude of a model's weight.",
)
@click.option(
    "--max-examples",
    type=click.IntRange(min=1),
    default=1 << 20,
    show_default="2^20",
    help="Paillier: most rows that a site may have; public.",
)
@options.bits_option
@options.insecure_option
@options.password_option
@click.option("--report/--no-report", default=True, show_default=True, help="Write a report with pictures.")
@options.delimiter_option
@click.option(
    "--out", required=True, type=options.output_path, help="Directory for model, history and report."
)
@options.force_option
@options.json_option
def train(**given: Any) -> None:
    """Train one model over the sites of a CSV or Parquet table.

    The sites are simulated on this machine, each with its rows of FILE. No step pools rows: columns are
    standardised from sums of the sites' statistics, made by the same --aggregation as the training. Unless
    that is paillier, the server half receives everything in the clear.

    The first line of a CSV must hold column names. A column of numbers in which a few cells are not numbers
    (up to 10 %, in 10 cells or more) is an error; so is a text column with over 100 different texts.

    Text columns become one input for each category. Unless --categories lists them, the sites tell one
    another the names of their categories, and of their classes; the output says which. Categories counted
    under 5 over all sites become "other" in the model, but their names have been told by then.

    Written to --out: model.npz (weights and preprocessing as plain arrays), history.json, the report.
    """
    from privml.cli.training import Settings, run

    drop = given.pop("drop")
    settings = Settings(drop=drop, **given)
    _check(settings)
    output.check_directory(settings.out, settings.force)
    password = None
    if settings.aggregation == "paillier" and settings.key is None and settings.keeps_key:
        password = console.read_password(settings.password_file, purpose="for the new key", new=True)
    with output.staged_directory(settings.out, force=settings.force) as stage:
        summary = run(settings, stage, password)
    if settings.as_json:
        console.emit_json(summary.to_dict())
    else:
        summary.show()


def _check(settings: Any) -> None:
    """Refuse options that do not go together, before anything is read."""
    if (settings.site is None) == (settings.sites is None):
        raise click.UsageError("give either --site COLUMN or --sites NUMBER")
    if settings.strategy != "fedprox" and settings.mu is not None:
        raise click.UsageError("--mu is for --strategy fedprox")
    if settings.aggregation != "paillier":
        for option in ("key", "save_key", "password_file", "insecure_key_size"):
            if getattr(settings, option):
                raise click.UsageError(f"--{option.replace('_', '-')} is for --aggregation paillier")
    elif settings.key is None:
        options.check_bits(settings.bits, settings.insecure_key_size)
    if settings.key is not None and settings.save_key:
        raise click.UsageError("--save-key is for a key that is made, and --key gives one")
