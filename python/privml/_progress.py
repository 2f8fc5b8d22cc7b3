"""The `progress=` argument of every call that may take long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from privml._wording import a_type
from privml.errors import ParameterError

__all__ = ["Progress", "ProgressCallback", "reporting"]

ProgressCallback = Callable[[int, int], object]
Progress = bool | ProgressCallback | None


@contextmanager
def reporting(progress: Progress, label: str) -> Iterator[ProgressCallback | None]:
    """Turn what a caller gave as `progress` into what the core takes.

    Parameters
    ----------
    progress : bool, callable or None
        None or False is silent; True writes one line to the standard error; a callable is called with
        `(done, total)` on the calling thread, and may cancel the call by raising.
    label : str
        What the line says is being done.

    Yields
    ------
    callable or None
        The callback for the core.

    Raises
    ------
    ParameterError
        If `progress` is something else.
    """
    if progress is None or progress is False:
        yield None
    elif progress is True:
        line = _Line(label)
        try:
            yield line
        finally:
            line.close()
    elif callable(progress):
        yield progress
    else:
        raise ParameterError(f"progress is {a_type(progress)}; allowed are True, False, None, a callable")


class _Line:
    """One line on the standard error, rewritten at most ten times a second."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._start = time.monotonic()
        self._last = -1.0
        self._written = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last < 0.1 and (done < total or total <= 0):
            return
        self._last = now
        self._written = True
        part = f"{100 * done // total:3d} %, " if total > 0 else ""  # the search for primes has no end known
        text = f"\r{self._label}: {part}{now - self._start:.1f} s"
        print(text, end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line, if anything was written."""
        if self._written:
            print(file=sys.stderr, flush=True)
