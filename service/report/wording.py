"""Figures, days and months as the report writes them."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from service.ledger import Interval
from service.reading.numbers import NOTHING, whole_yuan, yuan
from service.report.calendar import Month
from service.report.record import Event
from service.report.texts import Texts

LARGE_FEN: Final = 100_000  # from here on fen are noise in a sentence
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")


def money(fen: float | None) -> str:
    """``¥23,311``, ``¥434.17``: whole yuan where the amount is large."""
    if fen is not None and abs(fen) >= LARGE_FEN:
        return whole_yuan(fen)
    return yuan(fen)


def times(value: float | None) -> str:
    """A return on ads: ``4.96``."""
    return NOTHING if value is None else f"{value:,.2f}"


def month_name(texts: Texts, month: Month) -> str:
    """``2026年10月``, ``October 2026``."""
    return texts(f"month.{month.number}", year=month.year)


def day_name(texts: Texts, day: date) -> str:
    """``10月3日``, ``Oct 3``."""
    return texts("day", month=texts(f"short.{day.month}"), day=day.day)


def days_name(texts: Texts, first: date, last: date) -> str:
    """``10月1日 到 10月20日``, ``Oct 1 to Oct 20``; one day by itself."""
    if first == last:
        return day_name(texts, first)
    return texts("days", first=day_name(texts, first), last=day_name(texts, last))


def short(day: date) -> str:
    """``10-03``, for tables."""
    return f"{day:%m-%d}"


def ends(texts: Texts, low: float | None, high: float | None) -> str:
    """An interval of money."""
    if low is None or high is None:
        return NOTHING
    return texts("interval", low=money(low), high=money(high))


def negated(interval: Interval) -> Interval:
    """The interval of what is earned, from that of what is lost, and back."""
    return Interval(fen=-interval.fen, p05_fen=-interval.p95_fen, p95_fen=-interval.p05_fen)


def told(texts: Texts, event: Event) -> str:
    """An event in a sentence; what was written down in both languages is told in the reader's."""
    if event.kind == "raised":
        return texts("event.raised", said=event.values[texts.language])
    values = {name: _said(texts, value) for name, value in event.values.items()}
    return texts(f"event.{event.kind}", **values).strip()


def _said(texts: Texts, value: object) -> object:
    """A day in words, the reader's half of ``中文 / English``; anything else as it is."""
    if isinstance(value, date):
        return day_name(texts, value)
    if not isinstance(value, str):
        return value
    chinese, parted, english = value.partition(" / ")
    if not parted or not CHINESE.search(chinese) or CHINESE.search(english):
        return value
    return chinese if texts.language == "zh" else english
