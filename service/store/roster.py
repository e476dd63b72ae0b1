"""The roster: campaigns, adgroups and keywords as last seen.

What disappears from the platform keeps its row with the instant it was last seen at; only what the
newest pull has brought is on the roster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from connectors.platform import AdgroupRow, CampaignRow, KeywordRow, Roster
from service.store.chunks import chunked, insert_many, insert_or
from service.store.rows import KeywordState, columns_of, fetch, fetch_one
from service.store.tables import Adgroup, Campaign, Keyword

CAMPAIGNS: Table = Campaign.metadata.tables["campaign"]
ADGROUPS: Table = Adgroup.metadata.tables["adgroup"]
KEYWORDS: Table = Keyword.metadata.tables["keyword"]


def upsert_roster(session: Session, account_id: str, roster: Roster, *, seen_at: datetime) -> None:
    """Take a freshly pulled roster. Its rejects are the run's business, not the roster's."""
    stamp = {"account_id": account_id, "seen_at": seen_at}
    for table, key, rows in (
        (CAMPAIGNS, "campaign_id", roster.campaigns),
        (ADGROUPS, "adgroup_id", roster.adgroups),
        (KEYWORDS, "keyword_id", roster.keywords),
    ):
        _upsert(session, table, key, (asdict(row) | stamp for row in rows))


def campaigns(session: Session, account_id: str) -> tuple[CampaignRow, ...]:
    """Campaigns of the newest pull, by id."""
    return tuple(_on_roster(session, CAMPAIGNS, CampaignRow, "campaign_id", account_id))


def adgroups(session: Session, account_id: str) -> tuple[AdgroupRow, ...]:
    """Adgroups of the newest pull, by id."""
    return tuple(_on_roster(session, ADGROUPS, AdgroupRow, "adgroup_id", account_id))


def keywords(session: Session, account_id: str) -> tuple[KeywordRow, ...]:
    """Keywords of the newest pull, by id."""
    return tuple(_on_roster(session, KEYWORDS, KeywordRow, "keyword_id", account_id))


def keyword(session: Session, account_id: str, keyword_id: str) -> KeywordState | None:
    """One keyword as last seen, also when it has left the roster; None if never seen."""
    query = columns_of(KeywordState, KEYWORDS).where(
        KEYWORDS.c.account_id == account_id, KEYWORDS.c.keyword_id == keyword_id
    )
    return fetch_one(session, KeywordState, query)


def adgroup(session: Session, account_id: str, adgroup_id: str) -> AdgroupRow | None:
    """One adgroup as last seen, also when it has left the roster; None if never seen."""
    query = columns_of(AdgroupRow, ADGROUPS).where(
        ADGROUPS.c.account_id == account_id, ADGROUPS.c.adgroup_id == adgroup_id
    )
    return fetch_one(session, AdgroupRow, query)


def last_bids(session: Session, account_id: str) -> Mapping[str, int | None]:
    """keyword_id → the bid last seen, fen, for every keyword ever seen."""
    query = select(KEYWORDS.c.keyword_id, KEYWORDS.c.bid_fen).where(
        KEYWORDS.c.account_id == account_id
    )
    return {row[0]: row[1] for row in session.execute(query)}


def note_bids(session: Session, account_id: str, bids: Mapping[str, int]) -> None:
    """Take bids, fen, that were seen on the platform between two pulls."""
    statement = (
        update(KEYWORDS)
        .where(KEYWORDS.c.account_id == account_id, KEYWORDS.c.keyword_id == bindparam("b_word"))
        .values(bid_fen=bindparam("b_bid"))
    )
    rows = [{"b_word": word, "b_bid": bid} for word, bid in bids.items()]
    if rows:
        session.connection().execute(statement, rows)


def names(session: Session, account_id: str, campaign_ids: Iterable[str]) -> Mapping[str, str]:
    """campaign_id → name, for those that were ever seen."""
    found: dict[str, str] = {}
    for piece in chunked(campaign_ids):
        query = select(CAMPAIGNS.c.campaign_id, CAMPAIGNS.c.name).where(
            CAMPAIGNS.c.account_id == account_id, CAMPAIGNS.c.campaign_id.in_(piece)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def _upsert(session: Session, table: Table, key: str, rows: Iterable[dict[str, Any]]) -> None:
    statement = insert_or(session, table)
    rest = [column.name for column in table.c if column.name not in ("account_id", key)]
    insert_many(
        session,
        statement.on_conflict_do_update(
            index_elements=["account_id", key],
            set_={name: statement.excluded[name] for name in rest},
        ),
        rows,
    )


def _on_roster(
    session: Session, table: Table, row_type: type[Any], key: str, account_id: str
) -> list[Any]:
    newest = select(func.max(table.c.seen_at)).where(table.c.account_id == account_id)
    query = columns_of(row_type, table).where(
        table.c.account_id == account_id, table.c.seen_at == newest.scalar_subquery()
    )
    return sorted(fetch(session, row_type, query), key=lambda row: str(getattr(row, key)))
