"""Nobody approves what is their own: a human bid, a blocked proposal that they opened, a raise undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from service.approval import Action
from service.audit import Origin
from service.decisions import decide, edit, override
from service.errors import InputError, SecondPersonError
from service.people import register
from service.people.roles import EVERYWHERE, Role
from service.settings.models import Guardrails
from service.store import Store, audit
from service.store.audit import AuditFilter
from service.store.lines import LineFilter, get, select_lines

LIMITS = Guardrails()


@pytest.fixture
def staff(store: Store, origin: Origin) -> dict[str, Origin]:
    """Two people, acting through REST."""
    with store.begin() as session:
        for name in ("zhang", "li"):
            roles = {EVERYWHERE: Role.OWNER}
            register.add(session, origin, name, password_hash=None, roles=roles)
    return {name: replace(origin, actor=name) for name in ("zhang", "li")}


@pytest.fixture
def made(make_proposal: Callable[..., Any], make_line: Callable[..., Any]) -> list[Any]:
    lines: list[Any] = make_proposal([make_line(f"k{number}") for number in range(3)])
    return lines


def approve(store: Store, who: Origin, wanted: LineFilter) -> Any:
    with store.begin() as session:
        return decide(session, Action.APPROVE, who, wanted)


def by_id(line: Any) -> LineFilter:
    return LineFilter(line_ids=(line.line_id,))


def edited(store: Store, who: Origin, line: Any, bid: int) -> None:
    with store.begin() as session:
        edit(session, who, line.line_id, bid, LIMITS)


def state(store: Store, line: Any) -> str:
    with store.read() as session:
        return str(get(session, line.line_id).state)


def test_a_human_bid_waits_for_another(store: Store, staff: Any, made: list[Any]) -> None:
    edited(store, staff["li"], made[0], 104)
    with pytest.raises(SecondPersonError, match="somebody else has to approve"):
        approve(store, staff["li"], by_id(made[0]))
    assert state(store, made[0]) == "pending"
    approve(store, staff["zhang"], by_id(made[0]))
    assert state(store, made[0]) == "approved"
    with store.read() as session:
        events = audit.page(session, AuditFilter(line_id=made[0].line_id))
    assert [(event.action, event.actor) for event in events] == [
        ("approve", "zhang"),
        ("edit", "li"),
    ]


def test_a_bid_beyond_the_steps_of_the_yaml_waits_for_another(
    store: Store, staff: Any, made: list[Any]
) -> None:
    """100 fen to 300, where the machine may go up by 30 % a night."""
    line = made[0]
    assert line.bid_before_fen * (1 + LIMITS.max_step_up) < 300
    edited(store, staff["li"], line, 300)
    with pytest.raises(SecondPersonError):
        approve(store, staff["li"], by_id(line))
    proposal = LineFilter(proposal_id=line.proposal_id)
    assert approve(store, staff["li"], proposal).for_another == 1
    approve(store, staff["zhang"], by_id(line))
    assert state(store, line) == "approved"


@pytest.mark.parametrize("bid", [4, 2001, 100_000])
def test_a_bid_beyond_the_range_of_the_yaml_is_nobodys(
    store: Store, staff: Any, made: list[Any], bid: int
) -> None:
    """Not even two people's: the owner has to change the range first."""
    for who in staff.values():
        with pytest.raises(InputError, match="outside the guardrails"):
            edited(store, who, made[0], bid)
    assert state(store, made[0]) == "pending"


def test_by_a_filter_ones_own_is_left_and_counted(
    store: Store, staff: Any, made: list[Any]
) -> None:
    edited(store, staff["li"], made[1], 104)
    outcome = approve(store, staff["li"], LineFilter(proposal_id=made[0].proposal_id))
    assert outcome.changed == (made[0].line_id, made[2].line_id)
    assert (outcome.left_alone, outcome.for_another) == (1, 1)
    assert state(store, made[1]) == "pending"


def test_an_approval_taken_back_makes_nothing_ones_own_no_more(
    store: Store, staff: Any, made: list[Any]
) -> None:
    edited(store, staff["li"], made[0], 104)
    approve(store, staff["zhang"], by_id(made[0]))
    with store.begin() as session:
        decide(session, Action.WITHDRAW, staff["zhang"], by_id(made[0]))
    with pytest.raises(SecondPersonError):
        approve(store, staff["li"], by_id(made[0]))
    approve(store, staff["zhang"], by_id(made[0]))


def test_the_last_hand_counts(store: Store, staff: Any, made: list[Any]) -> None:
    edited(store, staff["li"], made[0], 104)
    edited(store, staff["zhang"], made[0], 103)
    with pytest.raises(SecondPersonError):
        approve(store, staff["zhang"], by_id(made[0]))
    approve(store, staff["li"], by_id(made[0]))


def test_who_opens_a_blocked_proposal_does_not_approve_it(
    store: Store, staff: Any, make_proposal: Callable[..., Any], make_line: Callable[..., Any]
) -> None:
    words = [make_line(f"k{number}", state="blocked") for number in range(2)]
    lines = make_proposal(words, state="blocked")
    with store.begin() as session:
        override(session, staff["zhang"], lines[0].proposal_id, "大促")
    everything = LineFilter(proposal_id=lines[0].proposal_id)
    assert approve(store, staff["zhang"], everything).changed == ()
    with pytest.raises(SecondPersonError):
        approve(store, staff["zhang"], by_id(lines[0]))
    assert len(approve(store, staff["li"], everything).changed) == 2


def test_ones_own_may_be_rejected(store: Store, staff: Any, made: list[Any]) -> None:
    edited(store, staff["li"], made[0], 104)
    with store.begin() as session:
        decide(session, Action.REJECT, staff["li"], by_id(made[0]), reason="mistaken")
    assert state(store, made[0]) == "rejected"


def test_while_there_is_no_user_nobody_can_be_told_apart(
    store: Store, origin: Origin, made: list[Any]
) -> None:
    edited(store, origin, made[0], 104)
    approve(store, origin, by_id(made[0]))
    with store.read() as session:
        (line,) = select_lines(session, by_id(made[0]))
    assert (line.state, line.author) == ("approved", origin.actor)
