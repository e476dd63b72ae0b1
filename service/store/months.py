"""Sums over the days from one date to another, as a monthly report wants them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, and_, func, select
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from service.store.applied_tables import Application, Batch, BatchLine
from service.store.chunks import chunked
from service.store.rows import fetch
from service.store.tables import Keyword, KeywordDay, Line, Proposal

FACTS: Table = KeywordDay.metadata.tables["keyword_day"]
KEYWORDS: Table = Keyword.metadata.tables["keyword"]
LINES: Table = Line.metadata.tables["line"]
PROPOSALS: Table = Proposal.metadata.tables["proposal"]
APPLICATIONS: Table = Application.metadata.tables["application"]
BATCHES: Table = Batch.metadata.tables["batch"]
BATCH_LINES: Table = BatchLine.metadata.tables["batch_line"]

APPLIED = "applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdgroupSums:
    """What an adgroup's words brought in some days; ``revenue_fen`` of the orders that are in."""

    campaign_id: str
    adgroup_id: str
    impressions: int
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordSums:
    """What one word brought in some days; the adgroup and campaign are those of the last of them."""

    keyword_id: str
    campaign_id: str
    adgroup_id: str
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Changed lines of the nights with one reason and one state; changes are of a day, expected."""

    reason: str
    state: str
    lines: int
    raises: int
    cuts: int
    spend_change_fen: int
    contribution_change_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSums:
    """The applied lines of one batch, and what their words were expected to do a day."""

    batch_id: str
    application_id: str
    number: int
    business_date: date
    actor: str
    lines: int
    spend_before_fen: int
    spend_after_fen: int
    contribution_before_fen: int
    contribution_after_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDay:
    """What the words of one batch in one adgroup did on the batch's own day."""

    batch_id: str
    adgroup_id: str
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int


def known(session: Session, account_id: str) -> tuple[date, date] | None:
    """The first and the last day of the account that has figures; None without any."""
    query = select(func.min(FACTS.c.date), func.max(FACTS.c.date)).where(
        FACTS.c.account_id == account_id
    )
    first, last = session.execute(query).one()
    return None if first is None else (first, last)


def by_adgroup(session: Session, account_id: str, first: date, last: date) -> list[AdgroupSums]:
    """The sums of every adgroup that has a row, by campaign and adgroup."""
    key = (FACTS.c.campaign_id, FACTS.c.adgroup_id)
    names = ("impressions", "clicks", "spend_fen", "orders", "revenue_fen")
    query = select(*key, *(_sum(FACTS.c[name], name) for name in names))
    query = query.where(*_days(account_id, first, last)).group_by(*key).order_by(*key)
    return fetch(session, AdgroupSums, query)


def by_keyword(session: Session, account_id: str, first: date, last: date) -> list[KeywordSums]:
    """The sums of every word that was clicked or bought from, by id."""
    names = ("clicks", "spend_fen", "orders", "revenue_fen")
    query = (
        select(
            FACTS.c.keyword_id,
            func.max(FACTS.c.campaign_id).label("campaign_id"),
            func.max(FACTS.c.adgroup_id).label("adgroup_id"),
            *(_sum(FACTS.c[name], name) for name in names),
        )
        .where(*_days(account_id, first, last))
        .group_by(FACTS.c.keyword_id)
        .having((func.sum(FACTS.c.clicks) > 0) | (func.sum(FACTS.c.orders) > 0))
        .order_by(FACTS.c.keyword_id)
    )
    return fetch(session, KeywordSums, query)


def words(session: Session, account_id: str, keyword_ids: Iterable[str]) -> dict[str, str]:
    """keyword_id → its text, for those that were ever seen."""
    found: dict[str, str] = {}
    for piece in chunked(keyword_ids):
        query = select(KEYWORDS.c.keyword_id, KEYWORDS.c.word).where(
            KEYWORDS.c.account_id == account_id, KEYWORDS.c.keyword_id.in_(piece)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def decided(
    session: Session, account_id: str, first: date, last: date, states: Iterable[str]
) -> list[Decided]:
    """What became of the changes that the nights proposed, by reason and state.

    ``states`` are those that a change can have: the words that stay, most of a plan, are not read.
    """
    key = (LINES.c.reason, LINES.c.state)
    query = (
        select(
            *key,
            func.count().label("lines"),
            func.count().filter(LINES.c.change_rate > 0).label("raises"),
            func.count().filter(LINES.c.change_rate < 0).label("cuts"),
            _sum(LINES.c.spend_after_fen - LINES.c.spend_before_fen, "spend_change_fen"),
            _sum(
                LINES.c.contribution_after_fen - LINES.c.contribution_before_fen,
                "contribution_change_fen",
            ),
        )
        .join(PROPOSALS, PROPOSALS.c.proposal_id == LINES.c.proposal_id)
        .where(
            PROPOSALS.c.account_id == account_id,
            PROPOSALS.c.kind == "night",
            PROPOSALS.c.business_date.between(first, last),
            LINES.c.state.in_(tuple(states)),
            LINES.c.bid_fen.is_distinct_from(LINES.c.bid_before_fen),
        )
        .group_by(*key)
        .order_by(*key)
    )
    return fetch(session, Decided, query)


def batches(session: Session, account_id: str, first: date, last: date) -> list[BatchSums]:
    """The batches of these days that set a bid, oldest first."""
    key = (
        BATCHES.c.batch_id,
        BATCHES.c.application_id,
        BATCHES.c.number,
        BATCHES.c.business_date,
        APPLICATIONS.c.actor,
    )
    money = (
        "spend_before_fen",
        "spend_after_fen",
        "contribution_before_fen",
        "contribution_after_fen",
    )
    query = (
        select(*key, func.count().label("lines"), *(_sum(LINES.c[name], name) for name in money))
        .select_from(BATCH_LINES)
        .join(BATCHES, BATCHES.c.batch_id == BATCH_LINES.c.batch_id)
        .join(APPLICATIONS, APPLICATIONS.c.application_id == BATCHES.c.application_id)
        .join(LINES, LINES.c.line_id == BATCH_LINES.c.line_id)
    )
    query = _of_batches(query, account_id, first, last).group_by(*key, BATCHES.c.created_at)
    order = (BATCHES.c.business_date, BATCHES.c.created_at, BATCHES.c.number, BATCHES.c.batch_id)
    return fetch(session, BatchSums, query.order_by(*order))


def batch_days(session: Session, account_id: str, first: date, last: date) -> list[BatchDay]:
    """What the words of those batches did on the day that the batch was for, by adgroup."""
    key = (BATCHES.c.batch_id, FACTS.c.adgroup_id)
    names = ("clicks", "spend_fen", "orders", "revenue_fen")
    same = and_(
        FACTS.c.account_id == BATCHES.c.account_id,
        FACTS.c.keyword_id == BATCH_LINES.c.keyword_id,
        FACTS.c.date == BATCHES.c.business_date,
    )
    query = (
        select(*key, *(_sum(FACTS.c[name], name) for name in names))
        .select_from(BATCH_LINES)
        .join(BATCHES, BATCHES.c.batch_id == BATCH_LINES.c.batch_id)
        .join(FACTS, same)
    )
    query = _of_batches(query, account_id, first, last).group_by(*key).order_by(*key)
    return fetch(session, BatchDay, query)


def _of_batches(query: Select[Any], account_id: str, first: date, last: date) -> Select[Any]:
    return query.where(
        BATCHES.c.account_id == account_id,
        BATCHES.c.business_date.between(first, last),
        BATCH_LINES.c.outcome == APPLIED,
    )


def _days(account_id: str, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    return FACTS.c.account_id == account_id, FACTS.c.date.between(first, last)


def _sum(column: ColumnElement[int], name: str) -> ColumnElement[int]:
    return cast_to(func.coalesce(func.sum(column), 0), BigInteger).label(name)
