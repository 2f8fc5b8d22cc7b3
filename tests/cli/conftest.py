"""Runs of the command line, and one small key pair for all tests of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from privml.cli.app import privml

Run = Callable[..., Result]
Process = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Keys:
    """Files of a key pair."""

    private: Path
    public: Path
    password: Path


def make_keys(folder: Path) -> Keys:
    keys = Keys(folder / "key", folder / "key.pub", folder / "password")
    keys.password.write_text("correct horse\n")
    arguments = [
        "keygen",
        "--out",
        keys.private,
        "--bits",
        2048,
        "--password-file",
        keys.password,
    ]
    result = CliRunner().invoke(privml, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.stderr
    return keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def other_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("other"))


@pytest.fixture
def run() -> Run:
    """Run a command in this process; it must end with that code, and never with a traceback."""

    def invoke(*arguments: Any, code: int = 0, **extra: Any) -> Result:
        result = CliRunner().invoke(privml, [str(argument) for argument in arguments], **extra)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == code, result.output
        if code:
            lines = result.stderr.splitlines()
            assert len(lines) == 1, result.stderr
            assert lines[0].startswith("privml: error: ")
            assert result.stdout == ""
        return result

    return invoke


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """Run a command in a process of its own, in the test's folder."""

    def start(*arguments: Any, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "privml", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )

    return start


def parsed(result: Result) -> Any:
    """The JSON value that is all of stdout."""
    return json.loads(result.stdout)
