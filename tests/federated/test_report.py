"""The report of a run: a whole page that loads nothing and trusts no name, with and without matplotlib."""

from __future__ import annotations

import base64
import json
import math
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from privml import federated
from privml.federated.report import Page, Picture, charts, write_report
from privml.federated.report.files import as_json, write_files

VOID = {"meta", "img", "br", "source"}
HOSTILE = '<script>alert("1")</script>&amp;\'"><img src=x onerror=alert(1)>'


class Checked(HTMLParser):
    """Parse a page strictly: every tag closed in order, no script, nothing loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        assert tag not in {"script", "iframe", "link", "object", "base"}
        for name, value in attrs:
            assert not name.startswith("on")
            if name in {"src", "href", "srcset", "action"}:
                assert value is not None
                assert value.startswith("data:image/png;base64,")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.seen if tag == name]


@dataclass
class Record:
    """A round as a report reads it."""

    round: int
    loss: float | None
    accuracy: float | None
    participants: tuple[str, ...] = ("a", "b")
    stragglers: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    bytes_up: int = 2048
    bytes_down: int = 100
    seconds: float = 0.01


@dataclass
class Run:
    """A history as a report reads it."""

    rounds: list[Record] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"rounds": [vars(record) for record in self.rounds]}


def hide_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every import of matplotlib fail, as where it is not installed."""
    for name in ["matplotlib", *(name for name in sys.modules if name.startswith("matplotlib."))]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)


@pytest.fixture(scope="module")
def history() -> Any:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(120, 3))
    sites = federated.iid(X, (X[:, 0] > 0).astype(int), 3, seed=1)
    return federated.train(federated.LogisticRegression(3), sites, rounds=4, seed=1)


def test_real_history(history: Any, tmp_path: Path) -> None:
    paths = write_report(history, tmp_path / "new" / "folder")
    page = Checked(paths.html.read_text(encoding="utf-8"))
    assert len(page.tags("tr")) == 1 + len(history.settings) + 1 + 4 + 1 + 3
    assert "FedAvg()" in page.words
    assert "PlainSum()" in page.words
    assert json.loads(paths.json.read_text(encoding="utf-8"))["rounds"][0]["loss"] > 0
    if charts.can_draw():
        (image,) = page.tags("img")
        assert image["alt"]
        assert [path.name for path in paths.pictures] == ["rounds.png"]
        assert paths.pictures[0].read_bytes().startswith(b"\x89PNG\r\n")
        source = image["src"]
        assert source is not None
        assert base64.b64decode(source.split(",")[1]) == paths.pictures[0].read_bytes()


def test_settings_and_scores_of_the_caller(history: Any, tmp_path: Path) -> None:
    scores = (["site", "accuracy"], [[HOSTILE, "91.5 %"]])
    about = [("target", HOSTILE), ("aggregation", "none at all")]
    paths = write_report(history, tmp_path, about=about, scores=scores)
    page = Checked(paths.html.read_text(encoding="utf-8"))
    for words in ("target", HOSTILE, "none at all", "91.5 %", "learning rate", "min sites"):
        assert words in page.words
    assert "PlainSum()" not in page.words


def test_history_method_writes_the_same_files(history: Any, tmp_path: Path) -> None:
    history.report(tmp_path)
    assert {"report.html", "report.json"} <= {path.name for path in tmp_path.iterdir()}


def test_without_matplotlib(history: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_matplotlib(monkeypatch)
    paths = write_report(history, tmp_path)
    page = Checked(paths.html.read_text(encoding="utf-8"))
    assert paths.pictures == ()
    assert page.tags("img") == []
    assert "pip install matplotlib" in page.text
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "report.json"}


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    run = Run([Record(1, 0.5, 0.8, (HOSTILE, "b"), (HOSTILE,)), Record(2, 0.4, 0.9, (HOSTILE, "b"))])
    page = Checked(write_report(run, tmp_path).html.read_text(encoding="utf-8"))  # type: ignore[arg-type]
    assert HOSTILE in page.text


def test_page_escapes_everything() -> None:
    page = Page(HOSTILE, HOSTILE)
    page.section(HOSTILE)
    page.text(HOSTILE)
    page.code(HOSTILE)
    page.note(HOSTILE, HOSTILE, bad=True)
    page.facts([(HOSTILE, HOSTILE)])
    page.table([HOSTILE, HOSTILE], [[HOSTILE, HOSTILE]], caption=HOSTILE, numbers=[1], strong=[0])
    page.figure(Picture("p", b"\x89PNG", HOSTILE, 10, 10), HOSTILE)
    page.footer(HOSTILE)
    parsed = Checked(page.render())
    assert len(parsed.tags("img")) == 1
    assert parsed.tags("img")[0]["alt"] == HOSTILE
    assert parsed.text.count(HOSTILE) == 17


def test_page_forbids_what_it_does_not_need() -> None:
    policy = Checked(Page("a", "b").render()).tags("meta")[1]
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert policy["content"] is not None
    assert policy["content"].startswith("default-src 'none'")
    assert "prefers-color-scheme: dark" in Page("a", "b").render()


@pytest.mark.parametrize(
    "records",
    [
        [],
        [Record(1, None, None, ())],
        [Record(1, math.nan, None)],
        [Record(1, 2.5, None)],
        [Record(1, 0.7, 0.5), Record(2, None, None, ()), Record(3, 0.6, 0.6)],
    ],
    ids=["no round", "skipped", "not finite", "no accuracy", "a gap"],
)
def test_odd_histories(records: list[Record], tmp_path: Path) -> None:
    paths = write_report(Run(records), tmp_path)  # type: ignore[arg-type]
    Checked(paths.html.read_text(encoding="utf-8"))
    assert len(json.loads(paths.json.read_text(encoding="utf-8"))["rounds"]) == len(records)


def test_site_names_may_look_like_formulas(tmp_path: Path) -> None:
    if not charts.can_draw():
        pytest.skip("needs matplotlib")

    def draw(figure: Any) -> None:
        bars = [charts.Bar(r"$\frac{1$", (1.0,))]
        charts.dots(figure.subplots(), bars, title="$x", x_label="_", format_value=str)

    assert charts.render("p", "a", 3.0, 2.0, draw).png.startswith(b"\x89PNG")


def test_report_can_refuse_to_replace(tmp_path: Path) -> None:
    run: Any = Run([Record(1, 0.5, 0.8)])
    write_report(run, tmp_path, force=False)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    with pytest.raises(FileExistsError, match="force"):
        write_report(run, tmp_path, force=False)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    write_report(run, tmp_path)


def test_nothing_is_written_if_one_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_files(tmp_path, {"a": b"1", "b": b"2"}, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_bytes() == b"old"


def test_json_is_strict() -> None:
    value = {
        "a": np.float64(1.5),
        "b": np.arange(2),
        "c": math.inf,
        "d": (np.int64(3), None, True),
        "e": Path("x"),
    }
    assert json.loads(as_json(value)) == {"a": 1.5, "b": [0, 1], "c": None, "d": [3, None, True], "e": "x"}
