"""Undoing what was applied: a new proposal through the same door, approved and applied like any other.

It restores the bid of every word that still stands where the batch has put it, and lists the rest
with both numbers. The undone lines become rolled back when the restored bids are found in force.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from service import audit, inputs
from service.approval import State
from service.audit import Origin
from service.caps import bounded_spend
from service.errors import ConflictError
from service.frames import plain
from service.store import Store, applications, interventions, lines, proposals
from service.store import audit as events
from service.store.applications import BatchLineRow
from service.store.interventions import RollbackRow
from service.store.lines import LineFilter
from service.store.rows import LineRow, NewLine, ProposalRow

LIFE: Final = timedelta(days=2)  # of the proposal
REASON: Final = "rollback"
PIECE: Final = 200
UNDER_WAY: Final = (State.PENDING, State.APPROVED, State.APPLYING, State.UNKNOWN)

LiveBids = Callable[[Sequence[str]], Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was set, and the live bids, fen, of its words."""

    undoes: str
    sent: tuple[BatchLineRow, ...]
    live: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a rollback would restore: applied lines with the bids that were set; and what is left."""

    account_id: str
    restore: tuple[tuple[LineRow, BatchLineRow], ...]
    left: tuple[dict[str, Any], ...]


def look(store: Store, live_bids: LiveBids, undoes: str) -> Looked:
    """What an application or a batch has set, and where its words stand now.

    ``live_bids`` reads the platform; no transaction is open meanwhile. Raises NotFoundError for an
    unknown id, ConflictError when nothing was applied, and ConnectorError.
    """
    with store.read() as session:
        sent = _sent(session, undoes)
    words = sorted({line.keyword_id for line in sent})
    live: dict[str, int] = {}
    for start in range(0, len(words), PIECE):
        live |= live_bids(words[start : start + PIECE])
    return Looked(undoes=undoes, sent=tuple(sent), live=live)


def propose(
    session: Session, looked: Looked, origin: Origin, reason: str, business_date: date
) -> RollbackRow:
    """Propose to restore the bids from before, in the caller's transaction.

    Nothing changes until the proposal is approved and applied. ``business_date`` is the account's
    day. Raises InputError without a reason, ConflictError when there is nothing to restore.
    """
    planned = preview(session, looked)
    if not planned.restore:
        raise _nothing(looked.undoes, planned)
    return _save(session, planned, looked.undoes, origin, reason, business_date)


def preview(session: Session, looked: Looked) -> Planned:
    """What a rollback would restore now, and what it would leave alone and why; writes nothing."""
    return _plan(session, looked.sent, looked.live)


def account_of(session: Session, undoes: str) -> str:
    """The account of an application or a batch; raises NotFoundError."""
    return applications.named(session, undoes)[0].account_id


def _sent(session: Session, undoes: str) -> list[BatchLineRow]:
    """What was applied, and what may have been; ConflictError when that is nothing."""
    found = [batch.batch_id for batch in applications.named(session, undoes)]
    sent = applications.batch_lines(session, found, outcomes=("applied", "unknown"))
    if not sent:
        raise ConflictError.of("never_applied", undoes=undoes)
    return sent


def _plan(session: Session, sent: Sequence[BatchLineRow], live: Mapping[str, int]) -> Planned:
    wanted = LineFilter(line_ids=tuple(line.line_id for line in sent))
    known = {line.line_id: line for line in lines.select_lines(session, wanted, for_update=True)}
    undoing = interventions.undoing(session, known, UNDER_WAY)
    restore: list[tuple[LineRow, BatchLineRow]] = []
    left: list[dict[str, Any]] = []
    for row in sent:
        line, found = known[row.line_id], live.get(row.keyword_id)
        why = _why_left(line, row, found, undoing)
        if why is None:
            restore.append((line, row))
        else:
            left.append(_listed(line, row, found, why))
    return Planned(account_id=sent[0].account_id, restore=tuple(restore), left=tuple(left))


def _why_left(
    line: LineRow, row: BatchLineRow, found: int | None, undoing: Mapping[int, int]
) -> str | None:
    if row.outcome == "unknown":
        return "unknown"
    if line.state == State.ROLLED_BACK:
        return "rolled_back"
    if line.line_id in undoing:
        return "being_rolled_back"
    if found is None:
        return "gone"
    return None if found == row.bid_fen else "edited"


def _listed(line: LineRow, row: BatchLineRow, found: int | None, why: str) -> dict[str, Any]:
    return {
        "line_id": line.line_id,
        "keyword_id": line.keyword_id,
        "word": line.word,
        "why": why,
        "bid_before_fen": row.bid_before_fen,
        "set_fen": row.bid_fen,
        "found_fen": found,
    }


def _nothing(undoes: str, planned: Planned) -> ConflictError:
    reasons = sorted({str(entry["why"]) for entry in planned.left})
    return ConflictError.of(
        "nothing_restorable",
        undoes=undoes,
        count=len(planned.left),
        reasons=", ".join(reasons),
    )


def _save(
    session: Session,
    planned: Planned,
    undoes: str,
    origin: Origin,
    reason: str,
    business_date: date,
) -> RollbackRow:
    new_lines = [_undoing_line(line, row) for line, row in planned.restore]
    newest = proposals.get(
        session, max(planned.restore, key=lambda pair: pair[0].line_id)[0].proposal_id
    )
    proposal = _proposal(planned.account_id, newest.run_id, business_date, new_lines, origin)
    proposals.save(session, proposal, new_lines)
    of_word = {line.keyword_id: line.line_id for line, _ in planned.restore}
    saved = lines.select_lines(session, LineFilter(proposal_id=proposal.proposal_id))
    # Lowering a bid again is always safe; raising one needs a second person, as any raise by hand.
    raised = [line.line_id for line in saved if line.change_rate > 0]
    lines.set_author(session, raised, origin.actor)
    row = RollbackRow(
        proposal_id=proposal.proposal_id,
        account_id=planned.account_id,
        undoes=undoes,
        left=planned.left,
        created_at=origin.at,
    )
    interventions.add_rollback(
        session, row, {line.line_id: of_word[line.keyword_id] for line in saved}
    )
    record = audit.rollback_proposed(
        origin,
        account_id=planned.account_id,
        proposal_id=proposal.proposal_id,
        undoes=undoes,
        lines=len(new_lines),
        left=len(planned.left),
        reason=reason,
    )
    events.append(session, [record])
    return row


def _undoing_line(line: LineRow, row: BatchLineRow) -> NewLine:
    """The applied line turned round."""
    turned = {
        name: {
            "before": figure.get("after"),
            "after": figure.get("before"),
            "p05": None,
            "p95": None,
        }
        if name != "rates" and isinstance(figure, Mapping)
        else figure
        for name, figure in line.expected.items()
    }
    return NewLine(
        keyword_id=line.keyword_id,
        adgroup_id=line.adgroup_id,
        campaign_id=line.campaign_id,
        word=line.word,
        match=line.match,
        state=State.PENDING,
        bid_before_fen=row.bid_fen,
        bid_proposed_fen=row.bid_before_fen,
        bid_fen=row.bid_before_fen,
        change_rate=row.bid_before_fen / row.bid_fen - 1,
        reason=REASON,
        binding=None,
        explore=False,
        marginal_return=None,
        expected=turned,
        spend_after_fen=line.spend_before_fen,
        spend_before_fen=bounded_spend(line, row.bid_fen),
        contribution_after_fen=line.contribution_before_fen,
        contribution_before_fen=line.contribution_after_fen,
    )


def _proposal(
    account_id: str, run_id: str, business_date: date, new_lines: Sequence[NewLine], origin: Origin
) -> ProposalRow:
    content = inputs.sha256(inputs.pack([plain(line) for line in new_lines]))
    return ProposalRow(
        proposal_id=str(uuid.uuid4()),
        run_id=run_id,
        account_id=account_id,
        business_date=business_date,
        state="open",
        review="PASS",
        status=REASON,
        totals=_totals(new_lines),
        frontier=(),
        policy={},
        breaches=(),
        content_hash=content,
        created_at=origin.at,
        expires_at=origin.at + LIFE,
        kind="rollback",
    )


def _totals(new_lines: Sequence[NewLine]) -> dict[str, Any]:
    """Expected sums a day over the restored words alone, yuan."""
    sums = {
        "spend": sum(line.spend_after_fen for line in new_lines),
        "spend_before": sum(line.spend_before_fen for line in new_lines),
        "contribution": sum(line.contribution_after_fen for line in new_lines),
        "contribution_before": sum(line.contribution_before_fen for line in new_lines),
    }
    return {name: {"value": fen / 100, "p05": None, "p95": None} for name, fen in sums.items()}
