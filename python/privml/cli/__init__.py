"""The command line: ``privml demo | train | keygen | encrypt | aggregate | decrypt | ledger``.

One file a command. ``click`` and ``rich`` are imported nowhere else in privml, and what a command computes
with is imported only when it runs, so that ``privml --help`` answers at once.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line on ``sys.argv`` and exit with its code: 0, 2 for bad input, 130 after Ctrl-C."""
    from privml.cli.app import privml

    privml.main(prog_name="privml")
