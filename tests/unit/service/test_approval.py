"""The one table of a line's states."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import approval
from service.approval import TABLE, Action, State, allowed, next_state, states_allowing
from service.errors import ConflictError, InputError
from service.settings.models import Guardrails

PAIRS = [(state, action) for state in State for action in Action]
KNOWN = {
    ("pending", "approve"): "approved",
    ("pending", "reject"): "rejected",
    ("pending", "edit"): "pending",
    ("pending", "expire"): "expired",
    ("pending", "supersede"): "superseded",
    ("approved", "withdraw"): "pending",
    ("approved", "edit"): "pending",
    ("approved", "dispatch"): "applying",
    ("approved", "confirm_applied"): "applied",
    ("approved", "mark_conflict"): "conflict",
    ("approved", "expire"): "expired",
    ("approved", "supersede"): "superseded",
    ("applying", "confirm_applied"): "applied",
    ("applying", "mark_conflict"): "conflict",
    ("applying", "fail"): "failed",
    ("applying", "mark_unknown"): "unknown",
    ("applying", "release"): "approved",
    ("unknown", "confirm_applied"): "applied",
    ("unknown", "mark_conflict"): "conflict",
    ("unknown", "fail"): "failed",
    ("unknown", "release"): "approved",
    ("failed", "withdraw"): "pending",
    ("failed", "expire"): "expired",
    ("failed", "supersede"): "superseded",
    ("blocked", "override"): "pending",
    ("blocked", "reject"): "rejected",
    ("blocked", "expire"): "expired",
    ("blocked", "supersede"): "superseded",
    ("held", "edit"): "pending",
    ("held", "expire"): "expired",
    ("held", "supersede"): "superseded",
    ("applied", "roll_back"): "rolled_back",
}


@pytest.mark.parametrize(("state", "action"), PAIRS)
def test_every_pair(state: State, action: Action) -> None:
    expected = KNOWN.get((state.value, action.value))
    if expected is not None:
        assert next_state(state.value, action.value) is State(expected)
        return
    with pytest.raises(ConflictError) as caught:
        next_state(state, action)
    said = str(caught.value)
    assert f"a line that is {state}" in said
    assert f"the action {action}" in said
    for possible in allowed(state):
        assert possible in said.partition("possible now: ")[2]


def test_the_table_knows_every_state() -> None:
    assert set(TABLE) == set(State)


def test_a_final_state_says_so() -> None:
    with pytest.raises(ConflictError, match="nothing can be done to it any more"):
        next_state("rejected", "approve")


@pytest.mark.parametrize(("state", "action"), [("edited", "approve"), ("pending", "delete")])
def test_words_outside_the_table_are_a_mistake_of_the_caller(state: str, action: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        next_state(state, action)


def test_the_filter_of_a_bulk_action() -> None:
    assert states_allowing("approve") == {State.PENDING}
    assert states_allowing("edit") == {State.PENDING, State.APPROVED, State.HELD}
    assert allowed("applied") == (Action.ROLL_BACK,)


@given(
    st.sampled_from([State.PENDING, State.BLOCKED, State.HELD]), st.lists(st.sampled_from(Action))
)
def test_nothing_is_applied_that_was_not_approved(start: State, actions: list[Action]) -> None:
    """Walk the table; every entry into applied lies behind an approval not taken back since."""
    state, approved = start, False
    for action in actions:
        try:
            state = next_state(state, action)
        except ConflictError:
            continue
        if action is Action.APPROVE:
            approved = True
        if state is State.PENDING:
            approved = False
        if state in (State.APPLYING, State.APPLIED):
            assert approved


def test_every_path_to_applied_passes_approved() -> None:
    """Without the state approved, neither applying nor applied can be reached at all."""
    reached = {State.PENDING, State.BLOCKED, State.HELD}
    frontier = list(reached)
    while frontier:
        for target in TABLE[frontier.pop()].values():
            if target not in reached and target is not State.APPROVED:
                reached.add(target)
                frontier.append(target)
    assert reached == {
        State.PENDING,
        State.BLOCKED,
        State.HELD,
        State.REJECTED,
        State.EXPIRED,
        State.SUPERSEDED,
    }


SHOWN: dict[str, Any] = {
    "line_id": 7,
    "version": 1,
    "state": "pending",
    "bid_before_fen": 80,
    "bid_fen": 85,
    "expected": {"spend": {"before": 1.25, "after": 1.5}, "clicks": {"p05": None}},
}


def test_the_hash_of_what_was_shown() -> None:
    shown = approval.shown_hash(**SHOWN)
    assert len(shown) == 64
    turned = {"clicks": {"p05": None}, "spend": {"after": 1.5, "before": 1.25}}
    assert approval.shown_hash(**(SHOWN | {"expected": turned, "state": State.PENDING})) == shown


@pytest.mark.parametrize(
    "changed",
    [
        {"line_id": 8},
        {"version": 2},
        {"state": "approved"},
        {"bid_before_fen": 81},
        {"bid_before_fen": None},
        {"bid_fen": 86},
        {"expected": {"spend": {"before": 1.25, "after": 1.51}, "clicks": {"p05": None}}},
        {"expected": {}},
    ],
    ids=str,
)
def test_the_hash_binds_every_field(changed: dict[str, Any]) -> None:
    assert approval.shown_hash(**(SHOWN | changed)) != approval.shown_hash(**SHOWN)


LIMITS = Guardrails(min_bid=Decimal("0.29"), max_bid=Decimal("4.35"))


@pytest.mark.parametrize("fen", [29, 100, 435])
def test_an_edited_bid_within_the_guardrails(fen: int) -> None:
    assert approval.edited_bid(fen, LIMITS) == fen


@pytest.mark.parametrize("fen", [28, 436, 0, -5])
def test_an_edited_bid_outside_them(fen: int) -> None:
    with pytest.raises(InputError, match=r"outside the guardrails \(0\.29 to 4\.35\)"):
        approval.edited_bid(fen, LIMITS)


@pytest.mark.parametrize("fen", [29.5, 100.0, True, "100", None])
def test_an_edited_bid_that_is_no_whole_fen(fen: Any) -> None:
    with pytest.raises(InputError, match="must be a whole number of fen"):
        approval.edited_bid(fen, LIMITS)


def test_reasons() -> None:
    assert approval.require_reason("approve", None) is None
    assert approval.require_reason("approve", "  ") is None
    assert approval.require_reason("reject", " too dear ") == "too dear"
    for action in ("reject", "override", "roll_back"):
        for nothing in (None, "", " \n"):
            with pytest.raises(InputError, match=f"the action {action} needs a reason"):
                approval.require_reason(action, nothing)
