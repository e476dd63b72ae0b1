"""The sandbox shop over days: what is known when, what stays, what is hidden."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from connectors.errors import PermanentError
from connectors.platform import AdPlatform, BidChange, KeywordDayRow
from connectors.sandbox import SandboxPlatform
from connectors.sandbox.scenario import NEW_WORDS, SPARSE

TODAY = date(2026, 7, 31)
LONG_AGO = date(2000, 1, 1)
FAR_AHEAD = date(2100, 1, 1)


class Calendar:
    """A clock that only a test moves."""

    def __init__(self, today: date = TODAY) -> None:
        self.today = today

    def __call__(self) -> date:
        return self.today

    def advance(self, days: int) -> None:
        self.today += timedelta(days=days)


def small(
    state: Path | None = None, clock: Calendar | None = None, seed: int = 7
) -> SandboxPlatform:
    return SandboxPlatform(
        seed=seed, keywords=260, history_days=12, state=state, clock=clock or Calendar()
    )


def rows_of(
    platform: SandboxPlatform, first: date = LONG_AGO, last: date = FAR_AHEAD
) -> list[KeywordDayRow]:
    return [row for page in platform.keyword_days(first, last) for row in page.rows]


@pytest.fixture(scope="module")
def demo() -> SandboxPlatform:
    return SandboxPlatform(clock=Calendar())


def test_the_demo_shop_looks_like_a_shop(demo: SandboxPlatform) -> None:
    rows = rows_of(demo)
    views, clicks, spend, orders, revenue = (
        sum(getattr(row, name) for row in rows)
        for name in ("impressions", "clicks", "spend_fen", "orders", "revenue_fen")
    )
    assert len(demo.roster().keywords) == 2_400
    assert demo.first_day == TODAY - timedelta(days=30)
    assert 30_000 < spend / 30 < 300_000  # 300 to 3,000 yuan a day
    assert 0.016 < clicks / views < 0.064
    assert 22 < spend / clicks < 100
    assert 0.004 < orders / clicks < 0.077
    assert 1.3 < revenue / spend < 12.8
    assert 0.13 < sum(row.carts or 0 for row in rows) / clicks < 0.18
    clicked = {
        row.keyword_id for row in rows if row.date == TODAY - timedelta(days=1) and row.clicks
    }
    assert len(clicked) < 0.35 * 2_400
    heads = sorted((row.impressions for row in rows if row.date == rows[0].date), reverse=True)
    assert sum(heads[:24]) > 0.2 * sum(heads)
    assert any(row.budget_hit for row in rows)


def test_some_adgroups_of_the_demo_lose_and_some_earn(demo: SandboxPlatform) -> None:
    margin, profit = demo.economics(), defaultdict[str, float](float)
    for row in rows_of(demo):
        profit[row.adgroup_id] += margin[row.adgroup_id] * row.revenue_fen - row.spend_fen
    assert set(margin) == {a.adgroup_id for a in demo.roster().adgroups}
    assert sum(p < -3_000 for p in profit.values()) >= 5
    assert sum(p > 3_000 for p in profit.values()) >= 5
    assert set(demo.organic_rates()) == set(margin)
    assert all(0 <= rate < 0.25 for rate in demo.organic_rates().values())


def test_it_is_a_platform(demo: SandboxPlatform) -> None:
    assert isinstance(demo, AdPlatform)
    assert demo.name == "sandbox"
    assert demo.attribution_days == 15


def test_nothing_public_tells_the_truth(demo: SandboxPlatform) -> None:
    public = {name for name in dir(demo) if not name.startswith("_")}
    assert public == {
        *("name", "attribution_days", "first_day", "roster", "keyword_days", "live_bids"),
        *("set_bids", "economics", "organic_rates", "bid_changes", "natural_orders"),
    }


def test_two_objects_of_one_seed_are_one_shop() -> None:
    one, two = small(), small()
    assert one.roster() == two.roster()
    assert rows_of(one) == rows_of(two)
    assert rows_of(one) != rows_of(small(seed=8))


def test_today_is_not_reported_and_orders_arrive_later() -> None:
    clock = Calendar()
    shop = small(clock=clock)
    before = {(r.keyword_id, r.date): r for r in rows_of(shop)}
    assert {r.date for r in before.values()} == {TODAY - timedelta(days=i) for i in range(1, 13)}
    clock.advance(20)
    after = {(r.keyword_id, r.date): r for r in rows_of(shop, last=TODAY - timedelta(days=1))}
    assert set(before) <= set(after)
    restated = [after[key].orders - row.orders for key, row in before.items()]
    assert min(restated) >= 0
    assert sum(restated) > 0
    yesterday = TODAY - timedelta(days=1)
    traffic = [
        after[key].impressions - row.impressions
        for key, row in before.items()
        if row.date == yesterday
    ]
    assert min(traffic) >= 0
    assert sum(traffic) > 0
    assert {r.date for r in rows_of(shop)} == {TODAY + timedelta(days=i) for i in range(-12, 20)}


def test_the_shop_is_the_same_in_another_process_days_later(tmp_path: Path) -> None:
    clock, state = Calendar(), tmp_path / "var" / "shop.db"
    first = small(state, clock)
    word = next(k for k in first.roster().keywords if k.biddable and k.bid_fen)
    assert word.bid_fen is not None
    first.set_bids(
        [BidChange(keyword_id=word.keyword_id, bid_before_fen=word.bid_fen, bid_fen=321)]
    )
    seen = rows_of(first)
    clock.advance(3)
    second = small(state, clock)
    assert second.first_day == first.first_day == TODAY - timedelta(days=12)
    assert second.live_bids([word.keyword_id]) == {word.keyword_id: 321}
    assert rows_of(first) == rows_of(second)
    old = [(r.keyword_id, r.date, r.bid_fen) for r in seen]
    new = [(r.keyword_id, r.date, r.bid_fen) for r in rows_of(second)]
    assert set(old) <= set(new)
    assert (word.keyword_id, TODAY, 321) in set(new)
    with pytest.raises(PermanentError, match="its seed is 7"):
        small(state, clock, seed=9)


def test_a_change_by_another_process_is_seen_at_once(tmp_path: Path) -> None:
    state = tmp_path / "shop.db"
    one, two = small(state), small(state)
    words = [k for k in one.roster().keywords if k.biddable][:3]
    one.set_bids([BidChange(keyword_id=k.keyword_id, bid_before_fen=1, bid_fen=44) for k in words])
    assert set(two.live_bids([k.keyword_id for k in words]).values()) == {44}
    assert two.roster() == one.roster()


def test_a_higher_bid_brings_more_from_today_on() -> None:
    clock = Calendar()
    shop, control = (
        SandboxPlatform(
            seed=2, keywords=260, history_days=6, clock=clock, scenario=SPARSE.sized(260)
        )
        for _ in range(2)
    )
    words = [k for k in shop.roster().keywords if k.biddable and k.bid_fen]
    for start in range(0, len(words), 200):
        shop.set_bids(
            [
                BidChange(keyword_id=k.keyword_id, bid_before_fen=k.bid_fen or 0, bid_fen=500)
                for k in words[start : start + 200]
            ]
        )
    clock.advance(2)
    changed, plain = rows_of(shop, TODAY), rows_of(control, TODAY)
    assert sum(r.impressions for r in changed) > 1.1 * sum(r.impressions for r in plain)
    past = TODAY - timedelta(days=1)
    assert rows_of(shop, last=past) == rows_of(control, last=past)


def test_who_changed_what_is_on_record() -> None:
    shop = small()
    word = next(k for k in shop.roster().keywords if k.biddable)
    shop.set_bids([BidChange(keyword_id=word.keyword_id, bid_before_fen=0, bid_fen=77)])
    changes = list(shop.bid_changes(LONG_AGO, FAR_AHEAD))
    assert changes[-1] == (TODAY, word.keyword_id, 77, "api")
    assert {actor for *_, actor in changes[:-1]} == {"specialist"}
    assert list(shop.bid_changes(TODAY + timedelta(days=1), FAR_AHEAD)) == []


def test_a_quiet_keyword_day_is_listed_when_its_bid_was_set() -> None:
    shop = SandboxPlatform(
        seed=1, keywords=300, history_days=12, clock=Calendar(), scenario=SPARSE.sized(300)
    )
    rows = {(r.keyword_id, r.date): r for r in rows_of(shop)}
    quiet = [r for r in rows.values() if r.impressions == 0]
    assert quiet
    set_on = {(word, day) for day, word, *_ in shop.bid_changes(LONG_AGO, FAR_AHEAD)}
    assert all((r.keyword_id, r.date) in set_on for r in quiet)
    assert {key for key in set_on if key[1] < TODAY} <= set(rows)


def test_brand_new_words_are_in_the_roster_without_a_past() -> None:
    shop = SandboxPlatform(
        seed=1, keywords=300, history_days=12, clock=Calendar(), scenario=NEW_WORDS.sized(300)
    )
    with_past = {r.keyword_id for r in rows_of(shop)}
    fresh = [k for k in shop.roster().keywords if k.keyword_id not in with_past]
    assert len(fresh) > 15
    assert all(k.bid_fen for k in fresh)


def test_natural_orders_cover_every_item_and_day(demo: SandboxPlatform) -> None:
    first = TODAY - timedelta(days=3)
    natural = list(demo.natural_orders(first, FAR_AHEAD))
    items = {a.item_id for a in demo.roster().adgroups}
    assert len(natural) == 3 * len(items)
    assert {row.item_id for row in natural} == items
    assert sum(row.orders for row in natural) > 0
    assert all((row.revenue_fen > 0) == (row.orders > 0) for row in natural)
    assert natural == list(demo.natural_orders(first, FAR_AHEAD))


def test_days_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sandbox.shop._REMEMBERED_KEYWORD_DAYS", 3 * 260)
    shop = small()
    first, again = rows_of(shop), rows_of(shop)
    assert first == again
    assert len(shop._shop._days) == 3


def test_a_shop_of_one_word_works() -> None:
    shop = SandboxPlatform(seed=1, keywords=1, history_days=1, clock=Calendar())
    assert len(shop.roster().keywords) <= 1
    assert len(rows_of(shop)) <= 1
    assert np.isfinite(sum(shop.economics().values()))
