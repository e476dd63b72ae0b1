"""Facts: keyword-days, newest version and every version before it, read.

``keyword_day`` is the newest version, ``settlement`` all of them; ``pulls.py`` writes both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, and_, func, select
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from connectors.platform import KeywordDayRow
from service.store import bulk
from service.store.rows import DayTotals, FactRow, columns_of, fetch
from service.store.tables import KeywordDay, PullDay, Settlement

NEWEST: Table = KeywordDay.metadata.tables["keyword_day"]
VERSIONS: Table = Settlement.metadata.tables["settlement"]
PULLS: Table = PullDay.metadata.tables["pull_day"]
KEY = ("date", "keyword_id")
FIGURES = (
    "adgroup_id",
    "campaign_id",
    "bid_fen",
    "impressions",
    "clicks",
    "spend_fen",
    "orders",
    "revenue_fen",
    "carts",
    "favourites",
    "avg_rank",
    "budget_hit",
)
FACT_COLUMNS = (*KEY, *FIGURES)
SUMMED = ("impressions", "clicks", "spend_fen", "orders", "revenue_fen")
PIECE = 50_000  # rows fetched at a time


def iter_facts(
    session: Session, account_id: str, first: date, last: date, *, cutoff_at: datetime | None = None
) -> Iterator[Sequence[Sequence[Any]]]:
    """Keyword-days from ``first`` to ``last`` as known at ``cutoff_at`` (None = now), unordered.

    Yields pieces of tuples in the order of FACT_COLUMNS, as ``bulk.rows_of`` tells them.
    """
    newest_is_enough = cutoff_at is None or not _pulled_after(session, account_id, cutoff_at)
    query = _newest(account_id) if newest_is_enough else _as_of(account_id, cutoff_at)
    table = NEWEST if newest_is_enough else VERSIONS
    yield from bulk.rows_of(session, query.where(table.c.date.between(first, last)), PIECE)


def facts_as_of(
    session: Session, account_id: str, first: date, last: date, cutoff_at: datetime
) -> list[KeywordDayRow]:
    """What was known at ``cutoff_at`` of the days ``first`` to ``last``, by keyword and date."""
    query = _as_of(account_id, cutoff_at).where(VERSIONS.c.date.between(first, last))
    rows = fetch(session, KeywordDayRow, query)
    return sorted(rows, key=lambda row: (row.keyword_id, row.date))


def missing_since(
    session: Session, account_id: str, first: date, last: date, cutoff_at: datetime
) -> dict[date, int]:
    """date → keyword-days that were known at ``cutoff_at`` and of which no such version is stored now.

    How many there were is what the last pull before has noted of the day. Days that are whole are
    left out.
    """
    noted = (
        select(PULLS.c.date, PULLS.c.keywords)
        .where(
            PULLS.c.account_id == account_id,
            PULLS.c.date.between(first, last),
            PULLS.c.pulled_at <= cutoff_at,
        )
        .order_by(PULLS.c.date, PULLS.c.pulled_at)
    )
    kept = (
        select(VERSIONS.c.date, func.count(VERSIONS.c.keyword_id.distinct()))
        .where(
            VERSIONS.c.account_id == account_id,
            VERSIONS.c.date.between(first, last),
            VERSIONS.c.pulled_at <= cutoff_at,
        )
        .group_by(VERSIONS.c.date)
    )
    then: dict[date, int] = {row[0]: row[1] for row in session.execute(noted)}
    now: dict[date, int] = {row[0]: row[1] for row in session.execute(kept)}
    lost = {day: count - now.get(day, 0) for day, count in then.items()}
    return {day: count for day, count in lost.items() if count}


def keyword_history(
    session: Session, account_id: str, keyword_id: str, first: date, last: date
) -> list[FactRow]:
    """The days of one keyword, newest version, in order of date."""
    query = columns_of(FactRow, NEWEST).where(
        NEWEST.c.account_id == account_id,
        NEWEST.c.keyword_id == keyword_id,
        NEWEST.c.date.between(first, last),
    )
    return fetch(session, FactRow, query.order_by(NEWEST.c.date))


def keyword_as_of(
    session: Session,
    account_id: str,
    keyword_id: str,
    first: date,
    last: date,
    cutoff_at: datetime,
) -> list[FactRow]:
    """The days of one keyword as they were known at ``cutoff_at``, in order of date."""
    query = columns_of(FactRow, VERSIONS).where(
        VERSIONS.c.account_id == account_id,
        VERSIONS.c.keyword_id == keyword_id,
        VERSIONS.c.date.between(first, last),
        VERSIONS.c.pulled_at <= cutoff_at,
    )
    versions = fetch(session, FactRow, query.order_by(VERSIONS.c.date, VERSIONS.c.pulled_at))
    return list({row.date: row for row in versions}.values())


def day_totals(session: Session, account_id: str, first: date, last: date) -> list[DayTotals]:
    """The account's sums of each business day that has any row, in order of date."""
    query = (
        select(NEWEST.c.date, *day_sums())
        .where(NEWEST.c.account_id == account_id, NEWEST.c.date.between(first, last))
        .group_by(NEWEST.c.date)
        .order_by(NEWEST.c.date)
    )
    return fetch(session, DayTotals, query)


def day_sums() -> tuple[ColumnElement[Any], ...]:
    """How many keyword-days, and their sums, of whatever is grouped."""
    sums = (cast_to(func.sum(NEWEST.c[name]), BigInteger).label(name) for name in SUMMED)
    return (func.count().label("keywords"), *sums)


def spend(session: Session, account_id: str, first: date, last: date) -> int:
    """What the account spent from ``first`` to ``last``, fen."""
    query = select(func.coalesce(func.sum(NEWEST.c.spend_fen), 0)).where(
        NEWEST.c.account_id == account_id, NEWEST.c.date.between(first, last)
    )
    return int(session.execute(query).scalar_one())


def adgroup_revenue(
    session: Session, account_id: str, first: date, last: date
) -> list[tuple[date, str, int]]:
    """(date, adgroup_id, revenue in fen), newest version, in order."""
    key = (NEWEST.c.date, NEWEST.c.adgroup_id)
    revenue = cast_to(func.sum(NEWEST.c.revenue_fen), BigInteger)
    query = (
        select(*key, revenue)
        .where(NEWEST.c.account_id == account_id, NEWEST.c.date.between(first, last))
        .group_by(*key)
    )
    return sorted((day, adgroup, fen) for day, adgroup, fen in session.execute(query))


def impossible_days(session: Session, account_id: str, on: date) -> list[FactRow]:
    """Keyword-days of one business day with more clicks than impressions, largest first."""
    query = columns_of(FactRow, NEWEST).where(
        NEWEST.c.account_id == account_id,
        NEWEST.c.date == on,
        NEWEST.c.clicks > NEWEST.c.impressions,
    )
    order = ((NEWEST.c.clicks - NEWEST.c.impressions).desc(), NEWEST.c.keyword_id)
    return fetch(session, FactRow, query.order_by(*order))


def pull_days(
    session: Session, account_id: str, first: date, *, cutoff_at: datetime
) -> list[tuple[date, int, int]]:
    """(date, age in days, orders known then) of every pull up to ``cutoff_at``, ages >= 0.

    Where two pulls saw a date at the same age the later one counts.
    """
    query = (
        select(PULLS.c.date, PULLS.c.pulled_on, PULLS.c.orders)
        .where(
            PULLS.c.account_id == account_id,
            PULLS.c.date >= first,
            PULLS.c.pulled_at <= cutoff_at,
            PULLS.c.pulled_on >= PULLS.c.date,
        )
        .order_by(PULLS.c.date, PULLS.c.pulled_on, PULLS.c.pulled_at)
    )
    latest = {(day, (on - day).days): orders for day, on, orders in session.execute(query)}
    return [(day, age, orders) for (day, age), orders in latest.items()]


def _pulled_after(session: Session, account_id: str, cutoff_at: datetime) -> bool:
    query = select(PULLS.c.date).where(
        PULLS.c.account_id == account_id, PULLS.c.pulled_at > cutoff_at
    )
    return session.execute(query.limit(1)).first() is not None


def _newest(account_id: str) -> Select[Any]:
    return select(*(NEWEST.c[name] for name in FACT_COLUMNS)).where(
        NEWEST.c.account_id == account_id
    )


def _as_of(account_id: str, cutoff_at: datetime | None) -> Select[Any]:
    last = (
        select(*(VERSIONS.c[k] for k in KEY), func.max(VERSIONS.c.pulled_at).label("pulled_at"))
        .where(VERSIONS.c.account_id == account_id, VERSIONS.c.pulled_at <= cutoff_at)
        .group_by(*(VERSIONS.c[k] for k in KEY))
        .subquery()
    )
    is_last = and_(*(VERSIONS.c[name] == last.c[name] for name in (*KEY, "pulled_at")))
    return (
        select(*(VERSIONS.c[name] for name in FACT_COLUMNS))
        .select_from(VERSIONS.join(last, is_last))
        .where(VERSIONS.c.account_id == account_id)
    )
