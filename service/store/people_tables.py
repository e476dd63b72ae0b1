"""Tables of people: who they are, their roles on accounts, and the keys they carry (hashes only).

A person's name is the key and the actor on record. Nobody is ever deleted, only disabled: a name
on record keeps meaning one person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store import ledger_tables
from service.store.tables import Json, Table

METADATA = ledger_tables.METADATA  # with everything in it, once this module is there


class Person(Table):
    """A user. Without a password or a link to the log-in provider they enter by token only.

    ``linked_as`` is what the provider has to say of them, ``linked_subject`` the hash of who said to
    be that first: nobody else is that from then on.
    """

    __tablename__ = "person"
    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    linked_as: Mapped[str | None] = mapped_column(String(300), unique=True)
    linked_subject: Mapped[str | None] = mapped_column(String(64), unique=True)


class PersonRole(Table):
    """What a person is on an account, or on all (``*``)."""

    __tablename__ = "person_role"
    name: Mapped[str] = mapped_column(ForeignKey("person.name"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))


class ApiToken(Table):
    """A program's key, acting for a person within ``role`` and ``accounts`` (None = all theirs)."""

    __tablename__ = "api_token"
    token_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(ForeignKey("person.name"), index=True)
    label: Mapped[str] = mapped_column(String(48))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    accounts: Mapped[list[Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class BrowserSession(Table):
    """A browser that is logged in."""

    __tablename__ = "browser_session"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(ForeignKey("person.name"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignInAttempts(Table):
    """Attempts to log in since the beginning of a window, by user or address (hashed)."""

    __tablename__ = "sign_in_attempts"
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    since_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int]
