"""``privml bench``: privml on each backend, and other libraries beside it, in one run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from privml.bench.cases import SIZES, scheme_names
from privml.cli import console, options, output

_PEER_LICENCES = "Among them phe, which is under the GPL-3; it runs in a process of its own."


@click.command()
@click.argument("schemes", nargs=-1, type=click.Choice(scheme_names()))
@click.option(
    "--bits",
    type=click.IntRange(512, 8192),
    multiple=True,
    default=(3072,),
    show_default="3072",
    help="Size of the keys; may be given again.",
)
@click.option(
    "--backend", "backends", multiple=True, help="Ours; may be given again.  [default: all that run here]"
)
@click.option(
    "--cores", type=click.IntRange(min=1), default=1, show_default=True, help="CPUs and threads for each."
)
@click.option(
    "--peers/--no-peers",
    default=False,
    show_default=True,
    help=f"Measure the other libraries that are installed. {_PEER_LICENCES}",
)
@click.option("--only", default="", metavar="TEXT", help="Only operations whose name contains this.")
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    default="quick",
    show_default=True,
    help="How much is measured: full takes minutes for each key size.",
)
@click.option(
    "--clock",
    type=click.Choice(["cpu", "wall"]),
    help="Time that the library works, or that passes.  [default: cpu for one core, else wall]",
)
@click.option("--json", "json_file", type=options.output_path, metavar="FILE", help="Write all measurements.")
@click.option(
    "--plot",
    "plot_file",
    type=options.output_path,
    metavar="FILE",
    help="Draw a picture: .svg, .png or .pdf.",
)
@options.force_option
def bench(
    json_file: Path | None, plot_file: Path | None, force: bool, clock: str | None, **given: Any
) -> None:
    """Measure SCHEMES (all by default) on this machine.

    Every operation on every backend of this CPU, one process each, in turns; results are checked. With
    --peers the same with other libraries, and how many times longer they take.
    """
    import privml
    from privml.bench import chart, measure
    from privml.bench.run import Options, run, selected

    unknown = [name for name in given["backends"] if name not in privml.available_backends()]
    if unknown:
        allowed = ", ".join(privml.available_backends())
        raise click.UsageError(f"--backend is {unknown[0]}; this machine runs: {allowed}")
    for bits in given["bits"]:
        options.check_bits(bits, insecure_key_size=True)
    usable = len(measure.usable_cpus())
    if given["cores"] > usable:
        raise click.UsageError(f"--cores is {given['cores']}; this process may use {usable}")
    targets = [path for path in (json_file, plot_file) if path is not None]
    if json_file is not None and json_file == plot_file:
        raise click.UsageError("--json and --plot name the same file")
    output.check_free(targets, force)
    if plot_file is not None:
        chart.check(plot_file)
    chosen = Options(clock=clock or ("cpu" if given["cores"] == 1 else "wall"), **given)
    if not any(operations for _, operations in selected(chosen)):
        raise click.UsageError(f"--only is {chosen.only!r}, which no operation's name contains")
    with console.progress("Measuring") as watch:
        report = run(chosen, watch)
    _show(report)
    for target in targets:
        with output.staged_files(target, force=force) as (stage,):
            if target == json_file:
                stage.write_text(_json(report), encoding="utf-8")
            else:
                chart.draw(report, stage, target.suffix)
        console.say(f"wrote {target}")


def _json(report: Any) -> str:
    import json

    return json.dumps(report.to_dict(), indent=1) + "\n"


def _show(report: Any) -> None:
    """Print the machine, then each table."""
    options_ = report.options
    timing = f"{options_.clock} time in us, medians of turns; {options_.cores} core(s); size {options_.size}"
    facts = [*report.machine.items(), *report.libraries.items(), ("timing", timing)]
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        console.say(f"{name:{width}}  {value}")
    if not options_.peers:
        console.say("Other libraries were not measured: --peers measures those that are installed.")
    for table in report.tables:
        _show_table(table)


def _show_table(table: Any) -> None:
    from privml.bench.run import digits, row_name

    headings = ["time for a value", *table.ours]
    for peer in table.peers:
        headings += [peer, "ratio"]
    rows = []
    failures = {}
    for name, unit, cells in table.rows:
        row = [row_name(name, unit)]
        for library in [*table.ours, *table.peers]:
            cell = cells.get(library)
            if cell is not None and cell.error:
                failures[library] = cell.error
            row.append("-" if cell is None else "failed" if cell.error else digits(cell.microseconds))
            if library in table.peers:
                ratios = [table.ratio(cells, library, ours) for ours in table.ours]
                row.append("-" if None in ratios else " / ".join(f"{digits(times)}x" for times in ratios))
        rows.append(row)
        sizes = {library: cell.bytes for library, cell in cells.items() if cell.bytes is not None}
        if sizes:
            row = ["  bytes of it"]
            for library in [*table.ours, *table.peers]:
                row.append(digits(sizes[library]) if library in sizes else "-")
                row += [""] if library in table.peers else []
            rows.append(row)
    console.say()
    console.show_table(f"{table.scheme}, {table.bits} bits", headings, rows)
    if table.peers:
        columns = " / ".join(table.ours)
        console.say(f"  ratio: how many times longer than {columns}; above 1, privml is faster")
    for library, error in failures.items():
        console.say(f"  {library} failed: {error}")
    for note in table.notes:
        console.say(f"  {note}")
