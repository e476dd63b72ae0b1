"""The freshness gate: what is refused, and with which words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from service import freshness
from service.errors import StaleDataError
from service.store.rows import DayTotals, FactRow

NIGHT = date(2026, 3, 10)


def day(back: int, spend_fen: int = 10_000, clicks: int = 100) -> DayTotals:
    return DayTotals(
        date=NIGHT - timedelta(days=back),
        keywords=3,
        impressions=1_000,
        clicks=clicks,
        spend_fen=spend_fen,
        orders=1,
        revenue_fen=5_000,
    )


def impossible(clicks: int) -> FactRow:
    return FactRow(
        account_id="shop",
        date=NIGHT - timedelta(days=1),
        keyword_id="k7",
        adgroup_id="g",
        campaign_id="c",
        bid_fen=None,
        impressions=1,
        clicks=clicks,
        spend_fen=0,
        orders=0,
        revenue_fen=0,
        carts=None,
        favourites=None,
        avg_rank=None,
        budget_hit=None,
        pulled_at=datetime(2026, 3, 10, tzinfo=UTC),
    )


def check(days: list[DayTotals], bad: list[FactRow] | None = None, keywords: int = 3) -> None:
    freshness.check(NIGHT, keywords=keywords, days=days, impossible=bad or [])


WEEK = [day(back) for back in range(8, 1, -1)]


def test_a_plausible_yesterday_passes() -> None:
    check([*WEEK, day(1)])
    check([day(1, spend_fen=0)])


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ([], "no daily report at all"),
        (WEEK, "the newest day is 2026-03-08"),
        ([*WEEK, day(0)], "--date 2026-03-09"),
        ([*WEEK, day(1, spend_fen=1_000)], "90% less than the median 100.00 of the 7 days"),
        ([*WEEK, day(1, spend_fen=0)], "花费 0.00 元"),
    ],
)
def test_what_is_missing_or_implausible_is_told(days: list[DayTotals], says: str) -> None:
    with pytest.raises(StaleDataError) as refused:
        check(days)
    assert says in str(refused.value)
    assert " / " in str(refused.value)


def test_a_source_whose_days_are_all_too_old_is_told_which_night_it_fits() -> None:
    def refused(newest: date | None) -> str:
        with pytest.raises(StaleDataError) as error:
            freshness.check(NIGHT, keywords=3, days=[], impossible=[], newest=newest)
        return str(error.value)

    old = refused(date(2025, 5, 14))
    assert "the newest day is 2025-05-14" in old
    assert "--date 2025-05-15" in old
    assert "no daily report at all" in refused(None)
    assert "no daily report at all" in refused(NIGHT)


def test_a_fall_is_measured_against_the_week_before_and_real_money() -> None:
    check([*WEEK, day(1, spend_fen=1_001)])
    check([day(n, spend_fen=999) for n in range(8, 1, -1)] + [day(1, spend_fen=0)])
    old = [day(n, spend_fen=1_000_000) for n in range(30, 8, -1)]
    check([*old, *WEEK, day(1, spend_fen=5_000)])
    spike = [*WEEK[:-1], day(2, spend_fen=1_000_000), day(1)]
    check(spike)


def test_an_empty_roster_is_refused() -> None:
    with pytest.raises(StaleDataError, match="there are no keywords"):
        check([*WEEK, day(1)], keywords=0)


def test_a_click_after_midnight_is_possible_but_a_mixed_up_column_is_not() -> None:
    check([*WEEK, day(1)], [impossible(19)])
    check([*WEEK, day(1, clicks=1_000)], [impossible(49)])
    with pytest.raises(StaleDataError, match="k7: 60 clicks, 1 impressions"):
        check([*WEEK, day(1)], [impossible(60)])
