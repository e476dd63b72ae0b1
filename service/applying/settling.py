"""Writing down what was found: line, batch line, audit event and all that follows, in one commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from service import audit, outside
from service.applying.verdicts import Outcome
from service.applying.work import Work
from service.approval import Action, next_state
from service.audit import AuditRecord, Origin
from service.decisions import change, reference, roll_back_undone, write
from service.outside import Edit
from service.store import applications, lines, roster
from service.store.applications import BatchLineRow, BatchRow
from service.store.lines import LineChange, LineFilter
from service.store.rows import LineRow

ACTIONS: Mapping[Outcome, Action] = {
    "applied": Action.CONFIRM_APPLIED,
    "failed": Action.FAIL,
    "conflict": Action.MARK_CONFLICT,
    "unknown": Action.MARK_UNKNOWN,
    "released": Action.RELEASE,
}
UNDER_WAY = ("intended", "sent", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One batch line, its outcome, and the live bid (fen) that said so; None = the word is absent.

    ``read`` False: nothing was read, so ``found_fen`` says nothing.
    """

    line: BatchLineRow
    outcome: Outcome
    found_fen: int | None = None
    read: bool = True
    cause: str | None = None


def settle(
    session: Session,
    work: Work,
    batch: BatchRow,
    verdicts: Sequence[Verdict],
    *,
    cause: str | None = None,
) -> None:
    """Move lines to their outcomes in the caller's transaction; the batch ends with its last line.

    Bids found applied are the last seen ones from now on; bids that somebody else set are recorded
    and their words left to people; lines that a rollback undid become rolled back.
    """
    work.hold(session)
    origin = work.origin()
    known = _lines(session, [verdict.line.line_id for verdict in verdicts])
    moved = [verdict for verdict in verdicts if _moves(known[verdict.line.line_id], verdict)]
    changes = [_change(known[verdict.line.line_id], verdict, origin) for verdict in moved]
    write(session, changes, [_record(known[v.line.line_id], v, origin) for v in moved])
    applications.settle(session, [_settled(verdict, origin.at) for verdict in verdicts])
    _tell_the_rest(session, work, verdicts, origin)
    _end_batch(session, batch, origin.at, cause)


def _lines(session: Session, line_ids: Iterable[int]) -> dict[int, LineRow]:
    wanted = tuple(line_ids)
    if not wanted:
        return {}
    found = lines.select_lines(session, LineFilter(line_ids=wanted), for_update=True)
    return {line.line_id: line for line in found}


def _moves(line: LineRow, verdict: Verdict) -> bool:
    """An unknown line that stays unknown only gets its first read."""
    return not (verdict.outcome == "unknown" and line.state == "unknown")


def _change(line: LineRow, verdict: Verdict, origin: Origin) -> LineChange:
    """Whoever approved the line stays its decider, also when it is given back."""
    after = change(
        line, next_state(line.state, ACTIONS[verdict.outcome]), origin, note=_note(verdict)
    )
    return replace(after, decided_by=line.decided_by, decided_at=line.decided_at)


def _record(line: LineRow, verdict: Verdict, origin: Origin) -> AuditRecord:
    action = ACTIONS[verdict.outcome]
    if action is Action.MARK_CONFLICT:
        return audit.conflict_found(
            origin,
            reference(line),
            state=line.state,
            expected_bid_fen=verdict.line.bid_fen,
            found_bid_fen=verdict.found_fen,
        )
    return audit.line_action(
        action,
        origin,
        reference(line),
        state=line.state,
        bid_fen=line.bid_fen,
        reason=verdict.cause,
    )


def _settled(verdict: Verdict, at: datetime) -> BatchLineRow:
    line = replace(verdict.line, outcome=verdict.outcome)
    if verdict.outcome == "unknown":
        if not verdict.read:
            return line
        return replace(line, first_read_fen=verdict.found_fen, first_read_at=at)
    return replace(line, found_fen=verdict.found_fen, settled_at=at)


def _tell_the_rest(
    session: Session, work: Work, verdicts: Sequence[Verdict], origin: Origin
) -> None:
    found = {
        verdict.line.keyword_id: verdict.found_fen
        for verdict in verdicts
        if verdict.outcome in ("applied", "conflict", "failed") and verdict.found_fen is not None
    }
    edits = [
        Edit(
            keyword_id=verdict.line.keyword_id,
            bid_before_fen=verdict.line.bid_before_fen,
            bid_fen=verdict.found_fen,
        )
        for verdict in verdicts
        if verdict.outcome == "conflict" and verdict.found_fen is not None
    ]
    roster.note_bids(session, work.account_id, found)
    outside.note_edits(session, work.account_id, edits, origin)
    outside.leave_to_people(session, work.account_id, edits, origin)
    applied = [v.line.line_id for v in verdicts if v.outcome == "applied"]
    roll_back_undone(session, applied, origin)


def _end_batch(session: Session, batch: BatchRow, at: datetime, cause: str | None) -> None:
    rest = applications.batch_lines(session, [batch.batch_id], outcomes=UNDER_WAY)
    if any(line.outcome == "unknown" for line in rest):
        applications.change_batch(
            session, batch.batch_id, state="unknown", cause=cause or batch.cause
        )
    elif not rest:
        everything = applications.outcomes(session, [batch.batch_id])[batch.batch_id]
        state = "released" if set(everything) == {"released"} else "done"
        applications.change_batch(
            session, batch.batch_id, state=state, cause=cause or batch.cause, finished_at=at
        )


def _note(verdict: Verdict) -> str | None:
    line, found = verdict.line, verdict.found_fen
    if verdict.outcome == "conflict":
        there_zh = "已不存在或不可出价" if found is None else f"是 {found / 100:.2f} 元"
        there_en = "is gone or takes no bid" if found is None else f"is {found / 100:.2f} yuan"
        return (
            f"出价应为 {line.bid_before_fen / 100:.2f} 或 {line.bid_fen / 100:.2f} 元，平台上{there_zh}，"
            f"未改动 / expected {line.bid_before_fen / 100:.2f} or {line.bid_fen / 100:.2f} yuan, "
            f"found: {there_en}; left alone"
        )
    return verdict.cause
