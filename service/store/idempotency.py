"""First answers to requests that must not be carried out twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy.orm import Session

from service.errors import ConflictError
from service.store.chunks import insert_or, written
from service.store.rows import IdempotencyRow, columns_of, fetch_one
from service.store.tables import IdempotencyKey

KEYS: Table = IdempotencyKey.metadata.tables["idempotency_key"]


def get(session: Session, key: str, request_hash: str) -> IdempotencyRow | None:
    """The first answer under this key, None if there was none.

    Raises ConflictError when the key was used for another request.
    """
    row = fetch_one(
        session, IdempotencyRow, columns_of(IdempotencyRow, KEYS).where(KEYS.c.key == key)
    )
    if row is not None and row.request_hash != request_hash:
        raise ConflictError(
            f"the Idempotency-Key {key} was used for a different request at "
            f"{row.created_at:%Y-%m-%d %H:%M} UTC; take a new key for a new request"
        )
    return row


def put(session: Session, key: str, request_hash: str, *, now: datetime) -> bool:
    """Claim the key before the work, in the same transaction; False when another has it.

    A second request with the key waits here until the first has committed, then is told False.
    """
    statement = insert_or(session, KEYS).values(
        key=key, request_hash=request_hash, status=0, body={}, created_at=now
    )
    return written(session, statement.on_conflict_do_nothing()) == 1


def answer(session: Session, key: str, *, status: int, body: Mapping[str, Any]) -> None:
    """Keep the answer of the request that claimed the key."""
    session.execute(KEYS.update().where(KEYS.c.key == key).values(status=status, body=dict(body)))


def forget(session: Session, before: datetime) -> int:
    """Drop answers older than ``before``; returns how many."""
    return written(session, delete(KEYS).where(KEYS.c.created_at < before))
