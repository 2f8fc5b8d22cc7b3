"""Runs of the benchmarks: order, ratios, workers that fail, the picture. Nothing here looks at how long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import privml
import pytest
from privml.bench import chart
from privml.bench import run as running
from privml.bench.cases import SIZES, scheme_names, schemes
from privml.bench.run import Cell, Options, Report, Table, run
from privml.errors import ParameterError


def small(**options: Any) -> Report:
    return run(Options(**{"bits": (512,), "size": "tiny", **options}))


@pytest.fixture(scope="module")
def report() -> Report:
    return small(schemes=("paillier",), only="sum")


def test_every_backend_is_measured_in_its_own_process(report: Report) -> None:
    (table,) = report.tables
    assert table.ours == [f"privml {name}" for name in privml.available_backends()]
    ((operation, unit, cells),) = table.rows
    assert (operation, unit) == ("sum", "value")
    assert list(cells) == table.ours
    for cell in cells.values():
        assert not cell.error
        assert cell.count == SIZES["tiny"].sums
        assert len(cell.seconds) == SIZES["tiny"].turns
    assert table.ratio(cells, table.ours[0], table.ours[0]) == 1


def test_the_report_is_plain_data_and_names_all_libraries(report: Report) -> None:
    plain = report.to_dict()
    assert {"cpu", "multiplier", "cores", "privml", "date"} <= plain["machine"].keys()
    assert plain["libraries"].keys() == {peer.package for peer in schemes()["paillier"].peers}
    assert len(plain["results"]) == len(privml.available_backends())
    assert plain["results"][0]["times_ours"][f"privml {privml.available_backends()[0]}"] == 1


def test_absent_libraries_are_named_and_the_others_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for peer in schemes()["packed"].peers:
        monkeypatch.setattr(peer, "version", classmethod(lambda _: None))
    found = small(schemes=("packed",), only="decrypt and", backends=("portable",), peers=True)
    assert found.libraries == {"tenseal": "absent: not installed"}
    ((_, _, cells),) = found.tables[0].rows
    assert list(cells) == ["privml portable"]


def test_a_library_that_fails_takes_nobody_along() -> None:
    pytest.importorskip("gmpy2")
    # A version of a package is all that is looked for here; the worker finds that it cannot be used.
    scheme = schemes()["paillier"]
    broken = scheme.library("gmpy2")
    worker = running._Worker(scheme, broken, 512, "", Options(size="tiny"))
    try:
        worker.receive()
        with pytest.raises(running._WorkerError, match="KeyError"):
            worker.ask(prepare="nonsense")
        assert worker.ask(prepare="sum")["count"] == SIZES["tiny"].fast
        worker._process.kill()
        with pytest.raises(running._WorkerError, match="ended with code"):
            worker.ask(time=0, clock="cpu")
    finally:
        worker.close()


def test_a_key_that_cannot_be_made_is_an_answer() -> None:
    found = small(schemes=("paillier",), only="sum", bits=(513,), backends=("portable",))
    ((_, _, cells),) = found.tables[0].rows
    assert "513" in cells["privml portable"].error
    assert found.to_dict()["results"][0]["us"] is None


def test_turns_go_there_and_back() -> None:
    assert list(running._turns(["a", "b"], SIZES["quick"])) == [["a", "b"], ["b", "a"], ["a", "b"]]


def test_schemes_are_found_without_being_imported() -> None:
    assert scheme_names() == ["dp", "elgamal_additive", "elgamal_multiplicative", "packed", "paillier"]


def made_up() -> Report:
    rows = [
        ("encrypt", "value", {"privml portable": Cell(1, [2e-3]), "phe": Cell(1, [9e-3])}),
        ("sum", "entry", {"privml portable": Cell(1, [2e-6]), "phe": Cell(error="no")}),
        ("decrypt", "value", {"privml portable": Cell(1, [2.0, 3.0, 1.0])}),
    ]
    table = Table("paillier", 2048, ["privml portable"], ["phe"], rows, [])
    machine = {"cpu": "made up", "date": "2026-01-01 00:00 UTC"}
    return Report(machine, {}, Options(), [table, table])


@pytest.mark.parametrize("suffix", chart.FORMATS)
def test_the_picture_is_the_same_for_the_same_numbers(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a", "b"):
        chart.draw(made_up(), tmp_path / name, suffix)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").stat().st_size > 1000


def test_pictures_of_unknown_kinds_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"\.svg, \.png"):
        chart.check(Path("picture.jpg"))


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "500 ns"), (1.0, "1 µs"), (1e3, "1 ms"), (1e5, "100 ms"), (1e7, "10 s")]
)
def test_ticks_are_durations(value: float, text: str) -> None:
    assert chart._duration(value) == text
