"""Pictures of a run, when matplotlib is there.

Only matplotlib's object interface is used: no global state, no window, no back end is chosen for the caller.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from privml.federated.report.page import Picture

__all__ = ["INSTALL", "Bar", "Series", "can_draw", "curves", "dots", "render", "stacked_bars"]

#: What to type when matplotlib is missing. Not an extra of privml: where privml came from a wheel file, pip
#: would look for its name on the package index.
INSTALL = "pip install matplotlib"


PAGE, INK, SOFT, LINE = "#ffffff", "#1c2430", "#5b6675", "#dde2e8"
# Blue, orange, green, purple, grey: told apart with any of the common colour blindnesses (after Okabe, Ito).
# On a dark page the style sheet turns the brightness of a picture round and keeps its hues.
COLOURS = ("#1f5fa8", "#c4561a", "#1b7a4b", "#7a4a9e", "#8a94a1")
GREY = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: `y` may hold None where a round gave no figure. `ring` draws open circles and no line."""

    label: str
    x: Sequence[float]
    y: Sequence[float | None]
    colour: int
    ring: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar or dot chart."""

    label: str
    values: tuple[float, ...]
    strong: bool = False


def can_draw() -> bool:
    """Tell whether matplotlib can be imported."""
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError:
        return False
    return True


def render(name: str, alt: str, width: float, height: float, draw: Callable[[Any], None]) -> Picture:
    """
    Draw a picture.

    Parameters
    ----------
    name : str
        The name of its file, without the ending.
    alt : str
        What the picture shows, for who cannot see it.
    width, height : float
        Inches, at 100 CSS pixels to the inch; the file holds twice as many.
    draw : callable
        Is given a matplotlib ``Figure`` to draw on.
    """
    figure_module = importlib.import_module("matplotlib.figure")
    matplotlib = importlib.import_module("matplotlib")
    with matplotlib.rc_context({"font.family": "sans-serif", "font.size": 10.0, "text.parse_math": False}):
        figure = figure_module.Figure(figsize=(width, height), dpi=200, facecolor=PAGE, layout="constrained")
        draw(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", facecolor=PAGE, metadata={"Software": None})
    return Picture(name, buffer.getvalue(), alt, round(width * 100), round(height * 100))


def curves(axes: Any, series: Sequence[Series], *, title: str, y_label: str, legend: bool = True) -> None:
    """Draw curves over the rounds."""
    _frame(axes, title)
    for one in series:
        points = [(x, y) for x, y in zip(one.x, one.y, strict=True) if y is not None]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        ink = COLOURS[one.colour % len(COLOURS)]
        if one.ring:
            axes.plot(
                xs, ys, "o", markersize=6.5, markerfacecolor="none", markeredgecolor=ink, label=one.label
            )
        else:
            marker = "o" if len(xs) == 1 else None
            axes.plot(xs, ys, color=ink, linewidth=1.8, marker=marker, label=one.label)
    axes.set_xlabel("round", color=SOFT)
    axes.set_ylabel(y_label, color=SOFT)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    ticker = importlib.import_module("matplotlib.ticker")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    if legend:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)


def dots(
    axes: Any,
    rows: Sequence[Bar],
    *,
    title: str,
    x_label: str,
    reference: float | None = None,
    format_value: Callable[[float], str],
) -> None:
    """Draw one dot a row, on an axis that need not start at zero (which a bar's must)."""
    _frame(axes, title)
    places = list(range(len(rows)))[::-1]
    if reference is not None:
        axes.axvline(reference, color=SOFT, linewidth=1.0, linestyle=(0, (4, 3)))
    for place, row in zip(places, rows, strict=True):
        axes.axhline(place, color=LINE, linewidth=0.8, zorder=0)
        ink = COLOURS[0] if row.strong else COLOURS[GREY]
        axes.plot([row.values[0]], [place], "o", markersize=8, color=ink)
        axes.annotate(
            format_value(row.values[0]),
            (row.values[0], place),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
            color=INK,
            bbox={"facecolor": PAGE, "edgecolor": "none", "pad": 0.8},
        )
    axes.xaxis.set_major_locator(importlib.import_module("matplotlib.ticker").MaxNLocator(nbins=5))
    axes.set_yticks(places, [row.label for row in rows], color=INK)
    axes.set_ylim(-0.6, len(rows) - 0.2)
    axes.margins(x=0.12)
    axes.set_xlabel(x_label, color=SOFT)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def stacked_bars(axes: Any, rows: Sequence[Bar], parts: Sequence[str], *, title: str, x_label: str) -> None:
    """Draw one bar a row, made of named parts, each with its figure inside."""
    _frame(axes, title)
    places = list(range(len(rows)))[::-1]
    left = [0.0] * len(rows)
    for index, part in enumerate(parts):
        widths = [row.values[index] for row in rows]
        axes.barh(places, widths, left=left, height=0.56, color=COLOURS[index], label=part)
        for place, start, width in zip(places, left, widths, strict=True):
            axes.text(
                start + width / 2, place, f"{width:g}", ha="center", va="center", color=PAGE, fontsize=9
            )
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(places, [row.label for row in rows], color=INK)
    axes.set_xlabel(x_label, color=SOFT)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="lower right")


def _frame(axes: Any, title: str) -> None:
    axes.set_facecolor(PAGE)
    axes.set_title(title, loc="left", color=INK, fontsize=11, fontweight="bold", pad=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.tick_params(colors=SOFT, labelcolor=SOFT)
