from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.estimates import Estimates
from optimizer.response import STEEPNESSES

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


@pytest.fixture(scope="module")
def known(shop: Shop, as_of: date) -> Estimates:
    history, keywords = shop(words=120, days=30)
    economics = pd.DataFrame({"adgroup_id": ["g0"], "margin_rate": [-0.2]})
    return optimizer.estimate(
        history, keywords, economics, as_of=as_of, default_margin_rate=0.4, attribution_days=0
    )


def test_rates_are_near_the_truth(known: Estimates) -> None:
    rates = known.rates
    assert rates["cvr"].mean() == pytest.approx(0.052, rel=0.12)
    assert rates["order_value"].mean() == pytest.approx(80.0, rel=0.05)
    for name in ("ctr", "cvr", "order_value", "value_per_click"):
        assert (rates[f"{name}_p05"] < rates[name]).all()
        assert (rates[name] < rates[f"{name}_p95"]).all()


def test_a_losing_adgroup_has_negative_worth(known: Estimates) -> None:
    losing = known.roster.adgroup_ids[known.adgroup] == "g0"
    assert (known.value_per_click[losing] < 0).all()
    assert (known.value_per_click[~losing] > 0).all()


def test_forecast_at_todays_bids_is_near_the_usual_day(known: Estimates, shop: Shop) -> None:
    history, keywords = shop(words=120, days=30)
    forecast = known.forecast(pd.Series(keywords["bid"].to_numpy(), index=keywords["keyword_id"]))
    usual = (
        history.groupby("date")[["impressions", "clicks", "spend", "orders", "revenue"]]
        .sum()
        .mean()
    )
    assert forecast[usual.index].sum().to_numpy() == pytest.approx(usual.to_numpy(), rel=0.08)


def test_forecast_intervals_cover_unseen_days(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=300, days=45, clicks=3.0, seed=8)
    cut = pd.Timestamp(as_of - timedelta(days=15))
    past, future = history[history["date"] < cut], history[history["date"] >= cut]
    known = optimizer.estimate(past, keywords, as_of=cut.date(), attribution_days=0)
    inside: dict[str, list[float]] = {}
    for _, day in future.groupby("date"):
        at = known.forecast(day.set_index("keyword_id")["bid"])
        for name in ("impressions", "clicks", "spend", "orders"):
            seen = day[name].to_numpy()
            held = (seen >= at[f"{name}_p05"] - 1e-9) & (seen <= at[f"{name}_p95"] + 1e-9)
            inside.setdefault(name, []).append(float(held.mean()))
    for name, shares in inside.items():
        assert np.mean(shares) > 0.87, name
    # large counts are not padded by discreteness; here no day differs, which is only half believed
    assert np.mean(inside["impressions"]) < 0.985


def test_a_higher_bid_brings_no_less(known: Estimates) -> None:
    bids = known.bid[:, None] * np.array([0.2, 0.5, 0.9, 1.0, 1.3, 2.0, 5.0])
    at = known.expect(bids)
    for amount in (at.impressions, at.clicks, at.spend, at.orders, at.revenue):
        assert (np.diff(amount, axis=1) >= -1e-12).all()


def test_expect_of_some_rows_equals_those_rows_of_all(known: Estimates) -> None:
    rows = np.array([5, 3, 77])
    part, whole = known.expect(known.bid[rows], rows), known.expect(known.bid)
    assert np.array_equal(part.contribution, whole.contribution[rows])


def test_no_bid_brings_nothing(known: Estimates) -> None:
    bids = np.where(np.arange(len(known.bid)) % 2, 0.0, np.nan)
    at = known.expect(bids)
    assert at.clicks.sum() == at.spend.sum() == at.contribution.sum() == at.impressions.sum() == 0.0
    forecast = known.forecast(pd.Series(bids, index=known.keyword_id))
    assert forecast["spend_p95"].sum() == 0.0
    assert forecast["cpc"].isna().all()


def test_intervals_widen_away_from_bids_ever_tried(known: Estimates) -> None:
    def width(factor: float) -> pd.Series:
        at = known.forecast(pd.Series(known.bid * factor, index=known.keyword_id))
        return (at["impressions_p95"] - at["impressions_p05"]) / at["impressions"]

    assert width(4.0).mean() > 1.3 * width(1.0).mean()
    assert width(0.25).mean() > 1.3 * width(1.0).mean()


def test_forecast_refuses_a_stranger(known: Estimates) -> None:
    with pytest.raises(optimizer.InputError, match="'stranger' is not in the roster"):
        known.forecast(pd.Series([1.0], index=["stranger"]))


def test_the_same_inputs_give_the_same_bytes_in_any_row_order(shop: Shop, as_of: date) -> None:
    history, keywords = shop()
    one = optimizer.estimate(history, keywords, as_of=as_of)
    shuffled = history.sample(frac=1.0, random_state=1)
    two = optimizer.estimate(shuffled, keywords, as_of=as_of)
    assert one.rates.to_numpy().tobytes() == two.rates.to_numpy().tobytes()
    bids = pd.Series(keywords["bid"].to_numpy(), index=keywords["keyword_id"])
    assert one.forecast(bids).to_numpy().tobytes() == two.forecast(bids).to_numpy().tobytes()
    draws = one.sampler(4)(keywords["bid"].to_numpy()), two.sampler(4)(keywords["bid"].to_numpy())
    assert draws[0].contribution.tobytes() == draws[1].contribution.tobytes()


def test_late_orders_do_not_lower_the_conversion_rate(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=200, days=20, cvr=0.08)
    share = np.interp(
        (pd.Timestamp(as_of) - history["date"]).dt.days, [1, 3, 7, 15], [0.75, 0.89, 0.96, 1.0]
    )
    rng = np.random.default_rng(0)
    late = history.assign(orders=rng.binomial(history["orders"], share))
    late["revenue"] = late["orders"] * 80.0
    aware = optimizer.estimate(late, keywords, as_of=as_of, attribution_days=15)
    final = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
    naive = optimizer.estimate(late, keywords, as_of=as_of, attribution_days=0)
    true = 0.08 * np.exp(0.5 * 0.3**2)
    assert aware.conversion.account_rate == pytest.approx(true, rel=0.05)
    assert naive.conversion.account_rate < 0.97 * final.conversion.account_rate
    assert aware.evidence.immature_rate.max() > 0.02
    assert list(aware.maturity.index) == list(range(16))


def test_a_response_is_learned_from_bids_that_moved(shop: Shop, as_of: date) -> None:
    for elasticity in (0.3, 0.9):
        history, keywords = shop(words=150, days=40, clicks=20.0, elasticity=elasticity, bid_sd=0.4)
        found = optimizer.estimate(history, keywords, as_of=as_of).response
        assert found.elasticity == pytest.approx(elasticity, abs=0.15)
        assert found.price_power * found.curve.price_slope(np.array([found.account_position]))[
            0
        ] == pytest.approx(1.0, abs=0.15)


def test_unmoved_bids_leave_the_prior_response(shop: Shop, as_of: date) -> None:
    history, keywords = shop(bid_sd=0.0)
    found = optimizer.estimate(history, keywords, as_of=as_of)
    assert found.response.curve.steepness == STEEPNESSES[1]
    assert found.response.elasticity == pytest.approx(0.65, abs=0.1)
    assert not np.isfinite(found.response.elasticity_sd)


def test_a_word_that_pays_nearly_its_bid_is_steeper(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=80, clicks=30.0, bid_sd=0.0)
    dear = history["keyword_id"].isin(keywords["keyword_id"][::2])
    history["spend"] *= np.where(dear, 1.15, 0.85)
    found = optimizer.estimate(history, keywords, as_of=as_of).response
    slope = found.curve.elasticity(found.position)
    assert slope[::2].mean() > slope[1::2].mean() + 0.05


def test_a_brand_new_shop(as_of: date, shop: Shop) -> None:
    _, keywords = shop(words=5)
    known = optimizer.estimate(pd.DataFrame(), keywords, as_of=as_of)
    assert known.review.verdict == "REVIEW"
    assert (known.rates["cvr"] > 0).all()
    assert np.isfinite(known.expect(known.bid).contribution).all()
    assert np.isfinite(known.sampler(0)(known.bid).spend).all()


def test_a_new_word_among_known_ones_takes_after_its_adgroup(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=60, clicks=20.0)
    good = keywords["adgroup_id"] == "g1"
    history.loc[
        history["keyword_id"].isin(keywords["keyword_id"][good]), ["orders", "revenue"]
    ] *= 4
    new = pd.DataFrame(
        {
            "keyword_id": ["n1", "n2"],
            "adgroup_id": ["g1", "g2"],
            "campaign_id": ["c1", "c0"],
            "bid": [1.0, np.nan],
        }
    )
    known = optimizer.estimate(history, pd.concat([keywords, new]), as_of=as_of, attribution_days=0)
    assert known.rates.loc["n1", "cvr"] > 1.5 * known.rates.loc["n2", "cvr"]
    assert known.expect(known.bid).clicks[-2] > 0
    assert known.evidence.clicks[-2:].tolist() == [0.0, 0.0]


def test_empty_roster(as_of: date) -> None:
    empty = pd.DataFrame(
        {"keyword_id": [], "adgroup_id": [], "campaign_id": [], "bid": []}, dtype=object
    )
    known = optimizer.estimate(pd.DataFrame(), empty, as_of=as_of)
    assert known.rates.empty
    assert known.forecast(pd.Series(dtype=float)).empty
    assert known.sampler(0)(np.zeros(0)).spend.sum() == 0.0


def test_what_the_deciding_half_sees_is_in_roster_order(known: Estimates) -> None:
    assert [known.campaign_ids[code] for code in known.campaign[:2]] == ["c0", "c1"]
    assert known.biddable.all()
    assert len(known.adgroup) == len(known.keyword_id) == 120
