"""``privml bench``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from privml.bench.run import digits

QUICK = ("bench", "paillier", "--only", "sum", "--bits", "512", "--size", "tiny", "--backend", "portable")


def test_table_json_and_picture(run: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    data, picture = tmp_path / "bench.json", tmp_path / "bench.svg"
    out = run(*QUICK, "--json", data, "--plot", picture).stdout
    assert "paillier, 512 bits" in out
    assert "--peers measures" in out
    lines = [line for line in out.splitlines() if line.startswith("  sum")]
    assert len(lines) == 1
    (result,) = json.loads(data.read_text())["results"]
    assert digits(result["us"]) in lines[0]
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    assert run(*QUICK, "--json", data, code=2).stderr.count("--force")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nonsense",), "nonsense"),
        (("--bits", "100"), "--bits"),
        (("--bits", "1000"), "--bits is 1000; allowed are multiples of 64"),
        (("--cores", "100000"), "this process may use"),
        (("--backend", "mmx"), "this machine runs"),
        (("--only", "nonsense"), "nonsense"),
        (("--plot", "x.jpg"), ".svg"),
        (("--json", "x.svg", "--plot", "x.svg"), "same file"),
        (("--json", "missing/x"), "missing"),
    ],
)
def test_bad_input_is_refused_before_anything_is_measured(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in run("bench", *arguments, code=2).stderr
    assert list(tmp_path.iterdir()) == []
