"""Decisions on one line, bound to what was shown of it."""

from __future__ import annotations

from typing import Any

import pytest

from service.store import Store, audit, proposals
from service.store.audit import AuditFilter


def tag_of(client: Any, line_id: int) -> str:
    return str(client.get(f"/api/v1/lines/{line_id}").json()["etag"])


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
        assert proposals.set_state(session, "proposal-1", "expired", before="open")
    refused = client.decide("/lines/3/approve", {}, tag=tag_of(client, 3))
    assert refused.status_code == 409
    assert "expired" in refused.json()["detail"]
