"""What approved batches brought: the words whose bids were set, on the day that they were set for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.report.record import Record, Worth
from service.report.totals import earned_fen
from service.store.months import BatchDay, BatchSums
from service.store.rows import StatedDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the words of sent bids did on their day, beside what was expected without and with them.

    ``contribution_fen`` counts the orders to come: the day's, shared out by clicks. It and
    ``spend_fen`` are None while the day is not on the ledger.
    """

    day: date
    key: str
    actor: str
    batches: int
    lines: int
    spend_without_fen: int
    spend_with_fen: int
    contribution_without_fen: int
    contribution_with_fen: int
    clicks: int
    orders: int
    spend_fen: int | None
    contribution_fen: int | None

    @property
    def profit_fen(self) -> int | None:
        """Contribution − spend as it came."""
        if self.spend_fen is None or self.contribution_fen is None:
            return None
        return self.contribution_fen - self.spend_fen

    @property
    def profit_without_fen(self) -> int:
        """What was expected of these words had their bids stayed."""
        return self.contribution_without_fen - self.spend_without_fen

    @property
    def profit_with_fen(self) -> int:
        """What was expected of them at the new bids."""
        return self.contribution_with_fen - self.spend_with_fen


def brought(record: Record) -> tuple[Brought, ...]:
    """Every batch that set a bid, oldest first."""
    booked = {day.date: day for day in record.ours.booked}
    came: dict[str, list[BatchDay]] = defaultdict(list)
    for row in record.batch_days:
        came[row.batch_id].append(row)
    return tuple(
        _one(batch, came[batch.batch_id], booked.get(batch.business_date), record.worth)
        for batch in record.batches
    )


def by_day(batches: Iterable[Brought]) -> tuple[Brought, ...]:
    """The batches of a day together, oldest first; ``actor`` names everybody who sent one."""
    found: dict[date, list[Brought]] = defaultdict(list)
    for one in batches:
        found[one.day].append(one)
    return tuple(_together(day, found[day]) for day in sorted(found))


def _one(
    batch: BatchSums,
    rows: Sequence[BatchDay],
    booked: StatedDay | None,
    worth: Mapping[str, Worth],
) -> Brought:
    clicks = sum(row.clicks for row in rows)
    contribution = None
    if booked is not None:
        share = clicks / booked.clicks if booked.clicks else 0.0
        earned = earned_fen(((row.adgroup_id, row.revenue_fen) for row in rows), worth)
        contribution = earned + round(booked.waiting_fen * share)
    return Brought(
        day=batch.business_date,
        key=batch.batch_id,
        actor=batch.actor,
        batches=1,
        lines=batch.lines,
        spend_without_fen=batch.spend_before_fen,
        spend_with_fen=batch.spend_after_fen,
        contribution_without_fen=batch.contribution_before_fen,
        contribution_with_fen=batch.contribution_after_fen,
        clicks=clicks,
        orders=sum(row.orders for row in rows),
        spend_fen=None if booked is None else sum(row.spend_fen for row in rows),
        contribution_fen=contribution,
    )


def _together(day: date, rows: Sequence[Brought]) -> Brought:
    return Brought(
        day=day,
        key=day.isoformat(),
        actor=", ".join(sorted({row.actor for row in rows})),
        batches=sum(row.batches for row in rows),
        lines=sum(row.lines for row in rows),
        spend_without_fen=sum(row.spend_without_fen for row in rows),
        spend_with_fen=sum(row.spend_with_fen for row in rows),
        contribution_without_fen=sum(row.contribution_without_fen for row in rows),
        contribution_with_fen=sum(row.contribution_with_fen for row in rows),
        clicks=sum(row.clicks for row in rows),
        orders=sum(row.orders for row in rows),
        spend_fen=_sum(row.spend_fen for row in rows),
        contribution_fen=_sum(row.contribution_fen for row in rows),
    )


def _sum(values: Iterable[int | None]) -> int | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)
