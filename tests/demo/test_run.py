"""The demonstration, end to end with a small key: plausible scores, and encryption changes no weight."""

from __future__ import annotations

import json
import math
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from privml import demo
from privml.errors import KeySizeError

ROUNDS = 12


class Words(HTMLParser):
    """Collect what a page says, and its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.depth = 0
        self.feed(text)
        self.close()
        assert self.depth == 0, "a tag is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "iframe"}
        if tag == "img":
            self.images.append(dict(attrs))
        elif tag != "meta":
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[demo.DemoResult, list[demo.DemoEvent]]:
    events: list[demo.DemoEvent] = []
    folder = tmp_path_factory.mktemp("demo") / "report"
    result = demo.run(1024, insecure_key_size=True, rounds=ROUNDS, out=folder, on_event=events.append)
    return result, events


Finished = tuple[demo.DemoResult, list[demo.DemoEvent]]


def test_encryption_changes_no_weight(finished: Finished) -> None:
    result, _ = finished
    encrypted = [row for row in result.rows if row.kind == "encrypted"]
    assert [row.key for row in encrypted] == ["fedavg-paillier", "fedprox-paillier"]
    for row in encrypted:
        assert row.difference is not None
        assert 0.0 <= row.difference <= demo.TOLERANCE
    assert result.agrees
    assert result.largest_difference <= demo.TOLERANCE


def test_scores_are_plausible(finished: Finished) -> None:
    result, _ = finished
    pooled = result.row("pooled")
    for key in ("fedavg", "fedprox", "fedavg-paillier", "fedprox-paillier"):
        row = result.row(key)
        assert row.accuracy > 0.93
        assert row.auc > 0.97
        assert abs(row.accuracy - pooled.accuracy) < 0.03
        clear = result.row(key.removesuffix("-paillier"))
        assert (row.accuracy, row.auc) == (clear.accuracy, clear.auc)
    alone = [row for row in result.rows if row.kind == "alone"]
    assert len(alone) == 4
    assert np.mean([row.accuracy for row in alone]) < result.row("fedavg").accuracy
    for row in result.rows:
        assert 0.5 < row.accuracy <= 1.0
        assert row.seconds > 0.0


def test_bytes_are_counted(finished: Finished) -> None:
    result, _ = finished
    for row in result.rows:
        if row.kind in {"pooled", "alone"}:
            assert (row.rounds, row.bytes_up, row.bytes_down) == (0, None, None)
        else:
            assert row.rounds == ROUNDS
            assert row.bytes_up is not None
            assert row.bytes_up > 4 * 31
    # Four hospitals send at least two ciphertexts of 1024 bits each: 31 weights do not fit into one.
    up = result.row("fedavg-paillier").bytes_up
    assert up is not None
    assert up >= 4 * 2 * 256


def test_events_come_in_order(finished: Finished) -> None:
    result, events = finished
    assert [type(event) for event in events[:3]] == [demo.Prepared, demo.KeyMade, demo.StatisticsCombined]
    assert [type(event) for event in events[-2:]] == [demo.EncryptionShown, demo.ReportWritten]
    running: str | None = None
    done: list[demo.Row] = []
    rounds: list[int] = []
    for event in events[3:-2]:
        match event:
            case demo.RunStarted(key=key):
                assert running is None
                running, rounds = key, []
            case demo.RoundFinished(key=key):
                assert key == running
                rounds.append(event.round)
                assert math.isfinite(event.loss)
                assert 0.0 <= event.accuracy <= 1.0
            case demo.RunFinished(row=row):
                assert row.key == running
                assert rounds == list(range(1, row.rounds + 1))
                done.append(row)
                running = None
            case _:
                pytest.fail(f"{event} is out of place")
    assert tuple(done) == result.rows
    assert tuple(event for event in events if isinstance(event, demo.RoundFinished)) == result.rounds


def test_training_improves(finished: Finished) -> None:
    result, _ = finished
    for key in ("fedavg", "fedprox-paillier"):
        losses = [event.loss for event in result.rounds if event.key == key]
        assert losses[-1] < 0.7 * losses[0]


def test_statistics_are_those_of_the_pooled_table(finished: Finished) -> None:
    # The model of a run shows them: pooled training standardises by the pooled table, and starts the same.
    result, _ = finished
    assert result.statistics.bytes_up > 0
    assert sum(hospital.patients for hospital in result.prepared.hospitals) == 398


def test_signs_of_encryption(finished: Finished) -> None:
    evidence = finished[0].evidence
    assert evidence.hospital in {hospital.name for hospital in demo.HOSPITALS}
    assert evidence.refusal.startswith("KeyMismatchError: ")
    assert evidence.message_bytes >= evidence.ciphertexts * 256
    assert len(set(evidence.ciphertext_bytes)) > 20, "ciphertext bytes look random"
    assert evidence.ciphertext_bytes not in evidence.first_bytes
    assert [line.party for line in evidence.who] == ["the server", "the hospitals", "anyone else"]


def test_report(finished: Finished) -> None:
    result, _ = finished
    assert result.report is not None
    page = Words(result.report.html.read_text(encoding="utf-8"))
    text = " ".join(page.words)
    for word in (
        *(hospital.name for hospital in demo.HOSPITALS),
        "FedProx, encrypted",
        "KeyMismatchError",
        "CC BY 4.0",
    ):
        assert word in text
    assert "1024 bits protects nothing" in text
    plain = json.loads(result.report.json.read_text(encoding="utf-8"))
    assert [row["key"] for row in plain["rows"]] == [row.key for row in result.rows]
    assert plain["agrees"] is True
    assert bytes.fromhex(plain["evidence"]["first_bytes"]) == result.evidence.first_bytes
    assert len(page.images) == len(result.report.pictures)
    for image in page.images:
        assert image["alt"]


def test_report_says_so_if_the_weights_differ(finished: Finished, tmp_path: Path) -> None:
    from dataclasses import replace

    rows = tuple(
        replace(row, difference=1e-3) if row.kind == "encrypted" else row for row in finished[0].rows
    )
    broken = replace(finished[0], rows=rows)
    assert not broken.agrees
    paths = demo.write_demo_report(broken, tmp_path)
    assert "Something is wrong" in paths.html.read_text(encoding="utf-8")


def test_report_without_matplotlib(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ["matplotlib", "matplotlib.figure", *(n for n in sys.modules if n.startswith("matplotlib."))]:
        monkeypatch.setitem(sys.modules, name, None)
    paths = demo.write_demo_report(finished[0], tmp_path)
    page = Words(paths.html.read_text(encoding="utf-8"))
    assert (paths.pictures, page.images) == ((), [])
    assert demo.INSTALL_PICTURES in " ".join(page.words)


def test_an_event_handler_can_stop_the_run() -> None:
    class Stopped(Exception):
        pass

    def stop(event: demo.DemoEvent) -> None:
        if isinstance(event, demo.RoundFinished):
            raise Stopped

    with pytest.raises(Stopped):
        demo.run(1024, insecure_key_size=True, rounds=2, on_event=stop)


def test_a_small_key_must_be_asked_for() -> None:
    with pytest.raises(KeySizeError, match="insecure_key_size"):
        demo.run(1024)


def test_seed_decides(finished: Finished) -> None:
    again = demo.run(1024, insecure_key_size=True, rounds=ROUNDS)
    for one, two in zip(finished[0].rows, again.rows, strict=True):
        assert (one.key, one.accuracy, one.auc) == (two.key, two.accuracy, two.auc)
    assert again.report is None
