"""Which charts a month has, each drawn twice: wide for a screen and paper, narrow for a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from service.report import svg
from service.report.calendar import Month
from service.report.course import Day
from service.report.quality import Judged, Quality
from service.report.svg import Plot
from service.report.texts import Texts
from service.report.totals import settled_loss
from service.report.wording import ends, money, short
from service.store.rows import StatedDay

Shape = Literal["bar", "line", "dashes", "dot", "cross", "band", "tick", "whisker"]
Mark = tuple[Shape, str, str]  # how it is drawn, its colour, what it stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart: its name, the drawings for each width, and what its marks stand for."""

    name: str
    drawings: tuple[str, ...]
    marks: tuple[Mark, ...]


def money_by_day(texts: Texts, month: Month, days: Sequence[Day]) -> Picture | None:
    """Spend as strokes, contribution as columns: what is in, and what is still to come."""
    known = [day for day in days if day.figures is not None or day.booked is not None]
    if not known:
        return None
    booked = [(_slot(day.date), day.booked) for day in known if day.booked is not None]
    spend = [(_slot(day.date), _spend(day)) for day in known]
    values = [value for _, value in spend]
    for _, one in booked:
        values += [one.contribution_fen / 100, one.settled_fen / 100]

    def draw(plot: Plot) -> Iterable[str]:
        yield svg.shade(plot, _theirs(days))
        yield svg.axes(plot)
        for slot, one in booked:
            title = f"{short(one.date)}: {money(one.contribution_fen)}"
            in_so_far, in_the_end = one.settled_fen / 100, one.contribution_fen / 100
            yield svg.bar(plot, slot, 0.0, in_so_far, svg.TEAL, title=title)
            if one.waiting_fen > 0:
                yield svg.bar(plot, slot, in_so_far, in_the_end, svg.PALE, title=title)
        yield svg.stairs(plot, spend, svg.AMBER)

    marks: list[Mark] = [("bar", svg.TEAL, texts("mark.settled"))]
    if any(one.waiting_fen > 0 for _, one in booked):
        marks.append(("bar", svg.PALE, texts("mark.waiting")))
    marks.append(("line", svg.AMBER, texts("mark.spend")))
    return _picture(texts("money.chart"), month, values, draw, marks)


def loss_by_day(texts: Texts, month: Month, days: Sequence[Day]) -> Picture | None:
    """What each day lost, with its interval, beside what its night was allowed to lose."""
    booked = [day for day in days if day.loss is not None and day.booked is not None]
    if not booked:
        return None
    allowed = [
        (_slot(day.date), day.allowed_fen / 100) for day in days if day.allowed_fen is not None
    ]
    values = [value for _, value in allowed]
    for day in booked:
        values += _yuan(day.loss.fen, day.loss.p05_fen, day.loss.p95_fen) if day.loss else []
    settled = [(_slot(one.date), settled_loss([one]) / 100) for one in _waiting(booked)]
    values += [value for _, value in settled]

    def draw(plot: Plot) -> Iterable[str]:
        yield svg.shade(plot, _theirs(days))
        yield svg.axes(plot)
        for day in booked:
            yield from _one_loss(texts, plot, day)
        for slot, value in settled:
            yield svg.tick(plot, slot, value, svg.BLUE)
        yield svg.stairs(plot, allowed, svg.RED, dashes="5 3")

    marks: list[Mark] = [
        ("bar", svg.AMBER, texts("mark.loss")),
        ("bar", svg.TEAL, texts("mark.profit")),
    ]
    if any(not _certain(day) for day in booked):
        marks.append(("whisker", svg.INK, texts("mark.interval")))
    if settled:
        marks.append(("tick", svg.BLUE, texts("mark.settled_loss")))
    if allowed:
        marks.append(("dashes", svg.RED, texts("mark.allowed")))
    return _picture(texts("ledger.by_day"), month, values, draw, marks)


def loss_so_far(texts: Texts, month: Month, days: Sequence[Day]) -> Picture | None:
    """The sum of the losses with its interval under the line of what the rules permitted."""
    booked = [day for day in days if day.loss_so_far is not None]
    if not booked:
        return None
    sums = [
        (_slot(day.date), one.fen / 100, one.p05_fen / 100, one.p95_fen / 100)
        for day in booked
        if (one := day.loss_so_far) is not None
    ]
    settled = _line(booked, lambda day: day.settled_so_far_fen)
    permitted = _line(booked, lambda day: day.permitted_so_far_fen)
    values = [value for _, *three in sums for value in three]
    values += [value for _, value in (*settled, *permitted)]
    is_open = any(not _certain(day) for day in booked)

    def draw(plot: Plot) -> Iterable[str]:
        yield svg.shade(plot, _theirs(days))
        yield svg.axes(plot)
        yield svg.band(plot, [(slot, low, high) for slot, _, low, high in sums], svg.TEAL)
        if is_open:
            yield svg.curve(plot, settled, svg.BLUE, width=1.8, dashes="2 3")
        yield svg.curve(plot, permitted, svg.RED, width=2, dashes="6 3")
        yield svg.curve(plot, [(slot, value) for slot, value, _, _ in sums], svg.TEAL)
        slot, value, _, _ = sums[-1]
        yield svg.dot(plot, slot, value, svg.TEAL, title=money(value * 100))

    marks: list[Mark] = [("line", svg.TEAL, texts("mark.expected_loss"))]
    if is_open:
        marks.append(("band", svg.TEAL, texts("mark.interval")))
        marks.append(("dashes", svg.BLUE, texts("mark.settled_loss")))
    if permitted:
        marks.append(("dashes", svg.RED, texts("mark.permitted")))
    return _picture(texts("ledger.together"), month, values, draw, marks)


def forecasts(texts: Texts, month: Month, name: str, of: Quality) -> Picture | None:
    """What each night expected, with its interval, and what came."""
    if not of.nights:
        return None
    values = []
    for one in of.nights:
        expected = one.expected
        values += _yuan(one.realised_fen, expected.value, expected.p05, expected.p95)

    def draw(plot: Plot) -> Iterable[str]:
        yield svg.axes(plot)
        for one in of.nights:
            yield from _one_forecast(texts, plot, one)

    marks: list[Mark] = [
        ("tick", svg.BLUE, texts("mark.expected")),
        ("whisker", svg.BLUE, texts("mark.interval")),
        ("dot", svg.TEAL, texts("mark.within")),
        ("cross", svg.RED, texts("mark.outside")),
    ]
    if any(not one.final for one in of.nights):
        marks.append(("dot", svg.PALE, texts("mark.open")))
    return _picture(texts(f"forecast.{name}"), month, values, draw, marks)


def _one_loss(texts: Texts, plot: Plot, day: Day) -> Iterable[str]:
    loss, slot = day.loss, _slot(day.date)
    if loss is None:
        return
    name = texts("mark.loss" if loss.fen > 0 else "mark.profit")
    title = f"{short(day.date)}: {name} {money(abs(loss.fen))}"
    yield svg.bar(
        plot, slot, 0.0, loss.fen / 100, svg.AMBER if loss.fen > 0 else svg.TEAL, title=title
    )
    if not _certain(day):
        yield svg.whisker(plot, slot, loss.p05_fen / 100, loss.p95_fen / 100, svg.INK)


def _one_forecast(texts: Texts, plot: Plot, one: Judged) -> Iterable[str]:
    slot, expected = _slot(one.day.date), one.expected
    if expected.p05 is not None and expected.p95 is not None:
        yield svg.whisker(plot, slot, expected.p05 / 100, expected.p95 / 100, svg.BLUE)
    yield svg.tick(plot, slot, expected.value / 100, svg.BLUE)
    title = f"{short(one.day.date)}: {money(one.realised_fen)} ({ends(texts, expected.p05, expected.p95)})"
    if one.within is False:
        yield svg.cross(plot, slot, one.realised_fen / 100, svg.RED, title=title)
    else:
        colour = svg.TEAL if one.final else svg.PALE
        yield svg.dot(plot, slot, one.realised_fen / 100, colour, title=title)


def _picture(
    name: str,
    month: Month,
    values: Sequence[float],
    draw: Callable[[Plot], Iterable[str]],
    marks: Sequence[Mark],
) -> Picture:
    plots = [svg.plot_of(size, month.length, values) for size in svg.SIZES]
    drawings = tuple(svg.drawing(plot, name, *draw(plot)) for plot in plots)
    return Picture(name=name, drawings=drawings, marks=tuple(marks))


def _slot(day: date) -> int:
    return day.day - 1


def _theirs(days: Sequence[Day]) -> int:
    """How many days of the month lie before kaiche's first night."""
    return max((day.date.day for day in days if not day.ours), default=0)


def _spend(day: Day) -> float:
    known = day.figures or day.booked
    return known.spend_fen / 100 if known else 0.0


def _certain(day: Day) -> bool:
    return day.loss is None or day.loss.p05_fen == day.loss.p95_fen


def _waiting(days: Iterable[Day]) -> list[StatedDay]:
    """Days of which orders are still to come."""
    return [day.booked for day in days if day.booked is not None and day.booked.waiting_fen > 0]


def _line(days: Iterable[Day], of: Callable[[Day], int | None]) -> list[tuple[int, float]]:
    return [(_slot(day.date), fen / 100) for day in days if (fen := of(day)) is not None]


def _yuan(*amounts: float | None) -> list[float]:
    return [amount / 100 for amount in amounts if amount is not None]
