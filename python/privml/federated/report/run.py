"""The report of one run of :func:`privml.federated.train`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from privml.federated.report import charts
from privml.federated.report.files import as_json, write_files
from privml.federated.report.page import Page, Picture
from privml.federated.report.text import (
    DASH,
    bytes_text,
    count_text,
    finite,
    number_text,
    percent_text,
    seconds_text,
)

if TYPE_CHECKING:
    from privml.federated.history import History

__all__ = ["ReportPaths", "draw_rounds", "rounds_figure", "write_report"]

_LOSS_LABEL = "mean loss a row"

# Label, records with `round`, `loss` and `accuracy`, colour, ring.
Run = tuple[str, Sequence[Any], int, bool]


@dataclass(frozen=True, slots=True)
class ReportPaths:
    """
    Where a report was written.

    Attributes
    ----------
    html, json : Path
        The page and the figures.
    pictures : tuple of Path
        PNG files; empty without matplotlib.
    """

    html: Path
    json: Path
    pictures: tuple[Path, ...]


def write_report(
    history: History[Any],
    directory: str | os.PathLike[str],
    *,
    force: bool = True,
    about: Sequence[tuple[str, str]] = (),
    scores: tuple[Sequence[str], Sequence[Sequence[str]]] | None = None,
) -> ReportPaths:
    """
    Write the report of a run.

    Parameters
    ----------
    history : History
        What :func:`privml.federated.train` returned.
    directory : str or path-like
        The folder to write ``report.html``, ``report.json`` and ``rounds.png`` into; made if it is not there.
    force : bool
        Replace a report that is already there.
    about : sequence of (str, str)
        Settings by name that the page shows before those in `history.settings`, in place of those of the
        same name.
    scores : (header, rows), optional
        A table of how the model does at each site, the name of the site first.

    Returns
    -------
    ReportPaths
        The files written.

    Raises
    ------
    FileExistsError
        If `force` is false and a file is in the way.
    OSError
        If the directory cannot be made or written.

    Notes
    -----
    The report holds what `history` holds: losses, accuracies, the names of the sites and who took part. It
    holds no row of anybody's data and no weights.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from privml import federated
    >>> from privml.federated.report import write_report
    >>> rng = np.random.default_rng(1)
    >>> X = rng.normal(size=(90, 2)); y = (X[:, 0] > 0).astype(int)
    >>> sites = federated.iid(X, y, 3, seed=1)
    >>> history = federated.train(federated.LogisticRegression(2), sites, rounds=3, seed=1)
    >>> paths = write_report(history, tempfile.mkdtemp())
    >>> paths.html.name, paths.json.name
    ('report.html', 'report.json')
    """
    records = list(history.rounds)
    pictures = []
    if charts.can_draw() and records:
        pictures.append(rounds_figure([("", records, 0, False)], alt=_alt(records)))
    page = _page(records, pictures, _settings(history, about), scores)
    files = {
        "report.html": page.render().encode("utf-8"),
        "report.json": as_json(history.to_dict()),
        **{f"{picture.name}.png": picture.png for picture in pictures},
    }
    paths = write_files(directory, files, force=force)
    return ReportPaths(paths[0], paths[1], tuple(paths[2:]))


def _settings(history: History[Any], about: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Say in words and numbers what the training was called with."""
    settings = dict(about)
    for name, value in history.settings.items():
        text = ", ".join(value) if isinstance(value, list) else DASH if value is None else str(value)
        settings.setdefault(name.replace("_", " "), text)
    return list(settings.items())


def _page(
    records: Sequence[Any],
    pictures: Sequence[Picture],
    settings: Sequence[tuple[str, str]],
    scores: tuple[Sequence[str], Sequence[Sequence[str]]] | None,
) -> Page:
    sites = sorted({name for record in records for name in record.participants})
    page = Page(
        "Federated training",
        f"{count_text(len(records), 'round')} with {count_text(len(sites), 'site')}. Each site trained on "
        "its own rows; only model updates and combined figures left it.",
    )
    last = next((record for record in reversed(records) if finite(record.loss) is not None), None)
    facts = [("rounds", str(len(records))), ("sites", str(len(sites)))]
    if last is not None:
        facts.append(("final loss", number_text(last.loss)))
        if finite(last.accuracy) is not None:
            facts.append(("final accuracy", percent_text(last.accuracy)))
    facts.append(("sent up", bytes_text(sum(record.bytes_up for record in records))))
    facts.append(("time", f"{sum(record.seconds for record in records):.2f} s"))
    page.facts(facts)
    if settings:
        page.section("Settings")
        page.table(["setting", "value"], settings)
    if scores is not None:
        header, rows = scores
        page.section("Scores")
        page.table(
            header, rows, numbers=range(1, len(header)), caption="On the rows that the model was trained on."
        )
    page.section("Rounds")
    for picture in pictures:
        page.figure(picture, "Loss, and accuracy where the model has one, after each round.")
    if not pictures and records:
        page.note(
            "The pictures are missing because matplotlib is not installed. To have them:", charts.INSTALL
        )
    columns = [
        "round",
        "loss",
        "accuracy",
        "took part",
        "stragglers",
        "dropped",
        "sent up",
        "sent down",
        "time",
    ]
    lines = [
        [
            str(record.round),
            number_text(record.loss),
            percent_text(record.accuracy),
            str(len(record.participants)),
            str(len(record.stragglers)),
            str(len(record.dropped)),
            bytes_text(record.bytes_up),
            bytes_text(record.bytes_down),
            seconds_text(record.seconds),
        ]
        for record in records
    ]
    page.table(columns, lines, numbers=range(1, 9), caption="All sites of a round together.")
    page.section("Who took part")
    page.table(
        ["site", "rounds taken part", "as straggler", "dropped"],
        [
            [
                name,
                *(
                    str(sum(name in getattr(record, kind) for record in records))
                    for kind in ("participants", "stragglers", "dropped")
                ),
            ]
            for name in sites
        ],
        numbers=(1, 2, 3),
    )
    page.footer("Written by privml. The figures are in report.json.")
    return page


def rounds_figure(runs: Sequence[Run], *, alt: str, loss_label: str = _LOSS_LABEL) -> Picture:
    """
    Draw loss and accuracy over the rounds of one or several runs.

    Parameters
    ----------
    runs : sequence of (label, records, colour, ring)
        `records` have ``round``, ``loss`` and ``accuracy``; `ring` draws open circles in place of a line.
    alt : str
        What the picture shows.
    loss_label : str
        What the loss is.
    """
    panels = _panels(runs, loss_label)
    return charts.render(
        "rounds", alt, 4.5 * len(panels), 3.4, lambda figure: draw_rounds(figure, runs, loss_label=loss_label)
    )


def draw_rounds(figure: Any, runs: Sequence[Run], *, loss_label: str = _LOSS_LABEL) -> None:
    """Draw on a matplotlib ``Figure`` what :func:`rounds_figure` renders."""
    panels = _panels(runs, loss_label)
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    for index, (axes, (title, y_label, field, factor)) in enumerate(zip(grid, panels, strict=True)):
        series = []
        for label, records, colour, ring in runs:
            values = [finite(getattr(record, field)) for record in records]
            series.append(
                charts.Series(
                    label,
                    [record.round for record in records],
                    [None if value is None else value * factor for value in values],
                    colour,
                    ring,
                )
            )
        legend = len(runs) > 1 and index == 0
        charts.curves(axes, series, title=title, y_label=y_label, legend=legend)


def _panels(runs: Sequence[Run], loss_label: str) -> list[tuple[str, str, str, float]]:
    """Title, label, field and factor of each picture: the accuracy only where there is one."""
    panels = [("Loss", loss_label, "loss", 1.0)]
    if any(finite(record.accuracy) is not None for _, records, _, _ in runs for record in records):
        panels.append(("Accuracy", "right answers (%)", "accuracy", 100.0))
    return panels


def _alt(records: Sequence[Any]) -> str:
    known = [record for record in records if finite(record.loss) is not None]
    if not known:
        return "No round gave a loss."
    text = "Curves over the rounds: "
    text += f"the loss goes from {number_text(known[0].loss)} to {number_text(known[-1].loss)}"
    if finite(known[0].accuracy) is not None and finite(known[-1].accuracy) is not None:
        text += f", the accuracy from {percent_text(known[0].accuracy)} to {percent_text(known[-1].accuracy)}"
    return text + "."
