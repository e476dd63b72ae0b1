"""Who is applying an account, held by a lease, and whether its shop is still authorised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, or_, update
from sqlalchemy.orm import Session

from service import leases
from service.errors import RunInProgressError
from service.store.applied_tables import AccountState
from service.store.chunks import insert_or, written
from service.store.rows import columns_of, fetch_one

STATES: Table = AccountState.metadata.tables["account_state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStateRow:
    """The account's lease for applying, and since when and why it must be authorised again."""

    account_id: str
    applying_owner: str | None = None
    applying_until_at: datetime | None = None
    unauthorised_since_at: datetime | None = None
    unauthorised_cause: str | None = None


def get(session: Session, account_id: str) -> AccountStateRow:
    """The account's state; one without a row is free and authorised."""
    row = fetch_one(session, AccountStateRow, _of(account_id))
    return row or AccountStateRow(account_id=account_id)


def _of(account_id: str) -> Select[Any]:
    return columns_of(AccountStateRow, STATES).where(STATES.c.account_id == account_id)


def take(
    session: Session,
    account_id: str,
    owner: str,
    *,
    now: datetime,
    until_at: datetime,
    is_gone: Callable[[str], bool],
) -> None:
    """Take the account for applying; raises RunInProgressError while somebody has it.

    The row stays locked until the caller's transaction ends, so that whoever comes at the same moment
    reads what this one has written, even when both are of the same process.
    """
    _ensure(session, account_id)
    known = fetch_one(session, AccountStateRow, _of(account_id).with_for_update())
    assert known is not None
    held = known.applying_owner
    free = held is None or known.applying_until_at is None or known.applying_until_at <= now
    if not free and held is not None and not is_gone(held):
        raise RunInProgressError.of(
            "applying_elsewhere",
            account=account_id,
            held=leases.told(held),
            until=f"{known.applying_until_at:%H:%M:%S}",
        )
    same = STATES.c.applying_owner.is_not_distinct_from(held)
    statement = update(STATES).where(STATES.c.account_id == account_id, same)
    values = {"applying_owner": owner, "applying_until_at": until_at}
    if written(session, statement.values(**values)) != 1:
        raise RunInProgressError.of("applying_begun", account=account_id)


def renew(session: Session, account_id: str, owner: str, *, until_at: datetime) -> None:
    """Hold the account longer; raises RunInProgressError when it was taken over meanwhile."""
    statement = update(STATES).where(
        STATES.c.account_id == account_id, STATES.c.applying_owner == owner
    )
    if written(session, statement.values(applying_until_at=until_at)) != 1:
        raise RunInProgressError(
            f"{account_id} was taken over by another process after this one's lease had run out; "
            "nothing more was sent"
        )


def free(session: Session, account_id: str, owner: str) -> None:
    """Give the account back, if it is still ours."""
    mine = or_(STATES.c.applying_owner == owner, STATES.c.applying_owner.is_(None))
    statement = update(STATES).where(STATES.c.account_id == account_id, mine)
    session.execute(statement.values(applying_owner=None, applying_until_at=None))


def lose_authorisation(session: Session, account_id: str, cause: str, at: datetime) -> bool:
    """Note that the shop must be authorised again; returns whether that is news."""
    _ensure(session, account_id)
    statement = update(STATES).where(
        STATES.c.account_id == account_id, STATES.c.unauthorised_since_at.is_(None)
    )
    values = {"unauthorised_since_at": at, "unauthorised_cause": cause}
    return written(session, statement.values(**values)) == 1


def regain_authorisation(session: Session, account_id: str) -> bool:
    """Note that the shop answers again; returns whether that is news."""
    statement = update(STATES).where(
        STATES.c.account_id == account_id, STATES.c.unauthorised_since_at.is_not(None)
    )
    values = {"unauthorised_since_at": None, "unauthorised_cause": None}
    return written(session, statement.values(**values)) == 1


def _ensure(session: Session, account_id: str) -> None:
    session.execute(
        insert_or(session, STATES).values(account_id=account_id).on_conflict_do_nothing()
    )
