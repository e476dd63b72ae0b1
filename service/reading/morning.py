"""An account's morning: one reading for the page and the message that goes out before nine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from service import books
from service.reading.needs import Need, needs
from service.reading.nights import NightOutcome, nights
from service.reading.summary import Summary, summary_of
from service.store import ledger, proposals, runs
from service.store.rows import LedgerDay, RunRow

SHOWN_NIGHTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What needs a person, tonight's plan, the nights before and the ledger."""

    day: date
    needs: tuple[Need, ...]
    night: RunRow | None
    summary: Summary | None
    outcomes: tuple[NightOutcome, ...]
    days: tuple[LedgerDay, ...]
    ledger: books.Opened

    @property
    def last(self) -> NightOutcome | None:
        """The newest night before today whose day has figures."""
        past = (one for one in self.outcomes if one.spend_fen is not None and one.date < self.day)
        return next(past, None)


def morning_of(session: Session, account_id: str, day: date, stop_file: Path) -> Morning:
    """The morning of ``day``, the account's today."""
    first = day - timedelta(days=SHOWN_NIGHTS)
    newest = proposals.page(session, account_id=account_id, kind="night", limit=1)
    return Morning(
        day=day,
        needs=needs(session, account_id, day, stop_file),
        night=next(iter(runs.page(session, account_id=account_id, limit=1)), None),
        summary=summary_of(session, newest[0]) if newest else None,
        outcomes=tuple(nights(session, account_id, SHOWN_NIGHTS)),
        days=tuple(ledger.as_of(session, account_id, first, day)),
        ledger=books.open_at(session, account_id),
    )
