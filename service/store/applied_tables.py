"""Tables of what leaves for the platform, and of what others change there.

An application is one walk over an account's approved lines, in batches of at most 200. A batch line
can only exist with the approval that it rests on.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables import Id, Table

METADATA = Table.metadata  # with everything in it, once this module is there


class Application(Table):
    """One walk over the approved lines of an account."""

    __tablename__ = "application"
    application_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64), index=True)
    business_date: Mapped[date]
    state: Mapped[str] = mapped_column(String(16))  # queued | running | done | halted | failed
    halt: Mapped[str | None] = mapped_column(String(24))  # why it ended early, as a code
    cause: Mapped[str | None]  # the same as a sentence
    actor: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(16))
    counts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Batch(Table):
    """Up to 200 bids that are set in one call."""

    __tablename__ = "batch"
    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.application_id"))
    account_id: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    business_date: Mapped[date]
    state: Mapped[str] = mapped_column(
        String(16)
    )  # prepared | dispatching | unknown | done | released
    cause: Mapped[str | None]
    created_at: Mapped[datetime]
    dispatched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("application_id", "number"),
        Index("ix_batch_account_state", "account_id", "state"),
    )


class BatchLine(Table):
    """One bid of a batch, and what was found of it on the platform."""

    __tablename__ = "batch_line"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.batch_id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.line_id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    keyword_id: Mapped[str] = mapped_column(String(64))
    approval_event_id: Mapped[int] = mapped_column(ForeignKey("audit_event.event_id"))
    bid_before_fen: Mapped[int] = mapped_column(BigInteger)
    bid_fen: Mapped[int] = mapped_column(BigInteger)
    # intended | sent | unknown | applied | failed | conflict | released
    outcome: Mapped[str] = mapped_column(String(16))
    told_set: Mapped[bool]  # the platform's answer said that it was set
    found_fen: Mapped[int | None] = mapped_column(BigInteger)  # live bid that settled it
    first_read_fen: Mapped[int | None] = mapped_column(BigInteger)
    first_read_at: Mapped[datetime | None]  # of a line whose outcome nobody saw
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_batch_line_line", "line_id"),
        Index("ix_batch_line_settled", "account_id", "settled_at"),
    )


class AccountState(Table):
    """Who is applying an account, and whether its shop has to be authorised again."""

    __tablename__ = "account_state"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    applying_owner: Mapped[str | None]
    applying_until_at: Mapped[datetime | None]
    unauthorised_since_at: Mapped[datetime | None]
    unauthorised_cause: Mapped[str | None]


class StopOrder(Table):
    """The kill switch: while a row stands, nothing leaves. ``scope`` is an account id or ``*``."""

    __tablename__ = "stop_order"
    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    ordered_at: Mapped[datetime]
    ordered_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None]


class HandsOff(Table):
    """A word that somebody changed elsewhere: left to people until one releases it."""

    __tablename__ = "hands_off"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    keyword_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    since_at: Mapped[datetime]
    bid_before_fen: Mapped[int | None] = mapped_column(BigInteger)
    bid_fen: Mapped[int] = mapped_column(BigInteger)


class Alert(Table):
    """Something a person has to know and acknowledge."""

    __tablename__ = "alert"
    alert_id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(24))  # budget_raised | limits_raised
    subject: Mapped[str] = mapped_column(String(64))  # campaign_id | limits
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    message_zh: Mapped[str]
    message_en: Mapped[str]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(64))


class StandingLimits(Table):
    """The budgets and the allowance in force; a raise in the YAML waits until it is acknowledged."""

    __tablename__ = "standing_limits"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    limits: Mapped[dict[str, Any]]  # name -> value, money in fen, null = without limit
    since_at: Mapped[datetime]


class Rollback(Table):
    """A proposal that undoes batches; ``left`` lists the words that it leaves alone, and why."""

    __tablename__ = "rollback"
    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposal.proposal_id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    undoes: Mapped[str] = mapped_column(String(36), index=True)  # an application or a batch
    left: Mapped[list[Any]]
    created_at: Mapped[datetime]


class Undo(Table):
    """A line of a rollback and the applied line that it undoes."""

    __tablename__ = "undo"
    line_id: Mapped[int] = mapped_column(ForeignKey("line.line_id"), primary_key=True)
    undone_line_id: Mapped[int] = mapped_column(ForeignKey("line.line_id"), index=True)
