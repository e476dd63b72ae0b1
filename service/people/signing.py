"""Who is asking: a browser by the key in its cookie, a program by its token, a person logging in.

Everything is asked of the store anew for every request, so that what is revoked is shut at once, on
every replica.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.audit import Origin
from service.people import keys, passwords, records, register, throttle
from service.people.names import folded
from service.people.roles import Principal, Role
from service.people.throttle import Counted
from service.people.vouching import Vouched
from service.store import Store, browser_sessions, people
from service.store import audit as events
from service.store.browser_sessions import SessionRow
from service.store.people import PersonRow

IDLE: Final = timedelta(hours=12)
LONGEST_SESSION: Final = timedelta(days=7)
NOTED_EVERY: Final = timedelta(minutes=1)  # last use is noted no more often: reading stays reading


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session: who, the key for the cookie, until when at the latest."""

    name: str
    key: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Who is asking. ``unnoted`` is the key that was used, when its last use is to be noted."""

    principal: Principal
    unnoted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """No: a wrong name or password (which, is not said), or too many attempts, seconds to wait.

    ``stranger`` is how the log-in provider knows somebody whom nobody has added here (or has disabled,
    or linked to another identity there); "" when it did not say.
    """

    wait_seconds: int | None = None
    stranger: str | None = None


def is_open(store: Store) -> bool:
    """Whether nobody has been added yet, so that this machine may do everything."""
    with store.read() as session:
        return not people.anybody(session)


def by_token(store: Store, offered: str, now: datetime) -> Entered | None:
    """Whose token this is, narrowed as the token is; None when it opens nothing (any more)."""
    with store.read() as session:
        token = people.token_by_digest(session, keys.digest(offered))
        if token is None or token.revoked_at is not None or token.expires_at <= now:
            return None
        grants = _grants(session, token.name)
    if grants is None:
        return None
    principal = Principal(
        name=token.name,
        by="token",
        grants=grants,
        ceiling=Role(token.role),
        only=None if token.accounts is None else frozenset(token.accounts),
    )
    return Entered(principal=principal, unnoted=_unnoted(token.digest, token.used_at, now))


def by_session(store: Store, offered: str, now: datetime) -> Entered | None:
    """Whose browser this is; None when its session has ended."""
    with store.read() as session:
        row = browser_sessions.find(session, keys.digest(offered))
        if row is None or row.expires_at <= now or row.seen_at + IDLE <= now:
            return None
        grants = _grants(session, row.name)
    if grants is None:
        return None
    principal = Principal(name=row.name, by="session", grants=grants)
    return Entered(principal=principal, unnoted=_unnoted(row.digest, row.seen_at, now))


def _unnoted(digest: str, last: datetime | None, now: datetime) -> str | None:
    return digest if last is None or now - last >= NOTED_EVERY else None


def note_use(store: Store, entered: Entered, now: datetime) -> None:
    """Write down when a key was used. It waits for whoever is writing: do it after answering."""
    if entered.unnoted is None:
        return
    with store.begin() as session:
        if entered.principal.by == "token":
            people.note_token(session, entered.unnoted, now)
        else:
            browser_sessions.seen(session, entered.unnoted, now)


def sign_in(
    store: Store, origin: Origin, name: str, password: str, *, address: str, replaces: str | None
) -> SignedIn | TurnedAway:
    """Log somebody in with a password; ``replaces`` is the key that the browser came with.

    An unknown user costs as much time as a known one. Of ``origin`` the actor is not looked at.
    """
    found = _check(store, origin.at, folded(name), password, address)
    if isinstance(found, TurnedAway):
        return found
    fresh = passwords.hashed(password) if passwords.outdated(found.password_hash or "") else None
    with store.begin() as session:
        if fresh:
            people.change(session, found.name, password_hash=fresh)
        return open_session(session, origin, found, by="password", replaces=replaces)


def may_try(store: Store, now: datetime, address: str) -> TurnedAway | None:
    """Count a log-in by the provider, before the provider is asked; too many have to wait."""
    by_address = throttle.counted("", address)[1]
    return _count(store, now, (by_address,))[0]


def subject_digest(vouched: Vouched) -> str:
    """What is kept of an identity."""
    return keys.digest(f"{vouched.issuer} {vouched.subject}")


def enter(
    store: Store, origin: Origin, vouched: Vouched, *, replaces: str | None
) -> SignedIn | TurnedAway:
    """Log in somebody whom the provider vouches for; nobody is added by it.

    Whoever is linked is bound, the first time, to the identity at the provider that never changes: an
    address that is given to another person later opens nothing.
    """
    subject = subject_digest(vouched)
    with store.begin() as session:
        person = people.find_linked(session, subject=subject)
        if person is None and vouched.link is not None:
            person = _bound_now(session, vouched.link, subject)
        if person is None or person.disabled_at is not None:
            return TurnedAway(stranger=vouched.link or "")
        return open_session(session, origin, person, by="oidc", replaces=replaces)


def _bound_now(session: Session, link: str, subject: str) -> PersonRow | None:
    """The user whom an identity that nobody has had so far is bound to from now on, if there is one.

    What was read may have changed meanwhile: what counts is the row that was written.
    """
    person = people.find_linked(session, linked_as=link)
    if person is None:
        return None
    if people.bind(session, person.name, linked_as=link, subject=subject):
        return person
    return people.find_linked(session, subject=subject)  # by another log-in, at this moment


def change_password(
    store: Store, origin: Origin, name: str, password: str, new: str, *, address: str
) -> SignedIn | TurnedAway:
    """Give somebody who knows their password a new one; raises InputError for a bad new one."""
    passwords.good(new, name)
    found = _check(store, origin.at, name, password, address)
    if isinstance(found, TurnedAway):
        return found
    fresh = passwords.hashed(new)
    with store.begin() as session:
        register.set_password(session, origin, name, fresh)
        return open_session(session, origin, found, by="password", replaces=None)


def _check(
    store: Store, now: datetime, name: str, password: str, address: str
) -> PersonRow | TurnedAway:
    """Whether a password is right, unless too many attempts came before; no transaction meanwhile."""
    counters = throttle.counted(name, address)
    held, person = _count(store, now, counters, name)
    if held is not None:
        return held
    able = person if person is not None and person.disabled_at is None else None
    if not passwords.matches(able.password_hash if able else None, password) or able is None:
        return TurnedAway()
    with store.begin() as session:
        browser_sessions.forget_attempts(session, counters[0].subject)
    return able


def _count(
    store: Store, now: datetime, counters: Sequence[Counted], name: str = ""
) -> tuple[TurnedAway | None, PersonRow | None]:
    """Count one attempt; whether it is one too many, and the user called ``name``."""
    with store.begin() as session:
        counts = browser_sessions.attempt(
            session,
            [each.subject for each in counters],
            now,
            window_began=now - throttle.WINDOW,
        )
        person = people.find(session, name) if name else None
    over = [counts[each.subject][1] for each in counters if counts[each.subject][0] > each.most]
    wait = TurnedAway(wait_seconds=throttle.wait_seconds(max(over), now)) if over else None
    return wait, person


def open_session(
    session: Session, origin: Origin, person: PersonRow, *, by: str, replaces: str | None
) -> SignedIn:
    """A new session under a new key; the one that the browser came with ends."""
    if replaces:
        browser_sessions.end(session, keys.digest(replaces))
    key = keys.new_key()
    row = SessionRow(
        digest=keys.digest(key),
        name=person.name,
        created_at=origin.at,
        seen_at=origin.at,
        expires_at=origin.at + LONGEST_SESSION,
    )
    browser_sessions.add(session, row)
    named = Origin(
        at=origin.at, actor=person.name, source=origin.source, request_id=origin.request_id
    )
    events.append(session, [records.of_person("signed_in", named, person.name, after={"by": by})])
    return SignedIn(name=person.name, key=key, expires_at=row.expires_at)


def sign_out(store: Store, key: str) -> None:
    """End the session behind a cookie's key."""
    with store.begin() as session:
        browser_sessions.end(session, keys.digest(key))


def forget(store: Store, now: datetime) -> None:
    """Drop what has expired."""
    with store.begin() as session:
        browser_sessions.forget(session, now, window_began=now - throttle.WINDOW)


def _grants(session: Session, name: str) -> dict[str, Role] | None:
    """The roles of a user; None for one who is disabled."""
    person = people.find(session, name)
    if person is None or person.disabled_at is not None:
        return None
    held = people.roles(session, [name]).get(name, {})
    return {scope: Role(role) for scope, role in held.items()}
