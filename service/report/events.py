"""What a person should know of a month: nights that failed or never were, stops, raises, roll-backs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.report.calendar import Month
from service.report.record import Event, EventKind, Undone
from service.settings.models import Account
from service.store import audit, interventions, proposals
from service.store.audit import AuditFilter
from service.store.rows import AuditRow, RunRow

GATE: Final = "gate"
MOST: Final = 200  # of one kind in a month
RESTORED: Final = "applied"
ON_RECORD: Final[dict[str, EventKind]] = {
    "stop_ordered": "stopped",
    "stop_lifted": "resumed",
    "limits_acknowledged": "limits",
    "authorisation_lost": "unauthorised",
    "authorisation_regained": "authorised",
    "proposal_override": "overridden",
}
ENDED_BADLY: Final = frozenset({"halted", "failed"})


def events_of(
    session: Session,
    account: Account,
    month: Month,
    nights: Sequence[RunRow],
    missed: Iterable[date],
) -> tuple[Event, ...]:
    """Everything of the month in order of date; ``nights`` are its runs, ``missed`` its days without."""
    found = (
        *_missed(missed),
        *(event for night in nights for event in _of_night(night)),
        *_on_record(session, account, month),
        *_applications(session, account, month),
        *_raises(session, account, month),
        *_elsewhere(session, account, month),
    )
    return tuple(sorted(found, key=lambda event: (event.day, not event.grave, event.kind)))


def rollbacks_of(session: Session, account: Account, month: Month) -> tuple[Undone, ...]:
    """The rollbacks that were asked for in the month, oldest first."""
    return tuple(
        Undone(
            day=_day(account, row.at),
            actor=row.actor,
            reason=row.reason or "",
            lines=int((row.after or {}).get("lines", 0)),
            left=int((row.after or {}).get("left", 0)),
            restored=_restored(session, row),
        )
        for row in _rows(session, account, month, "rollback_proposed")
    )


def _missed(days: Iterable[date]) -> Iterator[Event]:
    """One event for days in a row."""
    rows: list[list[date]] = []
    for day in sorted(days):
        if rows and day - rows[-1][-1] == timedelta(days=1):
            rows[-1].append(day)
        else:
            rows.append([day])
    for row in rows:
        yield Event(kind="missed", day=row[0], values={"count": len(row), "last": row[-1]})


def _of_night(night: RunRow) -> Iterator[Event]:
    if night.state == "failed":
        kind: EventKind = "stale" if night.step == GATE else "failed"
        yield Event(kind=kind, day=night.business_date, values={"cause": night.cause or ""})
    elif night.state == "succeeded" and night.attempt > 1:
        yield Event(kind="retried", day=night.business_date, values={"attempt": night.attempt})


def _on_record(session: Session, account: Account, month: Month) -> Iterator[Event]:
    for action, kind in ON_RECORD.items():
        for row in _rows(session, account, month, action):
            said = {"by": row.actor, "reason": row.reason or ""}
            yield Event(kind=kind, day=_day(account, row.at), values=said)


def _applications(session: Session, account: Account, month: Month) -> Iterator[Event]:
    for row in _rows(session, account, month, "application_ended"):
        if (row.after or {}).get("state") in ENDED_BADLY:
            yield Event(
                kind="halted", day=_day(account, row.at), values={"cause": row.reason or ""}
            )


def _raises(session: Session, account: Account, month: Month) -> Iterator[Event]:
    since, until = _bounds(account, month)
    for alert in interventions.alerts(session, account_id=account.id):
        if since <= alert.at < until:
            said = {"zh": alert.message_zh, "en": alert.message_en}
            yield Event(kind="raised", day=_day(account, alert.at), values=said)


def _elsewhere(session: Session, account: Account, month: Month) -> Iterator[Event]:
    """Bids that others changed: one event a day, with how many."""
    found: dict[date, int] = {}
    for row in _rows(session, account, month, "bid_changed_elsewhere", limit=100_000):
        day = _day(account, row.at)
        found[day] = found.get(day, 0) + 1
    for day, count in found.items():
        yield Event(kind="elsewhere", day=day, values={"count": count})


def _rows(
    session: Session, account: Account, month: Month, action: str, limit: int = MOST
) -> list[AuditRow]:
    """Events of the account, and of all accounts where they may be seen, oldest first."""
    since, until = _bounds(account, month)
    found = [
        row
        for account_id in (account.id, None)
        for row in audit.page(
            session,
            AuditFilter(account_id=account_id, action=action, since=since, until=until),
            limit=limit,
        )
        if row.account_id == account_id
    ]
    return sorted(found, key=lambda row: row.event_id)


def _bounds(account: Account, month: Month) -> tuple[datetime, datetime]:
    zone = ZoneInfo(account.timezone)
    after = month.last + timedelta(days=1)
    return datetime.combine(month.first, time(), zone), datetime.combine(after, time(), zone)


def _day(account: Account, at: datetime) -> date:
    return at.astimezone(ZoneInfo(account.timezone)).date()


def _restored(session: Session, row: AuditRow) -> int:
    if row.proposal_id is None:
        return 0
    return proposals.line_states(session, row.proposal_id).get(RESTORED, 0)
