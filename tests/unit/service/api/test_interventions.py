"""The kill switch, words left to people and alerts over REST."""

from __future__ import annotations

from typing import Any

import pytest
from crew import Crew, bearer

from service import outside, raises, standing
from service.audit import Origin
from service.outside import Edit
from service.people.roles import Role
from service.store import account_states, interventions, standing_limits
from service.store.interventions import NewAlert
from service.wiring import Wiring


@pytest.fixture
def origin(wiring: Wiring) -> Origin:
    return Origin(at=wiring.clock(), actor="kaiche", source="pull")


def stops(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/stops").json()["items"]
    return found


def test_the_switch_is_thrown_and_lifted(client: Any) -> None:
    assert stops(client) == []
    thrown = client.post("/api/v1/stops", json={"reason": "促销改价中"})
    assert thrown.status_code == 200
    (one,) = thrown.json()["items"]
    assert (one["scope"], one["reason"], one["by_file"]) == ("*", "促销改价中", False)
    assert client.post("/api/v1/stops", json={"account_id": "shop-1"}).json()["items"] == [
        one,
        stops(client)[1],
    ]
    assert [one["scope"] for one in stops(client)] == ["*", "shop-1"]
    left = client.post("/api/v1/stops/resume", json={}).json()["items"]
    assert [one["scope"] for one in left] == ["shop-1"]
    assert client.post("/api/v1/stops/resume", json={"account_id": "shop-1"}).json()["items"] == []


def test_stopping_twice_keeps_the_first_order(client: Any) -> None:
    client.post("/api/v1/stops", json={"reason": "first"})
    client.post("/api/v1/stops", json={"reason": "second"})
    assert [one["reason"] for one in stops(client)] == ["first"]


def test_the_file_is_told_apart(
    client: Any, wiring: Wiring, tmp_path: Any, application: Any
) -> None:
    from dataclasses import replace

    file = tmp_path / "STOP"
    file.write_text("by hand", encoding="utf-8")
    limits = wiring.settings.apply.model_copy(update={"stop_file": file})
    settings = wiring.settings.model_copy(update={"apply": limits})
    context = application[0].state.context
    application[0].state.context = replace(context, wiring=replace(wiring, settings=settings))
    (one,) = stops(client)
    assert (one["by_file"], one["reason"], one["ordered_by"]) == (True, "by hand", None)
    assert len(client.post("/api/v1/stops/resume", json={}).json()["items"]) == 1


@pytest.mark.parametrize("address", ["stops", "stops/resume"])
def test_an_account_that_is_not_there_cannot_be_stopped(client: Any, address: str) -> None:
    answer = client.post(f"/api/v1/{address}", json={"account_id": "nobody"})
    assert answer.status_code == 404


def test_a_word_left_to_people_is_shown_and_released(
    client: Any, wiring: Wiring, origin: Origin
) -> None:
    line = client.get("/api/v1/lines/1").json()
    assert line["hands_off"] is None
    with wiring.store.begin() as session:
        edit = Edit(keyword_id=line["keyword_id"], bid_before_fen=101, bid_fen=140)
        outside.leave_to_people(session, "shop-1", [edit], origin)
    (word,) = client.get("/api/v1/hands-off?account_id=shop-1").json()["items"]
    assert (word["bid_before_fen"], word["bid_fen"]) == (101, 140)
    assert client.get("/api/v1/lines/1").json()["hands_off"] == word
    assert client.get("/api/v1/hands-off?account_id=shop-2").json()["items"] == []
    demand = {"account_id": "shop-1", "keyword_id": line["keyword_id"]}
    assert client.post("/api/v1/hands-off/release", json=demand).json() == word
    assert client.post("/api/v1/hands-off/release", json=demand).status_code == 404
    assert client.get("/api/v1/lines/1").json()["hands_off"] is None


def test_alerts_are_listed_until_somebody_acknowledges_them(
    client: Any, wiring: Wiring, origin: Origin
) -> None:
    with wiring.store.begin() as session:
        interventions.add_alerts(session, [alert(origin, number) for number in range(3)])
    first = client.get("/api/v1/alerts?limit=2").json()
    assert [one["subject"] for one in first["items"]] == ["c2", "c1"]
    rest = client.get(f"/api/v1/alerts?limit=2&cursor={first['next_cursor']}").json()
    assert ([one["subject"] for one in rest["items"]], rest["next_cursor"]) == (["c0"], None)
    number = rest["items"][0]["alert_id"]
    known = client.post(f"/api/v1/alerts/{number}/acknowledge", headers={"x-actor": "li"}).json()
    assert known["acknowledged_by"] == "loopback/li"
    again = client.post(f"/api/v1/alerts/{number}/acknowledge", headers={"x-actor": "wang"}).json()
    assert again == known
    assert len(client.get("/api/v1/alerts").json()["items"]) == 2
    assert len(client.get("/api/v1/alerts?open_only=false").json()["items"]) == 3
    assert client.post("/api/v1/alerts/99/acknowledge").status_code == 404


def test_a_raise_in_the_yaml_is_accepted_with_a_reason_and_then_shown(
    client: Any, wiring: Wiring, origin: Origin, crew: Crew
) -> None:
    account = wiring.settings.accounts[0]
    tight = {**raises.limits_of(account), raises.DAILY: 20_000}
    with wiring.store.begin() as session:
        standing_limits.put(session, account.id, tight, at=origin.at)
        standing.note(session, account, origin)
    crew.add("li", shop_1=Role.SPECIALIST)
    boss, li = bearer(crew.token("boss")), bearer(crew.token("li"))

    def daily() -> Any:
        found = client.get("/api/v1/accounts/shop-1", headers=li).json()
        return found["policy"]["budgets"]["daily"]

    assert float(daily()) == 200
    (one,) = client.get("/api/v1/alerts", headers=li).json()["items"]
    assert (one["kind"], one["before"], one["after"]) == (
        "limits_raised",
        {"budgets.daily": 20_000},
        {"budgets.daily": 30_000},
    )
    known = f"/api/v1/alerts/{one['alert_id']}/acknowledge"
    reason = {"reason": "clearance sale"}
    assert client.post(known, json=reason, headers=li).status_code == 403
    assert client.post(known, headers=boss).status_code == 422
    assert client.post(known, json={}, headers=boss).status_code == 422
    assert float(daily()) == 200
    assert client.post(known, json=reason, headers=boss).json()["acknowledged_by"] == "boss"
    assert float(daily()) == 300
    found = client.get("/api/v1/audit-events?action=limits_acknowledged", headers=li)
    (event,) = found.json()["items"]
    assert (event["actor"], event["reason"]) == ("boss", "clearance sale")


def alert(origin: Origin, number: int) -> NewAlert:
    return NewAlert(
        at=origin.at,
        account_id="shop-1",
        kind="budget_raised",
        subject=f"c{number}",
        before={"daily_budget_fen": 30_000},
        after={"daily_budget_fen": 45_000},
        message_zh="涨了",
        message_en="it rose",
    )


def test_an_account_says_that_it_needs_a_new_authorisation(
    client: Any, wiring: Wiring, origin: Origin
) -> None:
    with wiring.store.begin() as session:
        outside.note_authorisation(session, "shop-1", origin, cause="the session has expired")
        assert not account_states.lose_authorisation(session, "shop-1", "again", origin.at)
    listed = {one["id"]: one for one in client.get("/api/v1/accounts").json()["items"]}
    assert listed["shop-1"]["unauthorised_cause"] == "the session has expired"
    assert listed["shop-2"]["unauthorised_since_at"] is None
