"""The record: by account, proposal, line, actor, action and time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.audit import AuditRecord
from service.store import Store, audit

START = datetime(2026, 7, 31, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def twenty(store: Store) -> None:
    """Twenty events, an hour apart, of two accounts and three actors."""
    with store.begin() as session:
        audit.append(
            session,
            [
                AuditRecord(
                    at=START + timedelta(hours=number),
                    actor=("kaiche", "token/小王", "cli/li")[number % 3],
                    source="rest",
                    action="approve" if number % 2 else "reject",
                    account_id=f"shop-{number % 2 + 1}",
                    proposal_id="proposal-1" if number < 10 else "proposal-2",
                    line_id=number + 1,
                    before={"state": "pending"},
                    after={"state": "approved"},
                )
                for number in range(20)
            ],
        )


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ({}, range(20)),
        ({"account_id": "shop-2"}, range(1, 20, 2)),
        ({"proposal_id": "proposal-2"}, range(10, 20)),
        ({"actor": "token/小王"}, range(1, 20, 3)),
        ({"action": "reject"}, range(0, 20, 2)),
        ({"line_id": 7}, [6]),
        ({"since": "2026-07-31T19:00:00Z"}, range(18, 20)),
        ({"until": "2026-07-31T10:00:00+08:00"}, [0]),
        ({"since": "2026-07-31T02:00:00Z", "until": "2026-07-31T04:00:00Z"}, [1, 2]),
        ({"account_id": "shop-1", "actor": "kaiche"}, range(0, 20, 6)),
        ({"actor": "nobody"}, []),
    ],
)
def test_every_filter_holds_newest_first(client: Any, query: dict[str, Any], lines: Any) -> None:
    found = client.get("/api/v1/audit-events", params=query).json()["items"]
    assert [event["line_id"] - 1 for event in found] == sorted(lines, reverse=True)


def test_pages_hold_every_event_once_while_new_ones_arrive(client: Any) -> None:
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 6, "until": "2026-08-30T00:00:00Z"}
    while True:
        page = client.get("/api/v1/audit-events", params=query).json()
        seen += [event["line_id"] - 1 for event in page["items"]]
        client.get("/api/v1/proposals/proposal-1/sheet")
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == list(range(19, -1, -1))


def test_an_event_says_what_was_and_what_is(client: Any) -> None:
    (event,) = client.get("/api/v1/audit-events?line_id=4").json()["items"]
    assert (event["before"], event["after"]) == ({"state": "pending"}, {"state": "approved"})
    assert event["at"] == "2026-07-31T04:00:00Z"


def test_the_record_leaves_as_json_lines_and_as_csv(client: Any) -> None:
    whole = client.get("/api/v1/audit-events/export")
    assert whole.headers["content-type"].startswith("application/x-ndjson")
    events = [json.loads(line) for line in whole.text.splitlines()]
    assert [event["event_id"] for event in events] == list(range(1, 21))
    assert events[1]["prev_hash"] == events[0]["hash"]
    part = client.get("/api/v1/audit-events/export?format=csv&actor=kaiche")
    assert part.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert len(part.text.splitlines()) == 1 + 7
    assert client.get("/api/v1/audit-events/export?format=xml").status_code == 422


def test_the_head_is_the_last_event(client: Any) -> None:
    head = client.get("/api/v1/audit-events/head").json()
    last = client.get("/api/v1/audit-events/export").text.splitlines()[-1]
    assert head == {key: json.loads(last)[key] for key in ("event_id", "hash")}
