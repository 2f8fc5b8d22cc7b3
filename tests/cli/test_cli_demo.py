"""privml demo: what is shown for the events of a run, on a terminal and elsewhere."""

from __future__ import annotations

import json
import os
import pty
import sys
from pathlib import Path
from typing import Any

import pytest
from privml import demo
from privml.demo import DemoResult, write_demo_report

RUNS = (("fedavg", "FedAvg, in the clear", False), ("fedavg-paillier", "FedAvg, encrypted", True))


def pretended(
    bits: int = 3072, *, rounds: int = 3, out: Any = None, on_event: Any = None, **extra: Any
) -> DemoResult:
    """Emit the events of a run, and write its report, without training anything."""
    prepared = demo.Prepared(
        (demo.HospitalSummary("University hospital", 159, 45), demo.HospitalSummary("County", 60, 26)),
        30,
        171,
        64,
        "Some table, CC BY 4.0",
    )
    key = demo.KeyMade(bits, "ab" * 16, 0.2, bool(extra.get("insecure_key_size")))
    statistics = demo.StatisticsCombined(0.1, 4000)
    rows = [demo.Row("pooled", "Pooled", "pooled", 0.97, 0.99, 0.1)]
    events: list[Any] = [prepared, key, statistics, demo.RunStarted("pooled", "Pooled", 0, False)]
    events.append(demo.RunFinished(rows[0]))
    history = []
    for name, label, encrypted in RUNS:
        events.append(demo.RunStarted(name, label, rounds, encrypted))
        for number in range(1, rounds + 1):
            done = demo.RoundFinished(
                name, label, number, rounds, 0.5 / number, 0.9, encrypted, 3500, 900, 0.01
            )
            history.append(done)
            events.append(done)
        kind, difference = ("encrypted", 3e-11) if encrypted else ("federated", None)
        rows.append(demo.Row(name, label, kind, 0.96, 0.98, 0.3, rounds, 3500.0, 900.0, difference))
        events.append(demo.RunFinished(rows[-1]))
    who = tuple(
        demo.WhoLearnsWhat(party, f"{party} learns this") for party in ("server", "hospitals", "others")
    )
    evidence = demo.Evidence(
        "County", 2, b"PVML" + bytes(44), bytes(range(48)), 3500, 4, "KeyMismatchError: no", who
    )
    events.append(demo.EncryptionShown(evidence))
    result = DemoResult(prepared, key, statistics, tuple(rows), tuple(history), evidence, 1.5, "portable")
    paths = write_demo_report(result, out)
    events.append(demo.ReportWritten(paths, bool(paths.pictures)))
    for event in events:
        on_event(event)
    return DemoResult(
        prepared, key, statistics, tuple(rows), tuple(history), evidence, 1.5, "portable", report=paths
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Pretend instead of training, in the test's folder."""
    monkeypatch.setattr(demo, "run", pretended)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lines_where_there_is_no_terminal(run: Any, quick: Path) -> None:
    text = run("demo", "--rounds", 2).stdout
    for words in (
        "University hospital   159 patients,  45 malignant",
        "Some table, CC BY 4.0",
        "3072 bits",
        "FedAvg, encrypted: round  2 of 2  loss 0.2500  accuracy  90.0 %",
        "largest difference",
        "3.0e-11",
        "(rounding)",
        "0000  50 56 4d 4c",
        "KeyMismatchError: no",
        "hospitals  hospitals learns this",
        "Report: privml-demo/report.html",
    ):
        assert words in text
    assert (quick / "privml-demo" / "report.html").is_file()
    assert [path.name for path in quick.iterdir()] == ["privml-demo"]


def test_a_second_demo_goes_beside_the_first(run: Any, quick: Path) -> None:
    run("demo")
    assert "Report: privml-demo-2/report.html" in run("demo").stdout


def test_json_is_all_there_is_on_stdout(run: Any, quick: Path) -> None:
    value = json.loads(run("demo", "--json", "--out", "here", "--bits", 1024, "--insecure-key-size").stdout)
    assert value["agrees"] is True
    assert value["key"]["bits"] == 1024
    assert value["key"]["insecure"] is True
    assert str(Path("here") / "report.html") in value["report"]
    assert all(Path(path).is_file() for path in value["report"])


def test_an_output_directory_is_kept_without_force(run: Any, quick: Path) -> None:
    (quick / "here").mkdir()
    (quick / "here" / "mine").write_text("x")
    assert "--force" in run("demo", "--out", "here", code=2).stderr
    run("demo", "--out", "here", "--force")
    assert {"mine", "report.html", "report.json"} <= {path.name for path in (quick / "here").iterdir()}


def test_a_failing_run_leaves_nothing(run: Any, quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo, "run", fail)
    assert "No space left" in run("demo", code=2).stderr
    assert list(quick.iterdir()) == []


def test_bars_on_a_terminal(quick: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_cli_demo as t;"
        "t.demo.run = t.pretended; sys.argv = ['privml', 'demo']; from privml.cli import main; main()"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    shown = b""
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        shown += more
    os.close(terminal)
    assert os.waitpid(child, 0)[1] == 0
    text = shown.decode()
    assert "━" in text
    assert "3/3" in text
    assert "encrypted" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("bits", [1024, 2049, 100_000])
def test_a_wrong_key_size_is_refused_before_anything_is_shown(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"--bits is {bits}" in run("demo", "--bits", bits, code=2).stderr
    assert list(tmp_path.iterdir()) == []
