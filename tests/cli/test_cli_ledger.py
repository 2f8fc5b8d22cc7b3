"""``privml ledger``: a budget from making it to its statement, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from privml import dp
from privml.cli.app import privml


def run_ledger(*arguments: object) -> Result:
    return CliRunner().invoke(privml, ["ledger", *map(str, arguments)], prog_name="privml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "budget.sqlite"
    result = run_ledger(
        "create", path, "--epsilon", "0.3", "--delta", "1e-6", "--dataset", "patients", "--group", "a"
    )
    assert result.exit_code == 0, result.output
    return path


def test_from_creation_to_statement(file: Path, tmp_path: Path) -> None:
    ledger = dp.Ledger(file)
    for _ in range(3):
        ledger.spend(0.1, label="mean age")
    head = str(ledger.head())
    shown = json.loads(run_ledger("show", file, "--json").stdout)
    assert shown["groups"]["a"]["left"]["epsilon"] == "0"
    assert shown["head"] == head
    assert "in no group" in run_ledger("show", file).stdout
    assert "runs through" in run_ledger("verify", file, "--head", head).stdout
    assert "without --head" in run_ledger("verify", file).stdout
    assert "mean age" in run_ledger("statement", file).stdout
    out = tmp_path / "statement.json"
    assert run_ledger("statement", file, "--json", "--out", out).exit_code == 0
    assert json.loads(out.read_text())["dataset"] == "patients"
    refused = run_ledger("statement", file, "--out", out)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert "pass force" not in refused.stderr
    assert run_ledger("statement", file, "--out", out, "--force").exit_code == 0


def test_a_roll_back_ends_with_an_error(file: Path) -> None:
    old = file.read_bytes()
    head = str(dp.Ledger(file).spend(0.1).head)
    file.write_bytes(old)
    result = run_ledger("verify", file, "--head", head)
    assert result.exit_code == 2
    assert "rolled back" in result.stderr


def test_refusals(file: Path, tmp_path: Path) -> None:
    assert "never replaced" in run_ledger("create", file, "--epsilon", "1").stderr
    for bad in ("nan", "-1", "0", "x", "inf"):
        result = run_ledger("create", tmp_path / "new", "--epsilon", bad)
        assert result.exit_code == 2
        assert not (tmp_path / "new").exists()
    bad_head = run_ledger("verify", file, "--head", "x")
    assert bad_head.exit_code == 2
    assert "privml ledger show" in bad_head.stderr
    assert run_ledger("verify", file, "--verify-key", "x").exit_code == 2
    assert run_ledger("show", tmp_path / "none").exit_code == 2


def test_signed(tmp_path: Path) -> None:
    path, key = tmp_path / "budget.sqlite", tmp_path / "sign.key"
    made = json.loads(run_ledger("create", path, "--epsilon", "1", "--signing-key", key, "--json").stdout)
    assert run_ledger("verify", path, "--verify-key", made["verify_key"]).exit_code == 0
    assert run_ledger("verify", path, "--verify-key", "00" * 32).exit_code == 2
