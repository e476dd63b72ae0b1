"""The report of a month, worked out from what is on record. Pure: the same record, the same report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from service.report import batches, course, quality
from service.report.batches import Brought
from service.report.calendar import Month
from service.report.course import Day, Use
from service.report.quality import Quality
from service.report.record import Event, Record, Undone
from service.report.totals import Totals, earned_fen, totals_of
from service.store.months import Decided

SENT: Final = frozenset({"applied", "rolled_back"})
MOST_WORDS: Final = 100

# ahead: not begun. empty: nothing on record. before: a month that kaiche had no night in.
# running: not over. settling: over, orders still to come. settled: nothing will change.
State = Literal["ahead", "empty", "before", "running", "settling", "settled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSums:
    """A campaign's days; ``earned_fen`` is the contribution of the orders that are in."""

    campaign_id: str
    name: str
    impressions: int
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int
    earned_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSums:
    """A word's days; ``earned_fen`` is the contribution of the orders that are in."""

    keyword_id: str
    word: str
    campaign: str
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int
    earned_fen: int

    @property
    def gain_fen(self) -> int:
        """Contribution − spend; negative = loss."""
        return self.earned_fen - self.spend_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words that count, each list the largest first, at most ``MOST_WORDS`` long."""

    spend: tuple[WordSums, ...] = ()
    gain: tuple[WordSums, ...] = ()
    loss: tuple[WordSums, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonSums:
    """What the nights proposed for one reason and how much of it was sent; changes are of a day."""

    reason: str
    proposed: int
    sent: int
    raises: int
    cuts: int
    spend_change_fen: int
    contribution_change_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A month of an account. ``totals`` are of kaiche's days, or of the person's where it had none;
    ``before`` of the month's days before its first night, ``previous`` of the month before.
    ``as_of`` is the night that stated the ledger last.
    """

    account_id: str
    name: str
    month: Month
    state: State
    today: date
    as_of: date | None
    first_night: date | None
    totals: Totals | None
    before: Totals | None
    previous: Totals | None
    days: tuple[Day, ...]
    use: Use | None
    spend: Quality
    contribution: Quality
    campaigns: tuple[CampaignSums, ...]
    words: Words
    reasons: tuple[ReasonSums, ...]
    batches: tuple[Brought, ...]
    by_day: tuple[Brought, ...]
    rollbacks: tuple[Undone, ...]
    events: tuple[Event, ...]


def assemble(record: Record) -> Report:
    """Work out the report."""
    days = course.days_of(record)
    ours, before = totals_of(record.ours, record.worth), totals_of(record.before, record.worth)
    totals = ours or before
    sent = batches.brought(record)
    return Report(
        account_id=record.account_id,
        name=record.name or record.account_id,
        month=record.month,
        state=_state(record, ours, before),
        today=record.today,
        as_of=max(
            (day.stated_on for day in (*record.before.booked, *record.ours.booked)), default=None
        ),
        first_night=record.first_night,
        totals=totals,
        before=before if ours else None,
        previous=totals_of(record.previous, record.worth),
        days=days,
        use=course.use_of(record),
        spend=quality.spend_of(days),
        contribution=quality.contribution_of(days),
        campaigns=_campaigns(record),
        words=_words(record),
        reasons=_reasons(record.decided),
        batches=sent,
        by_day=batches.by_day(sent),
        rollbacks=record.rollbacks,
        events=record.events,
    )


def _state(record: Record, ours: Totals | None, before: Totals | None) -> State:
    if record.today < record.month.first:
        return "ahead"
    if ours is None:
        if before is not None:
            return "before"
        return "running" if record.runs else "empty"
    if record.today <= record.month.last:
        return "running"
    return "settled" if ours.settled else "settling"


def _campaigns(record: Record) -> tuple[CampaignSums, ...]:
    found = defaultdict(list)
    for row in (record.ours if record.ours.adgroups else record.before).adgroups:
        found[row.campaign_id].append(row)
    sums = [
        CampaignSums(
            campaign_id=campaign,
            name=record.campaigns.get(campaign, campaign),
            impressions=sum(row.impressions for row in rows),
            clicks=sum(row.clicks for row in rows),
            spend_fen=sum(row.spend_fen for row in rows),
            orders=sum(row.orders for row in rows),
            revenue_fen=sum(row.revenue_fen for row in rows),
            earned_fen=earned_fen(
                ((row.adgroup_id, row.revenue_fen) for row in rows), record.worth
            ),
        )
        for campaign, rows in found.items()
    ]
    return tuple(sorted(sums, key=lambda one: (-one.spend_fen, one.campaign_id)))


def _words(record: Record) -> Words:
    sums = [
        WordSums(
            keyword_id=row.keyword_id,
            word=record.texts.get(row.keyword_id, row.keyword_id),
            campaign=record.campaigns.get(row.campaign_id, row.campaign_id),
            clicks=row.clicks,
            spend_fen=row.spend_fen,
            orders=row.orders,
            revenue_fen=row.revenue_fen,
            earned_fen=earned_fen([(row.adgroup_id, row.revenue_fen)], record.worth),
        )
        for row in record.keywords
    ]
    return Words(
        spend=_first((one for one in sums if one.spend_fen), lambda one: one.spend_fen),
        gain=_first((one for one in sums if one.gain_fen > 0), lambda one: one.gain_fen),
        loss=_first((one for one in sums if one.gain_fen < 0), lambda one: -one.gain_fen),
    )


def _reasons(decided: Iterable[Decided]) -> tuple[ReasonSums, ...]:
    found = defaultdict(list)
    for row in decided:
        found[row.reason].append(row)
    sums = []
    for reason, rows in found.items():
        sent = [row for row in rows if row.state in SENT]
        sums.append(
            ReasonSums(
                reason=reason,
                proposed=sum(row.lines for row in rows),
                sent=sum(row.lines for row in sent),
                raises=sum(row.raises for row in sent),
                cuts=sum(row.cuts for row in sent),
                spend_change_fen=sum(row.spend_change_fen for row in sent),
                contribution_change_fen=sum(row.contribution_change_fen for row in sent),
            )
        )
    return tuple(sorted(sums, key=lambda one: (-one.sent, -one.proposed, one.reason)))


def _first(words: Iterable[WordSums], by: Callable[[WordSums], int]) -> tuple[WordSums, ...]:
    return tuple(sorted(words, key=lambda one: (-by(one), one.keyword_id))[:MOST_WORDS])
