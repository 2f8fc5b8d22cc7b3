"""The report of the demonstration: the hospitals, the six ways to train, the signs that encryption is on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import privml
from privml.demo.events import TOLERANCE, DemoResult, Evidence, Row
from privml.federated.report import Page, Picture, ReportPaths, charts
from privml.federated.report.files import as_json, write_files
from privml.federated.report.run import rounds_figure
from privml.federated.report.text import DASH, bytes_text, count_text, number_text, percent_text, seconds_text

__all__ = ["hex_lines", "write_demo_report"]


def write_demo_report(
    result: DemoResult, directory: str | os.PathLike[str], *, force: bool = True
) -> ReportPaths:
    """
    Write the report of the demonstration.

    Parameters
    ----------
    result : DemoResult
        What :func:`privml.demo.run` returned.
    directory : str or path-like
        The folder to write into; made if it is not there.
    force : bool
        Replace a report that is already there.

    Returns
    -------
    ReportPaths
        ``report.html``, ``report.json`` and, with matplotlib, the pictures.

    Raises
    ------
    FileExistsError
        If `force` is false and a file is in the way.
    OSError
        If the directory cannot be made or written.
    """
    pictures = _pictures(result) if charts.can_draw() else {}
    files = {
        "report.html": _page(result, pictures).render().encode("utf-8"),
        "report.json": as_json({"privml": privml.__version__, **result.to_dict()}),
        **{f"{picture.name}.png": picture.png for picture in pictures.values()},
    }
    paths = write_files(directory, files, force=force)
    return ReportPaths(paths[0], paths[1], tuple(paths[2:]))


def hex_lines(data: bytes, *, width: int = 16) -> list[str]:
    r"""
    Write bytes as lines of hexadecimal pairs with their offsets.

    Examples
    --------
    >>> from privml.demo import hex_lines
    >>> hex_lines(b"PVML\x01", width=4)
    ['0000  50 56 4d 4c', '0004  01']
    """
    return [f"{start:04x}  {data[start : start + width].hex(' ')}" for start in range(0, len(data), width)]


def _page(result: DemoResult, pictures: dict[str, Picture]) -> Page:
    prepared, key = result.prepared, result.key
    patients = sum(hospital.patients for hospital in prepared.hospitals)
    page = Page(
        "Four hospitals, one model, no pooled patients",
        "Four hospitals train one model that tells malignant from benign breast masses. The server that "
        f"adds up their updates holds the public half of a {key.bits}-bit Paillier key, and receives "
        "ciphertexts only.",
    )
    page.facts(
        [
            ("FedAvg encrypted, accuracy", percent_text(result.row("fedavg-paillier").accuracy)),
            ("all data pooled, accuracy", percent_text(result.row("pooled").accuracy)),
            ("encrypted against clear", f"≤ {result.largest_difference:.1e}"),
            ("whole demonstration", f"{result.seconds:.1f} s"),
        ]
    )
    if key.insecure:
        page.note(f"A key of {key.bits} bits protects nothing; this run was a test.", bad=True)
    if not result.agrees:
        page.note(
            f"A weight trained under encryption differs by {result.largest_difference:.1e} from its twin "
            f"trained in the clear; {TOLERANCE:g} is allowed. Something is wrong.",
            bad=True,
        )
    if not pictures:
        page.note(
            "The pictures are missing because matplotlib is not installed. To have them:", charts.INSTALL
        )
    _results(page, result, pictures)
    _hospitals(page, result, pictures, patients)
    if "rounds" in pictures:
        page.section("Round by round")
        page.figure(
            pictures["rounds"],
            "Over the hospitals' own patients, combined as the updates are. Lines: in the clear. Circles: "
            "the same training under encryption, which lies on the line.",
        )
    _evidence(page, result.evidence)
    page.section("Data")
    page.text(
        f"{prepared.attribution}. The table comes from one hospital; the four hospitals here are made from "
        "it by a split that gives them different sizes, different parts of malignant cases and differently "
        "large tumours. Identification numbers are left out and the figures are unchanged. Nothing here "
        "is a medical device."
    )
    page.footer(
        f"Written by privml {privml.__version__} (arithmetic: {result.backend}). All figures are in "
        "report.json. All parties of the demonstration ran in one process on one machine; times "
        "and bytes are those of that run."
    )
    return page


def _results(page: Page, result: DemoResult, pictures: dict[str, Picture]) -> None:
    tested = result.prepared.test_patients
    page.section("Six ways to train")
    if "scores" in pictures:
        page.figure(
            pictures["scores"],
            f"On {tested} patients that no hospital trained on; one of them is {100 / tested:.1f} points. "
            "The dashed line is training on the pooled table.",
        )
    header = [
        "training",
        "accuracy",
        "AUC",
        "time",
        "sent up a round",
        "sent down a round",
        "largest difference",
    ]
    strong = [index for index, row in enumerate(result.rows) if row.kind == "encrypted"]
    page.table(
        header,
        [table_cells(row) for row in result.rows],
        numbers=range(1, 7),
        strong=strong,
        caption=f"Scored on {tested} patients kept aside. Bytes are those of all hospitals together. The "
        "largest difference is between a weight of the model trained under encryption and the same weight "
        f"trained in the clear; at most {TOLERANCE:g} is allowed.",
    )


def table_cells(row: Row) -> list[str]:
    """Write a row of the table as texts."""
    return [
        row.label,
        percent_text(row.accuracy),
        number_text(row.auc),
        seconds_text(row.seconds),
        bytes_text(row.bytes_up),
        bytes_text(row.bytes_down),
        DASH if row.difference is None else f"{row.difference:.1e}",
    ]


def _hospitals(page: Page, result: DemoResult, pictures: dict[str, Picture], patients: int) -> None:
    prepared = result.prepared
    page.section("The hospitals")
    page.text(
        f"{patients} patients with {prepared.features} features each are spread over "
        f"{len(prepared.hospitals)} hospitals; {prepared.test_patients} more ({prepared.test_malignant} of "
        "them malignant) are kept aside for scoring. The features are standardised by means and deviations "
        "that were combined under the same encryption."
    )
    if "hospitals" in pictures:
        page.figure(pictures["hospitals"], "Patients by hospital and diagnosis.")
    page.table(
        ["hospital", "patients", "malignant", "part malignant"],
        [
            [one.name, str(one.patients), str(one.malignant), percent_text(one.malignant / one.patients)]
            for one in prepared.hospitals
        ],
        numbers=(1, 2, 3),
    )


def _evidence(page: Page, evidence: Evidence) -> None:
    page.section("Is it really encrypted?")
    page.text(
        f"This is the beginning of what the server received from {evidence.hospital} in round "
        f"{evidence.round}: {evidence.message_bytes} bytes that hold "
        f"{count_text(evidence.ciphertexts, 'ciphertext')}. A "
        "header in the clear comes first (the key's fingerprint, shape and scale); the second "
        "block is the beginning of the ciphertext."
    )
    page.code("\n".join(hex_lines(evidence.first_bytes)))
    page.code("\n".join(hex_lines(evidence.ciphertext_bytes)))
    page.text("A second key of the same size, asked to open it, is refused:")
    page.code(evidence.refusal)
    page.table(["who", "could learn"], [[line.party, line.text] for line in evidence.who])


def _pictures(result: DemoResult) -> dict[str, Picture]:
    rows, hospitals = result.rows, result.prepared.hospitals
    pooled = result.row("pooled")
    federated = [row for row in rows if row.kind in ("federated", "encrypted")]

    def scores(figure: Any) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        accuracies = [100.0 * row.accuracy for row in rows]
        areas = [row.auc for row in rows]
        for axes, title, label, values, reference, text in (
            (left, "Accuracy", "right answers (%)", accuracies, 100.0 * pooled.accuracy, "{:.1f}"),
            (right, "Area under the ROC curve", "AUC", areas, pooled.auc, "{:.3f}"),
        ):
            bars = [
                charts.Bar(row.label, (value,), row.kind == "encrypted")
                for row, value in zip(rows, values, strict=True)
            ]
            charts.dots(axes, bars, title=title, x_label=label, reference=reference, format_value=text.format)

    def mix(figure: Any) -> None:
        bars = [charts.Bar(one.name, (one.patients - one.malignant, one.malignant)) for one in hospitals]
        charts.stacked_bars(
            figure.subplots(), bars, ("benign", "malignant"), title="Patients", x_label="patients"
        )

    return {
        "scores": charts.render("scores", _scores_alt(rows), 9.0, 0.42 * len(rows) + 1.1, scores),
        "rounds": rounds_figure(
            [
                (
                    row.label,
                    [one for one in result.rounds if one.key == row.key],
                    index % 2,
                    row.kind == "encrypted",
                )
                for index, row in enumerate(federated)
            ],
            alt="Loss and accuracy after each round for FedAvg and FedProx, in the clear and under "
            "encryption; the encrypted runs lie on the clear ones.",
            loss_label="mean log loss",
        ),
        "hospitals": charts.render(
            "hospitals",
            "Patients: "
            + "; ".join(f"{one.name} {one.patients}, {one.malignant} of them malignant" for one in hospitals)
            + ".",
            7.0,
            2.8,
            mix,
        ),
    }


def _scores_alt(rows: Sequence[Row]) -> str:
    return (
        "Accuracy and AUC: "
        + "; ".join(f"{row.label} {percent_text(row.accuracy)} and {row.auc:.3f}" for row in rows)
        + "."
    )
