"""Reading a CSV or Parquet file into columns of text, with the place of every row kept for error messages.

Two readers for CSV give the same cells. The standard library's reads everything that is valid CSV. Polars,
where it is installed, takes the plain files (no quotes, no blank lines, every row of the same length), which
is most large ones, in half the time; whatever is not plain goes to the standard library, which also words the
complaint. Types are given afterwards, by :mod:`privml.cli.columns`, to the cells of either.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from privml._wording import count_text
from privml.cli.columns import MISSING, Column, clean_cells, is_number, type_column
from privml.errors import DataError

if TYPE_CHECKING:
    import polars

__all__ = ["Table", "read_table"]


class Table:
    """Named columns of equal length.

    Parameters
    ----------
    path : pathlib.Path
        The file it came from, for messages.
    names : sequence of str
        Column names in the file's order.
    cells : sequence of sequences of (str or None)
        One sequence of cells for every column.
    lines : sequence of int, optional
        Line of the file at which each row starts; without it rows are numbered from 1.
    typed : dict of str to Column, optional
        Columns whose type the file itself gives (Parquet).
    """

    def __init__(
        self,
        path: Path,
        names: Sequence[str],
        cells: Sequence[Sequence[str | None]],
        lines: Sequence[int] | None = None,
        typed: dict[str, Column] | None = None,
    ) -> None:
        self.path = path
        self.names = list(names)
        self._cells = dict(zip(names, cells, strict=True))
        self._lines = lines
        self._typed = {} if typed is None else dict(typed)
        self.rows = len(cells[0]) if cells else 0

    def __len__(self) -> int:
        """Count the rows."""
        return self.rows

    @property
    def states_types(self) -> bool:
        """Whether the file says what its columns hold, and not only the cells."""
        return self._lines is None

    def cells(self, name: str) -> Sequence[str | None]:
        """Cells of a column as they stand in the file."""
        return self._cells[self._check(name)]

    def column(self, name: str) -> Column:
        """Typed column of that name; `DataError` when there is none."""
        if name not in self._typed:
            self._typed[name] = type_column(name, self._cells[self._check(name)])
        return self._typed[name]

    def where(self, row: int) -> str:
        """Name a row's place for a message: the file, and its line (its number if there are no lines)."""
        if self._lines is None:
            return f"{self.path}, row {row + 1}"
        return f"{self.path}, line {self._lines[row]}"

    def _check(self, name: str) -> str:
        if name not in self._cells:
            shown = ", ".join(self.names[:12]) + (", ..." if len(self.names) > 12 else "")
            raise DataError(f"{self.path} has no column {name!r}; it has: {shown}")
        return name


def read_table(path: Path, delimiter: str = ",", *, empty: bool = False) -> Table:
    """Read a CSV (UTF-8, first line the header) or Parquet file.

    Parameters
    ----------
    path : pathlib.Path
        A file ending in ``.csv``, ``.tsv``, ``.txt`` or ``.parquet``.
    delimiter : str
        What stands between the cells of a CSV.
    empty : bool
        Allow a table without rows.

    Returns
    -------
    Table
        Its columns, at least one, and rows, at least one unless `empty`.

    Raises
    ------
    DataError
        When the file is not what it should be; the message names the line.
    """
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        table = _read_parquet(path)
    elif suffix in (".csv", ".tsv", ".txt"):
        table = _read_csv(path, delimiter)
    else:
        raise DataError(
            f"{path}: only .csv and .parquet files are read, not {suffix or 'files without an ending'}"
        )
    if table.rows == 0 and not empty:
        raise DataError(f"{path} has a header and no rows")
    return table


def _read_csv(path: Path, delimiter: str) -> Table:
    data = path.read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: not UTF-8 text (byte {data[error.start]:#04x})") from None
    if not text.strip():
        raise DataError(f"{path} is empty")
    if find_spec("polars") is not None:
        table = _read_plain_csv(path, data, delimiter)
        if table is not None:
            return table
    return _read_any_csv(path, text, delimiter)


HEADER_WANTED = "the first line must hold column names"


def _check_header(names: Sequence[str], path: Path, line: int) -> list[str]:
    """Check the first line of a CSV: a row of data taken for names would be shown and sent about as such."""
    place = f"{path}, line {line}"
    present = [name.strip() for name in names if name.strip().lower() not in MISSING]
    # A decimal comma makes a number too.
    if present and all(is_number(name.replace(",", ".")) for name in present):
        raise DataError(f"{place}: numbers only, and {HEADER_WANTED}")
    return _check_names(names, place, f"; {HEADER_WANTED}")


def _check_names(names: Sequence[str], place: str, advice: str = "") -> list[str]:
    stripped = [name.strip() for name in names]
    seen: set[str] = set()
    for number, name in enumerate(stripped, start=1):
        if not name:
            raise DataError(f"{place}: column {number} has no name{advice}")
        if name in seen:
            raise DataError(f"{place}: two columns are called {name!r}{advice}")
        seen.add(name)
    return stripped


def _read_any_csv(path: Path, text: str, delimiter: str) -> Table:
    """Read any valid CSV with the standard library."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    rows: list[list[str]] = []
    lines: list[int] = []
    started = 1
    try:
        for row in reader:
            line, started = started, reader.line_num + 1
            if not row:
                continue
            if names is None:
                names = _check_header(row, path, line)
            elif len(row) != len(names):
                raise DataError(
                    f"{path}, line {line}: {count_text(len(row), 'cell')} where the header has {len(names)}"
                )
            else:
                rows.append(row)
                lines.append(line)
    except csv.Error as error:
        raise DataError(f"{path}, line {started}: {error}") from None
    if names is None:
        raise DataError(f"{path} is empty")
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    return Table(path, names, columns, lines)


def _read_plain_csv(path: Path, data: bytes, delimiter: str) -> Table | None:
    """Read a CSV that needs no care with Polars; None when it is not so plain."""
    body = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    body = body.removesuffix(b"\n")
    separator = delimiter.encode()
    if b'"' in body or b"\r" in body or b"\n\n" in body or body.startswith(b"\n") or body.endswith(b"\n"):
        return None
    header, _, rest = body.partition(b"\n")
    width, height = header.count(separator) + 1, rest.count(b"\n") + 1
    # A short row and a long one could hide each other in the count; Polars refuses the long one below.
    if width < 2 or not rest or rest.count(separator) != height * (width - 1):
        return None
    import polars

    names = _check_header(header.decode("utf-8").split(delimiter), path, 1)
    try:
        frame = polars.read_csv(
            rest,
            has_header=False,
            separator=delimiter,
            infer_schema=False,
            quote_char=None,
            truncate_ragged_lines=False,
        )
    except polars.exceptions.PolarsError:
        return None
    if frame.shape != (height, width):
        return None
    cells = [column.fill_null("").to_list() for column in frame.get_columns()]
    return Table(path, names, cells, range(2, height + 2))


def _read_parquet(path: Path) -> Table:
    if find_spec("polars") is None:
        raise DataError(f"{path}: reading Parquet needs Polars: pip install polars")
    import polars

    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        frame = polars.read_parquet(path, glob=False)
    except polars.exceptions.PolarsError as error:
        raise DataError(f"{path} is not a Parquet file that can be read: {error}") from None
    columns = [_parquet_column(path, series) for series in frame.get_columns()]
    names = _check_names(frame.columns, str(path))
    typed = {
        name: Column(name, column.kind, column.texts) for name, column in zip(names, columns, strict=True)
    }
    return Table(path, names, [column.texts for column in columns], None, typed)


def _parquet_column(path: Path, series: polars.Series) -> Column:
    """Give a column the type the file says, in the words of :mod:`privml.cli.columns`."""
    import polars

    dtype = series.dtype
    if series.null_count() == len(series):
        return Column(series.name, "empty", [None] * len(series))
    if dtype == polars.Boolean or dtype.is_integer():
        cells = ["" if value is None else str(value).lower() for value in series.to_list()]
        return Column(series.name, "boolean" if dtype == polars.Boolean else "integer", clean_cells(cells))
    if dtype.is_float() or dtype.is_decimal():
        cells = ["" if value is None else repr(value) for value in series.cast(polars.Float64).to_list()]
        return Column(series.name, "number", clean_cells(cells))
    if dtype in (polars.String, polars.Categorical, polars.Enum):
        return Column(series.name, "text", clean_cells(series.cast(polars.String).to_list()))
    raise DataError(
        f"{path}: column {series.name!r} is of type {dtype}; only numbers, booleans and text are read"
    )
