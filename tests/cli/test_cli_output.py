"""Files and directories that appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from privml.cli import output
from privml.errors import DataError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_appear_together_or_not_at_all(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with pytest.raises(RuntimeError), output.staged_files(one, two, force=False) as (first, second):
        first.write_text("1")
        second.write_text("2")
        raise RuntimeError
    assert names(tmp_path) == []
    with output.staged_files(one, two, force=False) as (first, second):
        first.write_text("1")
        second.write_text("2")
        assert not one.exists()
    assert one.read_text() == "1"
    assert two.read_text() == "2"
    assert names(tmp_path) == ["one", "two"]


def test_a_name_taken_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with (
        pytest.raises(DataError, match="two exists already"),
        output.staged_files(one, two, force=False) as stages,
    ):
        for stage in stages:
            stage.write_text("new")
        two.write_text("somebody else's")
    assert two.read_text() == "somebody else's"
    assert names(tmp_path) == ["two"]


def test_file_systems_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    with output.staged_files(tmp_path / "one", force=False) as (stage,):
        stage.write_text("1")
    assert names(tmp_path) == ["one"]


def test_private_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with output.staged_files(tmp_path / "key", tmp_path / "pub", force=False, private=True) as stages:
            for stage in stages:
                stage.write_text("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "pub").stat().st_mode) == 0o666


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match="exists already"):
        output.check_free([tmp_path / "link"], False)


def test_directory_is_made_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(RuntimeError), output.staged_directory(target, force=False) as stage:
        (stage / "a").write_text("1")
        raise RuntimeError
    assert names(tmp_path) == []
    with output.staged_directory(target, force=False) as stage:
        (stage / "a").write_text("1")
        (stage / "deep").mkdir()
        (stage / "deep" / "b").write_text("2")
    assert names(target) == ["a", "deep"]
    assert names(tmp_path) == ["out"]


def test_an_empty_directory_is_used_and_a_full_one_refused(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    with output.staged_directory(target, force=False) as stage:
        (stage / "a").write_text("1")
    with pytest.raises(DataError, match="not empty"), output.staged_directory(target, force=False):
        pass
    assert names(target) == ["a"]


def test_force_replaces_files_of_the_same_name_only(tmp_path: Path) -> None:
    target = tmp_path / "out"
    (target / "deep").mkdir(parents=True)
    for name in ("mine", "a", "deep/b"):
        (target / name).write_text("old")
    with output.staged_directory(target, force=True) as stage:
        (stage / "deep").mkdir()
        for name in ("a", "deep/b", "new"):
            (stage / name).write_text("new")
    texts = {name: (target / name).read_text() for name in ("mine", "a", "deep/b", "new")}
    assert texts == {"mine": "old", "a": "new", "deep/b": "new", "new": "new"}


def test_directories_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="not a directory"):
        output.check_directory(tmp_path / "file", True)
    with pytest.raises(DataError, match="no directory"):
        output.check_directory(tmp_path / "no" / "out", False)
