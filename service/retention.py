"""Old figures give way, as the owner's retention says, and the record says from when they are whole.

What the next nights and the ledger look at is never dropped, however short the owner's days are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from service import audit
from service.audit import Origin
from service.books import LEDGER_DAYS
from service.errors import NotFoundError
from service.inputs import Given
from service.settings.models import Account
from service.settings.retention import Retention
from service.store import Store, facts, retention
from service.store import audit as events
from service.store.audit import AuditFilter
from service.store.rows import RunRow

LONGEST_ATTRIBUTION = 30  # days


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What gives way of an account: versions of days before ``versions_from``, days before ``facts_from``.

    None = kept for ever. ``versions`` and ``facts`` count by business day.
    """

    account_id: str
    versions_from: date | None
    facts_from: date | None
    versions: dict[date, int]
    facts: dict[date, int]

    @property
    def rows(self) -> int:
        """How many rows give way, those of whole days counted once."""
        kept = {day: n for day, n in self.versions.items() if day not in self.facts}
        return sum(kept.values()) + sum(self.facts.values())


def due(session: Session, account: Account, wanted: Retention, today: date) -> Compaction:
    """What would give way of an account on ``today``, a business day of the account."""
    needed = account.history_days + LONGEST_ATTRIBUTION
    versions_from = _from(today, wanted.versions_days, needed)
    facts_from = _from(today, wanted.facts_days, max(needed, LEDGER_DAYS))
    return Compaction(
        account_id=account.id,
        versions_from=versions_from,
        facts_from=facts_from,
        versions=retention.superseded_days(session, account.id, versions_from)
        if versions_from
        else {},
        facts=retention.known_days(session, account.id, facts_from) if facts_from else {},
    )


def carry_out(store: Store, compaction: Compaction, origin: Origin) -> None:
    """Put on record what gives way, then drop it day by day; may be repeated after a crash."""
    if not compaction.rows:
        return
    with store.begin() as session:
        events.append(
            session,
            [
                audit.facts_compacted(
                    origin,
                    account_id=compaction.account_id,
                    kept_from={
                        "versions_from": compaction.versions_from,
                        "facts_from": compaction.facts_from,
                    },
                    rows=compaction.rows,
                )
            ],
        )
    for day in compaction.facts:
        with store.begin() as session:
            retention.drop_day(session, compaction.account_id, day)
    for day in compaction.versions.keys() - compaction.facts.keys():
        with store.begin() as session:
            retention.drop_superseded(session, compaction.account_id, day)


def whole_from(session: Session, account_id: str) -> date | None:
    """The first business day whose versions have all been kept; None = all of them were."""
    wanted = AuditFilter(account_id=account_id, action="facts_compacted")
    told = [event.after or {} for event in events.page(session, wanted, limit=10_000)]
    days = [day for after in told for day in (after["versions_from"], after["facts_from"]) if day]
    return date.fromisoformat(max(days)) if days else None


def require_whole(session: Session, run: RunRow, given: Given) -> None:
    """Raise NotFoundError unless all the figures that a night saw are still stored, as it saw them."""
    if run.cutoff_at is None:
        return
    first, last = given.as_of - timedelta(days=given.history_days), given.as_of - timedelta(days=1)
    missing = facts.missing_since(session, run.account_id, first, last, run.cutoff_at)
    if not missing:
        return
    kept_from = whole_from(session, run.account_id)
    compacted = kept_from is not None and min(missing) < kept_from
    why = (
        f"figures of days before {kept_from} were compacted "
        "(`kaiche audit --action facts_compacted`)"
        if compacted
        else "no compaction let them go: somebody changed the database, a backup may have them"
    )
    raise NotFoundError(
        f"the night {run.business_date} of {run.account_id} cannot be decided again, so nothing was "
        f"compared: of the figures that it saw, {sum(missing.values())} keyword-days on "
        f"{len(missing)} days from {min(missing)} to {max(missing)} are not stored any more; {why}"
    )


def _from(today: date, days: int | None, needed: int) -> date | None:
    return None if days is None else today - timedelta(days=max(days, needed))
