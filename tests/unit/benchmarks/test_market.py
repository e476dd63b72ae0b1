"""The market part on shops of forty words: small, but lived through by everybody."""

from dataclasses import replace

import numpy as np
import pytest

from tests.benchmarks import market, peers
from tests.benchmarks.extent import SMOKE
from tests.benchmarks.scenarios import ALL, kinds
from tests.benchmarks.shop import HISTORY_DAYS, Shop
from tests.benchmarks.shrinkage import empirical_bayes


@pytest.fixture(scope="module")
def tables():
    return market.run(SMOKE)


def test_every_bidder_is_measured_in_every_scenario(tables):
    profit, told, slight, barren = tables
    assert [row["scenario"] for row in told.rows] == list(SMOKE.ceiling_names)
    assert {"kaiche", "told_of_shop", "told_of_words"} <= set(told.rows[0])
    assert [row["scenario"] for row in profit.rows] == list(SMOKE.market_names)
    for row in profit.rows:
        assert row["kaiche"] == pytest.approx(row["worst_seed"])
        assert {"value", "band", "paced_eb", "ahead_value"} <= set(row)
    assert [row["scenario"] for row in slight.rows] == list(SMOKE.slight_names)
    assert [row["scenario"] for row in barren.rows] == ["worthless"]
    assert len(profit.detail) == len(SMOKE.market_names)


def test_the_same_seed_brings_the_same_figures(tables):
    job = market.jobs_of(SMOKE, 1, ("dense",))[0]
    assert market.profits_of(job) == tables[0].detail[0]


def test_without_seeds_there_is_nothing_to_tell():
    nothing = market.run(replace(SMOKE, market_seeds=0, ceiling_seeds=0, slight_seeds=0))
    assert [table.rows for table in nothing] == [[], [], [], []]


def test_nobody_beats_the_clairvoyant_where_no_budget_binds(tables):
    dense = tables[0].detail[0]
    assert all(dense[name] <= 1.0 for name in ("kaiche", *market.PEERS))


def test_a_worthless_shop_is_one_whose_best_day_loses():
    shop = Shop.open(kinds(["worthless"], 60)[0], 1)
    best = shop.expected(peers.clairvoyant(shop)).profit_fen.sum()
    lowest = shop.expected(np.full(len(shop.bids_fen), 5)).profit_fen.sum()
    assert best <= 0.0
    assert lowest == pytest.approx(best, abs=1.0)


def test_a_shop_shows_what_a_morning_knows_and_remembers_how_orders_grew():
    shop = Shop.open(ALL["dense"].sized(40), 1)
    first = shop.history()
    assert first["date"].nunique() == HISTORY_DAYS
    shop.live(shop.bids_fen)
    second = shop.history()
    assert second["date"].nunique() == HISTORY_DAYS + 1
    assert second["date"].max() > first["date"].max()
    settled = shop.settled()
    seen_twice = settled.groupby("date")["orders"].agg(["size", "first", "last"])
    grown = seen_twice[seen_twice["size"] == 2]
    assert len(grown) == HISTORY_DAYS
    assert (grown["last"] >= grown["first"]).all()
    assert (grown["last"] > grown["first"]).any()


def test_empirical_bayes_lies_between_the_raw_and_the_pooled_rate():
    hits, tries = np.array([0, 10, 400]), np.array([5, 100, 1000])
    rate = empirical_bayes(hits, tries)
    pooled = hits.sum() / tries.sum()
    assert 0.0 < rate[0] < pooled
    assert hits[1] / tries[1] < rate[1] < pooled
    assert pooled < rate[2] < hits[2] / tries[2]


@pytest.mark.parametrize(("budget_fen", "pace"), [(1_000, 0.93), (10**9, 1.0)])
def test_the_paced_peer_slows_down_when_the_money_is_gone(budget_fen, pace):
    shop = Shop.open(ALL["dense"].sized(40), 1)
    shop.market.account_budget_fen = budget_fen
    bidder = peers.PacedEmpiricalBayes()
    for _ in range(2):
        shop.live(bidder(shop))
    assert bidder.pace == pytest.approx(pace)


def test_the_paced_peer_takes_up_speed_again_when_money_is_left():
    shop = Shop.open(ALL["dense"].sized(40), 1)
    shop.market.account_budget_fen = 10**9
    bidder = peers.PacedEmpiricalBayes(pace=0.5)
    for _ in range(3):
        shop.live(bidder(shop))
    assert bidder.pace == pytest.approx(0.5 * 1.05**2)


def test_who_is_told_of_the_shop_learns_words_from_their_orders_alone():
    shop = Shop.open(replace(ALL["promotion"].sized(400), cvr_keyword_log_sd=0.4), 1)
    ground = shop.market.ground
    shop.market.scenario = replace(shop.market.scenario, maturity=(1.0,))
    told = peers.ToldOfShop().rates(shop)
    report = shop.journal.report()
    silent = report.clicks.sum(axis=0) == 0
    assert silent.any()
    usual = ground.usual_cvr * np.exp(0.5 * 0.4**2)
    move = peers.ToldOfWords().rates(shop) / ground.cvr
    assert told[silent] == pytest.approx((usual * move)[silent])

    truth = peers.ToldOfWords().rates(shop)
    busiest = np.argsort(-report.clicks.sum(axis=0))[:100]
    off = np.abs(np.log(told / truth))[busiest].mean()
    assert off < 0.8 * np.abs(np.log(usual * move / truth))[busiest].mean()


def test_who_is_told_of_the_words_earns_more_than_who_learns_them():
    row = market.ceilings_of(market.Job(kinds(["dense"], 60)[0], 1, nights=4, warm_up=1))
    assert row["kaiche"] < row["told_of_words"] <= 1.0


def test_told_bidders_know_of_a_promotion_on_its_day():
    scenario = ALL["promotion"].sized(40)
    shop = Shop.open(scenario, 1)
    usual = peers.ToldOfShop().rates(shop)
    while shop.today % scenario.promotion_cycle not in scenario.promotion_days:
        shop.live(shop.bids_fen)
        before, usual = usual, peers.ToldOfShop().rates(shop)
    assert np.median(usual / before) == pytest.approx(scenario.promotion_cvr, rel=0.1)


def test_promotions_are_named_where_the_owner_names_them():
    named, unnamed = (
        Shop.open(ALL[name].sized(40), 1) for name in ("promotion_named", "promotion")
    )
    assert unnamed.promotions == []
    scenario = named.market.scenario
    days = [day.toordinal() for day in named.promotions]
    assert {day % scenario.promotion_cycle for day in days} == set(scenario.promotion_days)
    assert min(days) < named.today < max(days)
