"""What people decide in the console, through the rules that REST goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from service import decisions
from service.api import etags
from service.approval import Action, states_allowing
from service.console.visitor import Visitor
from service.decisions import Outcome
from service.store import lines
from service.store.lines import LineFilter, LineTotals
from service.store.rows import LineRow


def decide(
    visitor: Visitor,
    proposal_id: str,
    action: Action,
    shown: Mapping[int, str],
    reason: str | None = None,
) -> Outcome:
    """Decide on lines by id, each with the tag it was shown with: all or nothing."""
    wanted = LineFilter(proposal_id=proposal_id, line_ids=tuple(shown))
    with visitor.context.store.begin() as session:
        guard = etags.lines_guard(session, shown)
        return decisions.decide(
            session, action, visitor.origin(), wanted, reason=reason, guard=guard
        )


def decide_all(
    visitor: Visitor, wanted: LineFilter, action: Action, tag: str, reason: str | None = None
) -> Outcome:
    """Decide on every line of a filter, shown with ``tag``."""
    assert wanted.proposal_id is not None
    with visitor.context.store.begin() as session:
        guard = etags.set_guard(session, wanted.proposal_id, tag)
        return decisions.decide(
            session, action, visitor.origin(), wanted, reason=reason, guard=guard
        )


def edit(visitor: Visitor, line_id: int, tag: str, bid_fen: int, reason: str | None) -> LineRow:
    """Give one line a person's bid; it waits for approval again."""
    with visitor.context.store.begin() as session:
        line = lines.get(session, line_id)
        guardrails = visitor.account(line.account_id).guardrails
        guard = etags.lines_guard(session, {line_id: tag})
        return decisions.edit(
            session, visitor.origin(), line_id, bid_fen, guardrails, reason=reason, guard=guard
        )


def open_to(wanted: LineFilter, action: Action) -> LineFilter:
    """Those lines of a filter whose state allows the action."""
    possible = states_allowing(action)
    states = possible.intersection(wanted.states) if wanted.states else possible
    return replace(wanted, states=tuple(sorted(states)) or ("",))


def effect(visitor: Visitor, wanted: LineFilter) -> tuple[LineTotals, str]:
    """What the lines of a filter change a day, and the tag of the set as it is now."""
    assert wanted.proposal_id is not None
    with visitor.context.store.read() as session:
        totals = lines.totals(session, wanted)
        return totals, etags.set_tag(session, wanted.proposal_id, wanted)
