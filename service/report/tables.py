"""The page's tables and large figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Final, Literal

from service.reading.numbers import (
    NOTHING,
    change_in_percent,
    change_in_yuan,
    count,
    percent,
    whole_yuan,
    yuan,
)
from service.report.batches import Brought
from service.report.course import Day
from service.report.figures import MOST_WORDS, Report, WordSums
from service.report.parts import Cell, Column, Share, paragraphs, table
from service.report.quality import Quality
from service.report.sentences import change_of
from service.report.texts import Texts
from service.report.totals import Totals
from service.report.wording import days_name, ends, money, negated, short, times, told

__all__ = [
    "LISTS",
    "MOST_WORDS",
    "SHOWN",
    "batches",
    "campaigns",
    "cards",
    "compared",
    "days",
    "events",
    "quality",
    "reasons",
    "rollbacks",
    "words",
]

List = Literal["spend", "gain", "loss"]
LISTS: Final[tuple[List, ...]] = ("spend", "gain", "loss")
SHOWN: Final = 8
GRAVE: Final = ' class="grave"'
Of = Callable[[Totals], float | None]


def cards(texts: Texts, report: Report, totals: Totals) -> Iterator[tuple[str, str, str, bool]]:
    """The six figures that matter: name, value, small print, whether to look at it."""
    spend, orders = totals.spend_fen, totals.orders
    a_day = totals.a_day(spend)
    yield texts("card.spend"), money(spend), texts("card.a_day", amount=money(a_day)), False
    an_order = texts("card.an_order", amount=money(spend / orders)) if orders else NOTHING
    yield texts("card.orders"), count(orders), an_order, False
    value = texts("card.order_value", amount=money(totals.revenue_fen / orders)) if orders else ""
    yield texts("card.revenue"), money(totals.revenue_fen), value, False
    waiting = texts("card.all_in")
    if totals.waiting_fen > 0:
        waiting = texts("card.waiting", amount=money(totals.waiting_fen))
    earned = money(totals.contribution.fen) if totals.booked else NOTHING
    yield texts("card.contribution"), earned, waiting if totals.booked else NOTHING, False
    yield _result(texts, report, totals)
    even = totals.break_even
    below = even is not None and totals.roas is not None and totals.roas < even
    small = texts("card.break_even", value=times(even))
    yield texts("card.roas"), times(totals.roas), small, below


def compared(texts: Texts, report: Report, totals: Totals) -> str:
    """Every sum beside those of the days before kaiche and of the month before, and how a day moved."""
    others = [
        (name, other)
        for name, other in (("before", report.before), ("previous", report.previous))
        if other is not None
    ]
    mine = texts("money.this_ours" if report.before is not None else "money.this")
    heads = [(mine, totals)] + [(texts(f"money.{name}"), other) for name, other in others]
    columns = [Column(name=texts("money.figure"), text=True)]
    columns += [
        Column(name=f"{name} ({days_name(texts, of.first, of.last)})") for name, of in heads
    ]
    columns += [
        Column(name=texts("money.change", other=texts(f"money.{name}"))) for name, _ in others
    ]
    rows = []
    for key, shown, a_day in _lines(texts):
        cells: list[Cell] = [texts(f"money.{key}"), *(shown(of) for _, of in heads)]
        for _, other in others:
            cells.append(_moved(key, a_day(totals), a_day(other)) if a_day else "")
        rows.append(cells)
    return table(texts("money.title"), columns, rows, name="compared")


def days(texts: Texts, report: Report) -> str:
    """One row a day."""
    names = ("spend", "clicks", "orders", "revenue", "contribution", "waiting", "loss", "so_far")
    columns = [Column(name=texts("table.day"), text=True)]
    columns += [Column(name=texts(f"table.{name}")) for name in (*names, "allowed")]
    return table(texts("table.title"), columns, (_day(day) for day in report.days))


def quality(texts: Texts, report: Report) -> str:
    """How the intervals held, for spend and contribution."""
    names = ("figure", "nights", "hits", "rate", "expected", "realised", "bias")
    columns = [Column(name=texts(f"forecast.{name}"), text=name == "figure") for name in names]
    pairs = (("card.spend", report.spend), ("card.contribution", report.contribution))
    return table(
        texts("forecast.title"), columns, (_quality(texts(name), of) for name, of in pairs)
    )


def reasons(texts: Texts, report: Report) -> str:
    """What was proposed and sent, by reason."""
    found = report.reasons
    if not found:
        return paragraphs([texts("changes.none")])
    names = ("reason", "proposed", "sent", "raises", "cuts", "spend", "contribution")
    columns = [
        Column(name=texts(f"changes.{name}"), text=name == "reason", wrap=name == "reason")
        for name in names
    ]
    columns.insert(3, Column(name="", bar=True))
    most = max(one.sent for one in found) or 1
    rows = [
        (
            texts.of("reason", one.reason),
            count(one.proposed),
            count(one.sent),
            Share(one.sent / most),
            count(one.raises),
            count(one.cuts),
            change_in_yuan(one.spend_change_fen),
            change_in_yuan(one.contribution_change_fen),
        )
        for one in found
    ]
    foot = (
        texts("changes.all"),
        count(sum(one.proposed for one in found)),
        count(sum(one.sent for one in found)),
        "",
        count(sum(one.raises for one in found)),
        count(sum(one.cuts for one in found)),
        change_in_yuan(sum(one.spend_change_fen for one in found)),
        change_in_yuan(sum(one.contribution_change_fen for one in found)),
    )
    return table(texts("changes.title"), columns, rows, foot)


def batches(texts: Texts, report: Report) -> str:
    """What the words of sent bids did, day by day and together."""
    found = report.by_day
    if not found:
        return paragraphs([texts("batches.none")])
    names = (
        "day", "by", "count", "lines", "without", "with", "spend", "contribution", "profit",
    )  # fmt: skip
    columns = [Column(name=texts(f"batches.{name}"), text=name in ("day", "by")) for name in names]
    came = [one for one in found if one.profit_fen is not None]
    foot = (
        texts("changes.all"),
        "",
        count(sum(one.batches for one in found)),
        count(sum(one.lines for one in found)),
        _signed(sum(one.profit_without_fen for one in came)),
        _signed(sum(one.profit_with_fen for one in came)),
        money(sum(one.spend_fen or 0 for one in came)),
        money(sum(one.contribution_fen or 0 for one in came)),
        _signed(sum(one.profit_fen or 0 for one in came)),
    )
    return table(texts("batches.title"), columns, (_brought(one) for one in found), foot)


def campaigns(texts: Texts, report: Report) -> str:
    """The campaigns, the largest spend first."""
    names = ("spend", "clicks", "orders", "revenue", "contribution", "profit", "roas")
    columns = [Column(name=texts("campaigns.name"), text=True, wrap=True)]
    columns += [Column(name=texts(f"table.{name}")) for name in names]
    rows = (
        (
            one.name,
            yuan(one.spend_fen),
            count(one.clicks),
            count(one.orders),
            yuan(one.revenue_fen),
            yuan(one.earned_fen),
            change_in_yuan(one.earned_fen - one.spend_fen),
            times(one.revenue_fen / one.spend_fen if one.spend_fen else None),
        )
        for one in report.campaigns
    )
    return table(texts("campaigns.title"), columns, rows)


def words(texts: Texts, report: Report, name: List) -> str:
    """The first words of one list."""
    found: Sequence[WordSums] = getattr(report.words, name)
    if not found:
        return paragraphs([texts("words.none")])
    columns = [
        Column(name=texts("words.word"), text=True, wrap=True),
        Column(name=texts("table.spend")),
        Column(name=texts("table.profit")),
    ]
    rows = ((one.word, whole_yuan(one.spend_fen), _whole(one.gain_fen)) for one in found[:SHOWN])
    return table(texts(f"words.{name}"), columns, rows)


def rollbacks(texts: Texts, report: Report) -> str:
    """What was rolled back, and why."""
    if not report.rollbacks:
        return paragraphs([texts("undone.none")])
    names = ("day", "by", "lines", "restored", "left", "reason")
    columns = [
        Column(
            name=texts(f"undone.{name}"),
            text=name in ("day", "by", "reason"),
            wrap=name == "reason",
        )
        for name in names
    ]
    rows = (
        (
            short(one.day),
            one.actor,
            count(one.lines),
            count(one.restored),
            count(one.left),
            one.reason,
        )
        for one in report.rollbacks
    )
    return table(texts("undone.title"), columns, rows)


def events(texts: Texts, report: Report) -> str:
    """Everything a person should know, in order of date."""
    if not report.events:
        return paragraphs([texts("events.none")])
    items = "".join(
        f"<li{GRAVE if event.grave else ''}><strong>{escape(short(event.day))}</strong> "
        f"{escape(told(texts, event))}</li>"
        for event in report.events
    )
    return f'<ul class="plain">{items}</ul>'


def _result(texts: Texts, report: Report, totals: Totals) -> tuple[str, str, str, bool]:
    loss, use = totals.loss.fen, report.use
    if not totals.booked:
        return texts("card.profit"), NOTHING, NOTHING, False
    small = texts("card.no_allowance")
    if use is not None:
        small = texts("card.allowed", amount=money(use.permitted_fen))
    beyond = loss > (use.permitted_fen if use else 0)
    return texts("card.loss" if loss > 0 else "card.profit"), money(abs(loss)), small, beyond


def _lines(texts: Texts) -> Iterator[tuple[str, Callable[[Totals], str], Of | None]]:
    """The rows of the comparison: text key, how it is shown, and what of it is compared a day."""

    def cpc(of: Totals) -> float | None:
        return of.spend_fen / of.clicks if of.clicks else None

    def in_the_end(of: Totals) -> str:
        found = of.roas_in_the_end
        if found is None:
            return NOTHING
        value, low, high = map(times, found)
        return value if of.settled else f"{value} ({texts('interval', low=low, high=high)})"

    def profit_ends(of: Totals) -> str:
        earned = negated(of.loss)
        return NOTHING if of.settled else ends(texts, earned.p05_fen, earned.p95_fen)

    yield "days", lambda of: count(of.days), None
    yield "spend", lambda of: money(of.spend_fen), lambda of: of.a_day(of.spend_fen)
    yield "clicks", lambda of: count(of.clicks), lambda of: of.a_day(of.clicks)
    yield "cpc", lambda of: yuan(cpc(of)), cpc
    yield "orders", lambda of: count(of.orders), lambda of: of.a_day(of.orders)
    yield "revenue", lambda of: money(of.revenue_fen), lambda of: of.a_day(of.revenue_fen)
    yield (
        "contribution",
        lambda of: money(of.contribution.fen),
        lambda of: of.a_day(of.contribution.fen),
    )
    yield "settled", lambda of: money(of.settled_fen), None
    yield "waiting", lambda of: money(of.waiting_fen), None
    yield "profit", lambda of: _signed(-of.loss.fen), lambda of: of.a_day(-of.loss.fen)
    yield "profit_interval", profit_ends, None
    yield "roas", lambda of: times(of.roas), None
    yield "roas_end", in_the_end, None
    yield "break_even", lambda of: times(of.break_even), None
    yield "net", lambda of: times(of.net.roas), None
    yield "net_even", lambda of: times(of.net.break_even), None
    yield "left", lambda of: times(of.left_of_a_yuan), lambda of: of.left_of_a_yuan


def _moved(key: str, now: float | None, then: float | None) -> str:
    """In percents; profit in yuan, which may be below zero."""
    if key == "profit" and now is not None and then is not None:
        return _signed(now - then)
    return change_of(now, then)


def _day(day: Day) -> tuple[Cell, ...]:
    figures, booked = day.figures, day.booked
    spend = figures.spend_fen if figures else booked.spend_fen if booked else None
    return (
        short(day.date),
        yuan(spend),
        count(figures.clicks if figures else None),
        count(figures.orders if figures else None),
        yuan(figures.revenue_fen if figures else None),
        yuan(booked.contribution_fen if booked else None),
        yuan(booked.waiting_fen if booked else None),
        yuan(booked.loss_fen if booked else None),
        yuan(day.loss_so_far.fen if day.loss_so_far else None),
        yuan(day.allowed_fen),
    )


def _quality(name: str, of: Quality) -> tuple[Cell, ...]:
    final = [one for one in of.nights if one.final]
    return (
        name,
        count(len(final)),
        f"{of.hits} / {of.judged}",
        percent(of.hit_rate, 0),
        yuan(sum(one.expected.value for one in final)),
        yuan(sum(one.realised_fen for one in final)),
        change_in_percent(of.bias),
    )


def _brought(one: Brought) -> tuple[Cell, ...]:
    return (
        short(one.day),
        one.actor,
        count(one.batches),
        count(one.lines),
        _signed(one.profit_without_fen),
        _signed(one.profit_with_fen),
        money(one.spend_fen),
        money(one.contribution_fen),
        _signed(one.profit_fen),
    )


def _whole(fen: float) -> str:
    return f"+{whole_yuan(fen)}" if fen >= 50 else whole_yuan(fen)


def _signed(fen: float | None) -> str:
    return f"+{money(fen)}" if fen is not None and fen > 0 else money(fen)
