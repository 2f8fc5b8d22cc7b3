"""``privml dp``: answers about files, charges, and what neither complains nor leaks."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import polars as pl
import pytest
from privml import dp
from privml.cli.dp import UNREAD
from privml.cli.dp_accounting import draw, round_up

from tests.cli.conftest import parsed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    rows = [
        f"{age:.1f},{ward},{user}"
        for age, ward, user in zip(
            rng.normal(50, 10, 3000),
            rng.choice(["north", "south"], 3000),
            rng.integers(0, 1500, 3000),
            strict=True,
        )
    ]
    rows += ["forty,north,7", ",south,8", "1e999,north,9", "12,,10"]
    path = tmp_path / "people.csv"
    path.write_text("age,ward,patient\n" + "\n".join(rows) + "\n")
    return path


def test_every_query_answers(run: Any, file: Path) -> None:
    age = ("--column", "age", "--bounds", 0, 120, "--epsilon", 1, "--json")
    assert parsed(run("dp", "mean", file, *age))["answer"] == pytest.approx(50, abs=1)
    assert parsed(run("dp", "sum", file, *age))["answer"] == pytest.approx(150_000, abs=3000)
    assert parsed(run("dp", "quantile", file, *age))["answer"] == pytest.approx(50, abs=2)
    low, high = parsed(run("dp", "quantile", file, *age, "-q", 0.1, "-q", 0.9, "--step", 1))["answer"]
    assert low == pytest.approx(37, abs=3)
    assert high == pytest.approx(63, abs=3)
    assert sum(parsed(run("dp", "histogram", file, *age, "--bins", 4))["answer"]) == pytest.approx(
        3000, abs=100
    )
    assert parsed(run("dp", "count", file, "--epsilon", 1, "--json"))["answer"] == pytest.approx(3004, abs=60)
    counted = parsed(run("dp", "count", file, "--column", "age", "--epsilon", 1, "--json"))
    assert counted["answer"] == pytest.approx(3002, abs=60)
    assert counted["off_by_95"] == dp.Count(1.0).accuracy()
    wards = run(
        "dp", "histogram", file, "--column", "ward", "--categories", "south,west", "--epsilon", 1, "--json"
    )
    assert list(parsed(wards)["answer"]) == ["south", "west"]


def test_groups_and_users(run: Any, file: Path) -> None:
    options = ("--column", "age", "--bounds", 0, 120, "--epsilon", 2, "--by", "ward", "--json")
    known = parsed(run("dp", "mean", file, *options, "--keys", "north,east"))["answer"]
    assert list(known) == ["north", "east"]
    assert known["north"] == pytest.approx(50, abs=2)
    found = parsed(
        run("dp", "mean", file, *options, "--delta", "1e-9", "--user", "patient", "--rows-per-user", 1)
    )
    assert list(found["answer"]) == ["north", "south"]
    assert found["parameters"]["unit"] == "user"
    table = run("dp", "quantile", file, *options[:-1], "--keys", "north", "--keys", '"a,b"').stdout
    assert "a,b" in table
    assert "promise: epsilon 2.0" in table


def test_the_ledger_is_charged(run: Any, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "budget.sqlite"
    ledger = dp.Ledger(path, epsilon=1, dataset="people")
    options = (file, "--epsilon", 0.6, "--ledger", path)
    run("dp", "count", *options, "--dataset", "people")
    assert "count of rows" in str(ledger.statement())
    assert "more than" in run("dp", "count", *options, code=2).stderr
    assert "dataset" in run("dp", "count", *options, "--dataset", "other", code=2).stderr
    assert "no column" in run("dp", "count", *options, "--column", "aeg", code=2).stderr
    assert float(ledger.left()["epsilon"]) == 0.4


def test_an_empty_table_is_answered_for(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("age,ward\n")
    assert isinstance(parsed(run("dp", "count", path, "--epsilon", 1, "--json"))["answer"], int)
    options = ("--column", "age", "--bounds", 0, 1, "--epsilon", 1, "--json")
    assert 0 <= parsed(run("dp", "mean", path, *options))["answer"] <= 1
    grouped = parsed(run("dp", "mean", path, *options, "--by", "ward", "--keys", "a,b"))["answer"]
    assert list(grouped) == ["a", "b"]
    assert parsed(run("dp", "mean", path, *options, "--by", "ward", "--delta", 1e-6))["answer"] == {}


def test_parquet_states_its_types(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pl.DataFrame({"age": [1.0, None], "name": ["a", "b"]}).write_parquet(path)
    options = ("--bounds", 0, 1, "--epsilon", 1)
    run("dp", "mean", path, "--column", "age", *options)
    assert "is text" in run("dp", "mean", path, "--column", "name", *options, code=2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("count",),
        ("count", "--epsilon", 0),
        ("count", "--epsilon", "nan"),
        ("mean", "--epsilon", 1, "--column", "age"),
        ("mean", "--epsilon", 1, "--bounds", 0, 1),
        ("mean", "--epsilon", 1, "--column", "age", "--bounds", 1, 0),
        ("mean", "--epsilon", 1, "--column", "age", "--bounds", "nan", 0),
        ("count", "--epsilon", 1, "--by", "ward"),
        ("count", "--epsilon", 1, "--keys", "a"),
        ("count", "--epsilon", 1, "--delta", 1e-6),
        ("count", "--epsilon", 1, "--by", "ward", "--delta", 2),
        ("count", "--epsilon", 1, "--by", "ward", "--keys", "a,a"),
        ("count", "--epsilon", 1, "--by", "nowhere", "--keys", "a"),
        ("count", "--epsilon", 1, "--user", "patient"),
        ("count", "--epsilon", 1, "--rows-per-user", 2),
        ("count", "--epsilon", 1, "--dataset", "people"),
        ("count", "--epsilon", 1, "--ledger", "missing.sqlite"),
        ("histogram", "--epsilon", 1, "--column", "age"),
        ("histogram", "--epsilon", 1, "--column", "age", "--bounds", 0, 1),
        ("quantile", "--epsilon", 1, "--column", "age", "--bounds", 0, 1, "-q", 2),
    ],
)
def test_refusals(run: Any, file: Path, arguments: tuple[Any, ...]) -> None:
    run("dp", arguments[0], file, *arguments[1:], code=2)


def test_epsilon_of_training(run: Any) -> None:
    options = ("--noise-multiplier", 1.1, "--sampling-rate", 0.01, "--steps", 10_000, "--delta", 1e-5)
    found = parsed(run("dp", "epsilon", *options, "--json"))["epsilon"]
    assert found == pytest.approx(5.19, abs=0.01)
    assert f"epsilon {round_up(found)}" in run("dp", "epsilon", *options).stdout
    assert float(round_up(found)) >= found
    run("dp", "epsilon", "--noise-multiplier", 0, "--delta", 1e-5, code=2)
    run("dp", "epsilon", "--noise-multiplier", 1, "--delta", 1, code=2)


def test_tradeoff_reads_no_file(run: Any, tmp_path: Path) -> None:
    options = ("dp", "tradeoff", "mean", "--bounds", 0, 120, "--rows", 10_000, "--json")
    points = parsed(run(*options))["points"]
    errors = [point["error"] for point in points]
    assert errors == sorted(errors, reverse=True)
    assert points[-1]["error"] == dp.Mean((0, 120), points[-1]["epsilon"]).accuracy(rows=10_000)
    for query in ("count", "histogram"):
        run("dp", "tradeoff", query)
    for query in ("sum", "quantile"):
        assert "0.5" in run("dp", "tradeoff", query, "--bounds", 0, 1, "--epsilon", 0.5).stdout
    run("dp", "tradeoff", "mean", "--bounds", 0, 1, code=2)
    run("dp", "tradeoff", "sum", code=2)
    run("dp", "tradeoff", "count", "--rows", 3, code=2)
    run("dp", "tradeoff", "count", "--alpha", 1, code=2)
    run("dp", "tradeoff", "count", "--plot", tmp_path / "x.txt", code=2)


@pytest.mark.parametrize("cells", [[], ["34", "51"], ["forty", "34,5"]])
def test_a_csv_is_always_warned_of(run: Any, tmp_path: Path, cells: list[str]) -> None:
    path = tmp_path / "people.csv"
    path.write_text("age;ward\n" + "".join(f"{cell};north\n" for cell in cells))
    options = (path, "--column", "age", "--epsilon", 1, "--delimiter", ";")
    within = ("--bounds", 0, 120)
    for query in ("mean", "median"):
        assert run("dp", query, *options, *within).stderr == UNREAD + "\n"
    assert run("dp", "count", *options, "--json").stderr == UNREAD + "\n"
    rows = run("dp", "count", path, "--epsilon", 1, "--delimiter", ";")
    assert rows.stderr == ""
    assert "tradeoff mean --bounds 0 120 --rows N" in run("dp", "mean", *options, *within).stdout


def test_parquet_is_not_warned_of(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pl.DataFrame({"age": [1.0, None]}).write_parquet(path)
    options = ("--column", "age", "--bounds", 0, 1, "--epsilon", 1)
    assert run("dp", "mean", path, *options).stderr == ""


def test_median_and_spread(run: Any, file: Path, tmp_path: Path) -> None:
    ledger = dp.Ledger(tmp_path / "budget.sqlite", epsilon=9)
    options = (file, "--column", "age", "--bounds", 0, 120, "--epsilon", 1, "--json")
    charged = ("--ledger", tmp_path / "budget.sqlite", "--by", "ward", "--keys", "north,south")
    assert parsed(run("dp", "median", *options, "--step", 1))["answer"] == pytest.approx(50, abs=2)
    assert parsed(run("dp", "variance", *options))["answer"] == pytest.approx(100, abs=60)
    assert parsed(run("dp", "std", *options))["answer"] == pytest.approx(10, abs=4)
    found = parsed(run("dp", "median", *options, *charged))
    assert found["query"] == "median"
    release = ledger.statement().data["releases"][0]
    assert release["label"] == "median of age by ward"
    assert release["parameters"]["groups"] == ["north", "south"]
    told = run("dp", "median", *options[:-1]).stdout
    assert "median of age" in told
    assert "rows lie between answer and median" in told


def test_the_error_is_told_in_good_english(run: Any) -> None:
    assert "with probability 0.95 the answer is off by" in run("dp", "tradeoff", "count").stdout
    assert "each bin by itself" in run("dp", "tradeoff", "histogram").stdout
    run("dp", "tradeoff", "variance", "--bounds", 0, 1, "--rows", 1000)


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs matplotlib")
@pytest.mark.parametrize(
    ("errors", "scale"), [([59, 6, 1], "log"), ([59, 1, 0], "symlog"), ([0, 0, 0], "symlog")]
)
def test_an_error_of_zero_is_drawn(tmp_path: Path, errors: list[float], scale: str) -> None:
    from matplotlib.figure import Figure

    drawn: list[Figure] = []
    save = Figure.savefig

    def keep(figure: Figure, *args: Any, **named: Any) -> None:
        drawn.append(figure)
        save(figure, *args, **named)

    with mock.patch.object(Figure, "savefig", keep), warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(tmp_path / "out.png", "png", "count", "error", 0.05, [0.1, 1.0, 10.0], errors)
    axes = drawn[0].axes[0]
    low, high = axes.get_ylim()
    assert axes.get_yscale() == scale
    assert all(low <= error <= high for error in errors)


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs matplotlib")
def test_tradeoff_draws(run: Any, tmp_path: Path) -> None:
    picture = tmp_path / "out.png"
    run("dp", "tradeoff", "count", "--plot", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "exists" in run("dp", "tradeoff", "count", "--plot", picture, code=2).stderr
    run("dp", "tradeoff", "count", "--plot", picture, "--force")
