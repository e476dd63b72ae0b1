"""The ledger of the slight loss: what the window has used, and what tonight may still lose.

Windows. The allowance's days are cut into windows of ``window_days``, counted from ``start_date``;
without one they are counted back from ``end_date``, so that the last window ends with it. What is
left of the window's cap is spread evenly over the days left in it, and a night never gets more
than ``amount``. Besides, no ``window_days`` days in a row, whatever their alignment, may together
lose more than the cap: a window that spent late keeps the next one from spending early.

Profit. Losses and profits of the same days are netted, because the owner's promise is about what
the window costs altogether: a good day gives back what a bad one used. But a profit is never lent
out: used is at least zero, left at most the cap, and tonight at most ``amount``.

All money is integer fen, rounded against spending. Nothing here reads a clock: ``day`` is the day
that tonight's bids will serve, and only records before it count.

``assess`` is tonight's word, ``course`` the days behind it, one by one, with what is not yet known.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, floor, hypot, sqrt
from typing import Any, Literal, TypeVar

from service.settings.models import Allowance, Budgets
from service.store.rows import LedgerDay, StatedDay

Limit = Literal["amount", "window", "days_in_a_row", "not_started", "ended"]
Record = TypeVar("Record", "LedgerState", "DayBudget")
NORMAL_P95 = 1.6448536269514722
DATES = frozenset({"day", "start_date", "end_date", "window_first", "window_last"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """Tonight's allowance and every figure it came from. Money in fen.

    ``window_loss_fen`` and ``row_loss_fen`` are net (negative = profit): of the window so far, and
    of the ``window_days`` − 1 days before ``day``. ``used_fen`` is the larger of them, at least 0;
    ``left_fen`` is the rest of the cap. ``days_left`` counts ``day`` itself. ``days_known`` is how
    many days of the window so far have a record. ``limit`` says what set ``tonight_fen``.
    Outside ``start_date`` … ``end_date`` the window is None and nothing is left.
    """

    day: date
    start_date: date | None
    end_date: date
    amount_fen: int
    window_days: int
    window_cap_fen: int
    window_first: date | None
    window_last: date | None
    days_left: int
    days_known: int
    window_loss_fen: int
    row_loss_fen: int
    used_fen: int
    left_fen: int
    tonight_fen: int
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBudget:
    """Tonight's budget and what it came from, fen. ``monthly_fen`` None = no monthly cap."""

    day: date
    daily_fen: int
    monthly_fen: int | None
    spent_this_month_fen: int
    left_this_month_fen: int | None
    days_left: int
    tonight_fen: int
    limit: Literal["daily", "monthly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with the ends of its 90 % interval, fen."""

    fen: int
    p05_fen: int
    p95_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One day of the course, as the night of ``stated_on`` saw it.

    ``loss_so_far`` counts from ``since``: the first day of the allowance's window that the day lies
    in, outside the allowance's dates the first of its month. ``used_fen`` and ``left_fen`` are the
    cap's after the day, as ``assess`` has them the next morning; None outside the dates.
    """

    day: StatedDay
    since: date
    contribution: Interval
    loss: Interval
    loss_so_far: Interval
    used_fen: int | None
    left_fen: int | None


def assess(days: Iterable[LedgerDay], allowance: Allowance, day: date) -> LedgerState:
    """What the allowance leaves for the bids of ``day``.

    ``days`` in any order, each date at most once (ValueError otherwise); records on or after
    ``day`` are ignored.
    """
    window = _window(allowance, day)
    if window is None:
        started = allowance.start_date is None or allowance.start_date <= day
        return _closed(allowance, day, "ended" if started else "not_started")
    first, last = window
    losses = _losses(days, day)
    window_loss = sum(loss for when, loss in losses.items() if when >= first)
    row_first = day - timedelta(days=allowance.window_days - 1)
    row_loss = sum(loss for when, loss in losses.items() if when >= row_first)
    cap, amount = _fen(allowance.window_cap), _fen(allowance.amount)
    days_left = (last - day).days + 1
    offers: dict[Limit, int] = {
        "amount": amount,
        "window": _rest(cap, window_loss) // days_left,
        "days_in_a_row": _rest(cap, row_loss),
    }
    limit = min(offers, key=lambda name: offers[name])
    used = max(0, window_loss, row_loss)
    return LedgerState(
        day=day,
        start_date=allowance.start_date,
        end_date=allowance.end_date,
        amount_fen=amount,
        window_days=allowance.window_days,
        window_cap_fen=cap,
        window_first=first,
        window_last=last,
        days_left=days_left,
        days_known=sum(when >= first for when in losses),
        window_loss_fen=window_loss,
        row_loss_fen=row_loss,
        used_fen=used,
        left_fen=max(0, cap - used),
        tonight_fen=offers[limit],
        limit=limit,
    )


def course(days: Iterable[StatedDay], terms: LedgerState | None) -> list[LedgerEntry]:
    """The days one by one under the dates, window and cap of ``terms`` (None = no allowance).

    ``days`` in order of date; sums begin with the first of them that lies in a window.
    """
    entries: list[LedgerEntry] = []
    so_far: list[StatedDay] = []
    seen: list[StatedDay] = []
    since: date | None = None
    for day in days:
        window = None if terms is None else _window(terms, day.date)
        first = day.date.replace(day=1) if window is None else window[0]
        so_far = [*so_far, day] if first == since else [day]
        since = first
        seen.append(day)
        used = None
        if terms is not None and window is not None:
            row_first = day.date - timedelta(days=terms.window_days - 2)
            row = sum(one.loss_fen for one in seen if one.date >= row_first)
            used = max(0, row, sum(one.loss_fen for one in so_far))
        entries.append(
            LedgerEntry(
                day=day,
                since=first,
                contribution=together(day.contribution_fen, [day]),
                loss=together(day.loss_fen, [day]),
                loss_so_far=together(sum(one.loss_fen for one in so_far), so_far),
                used_fen=used,
                left_fen=None
                if terms is None or used is None
                else max(0, terms.window_cap_fen - used),
            )
        )
    return entries


def together(fen: int, days: Iterable[LedgerDay]) -> Interval:
    """What days know together: their own errors average out, the shared ones add up."""
    days = list(days)
    own = sqrt(sum(day.own_sd_fen**2 for day in days))
    spread = NORMAL_P95 * hypot(own, sum(day.shared_sd_fen for day in days))
    return Interval(fen=fen, p05_fen=floor(fen - spread), p95_fen=ceil(fen + spread))


def permitted(days: int, terms: LedgerState) -> int:
    """The most, fen, that ``days`` days in a row may lose together: amount a day, cap a window.

    Outside the allowance's dates nothing may be lost.
    """
    if terms.window_first is None:
        return 0
    whole, rest = divmod(days, terms.window_days)
    a_window = min(terms.window_cap_fen, terms.window_days * terms.amount_fen)
    return whole * a_window + min(terms.window_cap_fen, rest * terms.amount_fen)


def from_record(kind: type[Record], record: Mapping[str, Any]) -> Record:
    """A state or budget as the proposal keeps it: JSON, with dates as text."""
    names = {field.name for field in fields(kind)}
    values: dict[str, Any] = {
        name: date.fromisoformat(value) if name in DATES and value else value
        for name, value in record.items()
        if name in names
    }
    return kind(**values)


def daily_budget_tonight(budgets: Budgets, spent_this_month_fen: int, day: date) -> DayBudget:
    """The budget of ``day``: the daily cap, or less when the month would not last.

    What is left of the month is spread evenly over its days left, ``day`` included, rounded down
    to the fen. ``spent_this_month_fen`` (≥ 0) is the spend of the month's days before ``day``.
    """
    daily = _fen(budgets.daily)
    days_left = monthrange(day.year, day.month)[1] - day.day + 1
    monthly = left = None
    tonight = daily
    if budgets.monthly is not None:
        monthly = _fen(budgets.monthly)
        left = max(0, monthly - spent_this_month_fen)
        tonight = min(daily, left // days_left)
    return DayBudget(
        day=day,
        daily_fen=daily,
        monthly_fen=monthly,
        spent_this_month_fen=spent_this_month_fen,
        left_this_month_fen=left,
        days_left=days_left,
        tonight_fen=tonight,
        limit="daily" if tonight == daily else "monthly",
    )


def _window(allowance: Allowance | LedgerState, day: date) -> tuple[date, date] | None:
    """First and last day of the window that ``day`` lies in; None outside the allowance's dates."""
    start, end, length = allowance.start_date, allowance.end_date, allowance.window_days
    if day > end or (start is not None and day < start):
        return None
    if start is None:
        last = end - timedelta(days=(end - day).days // length * length)
        return last - timedelta(days=length - 1), last
    first = start + timedelta(days=(day - start).days // length * length)
    return first, min(end, first + timedelta(days=length - 1))


def _closed(allowance: Allowance, day: date, limit: Limit) -> LedgerState:
    return LedgerState(
        day=day,
        start_date=allowance.start_date,
        end_date=allowance.end_date,
        amount_fen=_fen(allowance.amount),
        window_days=allowance.window_days,
        window_cap_fen=_fen(allowance.window_cap),
        window_first=None,
        window_last=None,
        days_left=0,
        days_known=0,
        window_loss_fen=0,
        row_loss_fen=0,
        used_fen=0,
        left_fen=0,
        tonight_fen=0,
        limit=limit,
    )


def _losses(days: Iterable[LedgerDay], before: date) -> dict[date, int]:
    losses: dict[date, int] = {}
    for record in days:
        if record.date in losses:
            raise ValueError(f"the ledger was given two records of {record.date}")
        losses[record.date] = record.loss_fen
    return {when: loss for when, loss in losses.items() if when < before}


def _rest(cap: int, loss: int) -> int:
    return cap - min(cap, max(0, loss))


def _fen(yuan: Decimal) -> int:
    return int(yuan * 100)
