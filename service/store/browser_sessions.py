"""Browsers that are logged in, and attempts to log in; shared by all processes on the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Table, case, delete, insert, select, update
from sqlalchemy.orm import Session

from service.store.chunks import insert_or, written
from service.store.people_tables import METADATA
from service.store.rows import columns_of, fetch_one

SESSIONS: Table = METADATA.tables["browser_session"]
ATTEMPTS: Table = METADATA.tables["sign_in_attempts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A browser of somebody's; ``digest`` is the hash of the key in its cookie."""

    digest: str
    name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def add(session: Session, row: SessionRow) -> None:
    """Insert a session."""
    session.execute(insert(SESSIONS), [asdict(row)])


def find(session: Session, digest: str) -> SessionRow | None:
    """The session behind a hash, whether it has expired or not."""
    query = columns_of(SessionRow, SESSIONS).where(SESSIONS.c.digest == digest)
    return fetch_one(session, SessionRow, query)


def seen(session: Session, digest: str, at: datetime) -> None:
    """Note when a session was used last."""
    session.execute(update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_at=at))


def end(session: Session, digest: str) -> bool:
    """Forget a session; False when there was none."""
    return written(session, delete(SESSIONS).where(SESSIONS.c.digest == digest)) == 1


def end_all(session: Session, name: str) -> int:
    """Forget every session of a user; returns how many."""
    return written(session, delete(SESSIONS).where(SESSIONS.c.name == name))


def forget(session: Session, now: datetime, *, window_began: datetime) -> None:
    """Drop sessions that have expired and counters whose window began before ``window_began``."""
    session.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now))
    session.execute(delete(ATTEMPTS).where(ATTEMPTS.c.since_at < window_began))


def attempt(
    session: Session, subjects: Iterable[str], now: datetime, *, window_began: datetime
) -> dict[str, tuple[int, datetime]]:
    """Count one more attempt for each subject: subject → (how many with this one, since when).

    A window that began before ``window_began`` is over: the count starts again. Two at once wait for
    each other, so no attempt is lost.
    """
    found: dict[str, tuple[int, datetime]] = {}
    for subject in sorted(subjects):  # one order, or two attempts could hold each other up
        row = insert_or(session, ATTEMPTS).values(subject=subject, since_at=now, attempts=1)
        over = ATTEMPTS.c.since_at < window_began
        counted = row.on_conflict_do_update(
            index_elements=[ATTEMPTS.c.subject],
            set_={
                "attempts": case((over, 1), else_=ATTEMPTS.c.attempts + 1),
                "since_at": case((over, now), else_=ATTEMPTS.c.since_at),
            },
        )
        session.execute(counted)
        query = select(ATTEMPTS.c.attempts, ATTEMPTS.c.since_at)
        number, since = session.execute(query.where(ATTEMPTS.c.subject == subject)).one()
        found[subject] = (number, since)
    return found


def forget_attempts(session: Session, subject: str) -> None:
    """Start counting a subject anew."""
    session.execute(delete(ATTEMPTS).where(ATTEMPTS.c.subject == subject))
