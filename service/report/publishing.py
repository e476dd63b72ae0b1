"""The report as a file, for the terminal, REST and the console alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy.orm import Session

from service.reading.catalogue import Language
from service.report.calendar import Month
from service.report.figures import Report, assemble
from service.report.gather import gather, newest_month
from service.report.page import page
from service.report.workbook import workbook
from service.settings.models import Account
from service.sheets.cells import XLSX

Kind = Literal["html", "xlsx"]
MEDIA_TYPES: Final[dict[Kind, str]] = {"html": "text/html; charset=utf-8", "xlsx": XLSX}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A report as the content of a file."""

    name: str
    media_type: str
    content: bytes


def report_of(session: Session, account: Account, month: str | None, today: date) -> Report:
    """The report of a month, written as 2026-10; None = of the newest day that has figures.

    ``today`` is the account's day. Raises InputError for what is no month.
    """
    wanted = newest_month(session, account.id, today) if month is None else Month.of(month)
    return assemble(gather(session, account, wanted, today))


def publish(report: Report, kind: Kind, language: Language) -> Published:
    """The report as a page or a workbook."""
    write = page if kind == "html" else workbook
    return Published(
        name=f"kaiche-report-{report.account_id}-{report.month}-{language}.{kind}",
        media_type=MEDIA_TYPES[kind],
        content=write(report, language),
    )
