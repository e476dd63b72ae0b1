"""What the queries return: frozen rows, detached from any session.

Money is fen, rates are fractions, instants are aware UTC, field names are the columns' names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Select, Table, select
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One night of one account."""

    run_id: str
    account_id: str
    business_date: date
    state: str
    step: str
    trigger: str
    attempt: int
    lease_owner: str | None
    lease_until_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    cutoff_at: datetime | None
    seed: int
    inputs_hash: str | None
    config_hash: str | None
    code_version: str | None
    cause: str | None
    counts: Mapping[str, Any]
    review: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "review", tuple(self.review))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """A persisted plan. ``totals`` and ``frontier`` are yuan as the optimizer gave them."""

    proposal_id: str
    run_id: str
    account_id: str
    business_date: date
    state: str
    review: str
    status: str
    totals: Mapping[str, Any]
    frontier: tuple[Mapping[str, Any], ...]
    policy: Mapping[str, Any]
    breaches: tuple[Mapping[str, Any], ...]
    content_hash: str
    created_at: datetime
    expires_at: datetime
    kind: str = "night"  # or rollback: ``run_id`` is then the night whose bids it undoes

    def __post_init__(self) -> None:
        object.__setattr__(self, "frontier", tuple(self.frontier))
        object.__setattr__(self, "breaches", tuple(self.breaches))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line before it is saved. ``expected`` is yuan and counts a day, as the optimizer says."""

    keyword_id: str
    adgroup_id: str
    campaign_id: str
    word: str
    match: str | None
    state: str
    bid_before_fen: int | None
    bid_proposed_fen: int | None
    bid_fen: int | None
    change_rate: float
    reason: str
    binding: str | None
    explore: bool
    marginal_return: float | None
    expected: Mapping[str, Any]
    spend_after_fen: int
    spend_before_fen: int
    contribution_after_fen: int
    contribution_before_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow(NewLine):
    """A line of a proposal: a bid change with its state, or a word that stays (``held``)."""

    line_id: int
    proposal_id: str
    account_id: str
    version: int
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    author: str | None = None  # who put the bid there, or opened it; None = the night
    risk: str = "unknown"
    at_stake_fen: int | None = None  # profit a day that the change loses where it turns out badly


def flat(row: NewLine) -> dict[str, Any]:
    """The columns of a line by name, nothing copied: a plan has one for every word."""
    return {name: getattr(row, name) for name in _columns_of_line()}


@cache
def _columns_of_line() -> tuple[str, ...]:
    return tuple(field.name for field in fields(NewLine))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordState:
    """A keyword of the roster as last seen."""

    account_id: str
    keyword_id: str
    adgroup_id: str
    campaign_id: str
    word: str
    match: str | None
    bid_fen: int | None
    quality_score: float | None
    biddable: bool
    not_biddable_reason: str | None
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One keyword-day, newest version."""

    account_id: str
    date: date
    keyword_id: str
    adgroup_id: str
    campaign_id: str
    bid_fen: int | None
    impressions: int
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int
    carts: int | None
    favourites: int | None
    avg_rank: float | None
    budget_hit: bool | None
    pulled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """The account's sums of one business day."""

    date: date
    keywords: int
    impressions: int
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReject:
    """A piece of the source that a run did not take."""

    reject_id: int
    run_id: str
    source: str
    row: int | None
    column: str | None
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDay:
    """One business day of the account on the ledger, fen.

    ``contribution_fen`` is what the day's orders will have brought once all of them are in;
    ``waiting_fen`` is the part of it that is still to come, ``reported_share`` the share of orders
    that is in. ``own_sd_fen`` is the day's own uncertainty, ``shared_sd_fen`` the one that all days
    have in common. The defaults are those of a day that is settled.
    """

    date: date
    spend_fen: int
    contribution_fen: int
    waiting_fen: int = 0
    clicks: int = 0
    reported_share: float = 1.0
    own_sd_fen: int = 0
    shared_sd_fen: int = 0

    @property
    def loss_fen(self) -> int:
        """spend − contribution; negative on a day with profit."""
        return self.spend_fen - self.contribution_fen

    @property
    def settled_fen(self) -> int:
        """Contribution of the orders that are in."""
        return self.contribution_fen - self.waiting_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedDay(LedgerDay):
    """A day of the ledger as the night of ``stated_on`` restated it."""

    stated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """What happened. ``before`` and ``after`` hold only what changed."""

    event_id: int
    at: datetime
    actor: str
    source: str
    action: str
    account_id: str | None = None
    run_id: str | None = None
    proposal_id: str | None = None
    line_id: int | None = None
    keyword_id: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedRow(AuditRow):
    """An audit event with its place in the chain."""

    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRow:
    """The first answer to a request that must not be carried out twice."""

    key: str
    request_hash: str
    status: int
    body: Mapping[str, Any]
    created_at: datetime


R = TypeVar("R")


def columns_of(row_type: type[Any], table: Table) -> Select[Any]:
    """SELECT exactly the columns of ``table`` that ``row_type`` has fields for."""
    return _select_of(tuple(field.name for field in fields(row_type)), table)


@cache
def _select_of(names: tuple[str, ...], table: Table) -> Select[Any]:
    """A statement never changes, and takes longer to build than many take to run."""
    return select(*(table.c[name] for name in names))


def fetch(session: Session, row_type: type[R], query: Select[Any]) -> list[R]:
    """Run a query made with ``columns_of`` and return its rows."""
    return [row_type(**mapping) for mapping in session.execute(query).mappings()]


def fetch_one(session: Session, row_type: type[R], query: Select[Any]) -> R | None:
    """The first row of a query made with ``columns_of``, or None."""
    mapping = session.execute(query.limit(1)).mappings().first()
    return None if mapping is None else row_type(**mapping)
