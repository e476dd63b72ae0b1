"""What stands on each sheet of the workbook. Pure: fields and rows, money in fen, days as dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from service.report.course import Day
from service.report.figures import Report, WordSums
from service.report.quality import Quality
from service.report.sentences import allowance, lead, notes_on_money
from service.report.texts import Texts
from service.report.totals import Totals
from service.report.wording import month_name, told

Shape = Literal["text", "yuan", "count", "rate", "times", "date"]
Plain = str | int | float | date | None
Value = Plain | tuple[Shape, Plain]
ROAS: Final = 'IF(N({spend})=0,"",{revenue}/{spend})'


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column. ``formula`` names cells of its own row as ``{key}``; ``sums`` adds up below the rows,
    ``again`` has the formula once more there, over the sums.
    """

    key: str
    name: str
    shape: Shape = "yuan"
    width: int = 13
    formula: str | None = None
    sums: bool = False
    again: bool = False
    frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet; ``total`` is the name of the row of sums, empty where nothing adds up."""

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: str = ""
    filtered: bool = True


def sheets(texts: Texts, report: Report) -> Iterator[Sheet]:
    """Every sheet in its order."""
    yield _summary(texts, report)
    yield _days(texts, report)
    yield _campaigns(texts, report)
    yield _words(texts, report)
    yield _batches(texts, report)
    yield _forecasts(texts, report)
    yield _events(texts, report)


def _summary(texts: Texts, report: Report) -> Sheet:
    totals = (("this", report.totals), ("before", report.before), ("previous", report.previous))
    columns = [(name, of) for name, of in totals if of is not None]
    fields = [Field(key="figure", name=texts("sheet.figure"), shape="text", width=34, frozen=True)]
    fields += [Field(key=name, name=texts(f"money.{name}"), width=18) for name, _ in columns]
    rows = [
        (
            texts(f"money.{key}"),
            *(_figure(of, key, "BCD"[at]) for at, (_, of) in enumerate(columns)),
        )
        for key in FIGURES
    ]
    title = texts("title", name=report.name, month=month_name(texts, report.month))
    blank = (None,) * len(columns)
    rows += [(said, *blank) for said in (*_said(texts, report), title)]
    return Sheet(
        name=texts("sheet.summary"), fields=tuple(fields), rows=tuple(rows), filtered=False
    )


FIGURES: Final = (
    "days", "spend", "clicks", "cpc", "orders", "revenue", "contribution", "settled", "waiting",
    "profit", "roas", "break_even", "net", "net_even", "left",
)  # fmt: skip


def _figure(of: Totals | None, key: str, letter: str) -> Value:
    """A cell of the summary: a number, or a formula over the numbers above it."""
    if of is None:
        return None
    at = {name: f"{letter}{row}" for row, name in enumerate(FIGURES, start=2)}
    ratio = 'IF(N({below})=0,"",{above}/{below})'
    found: dict[str, Value] = {
        "days": ("count", of.days),
        "spend": of.spend_fen,
        "clicks": ("count", of.clicks),
        "cpc": "=" + ratio.format(above=at["spend"], below=at["clicks"]),
        "orders": ("count", of.orders),
        "revenue": of.revenue_fen,
        "contribution": of.contribution.fen,
        "settled": of.settled_fen,
        "waiting": f"={at['contribution']}-{at['settled']}",
        "profit": f"={at['contribution']}-{at['spend']}"
        if of.booked == of.days
        else of.contribution.fen - of.booked_spend_fen,
        "roas": ("times", "=" + ratio.format(above=at["revenue"], below=at["spend"])),
        "break_even": ("times", of.break_even),
        "net": ("times", of.net.roas),
        "net_even": ("times", of.net.break_even),
        "left": ("times", "=" + ratio.format(above=at["contribution"], below=at["spend"]))
        if of.booked == of.days
        else ("times", of.left_of_a_yuan),
    }
    return found[key]


def _said(texts: Texts, report: Report) -> Iterator[str]:
    yield ""
    yield from lead(texts, report)
    if report.totals is not None:
        yield from notes_on_money(texts, report, report.totals)
    if report.use is not None:
        yield from allowance(texts, report.use)


def _days(texts: Texts, report: Report) -> Sheet:
    def name(key: str) -> str:
        return texts(f"table.{key}")

    fields = (
        Field(key="day", name=name("day"), shape="date", width=12, frozen=True),
        Field(key="ours", name=texts("sheet.ours"), shape="text", width=11),
        Field(key="impressions", name=name("impressions"), shape="count", sums=True),
        Field(key="clicks", name=name("clicks"), shape="count", sums=True),
        Field(key="spend", name=name("spend"), sums=True),
        Field(key="orders", name=name("orders"), shape="count", sums=True),
        Field(key="revenue", name=name("revenue"), sums=True),
        Field(key="roas", name=name("roas"), shape="times", formula=ROAS, again=True),
        Field(key="settled", name=texts("sheet.settled"), sums=True),
        Field(
            key="waiting", name=name("waiting"), formula="N({contribution})-N({settled})", sums=True
        ),
        Field(key="contribution", name=name("contribution"), sums=True),
        Field(key="share", name=texts("sheet.share"), shape="rate"),
        Field(
            key="loss",
            name=name("loss"),
            formula='IF({contribution}="","",{spend}-{contribution})',
            sums=True,
        ),
        Field(key="low", name=texts("sheet.loss_low")),
        Field(key="high", name=texts("sheet.loss_high")),
        Field(key="so_far", name=name("so_far")),
        Field(key="allowed", name=name("allowed")),
        Field(key="permitted", name=texts("sheet.permitted")),
    )
    rows = tuple(_day(texts, day) for day in report.days)
    return Sheet(name=texts("sheet.days"), fields=fields, rows=rows, total=texts("sheet.total"))


def _day(texts: Texts, day: Day) -> tuple[Value, ...]:
    figures, booked, loss = day.figures, day.booked, day.loss
    spend = figures.spend_fen if figures else booked.spend_fen if booked else None
    return (
        day.date,
        texts("sheet.yes" if day.ours else "sheet.no"),
        figures.impressions if figures else None,
        figures.clicks if figures else None,
        spend,
        figures.orders if figures else None,
        figures.revenue_fen if figures else None,
        None,
        booked.settled_fen if booked else None,
        None,
        booked.contribution_fen if booked else None,
        booked.reported_share if booked else None,
        None,
        loss.p05_fen if loss else None,
        loss.p95_fen if loss else None,
        day.loss_so_far.fen if day.loss_so_far else None,
        day.allowed_fen,
        day.permitted_so_far_fen,
    )


def _campaigns(texts: Texts, report: Report) -> Sheet:
    fields = (
        Field(key="name", name=texts("campaigns.name"), shape="text", width=26, frozen=True),
        Field(key="id", name=texts("sheet.campaign_id"), shape="text", width=18),
        *_sales(texts),
    )
    rows = tuple(
        (
            one.name,
            one.campaign_id,
            one.clicks,
            one.spend_fen,
            one.orders,
            one.revenue_fen,
            one.earned_fen,
            None,
            None,
        )
        for one in report.campaigns
    )
    total = texts("sheet.total")
    return Sheet(name=texts("sheet.campaigns"), fields=fields, rows=rows, total=total)


def _words(texts: Texts, report: Report) -> Sheet:
    """The three lists one below the other; the list stands in the first column, to filter by."""
    fields = (
        Field(key="list", name=texts("sheet.list"), shape="text", width=14, frozen=True),
        Field(key="rank", name=texts("sheet.rank"), shape="count", width=8),
        Field(key="word", name=texts("words.word"), shape="text", width=26),
        Field(key="id", name=texts("sheet.keyword_id"), shape="text", width=22),
        Field(key="campaign", name=texts("campaigns.name"), shape="text", width=20),
        *_sales(texts),
    )
    lists: tuple[tuple[str, tuple[WordSums, ...]], ...] = (
        ("spend", report.words.spend),
        ("gain", report.words.gain),
        ("loss", report.words.loss),
    )
    rows = tuple(
        (
            texts(f"words.{name}"),
            rank,
            one.word,
            one.keyword_id,
            one.campaign,
            one.clicks,
            one.spend_fen,
            one.orders,
            one.revenue_fen,
            one.earned_fen,
            None,
            None,
        )
        for name, found in lists
        for rank, one in enumerate(found, start=1)
    )
    return Sheet(name=texts("sheet.words"), fields=fields, rows=rows)


def _sales(texts: Texts) -> tuple[Field, ...]:
    """What campaigns and words have in common."""
    return (
        Field(key="clicks", name=texts("table.clicks"), shape="count", sums=True),
        Field(key="spend", name=texts("table.spend"), sums=True),
        Field(key="orders", name=texts("table.orders"), shape="count", sums=True),
        Field(key="revenue", name=texts("table.revenue"), sums=True),
        Field(key="earned", name=texts("sheet.earned"), sums=True),
        Field(key="profit", name=texts("table.profit"), formula="{earned}-{spend}", sums=True),
        Field(key="roas", name=texts("table.roas"), shape="times", formula=ROAS, again=True),
    )


def _batches(texts: Texts, report: Report) -> Sheet:
    fields = (
        Field(key="day", name=texts("batches.day"), shape="date", width=12, frozen=True),
        Field(key="by", name=texts("batches.by"), shape="text", width=18),
        Field(key="batch", name=texts("sheet.batch"), shape="text", width=38),
        Field(key="lines", name=texts("batches.lines"), shape="count", sums=True),
        *(
            Field(key=key, name=texts(f"sheet.{key}"), width=18, sums=True)
            for key in ("spend_without", "contribution_without", "spend_with", "contribution_with")
        ),
        Field(key="clicks", name=texts("table.clicks"), shape="count", sums=True),
        Field(key="orders", name=texts("table.orders"), shape="count", sums=True),
        Field(key="spend", name=texts("batches.spend"), sums=True),
        Field(key="contribution", name=texts("batches.contribution"), sums=True),
        Field(
            key="profit",
            name=texts("batches.profit"),
            formula='IF({contribution}="","",{contribution}-{spend})',
            sums=True,
        ),
    )
    rows = tuple(
        (
            one.day,
            one.actor,
            one.key,
            one.lines,
            one.spend_without_fen,
            one.contribution_without_fen,
            one.spend_with_fen,
            one.contribution_with_fen,
            one.clicks,
            one.orders,
            one.spend_fen,
            one.contribution_fen,
            None,
        )
        for one in report.batches
    )
    total = texts("sheet.total")
    return Sheet(name=texts("sheet.batches"), fields=fields, rows=rows, total=total)


def _forecasts(texts: Texts, report: Report) -> Sheet:
    fields = (
        Field(key="day", name=texts("table.day"), shape="date", width=12, frozen=True),
        Field(key="figure", name=texts("forecast.figure"), shape="text", width=14),
        Field(key="expected", name=texts("sheet.expected")),
        Field(key="low", name=texts("sheet.low")),
        Field(key="high", name=texts("sheet.high")),
        Field(key="realised", name=texts("sheet.realised")),
        Field(
            key="bias",
            name=texts("forecast.bias"),
            shape="rate",
            formula='IF(N({expected})=0,"",{realised}/{expected}-1)',
        ),
        Field(key="final", name=texts("sheet.final"), shape="text", width=10),
        Field(key="within", name=texts("sheet.within"), shape="text", width=10),
    )
    pairs = (("card.spend", report.spend), ("card.contribution", report.contribution))
    rows = tuple(row for name, of in pairs for row in _judged(texts, texts(name), of))
    return Sheet(name=texts("sheet.forecasts"), fields=fields, rows=rows)


def _judged(texts: Texts, name: str, of: Quality) -> Iterator[tuple[Value, ...]]:
    said = {True: texts("sheet.yes"), False: texts("sheet.no"), None: ""}
    for one in of.nights:
        expected = one.expected
        yield (
            one.day.date,
            name,
            expected.value,
            expected.p05,
            expected.p95,
            one.realised_fen,
            None,
            said[one.final],
            said[one.within],
        )


def _events(texts: Texts, report: Report) -> Sheet:
    fields = (
        Field(key="day", name=texts("events.day"), shape="date", width=12, frozen=True),
        Field(key="what", name=texts("events.what"), shape="text", width=100),
    )
    rows: list[tuple[Value, ...]] = [(one.day, told(texts, one)) for one in report.events]
    rows += [
        (one.day, f"{texts('undone.title')}: {one.actor}, {one.reason}") for one in report.rollbacks
    ]
    return Sheet(name=texts("sheet.events"), fields=fields, rows=tuple(rows))
