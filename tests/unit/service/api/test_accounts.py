"""Accounts and the policy in force."""

from __future__ import annotations

from typing import Any


def test_all_accounts_with_their_newest_night(client: Any) -> None:
    page = client.get("/api/v1/accounts").json()
    assert [(item["id"], item["newest_run_id"]) for item in page["items"]] == [
        ("shop-1", "run-1"),
        ("shop-2", None),
    ]
    assert page["items"][0]["newest_business_date"] == "2026-07-31"
    assert page["next_cursor"] is None


def test_the_effective_policy_has_every_default_filled_in(client: Any) -> None:
    policy = client.get("/api/v1/accounts/shop-1").json()["policy"]
    assert policy["budgets"] == {
        "daily": "300.00",
        "monthly": None,
        "campaigns": {"72281500001": "120.00"},
    }
    assert policy["guardrails"]["max_bid"] == "20.00"
    assert policy["guardrails"]["max_spend_rise"] == 0.25
    assert policy["allowance"]["window_cap"] == "1500.00"
    assert policy["auto_approve"]["enabled"] is False


def test_economics_are_opened_to_their_terms(client: Any) -> None:
    default, item = client.get("/api/v1/accounts/shop-1").json()["policy"]["economics"]
    assert (default["margin_rate"], default["terms"]) == (0.35, [])
    assert item["item"] == "item-1"
    assert item["unit_margin_yuan"] == "41.906"
    assert round(item["break_even_gross_roas"], 2) == 3.15
    assert {term["code"]: term["yuan"] for term in item["terms"]}["goods"] == "-50.00"


def test_the_policy_of_the_newest_proposal_stands_beside_it(client: Any) -> None:
    last = client.get("/api/v1/accounts/shop-1").json()["last"]
    assert last["proposal_id"] == "proposal-1"
    assert last["record"] == {"policy": {"daily_budget": 300.0}}
    assert client.get("/api/v1/accounts/shop-2").json()["last"] is None


def test_an_unknown_account_is_told_which_there_are(client: Any) -> None:
    response = client.get("/api/v1/accounts/shop-9")
    assert response.status_code == 404
    assert "shop-1, shop-2" in response.json()["detail"]
