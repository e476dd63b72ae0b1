"""The way to the monthly reports: a page and a workbook for each month that has figures."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from nicegui import ui

from service.api import PREFIX
from service.console.frame import empty, heading, note
from service.console.texts import Texts
from service.report.calendar import Month

SHOWN_MONTHS = 12


def ways(texts: Texts, account_id: str, months: tuple[Month, ...]) -> None:
    """The months, newest first, each as a page and as a workbook."""
    heading(texts("report.title"), 2)
    if not months:
        empty(texts("report.none"))
        return
    note(texts("report.explained"))
    with ui.element("ul").classes("k-months"):
        for month in months:
            with ui.element("li"):
                name = texts("report.month", year=month.year, month=f"{month.number:02d}")
                _link(texts, account_id, month, "report", name)
                _link(texts, account_id, month, "report.xlsx", texts("report.workbook", month=name))


def newest(texts: Texts, account_id: str) -> None:
    """The report of the newest month that has figures."""
    _link(texts, account_id, None, "report", texts("report.open"))


def _link(texts: Texts, account_id: str, month: Month | None, what: str, said: str) -> None:
    """An address of REST, which the mount must not put its own prefix before; so no ``ui.link``."""
    asked = {"language": texts.language} | ({"month": str(month)} if month else {})
    address = f"{PREFIX}/accounts/{quote(account_id)}/{what}?{urlencode(asked)}"
    with ui.element("a").props(f'href="{address}" target="_blank" rel="noopener"'):
        ui.label(said)
