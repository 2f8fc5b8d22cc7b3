"""What the commands say and ask: tables and lines on stdout, progress on stderr, passwords.

With ``--json`` stdout holds one JSON value and nothing else; everything for people then goes to stderr or
nowhere. Text that comes from files passes :func:`safe` first, so that a column name cannot drive the
terminal.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

__all__ = ["emit_json", "progress", "read_password", "safe", "say", "show_table"]

Progress = Callable[[int, int], object]

MAX_PASSWORD_BYTES = 1 << 16


def safe(text: object) -> str:
    r"""Write out the control characters of a text.

    Examples
    --------
    >>> print(safe("a\x1b[31mb"))
    a\x1b[31mb
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))


def say(text: str = "", *, quiet: bool = False, err: bool = False) -> None:
    """Print one line for people; `quiet` is the command's ``--json``, `err` when stdout takes the result."""
    if not quiet:
        click.echo(safe(text), err=err)


def emit_json(value: Any) -> None:
    """Print a value as JSON, numbers that JSON lacks (NaN, infinity) as null."""

    def clean(item: Any) -> Any:
        if isinstance(item, dict):
            return {str(key): clean(part) for key, part in item.items()}
        if isinstance(item, (list, tuple)):
            return [clean(part) for part in item]
        if isinstance(item, float) and not abs(item) < float("inf"):
            return None
        return item

    click.echo(json.dumps(clean(value), indent=2, ensure_ascii=False))


def show_table(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[object]], *, quiet: bool = False
) -> None:
    """Print an aligned table: the first column to the left, the others, being numbers, to the right.

    Parameters
    ----------
    title : str
        Line above the table.
    headings : sequence of str
        Column headings.
    rows : sequence of sequences
        Cells, shown with ``str``.
    quiet : bool
        Print nothing.
    """
    if quiet:
        return
    cells = [[safe(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=Text(safe(title)), title_justify="left", title_style="bold")
        for index, heading in enumerate(headings):
            table.add_column(Text(heading), justify="left" if index == 0 else "right", overflow="fold")
        for row in cells:
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)
        return
    from rich.cells import cell_len

    widths = [max(cell_len(text) for text in column) for column in zip(headings, *cells, strict=True)]
    click.echo(safe(title))
    for row in [list(headings), ["-" * width for width in widths], *cells]:
        padding = [" " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True)]
        aligned = [row[0] + padding[0], *(pad + text for text, pad in zip(row[1:], padding[1:], strict=True))]
        click.echo("  " + "  ".join(aligned).rstrip())


@contextmanager
def progress(label: str) -> Iterator[Progress | None]:
    """Show a progress bar on stderr while something long runs, if stderr is a terminal.

    Parameters
    ----------
    label : str
        What is being done.

    Yields
    ------
    callable or None
        To be called with ``(done, total)``; None where nobody looks.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(safe(label), total=None)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield update


def read_password(password_file: Path | None, *, purpose: str, new: bool = False) -> bytes:
    """Get the password of a key file: a file's content without one line end, or asked for, unseen.

    Parameters
    ----------
    password_file : pathlib.Path or None
        Where the password stands.
    purpose : str
        What it is for, shown in the prompt.
    new : bool
        Ask twice, since a mistyped new password loses the key.

    Returns
    -------
    bytes
        The password, not empty.
    """
    if password_file is not None:
        with password_file.open("rb") as file:
            password = file.read(MAX_PASSWORD_BYTES + 1)
        if len(password) > MAX_PASSWORD_BYTES:
            raise click.UsageError(f"{password_file} is too long for a password file")
        password = password.removesuffix(b"\n").removesuffix(b"\r")
        if not password:
            raise click.UsageError(f"{password_file} holds no password")
        return password
    if not can_prompt():
        raise click.UsageError(
            f"a password {purpose} is needed, and there is no terminal to ask on: --password-file"
        )
    answer = click.prompt(f"Password {purpose}", hide_input=True, confirmation_prompt=new, type=str, err=True)
    if not answer:
        raise click.UsageError("the password is empty")
    # As PrivateKey.save does with text: a key opens however a system composes its letters.
    return unicodedata.normalize("NFC", str(answer)).encode("utf-8")


def can_prompt() -> bool:
    """Whether somebody can be asked: stdin is a terminal."""
    return sys.stdin.isatty()
