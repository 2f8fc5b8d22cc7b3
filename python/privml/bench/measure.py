"""Timing, so that the numbers can be compared: ratios within a turn; and on what machine."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import privml

__all__ = ["CLOCKS", "cpu_model", "facts", "pin", "ratio", "timed", "usable_cpus"]

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
"""Seconds that pass, and seconds that the process' threads work, which a busy machine changes less."""


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
    """Return the seconds that a call took, and what it returned; short ones are repeated.

    Examples
    --------
    >>> ticks = iter(range(100))
    >>> timed(lambda: "result", lambda: float(next(ticks)), at_least=3)
    (1.0, 'result')
    """
    with _without_collections():
        times = 0
        begun = clock()
        while True:
            result = run()
            times += 1
            taken = clock() - begun
            if taken >= at_least:
                return taken / times, result


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    """Return how many times longer they take: the median of the turns' ratios.

    Examples
    --------
    >>> ratio([2.0, 30.0, 4.0], [1.0, 1.0, 1.0])
    4.0
    """
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def usable_cpus() -> list[int]:
    """Return the CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pin(cores: int) -> None:
    """Keep to so many CPUs, where the system lets us."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, usable_cpus()[:cores])


def facts() -> dict[str, str]:
    """Return what a reader must know of the machine and of this package."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    cores = f"{os.cpu_count()}, of them for this process {len(usable_cpus())}"
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": cpu_model(),
        "multiplier": _multiplier(),
        "cores": f"{cores}; load before the run {load}",
        "privml": f"{privml.__version__}, backends {', '.join(privml.available_backends())}",
        "python": f"{platform.python_version()}, NumPy {np.__version__}",
    }


def _cpu_lines(field: str) -> list[str]:
    """Return what Linux says of the first CPU under that name, if anything."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == field][:1]


def cpu_model() -> str:
    """Return the CPU's name, with family and model where Linux tells: names of virtual CPUs say little."""
    name = next(iter(_cpu_lines("model name")), platform.processor() or platform.machine())
    keys = {"family": "cpu family", "model": "model"}
    numbers = [f"{field} {value}" for field, key in keys.items() for value in _cpu_lines(key)]
    return ", ".join([name, *numbers])


def _multiplier() -> str:
    """Return how many multiply-adds each backend's instructions do in a cycle on this CPU at best.

    With AVX-512 IFMA some CPUs issue one in a cycle and some two, and times differ accordingly.
    """
    rates = privml.multiply_adds_per_cycle()
    told = ", ".join(f"{name} {'unknown' if rate is None else f'{rate:.2f}'}" for name, rate in rates)
    return f"multiply-adds a cycle: {told}"
