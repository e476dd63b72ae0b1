"""A decision is carried out once, and its first answer repeated."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.idempotency import own_key, request_hash
from service.api.schemas.decisions import ApproveDemand
from service.store import Store, audit, idempotency, proposals
from service.store.audit import AuditFilter

LINES = "/api/v1/proposals/proposal-1/lines"


def tag_of(client: Any, line_id: int) -> str:
    return str(client.get(f"/api/v1/lines/{line_id}").json()["etag"])


def states(client: Any) -> dict[int, str]:
    items = client.get(f"{LINES}?limit=500").json()["items"]
    return {item["line_id"]: item["state"] for item in items}


def events(store: Store) -> list[tuple[str, int | None]]:
    with store.read() as session:
        return [(row.action, row.line_id) for row in audit.page(session, AuditFilter())][::-1]


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
        idempotency.put(
            session,
            own_key("loopback", "k"),
            digest,
            now=proposals.get(session, "proposal-1").created_at,
        )
    answered = client.decide("/lines/3/approve", {}, tag=tag_of(client, 3), key="k")
    assert answered.status_code == 409
    assert states(client)[3] == "pending"
