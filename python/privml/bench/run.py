"""A run of the benchmarks: workers are started, asked in turns, and their answers put together."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import privml
from privml.bench import measure
from privml.bench.cases import OURS, SIZES, Library, Operation, Scheme, Sizes, schemes

__all__ = ["Cell", "Options", "Report", "Table", "digits", "row_name", "run", "selected"]


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Parameters
    ----------
    schemes : sequence of str
        Names; none for all.
    bits : sequence of int
        Key sizes.
    backends : sequence of str
        Ours; none for all that this CPU runs.
    cores : int
        How many CPUs and threads a library gets.
    peers : bool
        Whether other libraries that are installed are measured.
    size : str
        A key of :data:`privml.bench.cases.SIZES`.
    clock : str
        A key of :data:`privml.bench.measure.CLOCKS`.
    only : str
        Leave out operations whose name does not contain this.
    """

    schemes: Sequence[str] = ()
    bits: Sequence[int] = (3072,)
    backends: Sequence[str] = ()
    cores: int = 1
    peers: bool = False
    size: str = "quick"
    clock: str = "cpu"
    only: str = ""


@dataclass(frozen=True)
class Cell:
    """One library at one operation.

    Parameters
    ----------
    count : int
        Values of a call.
    seconds : list of float
        For a value, one for each turn.
    bytes : float or None
        For a value, where something is made that is sent.
    error : str
        Why there are none.
    """

    count: int = 0
    seconds: list[float] = field(default_factory=list)
    bytes: float | None = None
    error: str = ""

    @property
    def microseconds(self) -> float:
        """The median for a value."""
        return statistics.median(self.seconds) * 1e6


@dataclass(frozen=True)
class Table:
    """One scheme at one key size; rows are `(operation, unit, {column: cell})`, our columns come first."""

    scheme: str
    bits: int
    ours: list[str]
    peers: list[str]
    rows: list[tuple[str, str, dict[str, Cell]]]
    notes: list[str]

    def ratio(self, cells: dict[str, Cell], peer: str, ours: str) -> float | None:
        """Return how many times longer a peer takes, if both were measured."""
        theirs, mine = cells.get(peer), cells.get(ours)
        if theirs is None or mine is None or not theirs.seconds or not mine.seconds:
            return None
        return measure.ratio(theirs.seconds, mine.seconds)


@dataclass(frozen=True)
class Report:
    """All of a run."""

    machine: dict[str, str]
    libraries: dict[str, str]
    options: Options
    tables: list[Table]

    def to_dict(self) -> dict[str, Any]:
        """Return all measurements as plain values."""
        results = [
            {
                "scheme": table.scheme,
                "bits": table.bits,
                "operation": operation,
                "unit": unit,
                "library": name,
                **asdict(cell),
                "us": cell.microseconds if cell.seconds else None,
                "times_ours": {ours: table.ratio(cells, name, ours) for ours in table.ours},
            }
            for table in self.tables
            for operation, unit, cells in table.rows
            for name, cell in cells.items()
        ]
        return {
            "machine": self.machine,
            "libraries": self.libraries,
            "options": asdict(self.options),
            "results": results,
        }


def row_name(operation: str, unit: str) -> str:
    """Name an operation, and what its times are for if not for a value."""
    return operation if unit == "value" else f"{operation}, per {unit}"


def digits(value: float) -> str:
    """Write a number with three significant digits, and all those before the point.

    Examples
    --------
    >>> digits(0.0042), digits(1.234), digits(12.34), digits(12345.6)
    ('0.0042', '1.23', '12.3', '12 346')
    """
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.2g}" if value < 0.01 else f"{value:#.3g}"


class _WorkerError(Exception):
    """The worker could not do it; the text says why."""


class _Worker:
    """A process that one library works in."""

    def __init__(
        self, scheme: Scheme, library: type[Library], bits: int, backend: str, options: Options
    ) -> None:
        arguments = (scheme.name, library.name, str(bits), options.size, str(options.cores))
        threads = str(options.cores)
        # Ours, and those that the peers' thread pools look at.
        limits = dict.fromkeys(("PRIVML_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"), threads)
        environment = {**os.environ, **limits}
        if backend:
            environment["PRIVML_BACKEND"] = backend
        self.library = library
        self._complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, arguments of our own
            # -P: what lies in the working directory is not imported.
            [sys.executable, "-P", "-m", "privml.bench.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment,
            text=True,
            encoding="utf-8",
        )

    def receive(self) -> dict[str, Any]:
        """Return the next answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._complaints.seek(0)
            said = self._complaints.read().strip().splitlines()
            raise _WorkerError(f"ended with code {self._process.wait()}{': ' + said[-1] if said else ''}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise _WorkerError(answer["error"])
        return answer

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the answer to a request."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the answer will be its end
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self.receive()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


def run(options: Options, progress: Callable[[int, int], object] | None = None) -> Report:
    """Measure.

    Parameters
    ----------
    options : Options
        What is asked for.
    progress : callable, optional
        Called with `(done, total)` operations.

    Returns
    -------
    Report
        Also when a library fails: its cells say why.
    """
    machine = measure.facts()
    libraries: dict[str, str] = {}
    tables = []
    chosen = selected(options)
    total = len(options.bits) * sum(len(operations) for _, operations in chosen)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    for scheme, operations in chosen:
        for bits in options.bits:
            tables.append(_table(scheme, operations, bits, options, libraries, step))
    return Report(machine, libraries, options, tables)


def selected(options: Options) -> list[tuple[Scheme, list[Operation]]]:
    """Return the schemes that are asked for, each with those of its operations that are."""
    known = schemes()
    return [
        (scheme, [operation for operation in scheme.operations if options.only in operation.name])
        for scheme in (known[name] for name in options.schemes or known)
    ]


def _table(
    scheme: Scheme,
    operations: Sequence[Operation],
    bits: int,
    options: Options,
    libraries: dict[str, str],
    step: Callable[[], None],
) -> Table:
    ours = {f"{OURS} {backend}": backend for backend in options.backends or privml.available_backends()}
    peers = []
    for peer in scheme.peers:
        version = peer.version()
        state = "absent: not installed" if version is None else f"{version}, {peer.licence}"
        if version is not None and not options.peers:
            state += ", not asked for"
        libraries.setdefault(peer.package, state)
        if options.peers and version is not None:
            peers.append(peer)
    names = [*ours, *(peer.name for peer in peers)]
    with ExitStack() as stack:
        workers: dict[str, _Worker] = {}
        for name in names:
            library = scheme.libraries[0] if name in ours else scheme.library(name)
            worker = _Worker(scheme, library, bits, ours.get(name, ""), options)
            stack.callback(worker.close)
            workers[name] = worker
        broken: dict[str, str] = {}
        for name, worker in workers.items():
            try:
                details = worker.receive()["details"]
            except _WorkerError as error:
                broken[name] = str(error)
                continue
            if details and details not in libraries.get(worker.library.package, details):
                libraries[worker.library.package] += f", {details}"
        rows = []
        for operation in operations:
            taking_part = {n: w for n, w in workers.items() if operation.applies_to(w.library)}
            cells = _cells(taking_part, operation, broken, options)
            rows.append((operation.name, operation.unit, cells))
            step()
    return Table(scheme.name, bits, list(ours), [peer.name for peer in peers], rows, list(scheme.notes))


def _cells(
    workers: dict[str, _Worker], operation: Operation, broken: dict[str, str], options: Options
) -> dict[str, Cell]:
    """Measure one operation in turns, so that a drift of the machine hits all alike."""
    sizes = SIZES[options.size]
    cells: dict[str, Cell] = {}
    for name, worker in workers.items():
        if name in broken:
            cells[name] = Cell(error=broken[name])
            continue
        try:
            made = worker.ask(prepare=operation.method)
        except _WorkerError as error:
            cells[name] = Cell(error=str(error))
            continue
        size = made["size"]
        cells[name] = Cell(made["count"], [], None if size is None else size / made["count"])
    for order in _turns(list(workers), sizes):
        for name in order:
            if cells[name].error:
                continue
            try:
                answer = workers[name].ask(time=sizes.at_least, clock=options.clock)
            except _WorkerError as error:
                cells[name] = Cell(error=str(error))
                continue
            cells[name].seconds.append(answer["seconds"])
    return cells


def _turns(names: list[str], sizes: Sizes) -> Iterator[list[str]]:
    """Yield in which order to measure, there in one turn and back in the next, until the time is up."""
    deadline = time.perf_counter() + sizes.budget
    turn = 0
    while turn < sizes.turns or time.perf_counter() < deadline:
        yield names if turn % 2 == 0 else names[::-1]
        turn += 1
