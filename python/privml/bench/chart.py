"""The picture of a run: a row for each operation, a dot for each library, on a logarithmic axis."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from privml.bench.run import Cell, Report, Table, digits, row_name
from privml.errors import MissingPackageError, ParameterError
from privml.federated.report.charts import COLOURS, GREY, INK, INSTALL, LINE, PAGE, SOFT, can_draw

__all__ = ["FORMATS", "check", "draw"]

FORMATS = (".svg", ".png", ".pdf")

# Ours are circles of one blue, the darker the faster the backend; others have a colour and a shape each.
_OURS = ("#b5cbe4", "#6c9ccd", COLOURS[0])
_PEERS = ((COLOURS[1], "D"), (COLOURS[2], "s"), (COLOURS[GREY], "v"), (COLOURS[3], "P"))

_ROW_INCHES, _FRAME_INCHES, _WIDTH = 0.36, 1.35, 9.6


def check(path: Path) -> None:
    """Refuse, before anything is measured, a picture that could not be drawn.

    Raises
    ------
    ParameterError
        If the ending names no format.
    MissingPackageError
        If matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise ParameterError(f"--plot is {path.name!r}; allowed are names that end with {', '.join(FORMATS)}")
    if not can_draw():
        raise MissingPackageError(f"drawing needs matplotlib: {INSTALL}")


def draw(report: Report, path: Path, suffix: str) -> None:
    """Draw all tables below one another.

    Parameters
    ----------
    report : Report
        What was measured.
    path : pathlib.Path
        Where to write.
    suffix : str
        One of :data:`FORMATS`.
    """
    matplotlib = importlib.import_module("matplotlib")
    figure_module = importlib.import_module("matplotlib.figure")
    style = {
        "font.family": "sans-serif",
        "font.size": 9.5,
        "text.parse_math": False,
        "svg.hashsalt": "privml",
    }
    with matplotlib.rc_context(style):
        heights = [_ROW_INCHES * len(table.rows) + _FRAME_INCHES for table in report.tables]
        size = (_WIDTH, sum(heights) + 0.35)
        figure = figure_module.Figure(figsize=size, dpi=160, facecolor=PAGE, layout="constrained")
        every = figure.subplots(len(report.tables), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, table in zip(every, report.tables, strict=True):
            _panel(axes, table)
        options = report.options
        cores = f"{options.cores} core{'s' if options.cores > 1 else ''}"
        footer = f"{report.machine['cpu']}; {cores}, {options.clock} time; {report.machine['date'][:10]}"
        figure.supxlabel(footer, color=SOFT, fontsize=8, x=0.01, ha="left")
        kind = suffix.lower().removeprefix(".")
        # No date inside: the same measurements make the same file.
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        figure.savefig(path, format=kind, facecolor=PAGE, metadata=metadata)


def _panel(axes: Any, table: Table) -> None:
    title = f"{table.scheme}, {table.bits}-bit key: time for a value"
    axes.set_title(title, loc="left", color=INK, fontsize=11, fontweight="bold", pad=26)
    axes.set_facecolor(PAGE)
    axes.set_xscale("log")
    names = [*table.ours, *table.peers]
    places = list(range(len(table.rows)))[::-1]
    for place, (_, _, cells) in zip(places, table.rows, strict=True):
        times = [cell.microseconds for cell in cells.values() if cell.seconds]
        if len(times) > 1:
            axes.plot([min(times), max(times)], [place, place], color=LINE, linewidth=2.2, zorder=1)
    for index, name in enumerate(names):
        xs, ys = _points(table, name, places)
        if name in table.ours:
            colour, marker = _OURS[len(_OURS) - len(table.ours) + index :][0], "o"
        else:
            colour, marker = _PEERS[(index - len(table.ours)) % len(_PEERS)]
        edge = {"markeredgecolor": PAGE, "markeredgewidth": 0.7}
        axes.plot(
            xs,
            ys,
            marker,
            markersize=8,
            color=colour,
            label=name,
            zorder=4 if name in table.ours else 3,
            **edge,
        )
    _ratios(axes, table, places)
    axes.set_yticks(places, [row_name(name, unit) for name, unit, _ in table.rows], color=INK)
    axes.set_ylim(-0.6, len(places) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=SOFT, which="both", labelsize=8.5)
    axes.grid(axis="x", color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(lambda x, _: _duration(x))
    axes.xaxis.set_minor_formatter("")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=len(names),
        frameon=False,
        labelcolor=INK,
        fontsize=8.5,
        borderaxespad=0.2,
        handletextpad=0.2,
        columnspacing=1.4,
    )


def _points(table: Table, name: str, places: list[int]) -> tuple[list[float], list[int]]:
    found: list[tuple[float, int]] = []
    for place, (_, _, cells) in zip(places, table.rows, strict=True):
        cell: Cell | None = cells.get(name)
        if cell is not None and cell.seconds:
            found.append((cell.microseconds, place))
    return [x for x, _ in found], [y for _, y in found]


def _ratios(axes: Any, table: Table, places: list[int]) -> None:
    """Write at the right how many times longer the first peer takes than our fastest backend."""
    if not table.peers:
        return
    peer, ours = table.peers[0], table.ours[-1]
    transform = axes.get_yaxis_transform()
    at = {"transform": transform, "fontsize": 9, "color": INK, "ha": "right", "va": "center"}
    axes.text(1.11, len(places) - 0.35, f"{peer} ÷\n{ours}", **{**at, "va": "bottom", "fontsize": 8})
    for place, (_, _, cells) in zip(places, table.rows, strict=True):
        times = table.ratio(cells, peer, ours)
        if times is not None:
            weight = "bold" if times >= 1 else "normal"
            axes.text(1.11, place, f"{digits(times)}x", fontweight=weight, **at)


def _duration(microseconds: float) -> str:
    for limit, unit, size in ((1.0, "ns", 1e-3), (1e3, "µs", 1.0), (1e6, "ms", 1e3)):
        if microseconds < limit * 0.999:
            return f"{microseconds / size:g} {unit}"
    return f"{microseconds / 1e6:g} s"
