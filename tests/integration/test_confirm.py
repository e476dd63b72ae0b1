"""The next bid list: applied, still waiting, conflict, or changed by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.platform import Roster
from service.approval import Action
from service.audit import Origin
from service.confirm import Confirmation, confirm
from service.decisions import decide
from service.store import Store, audit, lines, roster
from service.store.audit import AuditFilter
from service.store.lines import LineFilter
from service.store.rows import LineRow, NewLine

MakeLine = Callable[..., NewLine]
MakeProposal = Callable[..., list[LineRow]]
MakeRoster = Callable[[dict[str, int | None]], Roster]


@pytest.fixture
def some(
    store: Store,
    make_line: MakeLine,
    make_proposal: MakeProposal,
    make_roster: MakeRoster,
    origin: Origin,
) -> list[LineRow]:
    """Three words approved from 100 to 110, k4 waits undecided, all seen at 100."""
    saved = make_proposal([make_line(name, 100, 110) for name in ("k1", "k2", "k3", "k4")])
    with store.begin() as session:
        seen = make_roster(dict.fromkeys(("k1", "k2", "k3", "k4", "k5"), 100))
        roster.upsert_roster(session, "shop", seen, seen_at=datetime(2026, 3, 1, tzinfo=UTC))
        chosen = LineFilter(line_ids=tuple(line.line_id for line in saved[:3]))
        decide(session, Action.APPROVE, origin, chosen)
    return saved


def pull(store: Store, seen: Roster, origin: Origin, **moment: datetime | None) -> Confirmation:
    """What a pull finds, with the bids of the approval's very instant unless told otherwise."""
    machine = replace(origin, actor="kaiche", source="pull")
    with store.begin() as session:
        return confirm(session, "shop", seen, machine, **{"bids_at": origin.at, **moment})


def test_each_approved_line_is_settled_by_the_bid_found(
    store: Store, some: list[LineRow], make_roster: MakeRoster, origin: Origin
) -> None:
    found = make_roster({"k1": 110, "k2": 100, "k3": 105, "k4": 100, "k5": 100})
    outcome = pull(store, found, origin)
    assert outcome == Confirmation(applied=1, waiting=1, conflicts=1, changed_elsewhere=0)
    with store.read() as session:
        after = [lines.get(session, line.line_id) for line in some]
        newest = audit.page(session, AuditFilter(), limit=2)[::-1]
    assert [line.state for line in after] == ["applied", "approved", "conflict", "pending"]
    assert after[0].decided_by == "specialist"
    assert after[2].note is not None
    assert "1.10" in after[2].note
    assert "1.05" in after[2].note
    applied, conflict = newest
    assert (applied.action, applied.after) == (
        "confirm_applied",
        {"state": "applied", "bid_fen": 110},
    )
    assert (conflict.before, conflict.after) == (
        {"state": "approved", "bid_fen": 110},
        {"state": "conflict", "bid_fen": 105},
    )
    assert conflict.source == "pull"


@pytest.mark.parametrize("before", [timedelta(microseconds=1), timedelta(days=9), None])
def test_bids_from_before_the_approval_settle_nothing(
    store: Store,
    some: list[LineRow],
    make_roster: MakeRoster,
    origin: Origin,
    before: timedelta | None,
) -> None:
    found = make_roster({"k1": 110, "k2": 100, "k3": 105, "k4": 100, "k5": 100})
    bids_at = None if before is None else origin.at - before
    outcome = pull(store, found, origin, bids_at=bids_at)
    assert (outcome.applied, outcome.waiting, outcome.conflicts) == (0, 3, 0)
    with store.read() as session:
        after = [lines.get(session, line.line_id).state for line in some]
        strange = audit.page(session, AuditFilter(action="bid_changed_elsewhere"))
    assert after == ["approved", "approved", "approved", "pending"]
    assert {event.keyword_id for event in strange} == {"k1", "k3"}  # no approval explains them


def test_confirming_twice_changes_nothing_more(
    store: Store, some: list[LineRow], make_roster: MakeRoster, origin: Origin
) -> None:
    assert len(some) == 4
    found = make_roster({"k1": 110, "k2": 110, "k3": 110, "k4": 100})
    assert pull(store, found, origin).applied == 3
    again = pull(store, found, origin)
    assert (again.applied, again.waiting, again.conflicts) == (0, 0, 0)


def test_bids_that_others_changed_are_on_record(
    store: Store, some: list[LineRow], make_roster: MakeRoster, origin: Origin
) -> None:
    assert len(some) == 4
    found = make_roster({"k1": 100, "k2": None, "k4": 120, "k5": 90, "new": 50})
    outcome = pull(store, found, origin)
    assert outcome == Confirmation(applied=0, waiting=3, conflicts=0, changed_elsewhere=2)
    with store.read() as session:
        strange = audit.page(session, AuditFilter(action="bid_changed_elsewhere"))
    assert [(e.keyword_id, e.before, e.after) for e in strange[::-1]] == [
        ("k4", {"bid_fen": 100}, {"bid_fen": 120}),
        ("k5", {"bid_fen": 100}, {"bid_fen": 90}),
    ]


def test_other_accounts_are_left_alone(
    store: Store, some: list[LineRow], make_roster: MakeRoster, origin: Origin
) -> None:
    machine = replace(origin, actor="kaiche", source="pull")
    with store.begin() as session:
        found = make_roster({"k1": 110})
        outcome = confirm(session, "other", found, machine, bids_at=origin.at)
        assert outcome == Confirmation()
        assert lines.get(session, some[0].line_id).state == "approved"
