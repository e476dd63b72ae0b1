"""What people were told: every message once, whatever crashes in between.

A message is written down as ``intent``, becomes ``sending`` just before it leaves (for one process
only), and then ``sent``, ``failed`` or ``unknown``. What is found ``sending`` long after belongs to a
process that died while it left: ``unknown``, and never sent a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Table, func, select, update
from sqlalchemy.orm import Session

from service.errors import ConflictError
from service.store.chunks import insert_or, written
from service.store.message_tables import METADATA
from service.store.rows import columns_of, fetch

MESSAGES: Table = METADATA.tables["message"]
DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """Something to tell: ``kind`` is ``digest``, or ``alert:`` and its cause."""

    account_id: str
    day: date
    channel: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow(NewMessage):
    """A message and what became of it."""

    message_id: int
    state: str
    attempts: int
    cause: str | None
    created_at: datetime
    changed_at: datetime
    not_before_at: datetime


def intend(session: Session, message: NewMessage, now: datetime) -> bool:
    """Write down that something is to be told; returns False when it stands there already."""
    values = asdict(message) | {
        "state": "intent",
        "attempts": 0,
        "created_at": now,
        "changed_at": now,
        "not_before_at": now,
    }
    statement = insert_or(session, MESSAGES).values(values).on_conflict_do_nothing()
    return written(session, statement) == 1


def known_kinds(session: Session, account_id: str, channel: str) -> frozenset[str]:
    """Every kind that an account was told over a channel, on whatever day."""
    query = select(MESSAGES.c.kind).where(
        MESSAGES.c.account_id == account_id, MESSAGES.c.channel == channel
    )
    return frozenset(session.scalars(query.distinct()))


def channels_told(session: Session, account_id: str, day: date, kind: str) -> frozenset[str]:
    """The channels over which an account has a message of a kind for a day, whatever its state."""
    query = select(MESSAGES.c.channel).where(
        MESSAGES.c.account_id == account_id, MESSAGES.c.day == day, MESSAGES.c.kind == kind
    )
    return frozenset(session.scalars(query))


def page(session: Session, account_id: str, *, limit: int = 100) -> list[MessageRow]:
    """An account's newest messages, newest first."""
    query = columns_of(MessageRow, MESSAGES).where(MESSAGES.c.account_id == account_id)
    return fetch(session, MessageRow, query.order_by(MESSAGES.c.message_id.desc()).limit(limit))


def waiting(session: Session, account_id: str, now: datetime) -> list[MessageRow]:
    """What an account is still to be told and may be now, oldest first."""
    query = columns_of(MessageRow, MESSAGES).where(
        MESSAGES.c.account_id == account_id,
        MESSAGES.c.state == "intent",
        MESSAGES.c.not_before_at <= now,
    )
    return fetch(session, MessageRow, query.order_by(MESSAGES.c.message_id))


def left_since(
    session: Session,
    channel: str,
    since: datetime,
    *,
    account_id: str | None = None,
    kind: str = "",
) -> int:
    """How many began to leave over a channel after ``since``: of an account, of a kind so beginning."""
    query = select(func.count()).where(
        MESSAGES.c.channel == channel,
        MESSAGES.c.attempts > 0,
        MESSAGES.c.changed_at > since,
        MESSAGES.c.kind.startswith(kind, autoescape=True),
    )
    if account_id is not None:
        query = query.where(MESSAGES.c.account_id == account_id)
    return session.scalar(query) or 0


def claim(session: Session, messages: Sequence[MessageRow], now: datetime) -> None:
    """Take messages for sending; raises ConflictError when another process has taken one of them."""
    for one in messages:
        statement = update(MESSAGES).where(
            MESSAGES.c.message_id == one.message_id,
            MESSAGES.c.state == "intent",
            MESSAGES.c.attempts == one.attempts,
        )
        values = {"state": "sending", "attempts": one.attempts + 1, "changed_at": now}
        if written(session, statement.values(values)) != 1:
            raise ConflictError(f"message {one.message_id} is being sent by another process")


def settle(
    session: Session,
    ids: Iterable[int],
    state: str,
    *,
    cause: str | None,
    now: datetime,
    not_before_at: datetime,
) -> None:
    """Note what became of messages that were being sent."""
    statement = update(MESSAGES).where(
        MESSAGES.c.message_id.in_(tuple(ids)), MESSAGES.c.state == "sending"
    )
    session.execute(
        statement.values(state=state, cause=cause, changed_at=now, not_before_at=not_before_at)
    )


def give_up(session: Session, account_id: str, *, before: datetime, now: datetime) -> int:
    """End what nobody tells any more: intents written before ``before``; returns how many."""
    statement = update(MESSAGES).where(
        MESSAGES.c.account_id == account_id,
        MESSAGES.c.state == "intent",
        MESSAGES.c.created_at < before,
    )
    values = {"state": "failed", "changed_at": now}
    return written(session, statement.values(values))


def abandoned(session: Session, account_id: str, *, before: datetime, now: datetime) -> int:
    """Note what a process left in the middle of sending before ``before``; returns how many."""
    statement = update(MESSAGES).where(
        MESSAGES.c.account_id == account_id,
        MESSAGES.c.state == "sending",
        MESSAGES.c.changed_at < before,
    )
    cause = "the process ended while it left"
    return written(session, statement.values(state="unknown", cause=cause, changed_at=now))
