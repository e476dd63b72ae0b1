"""The way in: request ids, sizes, and what is measured."""

from __future__ import annotations

import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families


def test_a_good_request_id_is_kept_and_returned(client: Any) -> None:
    response = client.get("/healthz", headers={"x-request-id": "night-42.a_b"})
    assert response.headers["x-request-id"] == "night-42.a_b"


@pytest.mark.parametrize("offered", [None, "", "a b", "x" * 65, "<script>", "a\u00e9"])
def test_otherwise_one_is_made(client: Any, offered: str | None) -> None:
    headers = {} if offered is None else {"x-request-id": offered.encode("latin-1")}
    first = client.get("/healthz", headers=headers).headers["x-request-id"]
    second = client.get("/healthz", headers=headers).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


def test_the_record_keeps_the_request_id(client: Any) -> None:
    client.get("/api/v1/proposals/proposal-1/sheet", headers={"x-request-id": "me-1"})
    assert client.get("/api/v1/audit-events").json()["items"][0]["request_id"] == "me-1"


def test_a_body_within_the_limit_is_taken(client_of: Any) -> None:
    client = client_of(largest_body=100)
    assert client.post("/api/v1/runs", json={"account_id": "shop-2"}).status_code == 202


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "streamed"])
def test_a_body_over_the_limit_is_refused(client_of: Any, declared: bool) -> None:
    client = client_of(largest_body=100)
    body = b'{"account_id": "shop-2", "x": "' + b"x" * 200 + b'"}'

    async def pieces() -> Any:
        yield body[:60]
        yield body[60:]

    headers = {"content-type": "application/json"}
    response = client.post("/api/v1/runs", content=body if declared else pieces(), headers=headers)
    assert response.status_code == 413
    assert response.json()["type"].endswith("/body-too-large")
    assert "100 bytes" in response.json()["detail"]
    assert client.get("/api/v1/runs?account_id=shop-2").json()["items"] == []


def samples(client: Any, name: str) -> dict[tuple[str, ...], float]:
    text = client.get("/metrics").text
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_requests_are_counted_by_route_template_and_not_by_address(client_of: Any) -> None:
    client = client_of()
    for line in (1, 2, 3):
        client.get(f"/api/v1/lines/{line}")
    client.get("/api/v1/lines/999")
    for path in ("a", "b"):
        client.get(f"/api/v1/{path}")
    client.request("BREW", "/api/v1/lines/1")
    counts = samples(client, "kaiche_http_request_duration_seconds_count")
    assert counts[("GET", "/api/v1/lines/{line_id}", "200")] == 3
    assert counts[("GET", "/api/v1/lines/{line_id}", "404")] == 1
    assert counts[("GET", "unmatched", "404")] == 2
    assert "OTHER" in {labels[0] for labels in counts}
    assert not any("BREW" in labels for labels in counts)


def test_what_is_stored_is_counted_by_state(client: Any) -> None:
    assert samples(client, "kaiche_runs") == {("succeeded",): 1}
    assert samples(client, "kaiche_proposals") == {("open",): 1}
    assert samples(client, "kaiche_lines") == {("held",): 4, ("pending",): 8}
    assert samples(client, "kaiche_store_up") == {(): 1}


def test_two_applications_do_not_share_their_metrics(client_of: Any) -> None:
    first, second = client_of(), client_of()
    first.get("/healthz")
    counted = samples(second, "kaiche_http_request_duration_seconds_count")
    assert ("GET", "/healthz", "200") not in counted


def test_answers_are_not_sniffed_or_kept(client: Any) -> None:
    headers = client.get("/api/v1/accounts").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
