"""Tables: both CSV readers give the same, and every complaint names its line."""

from __future__ import annotations

import csv
import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from privml.cli import tables
from privml.cli.columns import stray_text, type_column
from privml.cli.tables import Table, read_table
from privml.errors import DataError

needs_polars = pytest.mark.skipif(find_spec("polars") is None, reason="needs Polars")


def read(path: Path, monkeypatch: pytest.MonkeyPatch, polars: bool) -> Table | str:
    """Read with or without Polars; the message if it is refused."""
    with monkeypatch.context() as patch:
        if not polars:
            patch.setattr(tables, "find_spec", lambda name: None)
        try:
            return read_table(path)
        except DataError as error:
            return str(error)


def described(table: Table | str) -> object:
    if isinstance(table, str):
        return table
    columns = [table.column(name) for name in table.names]
    return [(c.name, c.kind, list(c.texts)) for c in columns], [table.where(row) for row in range(len(table))]


TRICKY = {
    "plain": "a,b,c\n1,2.5,x\n-3,1e3,y\n",
    "crlf": "a,b\r\n1,x\r\n2,y\r\n",
    "bom": "\ufeffa,b\n1,x\n",
    "no end of line": "a,b\n1,2",
    "quotes": 'a,b\n"1","x, y"\n2,"say ""no"""\n',
    "embedded newlines": 'a,b\n1,"x\ny"\n2,"p\r\nq"\n3,z\n',
    "empty fields": "a,b,c\n,,\n1,,x\n,2,\n",
    "ints and floats": "a,b\n1,1\n2,2.0\n3,.5\n",
    "booleans": "a,b,c\ntrue,True,yes\nFALSE,false,no\n,NA,\n",
    "leading zeros": "zip,n,m\n007,0,0.5\n123,10,-0.5\n",
    "white space": " a , b\n 1 ,  x\n2  ,\ty\n",
    "NA spellings": "a,b\nNA,x\nn/a,None\nNaN,?\nnull,-\nNULL,nan\n 5 ,z\n",
    "blank lines": "a,b\n\n1,2\n\n\n3,4\n\n",
    "one column": "a\n1\n\n2\n",
    "exponents": "a,b\n1e400,1E-3\n-1e5,+2\n",
    "infinite": "a,b\ninf,1\n-Inf,2\n",
    "unicode names": "naïve,größe,日本\nä,1,あ\nb,2,い\n",
    "other separators": "a,b\nx\u2028y,1\nz\x0bq,2\n",
    "big ints": "a,b\n" + "9" * 40 + ",1\n-" + "8" * 25 + ",2\n",
    "underscores": "a,b\n1_000,1\n2_000,2\n",
    "hex and words": "a,b\n0x10,infinity\n12,1\n",
    "quote inside": 'a,b\n5" pipe,1\n',
    "cell too many": "a,b\n1,2\n1,2,3\n",
    "cell too few": "a,b\n1,2\n\n1\n",
    "short and long": "a,b,c\n1,2\n1,2,3,4\n",
    "open quote": 'a,b\n1,"x\n2,y\n',
    "text after quote": 'a,b\n1,"x"y\n',
    "empty": "",
    "only blank": "\n \n",
    "header only": "a,b\n",
    "nameless column": "a,,c\n1,2,3\n",
    "two of a name": "a,b,a \n1,2,3\n",
    "comment sign": "a,b\n#1,2\n#,3\n",
    "old mac": "a,b\r1,2\r3,4\r",
    "nul": "a,b\n1,x\x00y\n",
}


@needs_polars
@pytest.mark.parametrize("name", TRICKY)
def test_both_readers_agree(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TRICKY[name], encoding="utf-8", newline="")
    assert described(read(path, monkeypatch, True)) == described(read(path, monkeypatch, False))


cell = st.one_of(
    st.sampled_from(
        ["", "1", "-2.5", "007", "NA", " x ", "true", "1e3", "inf", "a\nb", 'q"q', "a,b", "ü", "\r", "0"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6),
)


@needs_polars
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 4).flatmap(
        lambda w: st.lists(st.lists(cell, min_size=w, max_size=w), min_size=1, max_size=6)
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_both_readers_agree_on_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[list[str]], end: str, quoted: bool
) -> None:
    text = io.StringIO(newline="")
    names = [f"c{i}" for i in range(len(rows[0]))]
    if quoted:
        csv.writer(text, lineterminator=end).writerows([names, *rows])
    else:
        text.write(end.join(",".join(row) for row in [names, *rows]))
    path = tmp_path / "t.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    assert described(read(path, monkeypatch, True)) == described(read(path, monkeypatch, False))


@needs_polars
def test_a_plain_file_goes_through_polars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    monkeypatch.setattr(tables, "_read_any_csv", None)
    assert read_table(path).rows == 2


@pytest.mark.parametrize("polars", [True, False])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 cells where the header has 2"),
        ('a,b\n"x\ny",2\n1\n', "line 4: 1 cell where"),
        ("", "is empty"),
        ("a,b\n", "has a header and no rows"),
        ("a,,c\n1,2,3\n", "line 1: column 2 has no name"),
        ("a,b,a\n1,2,3\n", "two columns are called 'a'"),
        ('a,b\n1,"x\n', "line 2: unexpected end of data"),
        ("1.5,-2\n3,4\n", "t.csv, line 1: numbers only, and the first line must hold column names"),
        ('\n"7"\n8\n', "t.csv, line 2: numbers only, and the first line must hold column names"),
        ("007,NA\n1,2\n", "line 1: numbers only, and the first line must hold column names"),
        ("1,1\n1,2\n", "line 1: numbers only, and the first line must hold column names"),
        ("a,\n1,2\n", "column 2 has no name; the first line must hold column names"),
        ("x,1,x\n1,2,3\n", "two columns are called 'x'; the first line must hold column names"),
    ],
)
def test_complaints_name_the_line(
    text: str, message: str, polars: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert message in str(read(path, monkeypatch, polars))


def test_a_header_may_hold_numbers_beside_names(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for header in ("year,2019", "inf,nan", "NA,K", "Na", "1_st", "2 h"):
        path.write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
        assert read_table(path).names == header.split(",")


def test_a_decimal_comma_does_not_make_a_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,5;2,5\n1,5;2,5\n")
    with pytest.raises(DataError, match="must hold column names"):
        read_table(path, ";")


def test_a_row_is_found_after_quoted_newlines_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n\n"x\ny\nz",1\n\n2,3\n')
    table = read_table(path)
    assert [table.where(row).rpartition(" ")[2] for row in range(2)] == ["3", "7"]


def test_other_encodings_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,2\n1,größe\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"line 3: not UTF-8 text \(byte 0xf6\)"):
        read_table(path)


def test_an_unknown_ending_and_column_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_text("x")
    with pytest.raises(DataError, match=r"only \.csv and \.parquet"):
        read_table(tmp_path / "t.xlsx")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="has no column 'c'; it has: a, b"):
        read_table(tmp_path / "t.csv").column("c")


def test_delimiter(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1;2,5\n")
    assert read_table(tmp_path / "t.csv", ";").column("b").texts == ["2,5"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", "+3", ""], "integer"),
        (["1", "2.0"], "number"),
        (["0", "0.5", "-0", "1."], "number"),
        (["007", "1"], "text"),
        (["00.5"], "text"),
        (["1_000"], "text"),
        (["\u0661"], "text"),
        (["inf", "1"], "number"),
        (["TRUE", "false", "na"], "boolean"),
        (["true", "1"], "text"),
        (["", "NA"], "empty"),
        (["None"], "text"),
        (["?"], "text"),
        (["1e5"], "number"),
        (["."], "text"),
        (["9" * 50], "integer"),
    ],
)
def test_types(cells: list[str], kind: str) -> None:
    assert type_column("x", cells).kind == kind


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["1"] * 9 + ["x"], (9, 9, 10)),
        (["", "x", *["2.5"] * 20, "y"], (1, 20, 22)),
        (["1"] * 8 + ["x"], None),
        (["1"] * 17 + ["x", "x"], None),
        (["100"] * 4 + ["007"], None),
        (["1"] * 20, None),
        (["a"] * 20, None),
    ],
)
def test_a_stray_text_among_numbers(cells: list[str], found: object) -> None:
    assert stray_text(type_column("x", cells)) == found


@pytest.mark.parametrize("stray", ["031", "1_000", "1e1_0", "\u0663\u0664", "\uff11\uff12", "007.5", "forty"])
def test_one_odd_number_among_numbers_is_a_mistake(stray: str) -> None:
    cells = [*map(str, range(40, 139)), stray]
    assert stray_text(type_column("age", cells)) == (99, 99, 100)


def test_numbers_and_missing() -> None:
    column = type_column("x", ["1", "", " 2.5 ", "NaN"])
    np.testing.assert_array_equal(column.numbers, [1.0, np.nan, 2.5, np.nan])
    assert column.missing.tolist() == [False, True, False, True]
    np.testing.assert_array_equal(type_column("x", ["True", "", "FALSE"]).numbers, [1.0, np.nan, 0.0])


@needs_polars
def test_parquet_gives_the_same_as_csv(tmp_path: Path) -> None:
    import polars

    frame = polars.DataFrame(
        {
            "i": [1, None, -3],
            "f": [0.5, float("nan"), None],
            "b": [True, False, None],
            "t": [" x ", "NA", "y"],
            "e": [None, None, None],
            "u": polars.Series([1, 2, 2**64 - 1], dtype=polars.UInt64),
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_csv(tmp_path / "t.csv")
    binary, text = read_table(tmp_path / "t.parquet"), read_table(tmp_path / "t.csv")
    assert binary.names == text.names
    for name in binary.names:
        one, two = binary.column(name), text.column(name)
        assert one.kind == two.kind, name
        if one.numeric:
            np.testing.assert_array_equal(one.numbers, two.numbers)
        else:
            assert list(one.texts) == list(two.texts)
    assert binary.where(2).endswith("row 3")


@needs_polars
def test_parquet_text_stays_text(tmp_path: Path) -> None:
    import polars

    polars.DataFrame({"code": ["1", "2"], "when": ["a", "b"]}).write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").column("code").kind == "text"


@needs_polars
def test_parquet_of_other_types_is_refused(tmp_path: Path) -> None:
    import datetime

    import polars

    polars.DataFrame({"day": [datetime.date(2024, 1, 1)]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="column 'day' is of type Date"):
        read_table(tmp_path / "t.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="not a Parquet file"):
        read_table(tmp_path / "bad.parquet")


def test_parquet_without_polars_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(tables, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install polars"):
        read_table(tmp_path / "t.parquet")
