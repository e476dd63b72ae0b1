"""One batch: intent, read, compare, send, read again, write down what was found.

Every stage is a commit of its own, so that whoever comes next knows how far it came: lines of a
``prepared`` batch have not left, those of a ``dispatching`` one may have.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from connectors.errors import (
    AnswerError,
    AuthorisationError,
    ConnectorError,
    PermanentError,
    QuotaError,
)
from connectors.platform import BidChange
from service import audit
from service.applying.choosing import Departure
from service.applying.settling import Verdict, settle
from service.applying.verdicts import after_sending, before_sending
from service.applying.work import HaltedError, Work
from service.approval import Action, State, next_state
from service.decisions import change, reference, write
from service.errors import RunInProgressError
from service.store import account_states, applications, lines
from service.store import audit as events
from service.store.applications import BatchLineRow, BatchRow
from service.store.lines import LineFilter

Reads = Mapping[str, int]
log = logging.getLogger(__name__)


def carry_out(work: Work, departures: Sequence[Departure]) -> list[Verdict]:
    """Bring one batch to its end; returns what became of every line that took part.

    Raises HaltedError for the kill switch, ConnectorError when the platform cannot be reached or
    refuses; whatever has not left by then is approved as before. A write whose outcome nobody saw
    does not raise as long as the platform can be read.
    """
    work.check_end()
    work.check_quota()
    intended = _intend(work, departures)
    if intended is None:
        return []
    batch, all_lines = intended
    try:
        live = work.read([line.keyword_id for line in all_lines])
        settled, rest = _compare(work, batch, all_lines, live)
        if not rest:
            return settled
        _commit_dispatch(work, batch, rest)
    except (ConnectorError, HaltedError) as error:
        release(work, batch, cause=str(error))
        raise
    return settled + _send(work, batch, rest)


def release(work: Work, batch: BatchRow, *, cause: str) -> list[Verdict]:
    """Give lines back whose bytes never left, or were refused: approved as before."""
    with work.store.begin() as session:
        open_lines = applications.batch_lines(
            session, [batch.batch_id], outcomes=("intended", "sent")
        )
        verdicts = [Verdict(line=line, outcome="released", read=False) for line in open_lines]
        settle(session, work, batch, verdicts, cause=cause)
    return verdicts


def mark_unknown(
    work: Work, batch: BatchRow, *, cause: str, answer: Reads | None = None
) -> list[Verdict]:
    """Bytes may have left; nobody has seen what they did. ``answer`` is what the platform said."""
    told = answer or {}
    with work.store.begin() as session:
        sent = [
            replace(line, told_set=told.get(line.keyword_id) == line.bid_fen)
            for line in applications.batch_lines(session, [batch.batch_id], outcomes=("sent",))
        ]
        verdicts = [Verdict(line=line, outcome="unknown", read=False, cause=cause) for line in sent]
        settle(session, work, batch, verdicts, cause=cause)
    return verdicts


def _intend(
    work: Work, departures: Sequence[Departure]
) -> tuple[BatchRow, list[BatchLineRow]] | None:
    """Commit the intent; lines that a person has changed since they were chosen stay out of it."""
    origin = work.origin()
    chosen = {departure.line.line_id: departure for departure in departures}
    with work.store.begin() as session:
        work.hold(session)
        work.check_stop(session)
        found = lines.select_lines(session, LineFilter(line_ids=tuple(chosen)), for_update=True)
        same = [line for line in found if line.version == chosen[line.line_id].line.version]
        if not same:
            return None
        after = next_state(State.APPROVED, Action.DISPATCH)
        changes = [
            replace(
                change(line, after, origin),
                decided_by=line.decided_by,
                decided_at=line.decided_at,
            )
            for line in same
        ]
        records = [
            audit.line_action(
                Action.DISPATCH, origin, reference(line), state=line.state, bid_fen=line.bid_fen
            )
            for line in same
        ]
        write(session, changes, records)
        batch = _new_batch(work)
        rows = [_batch_line(batch, chosen[line.line_id]) for line in same]
        applications.add_batch(session, batch, rows)
    work.reached("intended")
    return batch, rows


def _new_batch(work: Work) -> BatchRow:
    work.batches += 1
    return BatchRow(
        batch_id=str(uuid.uuid4()),
        application_id=work.application_id,
        account_id=work.account_id,
        number=work.batches,
        business_date=work.day,
        state="prepared",
        cause=None,
        created_at=work.now(),
        dispatched_at=None,
        finished_at=None,
    )


def _batch_line(batch: BatchRow, departure: Departure) -> BatchLineRow:
    return BatchLineRow(
        batch_id=batch.batch_id,
        line_id=departure.line.line_id,
        account_id=batch.account_id,
        keyword_id=departure.line.keyword_id,
        approval_event_id=departure.approval.event_id,
        bid_before_fen=departure.before_fen,
        bid_fen=departure.bid_fen,
        outcome="intended",
    )


def _compare(
    work: Work, batch: BatchRow, all_lines: Sequence[BatchLineRow], live: Reads
) -> tuple[list[Verdict], list[BatchLineRow]]:
    """Leave alone what somebody else has moved meanwhile; the rest may be sent."""
    seen = [
        Verdict(line=line, outcome=before_sending(line, bid), found_fen=bid)
        for line in all_lines
        for bid in [live.get(line.keyword_id)]
    ]
    settled = [verdict for verdict in seen if verdict.outcome != "intended"]
    with work.store.begin() as session:
        settle(session, work, batch, settled)
    work.reached("compared")
    return settled, [verdict.line for verdict in seen if verdict.outcome == "intended"]


def _commit_dispatch(work: Work, batch: BatchRow, rest: Sequence[BatchLineRow]) -> None:
    """The last commit before bytes leave. The kill switch and every approval are looked at again."""
    with work.store.begin() as session:
        work.hold(session)
        work.check_stop(session)
        _require_approvals(session, rest)
        applications.settle(session, [replace(line, outcome="sent") for line in rest])
        applications.change_batch(
            session, batch.batch_id, state="dispatching", dispatched_at=work.now()
        )
    log.info(
        "batch %d leaves with %d bids",
        batch.number,
        len(rest),
        extra={"event": "batch_leaves", "fields": {"batch_id": batch.batch_id}},
    )
    work.reached("dispatching")


def _require_approvals(session: Session, rest: Sequence[BatchLineRow]) -> None:
    """No bid leaves without the event of its approval, for this very bid."""
    approvals = events.approvals(session, [line.line_id for line in rest])
    for line in rest:
        approval = approvals.get(line.line_id)
        approved = None if approval is None else (approval.after or {}).get("bid_fen")
        if (
            approval is None
            or approval.event_id != line.approval_event_id
            or approved != line.bid_fen
        ):
            raise HaltedError(
                "refused",
                f"the line {line.line_id} was about to leave at {line.bid_fen} fen without an approval "
                "of this bid on record; nothing was sent. Look at its events in the audit record",
            )


def _send(work: Work, batch: BatchRow, rest: Sequence[BatchLineRow]) -> list[Verdict]:
    changes = [
        BidChange(
            keyword_id=line.keyword_id, bid_before_fen=line.bid_before_fen, bid_fen=line.bid_fen
        )
        for line in rest
    ]
    _require_time(work)
    refusal: PermanentError | None = None
    answer: Mapping[str, int] = {}
    try:
        answer = work.platform.set_bids(changes)
    except (QuotaError, AuthorisationError) as error:
        release(work, batch, cause=str(error))
        raise
    except PermanentError as error:
        if isinstance(error, AnswerError):
            return _unseen(work, batch, rest, error)
        refusal = error
    except ConnectorError as error:
        return _unseen(work, batch, rest, error)
    work.reached("sent")
    verdicts = _verify(work, batch, rest, answer, refusal)
    if refusal is not None:
        raise HaltedError("refused", str(refusal))
    return verdicts


def _require_time(work: Work) -> None:
    """A process that was asleep for longer than its lease must not wake up sending."""
    with work.store.read() as session:
        held = account_states.get(session, work.account_id)
        now = work.context.lease_now(session)
    if (
        held.applying_owner != work.context.owner
        or held.applying_until_at is None
        or held.applying_until_at <= now
    ):
        raise RunInProgressError(
            f"the lease on {work.account_id} ran out before the batch could be sent; nothing was sent"
        )


def _verify(
    work: Work,
    batch: BatchRow,
    rest: Sequence[BatchLineRow],
    answer: Reads,
    refusal: PermanentError | None,
) -> list[Verdict]:
    """Read again and write down what stands there; without a reading nobody knows."""
    try:
        live = work.read([line.keyword_id for line in rest])
    except ConnectorError as error:
        mark_unknown(work, batch, cause=str(error), answer=answer)
        raise
    cause = None if refusal is None else str(refusal)
    told = [replace(line, told_set=answer.get(line.keyword_id) == line.bid_fen) for line in rest]
    verdicts = [
        Verdict(line=line, outcome=after_sending(line, bid), found_fen=bid, cause=cause)
        for line in told
        for bid in [live.get(line.keyword_id)]
    ]
    with work.store.begin() as session:
        settle(session, work, batch, verdicts, cause=cause)
    work.reached("verified")
    return verdicts


def _unseen(
    work: Work, batch: BatchRow, rest: Sequence[BatchLineRow], error: ConnectorError
) -> list[Verdict]:
    """No answer to a write: note it, then make the first of the reads that will decide."""
    mark_unknown(work, batch, cause=str(error))
    live = work.read([line.keyword_id for line in rest])
    with work.store.begin() as session:
        unseen = applications.batch_lines(session, [batch.batch_id], outcomes=("unknown",))
        verdicts = [
            Verdict(line=line, outcome="unknown", found_fen=live.get(line.keyword_id))
            for line in unseen
        ]
        settle(session, work, batch, verdicts)
    work.reached("verified")
    return verdicts
