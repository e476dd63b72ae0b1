"""Proposals that nobody decided in time: found expired by whoever looks next, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service import decisions
from service.approval import Action
from service.audit import Origin
from service.expiry import expire_overdue
from service.store import Store, audit, lines, proposals
from service.store.audit import AuditFilter
from service.store.lines import LineFilter
from service.store.rows import LineRow, NewLine

MakeLine = Callable[..., NewLine]
MakeProposal = Callable[..., list[LineRow]]
ENDS = datetime(2026, 3, 20, tzinfo=UTC)
CALLERS = 12


@pytest.fixture
def some(make_line: MakeLine, make_proposal: MakeProposal) -> list[LineRow]:
    """Two words that wait, one held."""
    return make_proposal([make_line("k1"), make_line("k2"), make_line("k3", 100, 100)])


def states(store: Store, saved: list[LineRow]) -> list[str]:
    with store.read() as session:
        proposal = proposals.get(session, saved[0].proposal_id).state
        return [proposal, *(lines.get(session, line.line_id).state for line in saved)]


def events(store: Store) -> Counter[str]:
    with store.read() as session:
        return Counter(event.action for event in audit.page(session, AuditFilter()))


def test_until_its_time_a_proposal_waits(store: Store, some: list[LineRow]) -> None:
    assert expire_overdue(store, ENDS - timedelta(microseconds=1), "rest") == 0
    assert states(store, some) == ["open", "pending", "pending", "held"]
    assert events(store) == Counter()


def test_at_its_time_it_ends_with_its_lines_and_the_record_says_so(
    store: Store, some: list[LineRow]
) -> None:
    assert expire_overdue(store, ENDS, "rest") == 2
    assert states(store, some) == ["expired", "expired", "expired", "held"]
    assert events(store) == Counter(expire=2, proposal_expire=1)
    with store.read() as session:
        found = audit.page(session, AuditFilter())
    assert {(event.actor, event.source, event.at) for event in found} == {("kaiche", "rest", ENDS)}
    assert expire_overdue(store, ENDS + timedelta(days=1), "cli") == 0
    assert events(store).total() == 3


def test_approved_lines_stay(store: Store, some: list[LineRow], origin: Origin) -> None:
    with store.begin() as session:
        wanted = LineFilter(line_ids=(some[0].line_id,))
        decisions.decide(session, Action.APPROVE, replace(origin, at=ENDS - timedelta(1)), wanted)
    assert expire_overdue(store, ENDS, "schedule") == 1
    assert states(store, some) == ["expired", "approved", "expired", "held"]


def test_a_blocked_proposal_expires_too(
    store: Store, make_line: MakeLine, make_proposal: MakeProposal
) -> None:
    saved = make_proposal([make_line("k1", state="blocked")], state="blocked")
    assert expire_overdue(store, ENDS, "schedule") == 1
    assert states(store, saved) == ["expired", "expired"]


@pytest.mark.parametrize("waiting", [True, False])
def test_of_many_who_look_at_once_one_ends_it(
    store: Store, make_line: MakeLine, make_proposal: MakeProposal, waiting: bool
) -> None:
    saved = make_proposal([make_line("k1", 100, 110 if waiting else 100)])
    with ThreadPoolExecutor(CALLERS) as pool:
        ended = list(pool.map(lambda _: expire_overdue(store, ENDS, "rest"), range(CALLERS)))
    assert sorted(ended) == [0] * (CALLERS - 1) + [int(waiting)]
    assert events(store)["proposal_expire"] == 1
    assert states(store, saved)[0] == "expired"
