"""The command line as a whole: help, version, exit codes, signals, prompts."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import privml
import pytest
from privml.cli import app, console
from privml.cli.wording import for_command_line


def test_help_lists_the_commands_and_imports_nothing_heavy(process: Any) -> None:
    result = process("--help")
    assert result.returncode == 0
    assert result.stderr == ""
    for name in app.COMMANDS:
        assert f"  {name} " in result.stdout
    code = (
        "import sys, atexit; from privml.cli import main; sys.argv = ['privml', '--help'];"
        "atexit.register(lambda: print(sorted(m for m in sys.modules if m in"
        " ('rich', 'polars', 'pandas', 'matplotlib', 'privml.federated', 'privml.paillier', 'privml.demo')),"
        " file=sys.stderr)); main()"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert listed.stderr.strip() == "[]"


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_command_has_help(run: Any, name: str) -> None:
    assert f"privml {name}" in run(name, "--help").stdout.replace("Usage: ", "")


def test_version_names_the_backend(process: Any) -> None:
    result = process("--version")
    assert result.stdout.startswith(f"privml {privml.__version__} (backend {privml.backend()}")
    assert result.returncode == 0


def test_without_a_command_comes_the_help(run: Any) -> None:
    assert "Usage" in run().stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("encrypt",),
        ("encrypt", "missing.csv", "--key", "missing", "--out", "x"),
        ("train", "missing.csv", "--target", "y", "--out", "x"),
        ("keygen", "--out", "k", "--bits", "many"),
        ("keygen", "--out", "k"),
        ("demo", "--rounds", "0"),
        ("--nonsense",),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    process: Any, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = process(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("privml: error: ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(process: Any) -> None:
    result = process("nonsense", PRIVML_DEBUG="1")
    assert result.returncode == 1
    assert "Traceback" in result.stderr


def test_a_closed_pipe_is_no_error(keys: Any) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "privml", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert b"Traceback" not in command.stderr.read()
    command.wait()
    command.stderr.close()


def test_messages_cannot_drive_the_terminal() -> None:
    assert app.one_line("a\x1b[31m\nb") == "a\\x1b[31m b"
    assert console.safe("größe\x07") == "größe\\x07"


def test_interrupt_ends_with_130_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("x")
    code = (
        "import signal, sys, time, privml.paillier as p;"
        # A shell's background jobs ignore it from the start.
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "p.PrivateKey.generate = lambda *a, **k: (print('go', flush=True), time.sleep(60));"
        "sys.argv = ['privml', 'keygen', '--out', 'k', '--password-file', 'password'];"
        "from privml.cli import main; main()"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "go\n"
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == 130
    assert stderr == "privml: interrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == ["password"]


def typed(arguments: list[str], answers: list[str], folder: Path) -> tuple[int, str]:
    """Run with a terminal and type the answers, each once a question is there."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "privml", *arguments])
    shown = b""
    for answer in answers:
        seen = len(shown)
        while b": " not in shown[seen:]:
            shown += os.read(terminal, 1024)
        time.sleep(0.05)
        os.write(terminal, answer.encode() + b"\n")
    while True:
        try:
            more = os.read(terminal, 1024)
        except OSError:
            break
        if not more:
            break
        shown += more
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_passwords_are_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    start = ["keygen", "--bits", "512", "--insecure-key-size", "--out", "k"]
    code, shown = typed(start, ["secret", "secret"], tmp_path)
    assert code == 0, shown
    assert "secret" not in shown.replace("(encrypted", "")
    assert privml.paillier.PrivateKey.load(tmp_path / "k", password="secret").bits == 512


def test_a_table_for_people_and_one_for_pipes(capsys: pytest.CaptureFixture[str]) -> None:
    console.show_table("Scores", ["name", "score"], [["größe", 1], ["日本", "22.5"]])
    assert capsys.readouterr().out.splitlines() == [
        "Scores",
        "  name   score",
        "  -----  -----",
        "  größe      1",
        "  日本    22.5",
    ]
    console.show_table("Scores", ["name"], [["x"]], quiet=True)
    assert capsys.readouterr().out == ""


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    console.emit_json({"a": [float("nan"), 1.5, float("-inf")], "ü": {"b": (1,)}})
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5, None], "ü": {"b": [1]}}


def test_password_files(tmp_path: Path) -> None:
    path = tmp_path / "password"
    for content, password in ((b"a b \r\n", b"a b "), (b"x\n\n", b"x\n"), ("ü".encode(), "ü".encode())):
        path.write_bytes(content)
        assert console.read_password(path, purpose="") == password
    for content in (b"", b"\n", b"\r\n", b"x" * 70_000):
        path.write_bytes(content)
        with pytest.raises(click.UsageError):
            console.read_password(path, purpose="")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "k: a key of 9 bits; insecure_key_size=True allows less, for tests",
            "k: a key of 9 bits (--insecure-key",
        ),
        (
            "fractional_bits is 9; allowed are 0 to 2 with value_bits=4",
            "--fractional-bits is 9; allowed are 0 to 2",
        ),
        ("up to 2 with value_bits=48 and limit=1e+06", "up to 2 with --value-bits 48 and --limit 1e+06"),
        ("declare a smaller limit=, or", "declare a smaller --limit, or"),
        ("bad/limit=3.csv: limit is no word", "bad/limit=3.csv: limit is no word"),
        ("the limit is 3", "the limit is 3"),
    ],
)
def test_arguments_of_the_library_are_called_options(said: str, shown: str) -> None:
    assert for_command_line(said).startswith(shown)
