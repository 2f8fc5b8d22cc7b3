"""The Python in README.md and docs/formats.md runs as written, and prints what they say."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from privml import federated
from privml.federated.preprocessing import Categorical, Numeric, Preprocessor

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(document: str) -> tuple[dict[str, Any], int]:
    """Run a document's Python in one namespace; return that, and how many outputs were compared."""
    names: dict[str, Any] = {}
    compared = 0
    blocks = BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    for (language, code), (after, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, document, "exec"), names)
        if after == "text":
            assert printed.getvalue() == expected
            compared += 1
    return names, compared


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, compared = run("README.md")
    assert compared == 4
    assert {path.name for path in tmp_path.iterdir()} == {
        "budget.sqlite",
        "results.key",
        "results.pub",
        "x.array",
    }


def test_predicting_with_a_model_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    rule = Preprocessor((Numeric("age", 50.0, 10.0, True),), (Categorical("ward", ("A", "B"), False, False),))
    model = federated.LogisticRegression(4)
    model.weights = [np.array([1.0, 0.0, 0.0, -1.0]), np.array([0.0])]
    weights = {f"weight_{index}": part for index, part in enumerate(model.weights)}
    np.savez(tmp_path / "model" / "model.npz", classes=np.array(["no", "yes"]), **weights, **rule.to_arrays())
    names, _ = run("docs/formats.md")
    assert names["predicted"].tolist() == ["yes", "no"]
