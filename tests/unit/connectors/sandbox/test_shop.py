"""The shop behind both doors: budgets over time, deletions, other processes, what is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from connectors.errors import RetryableError, SourceError
from connectors.sandbox import SandboxPlatform
from connectors.sandbox.budgetlog import BudgetLog, LoggedBudget
from connectors.sandbox.scenario import DEMO
from connectors.sandbox.shop import Shop

TODAY = date(2026, 7, 31)
SMALL = replace(DEMO, keywords=260, campaigns=3, adgroups_per_campaign=2)


class Calendar:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.today = TODAY

    def __call__(self) -> date:
        return self.today


def opened(state: Path | None = None, clock: Calendar | None = None) -> Shop:
    return Shop(
        clock=clock or Calendar(),
        seed=7,
        scenario=SMALL,
        history_days=6,
        state=state,
    )


def spend_of(shop: Shop, day: int, campaign: int) -> int:
    clicks = shop.day(day).clicks
    mine = shop.market.ground.campaign[clicks.keyword] == campaign
    return int(clicks.price_fen[mine].sum())


def test_a_budget_holds_from_its_day_on() -> None:
    clock = Calendar()
    shop = opened(clock=clock)
    today = shop.today
    before = [spend_of(shop, today - 1, 0), spend_of(shop, today, 0)]
    shop.set_budget(0, 100, "api")
    assert spend_of(shop, today, 0) <= 100 < before[1]
    assert spend_of(shop, today - 1, 0) == before[0]
    clock.today += timedelta(days=1)
    assert spend_of(shop, today + 1, 0) <= 100
    shop.set_budget(0, None, "api")
    assert np.isinf(shop.budgets_now()[0])
    assert spend_of(shop, today + 1, 0) > 100
    assert spend_of(shop, today, 0) <= 100


def test_other_processes_see_budgets_and_bids(tmp_path: Path) -> None:
    one, two = (opened(tmp_path / "shop.db") for _ in range(2))
    one.set_budget(1, 5_000, "platform")
    word = int(np.flatnonzero(one.directory.biddable & (one.bids_now() > 0))[0])
    assert one.set_bids({word: 77}, "person") == {word: 77}
    assert two.budgets_now()[1] == 5_000
    assert two.bids_now()[word] == 77
    assert two.changes()[-1].actor == "person"
    (change,) = two.budget_changes()
    assert (change.campaign, change.budget_fen, change.actor) == (1, 5_000, "platform")
    again = opened(tmp_path / "shop.db")
    assert again.budgets_now()[1] == 5_000


def test_budgets_show_in_the_roster_of_the_platform(tmp_path: Path) -> None:
    state = tmp_path / "shop.db"
    platform = SandboxPlatform(
        clock=Calendar(), seed=7, keywords=260, history_days=6, state=state, scenario=SMALL
    )
    before = platform.roster().campaigns
    shop = opened(state)
    shop.set_budget(0, 12_345, "api")
    shop.set_budget(1, None, "api")
    after = platform.roster().campaigns
    assert after[0].daily_budget_fen == 12_345
    assert after[1].daily_budget_fen is None
    assert after[2:] == before[2:]


def test_a_deleted_word_is_gone_and_can_come_back() -> None:
    shop = opened()
    word = int(np.flatnonzero(shop.directory.biddable & (shop.bids_now() > 0))[0])
    shop.log_bids({word: 0}, "api")
    assert shop.bids_now()[word] == 0
    assert shop.set_bids({word: 50}, "api") == {}
    shop.log_bids({word: 60}, "api")
    assert shop.bids_now()[word] == 60
    assert shop.set_bids({word: 50}, "api") == {word: 50}


def test_windows_credit_fewer_orders_and_today_has_no_figures() -> None:
    shop = opened()
    day = shop.today - 6
    whole, short = shop.counts(day), shop.counts(day, 1)
    late = sum(
        shop.counts(day + i).orders.sum() - shop.counts(day + i, 1).orders.sum() for i in range(4)
    )
    assert late > 0
    assert (short.orders <= whole.orders).all()
    assert (short.clicks == whole.clicks).all()
    assert shop.counts(day) is whole
    with pytest.raises(ValueError, match="next morning"):
        shop.counts(shop.today)


def test_what_is_remembered_is_thrown_away_when_bids_change() -> None:
    shop = opened()
    day = shop.today
    before = shop.day(day)
    assert shop.day(day) is before
    words = np.flatnonzero(shop.directory.biddable & (shop.bids_now() > 0))
    shop.set_bids(dict.fromkeys(words.tolist(), 9_000), "api")
    after = shop.day(day)
    assert after is not before
    assert after.clicks.price_fen.sum() > before.clicks.price_fen.sum()


def test_a_budget_log_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        BudgetLog(tmp_path / "nowhere" / "shop.db")


def test_a_budget_log_that_is_held_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    monkeypatch.setattr("connectors.sandbox.budgetlog._WAIT_SECONDS", 0.01)
    path = tmp_path / "shop.db"
    log = BudgetLog(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(RetryableError, match="another process"):
            log.append(LoggedBudget(1, 0, 5, "api"))
    finally:
        holder.close()
    log.append(LoggedBudget(1, 0, 5, "api"))
    assert log.version == 1
    assert log.budgets_on(0, np.array([7.0])).tolist() == [7.0]
    assert log.budgets_on(1, np.array([7.0])).tolist() == [5.0]
