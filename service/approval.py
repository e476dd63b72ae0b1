"""What may happen to a line of a proposal: one table, (state, action) -> state.

A line waits as ``pending`` until a person, or the owner's auto-approve rule, decides. Only an
approved line is ever applied: directly, when the next bid list shows the approved bid, or through
``applying``, when bytes leave for the platform. ``unknown`` is a write whose outcome nobody saw; it
is resolved by reading, never by writing again: ``release`` gives a line back, approved as it was,
once it is certain that nothing of it reached the platform. ``held`` is a word whose bid the night
leaves alone; a person may still give it one. ``edit`` has no state of its own: the line is pending
again, with a human bid, and has to be approved anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from service.errors import ConflictError, InputError
from service.settings.models import Guardrails


class State(StrEnum):
    """Where a line stands."""

    PENDING = "pending"
    APPROVED = "approved"
    APPLYING = "applying"
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    BLOCKED = "blocked"
    CONFLICT = "conflict"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ROLLED_BACK = "rolled_back"
    HELD = "held"


class Action(StrEnum):
    """What a person, the night or the platform does to a line."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"
    WITHDRAW = "withdraw"
    OVERRIDE = "override"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    DISPATCH = "dispatch"
    CONFIRM_APPLIED = "confirm_applied"
    MARK_CONFLICT = "mark_conflict"
    MARK_UNKNOWN = "mark_unknown"
    FAIL = "fail"
    RELEASE = "release"
    ROLL_BACK = "roll_back"


_CLOSING: Final = {Action.EXPIRE: State.EXPIRED, Action.SUPERSEDE: State.SUPERSEDED}
_FOUND_ON_PLATFORM: Final = {
    Action.CONFIRM_APPLIED: State.APPLIED,
    Action.MARK_CONFLICT: State.CONFLICT,
}

TABLE: Final[Mapping[State, Mapping[Action, State]]] = MappingProxyType(
    {
        State.PENDING: {
            Action.APPROVE: State.APPROVED,
            Action.REJECT: State.REJECTED,
            Action.EDIT: State.PENDING,
            **_CLOSING,
        },
        State.APPROVED: {
            Action.WITHDRAW: State.PENDING,
            Action.EDIT: State.PENDING,
            Action.DISPATCH: State.APPLYING,
            **_FOUND_ON_PLATFORM,
            **_CLOSING,
        },
        State.APPLYING: {
            **_FOUND_ON_PLATFORM,
            Action.FAIL: State.FAILED,
            Action.MARK_UNKNOWN: State.UNKNOWN,
            Action.RELEASE: State.APPROVED,
        },
        State.UNKNOWN: {
            **_FOUND_ON_PLATFORM,
            Action.FAIL: State.FAILED,
            Action.RELEASE: State.APPROVED,
        },
        State.FAILED: {Action.WITHDRAW: State.PENDING, **_CLOSING},
        State.BLOCKED: {
            Action.OVERRIDE: State.PENDING,
            Action.REJECT: State.REJECTED,
            **_CLOSING,
        },
        State.HELD: {Action.EDIT: State.PENDING, **_CLOSING},
        State.APPLIED: {Action.ROLL_BACK: State.ROLLED_BACK},
        State.REJECTED: {},
        State.EXPIRED: {},
        State.SUPERSEDED: {},
        State.CONFLICT: {},
        State.ROLLED_BACK: {},
    }
)

# Taking a machine's or another person's decision away has to be explained.
NEEDS_REASON: Final = frozenset({Action.REJECT, Action.OVERRIDE, Action.ROLL_BACK})


def allowed(state: str) -> tuple[Action, ...]:
    """What may be done to a line in ``state``, in the order of ``Action``."""
    row = TABLE[State(state)]
    return tuple(action for action in Action if action in row)


def states_allowing(action: str) -> frozenset[State]:
    """The states in which ``action`` is possible: the filter of a bulk action."""
    return frozenset(state for state, row in TABLE.items() if Action(action) in row)


def next_state(state: str, action: str) -> State:
    """The state after ``action``.

    Raises ConflictError, naming both and what is possible instead, for a pair outside the table.
    """
    here, what = State(state), Action(action)
    row = TABLE[here]
    if what in row:
        return row[what]
    instead = ", ".join(allowed(here))
    remedy = f"possible now: {instead}" if instead else "nothing can be done to it any more"
    raise ConflictError.of("state_forbids", here=here, action=what, remedy=remedy)


def shown_hash(
    *,
    line_id: int,
    version: int,
    state: str,
    bid_before_fen: int | None,
    bid_fen: int | None,
    expected: Mapping[str, Any],
) -> str:
    """The SHA-256 (hex) of what a person saw when deciding; an approval binds to it.

    ``expected`` must be JSON (numbers, strings, None, nested); the order of its keys does not
    matter. Two lines hash alike only when every field is equal.
    """
    shown = {
        "line_id": line_id,
        "version": version,
        "state": str(state),
        "bid_before_fen": bid_before_fen,
        "bid_fen": bid_fen,
        "expected": expected,
    }
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def edited_bid(bid_fen: int, guardrails: Guardrails) -> int:
    """``bid_fen`` if a person may set it, fen.

    Raises InputError when it is no whole number of fen or lies outside the guardrails' range.
    """
    if type(bid_fen) is not int:
        raise InputError.of("bid_no_fen", bid=bid_fen)
    low, high = int(guardrails.min_bid * 100), int(guardrails.max_bid * 100)
    if not low <= bid_fen <= high:
        raise InputError.of("bid_outside", bid=_yuan(bid_fen), low=_yuan(low), high=_yuan(high))
    return bid_fen


def require_reason(action: str, reason: str | None) -> str | None:
    """``reason`` without blanks at its ends; InputError when ``action`` needs one and has none."""
    said = (reason or "").strip() or None
    if said is None and Action(action) in NEEDS_REASON:
        raise InputError.of("reason_missing", action=Action(action))
    return said


def _yuan(fen: int) -> str:
    """85 as ``0.85``."""
    return f"{Decimal(fen) / 100:.2f}"
