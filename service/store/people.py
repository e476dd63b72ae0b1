"""People, their roles, and the keys they carry. Nothing that could open a door is read from here:
only hashes are stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from service.store.chunks import insert_or, written
from service.store.people_tables import METADATA
from service.store.rows import columns_of, fetch, fetch_one

PEOPLE: Table = METADATA.tables["person"]
ROLES: Table = METADATA.tables["person_role"]
TOKENS: Table = METADATA.tables["api_token"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A user; ``disabled_at`` set means that no key of theirs opens anything.

    ``linked_as`` is the value of a claim by which the log-in provider knows them, ``linked_subject``
    the hash of the identity there that came first.
    """

    name: str
    password_hash: str | None
    created_at: datetime
    disabled_at: datetime | None
    linked_as: str | None = None
    linked_subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A program's key without the key. ``accounts`` None = every account of its user."""

    token_id: str
    name: str
    label: str
    digest: str
    role: str
    accounts: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.accounts is not None:
            object.__setattr__(self, "accounts", tuple(self.accounts))


def anybody(session: Session) -> bool:
    """Whether there is any user at all, also a disabled one."""
    return bool(session.scalar(select(exists(select(PEOPLE.c.name)))))


def find(session: Session, name: str) -> PersonRow | None:
    """A user by name, None when nobody is called that."""
    return fetch_one(session, PersonRow, columns_of(PersonRow, PEOPLE).where(PEOPLE.c.name == name))


def find_linked(
    session: Session, *, linked_as: str | None = None, subject: str | None = None
) -> PersonRow | None:
    """The user behind an identity at the log-in provider, by its link or by its subject's hash."""
    query = columns_of(PersonRow, PEOPLE)
    if subject is not None:
        query = query.where(PEOPLE.c.linked_subject == subject)
    else:
        query = query.where(PEOPLE.c.linked_as == linked_as)
    return fetch_one(session, PersonRow, query)


def everybody(session: Session) -> list[PersonRow]:
    """All users, by name."""
    return fetch(session, PersonRow, columns_of(PersonRow, PEOPLE).order_by(PEOPLE.c.name))


def add(session: Session, person: PersonRow) -> bool:
    """Insert a user; False when the name, or the link, is taken."""
    statement = insert_or(session, PEOPLE).values(asdict(person)).on_conflict_do_nothing()
    return written(session, statement) == 1


def change(session: Session, name: str, **values: Any) -> bool:
    """Set columns of a user; False when there is no such user."""
    return written(session, update(PEOPLE).where(PEOPLE.c.name == name).values(**values)) == 1


def bind(session: Session, name: str, *, linked_as: str, subject: str) -> bool:
    """Bind a user to an identity, if they are linked so now, to nobody yet, and not disabled."""
    statement = update(PEOPLE).where(
        PEOPLE.c.name == name,
        PEOPLE.c.linked_as == linked_as,
        PEOPLE.c.linked_subject.is_(None),
        PEOPLE.c.disabled_at.is_(None),
    )
    return written(session, statement.values(linked_subject=subject)) == 1


def roles(session: Session, names: Collection[str] | None = None) -> Mapping[str, dict[str, str]]:
    """name → scope → role, of these users or of all."""
    query = select(ROLES.c.name, ROLES.c.scope, ROLES.c.role).order_by(ROLES.c.name, ROLES.c.scope)
    if names is not None:
        query = query.where(ROLES.c.name.in_(names))
    found: dict[str, dict[str, str]] = {}
    for name, scope, role in session.execute(query):
        found.setdefault(name, {})[scope] = role
    return found


def set_role(session: Session, name: str, scope: str, role: str | None) -> None:
    """Give a role on an account or on ``*``; None takes it away."""
    if role is None:
        session.execute(delete(ROLES).where(ROLES.c.name == name, ROLES.c.scope == scope))
        return
    row = insert_or(session, ROLES).values(name=name, scope=scope, role=role)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[ROLES.c.name, ROLES.c.scope], set_={"role": row.excluded.role}
        )
    )


def add_token(session: Session, token: TokenRow) -> None:
    """Insert a token."""
    session.execute(insert(TOKENS), [asdict(token)])


def token_by_digest(session: Session, digest: str) -> TokenRow | None:
    """The token behind a hash, whether it is still good or not."""
    return fetch_one(
        session, TokenRow, columns_of(TokenRow, TOKENS).where(TOKENS.c.digest == digest)
    )


def token(session: Session, token_id: str) -> TokenRow | None:
    """A token by its id."""
    query = columns_of(TokenRow, TOKENS).where(TOKENS.c.token_id == token_id)
    return fetch_one(session, TokenRow, query)


def tokens(session: Session, name: str | None = None) -> list[TokenRow]:
    """Tokens of a user, or of all, oldest first."""
    query = columns_of(TokenRow, TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.token_id)
    if name is not None:
        query = query.where(TOKENS.c.name == name)
    return fetch(session, TokenRow, query)


def note_token(session: Session, digest: str, at: datetime) -> None:
    """Note when a token was used last."""
    session.execute(update(TOKENS).where(TOKENS.c.digest == digest).values(used_at=at))


def revoke_token(session: Session, token_id: str, at: datetime) -> None:
    """End a token."""
    session.execute(update(TOKENS).where(TOKENS.c.token_id == token_id).values(revoked_at=at))
