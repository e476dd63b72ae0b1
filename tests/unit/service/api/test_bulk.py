"""Decisions on many lines: by ids with their tags, or by the filter that was shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.store import Store, audit, proposals, runs
from service.store.audit import AuditFilter

BULK = "/proposals/proposal-1/decisions"
LINES = "/api/v1/proposals/proposal-1/lines"


def tag_of(client: Any, line_id: int) -> str:
    return str(client.get(f"/api/v1/lines/{line_id}").json()["etag"])


def states(client: Any) -> dict[int, str]:
    items = client.get(f"{LINES}?limit=500").json()["items"]
    return {item["line_id"]: item["state"] for item in items}


def events(store: Store) -> list[tuple[str, int | None]]:
    with store.read() as session:
        return [(row.action, row.line_id) for row in audit.page(session, AuditFilter())][::-1]


def shown(client: Any, *line_ids: int) -> list[dict[str, Any]]:
    return [{"line_id": line_id, "etag": tag_of(client, line_id)} for line_id in line_ids]


def test_many_by_ids(client: Any, store: Store) -> None:
    body = {"action": "approve", "lines": shown(client, 1, 2, 3)}
    done = client.decide(BULK, body)
    assert done.json() == {
        "action": "approve",
        "changed": [1, 2, 3],
        "left_alone": 0,
        "for_another": 0,
    }
    assert [state for _, state in sorted(states(client).items())][:4] == ["approved"] * 3 + [
        "pending"
    ]
    assert events(store) == [("approve", 1), ("approve", 2), ("approve", 3)]


def test_many_by_ids_is_all_or_nothing(client: Any, store: Store) -> None:
    body = {"action": "approve", "lines": shown(client, 1, 2, 12)}
    refused = client.decide(BULK, body)
    assert refused.status_code == 409
    assert "held" in refused.json()["detail"]
    assert events(store) == []


def test_many_by_ids_names_those_that_changed(client: Any, store: Store) -> None:
    body = {"action": "approve", "lines": shown(client, 1, 2, 3)}
    client.decide("/lines/2/reject", {"reason": "不做"}, tag=tag_of(client, 2))
    refused = client.decide(BULK, body)
    assert refused.status_code == 412
    assert refused.json()["changed"] == 1
    (change,) = refused.json()["changes"]
    assert (change["line_id"], change["what"]) == (
        2,
        [{"field": "state", "shown": "pending", "now": "rejected"}],
    )
    assert events(store) == [("reject", 2)]


def test_many_by_ids_carry_a_tag_each(client: Any) -> None:
    body = {"action": "approve", "lines": [*shown(client, 1), {"line_id": 2}]}
    refused = client.decide(BULK, body, tag=client.get(LINES).json()["etag"])
    assert refused.status_code == 428
    assert "line 2" in refused.json()["detail"]


@pytest.mark.parametrize("action", ["approve", "edit"])
def test_a_line_of_another_proposal_is_unknown_here(client: Any, store: Store, action: str) -> None:
    with store.begin() as session:
        run = replace(runs.get(session, "run-1"), run_id="run-9", account_id="shop-9")
        runs.open_run(session, run, is_gone=lambda _: False)
        there = proposals.get(session, "proposal-1")
        ids = {"proposal_id": "proposal-9", "run_id": "run-9", "account_id": "shop-9"}
        proposals.save(session, replace(there, **ids), [])
    line = shown(client, 1)[0] | ({"bid_fen": 99} if action == "edit" else {})
    refused = client.decide("/proposals/proposal-9/decisions", {"action": action, "lines": [line]})
    assert refused.status_code == 404
    assert states(client)[1] == "pending"
    assert events(store) == []


def test_many_by_filter_takes_those_whose_state_allows_it(client: Any, store: Store) -> None:
    tag = client.get(f"{LINES}?campaign_id=72281500002").json()["etag"]
    body = {"action": "approve", "filter": {"campaign_id": ["72281500002"]}}
    done = client.decide(BULK, body, tag=tag)
    assert done.json() == {
        "action": "approve",
        "changed": [7, 8],
        "left_alone": 4,
        "for_another": 0,
    }
    assert events(store) == [("approve", 7), ("approve", 8)]


def test_many_by_filter_needs_the_tag_of_that_very_filter(client: Any, store: Store) -> None:
    body = {"action": "approve", "filter": {"state": ["pending"]}}
    assert client.decide(BULK, body).status_code == 428
    other = client.get(f"{LINES}?state=held").json()["etag"]
    refused = client.decide(BULK, body, tag=other)
    assert refused.status_code == 412
    assert events(store) == []
    done = client.decide(BULK, body, tag=refused.json()["etag"])
    assert len(done.json()["changed"]) == 8


def test_many_by_filter_name_what_changed_meanwhile(client: Any, store: Store) -> None:
    tag = client.get(f"{LINES}?state=pending").json()["etag"]
    client.decide("/lines/2/edit", {"bid_fen": 99}, tag=tag_of(client, 2))
    client.decide("/lines/4/reject", {"reason": "不做"}, tag=tag_of(client, 4))
    body = {"action": "approve", "filter": {"state": ["pending"]}}
    refused = client.decide(BULK, body, tag=tag)
    assert refused.status_code == 412
    assert {change["line_id"]: change["what"] for change in refused.json()["changes"]} == {
        2: [{"field": "bid_fen", "shown": 112, "now": 99}],
        4: [{"field": "state", "shown": "pending", "now": "rejected"}],
    }
    assert events(store) == [("edit", 2), ("reject", 4)]


def test_a_change_outside_the_filter_does_not_matter(client: Any) -> None:
    tag = client.get(f"{LINES}?campaign_id=72281500002").json()["etag"]
    client.decide("/lines/1/approve", {}, tag=tag_of(client, 1))
    body = {
        "action": "reject",
        "filter": {"campaign_id": ["72281500002"]},
        "reason": "整个计划先不动",
    }
    assert client.decide(BULK, body, tag=tag).json()["changed"] == [7, 8]


def test_a_tag_that_is_none_is_not_believed(client: Any) -> None:
    body = {"action": "approve", "filter": {}}
    refused = client.decide(BULK, body, tag="nonsense")
    assert (refused.status_code, refused.json()["changes"]) == (412, [])


def test_many_edits_by_ids_each_its_own_bid(client: Any, store: Store) -> None:
    bids = {1: 97, 2: 98}
    chosen = [line | {"bid_fen": bids[line["line_id"]]} for line in shown(client, 1, 2)]
    done = client.decide(BULK, {"action": "edit", "lines": chosen, "reason": "手工"})
    assert done.json()["changed"] == [1, 2]
    items = client.get(f"{LINES}?sort=line_id&limit=2").json()["items"]
    assert [(item["bid_fen"], item["note"]) for item in items] == [(97, "手工"), (98, "手工")]
    assert events(store) == [("edit", 1), ("edit", 2)]


def test_many_edits_by_ids_are_all_or_nothing(client: Any, store: Store) -> None:
    chosen = [line | {"bid_fen": 102} for line in shown(client, 1, 2)]  # 102 is line 2's bid now
    assert client.decide(BULK, {"action": "edit", "lines": chosen}).status_code == 422
    assert events(store) == []


def test_an_edit_by_filter_leaves_alone_what_cannot_take_the_bid(client: Any) -> None:
    tag = client.get(f"{LINES}?adgroup_id=6402210000001").json()["etag"]
    body = {"action": "edit", "filter": {"adgroup_id": ["6402210000001"]}, "bid_fen": 102}
    done = client.decide(BULK, body, tag=tag)
    assert done.json() == {"action": "edit", "changed": [1, 3], "left_alone": 1, "for_another": 0}


def test_an_edit_by_filter_outside_the_guardrails_is_refused_once(client: Any) -> None:
    tag = client.get(LINES).json()["etag"]
    refused = client.decide(BULK, {"action": "edit", "filter": {}, "bid_fen": 2500}, tag=tag)
    assert refused.status_code == 422
    assert "20.00" in refused.json()["detail"]


def test_an_edit_by_filter_of_too_many_is_refused(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.api.decisions.MOST_LINES", 11)
    tag = client.get(LINES).json()["etag"]
    refused = client.decide(BULK, {"action": "edit", "filter": {}, "bid_fen": 99}, tag=tag)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "body.filter"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "approve"},
        {"action": "approve", "lines": [], "filter": None},
        {"action": "approve", "lines": [{"line_id": 1}], "filter": {}},
        {"action": "approve", "lines": [{"line_id": 1}, {"line_id": 1}]},
        {"action": "approve", "filter": {}, "bid_fen": 5},
        {"action": "approve", "lines": [{"line_id": 1, "bid_fen": 5}]},
        {"action": "edit", "filter": {}},
        {"action": "edit", "lines": [{"line_id": 1}]},
        {"action": "expire", "filter": {}},
        {"action": "approve", "filter": {"proposal_id": "x"}},
    ],
    ids=str,
)
def test_a_demand_that_makes_no_sense(client: Any, body: dict[str, Any]) -> None:
    refused = client.decide(BULK, body, tag="1-a")
    assert refused.status_code == 422
    assert refused.json()["errors"]


def test_rejecting_many_needs_a_reason(client: Any, store: Store) -> None:
    tag = client.get(LINES).json()["etag"]
    refused = client.decide(BULK, {"action": "reject", "filter": {}}, tag=tag)
    assert refused.status_code == 422
    assert "reason" in refused.json()["detail"]
    assert events(store) == []


def test_many_at_once_are_repeated_as_one(client: Any, store: Store) -> None:
    tag = client.get(f"{LINES}?state=pending").json()["etag"]
    body = {"action": "approve", "filter": {"state": ["pending"]}}
    first = client.decide(BULK, body, tag=tag, key="k")
    again = client.decide(BULK, body, tag=tag, key="k")
    assert again.json() == first.json()
    assert len(events(store)) == 8
