"""The file: one SQLite table of entries, appended to in immediate transactions.

A commit returns when the disk has it: rollback journal, ``synchronous=EXTRA`` (FULL, and the directory is
flushed after the journal is deleted; with FULL alone a power cut just after a commit may bring the journal
back, which undoes the commit; https://sqlite.org/pragma.html#pragma_synchronous). ``BEGIN IMMEDIATE`` takes
the write lock before anything is read, so of two processes that want the last of a budget one waits and then
sees the other's entry. Every operation opens its own connection: nothing is carried across a fork or between
threads.

SQLite's locks hold on local file systems; on many network file systems they do not.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from privml.dp.ledger.chain import Entry
from privml.errors import LedgerError, LedgerTamperedError

__all__ = ["Store"]

SCHEMA = (
    "CREATE TABLE entries "
    "(sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL, signature BLOB)"
)
APPLICATION = 0x70_76_6D_6C  # "pvml"


class Store:
    """A ledger's file.

    Parameters
    ----------
    path : path-like
        Where it is.
    timeout : float
        Seconds to wait for another process's transaction.
    """

    def __init__(self, path: str | os.PathLike[str], timeout: float) -> None:
        # Absolute, so that a later chdir does not lead to another file.
        self.path = Path(os.path.abspath(os.fspath(path)))
        self._timeout = timeout
        self.was_ledger = False
        """Whether a ledger was found here before: what is none now was tampered with."""

    @contextlib.contextmanager
    def connection(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """Open the file in a transaction that is committed at the end and undone by an exception."""
        # A reader may have to undo what a killed writer left half done, and needs to write for that.
        writable = write or os.access(self.path, os.W_OK)
        address = f"file:{quote(str(self.path))}?mode={'rw' if writable else 'ro'}"
        try:
            database = sqlite3.connect(address, uri=True, timeout=self._timeout, isolation_level=None)
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: {error}") from None
        try:
            database.execute("PRAGMA trusted_schema=OFF")
            if write:
                database.execute("PRAGMA journal_mode=DELETE")
                database.execute("PRAGMA synchronous=EXTRA")
                database.execute("PRAGMA fullfsync=ON")
                if database.execute("PRAGMA synchronous").fetchone()[0] < 2:
                    raise LedgerError(f"{self.path}: SQLite does not write synchronously")
            database.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise LedgerError(f"{self.path}: {error}") from None
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB and not self.was_ledger:
                raise LedgerError(
                    f"{self.path} is not a ledger; if it was one, something has overwritten it"
                ) from None
            raise LedgerTamperedError(f"{self.path} is damaged or not a ledger: {error}") from None
        finally:
            database.close()

    def ensure_file(self) -> None:
        """Make an empty file, for its owner alone, where there is none."""
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def is_empty(database: sqlite3.Connection) -> bool:
    """Whether the file holds nothing at all: just made, or its maker was killed before the first commit."""
    return database.execute("SELECT name FROM sqlite_master LIMIT 1").fetchone() is None


def create_tables(database: sqlite3.Connection) -> None:
    """Make the table, in the transaction that writes the first entry."""
    database.execute(f"PRAGMA application_id={APPLICATION}")
    database.execute(SCHEMA)


def check_tables(database: sqlite3.Connection, path: Path) -> None:
    """Refuse a file with any other table, view, index or trigger: a trigger could undo what is written."""
    found = database.execute("SELECT sql FROM sqlite_master").fetchall()
    if found != [(SCHEMA,)]:
        if not found:
            raise LedgerError(f"{path} holds no ledger; give epsilon to create one")
        raise LedgerTamperedError(f"{path} does not have a ledger's one table, or has more than that")


def _entry(row: tuple[object, ...]) -> Entry:
    sequence, body, digest, signature = row
    if (
        isinstance(sequence, int)
        and isinstance(body, bytes)
        and isinstance(digest, bytes)
        and (signature is None or isinstance(signature, bytes))
    ):
        return Entry(sequence, body, digest, signature)
    raise LedgerTamperedError(f"entry {sequence} has columns of a wrong type")


def read_one(database: sqlite3.Connection, sequence: int) -> Entry | None:
    """Read one entry."""
    row = database.execute("SELECT * FROM entries WHERE sequence=?", (sequence,)).fetchone()
    return None if row is None else _entry(row)


def read_last(database: sqlite3.Connection) -> Entry | None:
    """Read the newest entry."""
    row = database.execute("SELECT * FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    return None if row is None else _entry(row)


def read_all(database: sqlite3.Connection) -> Iterator[Entry]:
    """Read every entry in order."""
    return map(_entry, database.execute("SELECT * FROM entries ORDER BY sequence"))


def append(database: sqlite3.Connection, entry: Entry) -> None:
    """Add an entry."""
    row = (entry.sequence, entry.body, entry.hash, entry.signature)
    database.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", row)
