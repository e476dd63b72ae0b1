"""Runs: one night of one account, held by a lease while somebody works on it.

Every change of a running run is an UPDATE that names the lease's owner; if it touches no row the
lease is lost and RunInProgressError is raised, so that two processes never both finish a night.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from connectors.platform import Reject
from service import leases
from service.errors import NotFoundError, RunInProgressError
from service.store.chunks import insert_many, insert_or, written
from service.store.rows import RunRow, StoredReject, columns_of, fetch, fetch_one
from service.store.tables import RejectRow, Run, RunInput

RUNS: Table = Run.metadata.tables["run"]
INPUTS: Table = RunInput.metadata.tables["run_input"]
REJECTS: Table = RejectRow.metadata.tables["reject"]


def open_run(
    session: Session,
    fresh: RunRow,
    *,
    is_gone: Callable[[str], bool],
    now: datetime | None = None,
) -> tuple[RunRow, bool]:
    """Take the night for ``fresh.lease_owner``; returns the run and whether the work is ours.

    Not ours when the night has succeeded already. A failed run starts again from the beginning; a
    running one is taken up where it stood when its lease has run out or ``is_gone`` knows its owner
    to be dead. Both count as the next attempt. ``now``, by which leases run out, is ``started_at``
    unless it is given.
    Raises RunInProgressError when somebody else is working on it.
    """
    statement = insert_or(session, RUNS).values(asdict(fresh)).on_conflict_do_nothing()
    if written(session, statement):
        return fresh, True
    query = columns_of(RunRow, RUNS).where(_night(fresh.account_id, fresh.business_date))
    known = fetch_one(session, RunRow, query.with_for_update())
    if known is None:
        raise NotFoundError(f"the run of {fresh.account_id} {fresh.business_date} disappeared")
    if known.state == "succeeded":
        return known, False
    if known.state == "failed":
        return _restart(session, known, fresh), True
    if not _abandoned(known, now or fresh.started_at, is_gone):
        raise RunInProgressError(
            f"the night {known.business_date} of {known.account_id} is being worked on by "
            f"{leases.told(known.lease_owner)} (step {known.step}, lease until {known.lease_until_at}); "
            "wait until it ends, or end that process and start again"
        )
    return _take_over(session, known, fresh), True


def advance(
    session: Session, run: RunRow, step: str, *, until_at: datetime, **values: Any
) -> RunRow:
    """Note the step reached, extend the lease, set other columns."""
    return _guarded(session, run, {"step": step, "lease_until_at": until_at, **values})


def finish(session: Session, run: RunRow, state: str, *, at: datetime, **values: Any) -> RunRow:
    """End the run as ``succeeded`` or ``failed`` and give the lease back."""
    ended = {"state": state, "finished_at": at, "lease_owner": None, "lease_until_at": None}
    return _guarded(session, run, ended | values)


def let_go(session: Session, run: RunRow) -> RunRow:
    """Leave a running run as it stands to whoever comes next; nobody has to wait for a lease."""
    return _guarded(session, run, {"lease_owner": None, "lease_until_at": None})


def let_all_go(session: Session, owner: str) -> int:
    """Leave every running run of a holder that is about to die; returns how many."""
    statement = update(RUNS).where(RUNS.c.lease_owner == owner, RUNS.c.state == "running")
    return written(session, statement.values(lease_owner=None, lease_until_at=None))


def get(session: Session, run_id: str) -> RunRow:
    """One run; raises NotFoundError."""
    row = fetch_one(session, RunRow, columns_of(RunRow, RUNS).where(RUNS.c.run_id == run_id))
    if row is None:
        raise NotFoundError.of("run_unknown", run_id=run_id)
    return row


def find(session: Session, account_id: str, business_date: date) -> RunRow | None:
    """The run of a night, None if it was never started."""
    query = columns_of(RunRow, RUNS).where(_night(account_id, business_date))
    return fetch_one(session, RunRow, query)


def first_day(session: Session, account_id: str) -> date | None:
    """The business date of the account's first run; None when it has none."""
    query = select(func.min(RUNS.c.business_date)).where(RUNS.c.account_id == account_id)
    found: date | None = session.execute(query).scalar_one()
    return found


def page(
    session: Session,
    *,
    account_id: str | None = None,
    state: str | None = None,
    before: tuple[date, str] | None = None,
    limit: int = 50,
) -> list[RunRow]:
    """Runs, newest night first; ``before`` = (business_date, run_id) of the last one seen."""
    query = columns_of(RunRow, RUNS)
    if account_id is not None:
        query = query.where(RUNS.c.account_id == account_id)
    if state is not None:
        query = query.where(RUNS.c.state == state)
    if before is not None:
        day, run_id = before
        older = (RUNS.c.business_date == day) & (RUNS.c.run_id < run_id)
        query = query.where(or_(RUNS.c.business_date < day, older))
    order = (RUNS.c.business_date.desc(), RUNS.c.run_id.desc())
    return fetch(session, RunRow, query.order_by(*order).limit(limit))


def count_by_state(session: Session) -> Mapping[tuple[str, str], int]:
    """(account_id, state) → number of runs, for metrics."""
    query = select(RUNS.c.account_id, RUNS.c.state, func.count()).group_by(
        RUNS.c.account_id, RUNS.c.state
    )
    return {(account_id, state): n for account_id, state, n in session.execute(query)}


def save_input(session: Session, run_id: str, kind: str, content: bytes) -> str:
    """Keep what a run was given, compressed, replacing an earlier attempt's; returns its sha256."""
    digest = hashlib.sha256(content).hexdigest()
    statement = insert_or(session, INPUTS).values(
        run_id=run_id, kind=kind, sha256=digest, content=zlib.compress(content, 6)
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["run_id", "kind"],
            set_={name: statement.excluded[name] for name in ("sha256", "content")},
        )
    )
    return digest


def load_input(session: Session, run_id: str, kind: str) -> bytes | None:
    """What ``save_input`` kept, None if nothing of this kind."""
    query = select(INPUTS.c.content).where(INPUTS.c.run_id == run_id, INPUTS.c.kind == kind)
    content: bytes | None = session.execute(query).scalar_one_or_none()
    return None if content is None else zlib.decompress(content)


def save_rejects(session: Session, run_id: str, rejects: Iterable[Reject]) -> int:
    """Replace the rejects of a run by these; returns how many."""
    session.execute(delete(REJECTS).where(REJECTS.c.run_id == run_id))
    return insert_many(
        session, insert(REJECTS), (asdict(reject) | {"run_id": run_id} for reject in rejects)
    )


def rejects(
    session: Session, run_id: str, *, after: int = 0, limit: int = 200
) -> Sequence[StoredReject]:
    """Rejects of a run in the order of the source; ``after`` = reject_id of the last one seen."""
    query = columns_of(StoredReject, REJECTS).where(
        REJECTS.c.run_id == run_id, REJECTS.c.reject_id > after
    )
    return fetch(session, StoredReject, query.order_by(REJECTS.c.reject_id).limit(limit))


def count_rejects(session: Session, run_id: str) -> int:
    """How many pieces of the source a run did not take."""
    query = select(func.count()).select_from(REJECTS).where(REJECTS.c.run_id == run_id)
    return session.execute(query).scalar_one()


def _night(account_id: str, business_date: date) -> ColumnElement[bool]:
    return (RUNS.c.account_id == account_id) & (RUNS.c.business_date == business_date)


def _abandoned(run: RunRow, now: datetime, is_gone: Callable[[str], bool]) -> bool:
    if run.lease_owner is None or run.lease_until_at is None or run.lease_until_at <= now:
        return True
    return is_gone(run.lease_owner)


def _restart(session: Session, known: RunRow, fresh: RunRow) -> RunRow:
    values = {
        name: getattr(fresh, name)
        for name in ("state", "step", "trigger", "started_at", "lease_owner", "lease_until_at")
    }
    blank: dict[str, Any] = {"finished_at": None, "cutoff_at": None, "cause": None}
    empty: dict[str, Any] = {"counts": {}, "review": [], "attempt": known.attempt + 1}
    return _guarded(session, known, values | blank | empty)


def _take_over(session: Session, known: RunRow, fresh: RunRow) -> RunRow:
    lease = {"lease_owner": fresh.lease_owner, "lease_until_at": fresh.lease_until_at}
    return _guarded(session, known, {"attempt": known.attempt + 1, **lease})


def _guarded(session: Session, run: RunRow, values: Mapping[str, Any]) -> RunRow:
    """Change the run only if it is as ``run`` says it was."""
    owner = RUNS.c.lease_owner.is_not_distinct_from(run.lease_owner)
    same = (RUNS.c.run_id == run.run_id) & (RUNS.c.attempt == run.attempt) & owner
    statement = update(RUNS).where(same, RUNS.c.state == run.state).values(**values)
    if written(session, statement) != 1:
        raise RunInProgressError(
            f"the night {run.business_date} of {run.account_id} was taken over by another process "
            "after this one's lease had run out; nothing of this one was saved"
        )
    return get(session, run.run_id)


def lease_until(now: datetime, minutes: int = 30) -> datetime:
    """When a lease taken or renewed at ``now`` runs out."""
    return now + timedelta(minutes=minutes)
