"""Dropping old figures, one business day a transaction so that nobody waits long."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Table, delete, exists, func, select
from sqlalchemy.orm import Session

from service.store.chunks import written
from service.store.tables import KeywordDay, Settlement

NEWEST: Table = KeywordDay.metadata.tables["keyword_day"]
VERSIONS: Table = Settlement.metadata.tables["settlement"]


def superseded_days(session: Session, account_id: str, before: date) -> dict[date, int]:
    """date → versions that a later pull has replaced, of the days before ``before``."""
    query = (
        select(VERSIONS.c.date, func.count())
        .where(VERSIONS.c.account_id == account_id, VERSIONS.c.date < before, _is_superseded())
        .group_by(VERSIONS.c.date)
        .order_by(VERSIONS.c.date)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def known_days(session: Session, account_id: str, before: date) -> dict[date, int]:
    """date → keyword-days of the days before ``before``."""
    query = (
        select(NEWEST.c.date, func.count())
        .where(NEWEST.c.account_id == account_id, NEWEST.c.date < before)
        .group_by(NEWEST.c.date)
        .order_by(NEWEST.c.date)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def drop_superseded(session: Session, account_id: str, day: date) -> int:
    """Drop all but the newest version of a business day; returns how many."""
    return written(
        session,
        delete(VERSIONS).where(
            VERSIONS.c.account_id == account_id, VERSIONS.c.date == day, _is_superseded()
        ),
    )


def drop_day(session: Session, account_id: str, day: date) -> int:
    """Drop a business day's figures by word, all versions; returns how many keyword-days."""
    for table in (VERSIONS, NEWEST):
        count = written(
            session, delete(table).where(table.c.account_id == account_id, table.c.date == day)
        )
    return count


def _is_superseded() -> ColumnElement[bool]:
    return exists().where(
        NEWEST.c.account_id == VERSIONS.c.account_id,
        NEWEST.c.date == VERSIONS.c.date,
        NEWEST.c.keyword_id == VERSIONS.c.keyword_id,
        NEWEST.c.pulled_at > VERSIONS.c.pulled_at,
    )
