"""The ledger of a month: day by day and together, held against what the rules permitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from service.ledger import Interval, LedgerState, permitted, together
from service.reading.nights import NightOutcome
from service.report.record import Record
from service.report.totals import settled_loss
from service.store.rows import DayTotals, StatedDay

Verdict = Literal["profit", "within", "beyond"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the month of which anything is known; money in fen.

    ``ours`` says that kaiche's nights served it. Only then are there sums so far: of the losses with
    their interval, of the losses if no further order came, and of what the rules permitted.
    ``allowed_fen`` is what the night's plan was allowed to lose on the day.
    """

    date: date
    ours: bool
    figures: DayTotals | None
    booked: StatedDay | None
    night: NightOutcome | None
    loss: Interval | None = None
    loss_so_far: Interval | None = None
    settled_so_far_fen: int | None = None
    permitted_so_far_fen: int | None = None
    allowed_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What became of the allowance. ``permitted_fen`` is the most that the booked days together were
    allowed to lose; ``over`` counts the days that lost more than a day's amount.
    """

    terms: LedgerState
    days: int
    permitted_fen: int
    loss: Interval
    over: int
    changed: bool

    @property
    def verdict(self) -> Verdict:
        """How the expected loss stands to what was permitted."""
        if self.loss.fen <= 0:
            return "profit"
        return "within" if self.loss.fen <= self.permitted_fen else "beyond"

    @property
    def certain(self) -> bool:
        """Whether the whole interval says the same."""
        ends = {
            "profit": self.loss.p95_fen <= 0,
            "within": self.loss.p95_fen <= self.permitted_fen,
            "beyond": self.loss.p05_fen > self.permitted_fen,
        }
        return ends[self.verdict]


def days_of(record: Record) -> tuple[Day, ...]:
    """Every known day of the month in order, those before kaiche's first night included."""
    night_of = {night.date: night for night in record.nights}
    theirs = [
        Day(date=at, ours=False, figures=figures, booked=booked, night=None)
        for at, (figures, booked) in _known(record.before.days, record.before.booked).items()
    ]
    ours: list[Day] = []
    so_far: list[StatedDay] = []
    may = _permitted(record)
    for at, (figures, booked) in _known(record.ours.days, record.ours.booked, night_of).items():
        night, terms = night_of.get(at), record.terms.get(at)
        allowed = terms.tonight_fen if terms else None
        if booked is None:
            day = Day(
                date=at, ours=True, figures=figures, booked=None, night=night, allowed_fen=allowed
            )
            ours.append(day)
            continue
        so_far.append(booked)
        ours.append(
            Day(
                date=at,
                ours=True,
                figures=figures,
                booked=booked,
                night=night,
                loss=together(booked.loss_fen, [booked]),
                loss_so_far=together(sum(one.loss_fen for one in so_far), so_far),
                settled_so_far_fen=settled_loss(so_far),
                permitted_so_far_fen=may.get(at),
                allowed_fen=allowed,
            )
        )
    return (*theirs, *ours)


def use_of(record: Record) -> Use | None:
    """The allowance's month; None when no night had one, or no day of it is on the ledger yet."""
    may = _permitted(record)
    if not may:
        return None
    booked = record.ours.booked
    in_force = _terms(record)
    stated = {
        (one.amount_fen, one.window_days, one.window_cap_fen) for one in record.terms.values()
    }
    return Use(
        terms=record.terms[max(record.terms)],
        days=len(booked),
        permitted_fen=may[booked[-1].date],
        loss=together(sum(day.loss_fen for day in booked), booked),
        over=sum(day.loss_fen > in_force[day.date].amount_fen for day in booked),
        changed=len(stated) > 1,
    )


def _known(
    days: Sequence[DayTotals], booked: Sequence[StatedDay], others: Mapping[date, object] = {}
) -> dict[date, tuple[DayTotals | None, StatedDay | None]]:
    figures, ledger = {day.date: day for day in days}, {day.date: day for day in booked}
    dates = sorted({*figures, *ledger, *others})
    return {at: (figures.get(at), ledger.get(at)) for at in dates}


def _terms(record: Record) -> dict[date, LedgerState]:
    """The terms in force on every booked day: its night's, or the nearest night's before or after."""
    nights = sorted(record.terms)
    found = {}
    for day in record.ours.booked if nights else ():
        before = [at for at in nights if at <= day.date]
        found[day.date] = record.terms[before[-1] if before else nights[0]]
    return found


def _permitted(record: Record) -> dict[date, int]:
    """Date → the most that the booked days up to it were allowed to lose together.

    Where the terms change the days before keep what they were permitted under theirs.
    """
    found: dict[date, int] = {}
    base, since, last = 0, date.min, None
    for at, terms in _terms(record).items():
        stated = (
            terms.amount_fen,
            terms.window_days,
            terms.window_cap_fen,
            terms.window_first is None,
        )
        if stated != last:
            base, since, last = max(found.values(), default=0), at, stated
        found[at] = base + permitted((at - since) // timedelta(days=1) + 1, terms)
    return found
