"""People's decisions on lines: approve, reject, edit, withdraw, override; by ids or by filter.

Every function works inside the caller's transaction: the change of state, its audit event, and
whatever else the caller writes (an idempotent answer) are committed together or not at all.
A decision by ids is all or nothing; a decision by filter takes those lines of the filtered set
whose state allows the action and says how many it left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy.orm import Session

from service import audit, risk
from service.approval import Action, State, edited_bid, next_state, states_allowing
from service.audit import AuditRecord, LineRef, Origin
from service.errors import ConflictError, InputError, NotFoundError, SecondPersonError
from service.settings.models import Guardrails
from service.store import audit as events
from service.store import interventions, lines, people, proposals
from service.store.lines import LineChange, LineFilter
from service.store.rows import LineRow, ProposalRow

Guard = Callable[[Sequence[LineRow]], None]
WAITING = frozenset({"open", "blocked"})  # states of a proposal that people may still decide on
# Saying no, or taking a yes back, must stay possible when the proposal is closed.
ALWAYS = frozenset({Action.REJECT, Action.WITHDRAW})
CLOSING: dict[Action, Literal["override", "expire", "supersede"]] = {
    Action.OVERRIDE: "override",
    Action.EXPIRE: "expire",
    Action.SUPERSEDE: "supersede",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a decision did: ids that changed, and how many lines of the set it left alone.

    Of those ``for_another`` are one's own, which somebody else has to approve.
    """

    action: str
    changed: tuple[int, ...]
    left_alone: int
    for_another: int = 0


def decide(
    session: Session,
    action: Action,
    origin: Origin,
    wanted: LineFilter,
    *,
    reason: str | None = None,
    guard: Guard | None = None,
) -> Outcome:
    """Approve, reject, withdraw or override the lines of ``wanted``.

    ``guard`` is called with every line of the set, locked, before anything is written: it raises
    ConflictError when they are not what the person was shown. Raises NotFoundError for unknown
    ids, ConflictError for a state or proposal that does not allow the action, SecondPersonError for
    an approval of one's own bid by id, InputError for a missing reason.
    """
    found = _read(session, wanted, guard)
    by_ids = bool(wanted.line_ids)
    chosen = found if by_ids else [line for line in found if line.state in states_allowing(action)]
    own = _own(session, action, origin, chosen)
    if own and by_ids:
        raise _needs_another(own)
    left = {line.line_id for line in own}
    chosen = [line for line in chosen if line.line_id not in left]
    _check_proposals(session, action, origin, chosen)
    records, changes = [], []
    for line in chosen:
        records.append(_record(action, origin, line, reason=reason))
        author = origin.actor if action is Action.OVERRIDE else line.author
        after = next_state(line.state, action)
        changes.append(change(line, after, origin, note=reason, author=author))
    write(session, changes, records)
    if action is Action.APPROVE:
        _supersede_earlier(session, origin, chosen)
    return Outcome(
        action=str(action),
        changed=tuple(line.line_id for line in chosen),
        left_alone=len(found) - len(chosen),
        for_another=len(own),
    )


def _own(
    session: Session, action: Action, origin: Origin, chosen: Sequence[LineRow]
) -> list[LineRow]:
    """The lines whose bid, or whose opening, is the work of the very person who wants to approve.

    While there is no user nobody can be told apart, and nothing is anybody's own.
    """
    if action is not Action.APPROVE or not people.anybody(session):
        return []
    return [line for line in chosen if line.author == origin.actor]


def _needs_another(own: Sequence[LineRow]) -> SecondPersonError:
    more = f" and {len(own) - 1} more" if len(own) > 1 else ""
    return SecondPersonError.of(
        "second_person",
        word=own[0].word,
        line_id=own[0].line_id,
        more=more,
        count=len(own),
    )


def edit(
    session: Session,
    origin: Origin,
    line_id: int,
    bid_fen: int,
    guardrails: Guardrails,
    *,
    reason: str | None = None,
    guard: Guard | None = None,
) -> LineRow:
    """Give a line a human bid; it is pending again and must be approved anew.

    The expected figures stay those of the bid that was proposed. Raises InputError for a bid
    outside the guardrails or the one in force, ConflictError for a word that takes no bid.
    """
    edit_all(
        session, origin, {line_id: bid_fen}, guardrails, reasons={line_id: reason}, guard=guard
    )
    return lines.get(session, line_id)


def edit_all(
    session: Session,
    origin: Origin,
    bids: Mapping[int, int],
    guardrails: Guardrails,
    *,
    reasons: Mapping[int, str | None],
    guard: Guard | None = None,
) -> None:
    """``edit`` of many lines, by id, each with its own bid and reason: all or nothing."""
    found = _read(session, LineFilter(line_ids=tuple(bids)), guard)
    for line in found:
        _check_bid(line, bids[line.line_id], guardrails)
    _check_proposals(session, Action.EDIT, origin, found)
    changes, records = [], []
    for line in found:
        bid, reason = bids[line.line_id], reasons.get(line.line_id)
        after = next_state(line.state, Action.EDIT)
        records.append(_record(Action.EDIT, origin, line, reason=reason, new_bid_fen=bid))
        changes.append(change(line, after, origin, note=reason, bid_fen=bid, author=origin.actor))
    write(session, changes, records)


def _check_bid(line: LineRow, bid_fen: int, guardrails: Guardrails) -> None:
    bid = edited_bid(bid_fen, guardrails)
    if line.bid_before_fen is None or line.reason == "not_biddable":
        raise ConflictError.of(
            "word_without_bid", word=line.word, keyword_id=line.keyword_id, reason=line.reason
        )
    if bid == line.bid_before_fen:
        raise InputError.of("bid_as_now", bid=bid, word=line.word)


def override(session: Session, origin: Origin, proposal_id: str, reason: str) -> Outcome:
    """Open a proposal that the guardrails blocked: its blocked lines become pending."""
    proposal = proposals.get(session, proposal_id)
    if proposal.state != "blocked":
        raise ConflictError.of(
            "proposal_not_blocked", proposal_id=proposal_id, state=proposal.state
        )
    outcome = decide(
        session,
        Action.OVERRIDE,
        origin,
        LineFilter(proposal_id=proposal_id, states=(State.BLOCKED,)),
        reason=reason,
    )
    if not _close(session, Action.OVERRIDE, origin, proposal, "open", reason):
        raise ConflictError.of("proposal_changed_meanwhile", proposal_id=proposal_id)
    return outcome


def retire(session: Session, origin: Origin, action: Action, proposal_ids: Iterable[str]) -> int:
    """Supersede or expire proposals and their lines that wait; returns how many lines.

    Approved lines stay: the sheet with them may be on its way to the platform. Held lines have
    nothing to end.
    """
    after = {Action.SUPERSEDE: "superseded", Action.EXPIRE: "expired"}[action]
    ended = 0
    for proposal_id in proposal_ids:
        waiting = tuple(sorted(states_allowing(action) - {State.APPROVED, State.HELD}))
        open_lines = lines.select_lines(
            session, LineFilter(proposal_id=proposal_id, states=waiting), for_update=True
        )
        records = [_record(action, origin, line) for line in open_lines]
        changes = [change(line, next_state(line.state, action), origin) for line in open_lines]
        ended += write(session, changes, records)
        proposal = proposals.get(session, proposal_id)
        if proposal.state in WAITING:  # else another has ended it meanwhile
            _close(session, action, origin, proposal, after)
    return ended


def change(
    line: LineRow,
    state: State,
    origin: Origin,
    *,
    note: str | None = None,
    bid_fen: int | None = None,
    author: str | None = None,
) -> LineChange:
    """The line in its new state, with a new bid, and whose it is, if given.

    What the night finds or ends by itself leaves the name of the one who decided.
    """
    by_rule = state == State.APPROVED and line.decided_by is None
    decided = origin.actor != audit.MACHINE or by_rule
    bid, before = line.bid_fen if bid_fen is None else bid_fen, line.bid_before_fen
    assessed = line if bid_fen is None else risk.assess(replace(line, bid_fen=bid_fen))
    return LineChange(
        line_id=line.line_id,
        version=line.version,
        state=state,
        bid_fen=bid,
        change_rate=bid / before - 1 if bid is not None and before else 0.0,
        decided_by=origin.actor if decided else line.decided_by,
        decided_at=origin.at if decided else line.decided_at,
        note=note or line.note,
        author=author or line.author,
        risk=assessed.risk,
        at_stake_fen=assessed.at_stake_fen,
    )


def roll_back_undone(session: Session, applied: Sequence[int], origin: Origin) -> None:
    """End the lines that these applied lines of a rollback undo: they become rolled back."""
    undone = interventions.undone_by(session, applied)
    if not undone:
        return
    by = {ended: line_id for line_id, ended in undone.items()}
    found = lines.select_lines(session, LineFilter(line_ids=tuple(by)), for_update=True)
    ended = [line for line in found if line.state == State.APPLIED]
    why = {line.line_id: f"rolled back by line {by[line.line_id]}" for line in ended}
    after = next_state(State.APPLIED, Action.ROLL_BACK)
    changes = [change(line, after, origin, note=why[line.line_id]) for line in ended]
    records = [_record(Action.ROLL_BACK, origin, line, reason=why[line.line_id]) for line in ended]
    write(session, changes, records)


def write(session: Session, changes: Sequence[LineChange], records: Sequence[AuditRecord]) -> int:
    """Write new states with their events; ConflictError when any line has moved meanwhile."""
    if lines.apply_changes(session, changes) != len(changes):
        raise ConflictError.of("changed_meanwhile")
    events.append(session, records)
    return len(changes)


def _read(session: Session, wanted: LineFilter, guard: Guard | None) -> list[LineRow]:
    found = lines.select_lines(session, wanted, for_update=True)
    missing = set(wanted.line_ids) - {line.line_id for line in found}
    if missing:
        shown = ", ".join(map(str, sorted(missing)[:5]))
        raise NotFoundError.of("lines_not_here", shown=shown + (" …" if len(missing) > 5 else ""))
    if guard is not None:
        guard(found)
    return found


def _check_proposals(
    session: Session, action: Action, origin: Origin, chosen: Iterable[LineRow]
) -> None:
    if action in ALWAYS:
        return
    for proposal_id in sorted({line.proposal_id for line in chosen}):
        proposal = proposals.get(session, proposal_id)
        expected = "blocked" if action is Action.OVERRIDE else "open"
        if proposal.state != expected:
            raise ConflictError.of(
                "proposal_closed",
                proposal_id=proposal_id,
                day=proposal.business_date,
                state=proposal.state,
                action=action,
                expected=expected,
            )
        if proposal.expires_at <= origin.at:
            raise ConflictError.of(
                "proposal_expired",
                proposal_id=proposal_id,
                day=proposal.business_date,
                at=f"{proposal.expires_at:%Y-%m-%d %H:%M}",
            )


def _supersede_earlier(session: Session, origin: Origin, approved: Sequence[LineRow]) -> None:
    """A word has one approved bid at a time: earlier approvals of the same words give way.

    It has one line in a proposal, so none of the same proposal is read again.
    """
    newest = {line.keyword_id: line for line in approved}
    own = {line.proposal_id for line in approved}
    not_of = next(iter(own)) if len(own) == 1 else None
    for account_id in sorted({line.account_id for line in approved}):
        wanted = LineFilter(account_id=account_id, states=(State.APPROVED,), not_of=not_of)
        waiting = lines.select_lines(session, wanted, for_update=True)
        earlier = [
            line
            for line in waiting
            if line.keyword_id in newest and line.line_id < newest[line.keyword_id].line_id
        ]
        after = [change(line, next_state(line.state, Action.SUPERSEDE), origin) for line in earlier]
        write(session, after, [_record(Action.SUPERSEDE, origin, line) for line in earlier])


def _record(
    action: Action,
    origin: Origin,
    line: LineRow,
    *,
    reason: str | None = None,
    new_bid_fen: int | None = None,
) -> AuditRecord:
    return audit.line_action(
        action,
        origin,
        reference(line),
        state=line.state,
        bid_fen=line.bid_fen,
        new_bid_fen=new_bid_fen,
        reason=reason,
    )


def reference(line: LineRow) -> LineRef:
    """The line as audit records name it."""
    return LineRef(
        account_id=line.account_id,
        proposal_id=line.proposal_id,
        line_id=line.line_id,
        keyword_id=line.keyword_id,
    )


def _close(
    session: Session,
    action: Action,
    origin: Origin,
    proposal: ProposalRow,
    after: str,
    reason: str | None = None,
) -> bool:
    """Change the state of the whole proposal; False when somebody else just has."""
    if not proposals.set_state(session, proposal.proposal_id, after, before=proposal.state):
        return False
    record = audit.proposal_changed(
        CLOSING[action],
        origin,
        account_id=proposal.account_id,
        proposal_id=proposal.proposal_id,
        before=proposal.state,
        after=after,
        reason=reason,
    )
    events.append(session, [record])
    return True
