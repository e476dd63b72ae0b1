"""Who set which campaign budget on which day; kept beside the bids, in the same state file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from connectors.errors import RetryableError, SourceError
from connectors.sandbox.auction import FloatArray

_WAIT_SECONDS: Final = 30.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS budget_change (
    seq INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    campaign INTEGER NOT NULL,
    budget_fen INTEGER,
    actor TEXT NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class LoggedBudget:
    """One change: ``day`` is ``date.toordinal()``, ``campaign`` the market's index, None = no limit."""

    day: int
    campaign: int
    budget_fen: int | None
    actor: str


class BudgetLog:
    """Append-only log of budgets over the market's own; ``path`` is a file ``BidLog`` has opened.

    Raises SourceError when the file cannot be used, RetryableError while another process holds it.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._log: list[LoggedBudget] = []
        if path is not None:
            with self._connection(path) as db:
                db.execute(_SCHEMA)
                self._read_new(db)

    @property
    def version(self) -> int:
        """Grows with every change that has been read."""
        return len(self._log)

    def refresh(self) -> None:
        """Read what other processes have appended."""
        if self._path is not None:
            with self._connection(self._path) as db:
                self._read_new(db)

    def append(self, change: LoggedBudget) -> None:
        """Add a change for good."""
        if self._path is None:
            self._log.append(change)
            return
        with self._connection(self._path) as db:
            db.execute(
                "INSERT INTO budget_change (day, campaign, budget_fen, actor) VALUES (?, ?, ?, ?)",
                (change.day, change.campaign, change.budget_fen, change.actor),
            )
            self._read_new(db)

    def changes(self) -> Sequence[LoggedBudget]:
        """The log in the order in which it was written."""
        return tuple(self._log)

    def budgets_on(self, day: int, own_fen: FloatArray) -> FloatArray:
        """(C,) budgets in force on ``day``, fen, inf = no limit; ``own_fen`` where never changed."""
        budgets = own_fen.copy()
        for change in self._log:
            if change.day <= day:
                limit = np.inf if change.budget_fen is None else float(change.budget_fen)
                budgets[change.campaign] = limit
        return budgets

    def _read_new(self, db: sqlite3.Connection) -> None:
        rows = db.execute(
            "SELECT day, campaign, budget_fen, actor FROM budget_change ORDER BY seq "
            "LIMIT -1 OFFSET ?",
            (len(self._log),),
        )
        self._log.extend(LoggedBudget(*row) for row in rows)

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
                f"the budgets in the sandbox's state file {path} cannot be used ({error}); check "
                "that the folder can be written, or name another path in the connector's `state`"
            ) from error
