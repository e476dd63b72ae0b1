"""Taking what a pull has brought: newest figures replaced, every version kept.

``keyword_day`` is the newest version, ``settlement`` all of them; both are written by
``upsert_facts`` in one transaction, and only for keyword-days whose figures changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from connectors.platform import KeywordDayRow
from service.store import bulk
from service.store.chunks import insert_many, insert_or, written
from service.store.facts import (
    FACT_COLUMNS,
    FIGURES,
    KEY,
    NEWEST,
    PULLS,
    SUMMED,
    VERSIONS,
    day_sums,
)

# A pull lands here first, so that comparing it with what is known is one statement and no loop.
PULLED = Table(
    "pulled_keyword_day",
    MetaData(),
    *(
        Column(n, NEWEST.c[n].type, primary_key=n in KEY, nullable=n not in KEY)
        for n in FACT_COLUMNS
    ),
    prefixes=["TEMPORARY"],
)


def next_pull_at(session: Session, account_id: str, now: datetime) -> datetime:
    """The instant to stamp a new pull with: ``now``, or just after the last pull if that is later."""
    query = select(func.max(PULLS.c.pulled_at)).where(PULLS.c.account_id == account_id)
    last: datetime | None = session.execute(query).scalar_one()
    return now if last is None or now > last else last + timedelta(microseconds=1)


def upsert_facts(
    session: Session,
    account_id: str,
    rows: Iterable[KeywordDayRow],
    *,
    pulled_at: datetime,
    pulled_on: date,
    bids: tuple[date, Mapping[str, int]] | None = None,
) -> int:
    """Take the rows of one pull (each key at most once); returns how many keyword-days changed.

    ``pulled_at`` must be later than every pull before it. A keyword-day whose figures are as known
    leaves no trace; a changed one replaces the newest version and adds a version to settlement.
    A bid that the pull does not tell stays the known one. ``bids`` is a day and the bids that were in
    force at its end, keyword_id → fen: where the pull is silent about that day's bids they are its
    bids, and a word that showed nothing gets a row of zeros if its bid has moved since its last row.
    """
    session.execute(CreateTable(PULLED))
    bulk.insert_rows(session, PULLED, map(attrgetter(*FACT_COLUMNS), rows))
    _complete_bids(session, account_id, bids)
    changed = _changed(account_id)
    newest: dict[str, ColumnElement[Any]] = {
        "account_id": literal(account_id, NEWEST.c.account_id.type),
        "pulled_at": literal(pulled_at, NEWEST.c.pulled_at.type),
    }
    version = newest | {"pulled_on": literal(pulled_on, VERSIONS.c.pulled_on.type)}
    count = _insert_versions(session, changed, version)
    _replace_newest(session, changed, newest)
    _note_days(session, account_id, version)
    session.execute(DropTable(PULLED))
    return count


def _complete_bids(
    session: Session, account_id: str, bids: tuple[date, Mapping[str, int]] | None
) -> None:
    untold = PULLED.c.bid_fen.is_(None)
    known = select(NEWEST.c.bid_fen).where(
        NEWEST.c.account_id == account_id, *(NEWEST.c[k] == PULLED.c[k] for k in KEY)
    )
    session.execute(update(PULLED).where(untold).values(bid_fen=known.scalar_subquery()))
    if bids is None:
        return
    day, in_force = bids
    silent = select(PULLED.c.keyword_id).where(PULLED.c.date == day, untold).limit(1)
    if session.execute(silent).first() is None:
        return
    these = update(PULLED).where(
        PULLED.c.date == day, PULLED.c.keyword_id == bindparam("word"), untold
    )
    rows = [{"word": word, "bid_fen": bid} for word, bid in in_force.items()]
    if rows:
        session.connection().execute(these, rows)
    _add_silent_words(session, account_id, day, in_force)


def _add_silent_words(
    session: Session, account_id: str, day: date, in_force: Mapping[str, int]
) -> None:
    """Rows of zeros for words that the pull does not have on ``day`` though their bid has moved."""
    shown = select(PULLED.c.keyword_id).where(PULLED.c.date == day)
    last = (
        select(NEWEST.c.keyword_id, func.max(NEWEST.c.date).label("date"))
        .where(
            NEWEST.c.account_id == account_id, NEWEST.c.date < day, NEWEST.c.bid_fen.is_not(None)
        )
        .group_by(NEWEST.c.keyword_id)
        .subquery()
    )
    query = (
        select(NEWEST.c.keyword_id, NEWEST.c.adgroup_id, NEWEST.c.campaign_id, NEWEST.c.bid_fen)
        .join(last, and_(last.c.keyword_id == NEWEST.c.keyword_id, last.c.date == NEWEST.c.date))
        .where(NEWEST.c.account_id == account_id, NEWEST.c.keyword_id.not_in(shown))
        .order_by(NEWEST.c.keyword_id)
    )
    nothing = dict.fromkeys(("impressions", "clicks", "spend_fen", "orders", "revenue_fen"), 0)
    unknown = dict.fromkeys(("carts", "favourites", "avg_rank", "budget_hit"))
    rows = [
        {
            "date": day,
            "keyword_id": word,
            "adgroup_id": adgroup_id,
            "campaign_id": campaign_id,
            "bid_fen": in_force[word],
        }
        | nothing
        | unknown
        for word, adgroup_id, campaign_id, bid in session.execute(query)
        if in_force.get(word, bid) != bid
    ]
    insert_many(session, insert(PULLED), rows)


def _changed(account_id: str) -> Select[Any]:
    """Keyword-days of the pull that are new or differ from the newest version."""
    same_key = and_(NEWEST.c.account_id == account_id, *(NEWEST.c[k] == PULLED.c[k] for k in KEY))
    differs: list[ColumnElement[bool]] = [
        NEWEST.c[name].is_distinct_from(PULLED.c[name]) for name in FIGURES
    ]
    return (
        select(*(PULLED.c[name] for name in FACT_COLUMNS))
        .select_from(PULLED.outerjoin(NEWEST, same_key))
        .where(or_(NEWEST.c.keyword_id.is_(None), *differs))
    )


def _insert_versions(
    session: Session, changed: Select[Any], stamp: Mapping[str, ColumnElement[Any]]
) -> int:
    names = (*FACT_COLUMNS, *stamp)
    query = changed.add_columns(*stamp.values())
    return written(session, insert(VERSIONS).from_select(names, query))


def _replace_newest(
    session: Session, changed: Select[Any], stamp: Mapping[str, ColumnElement[Any]]
) -> None:
    names = (*FACT_COLUMNS, *stamp)
    query = changed.add_columns(*stamp.values())
    statement = insert_or(session, NEWEST).from_select(names, query)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", *KEY],
            set_={name: statement.excluded[name] for name in (*FIGURES, "pulled_at")},
        )
    )


def _note_days(session: Session, account_id: str, stamp: Mapping[str, ColumnElement[Any]]) -> None:
    brought = NEWEST.c.date.in_(select(PULLED.c.date).distinct())
    query = (
        select(NEWEST.c.date, *day_sums(), *stamp.values())
        .where(NEWEST.c.account_id == account_id, brought)
        .group_by(NEWEST.c.date)
    )
    session.execute(insert(PULLS).from_select(("date", "keywords", *SUMMED, *stamp), query))
