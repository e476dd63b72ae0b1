"""Facts: newest version, every version before it, and what was known when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from connectors.platform import KeywordDayRow
from service.store import Store, facts, pulls

MONDAY = date(2026, 2, 23)
MakeDay = Callable[..., KeywordDayRow]


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 0, 30, tzinfo=UTC)


def pull(store: Store, rows: list[KeywordDayRow], day: int, account: str = "shop") -> int:
    with store.begin() as session:
        return pulls.upsert_facts(
            session, account, rows, pulled_at=at(day), pulled_on=date(2026, 3, day)
        )


def known(store: Store, day: int) -> list[KeywordDayRow]:
    with store.read() as session:
        return facts.facts_as_of(session, "shop", MONDAY, MONDAY + timedelta(days=9), at(day))


def versions(store: Store) -> int:
    with store.read() as session:
        return session.execute(select(func.count()).select_from(facts.VERSIONS)).scalar_one()


def test_what_was_known_at_each_pull_can_be_rebuilt(store: Store, make_day: MakeDay) -> None:
    first = [make_day("k1", MONDAY), make_day("k2", MONDAY, budget_hit=True, avg_rank=2.5)]
    later = [make_day("k1", MONDAY, orders=2, revenue_fen=9_900), first[1]]
    new = make_day("k1", MONDAY + timedelta(days=1), bid_fen=None)
    assert pull(store, first, 1) == 2
    assert pull(store, [*later, new], 2) == 2
    assert known(store, 1) == first
    assert known(store, 2) == [later[0], new, later[1]]
    assert known(store, 3) == known(store, 2)
    assert versions(store) == 4


def test_a_pull_that_changes_nothing_leaves_no_version(store: Store, make_day: MakeDay) -> None:
    rows = [make_day("k1", MONDAY, carts=None), make_day("k2", MONDAY, carts=0)]
    pull(store, rows, 1)
    assert pull(store, rows, 2) == 0
    assert versions(store) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"impressions": 101},
        {"bid_fen": 77},
        {"budget_hit": False},
        {"carts": 3},
        {"adgroup_id": "g2"},
    ],
)
def test_any_changed_figure_is_a_new_version(
    store: Store, make_day: MakeDay, change: dict[str, object]
) -> None:
    pull(store, [make_day("k1", MONDAY)], 1)
    assert pull(store, [make_day("k1", MONDAY, **change)], 2) == 1
    assert pull(store, [make_day("k1", MONDAY)], 3) == 1
    assert [known(store, day) for day in (1, 3)] == [[make_day("k1", MONDAY)]] * 2
    assert known(store, 2) == [make_day("k1", MONDAY, **change)]


def test_accounts_do_not_see_each_other(store: Store, make_day: MakeDay) -> None:
    pull(store, [make_day("k1", MONDAY)], 1)
    assert pull(store, [make_day("k1", MONDAY)], 2, account="other") == 1
    assert len(known(store, 3)) == 1


def test_ages_are_recorded_for_days_a_pull_brought_and_no_others(
    store: Store, make_day: MakeDay
) -> None:
    pull(store, [make_day("k1", MONDAY, orders=3), make_day("k2", MONDAY, orders=1)], 1)
    pull(store, [make_day("k1", MONDAY + timedelta(days=1))], 2)
    pull(store, [make_day("k1", MONDAY, orders=5)], 3)
    with store.read() as session:
        seen = facts.pull_days(session, "shop", MONDAY, cutoff_at=at(3))
        before = facts.pull_days(session, "shop", MONDAY, cutoff_at=at(2))
    assert seen == [(MONDAY, 6, 4), (MONDAY, 8, 6), (MONDAY + timedelta(days=1), 6, 0)]
    assert before == [seen[0], seen[2]]


def test_sums_by_day_adgroup_and_keyword(store: Store, make_day: MakeDay) -> None:
    tuesday = MONDAY + timedelta(days=1)
    rows = [
        make_day("k1", MONDAY, revenue_fen=500),
        make_day("k2", MONDAY, adgroup_id="g2", revenue_fen=70, clicks=200),
        make_day("k1", tuesday, revenue_fen=1),
    ]
    pull(store, rows, 1)
    with store.read() as session:
        days = facts.day_totals(session, "shop", MONDAY, tuesday)
        revenue = facts.adgroup_revenue(session, "shop", MONDAY, MONDAY)
        history = facts.keyword_history(session, "shop", "k1", MONDAY, tuesday)
        impossible = facts.impossible_days(session, "shop", MONDAY)
    assert [(d.date, d.keywords, d.clicks, d.revenue_fen) for d in days] == [
        (MONDAY, 2, 205, 570),
        (tuesday, 1, 5, 1),
    ]
    assert revenue == [(MONDAY, "g1", 500), (MONDAY, "g2", 70)]
    assert [row.date for row in history] == [MONDAY, tuesday]
    assert [row.keyword_id for row in impossible] == ["k2"]


def test_a_clock_that_stands_still_never_stamps_two_pulls_alike(
    store: Store, make_day: MakeDay
) -> None:
    pull(store, [make_day("k1", MONDAY)], 2)
    with store.read() as session:
        assert pulls.next_pull_at(session, "shop", at(2)) == at(2) + timedelta(microseconds=1)
        assert pulls.next_pull_at(session, "shop", at(3)) == at(3)
        assert pulls.next_pull_at(session, "other", at(1)) == at(1)


def test_a_pull_of_nothing_is_taken(store: Store) -> None:
    assert pull(store, [], 1) == 0
    assert known(store, 1) == []


def test_bids_that_a_report_does_not_tell_are_those_in_force_when_the_day_ended(
    store: Store, make_day: MakeDay
) -> None:
    first, second, third = (MONDAY + timedelta(days=i) for i in range(3))

    def morning(on: date, days: list[KeywordDayRow], bids: dict[str, int]) -> None:
        with store.begin() as session:
            pulls.upsert_facts(
                session,
                "shop",
                days,
                pulled_at=at((on - MONDAY).days),
                pulled_on=on,
                bids=(on - timedelta(days=1), bids),
            )

    def untold(word: str, on: date) -> KeywordDayRow:
        return make_day(word, on, bid_fen=None)

    morning(second, [untold("k1", first), untold("k2", first)], {"k1": 100, "k2": 50})
    later = [untold("k1", first), untold("k2", first), untold("k1", second)]
    morning(third, later, {"k1": 70, "k2": 20, "new": 9})
    with store.read() as session:
        told = {
            (row.keyword_id, row.date): (row.bid_fen, row.impressions)
            for word in ("k1", "k2", "new")
            for row in facts.keyword_history(session, "shop", word, first, third)
        }
    shown = make_day("k1", first).impressions
    assert told == {
        ("k1", first): (100, shown),
        ("k2", first): (50, shown),
        ("k1", second): (70, shown),
        ("k2", second): (20, 0),  # nobody saw it at its new bid
    }


def test_bids_that_a_report_tells_are_its_own(store: Store, make_day: MakeDay) -> None:
    with store.begin() as session:
        pulls.upsert_facts(
            session,
            "shop",
            [make_day("k1", MONDAY, bid_fen=33)],
            pulled_at=at(1),
            pulled_on=MONDAY + timedelta(days=1),
            bids=(MONDAY, {"k1": 99, "k2": 5}),
        )
    with store.read() as session:
        (row,) = facts.keyword_history(session, "shop", "k1", MONDAY, MONDAY)
    assert row.bid_fen == 33
