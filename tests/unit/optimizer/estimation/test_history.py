from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.history import read_history, read_roster

KEYWORDS = pd.DataFrame(
    {
        "keyword_id": ["b", "a"],
        "adgroup_id": ["g1", "g1"],
        "campaign_id": ["c1", "c1"],
        "bid": [0.5, np.nan],
    }
)
NO_ECONOMICS = pd.DataFrame()
AS_OF = date(2026, 6, 10)


def history(**columns: object) -> pd.DataFrame:
    rows: dict[str, object] = {
        "keyword_id": ["a", "b", "a"],
        "date": ["2026-06-09", "2026-06-08", "2026-06-05"],
        "bid": [0.6, 0.5, 0.4],
        "impressions": [10, 5, 3],
        "clicks": [2, 1, 0],
        "spend": [1.0, 0.5, 0.0],
        "orders": [1, 0, 0],
        "revenue": [30.0, 0.0, 0.0],
    }
    return pd.DataFrame(rows | columns)


def test_roster_keeps_its_order_and_codes_its_groups() -> None:
    roster = read_roster(KEYWORDS, NO_ECONOMICS, 0.4)
    assert list(roster.keyword_id) == ["b", "a"]
    assert roster.margin.tolist() == [0.4, 0.4]
    assert np.isnan(roster.bid[1])
    assert roster.biddable.all()


def test_economics_by_adgroup_with_natural_traffic() -> None:
    economics = pd.DataFrame(
        {"adgroup_id": ["g1", "g9"], "margin_rate": [0.3, 0.9], "organic_rate": [0.1, np.nan]}
    )
    assert read_roster(KEYWORDS, economics, 1.0).margin == pytest.approx([0.4, 0.4])


def test_optional_columns_are_read() -> None:
    full = KEYWORDS.assign(biddable=[True, False])
    full["adgroup_id"] = full["adgroup_id"].astype("category")
    roster = read_roster(full, NO_ECONOMICS, 1.0)
    assert roster.biddable.tolist() == [True, False]


@pytest.mark.parametrize("as_category", [False, True])
def test_rows_are_sorted_and_silent_days_counted(as_category: bool) -> None:
    rows = history()
    if as_category:
        rows["keyword_id"] = rows["keyword_id"].astype("category")
    panel = read_history(rows, read_roster(KEYWORDS, NO_ECONOMICS, 1.0), AS_OF)
    assert panel.keyword.tolist() == [0, 1, 1]
    assert panel.age.tolist() == [2, 5, 1]
    # b: 8 June, then silent on the 9th; a: 5 June, silent 6th-8th, then the 9th
    assert panel.gap.tolist() == [1, 3, 0]
    assert panel.days == 5


def test_sorted_rows_need_no_sorting() -> None:
    rows = history().sort_values(["keyword_id", "date"])
    flipped = KEYWORDS.iloc[::-1].reset_index(drop=True)
    panel = read_history(rows, read_roster(flipped, NO_ECONOMICS, 1.0), AS_OF)
    assert panel.age.tolist() == [5, 1, 2]


def test_unknown_words_and_later_days_are_counted_and_left_out() -> None:
    rows = history(keyword_id=["a", "x", "a"], date=["2026-06-12", "2026-06-08", "2026-06-05"])
    panel = read_history(rows, read_roster(KEYWORDS, NO_ECONOMICS, 1.0), AS_OF)
    assert (panel.ignored_unknown, panel.ignored_later, len(panel.keyword)) == (1, 1, 1)


def test_missing_bids_come_from_the_words_other_days() -> None:
    rows = history(bid=[np.nan, np.nan, 0.4])
    panel = read_history(rows, read_roster(KEYWORDS, NO_ECONOMICS, 1.0), AS_OF)
    assert panel.bid.tolist() == [0.5, 0.4, 0.4]  # b: today's bid; a: its last known one
    all_known = history()
    assert read_history(
        all_known, read_roster(KEYWORDS, NO_ECONOMICS, 1.0), AS_OF
    ).bid.tolist() == [
        0.5,
        0.4,
        0.6,
    ]
    nothing_known = read_history(
        history(bid=[np.nan] * 3), read_roster(KEYWORDS, NO_ECONOMICS, 1.0), AS_OF
    )
    assert nothing_known.bid.tolist() == [0.5, 1.0, 1.0]


def test_budget_hits_are_read_with_blanks() -> None:
    roster = read_roster(KEYWORDS, NO_ECONOMICS, 1.0)
    assert read_history(
        history(budget_hit=[True, None, False]), roster, AS_OF
    ).censored.tolist() == [False, False, True]
    assert read_history(history(budget_hit=[True, True, False]), roster, AS_OF).censored.sum() == 2


def test_empty_history() -> None:
    roster = read_roster(KEYWORDS, NO_ECONOMICS, 1.0)
    for empty in (pd.DataFrame(), history().iloc[:0]):
        panel = read_history(empty, roster, AS_OF)
        assert panel.days == 0
        assert len(panel.keyword) == 0


Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="clicks"), "history: column clicks is missing"),
        (lambda f: f.assign(keyword_id=[1.0, 2.0, 3.0]), "history: keyword_id must hold str"),
        (
            lambda f: f.assign(keyword_id=pd.Categorical([1, 2, 3])),
            "history: keyword_id must hold str",
        ),
        (lambda f: f.assign(keyword_id=["a", None, "b"]), "history: keyword_id is empty in row 1"),
        (
            lambda f: f.assign(keyword_id=pd.Categorical(["a", None, "b"])),
            "history: keyword_id is empty in row 1",
        ),
        (
            lambda f: f.assign(date=["2026-06-05"] * 3),
            "history: keyword_id 'a' has two rows for 2026-06-05",
        ),
        (lambda f: f.assign(date=["soon"] * 3), "history: date cannot be read"),
        (
            lambda f: f.assign(date=[None, "2026-06-01", "2026-06-02"]),
            "history: date is empty in row 0",
        ),
        (lambda f: f.assign(clicks=[2, -1, 0]), "history: clicks is negative in row 1"),
        (
            lambda f: f.assign(spend=[np.nan, 1, 0]),
            "history: spend is not a finite number in row 0",
        ),
        (lambda f: f.assign(spend=["1 yuan", "2", "3"]), "history: spend must hold numbers"),
        (lambda f: f.assign(bid=[np.inf, 1, 1]), "history: bid is not a finite number in row 0"),
    ],
)
def test_malformed_history_is_named(change: Change, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_history(change(history()), read_roster(KEYWORDS, NO_ECONOMICS, 1.0), AS_OF)


@pytest.mark.parametrize(
    ("keywords", "economics", "message"),
    [
        (KEYWORDS.assign(keyword_id=["a", "a"]), NO_ECONOMICS, "keyword_id 'a' stands there twice"),
        (KEYWORDS.assign(keyword_id=["a", None]), NO_ECONOMICS, "keyword_id is empty in row 1"),
        (KEYWORDS.assign(keyword_id=[1, 2]), NO_ECONOMICS, "must hold str"),
        (KEYWORDS.assign(keyword_id=pd.Categorical(["a", None])), NO_ECONOMICS, "empty in row 1"),
        (KEYWORDS.assign(campaign_id=["c1", "c2"]), NO_ECONOMICS, "more than one campaign"),
        (KEYWORDS.assign(bid=[-0.1, 0.2]), NO_ECONOMICS, "bid is negative for 'b'"),
        (KEYWORDS.drop(columns="bid"), NO_ECONOMICS, "column bid is missing"),
        (
            KEYWORDS,
            pd.DataFrame({"adgroup_id": ["g1", "g1"], "margin_rate": [1, 1]}),
            "'g1' stands there twice",
        ),
        (
            KEYWORDS,
            pd.DataFrame({"adgroup_id": ["g1"]}),
            "economics: column margin_rate is missing",
        ),
    ],
)
def test_malformed_roster_is_named(
    keywords: pd.DataFrame, economics: pd.DataFrame, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_roster(keywords, economics, 1.0)
