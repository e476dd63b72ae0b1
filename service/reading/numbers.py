"""Figures as people read them: yuan from fen, percents from fractions, dates."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from service.reading.summary import figure

NOTHING = "–"


def yuan(fen: float | None) -> str:
    """``¥1,069.78``, ``−¥3.20``; a dash where there is nothing."""
    return NOTHING if fen is None else _signed(fen / 100, "¥{:,.2f}")


def whole_yuan(fen: float | None) -> str:
    """``¥1,070``."""
    return NOTHING if fen is None else _signed(fen / 100, "¥{:,.0f}")


def change_in_yuan(fen: float | None) -> str:
    """``+¥12.00``, ``−¥3.20``."""
    return NOTHING if fen is None else ("+" if round(fen) > 0 else "") + yuan(fen)


def percent(rate: float | None, digits: int = 1) -> str:
    """``2.4%``."""
    return NOTHING if rate is None else _signed(rate * 100, f"{{:,.{digits}f}}%")


def change_in_percent(rate: float | None) -> str:
    """``+12.0%``."""
    return NOTHING if rate is None else ("+" if rate > 0 else "") + percent(rate)


def count(number: float | None, digits: int = 0) -> str:
    """``1,858``."""
    return NOTHING if number is None else _signed(number, f"{{:,.{digits}f}}")


def moment(at: datetime, timezone: str) -> str:
    """``2026-11-28 08:30`` on the clocks of a time zone."""
    return f"{at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"


def fen(value: object) -> float | None:
    """``figure`` of yuan, in fen."""
    number = figure(value)
    return None if number is None else number * 100


def _signed(number: float, shape: str) -> str:
    text = shape.format(abs(number))
    zero = not any(letter in "123456789" for letter in text)
    return text if number >= 0 or zero else f"−{text}"
