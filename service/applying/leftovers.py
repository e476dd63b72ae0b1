"""Batches that an earlier walk left open: released, or decided by reading; never sent blindly."""

from __future__ import annotations

from collections.abc import Mapping

from service.applying.batch import mark_unknown, release
from service.applying.settling import Verdict, settle
from service.applying.verdicts import after_two_reads
from service.applying.work import Work
from service.store import applications
from service.store.applications import OPEN, BatchLineRow, BatchRow

INTERRUPTED = "the process ended while this batch was under way"


def resolve(work: Work) -> list[Verdict]:
    """Look after every open batch of the account, oldest first; the caller holds the lease.

    A ``prepared`` batch never left: its lines are approved as before. A ``dispatching`` one may
    have: its lines are unknown until two reads, some time apart, have decided. Raises
    ConnectorError when the platform cannot be read.
    """
    with work.store.read() as session:
        found = applications.batches(session, account_id=work.account_id, states=OPEN)
    decided: list[Verdict] = []
    for batch in found:
        if batch.state == "prepared":
            release(work, batch, cause=INTERRUPTED)
            continue
        if batch.state == "dispatching":
            mark_unknown(work, batch, cause=INTERRUPTED)
        decided += _decide(work, batch)
    work.reached("resolved")
    return decided


def _decide(work: Work, batch: BatchRow) -> list[Verdict]:
    """Read the batch's unknown words once, unless it is too early for a second read."""
    with work.store.read() as session:
        unknown = applications.batch_lines(session, [batch.batch_id], outcomes=("unknown",))
        sends = applications.sends(session, [line.line_id for line in unknown])
    due = [line for line in unknown if _is_due(work, line)]
    if not due:
        return []
    live = work.read([line.keyword_id for line in due])
    verdicts = [_verdict(line, live, sends) for line in due]
    with work.store.begin() as session:
        settle(session, work, batch, verdicts)
    return verdicts


def _is_due(work: Work, line: BatchLineRow) -> bool:
    first = line.first_read_at
    return first is None or work.now() - first >= work.context.reads_apart


def _verdict(line: BatchLineRow, live: Mapping[str, int], sends: Mapping[int, int]) -> Verdict:
    bid = live.get(line.keyword_id)
    if line.first_read_at is None:
        return Verdict(line=line, outcome="unknown", found_fen=bid)
    outcome = after_two_reads(line, bid, sends=sends.get(line.line_id, 0))
    return Verdict(line=line, outcome=outcome, found_fen=bid)
