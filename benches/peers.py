"""A table of privml and its peers, on one core: `python -m benches.peers --help`."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benches import measure
from benches.cases import OURS, SIZES, Library, Scheme, Sizes, schemes

__all__ = ["main"]

_NAME_WIDTH = 36


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write JSON if asked to."""
    options = _parser().parse_args(arguments)
    # Before the core makes its threads.
    os.environ.setdefault("PRIVML_NUM_THREADS", "1")
    measure.pin(options.pin)
    chosen = [scheme for scheme in schemes() if options.scheme in (None, scheme.name)]
    size = options.size or ("quick" if options.quick else "full")
    packages = {name for scheme in chosen for peer in scheme.libraries for name in peer.requires}
    machine = measure.facts(tuple(sorted(packages)))
    for name, value in machine.items():
        print(f"{name:8} {value}")
    print(f"{'timing':8} {options.clock} time, us per value, medians of turns; size {size!r}")
    print(f"{'ratio':8} how many times longer than privml: above 1, privml is faster")
    results: list[dict[str, Any]] = []
    for scheme in chosen:
        for bits in options.bits:
            results += _table(scheme, bits, SIZES[size], options)
        for note in scheme.notes:
            print(f"  {note}")
    if options.json:
        report = {"machine": machine, "clock": options.clock, "size": size, "results": results}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {options.json}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benches.peers", description=__doc__)
    parser.add_argument("--bits", type=int, nargs="+", default=[2048, 3072], help="key sizes")
    parser.add_argument("--scheme", choices=[scheme.name for scheme in schemes()], help="only this one")
    parser.add_argument("--only", default="", help="only operations whose name contains this")
    parser.add_argument("--json", type=Path, help="write all measurements to this file")
    parser.add_argument("--quick", action="store_true", help="small arrays and few turns")
    parser.add_argument("--size", choices=sorted(SIZES), help="sizes by name, instead of --quick")
    parser.add_argument("--pin", type=int, metavar="CPU", help="keep to this CPU")
    parser.add_argument(
        "--clock", choices=sorted(measure.CLOCKS), default="wall", help="cpu is steadier on a busy machine"
    )
    return parser


def _table(scheme: Scheme, bits: int, sizes: Sizes, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure and print one scheme at one size, a row as soon as it is there."""
    present = [make for make in scheme.libraries if make.absent() is None]
    peers = [make.name for make in present if make.name != OURS]
    print(f"\n{scheme.name}, {bits} bits")
    heads = "".join(f"{peer:>12}{'ratio':>9}" for peer in peers)
    print(f"  {'':{_NAME_WIDTH}}{OURS:>12}{heads}", flush=True)
    libraries: list[Library] = [make(bits) for make in present]
    budget, at_least = (20.0, 0.2) if sizes == SIZES["full"] else (3.0, 0.05)
    rows = []
    for operation in scheme.operations:
        if options.only not in operation.name:
            continue
        jobs = {
            library.name: operation.prepare(library, sizes)
            for library in libraries
            if operation.applies_to(type(library))
        }
        clock = measure.CLOCKS[options.clock]
        seconds = measure.in_turns(jobs, clock=clock, budget=budget, at_least=at_least)
        name = operation.name if operation.unit == "value" else f"{operation.name}, per {operation.unit}"
        cells = f"{_us(seconds[OURS]):12.2f}"
        for peer in peers:
            if peer in seconds:
                times = measure.ratio(seconds[peer], seconds[OURS])
                cells += f"{_us(seconds[peer]):12.2f}{times:8.2f}x"
            else:
                cells += f"{'-':>12}{'-':>9}"
        print(f"  {name:{_NAME_WIDTH}}{cells}", flush=True)
        rows += [
            {
                "scheme": scheme.name,
                "bits": bits,
                "operation": operation.name,
                "library": library,
                "unit": operation.unit,
                "count": jobs[library].count,
                "us": _us(taken),
                "ratio": measure.ratio(taken, seconds[OURS]),
                "seconds": taken,
            }
            for library, taken in seconds.items()
        ]
    return rows


def _us(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1e6


if __name__ == "__main__":
    sys.exit(main())
