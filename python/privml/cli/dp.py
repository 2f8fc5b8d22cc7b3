"""``privml dp``: answers to questions about a file, with differential privacy.

Nothing that is printed depends on a value but the noisy answer. A cell of a CSV that is no number counts as
missing and is not complained about, since a CSV states no types: a complaint would tell what is in a row.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from privml.cli import console
from privml.cli.dp_accounting import epsilon, tradeoff
from privml.cli.options import delimiter_option, existing_file, json_option, positive

__all__ = ["dp"]

UNREAD = (
    "note: cells of a CSV that are no numbers (text, decimal commas) count as missing, without a word; where "
    "few numbers are left the answer is mostly noise"
)
"""Said of every CSV: said of some, it would tell what is in them."""


@click.group()
def dp() -> None:
    """Answer questions about a file with differential privacy, and tell what releases cost.

    The bounds of values, the groups and all other options are public: do not take them from the data.
    """


def split_keys(_ctx: click.Context, _param: click.Parameter, value: Sequence[str]) -> list[str] | None:
    """Read lists of keys, separated by commas as in a CSV."""
    keys = [key.strip() for row in csv.reader(value) for key in row]
    return keys or None


def query_options(*, bounds: bool, column: bool = True, groups: bool = True) -> Callable[[Any], Any]:
    """Options of every query on a file."""
    several = [
        click.argument("file", type=existing_file),
        click.option("--column", required=column, metavar="C", help="The column of values."),
        click.option(
            "--bounds",
            type=float,
            nargs=2,
            required=bounds,
            metavar="LO HI",
            help="Between which values are taken.",
        ),
        click.option("--epsilon", type=positive, required=True, metavar="E", help="What it costs."),
        click.option("--user", metavar="COL", help="Protect users, named in this column, and not rows."),
        click.option(
            "--rows-per-user", type=click.IntRange(min=1), metavar="K", help="Most rows read of each user."
        ),
        click.option(
            "--adjacency",
            type=click.Choice(["add-remove", "substitution"]),
            default="add-remove",
            show_default=True,
            help="Whether the number of rows is private, or public.",
        ),
        click.option("--ledger", type=existing_file, metavar="DB", help="Charge this ledger first."),
        click.option("--dataset", metavar="NAME", help="The data set that the ledger must be of."),
        delimiter_option,
        json_option,
    ]
    if groups:
        several[4:4] = [
            click.option("--by", metavar="COL", help="Answer for each group that this column names."),
            click.option(
                "--keys",
                multiple=True,
                callback=split_keys,
                metavar="K1,K2,...",
                help="The groups; without them, those that many are in (needs --delta).",
            ),
            click.option("--delta", type=positive, metavar="D", help="Chance that a group of one is named."),
        ]

    def decorate(command: Any) -> Any:
        for option in reversed(several):
            command = option(command)
        return command

    return decorate


@dp.command()
@query_options(bounds=False, column=False)
def count(**options: Any) -> None:
    """Count the rows of FILE, or those with a value in --column."""
    from privml.dp.queries import Count

    answer(options, lambda promise: Count(options["epsilon"], **promise))


@dp.command(name="sum")
@query_options(bounds=True)
def sum_command(**options: Any) -> None:
    """Add up a column of FILE, each value brought within --bounds."""
    from privml.dp.queries import Sum

    answer(options, lambda promise: Sum(options["bounds"], options["epsilon"], **promise))


@dp.command()
@query_options(bounds=True)
def mean(**options: Any) -> None:
    """Average a column of FILE, each value brought within --bounds."""
    from privml.dp.queries import Mean

    answer(options, lambda promise: Mean(options["bounds"], options["epsilon"], **promise))


@dp.command()
@query_options(bounds=True)
def variance(**options: Any) -> None:
    """Tell the variance of a column of FILE, each value brought within --bounds."""
    from privml.dp.queries import Variance

    answer(options, lambda promise: Variance(options["bounds"], options["epsilon"], **promise))


@dp.command()
@query_options(bounds=True)
def std(**options: Any) -> None:
    """Tell the standard deviation of a column of FILE, each value brought within --bounds."""
    from privml.dp.queries import Std

    answer(options, lambda promise: Std(options["bounds"], options["epsilon"], **promise))


step_option = click.option(
    "--step", type=positive, metavar="S", help="Distance of possible answers; 1 for whole numbers."
)


@dp.command()
@query_options(bounds=True)
@step_option
def median(step: float | None, **options: Any) -> None:
    """Tell the median of a column of FILE, each value brought within --bounds."""
    from privml.dp.queries import Quantile

    answer(
        options,
        lambda promise: Quantile(0.5, options["bounds"], options["epsilon"], step=step, **promise),
        name="median",
    )


@dp.command()
@query_options(bounds=True)
@click.option(
    "-q",
    "--quantile",
    "q",
    type=click.FloatRange(0, 1),
    multiple=True,
    default=(0.5,),
    show_default="0.5, the median",
    help="Which; may be given again, and epsilon is then split.",
)
@step_option
def quantile(q: tuple[float, ...], step: float | None, **options: Any) -> None:
    """Tell quantiles of a column of FILE, each value brought within --bounds."""
    from privml.dp.queries import Quantile

    answer(
        options,
        lambda promise: Quantile(
            q[0] if len(q) == 1 else q, options["bounds"], options["epsilon"], step=step, **promise
        ),
    )


@dp.command()
@query_options(bounds=False, groups=False)
@click.option("--bins", type=click.IntRange(min=1), metavar="N", help="How many between --bounds.")
@click.option(
    "--categories",
    multiple=True,
    callback=split_keys,
    metavar="C1,C2,...",
    help="Count these texts, in place of bins.",
)
def histogram(bins: int | None, categories: list[str] | None, **options: Any) -> None:
    """Count how many values of a column of FILE lie in each bin, or how often each category occurs."""
    from privml.dp.queries import Histogram

    bounds = options["bounds"]
    if (bounds is None) == (categories is None) or (bounds is None) != (bins is None):
        raise click.UsageError("give --bounds and --bins, or --categories")

    def make(promise: dict[str, Any]) -> Any:
        return Histogram(options["epsilon"], bounds=bounds, bins=bins, categories=categories, **promise)

    answer(options, make, text=categories is not None)


dp.add_command(epsilon)
dp.add_command(tradeoff)


def answer(
    options: dict[str, Any],
    make: Callable[[dict[str, Any]], Any],
    *,
    text: bool = False,
    name: str | None = None,
) -> None:
    """Make the query, read the file, charge, release, print: in this order."""
    from privml.cli.tables import read_table
    from privml.dp.ledger import Ledger

    grouped = options.get("by") is not None
    if not grouped and (options.get("keys") is not None or options.get("delta") is not None):
        raise click.UsageError("--keys and --delta need --by")
    if grouped and options["keys"] is None and options["delta"] is None:
        raise click.UsageError("--by needs --keys, or --delta where the groups are not known beforehand")
    if options["dataset"] is not None and options["ledger"] is None:
        raise click.UsageError("--dataset needs --ledger")
    promise = {
        "unit": "row" if options["user"] is None else "user",
        "rows_per_user": options["rows_per_user"],
        "adjacency": options["adjacency"],
        "keys": options.get("keys"),
        "delta": options.get("delta"),
    }
    if (options["user"] is None) != (options["rows_per_user"] is None):
        raise click.UsageError("--user and --rows-per-user need each other")
    query = make(promise)
    ledger = None if options["ledger"] is None else Ledger(options["ledger"], dataset=options["dataset"])
    table = read_table(options["file"], options["delimiter"], empty=True)
    column = options["column"]
    if column is not None:
        data = labels(table, column) if text else numbers(table, column)
    else:
        data = {name: table.cells(name) for name in table.names}
    if not text and column is not None and not table.states_types:
        console.say(UNREAD, err=True)  # whatever the cells are
    name = type(query).__name__.lower() if name is None else name
    label = f"{name} of {column}" if column else "count of rows"
    told = query.release(
        data,
        users=None if options["user"] is None else labels(table, options["user"]),
        by=labels(table, options["by"]) if grouped else None,
        ledger=ledger,
        label=f"{label} by {options['by']}" if grouped else label,
    )
    show(query, name, column, options["file"], told, options["as_json"])


def numbers(table: Any, name: str) -> Any:
    """Return a column's cells as float64, NaN for what is no number."""
    import numpy as np

    from privml.errors import DataError

    cells = table.cells(name)
    if table.states_types and table.column(name).kind == "text":
        raise DataError(f"{table.path}: column {name!r} is text, and numbers are needed")
    return np.fromiter(map(number_of, cells), dtype=np.float64, count=len(cells))


def number_of(cell: str | None) -> float:
    """Read a number, a truth value as 0 or 1, and anything else as NaN.

    Examples
    --------
    >>> number_of(" 1e3"), number_of("true"), number_of("forty"), number_of(None)
    (1000.0, 1.0, nan, nan)
    """
    from privml.cli.columns import is_number

    text = "" if cell is None else cell.strip().lower()
    if is_number(text) or text in ("inf", "+inf", "-inf"):
        return float(text)
    return {"true": 1.0, "false": 0.0}.get(text, float("nan"))


def labels(table: Any, name: str) -> Any:
    """Return a column's cells as text, None for missing ones."""
    import numpy as np

    from privml.cli.columns import clean_cells

    cells = clean_cells(table.cells(name))
    return np.fromiter(cells, dtype=object, count=len(cells))


def show(query: Any, name: str, column: str | None, file: Path, told: Any, as_json: bool) -> None:
    """Print an answer and what is public about it."""
    import inspect

    import numpy as np

    plain = told.tolist() if isinstance(told, np.ndarray) else told
    if isinstance(plain, dict):
        plain = {key: part.tolist() if isinstance(part, np.ndarray) else part for key, part in plain.items()}
    # A mean's accuracy needs a guess of the number of rows: `privml dp tradeoff`.
    own = "rows" not in inspect.signature(query.accuracy).parameters
    reach = query.accuracy(0.05) if own else None
    if as_json:
        console.emit_json(
            {
                "query": name,
                "column": column,
                "answer": plain,
                "off_by_95": reach,
                "parameters": query.parameters,
            }
        )
        return
    title = f"{name} of {'the rows' if column is None else column} in {file}"
    edges = getattr(query, "edges", None)
    if edges is not None:
        rows = [
            [f"{low:.6g} to {high:.6g}", value]
            for low, high, value in zip(edges, edges[1:], plain, strict=False)
        ]
        console.show_table(title, ["bin", "answer"], rows)
    elif isinstance(plain, dict):
        console.show_table(title, ["group", "answer"], [[key, words(value)] for key, value in plain.items()])
    else:
        console.say(f"{title}: {words(plain)}")
    if reach is not None:
        if name in ("quantile", "median"):
            console.say(f"with probability 0.95 at most {reach:.6g} rows lie between answer and {name}")
        else:
            each = " in each bin or category by itself" if name == "histogram" else ""
            console.say(f"with probability 0.95 the noise{each} is at most {reach:.6g}")
    else:
        bounds = " ".join(f"{bound:g}" for bound in query.bounds)
        console.say(
            "how far off this may be depends on the number of rows: "
            f"privml dp tradeoff {name} --bounds {bounds} --rows N"
        )
    console.say(f"promise: {', '.join(f'{key} {value}' for key, value in query.promise.shown().items())}")


def words(value: Any) -> str:
    """Write a number, or several."""
    if isinstance(value, list):
        return ", ".join(map(words, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
