"""Tables. Money is integer fen, instants are UTC and end in ``_at``, business dates are dates.

``keyword_day`` holds the newest figures; ``settlement`` holds every version a pull has brought,
so that a past night can be rebuilt exactly as it was known (``pulled_at`` <= the run's cut-off).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC instant on every database; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse naive instants; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """SQLite forgets the zone: it was UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Day = date  # the columns called ``date`` hide the type inside their classes
Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True)


class Table(DeclarativeBase):
    """Base of all tables; constraints are named so that a later migration can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class Campaign(Table):
    """Roster: campaigns as last seen."""

    __tablename__ = "campaign"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    daily_budget_fen: Mapped[int | None] = mapped_column(BigInteger)
    bid_type: Mapped[str]
    online: Mapped[bool]
    seen_at: Mapped[datetime]


class Adgroup(Table):
    """Roster: adgroups as last seen."""

    __tablename__ = "adgroup"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    adgroup_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    item_id: Mapped[str | None]
    item_name: Mapped[str | None]
    seen_at: Mapped[datetime]


class Keyword(Table):
    """Roster: keywords as last seen, with the bid in force then."""

    __tablename__ = "keyword"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    keyword_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    adgroup_id: Mapped[str] = mapped_column(String(64))
    campaign_id: Mapped[str] = mapped_column(String(64))
    word: Mapped[str]
    match: Mapped[str | None]
    bid_fen: Mapped[int | None] = mapped_column(BigInteger)
    quality_score: Mapped[float | None]
    biddable: Mapped[bool]
    not_biddable_reason: Mapped[str | None]
    seen_at: Mapped[datetime]


class KeywordDay(Table):
    """Facts: one keyword, one business day, newest version."""

    __tablename__ = "keyword_day"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    date: Mapped[Day] = mapped_column(primary_key=True)
    keyword_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    adgroup_id: Mapped[str] = mapped_column(String(64))
    campaign_id: Mapped[str] = mapped_column(String(64))
    bid_fen: Mapped[int | None] = mapped_column(BigInteger)
    impressions: Mapped[int] = mapped_column(BigInteger)
    clicks: Mapped[int] = mapped_column(BigInteger)
    spend_fen: Mapped[int] = mapped_column(BigInteger)
    orders: Mapped[int] = mapped_column(BigInteger)
    revenue_fen: Mapped[int] = mapped_column(BigInteger)
    carts: Mapped[int | None] = mapped_column(BigInteger)
    favourites: Mapped[int | None] = mapped_column(BigInteger)
    avg_rank: Mapped[float | None]
    budget_hit: Mapped[bool | None]
    pulled_at: Mapped[datetime]
    __table_args__ = (
        Index("ix_keyword_day_keyword", "account_id", "keyword_id", "date"),
        {"sqlite_with_rowid": False},
    )


class Settlement(Table):
    """Every version of a keyword-day that a pull has brought, in the order of pulls."""

    __tablename__ = "settlement"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    date: Mapped[Day] = mapped_column(primary_key=True)
    keyword_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    pulled_at: Mapped[datetime] = mapped_column(primary_key=True)
    pulled_on: Mapped[Day]
    adgroup_id: Mapped[str] = mapped_column(String(64))
    campaign_id: Mapped[str] = mapped_column(String(64))
    bid_fen: Mapped[int | None] = mapped_column(BigInteger)
    impressions: Mapped[int] = mapped_column(BigInteger)
    clicks: Mapped[int] = mapped_column(BigInteger)
    spend_fen: Mapped[int] = mapped_column(BigInteger)
    orders: Mapped[int] = mapped_column(BigInteger)
    revenue_fen: Mapped[int] = mapped_column(BigInteger)
    carts: Mapped[int | None] = mapped_column(BigInteger)
    favourites: Mapped[int | None] = mapped_column(BigInteger)
    avg_rank: Mapped[float | None]
    budget_hit: Mapped[bool | None]
    __table_args__ = ({"sqlite_with_rowid": False},)


class PullDay(Table):
    """What was known of a business day after a pull that brought rows of it, summed over keywords.

    A pull that is silent about a day leaves no row, so silence is never read as "no new orders".
    """

    __tablename__ = "pull_day"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    date: Mapped[Day] = mapped_column(primary_key=True)
    pulled_at: Mapped[datetime] = mapped_column(primary_key=True)
    pulled_on: Mapped[Day]
    keywords: Mapped[int] = mapped_column(BigInteger)
    impressions: Mapped[int] = mapped_column(BigInteger)
    clicks: Mapped[int] = mapped_column(BigInteger)
    spend_fen: Mapped[int] = mapped_column(BigInteger)
    orders: Mapped[int] = mapped_column(BigInteger)
    revenue_fen: Mapped[int] = mapped_column(BigInteger)


class Run(Table):
    """One night of one account; UNIQUE (account, business_date) makes it happen once."""

    __tablename__ = "run"
    run_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    business_date: Mapped[Day]
    state: Mapped[str] = mapped_column(String(16))  # running | succeeded | failed
    step: Mapped[str] = mapped_column(String(32))
    trigger: Mapped[str] = mapped_column(String(16))  # schedule | cli | rest
    attempt: Mapped[int] = mapped_column(default=1)
    lease_owner: Mapped[str | None]
    lease_until_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    cutoff_at: Mapped[datetime | None]  # facts with pulled_at <= this fed the optimizer
    seed: Mapped[int] = mapped_column(BigInteger)
    inputs_hash: Mapped[str | None]
    config_hash: Mapped[str | None]
    code_version: Mapped[str | None]
    cause: Mapped[str | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    review: Mapped[list[Any]] = mapped_column(default=list)
    __table_args__ = (UniqueConstraint("account_id", "business_date"),)


class RunInput(Table):
    """What a run was given besides the facts (roster, economics, policy), packed for replay."""

    __tablename__ = "run_input"
    run_id: Mapped[str] = mapped_column(ForeignKey("run.run_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RejectRow(Table):
    """A piece of the source that was not taken in a run."""

    __tablename__ = "reject"
    reject_id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.run_id"), index=True)
    source: Mapped[str]
    row: Mapped[int | None]
    column: Mapped[str | None]
    value: Mapped[str | None]
    reason: Mapped[str]


class Proposal(Table):
    """A persisted plan: what the night lays on the table."""

    __tablename__ = "proposal"
    proposal_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.run_id"))
    kind: Mapped[str] = mapped_column(String(16), server_default="night")  # night | rollback
    account_id: Mapped[str] = mapped_column(String(64), index=True)
    business_date: Mapped[Day]
    state: Mapped[str] = mapped_column(String(16))  # open | blocked | superseded | expired
    review: Mapped[str] = mapped_column(String(8))  # PASS | REVIEW | FAIL
    status: Mapped[str]  # the optimizer's
    totals: Mapped[dict[str, Any]]
    frontier: Mapped[list[Any]]
    policy: Mapped[dict[str, Any]]
    breaches: Mapped[list[Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    __table_args__ = (
        Index("ix_proposal_run_id", "run_id"),
        Index(  # the fence: a night lays one proposal on the table
            "uq_proposal_night",
            "run_id",
            unique=True,
            sqlite_where=text("kind = 'night'"),
            postgresql_where=text("kind = 'night'"),
        ),
    )


class Line(Table):
    """One bid change of a proposal, or one word that stays, with the numbers of its decision."""

    __tablename__ = "line"
    line_id: Mapped[int] = mapped_column(Id, primary_key=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposal.proposal_id"))
    account_id: Mapped[str] = mapped_column(String(64))
    keyword_id: Mapped[str] = mapped_column(String(64))
    adgroup_id: Mapped[str] = mapped_column(String(64))
    campaign_id: Mapped[str] = mapped_column(String(64))
    word: Mapped[str]
    match: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)  # grows with every change of the line
    bid_before_fen: Mapped[int | None] = mapped_column(BigInteger)
    bid_proposed_fen: Mapped[int | None] = mapped_column(BigInteger)
    bid_fen: Mapped[int | None] = mapped_column(
        BigInteger
    )  # to be applied: proposed, or edited by a person
    change_rate: Mapped[float]  # bid_fen / bid_before_fen - 1, 0 where unknown
    reason: Mapped[str] = mapped_column(String(32))
    binding: Mapped[str | None] = mapped_column(String(32))
    explore: Mapped[bool]
    marginal_return: Mapped[float | None]
    expected: Mapped[
        dict[str, Any]
    ]  # clicks, spend, orders, revenue, contribution: before, after, p05, p95
    spend_after_fen: Mapped[int] = mapped_column(
        BigInteger
    )  # expected a day, for totals and sorting
    spend_before_fen: Mapped[int] = mapped_column(BigInteger)
    contribution_after_fen: Mapped[int] = mapped_column(BigInteger)
    contribution_before_fen: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]
    author: Mapped[str | None] = mapped_column(String(64))  # of a human bid, or of an override
    risk: Mapped[str] = mapped_column(String(16), server_default="unknown")  # see service.risk
    at_stake_fen: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        UniqueConstraint("proposal_id", "keyword_id"),
        Index("ix_line_state", "proposal_id", "state"),
        Index("ix_line_keyword", "account_id", "keyword_id"),
        Index("ix_line_account_state", "account_id", "state"),
        Index("ix_line_spend", "proposal_id", "spend_after_fen", "line_id"),
    )


class AuditEvent(Table):
    """What happened: appended, never changed; triggers refuse it. Chained, see ``store.chain``."""

    __tablename__ = "audit_event"
    event_id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[str | None] = mapped_column(String(64), index=True)
    run_id: Mapped[str | None] = mapped_column(String(36))
    proposal_id: Mapped[str | None] = mapped_column(String(36), index=True)
    line_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    keyword_id: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64), index=True)
    source: Mapped[str] = mapped_column(String(16))  # cli | rest | schedule | pull
    action: Mapped[str] = mapped_column(String(32))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    request_id: Mapped[str | None] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Table):
    """The last event of the chain, one row: what is missing at the end is seen here.

    Its lock puts writers in order; it is taken last of all, just before the commit.
    """

    __tablename__ = "audit_head"
    head_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class IdempotencyKey(Table):
    """The first answer to a request that must not be carried out twice."""

    __tablename__ = "idempotency_key"
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
