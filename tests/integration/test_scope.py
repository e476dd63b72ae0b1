"""A store within some accounts: whatever a query forgets to ask, rows of others stay out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, union, update

from service.errors import NotFoundError, StoreError
from service.store import Store, bulk, lines, proposals, runs
from service.store.lines import LINES, LineFilter
from service.store.proposals import PROPOSALS
from service.store.runs import RUNS

Make = Callable[..., Any]


@pytest.fixture
def within(store: Store, make_proposal: Make, make_line: Make) -> tuple[Store, list[Any]]:
    """A store of ``mine`` over a database that holds a proposal of ``shop``."""
    theirs = make_proposal([make_line("k1"), make_line("k2")])
    return store.within(frozenset({"mine"})), theirs


def test_nothing_is_read(within: tuple[Store, list[Any]]) -> None:
    store, theirs = within
    with store.read() as session:
        assert runs.page(session) == []
        assert proposals.page(session) == []
        assert proposals.page(session, account_id="shop") == []
        assert lines.select_lines(session, LineFilter(line_ids=(theirs[0].line_id,))) == []
        assert lines.totals(session, LineFilter(proposal_id=theirs[0].proposal_id)).lines == 0
        assert session.scalar(select(func.count()).select_from(LINES)) == 0
        with pytest.raises(NotFoundError):
            proposals.get(session, theirs[0].proposal_id)


def test_what_the_driver_tells_is_narrowed_too(within: tuple[Store, list[Any]]) -> None:
    store, _ = within
    for seen, rows in ((store, 0), (store.within(frozenset({"shop"})), 2), (store.within(None), 2)):
        with seen.read() as session:
            pieces = bulk.rows_of(session, select(LINES.c.line_id), 10)
            assert sum(map(len, pieces)) == rows


def test_both_sides_of_a_join_are_narrowed(within: tuple[Store, list[Any]]) -> None:
    store, _ = within
    joined = select(PROPOSALS.c.proposal_id).join(RUNS, RUNS.c.run_id == PROPOSALS.c.run_id)
    with store.read() as session:
        assert session.execute(joined).all() == []


def test_nothing_is_changed(within: tuple[Store, list[Any]]) -> None:
    store, theirs = within
    with store.begin() as session:
        session.execute(update(LINES).values(state="approved"))
        assert not proposals.set_state(session, theirs[0].proposal_id, "expired", before="open")
    with store.within(None).read() as session:
        found = lines.select_lines(session, LineFilter(proposal_id=theirs[0].proposal_id))
    assert {line.state for line in found} == {"pending"}


@pytest.mark.parametrize(
    "statement",
    [
        union(select(LINES.c.word), select(RUNS.c.run_id)),
        select(func.count()).select_from(select(LINES.c.word).subquery()),
    ],
    ids=["union", "subquery"],
)
def test_what_cannot_be_narrowed_is_refused(
    within: tuple[Store, list[Any]], statement: Any
) -> None:
    store, _ = within
    with store.read() as session, pytest.raises(StoreError, match="kept within accounts"):
        session.execute(statement)


def test_ones_own_is_seen(within: tuple[Store, list[Any]]) -> None:
    store, theirs = within
    with store.within(frozenset({"shop", "mine"})).read() as session:
        assert proposals.get(session, theirs[0].proposal_id).account_id == "shop"
        assert len(lines.select_lines(session, LineFilter(account_id="shop"))) == 2
