"""A hundred thousand lines: what the grid reads stays bounded, however it is scrolled and sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from service.store import Store, lines, open_store
from service.store.lines import LINES, SORTS, LineFilter

MANY = 100_000
PAGE = 200


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def proposal_id(
    store: Store, make_line: Callable[..., Any], make_proposal: Callable[..., Any]
) -> str:
    """A proposal of ``MANY`` lines, the first of them multiplied inside the database."""
    (first,) = make_proposal([make_line("k0")])
    changed = {
        "keyword_id": "'k' || n",
        "word": "'词 ' || (n * 7919 % 100003)",
        "campaign_id": "'c' || (n % 40)",
        "risk": "CASE n % 4 WHEN 0 THEN 'high' ELSE 'low' END",
        "state": "CASE n % 3 WHEN 0 THEN 'held' ELSE 'pending' END",
        "spend_after_fen": "n * 7907 % 10007",
    }
    names = [column.name for column in LINES.c if column.name != "line_id"]
    values = ", ".join(changed.get(name, name) for name in names)
    numbers = "WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < :last)"
    with store.begin() as session:
        session.execute(
            text(f"INSERT INTO line ({', '.join(names)}) {numbers} SELECT {values} FROM line, up"),
            {"last": MANY - 1},
        )
    return str(first.proposal_id)


@contextmanager
def asked(session: Any) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent, with their parameters."""
    sent: list[tuple[str, Any]] = []
    engine = session.get_bind()

    def note(*arguments: Any) -> None:
        if arguments[2].startswith("SELECT"):
            sent.append((arguments[2], arguments[3]))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def plan(session: Any, statement: str, parameters: Any) -> list[str]:
    found = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return [str(row[3]) for row in found]


def test_whatever_is_sorted_and_scrolled_to_only_a_page_is_read(
    store: Store, proposal_id: str
) -> None:
    wanted = LineFilter(proposal_id=proposal_id)
    for sort in SORTS:
        with store.read() as session, asked(session) as sent:
            found = lines.window(
                session, wanted, sort=sort, descending=True, start=MANY - PAGE // 2, limit=PAGE
            )
            (ids, given), (rows, keys) = list(sent)
            assert len(found) == PAGE // 2
            assert ids.split("FROM")[0].split() == ["SELECT", "line.line_id"]
            assert plan(session, ids, given)[0].startswith("SEARCH line USING")
            assert len(keys) == PAGE // 2
            assert plan(session, rows, keys) == ["SEARCH line USING INTEGER PRIMARY KEY (rowid=?)"]


def test_the_windows_together_are_the_pages_together(store: Store, proposal_id: str) -> None:
    wanted = LineFilter(proposal_id=proposal_id, word="词 12", states=("pending",))
    with store.read() as session:
        total = lines.totals(session, wanted).lines
        assert PAGE < total < MANY // 10
        scrolled: list[int] = []
        for start in range(0, total, PAGE):
            piece = lines.window(
                session, wanted, sort="spend_after", descending=True, start=start, limit=PAGE
            )
            assert len(piece) <= PAGE
            scrolled += [line.line_id for line in piece]
        paged: list[int] = []
        cursor = None
        while True:
            page = lines.page(session, wanted, sort="spend_after", cursor=cursor, limit=PAGE)
            paged += [line.line_id for line in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert (len(scrolled), scrolled) == (total, paged)


def test_sums_and_groups_search_by_the_proposal(store: Store, proposal_id: str) -> None:
    wanted = LineFilter(proposal_id=proposal_id)
    with store.read() as session, asked(session) as sent:
        assert lines.totals(session, wanted).lines == MANY
        assert len(lines.totals_by(session, wanted, "campaign_id")) == 40
        by_risk = lines.totals_by(session, wanted, "risk")
        assert sum(sums.lines for sums in by_risk.values()) == MANY
        risky = LineFilter(proposal_id=proposal_id, risks=("high",))
        assert lines.totals(session, risky).lines == by_risk["high"].lines == MANY // 4 - 1
        for statement, parameters in list(sent):
            assert plan(session, statement, parameters)[0].startswith("SEARCH line USING")


def test_pages_in_the_usual_order_are_found_by_an_index_and_nothing_is_sorted(
    store: Store, proposal_id: str
) -> None:
    wanted = LineFilter(proposal_id=proposal_id)
    with store.read() as session, asked(session) as sent:
        first = lines.page(session, wanted, limit=PAGE)
        lines.page(session, wanted, limit=PAGE, cursor=first.next_cursor)
        for statement, parameters in list(sent):
            (found,) = plan(session, statement, parameters)
            assert "USING INDEX ix_line_spend" in found
