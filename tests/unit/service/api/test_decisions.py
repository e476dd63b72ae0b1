"""Decisions: bound to what was shown, carried out once, one or many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.api.idempotency import request_hash
from service.api.schemas.lines import ApproveDemand
from service.store import Store, audit, idempotency, lines, proposals
from service.store.audit import AuditFilter
from service.store.lines import LineFilter

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


@pytest.mark.parametrize(
    ("action", "body", "state"),
    [
        ("approve", {}, "approved"),
        ("approve", {"reason": "看过了"}, "approved"),
        ("reject", {"reason": "活动前先不动"}, "rejected"),
        ("edit", {"bid_fen": 118}, "pending"),
    ],
)
def test_a_decision_changes_state_version_and_record(
    client: Any, store: Store, action: str, body: dict[str, Any], state: str
) -> None:
    done = client.decide(f"/lines/3/{action}", body, tag=tag_of(client, 3))
    assert done.status_code == 200
    line = done.json()
    assert (line["state"], line["version"]) == (state, 2)
    assert (line["decided_by"], line["note"]) == ("loopback", body.get("reason"))
    assert done.headers["etag"] == f'"{line["etag"]}"' == f'"{tag_of(client, 3)}"'
    assert events(store) == [(action, 3)]


def test_an_edit_sets_the_bid_and_waits_for_approval(client: Any) -> None:
    edited = client.decide("/lines/3/edit", {"bid_fen": 118}, tag=tag_of(client, 3)).json()
    assert (edited["bid_proposed_fen"], edited["bid_fen"]) == (113, 118)
    assert edited["change_rate"] == pytest.approx(118 / 103 - 1)
    approved = client.decide("/lines/3/approve", {}, tag=edited["etag"]).json()
    assert (approved["state"], approved["bid_fen"]) == ("approved", 118)
    withdrawn = client.decide("/lines/3/withdraw", {}, tag=approved["etag"]).json()
    assert withdrawn["state"] == "pending"


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("approve", {"bid_fen": 3}, 422),
        ("reject", {}, 422),
        ("reject", {"reason": " "}, 422),
        ("reject", {"reason": "x" * 501}, 422),
        ("reject", {"reason": "a\x00b"}, 422),
        ("edit", {}, 422),
        ("edit", {"bid_fen": 1.5}, 422),
        ("edit", {"bid_fen": "1.18"}, 422),
        ("edit", {"bid_fen": 0}, 422),
        ("edit", {"bid_fen": 4}, 422),  # below guardrails.min_bid
        ("edit", {"bid_fen": 2001}, 422),  # above guardrails.max_bid
        ("edit", {"bid_fen": 103}, 422),  # the bid in force
        ("withdraw", {}, 409),
        ("override", {"reason": "x"}, 404),
    ],
)
def test_what_cannot_be_decided_changes_nothing(
    client: Any, store: Store, action: str, body: dict[str, Any], status: int
) -> None:
    refused = client.decide(f"/lines/3/{action}", body, tag=tag_of(client, 3))
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert events(store) == []
    assert client.get("/api/v1/lines/3").json()["version"] == 1


@pytest.mark.parametrize("header", [None, "", " ", "*", 'W/"1-a"', '"a", "b"'])
def test_a_decision_says_what_was_shown(client: Any, store: Store, header: str | None) -> None:
    headers = {"idempotency-key": "k"} | ({} if header is None else {"if-match": header})
    refused = client.post("/api/v1/lines/3/approve", json={}, headers=headers)
    assert refused.status_code == 428
    assert refused.json()["type"].endswith("/precondition-required")
    assert events(store) == []


def test_a_decision_on_what_was_changed_names_the_change(client: Any) -> None:
    shown = tag_of(client, 3)
    headers = {"x-actor": "xiaowang", "if-match": f'"{shown}"', "idempotency-key": "w"}
    client.post("/api/v1/lines/3/edit", json={"bid_fen": 118}, headers=headers)
    refused = client.decide("/lines/3/approve", {}, tag=shown)
    assert refused.status_code == 412
    body = refused.json()
    assert body["changed"] == 1
    (change,) = body["changes"]
    assert change["what"] == [{"field": "bid_fen", "shown": 113, "now": 118}]
    assert change["by"] == "loopback/xiaowang"
    assert "bid_fen 113 → 118 by loopback/xiaowang" in body["detail"]
    assert refused.headers["etag"] == f'"{body["etag"]}"'
    assert client.decide("/lines/3/approve", {}, tag=body["etag"]).json()["bid_fen"] == 118


def test_there_and_back_is_still_a_change(client: Any) -> None:
    shown = tag_of(client, 3)
    approved = client.decide("/lines/3/approve", {}, tag=shown).json()
    client.decide("/lines/3/withdraw", {}, tag=approved["etag"])
    refused = client.decide("/lines/3/approve", {}, tag=shown)
    assert refused.status_code == 412
    assert refused.json()["changes"][0]["what"] == [{"field": "version", "shown": 1, "now": 3}]


@pytest.mark.parametrize("tag", ["nonsense", "1-" + "0" * 64, "99-" + "0" * 64])
def test_a_tag_of_no_version_is_not_believed(client: Any, tag: str) -> None:
    refused = client.decide("/lines/3/approve", {}, tag=tag)
    assert refused.status_code == 412
    assert refused.json()["etag"] == tag_of(client, 3)


def test_an_unknown_line(client: Any) -> None:
    for action, body in (("approve", {}), ("edit", {"bid_fen": 99})):
        assert client.decide(f"/lines/999/{action}", body, tag="1-a").status_code == 404


def test_an_expired_proposal_is_not_approved(client: Any, store: Store) -> None:
    with store.begin() as session:
        proposals.set_state(session, "proposal-1", "expired")
    refused = client.decide("/lines/3/approve", {}, tag=tag_of(client, 3))
    assert refused.status_code == 409
    assert "expired" in refused.json()["detail"]


# --- carried out once -------------------------------------------------------------------------


def test_a_repeated_request_gets_the_first_answer(client: Any, store: Store) -> None:
    tag = tag_of(client, 3)
    first = client.decide("/lines/3/approve", {}, tag=tag, key="k")
    again = client.decide("/lines/3/approve", {}, tag=tag, key="k")
    assert again.json() == first.json()
    assert (again.status_code, again.headers["etag"]) == (200, first.headers["etag"])
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert events(store) == [("approve", 3)]


def test_the_first_answer_outlives_the_process(client_of: Any, store: Store) -> None:
    before = client_of()
    tag = tag_of(before, 3)
    first = before.decide("/lines/3/approve", {"reason": "好"}, tag=tag, key="k")
    after = client_of()
    again = after.decide("/lines/3/approve", {"reason": "好"}, tag=tag, key="k")
    assert again.json() == first.json()
    assert events(store) == [("approve", 3)]


def test_the_first_answer_is_kept_also_when_the_line_has_moved_on(client: Any) -> None:
    tag = tag_of(client, 3)
    first = client.decide("/lines/3/approve", {}, tag=tag, key="k").json()
    client.decide("/lines/3/withdraw", {}, tag=first["etag"])
    assert client.decide("/lines/3/approve", {}, tag=tag, key="k").json() == first
    assert states(client)[3] == "pending"


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("/lines/3/approve", {"reason": "另一个"}),
        ("/lines/4/approve", {}),
        ("/lines/3/withdraw", {}),
    ],
)
def test_a_key_of_another_request_is_refused(client: Any, url: str, body: dict[str, Any]) -> None:
    client.decide("/lines/3/approve", {}, tag=tag_of(client, 3), key="k")
    line_id = int(url.split("/")[2])
    refused = client.decide(url, body, tag=tag_of(client, line_id), key="k")
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/idempotency-key-reused")
    assert states(client)[4] == "pending"


def test_a_refused_request_may_be_sent_again_under_its_key(client: Any) -> None:
    tag = tag_of(client, 3)
    assert client.decide("/lines/3/approve", {}, tag="1-a", key="k").status_code == 412
    done = client.decide("/lines/3/approve", {}, tag=tag, key="k")
    assert done.status_code == 200
    assert "idempotency-replayed" not in done.headers


@pytest.mark.parametrize("key", [None, "", "a b", "键", "x" * 101])
def test_a_key_is_needed_and_plain(client: Any, key: str | None) -> None:
    headers = {"if-match": f'"{tag_of(client, 3)}"'}
    sent = headers | ({} if key is None else {"idempotency-key": key.encode()})  # type: ignore[dict-item]
    refused = client.post("/api/v1/lines/3/approve", json={}, headers=sent)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "header.idempotency-key"


def test_the_same_body_is_the_same_however_it_is_written() -> None:
    plain, padded = ApproveDemand(reason="好"), ApproveDemand(reason="  好 ")
    assert request_hash("POST", "/a", plain) == request_hash("POST", "/a", padded)
    assert request_hash("POST", "/a", plain) != request_hash("POST", "/b", plain)
    assert request_hash("POST", "/a", plain) != request_hash("POST", "/a", ApproveDemand())


def test_a_key_claimed_without_an_answer_is_not_carried_out(client: Any, store: Store) -> None:
    digest = request_hash("POST", "/api/v1/lines/3/approve", ApproveDemand())
    with store.begin() as session:
        idempotency.put(session, "k", digest, now=proposals.get(session, "proposal-1").created_at)
    answered = client.decide("/lines/3/approve", {}, tag=tag_of(client, 3), key="k")
    assert answered.status_code == 409
    assert states(client)[3] == "pending"


# --- many at once -----------------------------------------------------------------------------


def shown(client: Any, *line_ids: int) -> list[dict[str, Any]]:
    return [{"line_id": line_id, "etag": tag_of(client, line_id)} for line_id in line_ids]


def test_many_by_ids(client: Any, store: Store) -> None:
    body = {"action": "approve", "lines": shown(client, 1, 2, 3)}
    done = client.decide(BULK, body)
    assert done.json() == {"action": "approve", "changed": [1, 2, 3], "left_alone": 0}
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
        session.connection().exec_driver_sql(
            "INSERT INTO run SELECT 'run-9', 'shop-9', business_date, state, step, trigger,"
            " attempt, lease_owner, lease_until_at, started_at, finished_at, cutoff_at, seed,"
            " inputs_hash, config_hash, code_version, cause, counts, review FROM run"
        )
        session.connection().exec_driver_sql(
            "INSERT INTO proposal SELECT 'proposal-9', 'run-9', 'shop-9', business_date, state,"
            " review, status, totals, frontier, policy, breaches, content_hash, created_at,"
            " expires_at FROM proposal"
        )
    line = shown(client, 1)[0] | ({"bid_fen": 99} if action == "edit" else {})
    refused = client.decide("/proposals/proposal-9/decisions", {"action": action, "lines": [line]})
    assert refused.status_code == 404
    assert states(client)[1] == "pending"
    assert events(store) == []


def test_many_by_filter_takes_those_whose_state_allows_it(client: Any, store: Store) -> None:
    tag = client.get(f"{LINES}?campaign_id=72281500002").json()["etag"]
    body = {"action": "approve", "filter": {"campaign_id": ["72281500002"]}}
    done = client.decide(BULK, body, tag=tag)
    assert done.json() == {"action": "approve", "changed": [7, 8], "left_alone": 4}
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
    assert done.json() == {"action": "edit", "changed": [1, 3], "left_alone": 1}


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


def test_two_who_decide_at_once_do_not_both_succeed(client_of: Any, store: Store) -> None:
    tag = tag_of(client_of(), 3)

    def approve(number: int) -> int:
        answer: int = (
            client_of().decide("/lines/3/approve", {}, tag=tag, key=f"k{number}").status_code
        )
        return answer

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(approve, range(4)))
    assert answers == [200, 412, 412, 412]
    with store.read() as session:
        (line,) = lines.select_lines(session, LineFilter(line_ids=(3,)))
    assert (line.state, line.version) == ("approved", 2)
    assert events(store) == [("approve", 3)]
