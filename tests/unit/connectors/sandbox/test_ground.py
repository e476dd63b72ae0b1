"""The drawn truth: reproducible, of the published magnitudes, moving as asked."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from connectors.sandbox.ground import (
    HOUR_SHARE,
    PART_OF_HOUR,
    WEEKDAY_LEVEL,
    Ground,
    draw,
    on_day,
)
from connectors.sandbox.scenario import (
    DEMO,
    DENSE,
    DRIFT,
    MAX_WORDS_PER_ADGROUP,
    NEW_WORDS,
    PROMOTION,
    Scenario,
)


def steady(scenario: Scenario) -> Scenario:
    """Without words going in and out of fashion."""
    return replace(scenario, word_wave_log_sd=0.0)


def as_bytes(ground: Ground) -> bytes:
    arrays = [getattr(ground, field.name) for field in fields(ground) if field.name != "classes"]
    arrays += [ground.classes.rivals, ground.classes.log_sd]
    return b"".join(array.tobytes() for array in arrays)


def test_same_seed_same_bytes() -> None:
    assert as_bytes(draw(DEMO, 3)) == as_bytes(draw(DEMO, 3))
    assert as_bytes(draw(DEMO, 3)) != as_bytes(draw(DEMO, 4))


def test_magnitudes_of_the_demo_shop() -> None:
    ground = draw(DEMO, 7)
    assert ground.cvr.min() >= 0.004
    assert ground.cvr.max() <= 0.077
    assert 0.03 < np.median(ground.ctr) < 0.08
    assert 30 < np.median(ground.market_level_fen) < 110
    assert (ground.margin_rate < 0.2).any()
    assert (ground.margin_rate > 0.4).any()
    assert np.bincount(ground.adgroup).max() <= MAX_WORDS_PER_ADGROUP
    top = np.sort(ground.searches)[::-1]
    assert top[:24].sum() > 0.25 * top.sum()  # one word in a hundred carries a quarter
    assert ground.rejected.any()
    assert np.all(ground.searches[ground.rejected] == 0)
    assert set(np.unique(ground.quality_score)) <= set(range(1, 11))
    assert np.corrcoef(np.log(ground.quality), ground.quality_score)[0, 1] > 0.8


def test_adgroups_never_exceed_the_platforms_limit_even_when_full() -> None:
    full = replace(DENSE, campaigns=1, adgroups_per_campaign=3, keywords=600)
    assert np.bincount(draw(full, 1).adgroup).tolist() == [200, 200, 200]


def test_hours_are_quiet_at_night_and_peak_thrice() -> None:
    assert HOUR_SHARE.sum() == pytest.approx(1.0)
    night = HOUR_SHARE[1:7].max()
    for peak in (10, 15, 21):
        assert HOUR_SHARE[peak] > 4 * night
        assert HOUR_SHARE[peak] > HOUR_SHARE[12] > night
        assert HOUR_SHARE[peak] > HOUR_SHARE[18] > night
    assert np.all(np.diff(PART_OF_HOUR) >= 0)


def test_weekdays_repeat_and_average_to_one() -> None:
    ground = draw(DENSE, 1)
    week = [on_day(steady(DENSE), ground, 738_000 + i).searches.sum() for i in range(14)]
    assert week[:7] == pytest.approx(week[7:])
    assert np.mean(week[:7]) == pytest.approx(ground.searches.sum())
    saturday = next(i for i in range(7) if (738_000 + i - 1) % 7 == 5)
    assert np.argmin(week[:7]) == saturday
    assert WEEKDAY_LEVEL.mean() == pytest.approx(1.0)


def test_drift_moves_slowly_and_only_where_asked() -> None:
    ground = draw(DRIFT, 2)
    monday = 738_001 - (738_001 - 1) % 7
    weeks = np.array(
        [np.log(on_day(steady(DRIFT), ground, monday + 7 * w).searches + 1) for w in range(12)]
    )
    change = np.abs(np.diff(weeks, axis=0))
    assert change.max() < 0.9
    assert (weeks.max(axis=0) - weeks.min(axis=0)).max() > 0.5
    still = draw(DENSE, 2)
    first, later = (on_day(steady(DENSE), still, monday + days) for days in (0, 70))
    assert np.array_equal(first.searches, later.searches)
    assert np.array_equal(first.market_level_fen, later.market_level_fen)


def test_words_come_into_fashion_and_go() -> None:
    ground = draw(DENSE, 2)
    some = ground.searches > 0
    days = [on_day(DENSE, ground, 738_000 + 7 * week).searches[some] for week in range(104)]
    logs = np.log(np.array(days) / ground.searches[some])
    assert np.median(logs.std(axis=0)) == pytest.approx(0.30, abs=0.04)
    assert np.mean(np.exp(logs)) == pytest.approx(WEEKDAY_LEVEL[(738_000 - 1) % 7], rel=0.02)
    daily = [on_day(DENSE, ground, 738_000 + day).searches[some] for day in range(29)]
    weekday = WEEKDAY_LEVEL[(738_000 + np.arange(29) - 1) % 7][:, None]
    assert np.abs(np.diff(np.log(np.array(daily) / weekday), axis=0)).max() < 0.7


def test_promotion_days_sell_more_and_cost_more() -> None:
    ground = draw(PROMOTION, 1)
    start = 30 * 24_600
    plain, promoted = (on_day(steady(PROMOTION), ground, start + day) for day in (9, 16))
    assert (start + 9) % 7 == (start + 16) % 7
    assert promoted.searches.sum() / plain.searches.sum() == pytest.approx(2.6)
    assert (promoted.cvr / plain.cvr).max() == pytest.approx(1.5)
    assert (promoted.market_level_fen / plain.market_level_fen).max() == pytest.approx(1.35)


def test_new_words_and_automatic_campaigns_come_in_the_asked_shares() -> None:
    assert draw(NEW_WORDS, 1).is_new.mean() == pytest.approx(0.35, abs=0.07)
    assert draw(DENSE, 1).is_new.sum() == 0
    assert draw(DEMO, 1).auto_campaign.sum() == 1
    assert draw(DENSE, 1).auto_campaign.sum() == 0


def test_carts_go_with_orders_where_a_scenario_says_so() -> None:
    assert np.array_equal(draw(DENSE, 1).interest, np.ones(300))
    told = replace(
        DENSE,
        interest_elasticity=0.7,
        interest_adgroup_log_sd=0.3,
        interest_keyword_log_sd=0.2,
    )
    ground = draw(told, 1)
    assert np.array_equal(ground.cvr, draw(DENSE, 1).cvr)
    left = np.log(ground.interest) - 0.7 * np.log(ground.cvr / DENSE.cvr_median)
    of_group = np.array([left[ground.adgroup == group].mean() for group in range(20)])
    assert (left - of_group[ground.adgroup]).std() == pytest.approx(0.2, abs=0.03)
    assert of_group.std() == pytest.approx(0.3, abs=0.15)
