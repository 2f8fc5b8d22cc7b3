"""``privml demo``: the display of :func:`privml.demo.run`, which does the computing."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from privml._wording import count_text
from privml.cli import console, options, output

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from privml.demo import DemoEvent, DemoResult


@click.command()
@click.option("--rounds", type=click.IntRange(1, 1000), help="Rounds of each federated training.")
@options.bits_option
@click.option(
    "--out", type=options.output_path, help="Directory of the report.  [default: a new ./privml-demo]"
)
@options.insecure_option
@options.force_option
@options.json_option
def demo(
    rounds: int | None, bits: int, out: Path | None, insecure_key_size: bool, force: bool, as_json: bool
) -> None:
    """Watch four hospitals train one model on encrypted updates.

    The data is real (569 patients, breast cancer, part of this package) and nothing leaves this machine. At
    the end stand the scores of all ways to train, signs that the encryption is on, and a report.
    """
    options.check_bits(bits, insecure_key_size)
    target = _new_directory() if out is None else out
    output.check_directory(target, force)
    from privml.demo import ReportWritten, run

    arguments: dict[str, Any] = {} if rounds is None else {"rounds": rounds}
    if insecure_key_size:
        arguments["insecure_key_size"] = True
    with output.staged_directory(target, force=force) as stage:
        with _Display(quiet=as_json) as display:

            def show(event: DemoEvent) -> None:
                # The report is still in its temporary place: it is announced when it has moved.
                if not isinstance(event, ReportWritten):
                    display.show(event)

            result = run(bits=bits, out=stage, on_event=show, **arguments)
        names = [path.relative_to(stage).as_posix() for path in _report_files(result)]
    report = [target / name for name in names]
    if as_json:
        console.emit_json({**result.to_dict(), "report": [str(path) for path in report]})
        return
    _show_result(result)
    console.say()
    console.say(
        f"Report: {report[0]}"
        + (f" ({count_text(len(report) - 1, 'more file')} beside it)" if len(report) > 1 else "")
    )
    if not any(path.suffix == ".png" for path in report):
        from privml.demo import INSTALL_PICTURES

        console.say(f"For pictures in it: {INSTALL_PICTURES}")


def _new_directory() -> Path:
    """Find ``privml-demo`` or the first number after it that is free: a second demo is no error."""
    number = 1
    while (path := Path("privml-demo" if number == 1 else f"privml-demo-{number}")).exists():
        number += 1
    return path


def _report_files(result: DemoResult) -> list[Path]:
    if result.report is None:
        return []
    return [result.report.html, result.report.json, *result.report.pictures]


class _Display:
    """Events as they come: a live bar for each run on a terminal, lines elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live: Progress | None = None
        self._task: TaskID | None = None
        if not quiet and sys.stdout.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TextColumn("{task.fields[state]}"),
                TimeElapsedColumn(),
            )
            self._live = Progress(*columns)
        self._context: AbstractContextManager[Any] = nullcontext() if self._live is None else self._live

    def __enter__(self) -> _Display:
        self._context.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._context.__exit__(*details)

    def _line(self, text: str) -> None:
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text(console.safe(text)))
        else:
            console.say(text, quiet=self._quiet)
            sys.stdout.flush()

    def show(self, event: DemoEvent) -> None:
        """Show one event."""
        from privml import demo

        match event:
            case demo.Prepared():
                self._line("Four hospitals, one model, no pooled patients.")
                for hospital in event.hospitals:
                    self._line(
                        f"  {hospital.name:<20} {hospital.patients:>4} patients, "
                        f"{hospital.malignant:>3} malignant"
                    )
                self._line(f"  {'kept aside':<20} {event.test_patients:>4} patients, to score the models")
                self._line(f"  Data: {event.attribution}")
            case demo.KeyMade():
                warning = " (too small to protect anything)" if event.insecure else ""
                self._line(
                    f"Key of the hospitals: {event.bits} bits{warning}, {event.seconds:.2f} s, "
                    f"{event.fingerprint}"
                )
            case demo.StatisticsCombined():
                self._line(
                    f"Features standardised from encrypted sums: {event.bytes_up} bytes, "
                    f"{event.seconds:.2f} s"
                )
                self._line("")
            case demo.RunStarted(rounds=rounds) if rounds > 0:
                if self._live is not None:
                    mark = "encrypted" if event.encrypted else "in the clear"
                    self._task = self._live.add_task(f"{console.safe(event.label)}", total=rounds, state=mark)
            case demo.RoundFinished():
                self._round(event)
            case demo.RunFinished(row=row) if row.rounds == 0:
                self._line(f"{row.label}: accuracy {100 * row.accuracy:.1f} % on the patients kept aside")
            case _:
                pass

    def _round(self, event: Any) -> None:
        from privml.federated.report.text import bytes_text

        state = (
            f"loss {event.loss:.4f}  accuracy {100 * event.accuracy:5.1f} %  {bytes_text(event.bytes_up)} up"
        )
        if event.encrypted:
            state += ", encrypted"
        if self._live is not None and self._task is not None:
            self._live.update(self._task, completed=event.round, state=state)
        else:
            self._line(f"{event.label}: round {event.round:>2} of {event.rounds}  {state}")


def _show_result(result: DemoResult) -> None:
    from privml.demo import TOLERANCE, hex_lines
    from privml.federated.report.text import bytes_text, count_text

    rows = [
        [
            row.label,
            f"{100 * row.accuracy:.1f} %",
            f"{row.auc:.4f}",
            f"{row.seconds:.2f} s",
            "-" if row.bytes_up is None else bytes_text(row.bytes_up),
            "-" if row.bytes_down is None else bytes_text(row.bytes_down),
            "-" if row.difference is None else f"{row.difference:.1e}",
        ]
        for row in result.rows
    ]
    headings = ["training", "accuracy", "AUC", "time", "up a round", "down a round", "largest difference"]
    console.say()
    title = f"Scores on {result.prepared.test_patients} patients whom no hospital trained on"
    console.show_table(title, headings, rows)
    verdict = "rounding" if result.agrees else f"MORE THAN {TOLERANCE:g}: SOMETHING IS WRONG"
    console.say(
        f"Encrypted against clear weights: at most {result.largest_difference:.1e} apart ({verdict})."
    )
    evidence = result.evidence
    console.say()
    console.say(
        f"Is the encryption on? What the server received from {evidence.hospital} in round {evidence.round}, "
        f"{evidence.message_bytes} bytes with {count_text(evidence.ciphertexts, 'ciphertext')}:"
    )
    console.say("  the message begins (a header in the clear, then ciphertexts)")
    for line in hex_lines(evidence.first_bytes):
        console.say(f"    {line}")
    console.say("  the first ciphertext begins")
    for line in hex_lines(evidence.ciphertext_bytes):
        console.say(f"    {line}")
    console.say("  a second key of the same size is refused:")
    console.say(f"    {evidence.refusal}")
    console.say("Who could learn what:")
    width = max(len(one.party) for one in evidence.who)
    for one in evidence.who:
        console.say(f"  {one.party:<{width}}  {one.text}")
    console.say(f"All of it took {result.seconds:.1f} s (backend {result.backend}).")
