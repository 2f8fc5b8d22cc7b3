"""Options that several commands share, so that they are called and explained the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "bits_option",
    "delimiter_option",
    "existing_file",
    "force_option",
    "insecure_option",
    "json_option",
    "output_path",
    "password_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])

existing_file = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
output_path = click.Path(path_type=Path)


def force_option(command: Command) -> Command:
    """``--force``."""
    return click.option("--force", is_flag=True, help="Replace what is there.")(command)


def json_option(command: Command) -> Command:
    """``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON value on stdout, nothing else."
    )(command)


def bits_option(command: Command) -> Command:
    """``--bits``."""
    return click.option("--bits", default=3072, show_default=True, help="Size of the Paillier key.")(command)


def insecure_option(command: Command) -> Command:
    """``--insecure-key-size``."""
    help_text = "Allow fewer than 2048 bits: for tests and teaching."
    return click.option("--insecure-key-size", is_flag=True, help=help_text)(command)


def password_option(command: Command) -> Command:
    """``--password-file``."""
    help_text = "File that holds the password of the private key; asked for otherwise."
    return click.option("--password-file", type=existing_file, help=help_text)(command)


def delimiter_option(command: Command) -> Command:
    """``--delimiter``."""

    def check(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
        value = "\t" if value in ("tab", "\\t") else value
        if len(value) != 1 or not value.isascii() or value in '"\r\n ':
            raise click.BadParameter("one character, not a quote or a space")
        return value

    help_text = "What stands between the cells of a CSV (tab for a tab)."
    return click.option("--delimiter", default=",", show_default=True, callback=check, help=help_text)(
        command
    )
