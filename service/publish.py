"""Step 10: a decision becomes the proposal on the table, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from service import audit, risk
from service.approval import Action, State
from service.audit import Origin
from service.decisions import decide, retire
from service.frames import plain
from service.guardrails import Breach
from service.planning import Decision
from service.settings.models import Account
from service.store import audit as events
from service.store import proposals
from service.store.lines import LineFilter
from service.store.rows import NewLine, ProposalRow, RunRow
from service.tonight import Tonight

LIFE = timedelta(days=2)  # of a proposal that no newer one replaces
WAITING = {"open": State.PENDING, "blocked": State.BLOCKED, "superseded": State.SUPERSEDED}


def publish(
    session: Session,
    account: Account,
    run: RunRow,
    limits: Tonight,
    decision: Decision,
    breaches: Sequence[Breach],
    origin: Origin,
) -> tuple[ProposalRow, Mapping[str, Any]]:
    """Save proposal, lines and audit events; returns the proposal and the run's counts.

    Older proposals of the account give way with the lines nobody has approved. A breach blocks the
    proposal; one of an earlier night than a proposal on the table is only kept (``superseded``).
    """
    newer = _end_older(session, run, origin)
    state = "superseded" if newer else "blocked" if breaches else "open"
    proposal = _proposal(run, limits, decision, breaches, state, origin)
    waiting = _waiting(decision.lines, WAITING[state])
    proposals.save(session, proposal, waiting, risk.assess)
    counts = {**run.counts, **_counted(decision.lines)}
    _record(session, proposal, counts, origin)
    if state == "open":
        _approve_by_rule(session, account, proposal, decision.lines, origin)
    return proposal, counts


def _end_older(session: Session, run: RunRow, origin: Origin) -> bool:
    """Supersede older nights' proposals; returns whether a newer night's is there already."""
    known = proposals.in_states(session, run.account_id, ("open", "blocked"))
    older = [row.proposal_id for row in known if row.business_date < run.business_date]
    retire(session, origin, Action.SUPERSEDE, older)
    return any(row.kind == "night" and row.proposal_id not in older for row in known)


def _waiting(lines: Sequence[NewLine], state: State) -> Iterator[NewLine]:
    """Lines that move in the state of their proposal, lines that stay as they are."""
    for line in lines:
        yield replace(line, state=state) if line.state == State.PENDING else line


def _proposal(
    run: RunRow,
    limits: Tonight,
    decision: Decision,
    breaches: Sequence[Breach],
    state: str,
    origin: Origin,
) -> ProposalRow:
    return ProposalRow(
        proposal_id=str(uuid.uuid4()),
        run_id=run.run_id,
        account_id=run.account_id,
        business_date=run.business_date,
        state=state,
        review=decision.review,
        status=decision.status,
        totals=decision.totals,
        frontier=decision.frontier,
        policy=limits.on_record(),
        breaches=tuple(plain(breach) for breach in breaches),
        content_hash=decision.content_hash,
        created_at=origin.at,
        expires_at=origin.at + LIFE,
    )


def _counted(lines: Sequence[NewLine]) -> dict[str, Any]:
    return {
        "lines": len(lines),
        "moved": sum(line.state == State.PENDING for line in lines),
        "raises": sum(line.change_rate > 0 for line in lines),
        "cuts": sum(line.change_rate < 0 for line in lines),
        "reasons": dict(sorted(Counter(line.reason for line in lines).items())),
    }


def _record(
    session: Session, proposal: ProposalRow, counts: Mapping[str, Any], origin: Origin
) -> None:
    saved = audit.proposal_saved(
        origin,
        account_id=proposal.account_id,
        run_id=proposal.run_id,
        proposal_id=proposal.proposal_id,
        state=proposal.state,
        content_hash=proposal.content_hash,
        lines=counts["lines"],
        breaches=tuple(str(breach["code"]) for breach in proposal.breaches),
    )
    done = audit.run_succeeded(
        origin, account_id=proposal.account_id, run_id=proposal.run_id, counts=counts
    )
    events.append(session, [saved, done])


def _approve_by_rule(
    session: Session,
    account: Account,
    proposal: ProposalRow,
    lines: Sequence[NewLine],
    origin: Origin,
) -> None:
    """The owner's rule: small changes of a sound plan, smallest first, are approved at once."""
    rule = account.auto_approve
    if not rule.enabled or proposal.review != "PASS":
        return
    small = [
        line
        for line in lines
        if line.state == State.PENDING
        and not line.explore
        and abs(line.change_rate) <= rule.max_step
    ]
    small.sort(key=lambda line: (abs(line.change_rate), line.keyword_id))
    chosen = tuple(line.keyword_id for line in small[: rule.max_lines])
    if chosen:
        wanted = LineFilter(proposal_id=proposal.proposal_id, keyword_ids=chosen)
        decide(session, Action.APPROVE, origin, wanted, reason="auto_approve")
