"""Decisions by ids and by filter, their audit events, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from service import decisions
from service.approval import Action
from service.audit import Origin
from service.errors import ConflictError, InputError, NotFoundError
from service.settings.models import Guardrails
from service.store import Store, audit, lines, proposals
from service.store.audit import AuditFilter
from service.store.lines import LineFilter
from service.store.rows import AuditRow, LineRow, NewLine

MakeLine = Callable[..., NewLine]
MakeProposal = Callable[..., list[LineRow]]
NEXT_DAY = date(2026, 3, 3)


@pytest.fixture
def some(make_line: MakeLine, make_proposal: MakeProposal) -> list[LineRow]:
    return make_proposal(
        [
            make_line("k1", 100, 110),
            make_line("k2", 100, 120),
            make_line("k3", 100, 100),
            make_line("k4", 100, 80),
        ]
    )


def states(store: Store, some: Sequence[LineRow]) -> list[str]:
    with store.read() as session:
        return [lines.get(session, line.line_id).state for line in some]


def events(store: Store) -> list[AuditRow]:
    with store.read() as session:
        return audit.page(session, AuditFilter())[::-1]


def by_ids(*some: LineRow) -> LineFilter:
    return LineFilter(line_ids=tuple(line.line_id for line in some))


def test_each_decision_leaves_its_event(store: Store, some: list[LineRow], origin: Origin) -> None:
    with store.begin() as session:
        outcome = decisions.decide(session, Action.APPROVE, origin, by_ids(*some[:2]))
        decisions.decide(session, Action.REJECT, origin, by_ids(some[3]), reason="季末")
        decisions.decide(session, Action.WITHDRAW, origin, by_ids(some[1]))
    assert (outcome.changed, outcome.left_alone) == (tuple(x.line_id for x in some[:2]), 0)
    assert states(store, some) == ["approved", "pending", "held", "rejected"]
    found = [(event.action, event.line_id, event.reason, event.actor) for event in events(store)]
    assert found == [
        ("approve", some[0].line_id, None, "specialist"),
        ("approve", some[1].line_id, None, "specialist"),
        ("reject", some[3].line_id, "季末", "specialist"),
        ("withdraw", some[1].line_id, None, "specialist"),
    ]
    with store.read() as session:
        rejected = lines.get(session, some[3].line_id)
    assert (rejected.decided_by, rejected.decided_at) == ("specialist", origin.at)
    assert (rejected.note, rejected.version) == ("季末", 2)


def test_a_filter_takes_what_can_be_decided_and_says_what_it_left(
    store: Store, some: list[LineRow], origin: Origin
) -> None:
    wanted = LineFilter(proposal_id=some[0].proposal_id)
    with store.begin() as session:
        outcome = decisions.decide(session, Action.APPROVE, origin, wanted)
    assert (len(outcome.changed), outcome.left_alone) == (3, 1)
    assert states(store, some) == ["approved", "approved", "held", "approved"]


@pytest.mark.parametrize(
    ("action", "reason", "error"),
    [
        (Action.APPROVE, None, ConflictError),  # a held line among them
        (Action.REJECT, " ", InputError),
        (Action.OVERRIDE, "go", ConflictError),
    ],
)
def test_by_ids_it_is_all_or_nothing(
    store: Store,
    some: list[LineRow],
    origin: Origin,
    action: Action,
    reason: str | None,
    error: type[Exception],
) -> None:
    with pytest.raises(error), store.begin() as session:
        decisions.decide(session, action, origin, by_ids(*some), reason=reason)
    assert states(store, some) == ["pending", "pending", "held", "pending"]
    assert events(store) == []


def test_unknown_ids_are_named(store: Store, some: list[LineRow], origin: Origin) -> None:
    wanted = LineFilter(line_ids=(some[0].line_id, 777))
    with pytest.raises(NotFoundError, match="777"), store.begin() as session:
        decisions.decide(session, Action.APPROVE, origin, wanted)


def test_the_guard_sees_every_line_before_anything_is_written(
    store: Store, some: list[LineRow], origin: Origin
) -> None:
    wanted = LineFilter(proposal_id=some[0].proposal_id)
    with store.read() as session:
        shown = lines.shown_hash(session, wanted)

    def guard(found: Sequence[LineRow]) -> None:
        if lines.hash_of(found) != shown:
            raise ConflictError("changed since it was shown")

    with store.begin() as session:
        decisions.decide(session, Action.APPROVE, origin, by_ids(some[0]))
    with pytest.raises(ConflictError, match="since it was shown"), store.begin() as session:
        decisions.decide(session, Action.APPROVE, origin, wanted, guard=guard)
    assert states(store, some) == ["approved", "pending", "held", "pending"]


def test_a_line_that_moved_meanwhile_refuses_the_write(
    store: Store, some: list[LineRow], origin: Origin
) -> None:
    with store.begin() as session:
        decisions.decide(session, Action.APPROVE, origin, by_ids(some[0]))
    late = [decisions.change(line, line_state, origin) for line, line_state in _late(some)]
    with pytest.raises(ConflictError, match="Nothing was changed"), store.begin() as session:
        decisions.write(session, late, [])
    assert states(store, some) == ["approved", "pending", "held", "pending"]


def _late(some: list[LineRow]) -> list[tuple[LineRow, decisions.State]]:
    return [(line, decisions.State.REJECTED) for line in (some[1], some[0])]


def test_an_edit_is_a_human_bid_to_be_approved_anew(
    store: Store, some: list[LineRow], origin: Origin
) -> None:
    with store.begin() as session:
        decisions.decide(session, Action.APPROVE, origin, by_ids(some[0]))
        edited = decisions.edit(session, origin, some[0].line_id, 125, Guardrails(), reason="试")
        held = decisions.edit(session, origin, some[2].line_id, 90, Guardrails())
    assert (edited.state, edited.bid_fen, edited.bid_proposed_fen) == ("pending", 125, 110)
    assert edited.change_rate == pytest.approx(0.25)
    assert (edited.version, edited.note) == (3, "试")
    assert (held.state, held.bid_fen, held.change_rate) == ("pending", 90, pytest.approx(-0.1))
    assert (edited.risk, edited.at_stake_fen) == ("by_hand", None)
    *_, first, second = events(store)
    assert (first.before, first.after) == (
        {"state": "approved", "bid_fen": 110},
        {"state": "pending", "bid_fen": 125},
    )
    assert second.keyword_id == "k3"


@pytest.mark.parametrize(("bid", "match"), [(4, "outside the guardrails"), (100, "bid that")])
def test_an_edit_keeps_the_guardrails(
    store: Store, some: list[LineRow], origin: Origin, bid: int, match: str
) -> None:
    with pytest.raises(InputError, match=match), store.begin() as session:
        decisions.edit(session, origin, some[0].line_id, bid, Guardrails())


def test_a_word_that_takes_no_bid_cannot_be_edited(
    store: Store, make_line: MakeLine, make_proposal: MakeProposal, origin: Origin
) -> None:
    (line,) = make_proposal([make_line("k1", 100, 100, reason="not_biddable")])
    with pytest.raises(ConflictError, match="takes no bid"), store.begin() as session:
        decisions.edit(session, origin, line.line_id, 120, Guardrails())


def test_a_blocked_proposal_waits_for_a_person_with_a_reason(
    store: Store, make_line: MakeLine, make_proposal: MakeProposal, origin: Origin
) -> None:
    some = make_proposal(
        [make_line("k1", 100, 150, state="blocked"), make_line("k2", 100, 100)], state="blocked"
    )
    proposal_id = some[0].proposal_id
    machine = replace(origin, actor="kaiche")
    for who, reason, error in ((machine, "go", ConflictError), (origin, "", InputError)):
        with pytest.raises(error), store.begin() as session:
            decisions.override(session, who, proposal_id, reason)
    with store.begin() as session:
        outcome = decisions.override(session, origin, proposal_id, "大促前")
        assert proposals.get(session, proposal_id).state == "open"
    assert outcome.changed == (some[0].line_id,)
    assert states(store, some) == ["pending", "held"]
    assert [event.action for event in events(store)] == ["override", "proposal_override"]
    with pytest.raises(ConflictError, match="is open"), store.begin() as session:
        decisions.override(session, origin, proposal_id, "again")


@pytest.mark.parametrize("action", [Action.SUPERSEDE, Action.EXPIRE])
def test_an_ended_proposal_keeps_what_was_approved(
    store: Store, some: list[LineRow], origin: Origin, action: Action
) -> None:
    proposal_id = some[0].proposal_id
    machine = replace(origin, actor="kaiche")
    with store.begin() as session:
        decisions.decide(session, Action.APPROVE, origin, by_ids(some[0]))
        assert decisions.retire(session, machine, action, [proposal_id]) == 2
        ended = proposals.get(session, proposal_id).state
    assert ended == {"supersede": "superseded", "expire": "expired"}[action]
    assert states(store, some) == ["approved", ended, "held", ended]
    with pytest.raises(ConflictError, match=f"is {ended}"), store.begin() as session:
        decisions.edit(session, origin, some[2].line_id, 90, Guardrails())
    with store.begin() as session:
        decisions.decide(session, Action.WITHDRAW, origin, by_ids(some[0]))
        line = lines.get(session, some[1].line_id)
    assert line.decided_by is None


def test_after_its_time_a_proposal_is_decided_no_more(
    store: Store, some: list[LineRow], origin: Origin
) -> None:
    late = replace(origin, at=origin.at + timedelta(days=40))
    with pytest.raises(ConflictError, match="expired at"), store.begin() as session:
        decisions.decide(session, Action.APPROVE, late, by_ids(some[0]))


def test_a_word_has_one_approved_bid_at_a_time(
    store: Store,
    some: list[LineRow],
    make_line: MakeLine,
    make_proposal: MakeProposal,
    origin: Origin,
) -> None:
    later = make_proposal([make_line("k1", 100, 115)], day=NEXT_DAY)
    with store.begin() as session:
        decisions.decide(session, Action.APPROVE, origin, by_ids(some[0], some[1]))
        decisions.decide(session, Action.APPROVE, origin, by_ids(later[0]))
    assert states(store, [*some[:2], *later]) == ["superseded", "approved", "approved"]
