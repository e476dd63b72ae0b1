"""The ledger and break-evens over REST."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import NIGHT, account, new_line, proposal_row, run_row

from service.ledger import assess
from service.store import Store, ledger, proposals, runs
from service.store.rows import LedgerDay
from service.tonight import decide

URL = "/api/v1/accounts/shop-1"


@pytest.fixture
def kept(store: Store) -> Store:
    """A second night, with the ledger it decided on; one day was restated by it."""
    night = NIGHT + timedelta(days=1)
    days = [
        LedgerDay(
            date=NIGHT - timedelta(days=age),
            spend_fen=10_000,
            contribution_fen=7_000,
            waiting_fen=2_000 if age < 2 else 0,
            clicks=100,
            reported_share=0.7 if age < 2 else 1.0,
            own_sd_fen=400 if age < 2 else 0,
        )
        for age in (5, 4, 3, 2, 1, 0)
    ]
    policy = decide(account(), night, [], 40_000, days).on_record()
    with store.begin() as session:
        older = [replace(days[-2], contribution_fen=6_000, reported_share=0.4)]
        ledger.keep(session, "shop-1", NIGHT, older)
        ledger.keep(session, "shop-1", night, days)
        runs.open_run(session, run_row("run-2", night), is_gone=lambda _: False)
        proposals.save(session, proposal_row("proposal-2", "run-2", night, policy=policy), [])
    return store


@pytest.mark.usefixtures("kept")
def test_the_ledger_opens_tonights_allowance_to_its_days(client: Any) -> None:
    answer = client.get(f"{URL}/ledger").json()
    stated = answer["allowance"]
    assert (answer["account_id"], answer["night"]) == ("shop-1", "2026-08-01")
    assert stated["window_loss_fen"] == sum(day["loss"]["fen"] for day in answer["days"]) == 18_000
    assert answer["days"][-1]["used_fen"] == stated["used_fen"]
    assert answer["days"][-1]["left_fen"] == stated["left_fen"] == 132_000
    assert answer["budget"]["spent_this_month_fen"] == 40_000
    last = answer["days"][-1]
    assert last["day"]["settled_fen"] == 5_000
    assert (last["loss"]["p05_fen"], last["loss"]["p95_fen"]) == (2_342, 3_658)
    assert last["loss_so_far"]["p95_fen"] - 18_000 == 931  # two open days: √2 · 658, rounded up
    again = assess([], account().allowance, date(2026, 8, 1))  # type: ignore[arg-type]
    assert stated["window_first"] == str(again.window_first)
    assert stated.keys() == asdict(again).keys()


@pytest.mark.usefixtures("kept")
def test_as_many_days_as_asked_and_as_the_night_saw_them(client: Any) -> None:
    days = client.get(f"{URL}/ledger?days=2").json()["days"]
    assert [one["day"]["date"] for one in days] == ["2026-07-30", "2026-07-31"]
    assert days[-1]["loss_so_far"]["fen"] == 18_000  # the sum begins with the window all the same
    then = client.get(f"{URL}/ledger?night=2026-07-31&days=30").json()
    assert [one["day"]["contribution_fen"] for one in then["days"]] == [6_000]
    assert (then["allowance"], then["budget"]) == (None, None)


@pytest.mark.usefixtures("kept")
def test_a_day_shows_how_it_was_restated(client: Any) -> None:
    items = client.get(f"{URL}/ledger/2026-07-30").json()["items"]
    assert [(one["stated_on"], one["contribution_fen"]) for one in items] == [
        ("2026-07-31", 6_000),
        ("2026-08-01", 7_000),
    ]
    assert client.get(f"{URL}/ledger/2026-01-01").json()["items"] == []


def test_a_night_without_a_plan_is_not_found(client: Any) -> None:
    response = client.get(f"{URL}/ledger?night=2026-07-04")
    assert response.status_code == 404
    assert "kaiche runs" in response.json()["detail"]
    empty = client.get("/api/v1/accounts/shop-2/ledger").json()
    assert (empty["night"], empty["allowance"], empty["days"]) == (None, None, [])
    assert client.get("/api/v1/accounts/shop-9/ledger").status_code == 404


def test_break_evens_open_to_what_the_owner_wrote(client: Any) -> None:
    default, item = client.get(f"{URL}/economics").json()["items"]
    assert (default["source"], default["click"]) == ("default", None)
    assert {one["symbol"]: one["value"] for one in item["economics"]["inputs"]}["F"] == "3"
    assert round(item["economics"]["break_even_net_roas"], 4) == 2.3624
    assert round(item["economics"]["naive_roas"], 4) == 2.0204


def test_the_price_of_a_click_of_an_item(client: Any) -> None:
    (found,) = client.get(f"{URL}/economics?item=item-1&cvr=0.03&order_value=99").json()["items"]
    assert found["click"]["cpc_yuan"] == pytest.approx(0.03 * 41.906 * 0.75)
    assert (found["click"]["cvr"], found["click"]["line_id"]) == (0.03, None)
    (other,) = client.get(f"{URL}/economics?item=item-7").json()["items"]
    assert (other["source"], other["click"]) == ("default", None)


def test_a_word_stands_for_its_adgroup_and_its_own_figures(client: Any, store: Store) -> None:
    word = "30481986859300001"
    (silent,) = client.get(f"{URL}/economics?keyword={word}").json()["items"]
    assert (silent["source"], silent["click"]) == ("item", None)
    rates = {"cvr": {"mean": 0.02}, "order_value": {"mean": 99.0}}
    line = new_line(1, expected={"rates": rates})
    with store.begin() as session:
        runs.open_run(session, run_row("run-2", date(2026, 8, 1)), is_gone=lambda _: False)
        proposals.save(session, proposal_row("proposal-2", "run-2", date(2026, 8, 1)), [line])
    (told,) = client.get(f"{URL}/economics?keyword={word}").json()["items"]
    assert told["source"] == "item"
    assert told["click"]["cpc_yuan"] == pytest.approx(0.02 * 41.906 * 0.75)
    opened = client.get(f"/api/v1/lines/{told['click']['line_id']}").json()
    assert opened["keyword_id"] == word
    query = f"keyword={word}&cvr=0.04&order_value=50"
    (asked,) = client.get(f"{URL}/economics?{query}").json()["items"]
    assert (asked["click"]["cvr"], asked["click"]["line_id"]) == (0.04, None)


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("cvr=0.03", 422, "together"),
        ("order_value=9", 422, "together"),
        ("keyword=1", 404, "has planned the word 1"),
        ("cvr=-1&order_value=9", 422, "greater than or equal"),
        ("margin=1", 422, "not permitted"),
    ],
)
def test_what_cannot_be_asked(client: Any, query: str, status: int, says: str) -> None:
    response = client.get(f"{URL}/economics?{query}")
    assert response.status_code == status
    assert says in response.text
