"""Timing, so that the numbers can be compared: in turns, medians, ratios within a turn; and on what."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import privml

from benches.cases import Job, optional

__all__ = ["CLOCKS", "facts", "in_turns", "pin", "ratio", "timed"]

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}


@contextmanager
def _without_collections() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def timed(run: Callable[[], Any], clock: Callable[[], float], *, at_least: float = 0.0) -> tuple[float, Any]:
    """Return the seconds that a call took, and what it returned; short ones are repeated."""
    with _without_collections():
        times = 0
        begun = clock()
        while True:
            result = run()
            times += 1
            taken = clock() - begun
            if taken >= at_least:
                return taken / times, result


def in_turns(
    jobs: Mapping[str, Job],
    *,
    clock: Callable[[], float],
    least: int = 3,
    most: int = 15,
    budget: float = 20.0,
    at_least: float = 0.2,
) -> dict[str, list[float]]:
    """Time jobs in turns: in each the peers, then ours, then the peers again, backwards.

    So a drift of the machine hits all alike. Each job runs once before, to warm up and to be checked.

    Parameters
    ----------
    jobs : mapping of str to Job
        By library, ours first.
    clock : callable
        Seconds.
    least, most : int
        Turns, whatever the budget says.
    budget : float
        Seconds after which no turn starts.
    at_least : float
        Seconds that a job is repeated for, each time.

    Returns
    -------
    dict
        Seconds per value, one for each turn.
    """
    for job in jobs.values():
        job.check(job.run())
    ours, *peers = jobs
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    deadline = time.perf_counter() + budget
    for turn in range(most):
        if turn >= least and time.perf_counter() > deadline:
            break
        taken: dict[str, list[float]] = {name: [] for name in jobs}
        for name in (*peers, ours, *reversed(peers)):
            taken[name].append(timed(jobs[name].run, clock, at_least=at_least)[0] / jobs[name].count)
        for name, values in taken.items():
            seconds[name].append(statistics.mean(values))
    return seconds


def ratio(theirs: list[float], ours: list[float]) -> float:
    """Return how many times longer they take: the median of the turns' ratios."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def pin(cpu: int | None) -> None:
    """Keep to one CPU, where the system lets us."""
    if cpu is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cpu})


def facts(packages: tuple[str, ...] = ()) -> dict[str, str]:
    """Return what a reader must know of the machine and the software; absent packages are named as such."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    found = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu_model(),
        "cores": f"{os.cpu_count()}, of them for this process {usable}; load before the run {load}",
        "privml": f"{privml.__version__}, backend {privml.backend()} of {privml.available_backends()}, "
        f"{privml.num_threads()} thread(s)",
        "python": f"{platform.python_version()}, NumPy {np.__version__}",
    }
    return found | {name: _version(name) for name in packages}


def _version(name: str) -> str:
    if (module := optional(name)) is None:
        return "absent: not installed"
    version = importlib.metadata.version(name)
    if name == "gmpy2":
        return f"{version}, {module.mp_version()}"
    if name == "phe":
        return f"{version}, {'with' if module.util.HAVE_GMP else 'WITHOUT'} gmpy2"
    return version


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())
