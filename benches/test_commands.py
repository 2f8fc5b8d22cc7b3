"""The commands run, with absent peers too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benches import keygen, measure, peers
from benches.cases import OURS, Job, Library, schemes


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVML_NUM_THREADS", "1")


def test_peers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "peers.json"
    assert peers.main(["--bits", "1024", "--size", "tiny", "--only", "sum", "--json", str(out)]) == 0
    report = json.loads(out.read_text())
    assert {"cpu", "date", "privml", "phe", "gmpy2"} <= report["machine"].keys()
    assert [row["ratio"] for row in report["results"] if row["library"] == OURS] == [1.0]
    assert "paillier, 1024 bits" in capsys.readouterr().out


def test_absent_peers_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def absent(_: object) -> str:
        return "missing"

    for scheme in schemes():
        for library in scheme.libraries[1:]:
            monkeypatch.setattr(library, "absent", classmethod(absent))
    monkeypatch.setattr(measure, "optional", lambda _: None)
    assert peers.main(["--bits", "512", "--size", "tiny", "--only", "sum"]) == 0
    assert "absent: not installed" in capsys.readouterr().out


def test_keygen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "keygen.json"
    assert keygen.main(["--bits", "512", "--count", "2", "--json", str(out)]) == 0
    assert len(json.loads(out.read_text())["results"][0]["seconds"]) == 2
    assert "512" in capsys.readouterr().out


def test_ours_comes_first() -> None:
    found = schemes()
    assert found
    for scheme in found:
        assert scheme.libraries[0].name == OURS
        assert all(issubclass(library, Library) for library in scheme.libraries)
        assert all(operation.applies_to(scheme.libraries[0]) for operation in scheme.operations)


def test_ours_is_timed_between_the_peers() -> None:
    called: list[str] = []

    def job(name: str, count: int) -> Job:
        return Job(lambda: called.append(name), lambda _: None, count)

    jobs = {"a": job("a", 1), "b": job("b", 2), "c": job("c", 1)}
    ticks = iter(range(100))
    seconds = measure.in_turns(jobs, clock=lambda: float(next(ticks)), least=2, most=2, at_least=0)
    assert "".join(called) == "abc" + "bcacb" + "bcacb"
    assert seconds == {"a": [1.0, 1.0], "b": [0.5, 0.5], "c": [1.0, 1.0]}
    assert measure.ratio(seconds["b"], seconds["a"]) == 0.5


def test_short_calls_are_repeated() -> None:
    ticks = iter(range(100))
    assert measure.timed(lambda: "result", lambda: float(next(ticks)), at_least=3) == (1.0, "result")
