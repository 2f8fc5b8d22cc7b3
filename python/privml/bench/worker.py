"""One library in a process of its own: `python -m privml.bench.worker SCHEME LIBRARY BITS SIZE CORES`.

Told what to do by lines of JSON on its standard input, it answers each with one on its standard output:

* at first, what it is: `{"details": text}`;
* `{"prepare": method}`: makes the job, runs it once to warm up and checks the result:
  `{"count": n, "size": bytes}`;
* `{"time": seconds, "clock": name}`: runs the job for at least so long: `{"seconds": for a value}`.

What fails is answered with `{"error": text}`. It ends with its input.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, TextIO

from privml.bench import measure
from privml.bench.cases import SIZES, Job, Library, Scheme, Sizes, schemes

__all__ = ["main"]


class _Worker:
    """The library and the job at hand."""

    def __init__(self, scheme: Scheme, library: Library, sizes: Sizes) -> None:
        self._operations = {operation.method: operation for operation in scheme.operations}
        self._library = library
        self._sizes = sizes
        self._job: Job | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "prepare" in request:
            self._job = None
            job = self._operations[request["prepare"]].prepare(self._library, self._sizes)
            result = job.run()
            job.check(result)
            self._job = job
            return {"count": job.count, "size": None if job.size is None else job.size(result)}
        if self._job is None:
            raise RuntimeError("there is no job")
        clock = measure.CLOCKS[request["clock"]]
        seconds, _ = measure.timed(self._job.run, clock, at_least=request["time"])
        return {"seconds": seconds / self._job.count}


def _failure(error: BaseException) -> dict[str, Any]:
    lines = str(error).strip().splitlines()
    return {"error": f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__}


def _serve(out: TextIO, scheme: str, library: str, bits: int, size: str, cores: int) -> None:
    def send(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer) + "\n")
        out.flush()

    chosen = schemes()[scheme]
    try:
        made = chosen.library(library)(bits, cores)
        details = made.details()
    except Exception as error:
        send(_failure(error))
        return
    worker = _Worker(chosen, made, SIZES[size])
    send({"details": details})
    for line in sys.stdin:
        try:
            send(worker.answer(json.loads(line)))
        except Exception as error:
            send(_failure(error))


def main() -> None:
    """Serve until the input ends."""
    # Ctrl-C on a terminal comes to us too; whoever started us ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    scheme, library, bits, size, cores = sys.argv[1:]
    measure.pin(int(cores))
    # What a library prints must not come between the answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        _serve(out, scheme, library, int(bits), size, int(cores))


if __name__ == "__main__":
    main()
