"""privml train: tables of every awkward kind, what is written, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from privml import federated
from privml.cli import options as cli_options
from privml.cli.tables import read_table
from privml.federated.preprocessing import Preprocessor


def table(path: Path, rows: int = 60, **columns: Any) -> Path:
    """A CSV with two informative numbers, a ward, a site and a target; columns replaced or added at will."""
    rng = np.random.default_rng(5)
    x, z = rng.normal(50, 9, rows), rng.normal(size=rows)
    content: dict[str, Any] = {
        "age": [f"{value:.2f}" for value in x],
        "dose": [f"{value:.4f}" for value in z],
        "ward": [("A", "B", "C")[i % 3] for i in range(rows)],
        "site": [("north", "south", "east")[i % 3] for i in range(rows)],
        "ill": [("no", "yes")[int((a - 50) / 9 + b > 0)] for a, b in zip(x, z, strict=True)],
    }
    content |= columns
    content = {name: values for name, values in content.items() if values is not None}
    lines = [",".join(content)] + [",".join(map(str, row)) for row in zip(*content.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def train(run: Any, source: Path, *options: Any, code: int = 0) -> Any:
    out = source.parent / "out"
    arguments = ["train", source, "--target", "ill", "--out", out, "--rounds", 5, "--seed", 1, "--no-report"]
    result = run(*arguments, *([] if "--sites" in options else ["--site", "site"]), *options, code=code)
    if code:
        assert not out.exists()
        assert not [path for path in source.parent.iterdir() if path.name.startswith(".privml")]
    return result


def summary(run: Any, source: Path, *options: Any) -> Any:
    return json.loads(train(run, source, *options, "--json").stdout)


def test_what_is_written_and_said(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv")
    result = train(run, source, "--rounds", 20, "--report")
    out = tmp_path / "out"
    assert {"model.npz", "history.json", "report"} == {path.name for path in out.iterdir()}
    assert (out / "report" / "report.html").is_file()
    assert len(json.loads((out / "history.json").read_text())["rounds"]) == 20
    for words in (
        "north",
        "south",
        "east",
        "all",
        "accuracy",
        "in the clear",
        "the categories of ward, rare ones too: A, B, C",
    ):
        assert words in result.stdout
    assert "the classes of ill: no, yes" in result.stdout
    assert result.stdout.startswith("Not encrypted: the server sees every site's updates")
    report = (out / "report" / "report.html").read_text(encoding="utf-8")
    for words in ("<td>ill</td>", "logistic", "fedavg", "not encrypted: the server sees every", "accuracy"):
        assert words in report
    assert ">20</td>" in report
    assert "the server sees every site's updates in the clear" in " ".join(run("train", "-h").stdout.split())


def test_the_report_of_an_encrypted_training_says_so(run: Any, tmp_path: Path) -> None:
    options = ["--aggregation", "paillier", "--bits", 512, "--insecure-key-size", "--report"]
    result = train(run, table(tmp_path / "t.csv"), *options)
    assert "Not encrypted" not in result.stdout
    report = (tmp_path / "out" / "report" / "report.html").read_text(encoding="utf-8")
    assert "paillier, encrypted: the server sees ciphertexts" in report
    assert "512 bits, " in report


def test_the_model_file_predicts_from_the_raw_columns(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv")
    value = summary(run, source, "--rounds", 20)
    assert value["overall"] > 0.85
    with np.load(tmp_path / "out" / "model.npz", allow_pickle=False) as file:
        arrays = dict(file)
    assert arrays["model"] == "logistic"
    assert arrays["classes"].tolist() == ["no", "yes"]
    rule = Preprocessor.from_arrays(arrays)
    loaded = read_table(source)
    columns = {name: loaded.column(name).numbers for name in ("age", "dose")}
    columns["ward"] = np.array(loaded.column("ward").texts, dtype=object)
    inputs = rule.transform(columns)
    model = federated.LogisticRegression(inputs.shape[1])
    model.weights = [arrays[f"weight_{index}"] for index in range(len(model.weights))]
    answers = np.array(loaded.column("ill").texts) == "yes"
    assert np.mean(model.predict(inputs) == answers) == pytest.approx(value["overall"])


def test_encrypted_and_plain_give_the_same_model(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv", age=["", "NA"] + [str(i) for i in range(58)])
    models = []
    for name, options in (
        ("p", []),
        ("e", ["--aggregation", "paillier", "--bits", 1024, "--insecure-key-size"]),
    ):
        out = tmp_path / name
        arguments = [
            "train",
            source,
            "--target",
            "ill",
            "--site",
            "site",
            "--out",
            out,
            "--seed",
            1,
            "--no-report",
        ]
        result = run(*arguments, "--rounds", 3, *options, "--json")
        assert json.loads(result.stdout)["encrypted"] == (name == "e")
        with np.load(out / "model.npz", allow_pickle=False) as file:
            models.append(dict(file))
    plain, encrypted = models
    assert plain.keys() == encrypted.keys()
    for name, array in plain.items():
        if array.dtype.kind == "f":
            np.testing.assert_allclose(encrypted[name], array, atol=1e-6)
        else:
            assert encrypted[name].tolist() == array.tolist()


def test_key_given_kept_and_forgotten(run: Any, keys: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv", rows=30)
    encrypted = ["--aggregation", "paillier"]
    result = train(run, source, *encrypted, "--key", keys.private, "--password-file", keys.password)
    assert f"read from {keys.private}" in result.stdout
    small = ["--bits", 512, "--insecure-key-size", "--force"]
    result = train(run, source, *encrypted, *small)
    assert "in memory only" in result.stdout
    assert not (tmp_path / "out" / "sites.key").exists()
    train(run, source, *encrypted, *small, "--password-file", keys.password)
    assert (tmp_path / "out" / "sites.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out" / "sites.key.pub").is_file()
    again = ["--key", tmp_path / "out" / "sites.key", "--password-file", keys.password, "--force"]
    train(run, source, *encrypted, *again)


def test_wrong_password_and_missing_terminal(run: Any, keys: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv", rows=30)
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    start = [source, "--aggregation", "paillier", "--key", keys.private]
    assert str(keys.private) in train(run, *start, "--password-file", wrong, code=2).stderr
    assert "--password-file" in train(run, *start, code=2).stderr
    assert "--password-file" in train(run, source, "--aggregation", "paillier", "--save-key", code=2).stderr


def test_what_the_slots_hold_is_declared(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv")
    small = ["--aggregation", "paillier", "--bits", 512, "--insecure-key-size"]
    assert "beyond --max-examples 19" in train(run, source, *small, "--max-examples", 19, code=2).stderr
    message = train(run, source, *small, "--limit", 0.001, code=2).stderr
    assert "site 'north', round 1: " in message
    assert message.endswith("; try a larger --limit or a smaller --learning-rate\n")
    assert summary(run, source, *small, "--max-examples", 20, "--limit", 64)["encrypted"]
    most = ["--bits", 1024, "--force", "--limit", 2.0**38]
    assert summary(run, source, *small, *most)["encrypted"]


def test_fedprox_and_mu(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv")
    assert summary(run, source, "--strategy", "fedprox", "--mu", 0.5)["rounds"] == 5
    assert "--mu is for" in train_elsewhere(run, source, "--mu", 1).stderr


def train_elsewhere(run: Any, source: Path, *options: Any) -> Any:
    """A training that must be refused, written to a directory that must not appear."""
    out = source.parent / "refused"
    start = ["train", source, "--target", "ill", "--site", "site", "--out", out]
    result = run(*start, *options, code=2)
    assert not out.exists()
    return result


@pytest.mark.parametrize(
    ("target", "options", "model"),
    [
        ([str(i % 2) for i in range(60)], [], "logistic"),
        (["TRUE" if i % 3 else "false" for i in range(60)], [], "logistic"),
        ([f"{i % 2}.5" for i in range(60)], [], "logistic"),
        (["abc"[i % 3] for i in range(60)], [], "softmax"),
        ([str(i % 4) for i in range(60)], [], "softmax"),
        ([str(i) for i in range(60)], [], "linear"),
        ([f"{i % 3}.5" for i in range(60)], [], "linear"),
        ([str(i % 4) for i in range(60)], ["--model", "linear"], "linear"),
        ([str(i % 2) for i in range(60)], ["--model", "softmax"], "softmax"),
        ([str(i % 3) for i in range(60)], ["--model", "mlp"], "mlp"),
        ([str(i % 2) for i in range(60)], ["--model", "mlp", "--hidden", 4], "mlp"),
    ],
)
def test_models_by_target(
    run: Any, tmp_path: Path, target: list[str], options: list[Any], model: str
) -> None:
    value = summary(run, table(tmp_path / "t.csv", ill=target), *options)
    assert value["model"] == model
    assert value["measure"] == ("RMSE" if model == "linear" else "accuracy")
    assert len(value["sites"]) == 3
    assert sum(site["rows"] for site in value["sites"]) == 60


def test_a_quantity_comes_back_in_its_own_unit(run: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    age = rng.normal(50, 9, 90)
    target = [f"{1e5 + 1e3 * value:.3f}" for value in age]
    site = ["abc"[i % 3] for i in range(90)]
    source = table(tmp_path / "t.csv", rows=90, age=[f"{value:.6f}" for value in age], ill=target, site=site)
    assert summary(run, source, "--rounds", 40)["overall"] < 900


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ill": ["yes", "no", ""] + ["yes"] * 57}, "line 4: no value in the target column 'ill'"),
        ({"site": ["a", "", *["b"] * 58]}, "line 3: no value in the site column 'site'"),
        ({"ill": ["yes"] * 60}, "holds one value only"),
        ({"ill": [f"name {i}x" for i in range(60)] * 1, "site": ["a", "b"] * 30}, "--min-sites"),
        ({"age": ["inf"] + ["1"] * 59}, "line 2: column 'age' holds inf"),
        ({"age": ["1e999"] + ["1.5"] * 59}, "line 2: column 'age' holds 1e999"),
        ({"site": None}, "has no column 'site'"),
        ({"ill": None}, "has no column 'ill'"),
    ],
)
def test_tables_that_are_refused(run: Any, tmp_path: Path, changes: Any, message: str) -> None:
    assert message in train(run, table(tmp_path / "t.csv", **changes), code=2).stderr


def test_the_line_of_a_missing_target_counts_quoted_newlines(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('note,site,ill\n"two\nlines",a,yes\nx,b,no\ny,c,\n')
    assert "line 5: no value" in train(run, path, code=2).stderr


@pytest.mark.parametrize("content", ["", "\n", "age,site,ill\n"])
def test_empty_files(run: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    train(run, path, code=2)


@pytest.mark.parametrize(
    "options",
    [
        ["--site", "site", "--sites", 3],
        [],
        ["--site", "site", "--key", "t.csv"],
        ["--site", "site", "--save-key"],
        ["--site", "site", "--limit", 0],
        ["--site", "site", "--max-examples", 0],
        ["--site", "ill"],
        ["--site", "site", "--drop", "nothing"],
        ["--site", "site", "--drop", "ill"],
        ["--site", "site", "--drop", "age", "--drop", "dose", "--drop", "ward"],
        ["--site", "site", "--model", "linear"],
        ["--sites", 61],
        ["--sites", 2],
        ["--site", "site", "--learning-rate", "nan"],
        ["--site", "site", "--learning-rate", 0],
        ["--site", "site", "--strategy", "fedprox", "--mu", "inf"],
        ["--site", "site", "--aggregation", "paillier", "--limit", "nan"],
        ["--site", "site", "--aggregation", "paillier", "--limit", 2.0**39],
        ["--site", "site", "--aggregation", "paillier", "--bits", 1024],
        ["--site", "site", "--delimiter", ";;"],
    ],
)
def test_options_that_are_refused(run: Any, tmp_path: Path, options: list[Any], monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "t.csv")
    run("train", "t.csv", "--target", "ill", "--out", "out", *options, code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_awkward_but_valid_tables(run: Any, tmp_path: Path) -> None:
    source = table(
        tmp_path / "t.csv",
        site=["tiny"] + [("one class", "south", "größe")[i % 3] for i in range(59)],
        ill=["yes" if i % 3 == 1 or i % 2 else "no" for i in range(60)],
        constant=["7"] * 60,
        nothing=[""] * 60,
        same=["x"] * 60,
        huge=[str(10**30 + i * 10**28) for i in range(60)],
        日本=[str(i) for i in range(60)],
    )
    value = summary(run, source, "--allow-small-sites")
    assert [site["site"] for site in value["sites"]] == ["tiny", "one class", "south", "größe"]
    assert value["sites"][0]["rows"] == 1
    assert set(value["dropped"]) == {"constant", "nothing", "same"}
    assert "日本" in value["features"]
    assert "huge" in value["features"]


def test_missing_values_get_columns_of_their_own(run: Any, tmp_path: Path) -> None:
    source = table(
        tmp_path / "t.csv", age=["NA"] + ["1", "2"] * 29 + ["3"], ward=["", "n/a"] + ["A", "B"] * 29
    )
    assert {"age", "age:missing", "ward=A", "ward=B", "ward:missing"} < set(summary(run, source)["features"])


def test_rare_categories_become_other(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv", ward=["rare"] * 4 + ["five"] * 5 + ["A"] * 51)
    value = summary(run, source)
    assert {"ward=five", "ward=A", "ward:other"} < set(value["features"])
    assert "ward=rare" not in value["features"]
    assert value["disclosed"]["ward"] == ["A", "five", "rare"]
    said = train(run, source, "--force").stdout
    assert "the categories of ward, rare ones too: A, five, rare" in said
    assert "the classes of ill: no, yes" in said


def test_agreed_categories_disclose_nothing(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv", age=[str(i % 2) for i in range(60)])
    listed = tmp_path / "categories.json"
    listed.write_text(json.dumps({"ward": ["A", "B", "never"], "age": ["0", "1"]}))
    value = summary(run, source, "--categories", listed)
    assert value["disclosed"] == {"ill": ["no", "yes"]}
    assert {"ward=A", "ward=B", "ward:other", "age=0", "age=1"} < set(value["features"])


@pytest.mark.parametrize(
    "content",
    ["", "[1]", '{"ward": "A"}', '{"ward": []}', '{"ward": [1]}', '{"nowhere": ["A"]}', "[" * 100_000],
)
def test_bad_category_files(run: Any, tmp_path: Path, content: str) -> None:
    source = table(tmp_path / "t.csv")
    listed = tmp_path / "categories.json"
    listed.write_text(content)
    assert "categories.json" in train(run, source, "--categories", listed, code=2).stderr


def test_texts_that_are_no_categories_are_refused(run: Any, tmp_path: Path) -> None:
    rows = 3 * cli_options.MAX_CATEGORIES
    source = table(tmp_path / "t.csv", rows=rows, name=[f"patient {i}" for i in range(rows)])
    assert "--drop" in train(run, source, code=2).stderr
    assert summary(run, source, "--drop", "name")["overall"] > 0.5


def test_a_typo_among_numbers_is_not_taken_for_a_category(run: Any, tmp_path: Path) -> None:
    ages = [str(20 + i) for i in range(59)]
    source = table(tmp_path / "t.csv", age=[*ages[:30], "forty", *ages[30:]])
    message = train(run, source, code=2).stderr
    assert "t.csv, line 32: column 'age' holds 'forty', and 59 of its 60 cells are numbers" in message
    assert "--categories" in message
    assert summary(run, source, "--drop", "age")["features"][0] == "dose"
    listed = tmp_path / "categories.json"
    listed.write_text(json.dumps({"age": ["forty"]}))
    assert summary(run, source, "--categories", listed, "--force")["disclosed"].keys() == {"ward", "ill"}


def test_a_typo_in_the_target_needs_a_word(run: Any, tmp_path: Path) -> None:
    target = [str(i % 3) for i in range(58)] + ["two", "two"]
    source = table(tmp_path / "t.csv", ill=target)
    message = train(run, source, code=2).stderr
    assert "line 60: column 'ill' holds 'two'" in message
    assert "--model softmax" in message
    assert "two" in train(run, source, "--model", "linear", code=2).stderr
    assert summary(run, source, "--model", "softmax")["classes"] == ["0", "1", "2", "two"]


@pytest.mark.parametrize(("rows", "held"), [(1, "has 1 row,"), (4, "has 4 rows,")])
def test_a_site_of_few_rows_must_be_allowed(run: Any, tmp_path: Path, rows: int, held: str) -> None:
    sites = ["nroth"] * rows + [("north", "south", "east")[i % 3] for i in range(60 - rows)]
    source = table(tmp_path / "t.csv", site=sites)
    message = train(run, source, code=2).stderr
    assert f"site 'nroth' {held}" in message
    assert "--allow-small-sites" in message
    assert summary(run, source, "--allow-small-sites")["sites"][0] == {
        "site": "nroth",
        "rows": rows,
        "score": pytest.approx(0.5, abs=0.5),
    }


def test_a_site_of_five_rows_is_taken(run: Any, tmp_path: Path) -> None:
    sites = ["five"] * 5 + [("north", "south", "east")[i % 3] for i in range(55)]
    assert len(summary(run, table(tmp_path / "t.csv", site=sites))["sites"]) == 4


def test_min_sites_says_how_many_there_are(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv")
    message = train(run, source, "--min-sites", 9, code=2).stderr
    assert "there are 3 sites and --min-sites is 9" in message
    assert "work out" not in message
    assert "work out" in train(run, table(source, site=["a", "b"] * 30), code=2).stderr


def test_rows_dealt_over_sites(run: Any, tmp_path: Path) -> None:
    value = summary(run, table(tmp_path / "t.csv"), "--sites", 7, "--drop", "site")
    assert sorted(site["rows"] for site in value["sites"]) == [8, 8, 8, 9, 9, 9, 9]


def test_the_same_seed_gives_the_same_model(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv")
    train(run, source)
    first = (tmp_path / "out" / "model.npz").read_bytes()
    train(run, source, "--force")
    assert (tmp_path / "out" / "model.npz").read_bytes() == first


def test_an_output_directory_with_something_in_it_is_kept(run: Any, tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv")
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("x")
    result = run("train", source, "--target", "ill", "--site", "site", "--out", out, code=2)
    assert "not empty" in result.stderr
    assert [path.name for path in out.iterdir()] == ["mine"]


def test_parquet(run: Any, tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    polars.read_csv(table(tmp_path / "t.csv")).write_parquet(tmp_path / "t.parquet")
    one = summary(run, tmp_path / "t.csv")
    two = summary(run, tmp_path / "t.parquet", "--force")
    assert one["overall"] == two["overall"]
    assert one["features"] == two["features"]
