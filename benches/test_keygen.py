"""The command runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benches import keygen


def test_keygen(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVML_NUM_THREADS", "1")
    out = tmp_path / "keygen.json"
    assert keygen.main(["--bits", "512", "--count", "2", "--json", str(out)]) == 0
    assert len(json.loads(out.read_text())["results"][0]["seconds"]) == 2
    assert "512" in capsys.readouterr().out
