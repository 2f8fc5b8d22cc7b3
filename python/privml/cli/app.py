"""The group of commands, and the one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from privml.cli.wording import for_command_line
from privml.errors import DataError, InternalError, PrivmlError

__all__ = ["privml"]

# Where each command lives; the module is imported when the command is named or listed.
COMMANDS = {
    "demo": "demo",
    "train": "train",
    "keygen": "keygen",
    "encrypt": "encrypt",
    "aggregate": "aggregate",
    "decrypt": "decrypt",
    "bench": "bench",
    "dp": "dp",
    "ledger": "ledger",
}

BAD_INPUT = 2
INTERRUPTED = 130


def one_line(text: str) -> str:
    r"""Join lines and make control characters harmless: file contents and names end up in messages.

    Examples
    --------
    >>> print(one_line("no column 'a\x1b[31m'\nhere"))
    no column 'a\x1b[31m' here
    """
    joined = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in joined)


def _fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    sys.stdout.flush()
    print(f"privml: error: {one_line(message)}", file=sys.stderr)
    sys.exit(code)


def _interrupted() -> NoReturn:
    print("privml: interrupted", file=sys.stderr)
    sys.exit(INTERRUPTED)


def _describe_os_error(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{os.fsdecode(error.filename)}: {reason}" if error.filename is not None else reason


def _debugging() -> bool:
    return os.environ.get("PRIVML_DEBUG", "") not in ("", "0")


class Commands(click.Group):
    """A group that loads its commands late and ends every failure in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"privml.cli.{COMMANDS[cmd_name]}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C in it ends here, since click would print an empty line first."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if _debugging():
                raise
            _interrupted()

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run; never return. `PRIVML_DEBUG=1` lets an error through with its traceback."""
        debug = _debugging()
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of our output went away (`| head`): nothing to say, and no second complaint at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except (KeyboardInterrupt, click.Abort):
            if debug:
                raise
            _interrupted()
        except click.ClickException as error:
            if debug:
                raise
            _fail(error.format_message())
        except InternalError:
            raise
        except PrivmlError as error:
            if debug:
                raise
            # A DataError is about a file, and in the words of the command already.
            _fail(str(error) if isinstance(error, DataError) else for_command_line(str(error)))
        except OSError as error:
            if debug:
                raise
            _fail(_describe_os_error(error))
        except MemoryError:
            if debug:
                raise
            _fail("out of memory")
        sys.exit(code if isinstance(code, int) else 0)


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    import platform

    import privml

    python = f"{platform.python_implementation()} {platform.python_version()}"
    click.echo(f"privml {privml.__version__} (backend {privml.backend()}, {python})")
    ctx.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
@click.pass_context
def privml(ctx: click.Context) -> None:
    """Compute together on data that may not be pooled.

    Start with `privml demo`. Each command has its own --help.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
