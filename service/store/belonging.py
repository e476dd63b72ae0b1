"""Whose something is: the account of a row by its id, and nothing else of it."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from service.store.applied_tables import METADATA

Noun = Literal["run", "proposal", "line", "application", "batch", "alert"]


def account_of(session: Session, noun: Noun, key: str | int) -> str | None:
    """The account that a row belongs to, None when there is no such row."""
    table: Table = METADATA.tables[noun]
    (column,) = table.primary_key.columns
    return session.scalar(select(table.c.account_id).where(column == key))
