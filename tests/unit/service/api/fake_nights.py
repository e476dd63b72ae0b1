"""Nights that are started by saying so, and carried out by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from service.audit import Origin
from service.settings.models import Account
from service.store import Store, runs
from service.store.rows import RunRow


class FakeNights:
    """``fresh`` makes the row of a run from its id and its night; ``tonight`` where none is named."""

    steps = ("open", "pull", "save")

    def __init__(self, store: Store, fresh: Callable[..., RunRow], tonight: date) -> None:
        self._store, self._fresh, self._tonight = store, fresh, tonight
        self.stopped = False

    def start(self, of: Account, business_date: date | None, asked: Origin) -> RunRow:
        night = business_date or self._tonight
        with self._store.begin() as session:
            known = runs.find(session, of.id, night)
            if known is not None:
                return known
            fresh = self._fresh(
                f"run-{of.id}-{night}",
                night,
                account_id=of.id,
                state="running",
                trigger=asked.source,
            )
            return runs.open_run(session, fresh, is_gone=lambda _: False)[0]

    def stop(self) -> None:
        self.stopped = True
