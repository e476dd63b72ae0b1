"""Proposals: persisted plans and their states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Table, func, insert, or_, select, update
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.chunks import insert_many, written
from service.store.rows import NewLine, ProposalRow, columns_of, fetch, fetch_one, flat
from service.store.tables import Line, Proposal

PROPOSALS: Table = Proposal.metadata.tables["proposal"]
LINES: Table = Line.metadata.tables["line"]


class Assessed(Protocol):
    """What a line puts at stake."""

    @property
    def risk(self) -> str: ...  # noqa: D102 - see service.risk
    @property
    def at_stake_fen(self) -> int | None: ...  # noqa: D102


def save(
    session: Session,
    proposal: ProposalRow,
    lines: Iterable[NewLine],
    assess: Callable[[NewLine], Assessed] | None = None,
) -> int:
    """Insert a proposal and its lines, each with its risk if they are assessed; returns how many lines.

    Raises IntegrityError when the run has one already: the night's fence against a second one.
    """
    session.execute(insert(PROPOSALS), [asdict(proposal)])
    stamp = {
        "proposal_id": proposal.proposal_id,
        "account_id": proposal.account_id,
        "version": 1,
    }

    def columns(line: NewLine) -> dict[str, Any]:
        if assess is None:
            return flat(line) | stamp
        found = assess(line)
        return flat(line) | stamp | {"risk": found.risk, "at_stake_fen": found.at_stake_fen}

    return insert_many(session, insert(LINES), (columns(line) for line in lines))


def get(session: Session, proposal_id: str) -> ProposalRow:
    """One proposal; raises NotFoundError."""
    query = columns_of(ProposalRow, PROPOSALS).where(PROPOSALS.c.proposal_id == proposal_id)
    row = fetch_one(session, ProposalRow, query)
    if row is None:
        raise NotFoundError.of("proposal_unknown", proposal_id=proposal_id)
    return row


def of_account(session: Session, proposal_id: str, account_id: str) -> ProposalRow:
    """One proposal of an account; another account's is as unknown as one that never was."""
    row = get(session, proposal_id)
    if row.account_id != account_id:
        raise NotFoundError.of(
            "proposal_not_of_account", proposal_id=proposal_id, account=account_id
        )
    return row


def of_run(session: Session, run_id: str) -> ProposalRow | None:
    """The proposal that a night has made, None if it has none."""
    query = columns_of(ProposalRow, PROPOSALS).where(
        PROPOSALS.c.run_id == run_id, PROPOSALS.c.kind == "night"
    )
    return fetch_one(session, ProposalRow, query)


def page(
    session: Session,
    *,
    account_id: str | None = None,
    state: str | None = None,
    kind: str | None = None,
    before: tuple[date, str] | None = None,
    limit: int = 50,
) -> list[ProposalRow]:
    """Proposals, newest night first; ``before`` = (business_date, proposal_id) of the last seen."""
    query = columns_of(ProposalRow, PROPOSALS)
    if account_id is not None:
        query = query.where(PROPOSALS.c.account_id == account_id)
    if state is not None:
        query = query.where(PROPOSALS.c.state == state)
    if kind is not None:
        query = query.where(PROPOSALS.c.kind == kind)
    if before is not None:
        day, proposal_id = before
        older = (PROPOSALS.c.business_date == day) & (PROPOSALS.c.proposal_id < proposal_id)
        query = query.where(or_(PROPOSALS.c.business_date < day, older))
    order = (PROPOSALS.c.business_date.desc(), PROPOSALS.c.proposal_id.desc())
    return fetch(session, ProposalRow, query.order_by(*order).limit(limit))


def in_states(session: Session, account_id: str, states: Sequence[str]) -> list[ProposalRow]:
    """The account's proposals in these states, oldest first."""
    query = columns_of(ProposalRow, PROPOSALS).where(
        PROPOSALS.c.account_id == account_id, PROPOSALS.c.state.in_(states)
    )
    return fetch(session, ProposalRow, query.order_by(PROPOSALS.c.created_at))


def overdue(session: Session, now: datetime) -> list[str]:
    """Ids of proposals of any account that still wait though their time is up, oldest first."""
    waiting = PROPOSALS.c.state.in_(("open", "blocked")) & (PROPOSALS.c.expires_at <= now)
    query = select(PROPOSALS.c.proposal_id).where(waiting).order_by(PROPOSALS.c.created_at)
    return list(session.execute(query).scalars())


def set_state(session: Session, proposal_id: str, state: str, *, before: str) -> bool:
    """Change the state of a proposal that is still ``before``; returns whether it was.

    The caller writes the audit event in the same session.
    """
    same = (PROPOSALS.c.proposal_id == proposal_id) & (PROPOSALS.c.state == before)
    return written(session, update(PROPOSALS).where(same).values(state=state)) == 1


def count_by_state(session: Session) -> Mapping[str, int]:
    """state → number of proposals of all accounts, for metrics."""
    query = select(PROPOSALS.c.state, func.count()).group_by(PROPOSALS.c.state)
    return {row[0]: row[1] for row in session.execute(query)}


def line_states(session: Session, proposal_id: str) -> Mapping[str, int]:
    """state → number of lines of the proposal."""
    return _counted(session, proposal_id, "state")


def line_reasons(session: Session, proposal_id: str) -> Mapping[str, int]:
    """reason code → number of lines of the proposal."""
    return _counted(session, proposal_id, "reason")


def _counted(session: Session, proposal_id: str, column: str) -> dict[str, int]:
    key: Any = LINES.c[column]
    query = select(key, func.count()).where(LINES.c.proposal_id == proposal_id).group_by(key)
    return {row[0]: row[1] for row in session.execute(query.order_by(key))}
