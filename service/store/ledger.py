"""The ledger's days: every version that a night stated, newest last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date, timedelta

from sqlalchemy import Table, and_, delete, func, insert, select
from sqlalchemy.orm import Session

from service.store.chunks import insert_many
from service.store.ledger_tables import LedgerEntry
from service.store.rows import LedgerDay, StatedDay, columns_of, fetch

DAYS: Table = LedgerEntry.metadata.tables["ledger_day"]
FIGURES = tuple(field.name for field in fields(LedgerDay))


def keep(session: Session, account_id: str, stated_on: date, days: Iterable[LedgerDay]) -> int:
    """Write down the days that differ from what nights before ``stated_on`` had stated of them.

    Replaces what an earlier attempt of the same night wrote; returns how many days changed.
    """
    stated = list(days)
    session.execute(
        delete(DAYS).where(DAYS.c.account_id == account_id, DAYS.c.stated_on == stated_on)
    )
    if not stated:
        return 0
    span = min(day.date for day in stated), max(day.date for day in stated)
    before = as_of(session, account_id, *span, stated_on=stated_on - timedelta(days=1))
    known = {day.date: tuple(getattr(day, name) for name in FIGURES) for day in before}
    stamp = {"account_id": account_id, "stated_on": stated_on}
    changed = (
        asdict(day) | stamp
        for day in stated
        if known.get(day.date) != tuple(getattr(day, name) for name in FIGURES)
    )
    return insert_many(session, insert(DAYS), changed)


def as_of(
    session: Session, account_id: str, first: date, last: date, *, stated_on: date | None = None
) -> list[StatedDay]:
    """The days ``first`` to ``last`` as the nights up to ``stated_on`` (None = all) stated them."""
    these = [DAYS.c.account_id == account_id, DAYS.c.date.between(first, last)]
    if stated_on is not None:
        these.append(DAYS.c.stated_on <= stated_on)
    newest = (
        select(DAYS.c.date, func.max(DAYS.c.stated_on).label("stated_on"))
        .where(*these)
        .group_by(DAYS.c.date)
        .subquery()
    )
    is_newest = and_(DAYS.c.date == newest.c.date, DAYS.c.stated_on == newest.c.stated_on)
    query = columns_of(StatedDay, DAYS).join(newest, is_newest).where(*these)
    return fetch(session, StatedDay, query.order_by(DAYS.c.date))


def versions(session: Session, account_id: str, day: date) -> list[StatedDay]:
    """Every restatement of one day, oldest first."""
    query = columns_of(StatedDay, DAYS).where(DAYS.c.account_id == account_id, DAYS.c.date == day)
    return fetch(session, StatedDay, query.order_by(DAYS.c.stated_on))
