"""The past of a shop: confounded bids, new words, reports as of a morning."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from connectors.sandbox.history import observed_history, opening_days
from connectors.sandbox.human import Habits, Specialist
from connectors.sandbox.journal import Journal, Report
from connectors.sandbox.market import Market
from connectors.sandbox.scenario import DEMO, DENSE, NEW_WORDS
from connectors.sandbox.truth import Truth

DAY = 738_000
MARKET = Market(DENSE, 1)
HISTORY = observed_history(MARKET, 30, first_day=DAY)


def week(n: int, **columns: np.ndarray) -> Report:
    """Seven days of a report, zero wherever nothing else is said."""
    blank = {f.name: np.zeros((7, n), dtype=np.int64) for f in fields(Report)[1:]}
    return Report(first_day=DAY, **(blank | columns))


def test_the_same_seed_gives_the_same_past() -> None:
    again = observed_history(Market(DENSE, 1), 30, first_day=DAY).journal.report()
    report = HISTORY.journal.report()
    for field in fields(Report)[1:]:
        assert getattr(again, field.name).tobytes() == getattr(report, field.name).tobytes()


def test_bids_start_scattered_around_the_market_and_move_a_little_every_day() -> None:
    report = HISTORY.journal.report()
    ratio = np.log(report.bids_fen[0] / MARKET.typical_bids())
    assert 0.2 < ratio.std() < 0.6
    assert abs(np.median(ratio)) < 0.2
    changed = (np.diff(report.bids_fen, axis=0) != 0).mean(axis=1)
    assert np.all(changed < 0.25)
    assert changed[4:].min() > 0.02
    assert HISTORY.bids_fen.shape == (300,)
    assert report.bids_fen.min() >= 5


def test_the_specialist_raises_the_unseen_and_cuts_the_expensive() -> None:
    n = 300
    sure = Habits(raise_starved=1.0, cut_spike=1.0, cut_barren=1.0, raise_seller=1.0, fiddle=0.0)
    specialist = Specialist(MARKET, sure)
    bids = specialist.start_bids_fen
    busy = np.full((7, n), 50)
    cases = {
        "starved": (week(n), 1),
        "fading": (week(n, impressions=np.array([[90]] * 5 + [[20]] * 2) + 0 * busy), 1),
        "spike": (
            week(
                n,
                impressions=busy,
                clicks=np.full((7, n), 4),
                spend_fen=np.array([[100]] * 6 + [[900]]) * np.ones((1, n), dtype=np.int64),
            ),
            -1,
        ),
        "barren": (week(n, impressions=busy, clicks=np.full((7, n), 4)), -1),
        "seller": (week(n, impressions=busy, orders=np.ones((7, n), dtype=np.int64)), 1),
        "quiet": (week(n, impressions=busy), 0),
    }
    for name, (report, direction) in cases.items():
        moved = specialist.next_bids(DAY, bids, report)
        clear = bids >= 20  # below, a small step may round to nothing
        assert np.all(np.sign(moved - bids)[clear] == direction), name


def test_a_starved_word_is_not_raised_for_ever() -> None:
    specialist = Specialist(MARKET, Habits(raise_starved=1.0))
    bids = specialist.start_bids_fen
    for i in range(40):
        bids = specialist.next_bids(DAY + i, bids, week(300))
    assert np.all(bids <= np.round(specialist.start_bids_fen * 2.5))
    assert np.median(bids / specialist.start_bids_fen) > 2


def before_and_after(report: Report) -> float:
    """What a naive eye reads from the two days before and after every change of a bid."""
    change, answer = [], []
    for day in range(4, len(report.bids_fen) - 2):
        step = np.log(report.bids_fen[day] / report.bids_fen[day - 1])
        before = report.clicks[day - 2 : day].sum(axis=0)
        after = report.clicks[day : day + 2].sum(axis=0)
        moved = (np.abs(step) > 0.03) & (before + after > 0)
        change.append(step[moved])
        answer.append(np.log((after + 0.5) / (before + 0.5))[moved])
    x, y = np.concatenate(change), np.concatenate(answer)
    return float((x * y).sum() / (x * x).sum())


def test_history_bids_are_confounded() -> None:
    """Starved words recover and spikes pass, whatever the bid: the naive elasticity is far too high."""
    market = Market(DENSE.sized(600), 4)
    naive = before_and_after(observed_history(market, 60, first_day=DAY).journal.report())
    truth, bids = Truth(market), market.typical_bids()
    low, high = truth.expected(DAY, bids * 0.95), truth.expected(DAY, bids * 1.05)
    true = np.log(high.clicks.sum() / low.clicks.sum()) / np.log(1.05 / 0.95)
    assert 0.3 < true < 1.0
    assert naive > 1.7 * true


def test_new_words_have_next_to_no_past() -> None:
    market = Market(NEW_WORDS, 2)
    history = observed_history(market, 30, first_day=DAY)
    lived = (history.journal.report().bids_fen > 0).sum(axis=0)
    assert set(lived[market.ground.is_new].tolist()) == {0, 1, 2}
    assert np.all(lived[~market.ground.is_new] == 30)
    assert np.all(history.bids_fen > 0)
    short = opening_days(market, DAY, 1)
    assert short.min() == DAY


def test_nobody_touches_bids_of_automatic_campaigns() -> None:
    market = Market(DEMO, 7)
    bids = observed_history(market, 10, first_day=DAY).journal.report().bids_fen
    by_itself = market.ground.auto_campaign[market.ground.campaign] & ~market.ground.is_new
    assert by_itself.any()
    assert np.all(bids[:, by_itself] == bids[0, by_itself])


def test_a_report_knows_only_what_had_arrived() -> None:
    journal = HISTORY.journal
    final, now = journal.report(as_of=DAY + 60), journal.report()
    assert now.first_day == DAY
    assert now.orders.shape == (30, 300)
    assert np.array_equal(now.orders[:15], final.orders[:15])  # 15 days old: final
    assert now.orders[-1].sum() < final.orders[-1].sum()
    assert now.impressions[-1].sum() < final.impressions[-1].sum()
    assert np.array_equal(now.impressions[-2], final.impressions[-2])
    young = now.orders[16:29].sum(axis=1)
    assert np.all(young <= final.orders[16:29].sum(axis=1))
    assert young.sum() < 0.96 * final.orders[16:29].sum()
    then = journal.report(as_of=DAY + 10, days=4)
    assert then.first_day == DAY + 6
    assert then.orders.shape == (4, 300)
    assert then.orders[-1].sum() < now.orders[9].sum()


def test_windows_of_a_report() -> None:
    report = HISTORY.journal.report()
    last = report.last(7)
    assert last.first_day == DAY + 23
    assert np.array_equal(last.clicks, report.clicks[-7:])
    assert report.last(99).clicks.shape == report.clicks.shape
    day, keyword = report.flat()
    assert len(day) == report.bids_fen.size
    assert np.all(np.diff(day * 300 + keyword) > 0)
    with pytest.raises(ValueError, match="nothing has been run"):
        Journal(MARKET, DAY).report()


def test_budgets_of_a_run_can_be_given() -> None:
    journal = Journal(MARKET, DAY)
    caps = np.full(MARKET.scenario.campaigns, 500.0)
    journal.run(MARKET.typical_bids(), campaign_budget_fen=caps, account_budget_fen=1_200.0)
    assert journal.today == DAY + 1
    assert 1_000 < journal.final(0).spend_fen.sum() <= 1_200
    assert journal.report().budget_hit.all()


def test_a_shop_without_spread_of_habits_still_runs() -> None:
    market = Market(replace(DENSE, keywords=20, campaigns=1, adgroups_per_campaign=1), 1)
    history = observed_history(market, 3, first_day=DAY, habits=Habits(start_log_sd=0.0))
    assert history.journal.report().clicks.sum() > 0
