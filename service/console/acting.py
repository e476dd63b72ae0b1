"""What people decide in the console, through the rules that REST goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service import decisions, outside, stop
from service.api import etags
from service.approval import Action, states_allowing
from service.console.visitor import Visitor
from service.decisions import Outcome
from service.people.roles import Role
from service.sheets import exchange
from service.sheets.difference import Difference
from service.sheets.exchange import Done
from service.store import interventions, lines, proposals
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
    origin = visitor.origin(Role.SPECIALIST, _account_of(visitor, proposal_id))
    with visitor.context.store.begin() as session:
        guard = etags.lines_guard(session, shown)
        return decisions.decide(session, action, origin, wanted, reason=reason, guard=guard)


def decide_all(
    visitor: Visitor, wanted: LineFilter, action: Action, tag: str, reason: str | None = None
) -> Outcome:
    """Decide on every line of a filter, shown with ``tag``."""
    assert wanted.proposal_id is not None
    origin = visitor.origin(Role.SPECIALIST, _account_of(visitor, wanted.proposal_id))
    with visitor.context.store.begin() as session:
        guard = etags.set_guard(session, wanted.proposal_id, tag)
        return decisions.decide(session, action, origin, wanted, reason=reason, guard=guard)


def edit(visitor: Visitor, line_id: int, tag: str, bid_fen: int, reason: str | None) -> LineRow:
    """Give one line a person's bid; it waits for approval again."""
    with visitor.context.store.read() as session:
        account = visitor.account(lines.get(session, line_id).account_id)
    origin = visitor.origin(Role.SPECIALIST, account.id)
    with visitor.context.store.begin() as session:
        guard = etags.lines_guard(session, {line_id: tag})
        return decisions.edit(
            session, origin, line_id, bid_fen, account.guardrails, reason=reason, guard=guard
        )


def differs(visitor: Visitor, proposal_id: str, content: bytes) -> Difference:
    """What a sheet that came back would do; nothing is done."""
    account = visitor.account(_account_of(visitor, proposal_id))
    origin = visitor.origin(Role.SPECIALIST, account.id)
    with visitor.context.store.read() as session:
        return exchange.preview(session, proposal_id, content, account.guardrails, origin.actor)


def take_in(visitor: Visitor, proposal_id: str, content: bytes, shown: str) -> Done:
    """Do what a sheet says, as it was shown: ``shown`` is the difference's hash."""
    account = visitor.account(_account_of(visitor, proposal_id))
    origin = visitor.origin(Role.SPECIALIST, account.id)
    with visitor.context.store.begin() as session:
        return exchange.carry_out(session, proposal_id, content, account.guardrails, origin, shown)


def stop_sending(visitor: Visitor, account_id: str, reason: str | None) -> None:
    """Throw an account's kill switch: nothing more leaves for the platform."""
    origin = visitor.origin(Role.SPECIALIST, account_id)
    with visitor.context.store.begin() as session:
        stop.order(session, origin, account_id, reason)


def resume_sending(visitor: Visitor, scope: str) -> None:
    """Lift the stop order of an account, or that of everything."""
    origin = visitor.origin(Role.OWNER, scope)
    with visitor.context.store.begin() as session:
        stop.lift(session, origin, scope)


def acknowledge(visitor: Visitor, alert_id: int, reason: str | None) -> None:
    """Say that an alert is known; what was raised counts by it."""
    with visitor.context.store.read() as session:
        account = visitor.account(interventions.alert(session, alert_id).account_id)
    origin = visitor.origin(Role.OWNER, account.id)
    with visitor.context.store.begin() as session:
        outside.acknowledge(session, alert_id, origin, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A proposal that the guardrails hold, as it was shown."""

    proposal_id: str
    breaches: Sequence[Mapping[str, Any]]
    tag: str


def held_back(visitor: Visitor, proposal_id: str) -> HeldBack:
    """What holds a proposal back."""
    with visitor.context.store.read() as session:
        proposal = proposals.get(session, proposal_id)
        tag = etags.proposal_tag(session, proposal)
    return HeldBack(proposal_id=proposal_id, breaches=proposal.breaches, tag=tag)


def override(visitor: Visitor, held: HeldBack, reason: str) -> Outcome:
    """Open a proposal that the guardrails hold; its lines wait for approval."""
    origin = visitor.origin(Role.OWNER, _account_of(visitor, held.proposal_id))
    with visitor.context.store.begin() as session:
        everything = LineFilter(proposal_id=held.proposal_id)
        lines.select_lines(session, everything, for_update=True)  # one override at a time
        etags.check_proposal(session, proposals.get(session, held.proposal_id), held.tag)
        return decisions.override(session, origin, held.proposal_id, reason)


def _account_of(visitor: Visitor, proposal_id: str) -> str:
    with visitor.context.store.read() as session:
        return proposals.get(session, proposal_id).account_id


def open_to(wanted: LineFilter, action: Action) -> LineFilter:
    """Those lines of a filter whose state allows the action."""
    possible = states_allowing(action)
    states = possible.intersection(wanted.states) if wanted.states else possible
    return replace(wanted, states=tuple(sorted(states)) or ("",))


def totals(visitor: Visitor, wanted: LineFilter) -> LineTotals:
    """What the lines of a filter change a day; without the tag, which reads every one of them."""
    with visitor.context.store.read() as session:
        return lines.totals(session, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What the lines of a filter change a day, how many of each risk, and the set's tag as it is now."""

    totals: LineTotals
    risks: Mapping[str, int]
    tag: str


def effect(visitor: Visitor, wanted: LineFilter) -> Effect:
    """What a decision on a filter would do."""
    assert wanted.proposal_id is not None
    with visitor.context.store.read() as session:
        found, tag = visitor.context.listed.of(session, wanted)
        return Effect(totals=found, risks=lines.count_by(session, wanted, "risk"), tag=tag)
