"""Who set which bid on which day: the sandbox platform's only state.

Kept in memory, and in a SQLite file when a path is given, so that several processes, days apart,
see the same shop. Every write is one transaction; readers pick up what other processes appended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from connectors.errors import PermanentError, RetryableError, SourceError
from connectors.sandbox.auction import IntArray

_FORMAT: Final = "1"
_WAIT_SECONDS: Final = 30.0
_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE bid_change (
    seq INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    keyword INTEGER NOT NULL,
    bid_fen INTEGER NOT NULL,
    actor TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class LoggedBid:
    """One change: ``day`` is ``date.toordinal()``, ``keyword`` the market's index."""

    day: int
    keyword: int
    bid_fen: int
    actor: str


class BidLog:
    """Append-only log of bids; ``identity`` says which shop it belongs to.

    ``begin`` writes the past of a shop that does not exist yet, and is called at most once for a
    file, whichever process comes first. Raises SourceError when the file is not such a log,
    PermanentError when it belongs to another shop, RetryableError while another process holds it.
    """

    def __init__(
        self,
        path: Path | None,
        identity: Mapping[str, int | str],
        begin: Callable[[], tuple[int, Sequence[LoggedBid]]],
    ) -> None:
        self._path = path
        self._identity = {key: str(value) for key, value in identity.items()}
        self._log: list[LoggedBid] = []
        self._table: IntArray = np.zeros((0, 3), dtype=np.int64)
        if path is None:
            self.first_day, past = begin()
            self._log.extend(past)
        else:
            self.first_day = self._open(path, begin)

    @property
    def version(self) -> int:
        """Grows with every change that has been read."""
        return len(self._log)

    def refresh(self) -> None:
        """Read what other processes have appended."""
        if self._path is None:
            return
        with self._connection(self._path) as db:
            self._read_new(db)

    def append(self, changes: Sequence[LoggedBid]) -> None:
        """Add changes for good; all of them or, on an error, none."""
        if self._path is None:
            self._log.extend(changes)
            return
        with self._connection(self._path) as db:
            with db:
                db.execute("BEGIN IMMEDIATE")
                _insert(db, changes)
            self._read_new(db)

    def changes(self, start: int = 0) -> Sequence[LoggedBid]:
        """The log from its ``start``-th entry on, in the order in which it was written."""
        return tuple(self._log[start:])

    def bids_on(self, day: int, keywords: int) -> IntArray:
        """(keywords,) bids in force on ``day``, fen; 0 before a word's first bid."""
        if len(self._table) != len(self._log):
            rows = [(c.day, c.keyword, c.bid_fen) for c in self._log]
            table = np.array(rows, dtype=np.int64).reshape(-1, 3)
            self._table = table[np.argsort(table[:, 0], kind="stable")]
        past = self._table[self._table[:, 0] <= day]
        bids = np.zeros(keywords, dtype=np.int64)
        bids[past[:, 1]] = past[:, 2]  # repeated words: the last entry stays
        return bids

    def _open(self, path: Path, begin: Callable[[], tuple[int, Sequence[LoggedBid]]]) -> int:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError(
                f"the sandbox's state file {path} cannot be created ({error.strerror}); "
                "name another path in the connector's `state`"
            ) from error
        with self._connection(path) as db:
            with db:
                db.execute("BEGIN IMMEDIATE")
                if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                    self._create(db, begin)
            meta = dict(db.execute("SELECT key, value FROM meta").fetchall())
            self._check_identity(path, meta)
            self._read_new(db)
            return int(meta["first_day"])

    def _create(
        self, db: sqlite3.Connection, begin: Callable[[], tuple[int, Sequence[LoggedBid]]]
    ) -> None:
        first_day, past = begin()
        for statement in _SCHEMA.strip().split(";\n"):
            db.execute(statement)
        meta = {"format": _FORMAT, "first_day": str(first_day), **self._identity}
        db.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
        _insert(db, past)

    def _check_identity(self, path: Path, meta: Mapping[str, str]) -> None:
        wanted = {"format": _FORMAT, **self._identity}
        for key, value in wanted.items():
            if meta.get(key) != value:
                raise PermanentError(
                    f"the sandbox's state file {path} belongs to another shop: its {key} is "
                    f"{meta.get(key, 'missing')}, the configuration says {value}; restore the "
                    "setting, name another `state` path, or delete the file to start anew"
                )

    def _read_new(self, db: sqlite3.Connection) -> None:
        rows = db.execute(
            "SELECT day, keyword, bid_fen, actor FROM bid_change WHERE seq > ? ORDER BY seq",
            (len(self._log),),
        )
        self._log.extend(LoggedBid(*row) for row in rows)

    @contextmanager
    def _connection(self, path: Path) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as db:
                yield db
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise RetryableError(
                    f"another process is writing the sandbox's state file {path}", wait_seconds=5.0
                ) from error
            raise SourceError(
                f"the sandbox's state file {path} cannot be used ({error}); check that the folder "
                "can be written, or name another path in the connector's `state`"
            ) from error
        except sqlite3.DatabaseError as error:
            raise SourceError(
                f"the sandbox's state file {path} is not a sandbox's state ({error}); delete it to "
                "start a new shop, or name another path in the connector's `state`"
            ) from error


def _insert(db: sqlite3.Connection, changes: Sequence[LoggedBid]) -> None:
    db.executemany(
        "INSERT INTO bid_change (day, keyword, bid_fen, actor) VALUES (?, ?, ?, ?)",
        [(c.day, c.keyword, c.bid_fen, c.actor) for c in changes],
    )
