"""Changes to people and to what they carry, each with its audit event in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.audit import Origin
from service.errors import ConflictError, InputError, NotFoundError
from service.people import keys, records
from service.people.names import token_label, user_name
from service.people.roles import Role
from service.store import audit as events
from service.store import browser_sessions, people
from service.store.people import PersonRow, TokenRow

LONGEST_LIFE: Final = timedelta(days=366)


def add(
    session: Session,
    origin: Origin,
    name: str,
    *,
    password_hash: str | None,
    roles: Mapping[str, Role],
    linked_as: str | None = None,
) -> PersonRow:
    """Add a user with roles (scope → role).

    Raises InputError for the name, ConflictError when it or the link is taken, or when the first user
    would own nothing: from the first user on, this machine alone is no longer enough to enter.
    """
    row = PersonRow(
        name=user_name(name),
        password_hash=password_hash,
        created_at=origin.at,
        disabled_at=None,
        linked_as=linked_as,
    )
    _refuse_taken(session, row.name, linked_as)
    if not people.add(session, row):
        raise ConflictError.of("user_taken", name=row.name)
    for scope, role in roles.items():
        people.set_role(session, row.name, scope, role)
    _somebody_owns(session)
    after = {"enters_by": enters_by(row), "linked_as": linked_as, "roles": dict(roles)}
    events.append(session, [records.of_person("user_added", origin, row.name, after=after)])
    return row


def set_role(session: Session, origin: Origin, name: str, scope: str, role: Role | None) -> None:
    """Give a user a role on an account or on ``*``, or take it away.

    Raises NotFoundError for an unknown user, ConflictError when nobody would be left to own anything.
    """
    person = known(session, name)
    before = people.roles(session, [person.name]).get(person.name, {}).get(scope)
    people.set_role(session, person.name, scope, role)
    _somebody_owns(session)
    record = records.of_person(
        "role_changed",
        origin,
        person.name,
        scope=scope,
        before={"scope": scope, "role": before},
        after={"scope": scope, "role": role},
    )
    events.append(session, [record])


def set_password(session: Session, origin: Origin, name: str, password_hash: str) -> None:
    """Set a new password and log every browser of the user out."""
    person = known(session, name)
    people.change(session, person.name, password_hash=password_hash)
    browser_sessions.end_all(session, person.name)
    events.append(session, [records.of_person("password_set", origin, person.name)])


def link(session: Session, origin: Origin, name: str, linked_as: str | None) -> PersonRow:
    """Link a user to what the log-in provider says of them, None = to nothing; browsers are logged out.

    Whoever is that at the next log-in is bound to it. Raises ConflictError when it is another's.
    """
    person = known(session, name)
    _refuse_taken(session, person.name, linked_as)
    people.change(session, person.name, linked_as=linked_as, linked_subject=None)
    browser_sessions.end_all(session, person.name)
    record = records.of_person(
        "identity_linked",
        origin,
        person.name,
        before={"linked_as": person.linked_as},
        after={"linked_as": linked_as},
    )
    events.append(session, [record])
    return known(session, person.name)


def enters_by(person: PersonRow) -> list[str]:
    """The ways in which a user may enter, beside tokens."""
    ways = {"password": person.password_hash, "oidc": person.linked_as}
    return [way for way, there in ways.items() if there is not None]


def disable(session: Session, origin: Origin, name: str) -> None:
    """From now on nothing of the user's opens anything; browsers are logged out. Records stay."""
    person = known(session, name)
    if person.disabled_at is not None:
        return
    people.change(session, person.name, disabled_at=origin.at)
    browser_sessions.end_all(session, person.name)
    _somebody_owns(session)
    events.append(session, [records.of_person("user_disabled", origin, person.name)])


def enable(session: Session, origin: Origin, name: str) -> None:
    """Let a disabled user in again, with the roles they had."""
    person = known(session, name)
    if person.disabled_at is None:
        return
    people.change(session, person.name, disabled_at=None)
    events.append(session, [records.of_person("user_enabled", origin, person.name)])


def create_token(
    session: Session,
    origin: Origin,
    name: str,
    label: str,
    *,
    role: Role,
    accounts: Sequence[str] | None,
    life: timedelta,
) -> tuple[TokenRow, str]:
    """A new token of a user, narrowed to a role and accounts; returns its row and, once, the token.

    Raises NotFoundError for an unknown or disabled user, InputError for a label or life.
    """
    person = known(session, name)
    if person.disabled_at is not None:
        raise NotFoundError.of("user_disabled", name=person.name)
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise InputError.of("token_life", most=LONGEST_LIFE.days)
    token = keys.new_token()
    row = TokenRow(
        token_id=str(uuid.uuid4()),
        name=person.name,
        label=token_label(label),
        digest=keys.digest(token),
        role=role,
        accounts=None if accounts is None else tuple(sorted(set(accounts))),
        created_at=origin.at,
        expires_at=origin.at + life,
    )
    people.add_token(session, row)
    after = {
        "key_id": row.token_id,
        "label": row.label,
        "role": row.role,
        "accounts": row.accounts and list(row.accounts),
        "expires_at": row.expires_at.isoformat(),
    }
    events.append(session, [records.of_person("key_created", origin, person.name, after=after)])
    return row, token


def revoke_token(session: Session, origin: Origin, token_id: str) -> TokenRow:
    """End a token at once; ending it twice is ending it once. Raises NotFoundError."""
    row = people.token(session, token_id)
    if row is None:
        raise NotFoundError.of("token_unknown", token_id=token_id)
    if row.revoked_at is None:
        people.revoke_token(session, token_id, origin.at)
        after = {"key_id": row.token_id, "label": row.label}
        events.append(session, [records.of_person("key_revoked", origin, row.name, after=after)])
    return row


def known(session: Session, name: str) -> PersonRow:
    """A user by any spelling of the name; raises NotFoundError."""
    row = people.find(session, user_name(name))
    if row is None:
        raise NotFoundError.of("user_unknown", name=name)
    return row


def _refuse_taken(session: Session, name: str, linked_as: str | None) -> None:
    other = people.find_linked(session, linked_as=linked_as) if linked_as else None
    if other is not None and other.name != name:
        raise ConflictError.of("link_taken", linked_as=linked_as, name=other.name)


def _somebody_owns(session: Session) -> None:
    """Refuse the change that would leave nobody who may add users or lift a stop."""
    able = {person.name for person in people.everybody(session) if person.disabled_at is None}
    if not any(
        Role.OWNER in scopes.values() and name in able
        for name, scopes in people.roles(session).items()
    ):
        raise ConflictError.of("last_owner")
