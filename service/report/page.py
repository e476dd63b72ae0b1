"""A month as one page of HTML: its style and its charts inside, no script, no address outside."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Final

from service.reading.catalogue import Language
from service.report import tables
from service.report.figures import Report
from service.report.parts import cards, figure, heading, note, paragraphs, section
from service.report.pictures import forecasts, loss_by_day, loss_so_far, money_by_day
from service.report.sentences import allowance, lead, notes_on_money
from service.report.texts import Texts
from service.report.totals import Totals
from service.report.wording import month_name

STYLE: Final = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
# Whoever serves the page: nothing but the style in it may be used.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
NOTHING_YET: Final = (
    '<svg viewBox="0 0 96 72" aria-hidden="true"><path d="M8 4V64H92" stroke="#55645f" '
    'stroke-width="3" fill="none"/><path d="M18 52L38 40L56 46L84 18" stroke="#8fcbc3" '
    'stroke-width="4" stroke-dasharray="4 5" fill="none"/></svg>'
)


def page(report: Report, language: Language) -> bytes:
    """The page, UTF-8. The same report gives the same bytes."""
    texts = Texts(language)
    month = month_name(texts, report.month)
    title = texts("title", name=report.name, month=month)
    body = "".join(_body(texts, report)) if report.totals else _nothing(texts, report)
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><main>{_header(texts, report, month)}{body}</main>"
        "</body></html>\n"
    ).encode()


def _header(texts: Texts, report: Report, month: str) -> str:
    since = ""
    if report.first_night is not None:
        day = report.first_night.isoformat()
        since = f'<span class="since">{escape(texts("since", day=day))}</span>'
    return (
        f"<header><h1>{escape(texts('heading', month=month))}</h1>"
        f'<span class="shop">{escape(report.name)}</span>'
        f'<span class="state">{escape(texts(f"state.{report.state}"))}</span>{since}</header>'
    )


def _nothing(texts: Texts, report: Report) -> str:
    said = paragraphs(lead(texts, report))
    known = _events(texts, report) if report.events else ""
    return f'<section class="empty">{NOTHING_YET}{said}</section>{known}{_foot(texts, report)}'


def _body(texts: Texts, report: Report) -> Iterator[str]:
    totals = report.totals
    assert totals is not None
    yield section(texts("lead.label"), paragraphs(lead(texts, report)), name="lead")
    yield cards(tables.cards(texts, report, totals))
    yield _money(texts, report, totals)
    yield _ledger(texts, report)
    yield _forecasts(texts, report)
    yield _changes(texts, report)
    yield _words(texts, report)
    yield section(texts("undone.title"), tables.rollbacks(texts, report))
    yield _events(texts, report)
    names = ("contribution", "waiting", "roas", "interval", "allowance")
    yield section(
        texts("reading.title"), paragraphs((texts(f"reading.{name}") for name in names), "note")
    )
    yield _foot(texts, report)


def _money(texts: Texts, report: Report, totals: Totals) -> str:
    picture = money_by_day(texts, report.month, report.days)
    notes = [texts("money.chart_note")]
    if report.before is not None:
        notes.append(texts("money.shaded"))
    return section(
        texts("money.title"),
        tables.compared(texts, report, totals),
        "".join(note(said) for said in notes_on_money(texts, report, totals)),
        figure(picture),
        note(" ".join(notes)),
        f"<details><summary>{escape(texts('table.open'))}</summary>",
        tables.days(texts, report),
        "</details>",
    )


def _ledger(texts: Texts, report: Report) -> str:
    days = report.days
    if report.use is None:
        stated = any(day.allowed_fen is not None for day in days)
        said = paragraphs([texts("ledger.not_yet" if stated else "ledger.none")])
    else:
        said = paragraphs(allowance(texts, report.use))
    return section(
        texts("ledger.title"),
        said,
        figure(loss_by_day(texts, report.month, days)),
        figure(loss_so_far(texts, report.month, days)),
    )


def _forecasts(texts: Texts, report: Report) -> str:
    if not report.spend.nights:
        return section(texts("forecast.title"), paragraphs([texts("forecast.none")]))
    return section(
        texts("forecast.title"),
        tables.quality(texts, report),
        note(texts("forecast.note")),
        figure(forecasts(texts, report.month, "spend", report.spend)),
        figure(forecasts(texts, report.month, "contribution", report.contribution)),
    )


def _changes(texts: Texts, report: Report) -> str:
    pieces = [tables.reasons(texts, report)]
    pieces.append(heading(texts("batches.title")))
    pieces.append(tables.batches(texts, report))
    if report.by_day:
        pieces.append(note(texts("batches.note")))
    return section(texts("changes.title"), *pieces)


def _words(texts: Texts, report: Report) -> str:
    lists = "".join(
        f"<div>{heading(texts(f'words.{name}'))}{tables.words(texts, report, name)}</div>"
        for name in tables.LISTS
    )
    more = texts("words.more", shown=tables.SHOWN, most=tables.MOST_WORDS)
    return section(
        texts("campaigns.title"), tables.campaigns(texts, report), note(texts("campaigns.note"))
    ) + section(
        texts("words.title"),
        f'<div class="columns">{lists}</div>',
        note(f"{texts('campaigns.note')} {more}"),
    )


def _events(texts: Texts, report: Report) -> str:
    return section(texts("events.title"), tables.events(texts, report))


def _foot(texts: Texts, report: Report) -> str:
    said = texts("foot_none")
    if report.as_of is not None:
        said = texts("foot", night=report.as_of.isoformat())
    return f"<footer>{escape(said)}</footer>"
