"""Reading what is on record of a month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from sqlalchemy.orm import Session

from connectors.platform import AdgroupRow
from service import economics
from service.ledger import LedgerState, from_record
from service.reading.nights import MOVING, outcomes
from service.report import events
from service.report.calendar import Month
from service.report.record import Record, Span, Worth
from service.settings.models import Account
from service.store import facts, ledger, months, proposals, roster, runs
from service.store.rows import ProposalRow, RunRow


def newest_month(session: Session, account_id: str, today: date) -> Month:
    """The month of the newest day that has figures; without any, that of ``today``."""
    known = months.known(session, account_id)
    return Month.holding(today if known is None else known[1])


def known_months(session: Session, account_id: str, most: int) -> tuple[Month, ...]:
    """The months that have figures, newest first, at most ``most``."""
    known = months.known(session, account_id)
    if known is None:
        return ()
    found: list[Month] = []
    month = Month.holding(known[1])
    while month >= Month.holding(known[0]) and len(found) < most:
        found.append(month)
        month = month.before
    return tuple(found)


def gather(session: Session, account: Account, month: Month, today: date) -> Record:
    """Everything that is on record of ``month``; ``today`` is the account's day."""
    begun = runs.first_day(session, account.id)
    start = month.after.first if begun is None else min(max(month.first, begun), month.after.first)
    ours = _span(session, account.id, start, month.last)
    before = _span(session, account.id, month.first, start - timedelta(days=1))
    previous = _span(session, account.id, month.before.first, month.before.last)
    nights = _nights(session, account.id, month)
    plans = _plans(session, account.id, month)
    served = ours if ours.days else before
    words = months.by_keyword(session, account.id, served.first, served.last)
    return Record(
        account_id=account.id,
        name=account.name,
        month=month,
        today=today,
        first_night=begun,
        ours=ours,
        before=before,
        previous=previous,
        worth=_worth(session, account, (ours, before, previous)),
        campaigns=roster.names(session, account.id, {row.campaign_id for row in served.adgroups}),
        keywords=tuple(words),
        texts=months.words(session, account.id, (word.keyword_id for word in words)),
        nights=tuple(reversed(outcomes(session, account.id, plans))),
        terms={plan.business_date: terms for plan in plans if (terms := _terms(plan))},
        decided=tuple(months.decided(session, account.id, month.first, month.last, MOVING)),
        batches=tuple(months.batches(session, account.id, month.first, month.last)),
        batch_days=tuple(months.batch_days(session, account.id, month.first, month.last)),
        rollbacks=events.rollbacks_of(session, account, month),
        events=events.events_of(
            session, account, month, nights, _missed(nights, start, month, today)
        ),
        runs=len(nights),
    )


def _span(session: Session, account_id: str, first: date, last: date) -> Span:
    if last < first:
        return Span(first=first, last=last)
    return Span(
        first=first,
        last=last,
        days=tuple(facts.day_totals(session, account_id, first, last)),
        booked=tuple(ledger.as_of(session, account_id, first, last)),
        adgroups=tuple(months.by_adgroup(session, account_id, first, last)),
    )


def _nights(session: Session, account_id: str, month: Month) -> list[RunRow]:
    found = runs.page(
        session, account_id=account_id, before=(month.after.first, ""), limit=month.length
    )
    return [run for run in reversed(found) if run.business_date >= month.first]


def _plans(session: Session, account_id: str, month: Month) -> list[ProposalRow]:
    """The plans of the month's nights, newest first."""
    found = proposals.page(
        session,
        account_id=account_id,
        kind="night",
        before=(month.after.first, ""),
        limit=month.length,
    )
    return [plan for plan in found if plan.business_date >= month.first]


def _terms(plan: ProposalRow) -> LedgerState | None:
    allowance = plan.policy.get("allowance")
    return from_record(LedgerState, allowance) if allowance else None


def _missed(nights: Iterable[RunRow], start: date, month: Month, today: date) -> Iterator[date]:
    """Days of the month since the first night, before today, that no night was begun for."""
    begun = {night.business_date for night in nights}
    day = start
    while day <= month.last and day < today:
        if day not in begun:
            yield day
        day += timedelta(days=1)


def _worth(session: Session, account: Account, spans: Iterable[Span]) -> dict[str, Worth]:
    """What every adgroup's turnover leaves, at the margins that the configuration states now."""
    seen = sorted({row.adgroup_id for span in spans for row in span.adgroups})
    named = {row.adgroup_id: row for row in roster.adgroups(session, account.id)}
    rows = [
        named.get(name) or AdgroupRow(adgroup_id=name, campaign_id="", name="") for name in seen
    ]
    margins = economics.margins(account, rows)
    return {
        row.adgroup_id: Worth(
            margin_rate=margins[row.adgroup_id].margin_rate,
            organic_rate=margins[row.adgroup_id].organic_rate,
            refund_rate=economics.entry_for(account, row.adgroup_id, row.item_id).refund_rate,
        )
        for row in rows
    }
