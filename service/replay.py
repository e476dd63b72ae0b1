"""A past night decided again from what it was given, and compared with what it had decided."""

from __future__ import annotations

from dataclasses import dataclass

from service import inputs, planning, retention
from service.errors import NotFoundError
from service.planning import Decision, Door
from service.store import Store, lines, proposals, runs
from service.store.lines import LineFilter
from service.store.rows import LineRow

SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Whether the night repeats itself, byte for byte.

    ``differences`` says where it does not, at most ``SHOWN`` of them; a night decided by another
    version of the code need not repeat itself, ``code_now`` tells.
    """

    run_id: str
    proposal_id: str
    same: bool
    inputs_same: bool
    stored_hash: str
    replayed_hash: str
    code_then: str | None
    code_now: str
    differences: tuple[str, ...]


def replay(store: Store, door: Door, run_id: str) -> Replay:
    """Decide the night of ``run_id`` again from its stored inputs; nothing is written.

    Raises NotFoundError for an unknown run, one that has no proposal, or one whose figures are not
    stored any more as it saw them.
    """
    with store.read() as session:
        run = runs.get(session, run_id)
        proposal = proposals.of_run(session, run_id)
        if proposal is None:
            raise NotFoundError(f"the run {run_id} is {run.state} and has no proposal to compare")
        roster = inputs.read_roster(session, run_id)
        given = inputs.read_given(session, run_id)
        retention.require_whole(session, run, given)
        policy = inputs.read_policy(session, run_id)
        built = inputs.build_frames(session, run, roster, given)
        stored = lines.select_lines(session, LineFilter(proposal_id=proposal.proposal_id))
    estimates = planning.estimate(door, built, given, run.seed)
    plan = planning.propose(door, estimates, policy, run.seed)
    decision = planning.decision_of(plan, estimates, roster.keywords)
    same = decision.content_hash == proposal.content_hash
    return Replay(
        run_id=run_id,
        proposal_id=proposal.proposal_id,
        same=same,
        inputs_same=inputs.inputs_hash(built, given, inputs.pack(policy)) == run.inputs_hash,
        stored_hash=proposal.content_hash,
        replayed_hash=decision.content_hash,
        code_then=run.code_version,
        code_now=inputs.code_version(),
        differences=() if same else tuple(_differences(stored, decision)[:SHOWN]),
    )


def _differences(stored: list[LineRow], decision: Decision) -> list[str]:
    """Words whose proposed bid or reason is not the same, then what else may differ."""
    then = {line.keyword_id: line for line in stored}
    found = []
    for line in decision.lines:
        before = then.get(line.keyword_id)
        if before is None:
            found.append(f"{line.keyword_id} {line.word}: had no line")
            continue
        was = (before.bid_proposed_fen, before.reason)
        now = (line.bid_proposed_fen, line.reason)
        if was != now:
            found.append(
                f"{line.keyword_id} {line.word}: was {was[0]} {was[1]}, is {now[0]} {now[1]}"
            )
    return found or ["the bids and reasons are the same; expected figures or totals differ"]
