"""Driving a running sandbox over HTTP."""

from __future__ import annotations

import pytest
from gateway_calls import ADMIN, NICK, calling, gateway

from connectors.sandbox.gateway import Kind


def admin(caller, path, wish=None, token=ADMIN, verb="POST"):
    headers = {"authorization": f"Bearer {token}"}
    return caller.http.request(verb, f"{caller.url}/sandbox/{path}", json=wish, headers=headers)


def test_the_state(caller):
    state = admin(caller, "state", verb="GET").json()
    assert state["now"] == "2026-07-20T08:30:00+08:00"
    assert (state["calls"], state["calls_today"]) == (0, 0)
    assert [shop["nick"] for shop in state["shops"]] == [NICK]
    caller.simba("campaigns.get")
    assert admin(caller, "state", verb="GET").json()["calls_today"] == 1


def test_it_needs_its_own_token(caller):
    assert admin(caller, "state", token="helloworld").status_code == 401
    assert caller.http.get(f"{caller.url}/sandbox/state").status_code == 401
    made = gateway()
    made._admin_token = None
    for closed in calling(made):
        assert admin(closed, "state", token="None").status_code == 401


def test_the_clock_is_set_and_moved(caller):
    token = caller.token()
    assert admin(caller, "clock", {"advance_days": 1}).json()["now"] == "2026-07-21T08:30:00+08:00"
    assert caller.token() != token
    moved = admin(caller, "clock", {"advance_seconds": 90}).json()["now"]
    assert moved == "2026-07-21T08:31:30+08:00"
    moved = admin(caller, "clock", {"now": "2026-08-01T00:00:00+00:00"}).json()["now"]
    assert moved == "2026-08-01T08:00:00+08:00"


def test_faults_are_queued_drawn_and_cleared(caller):
    wish = {
        "next": [{"kind": "ban_seconds", "seconds": 9, "method": "taobao.simba.", "done": False}]
    }
    admin(caller, "faults", wish)
    assert caller.simba_no("campaigns.get") == (7, "This ban will last for 9 more seconds")
    admin(caller, "faults", {"rate": 1, "seed": 4, "kinds": ["unknown_code"]})
    assert caller.simba_no("campaigns.get")[0] == 987
    state = admin(caller, "faults", {"clear": True}).json()
    assert state["faults"] == {"ban_seconds": 1, "unknown_code": 1}
    assert caller.simba("campaigns.get")


def test_a_person_edits(caller):
    word = caller.priced()[0]
    done = admin(caller, "person", {"nick": NICK, "bids": {str(word["keyword_id"]): 321, "17": 5}})
    assert done.json() == {"set": [str(word["keyword_id"])]}
    assert caller.prices([word["keyword_id"]]) == {word["keyword_id"]: 321}


@pytest.mark.parametrize(("wish", "yuan"), [({"budget_fen": 40_000}, 400), ({}, None)])
def test_the_platform_raises_a_budget(caller, wish, yuan):
    campaign = caller.simba("campaigns.get")["campaigns"]["campaign"][0]["campaign_id"]
    before = caller.simba("campaign.budget.get", campaign_id=campaign)["campaign_budget"]["budget"]
    admin(caller, "budget", {"nick": NICK, "campaign_id": str(campaign), **wish})
    after = caller.simba("campaign.budget.get", campaign_id=campaign)["campaign_budget"]["budget"]
    assert after == (yuan or before * 3 // 2)


def test_sessions_expire_and_lose_rights(caller):
    admin(caller, "session", {"nick": NICK, "state": "expired"})
    assert caller.simba_no("campaigns.get")[0] == 27
    admin(caller, "session", {"nick": NICK, "state": "read_only"})
    assert caller.simba("campaigns.get")
    assert caller.simba_no("keywords.pricevon.set", keywordid_prices=[])[0] == 12
    admin(caller, "session", {"nick": NICK, "state": "good"})
    assert caller.simba_no("keywords.pricevon.set", keywordid_prices=[])[0] == 15


@pytest.mark.parametrize(
    ("path", "wish", "says"),
    [
        ("clock", {"now": "tomorrow"}, "2026-07-20T08:00:00+08:00"),
        ("clock", {"now": "2026-07-21"}, "offset"),
        ("clock", {"advance_days": "1"}, "advance_days must be a number"),
        ("clock", {"advance_days": True}, "advance_days must be a number"),
        ("faults", {"next": [{"kind": "flood"}]}, "flood"),
        ("faults", {"next": ["cut_after"]}, "object"),
        ("faults", {"next": "cut_after"}, "list"),
        ("faults", {"rate": 1, "kinds": "all"}, "list"),
        ("person", {"nick": "nobody", "bids": {}}, NICK),
        ("person", {"nick": NICK, "bids": {"1": "2"}}, "fen"),
        ("budget", {"nick": NICK, "campaign_id": "17"}, "campaign_id"),
        ("session", {"nick": NICK, "state": "lost"}, "expired"),
        ("state", ["x"], "object"),
    ],
)
def test_wishes_that_cannot_be_fulfilled_say_why(caller, path, wish, says):
    response = admin(caller, path, wish)
    assert response.status_code == 400
    assert says in response.json()["error"]


def test_what_is_not_json_and_what_is_not_there(caller):
    headers = {"authorization": f"Bearer {ADMIN}"}
    url = f"{caller.url}/sandbox/clock"
    assert caller.http.post(url, content=b"{", headers=headers).status_code == 400
    assert admin(caller, "moon", {}).status_code == 404
    assert str(Kind.CUT_AFTER) == "cut_after"
