"""The day's calls of an app, counted together by every process that uses the database."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Table, select

from service.store.call_tables import METADATA
from service.store.chunks import insert_or
from service.store.engine import Store

CALLS: Table = METADATA.tables["platform_calls"]


class StoredQuotaMeter:
    """Counts the calls of one app; a ``QuotaMeter`` of ``connectors.taobao``.

    Every call is a short transaction of its own, so a process that dies forgets none. It must not
    be used inside another transaction of the same thread: SQLite has one writer.
    """

    def __init__(self, store: Store, app_key: str) -> None:
        self._store = store
        self._app_key = app_key

    def used(self, day: date) -> int:
        """Calls made on ``day`` so far."""
        query = select(CALLS.c.calls).where(CALLS.c.app_key == self._app_key, CALLS.c.day == day)
        with self._store.read() as session:
            return session.scalar(query) or 0

    def add(self, day: date, n: int) -> None:
        """Count ``n`` more calls on ``day``."""
        with self._store.begin() as session:
            row = insert_or(session, CALLS).values(app_key=self._app_key, day=day, calls=n)
            session.execute(
                row.on_conflict_do_update(
                    index_elements=[CALLS.c.app_key, CALLS.c.day],
                    set_={"calls": CALLS.c.calls + row.excluded.calls},
                )
            )
