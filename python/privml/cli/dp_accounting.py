"""``privml dp epsilon`` and ``privml dp tradeoff``: what public parameters tell; no data is read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from privml.cli import console, output
from privml.cli.options import force_option, json_option, output_path, positive

__all__ = ["epsilon", "tradeoff"]

FORMATS = (".png", ".svg", ".pdf")
DEFAULT_EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
KINDS = ["count", "sum", "mean", "variance", "std", "quantile", "histogram"]
AVERAGES = ("mean", "variance", "std")
PART = click.FloatRange(0, 1, min_open=True)


@click.command()
@click.option("--noise-multiplier", type=positive, required=True, help="Gaussian noise over the sensitivity.")
@click.option("--sampling-rate", type=PART, default=1.0, show_default=True, help="Of Poisson sampling.")
@click.option("--steps", type=click.IntRange(min=1), default=1, show_default=True, help="How many releases.")
@click.option("--delta", type=click.FloatRange(0, 1, max_open=True), required=True, metavar="D")
@click.option(
    "--method",
    type=click.Choice(["pld", "rdp", "zcdp"]),
    default="pld",
    show_default=True,
    help="pld is tight.",
)
@json_option
def epsilon(
    noise_multiplier: float, sampling_rate: float, steps: int, delta: float, method: Any, as_json: bool
) -> None:
    """Bound epsilon of repeated Gaussian noise, as in training (add-remove neighbours)."""
    from privml.dp.accounting import Accountant, GaussianLoss, PoissonSubsampled

    loss = GaussianLoss(noise_multiplier)
    step = loss if sampling_rate == 1.0 else PoissonSubsampled(loss, sampling_rate)
    found = Accountant(method).compose(step, count=steps).epsilon(delta)
    if as_json:
        console.emit_json({"epsilon": found, "delta": delta, "method": method})
        return
    console.say(f"epsilon {round_up(found)} at delta {delta:g} ({method})")


def round_up(number: float) -> str:
    """Write a bound with five digits, never a smaller one.

    Examples
    --------
    >>> round_up(1.000001), round_up(0.25), round_up(float("inf"))
    ('1.0001', '0.25', 'inf')
    """
    if number <= 0 or not math.isfinite(number):
        return f"{number:g}"
    digits = 4 - math.floor(math.log10(number))
    shown = float(f"{number:.5g}")
    return f"{shown:.5g}" if shown >= number else f"{shown + 10.0**-digits:.5g}"


@click.command()
@click.argument("query", type=click.Choice(KINDS))
@click.option("--bounds", type=float, nargs=2, metavar="LO HI", help="Between which values are taken.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    metavar="N",
    help="For mean, variance and std: about how many rows there are, a number that is public.",
)
@click.option("--rows-per-user", type=click.IntRange(min=1), metavar="K", help="Protect users, not rows.")
@click.option(
    "--alpha", type=PART, default=0.05, show_default=True, help="How often the error may be larger."
)
@click.option("--epsilon", "epsilons", type=positive, multiple=True, metavar="E", help="May be given again.")
@click.option("--plot", type=output_path, metavar="FILE", help="Draw a picture: .png, .svg or .pdf.")
@force_option
@json_option
def tradeoff(
    query: str,
    bounds: tuple[float, float] | None,
    rows: int | None,
    rows_per_user: int | None,
    alpha: float,
    epsilons: tuple[float, ...],
    plot: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Tell the error of a query for several epsilons, from what is public alone.

    No file is read: a picture of the error on the data itself would give the data away.
    """
    if query in ("sum", "quantile", *AVERAGES) and bounds is None:
        raise click.UsageError(f"{query} needs --bounds")
    if (query in AVERAGES) != (rows is not None):
        raise click.UsageError("--rows is for mean, variance and std, and they need it")
    if alpha >= 1:
        raise click.BadParameter("below 1", param_hint="--alpha")
    if plot is not None:
        check_plot(plot, force)
    wanted = sorted(set(epsilons or DEFAULT_EPSILONS))
    errors = [error_of(query, bounds, rows, rows_per_user, alpha, value) for value in wanted]
    unit = "rows from the quantile" if query == "quantile" else "error"
    if plot is not None:
        with output.staged_files(plot, force=force) as (stage,):
            draw(stage, plot.suffix.lower().lstrip("."), query, unit, alpha, wanted, errors)
    if as_json:
        points = [{"epsilon": value, "error": error} for value, error in zip(wanted, errors, strict=True)]
        console.emit_json({"query": query, "alpha": alpha, "points": points})
        return
    each = ", for each bin by itself" if query == "histogram" else ""
    far = "at most so many rows from the quantile" if query == "quantile" else "off by at most the error"
    title = f"{query}: with probability {1 - alpha:g} the answer is {far}{each}"
    table = [[f"{value:g}", f"{error:.4g}"] for value, error in zip(wanted, errors, strict=True)]
    console.show_table(title, ["epsilon", "error"], table)


def error_of(
    query: str,
    bounds: tuple[float, float] | None,
    rows: int | None,
    rows_per_user: int | None,
    alpha: float,
    value: float,
) -> float:
    """Return the error of a query that nothing is asked of."""
    from privml.dp import queries

    promise: Any = {"unit": "row" if rows_per_user is None else "user", "rows_per_user": rows_per_user}
    if query == "count":
        return queries.Count(value, **promise).accuracy(alpha)
    if query == "histogram":
        return queries.Histogram(value, bounds=(0.0, 1.0), bins=1, **promise).accuracy(alpha)
    within = bounds if bounds is not None else (0.0, 1.0)
    if query == "sum":
        return queries.Sum(within, value, **promise).accuracy(alpha)
    if query == "quantile":
        return queries.Quantile(0.5, within, value, **promise).accuracy(alpha)
    kind = {"mean": queries.Mean, "variance": queries.Variance, "std": queries.Std}[query]
    return kind(within, value, **promise).accuracy(alpha, rows=rows or 1)


def check_plot(plot: Path, force: bool) -> None:
    """Refuse early what could not be drawn or written later."""
    from importlib.util import find_spec

    from privml.errors import MissingPackageError

    if plot.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"a name that ends with {', '.join(FORMATS)}", param_hint="--plot")
    if find_spec("matplotlib") is None:
        raise MissingPackageError("drawing needs matplotlib: pip install 'privml[plot]'")
    output.check_free([plot], force)


def draw(
    path: Path, suffix: str, query: str, unit: str, alpha: float, epsilons: list[float], errors: list[float]
) -> None:
    """Draw error against epsilon, both on logarithmic axes; below the least error above zero, linearly."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), dpi=160, layout="constrained")
    axes = figure.subplots()
    axes.semilogx(epsilons, errors, marker="o", color="#1f5fa8")
    least = min((error for error in errors if error > 0), default=1.0)
    if min(errors) > 0:
        axes.set_yscale("log")
    else:
        axes.set_yscale("symlog", linthresh=least)
        axes.set_ylim(-0.1 * least, 2 * max(*errors, least))
    axes.set_xlabel("epsilon")
    axes.set_ylabel(unit)
    axes.set_title(f"{query}: error, exceeded with probability {alpha:g}", fontsize=10)
    axes.grid(True, which="both", alpha=0.25)
    figure.savefig(path, format=suffix)
