"""How long key generation takes, mean and worst: `python -m benches.keygen --help`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from privml import paillier
from privml.bench import measure
from privml.bench.cases import OURS
from privml.bench.libraries.phe import Phe

__all__ = ["main"]


def _ours(bits: int) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    def check(key: paillier.PrivateKey) -> None:
        assert key.bits == bits
        assert key.public_key.n.bit_length() == bits
        assert key.decrypt(key.public_key.encrypt(-7)) == -7

    return lambda: paillier.PrivateKey.generate(bits, insecure_key_size=bits < 2048), check


def _phe(bits: int) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    phe: Any = importlib.import_module("phe")

    def check(pair: Any) -> None:
        public, private = pair
        assert public.n.bit_length() == bits
        assert private.decrypt(public.encrypt(-7)) == -7

    return lambda: phe.generate_paillier_keypair(n_length=bits), check


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benches.keygen", description=__doc__)
    parser.add_argument("--bits", type=int, nargs="+", default=[2048, 3072, 4096], help="key sizes")
    parser.add_argument("--count", type=int, default=20, help="keys of each size")
    parser.add_argument("--json", type=Path, help="write all measurements to this file")
    parser.add_argument("--clock", choices=sorted(measure.CLOCKS), default="wall")
    options = parser.parse_args(arguments)
    os.environ.setdefault("PRIVML_NUM_THREADS", "1")
    measure.pin(1)

    machine = measure.facts()
    for name, value in machine.items():
        print(f"{name:8} {value}")
    makers = {OURS: _ours} if Phe.version() is None else {OURS: _ours, "phe": _phe}
    print(f"\nkey generation, {options.count} keys each, {options.clock} time, seconds")
    print(f"  {'bits':>6}" + "".join(f"{name:>12}{'worst':>9}" for name in makers), flush=True)
    results = []
    for bits in options.bits:
        made = {name: make(bits) for name, make in makers.items()}
        seconds: dict[str, list[float]] = {name: [] for name in made}
        for _ in range(options.count):
            for name, (run, check) in made.items():
                taken, key = measure.timed(run, measure.CLOCKS[options.clock])
                check(key)
                seconds[name].append(taken)
        cells = "".join(f"{statistics.mean(taken):12.3f}{max(taken):9.3f}" for taken in seconds.values())
        print(f"  {bits:>6}{cells}", flush=True)
        results += [{"bits": bits, "library": name, "seconds": taken} for name, taken in seconds.items()]
    if options.json:
        report = {"machine": machine, "clock": options.clock, "results": results}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
