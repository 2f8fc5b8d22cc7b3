"""Options that several commands share, so that they are called and explained the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "MAX_CATEGORIES",
    "MIN_ROWS",
    "Finite",
    "bits_option",
    "check_bits",
    "delimiter_option",
    "existing_file",
    "force_option",
    "insecure_option",
    "json_option",
    "output_path",
    "password_option",
    "positive",
]

Command = TypeVar("Command", bound=Callable[..., Any])

# These stand here, and not where they are applied, since the help of the options states them.
MAX_CATEGORIES = 100
"""Most different texts that a column may hold: names and free text are not categories, and would be
disclosed."""

MIN_ROWS = 5
"""Fewest rows of a site: an update from fewer shows what those rows are."""

SAFE_BITS, FEWEST_BITS, MOST_BITS = 2048, 128, 8192
"""Key sizes: the least that protects anything, and the range of the core."""

existing_file = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
output_path = click.Path(path_type=Path)


class Finite(click.FloatRange):
    """A float in a range, and neither infinite nor NaN, which pass every comparison of a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert an option's text."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


positive = Finite(min=0, min_open=True)


def check_bits(bits: int, insecure_key_size: bool) -> None:
    """Refuse at once a key size that making the key would refuse later."""
    if bits < SAFE_BITS and not insecure_key_size:
        raise click.UsageError(
            f"--bits is {bits}, and a key needs at least {SAFE_BITS} "
            "(--insecure-key-size allows fewer, for tests)"
        )
    if bits > MOST_BITS or bits % 64 or bits < FEWEST_BITS:
        raise click.UsageError(
            f"--bits is {bits}; allowed are multiples of 64 from {FEWEST_BITS} to {MOST_BITS}"
        )


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
