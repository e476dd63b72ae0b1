"""Rows to frames and a plan back to rows: fen and yuan, ids, order, gaps in the bids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.platform import CampaignRow, KeywordRow
from service import frames
from service.errors import InputError
from service.store.facts import FACT_COLUMNS


def fact(keyword_id: str, day: int, **figures: Any) -> tuple[Any, ...]:
    values = {
        "keyword_id": keyword_id,
        "date": date(2026, 3, day),
        "adgroup_id": "g1",
        "campaign_id": "c1",
        "bid_fen": 85,
        "impressions": 10,
        "clicks": 2,
        "spend_fen": 123,
        "orders": 1,
        "revenue_fen": 9_900,
        "carts": None,
        "favourites": 3,
        "avg_rank": None,
        "budget_hit": None,
    }
    return tuple((values | figures)[name] for name in FACT_COLUMNS)


def word(keyword_id: str, bid_fen: int | None = 85, **more: Any) -> KeywordRow:
    return KeywordRow(
        keyword_id=keyword_id,
        adgroup_id="g1",
        campaign_id="c1",
        word="裙",
        bid_fen=bid_fen,
        **more,
    )


def test_history_is_sorted_and_in_yuan() -> None:
    pieces = [
        [fact("20", 2), fact("3", 2, budget_hit=True)],
        [fact("20", 1, avg_rank=2.5), fact("3", 1, spend_fen=0)],
    ]
    frame = frames.history_frame(pieces, [])
    assert list(frame["keyword_id"]) == ["20", "20", "3", "3"]
    assert [stamp.day for stamp in frame["date"]] == [1, 2, 1, 2]
    assert list(frame["spend"]) == [1.23, 1.23, 0.0, 1.23]
    assert list(frame["bid"]) == [0.85] * 4
    assert list(frame["revenue"]) == [99.0] * 4
    assert list(frame["budget_hit"]) == [False, False, False, True]
    assert frame["avg_rank"].tolist()[0] == 2.5
    assert frame["carts"].isna().all()
    assert list(frame["favourites"]) == [3.0] * 4


def campaign(budget_fen: int | None, campaign_id: str = "c1") -> CampaignRow:
    return CampaignRow(campaign_id=campaign_id, name="计划", daily_budget_fen=budget_fen)


@pytest.mark.parametrize(
    ("spends", "budget_fen", "hit"),
    [
        ((4_850, 4_850), 10_000, True),  # 97 % to the fen
        ((4_849, 4_850), 10_000, False),
        ((9_700, 0), 10_000, True),
        ((10_000, 5_000), 10_000, True),  # a platform may overspend by half
        ((10_000, 5_001), 10_000, False),  # so that day had another budget
        ((9_000, 9_000), None, False),
        ((0, 0), 0, False),
    ],
)
def test_a_day_that_spent_its_campaigns_budget_ran_out_of_it(
    spends: tuple[int, int], budget_fen: int | None, hit: bool
) -> None:
    first, second = spends
    pieces = [
        [fact("1", 2, spend_fen=first), fact("1", 3, spend_fen=1)],
        [fact("2", 2, spend_fen=second), fact("3", 2, spend_fen=9_999, campaign_id="c2")],
    ]
    frame = frames.history_frame(pieces, [], [campaign(budget_fen), campaign(99_999, "c2")])
    found = {
        (row.keyword_id, row.date.day): row.budget_hit for row in frame.itertuples(index=False)
    }
    assert found == {("1", 2): hit, ("1", 3): False, ("2", 2): hit, ("3", 2): False}


def test_what_the_platform_says_of_a_budget_stands() -> None:
    pieces = [
        [fact("1", 2, spend_fen=10_000, budget_hit=False), fact("1", 3, budget_hit=True)],
        [fact("2", 2, spend_fen=1)],
    ]
    frame = frames.history_frame(pieces, [], [campaign(10_000)])
    assert frame["budget_hit"].tolist() == [False, True, True]
    assert frame["budget_hit"].dtype == bool


def test_campaigns_unknown_to_the_roster_ran_out_of_nothing() -> None:
    frame = frames.history_frame([[fact("1", 2, campaign_id="gone")]], [], [campaign(100)])
    assert frame["budget_hit"].tolist() == [False]


def test_an_empty_history_has_the_columns() -> None:
    frame = frames.history_frame([], [word("1")])
    assert len(frame) == 0
    assert {"keyword_id", "date", "bid", "impressions", "spend"} <= set(frame.columns)


@pytest.mark.parametrize(
    ("bids", "roster", "filled"),
    [
        ([None, 80, None, 90], 70, [0.8, 0.8, 0.8, 0.9]),
        ([None, None, None, None], 70, [0.7] * 4),
        ([50, None, None, 60], None, [0.5, 0.5, 0.5, 0.6]),
    ],
)
def test_unknown_bids_come_from_the_days_around(
    bids: Sequence[int | None], roster: int | None, filled: list[float]
) -> None:
    pieces = [[fact("1", n + 1, bid_fen=bid) for n, bid in enumerate(bids)], [fact("2", 1)]]
    frame = frames.history_frame(pieces, [word("1", roster), word("2")])
    assert frame["bid"].tolist() == [*filled, 0.85]


def test_a_bid_that_nobody_knows_stays_unknown() -> None:
    frame = frames.history_frame([[fact("1", 1, bid_fen=None)]], [])
    assert frame["bid"].isna().all()


def test_the_roster_keeps_long_ids_as_text_and_words_without_bid_are_not_biddable() -> None:
    rows = [word("72281500147000002"), word("72281500147000001", None), word("9", biddable=False)]
    frame = frames.keywords_frame(rows)
    assert frame["keyword_id"].tolist() == ["72281500147000001", "72281500147000002", "9"]
    assert frame["biddable"].tolist() == [False, True, False]
    assert np.isnan(frame["bid"][0])
    assert frame["bid"].tolist()[1:] == [0.85, 0.85]


def test_an_id_that_is_a_number_is_refused() -> None:
    with pytest.raises(InputError, match="17-digit"):
        frames.keywords_frame([word(123)])  # type: ignore[arg-type]


@dataclass
class Rate:
    margin_rate: float
    organic_rate: float = 0.0


def test_economics_and_settlement() -> None:
    economics = frames.economics_frame({"g2": Rate(-0.1), "g1": Rate(0.4, 0.05)})
    assert economics.to_dict("list") == {
        "adgroup_id": ["g1", "g2"],
        "margin_rate": [0.4, -0.1],
        "organic_rate": [0.05, 0.0],
    }
    settlement = frames.settlement_frame([(date(2026, 3, 1), 1, 7)])
    assert settlement["age"].tolist() == [1]
    assert settlement["orders"].tolist() == [7]
    assert len(frames.settlement_frame([])) == 0


def test_a_digest_depends_on_content_and_on_nothing_else() -> None:
    one = frames.history_frame([[fact("1", 1), fact("2", 1)]], [])
    same = frames.history_frame([[fact("2", 1)], [fact("1", 1)]], [])
    assert frames.digest(one) == frames.digest(same)
    others = [
        [fact("1", 1), fact("3", 1)],
        [fact("1", 1), fact("2", 2)],
        [fact("1", 1), fact("2", 1, clicks=3)],
    ]
    digests = {frames.digest(frames.history_frame([piece], [])) for piece in others}
    assert len(digests | {frames.digest(one)}) == 4
    assert frames.digest(one.rename(columns={"bid": "bids"})) != frames.digest(one)


@given(st.integers(min_value=1, max_value=10**9))
def test_every_bid_survives_the_way_to_yuan_and_back(fen: int) -> None:
    assert frames.bid_fen(fen / 100) == fen
    assert frames.fen(fen / 100) == fen


def test_a_bid_between_two_fen_is_refused() -> None:
    with pytest.raises(InputError, match="in steps of"):
        frames.bid_fen(0.855)


def plan_of(bids: dict[str, float], **columns: Any) -> SimpleNamespace:
    size = len(bids)
    values: dict[str, Any] = {
        "bid_before": [0.85] * size,
        "bid": list(bids.values()),
        "marginal_return": [0.7] * size,
        "reason": ["raise_marginal_return"] * size,
        "binding": [""] * size,
        "explore": np.zeros(size, dtype=bool),
    }
    for n, name in enumerate(frames.FIGURES, start=1):
        values[f"{name}_before"] = [float(n)] * size
        values[name] = [n + 0.126] * size
    index = pd.Index(list(bids), name="keyword_id")
    return SimpleNamespace(lines=pd.DataFrame(values | columns, index=index))


def forecast_of(plan: SimpleNamespace) -> pd.DataFrame:
    columns = {f"{f}_{b}": 1.5 for f in frames.FIGURES for b in frames.BOUNDS}
    return pd.DataFrame(columns, index=plan.lines.index)


def rates_of(plan: SimpleNamespace, **changes: Any) -> pd.DataFrame:
    """Every rate 0.03, from 0.01 to 0.05, unless changed."""
    columns: dict[str, Any] = {}
    for name in frames.RATES:
        columns |= {name: 0.03, f"{name}_p05": 0.01, f"{name}_p95": 0.05}
    return pd.DataFrame(columns | changes, index=plan.lines.index)


def lines_of(plan: SimpleNamespace, words: list[KeywordRow], **rates: Any) -> list[frames.NewLine]:
    return frames.lines_of(plan, forecast_of(plan), rates_of(plan, **rates), words)


def test_a_plan_becomes_lines_in_fen() -> None:
    plan = plan_of({"2": 0.85, "1": 0.93})
    plan.lines["binding"] = [None, "step"]
    moved, held = lines_of(plan, [word("1"), word("2", match="exact")])
    assert (moved.keyword_id, moved.state) == ("1", "pending")
    assert (moved.bid_before_fen, moved.bid_proposed_fen, moved.bid_fen) == (85, 93, 93)
    assert moved.change_rate == pytest.approx(8 / 85)
    assert (moved.binding, held.binding, held.match) == ("step", None, "exact")
    assert (held.state, held.bid_fen, held.change_rate) == ("held", 85, 0.0)
    assert moved.expected["spend"] == {"before": 2.0, "after": 2.126, "p05": 1.5, "p95": 1.5}
    assert (moved.spend_before_fen, moved.spend_after_fen) == (200, 213)
    assert (moved.contribution_before_fen, moved.contribution_after_fen) == (500, 513)


def test_a_line_keeps_what_its_word_is_held_to_be_worth() -> None:
    plan = plan_of({"2": 0.85, "1": 0.93})
    rates = {"cvr": [0.0212345678, float("nan")], "value_per_click_p05": [-0.1, -0.2]}
    first, second = lines_of(plan, [word("1", quality_score=7.0), word("2")], **rates)
    assert (first.expected["quality_score"], second.expected["quality_score"]) == (7.0, None)
    assert set(first.expected["rates"]) == {"ctr", "cvr", "order_value", "value_per_click"}
    assert first.expected["rates"]["cvr"] == {"mean": None, "p05": 0.01, "p95": 0.05}
    assert second.expected["rates"]["cvr"] == {"mean": 0.021235, "p05": 0.01, "p95": 0.05}
    assert first.expected["rates"]["value_per_click"] == {"mean": 0.03, "p05": -0.2, "p95": 0.05}


@given(st.floats(-1e6, 1e6))
def test_a_column_is_rounded_as_one_number_is(value: float) -> None:
    plan = plan_of({"1": 0.93})
    (line,) = lines_of(plan, [word("1")], ctr=[value])
    assert line.expected["rates"]["ctr"]["mean"] == pytest.approx(frames.plain(value), abs=1.1e-6)
    assert line.expected == frames.plain(line.expected)


def test_a_word_without_bid_stays_without() -> None:
    plan = plan_of({"1": float("nan")}, marginal_return=[float("nan")])
    (line,) = lines_of(plan, [word("1", None)])
    assert (line.state, line.bid_fen, line.change_rate) == ("held", None, 0.0)
    assert line.marginal_return is None


def test_a_plan_that_forgets_or_invents_a_word_is_refused() -> None:
    for words in ([word("1")], [word("1"), word("2"), word("3")]):
        with pytest.raises(InputError, match="exactly one line"):
            lines_of(plan_of({"1": 0.9, "2": 0.9}), words)


@dataclass
class Check:
    name: str
    value: float


def test_plain_holds_only_what_json_can() -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan]}, index=["a", "b"])
    assert frames.plain(frame) == [{"x": 1.0}, {"x": None}]
    assert frames.plain(frame["x"]) == {"a": 1.0, "b": None}
    assert frames.plain(np.array([1, 2])) == [1, 2]
    assert frames.plain(np.float64(np.inf)) is None
    assert frames.plain(Check("level", 1 / 3)) == {"name": "level", "value": 0.333333}
    assert frames.plain({1: (True, None, 2, date(2026, 3, 1))}) == {
        "1": [True, None, 2, "2026-03-01"]
    }
