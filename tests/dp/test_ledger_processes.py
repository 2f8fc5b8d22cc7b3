"""The ledger under several processes at once, and under processes killed at random points."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
from privml import dp

# Writes one line per charge that it was granted, flushed to the disk, as a release of its result would be.
WORKER = """
import os, sys
from privml import dp
from privml.errors import BudgetExceededError
path, log, attempts = sys.argv[1], sys.argv[2], int(sys.argv[3])
ledger = dp.Ledger(path, timeout=120)
file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for _ in range(attempts):
    try:
        charge = ledger.spend(1, label=str(os.getpid()))
    except BudgetExceededError:
        continue
    os.write(file, f"{charge.head}\\n".encode())
"""


def start(path: Path, log: Path, attempts: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, str(path), str(log), str(attempts)])


def granted(log: Path) -> list[str]:
    return log.read_text().split() if log.exists() else []


def spend_at_once(folder: Path, budget: int, attempts: int) -> None:
    path = folder / "budget.sqlite"
    ledger = dp.Ledger(path, epsilon=budget)
    logs = [folder / "a", folder / "b"]
    workers = [start(path, log, attempts) for log in logs]
    assert [worker.wait(timeout=280) for worker in workers] == [0, 0]
    heads = [head for log in logs for head in granted(log)]
    assert len(heads) == budget
    assert len(set(heads)) == budget
    assert ledger.left()["epsilon"] == 0
    for log in logs:
        for head in granted(log)[:: max(1, budget // 5)]:
            ledger.verify(head)


def test_two_processes_share_a_budget(tmp_path: Path) -> None:
    spend_at_once(tmp_path, budget=15, attempts=12)


@pytest.mark.slow
def test_two_processes_spend_a_thousand_times(tmp_path: Path) -> None:
    spend_at_once(tmp_path, budget=901, attempts=500)


def kill_at_random(folder: Path, budget: int, kills: int, seed: int) -> None:
    path, generator = folder / "budget.sqlite", random.Random(seed)
    ledger = dp.Ledger(path, epsilon=budget)
    logs = [folder / "a", folder / "b"]
    for _ in range(kills):
        before = len(granted(logs[0])) + len(granted(logs[1]))
        workers = [start(path, log, budget) for log in logs]
        deadline = time.monotonic() + 60
        # Not before both can have begun, since most of a short life is the start of Python.
        while len(granted(logs[0])) + len(granted(logs[1])) < before + 2 and time.monotonic() < deadline:
            if all(worker.poll() is not None for worker in workers):
                break
            time.sleep(0.005)
        for worker in workers:
            time.sleep(generator.uniform(0, 0.06))
            worker.kill()  # one that has ended by itself too: the budget may be spent
            worker.wait()
        # Nothing lost, nothing granted beyond, and the file opens with no repair by hand.
        heads = {head for log in logs for head in granted(log)}
        charged = ledger.spent()["epsilon"]
        assert len(heads) <= charged <= min(budget, len(heads) + 2 * kills)
        ledger.verify()
        assert heads <= {str(head) for head in chain_heads(path)}
    left = int(ledger.left()["epsilon"])
    for _ in range(left):
        ledger.spend(1)
    assert ledger.spent()["epsilon"] == Fraction(budget)
    ledger.verify()


def chain_heads(path: Path) -> list[dp.Head]:
    import sqlite3

    database = sqlite3.connect(path)
    rows = database.execute("SELECT sequence, hash FROM entries").fetchall()
    database.close()
    return [dp.Head(sequence, digest) for sequence, digest in rows]


def test_killed_processes_lose_nothing_and_gain_nothing(tmp_path: Path) -> None:
    kill_at_random(tmp_path, budget=40, kills=1, seed=1)


@pytest.mark.slow
def test_killed_many_times(tmp_path: Path) -> None:
    kill_at_random(tmp_path, budget=600, kills=40, seed=2)


def test_a_forked_child_spends_from_the_same_budget(tmp_path: Path) -> None:
    ledger = dp.Ledger(tmp_path / "budget.sqlite", epsilon=2)
    ledger.spend(1)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ledger.spend(1)
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert ledger.left()["epsilon"] == 0
