"""What tonight's plan may do: settings, month, window and the platform's own budgets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from connectors.platform import AdgroupRow, BidType, CampaignRow, KeywordRow
from service import tonight
from service.ledger import LedgerDay
from service.settings.models import Account

NIGHT = date(2026, 3, 10)
ALLOWANCE = {
    "amount": "100",
    "window_days": 10,
    "window_cap": "500",
    "start_date": "2026-03-01",
    "end_date": "2026-12-31",
    "confidence": 0.8,
    "min_marginal_return": 0.5,
}


def account(**changes: Any) -> Account:
    values = {
        "id": "shop",
        "connector": {"kind": "sandbox"},
        "budgets": {"daily": "300", "monthly": "2200", "campaigns": {"c1": "120"}},
        "economics": [
            {"margin_rate": 0.4},
            {"item": "i2", "margin_rate": 0.2, "organic_rate": 0.1},
        ],
        "objective": "profit",
        "locked_keywords": ("k9", "k1"),
    }
    return Account.model_validate(values | changes)


def campaign(name: str, budget: int | None, bid_type: BidType = "custom_bid") -> CampaignRow:
    return CampaignRow(campaign_id=name, name=name, daily_budget_fen=budget, bid_type=bid_type)


def decide(account: Account, ledger: Sequence[LedgerDay] = (), spent: int = 0) -> tonight.Tonight:
    return tonight.decide(account, NIGHT, [], spent, ledger)


def test_budget_comes_from_the_day_or_what_the_month_leaves() -> None:
    assert decide(account()).policy["daily_budget"] == 100.0
    assert decide(account(), spent=220_000).policy["daily_budget"] == 0.0
    assert decide(account(budgets={"daily": "300"})).policy["daily_budget"] == 300.0


def test_the_allowance_is_what_the_window_leaves() -> None:
    stated = account(allowance=ALLOWANCE)
    assert decide(stated).policy["max_loss"] == 100.0
    lost = [LedgerDay(date=date(2026, 3, 9), spend_fen=55_000, contribution_fen=10_000)]
    poor = decide(stated, lost)
    assert poor.policy["max_loss"] == 50.0
    assert (poor.policy["loss_confidence"], poor.policy["min_marginal_return"]) == (0.8, 0.5)
    assert poor.allowance is not None
    assert poor.allowance.used_fen == 45_000


def test_without_a_stated_allowance_profit_is_not_limited() -> None:
    policy = decide(account()).policy
    assert (policy["objective"], policy["max_loss"]) == ("profit", None)


def test_a_campaign_keeps_under_the_lower_budget_where_bids_are_by_word() -> None:
    rows = [
        campaign("c1", 20_000),
        campaign("c2", 5_000),
        campaign("c3", None),
        campaign("c4", 7_000, "max_amount"),
    ]
    limits = tonight.decide(account(), NIGHT, rows, 0, [])
    assert limits.campaign_budgets_fen == {"c1": 12_000, "c2": 5_000}
    assert limits.policy["campaign_budgets"] == {"c1": 120.0, "c2": 50.0}
    tighter = tonight.decide(account(), NIGHT, [campaign("c1", 3_000)], 0, [])
    assert tighter.campaign_budgets_fen == {"c1": 3_000}


def test_limits_of_the_bids_are_the_guardrails() -> None:
    policy = decide(account(guardrails={"max_bid": "3.50", "max_step_up": 0.2})).policy
    assert (policy["min_bid"], policy["max_bid"], policy["bid_step"]) == (0.05, 3.5, 0.01)
    assert (policy["max_step_up"], policy["max_step_down"]) == (0.2, 0.3)
    assert policy["locked"] == ["k1", "k9"]


def test_the_record_is_json() -> None:
    record = decide(account(allowance=ALLOWANCE)).on_record()
    assert json.loads(json.dumps(record)) == record
    assert record["allowance"]["window_last"] == "2026-03-10"
    assert decide(account()).on_record()["allowance"] is None


def test_every_adgroup_that_a_word_names_has_a_rate() -> None:
    adgroups = [AdgroupRow(adgroup_id="g2", campaign_id="c", name="", item_id="i2")]
    words = [
        KeywordRow(keyword_id="k", adgroup_id=group, campaign_id="c", word="裙")
        for group in ("g2", "g7")
    ]
    rates = tonight.rates(account(), adgroups, words)
    assert {name: rate.margin_rate for name, rate in rates.items()} == {"g2": 0.2, "g7": 0.4}
