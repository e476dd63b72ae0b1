"""Proposals: listed, opened, overridden, taken away as a sheet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from service.approval import State
from service.store import Store, lines, proposals, runs
from service.store.lines import LineFilter
from service.store.rows import NewLine
from service.wiring import Wiring

ENDS = datetime(2026, 8, 2, 1, 0, tzinfo=UTC)  # of proposal-1
PROPOSAL = "/api/v1/proposals/proposal-1"


@pytest.fixture
def blocked(store: Store) -> str:
    """A second night of the shop whose proposal a guardrail has blocked."""
    with store.begin() as session:
        run = runs.get(session, "run-1")
        night = run.business_date + timedelta(days=1)
        fresh = replace(run, run_id="run-2", business_date=night)
        runs.open_run(session, fresh, is_gone=lambda _: False)
        known = proposals.get(session, "proposal-1")
        words = lines.select_lines(session, LineFilter(proposal_id="proposal-1"))
        proposals.save(
            session,
            replace(
                known,
                proposal_id="proposal-2",
                run_id="run-2",
                business_date=night,
                state="blocked",
                breaches=({"code": "spend_rise", "limit": 0.25, "actual": 0.31},),
            ),
            [as_new(word, State.BLOCKED) for word in words if word.state == "pending"],
        )
    return "proposal-2"


def as_new(line: Any, state: str) -> NewLine:
    values = {name: getattr(line, name) for name in NewLine.__dataclass_fields__}
    return NewLine(**values | {"state": state})


@pytest.mark.usefixtures("blocked")
def test_the_newest_night_comes_first_and_pages_follow(client: Any) -> None:
    first = client.get("/api/v1/proposals?limit=1").json()
    assert [item["proposal_id"] for item in first["items"]] == ["proposal-2"]
    rest = client.get(f"/api/v1/proposals?limit=1&cursor={first['next_cursor']}").json()
    assert [item["proposal_id"] for item in rest["items"]] == ["proposal-1"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("state=blocked", ["proposal-2"]),
        ("state=open", ["proposal-1"]),
        ("account_id=shop-1", ["proposal-2", "proposal-1"]),
        ("account_id=shop-2", []),
    ],
)
@pytest.mark.usefixtures("blocked")
def test_proposals_by_state_and_account(client: Any, query: str, ids: list[str]) -> None:
    items = client.get(f"/api/v1/proposals?{query}").json()["items"]
    assert [item["proposal_id"] for item in items] == ids


def test_a_proposal_in_full(client: Any) -> None:
    response = client.get(PROPOSAL)
    body = response.json()
    assert body["totals"] == {"spend": 120.5, "loss": 8.25}
    assert body["frontier"][0]["marginal_return"] == 0.72
    assert body["lines_by_state"] == {"held": 4, "pending": 8}
    assert body["lines_by_reason"] == {"hold_noise": 4, "raise_marginal_return": 8}
    assert response.headers["etag"] == f'"{body["etag"]}"'


def test_the_tag_changes_with_any_line_and_only_then(client: Any) -> None:
    before = client.get(PROPOSAL).json()["etag"]
    assert client.get(PROPOSAL).json()["etag"] == before
    tag = client.get("/api/v1/lines/3").json()["etag"]
    assert client.decide("/lines/3/approve", {}, tag=tag).status_code == 200
    assert client.get(PROPOSAL).json()["etag"] != before


@pytest.mark.parametrize("path", ["", "/lines", "/sheet"])
def test_an_unknown_proposal(client: Any, path: str) -> None:
    assert client.get(f"/api/v1/proposals/none{path}").status_code == 404


def test_a_person_opens_a_blocked_proposal_with_a_reason(client: Any, blocked: str) -> None:
    tag = client.get(f"/api/v1/proposals/{blocked}").json()["etag"]
    body = {"reason": "大促前提前放量，已和店主确认"}
    done = client.decide(f"/proposals/{blocked}/override", body, tag=tag)
    assert done.status_code == 200
    assert done.json()["state"] == "open"
    assert len(done.json()["changed"]) == 8
    seen = client.get(f"/api/v1/proposals/{blocked}").json()
    assert (seen["state"], seen["lines_by_state"]) == ("open", {"pending": 8})
    events = client.get(f"/api/v1/audit-events?proposal_id={blocked}&action=proposal_override")
    assert [event["reason"] for event in events.json()["items"]] == [body["reason"]]


def test_an_override_on_another_state_than_shown_is_refused(client: Any, blocked: str) -> None:
    tag = client.get(f"/api/v1/proposals/{blocked}").json()["etag"]
    (line, *_) = client.get(f"/api/v1/proposals/{blocked}/lines").json()["items"]
    rejected = client.decide(
        f"/lines/{line['line_id']}/reject", {"reason": "不做"}, tag=line["etag"]
    )
    assert rejected.status_code == 200
    refused = client.decide(f"/proposals/{blocked}/override", {"reason": "x"}, tag=tag)
    assert refused.status_code == 412
    (change,) = refused.json()["changes"]
    assert change["line_id"] == line["line_id"]
    assert change["what"] == [{"field": "state", "shown": "blocked", "now": "rejected"}]
    again = client.decide(
        f"/proposals/{blocked}/override", {"reason": "x"}, tag=refused.json()["etag"]
    )
    assert again.status_code == 200


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "   "}, {"reason": None}])
def test_an_override_says_why(client: Any, blocked: str, body: dict[str, Any]) -> None:
    tag = client.get(f"/api/v1/proposals/{blocked}").json()["etag"]
    assert client.decide(f"/proposals/{blocked}/override", body, tag=tag).status_code == 422
    assert client.get(f"/api/v1/proposals/{blocked}").json()["state"] == "blocked"


def test_an_open_proposal_needs_no_override(client: Any) -> None:
    tag = client.get(PROPOSAL).json()["etag"]
    refused = client.decide("/proposals/proposal-1/override", {"reason": "x"}, tag=tag)
    assert refused.status_code == 409
    assert "is open" in refused.json()["detail"]


def test_approved_lines_leave_as_a_sheet_and_that_is_on_record(client: Any) -> None:
    for line_id in (2, 5):
        tag = client.get(f"/api/v1/lines/{line_id}").json()["etag"]
        assert client.decide(f"/lines/{line_id}/approve", {}, tag=tag).status_code == 200
    response = client.get(f"{PROPOSAL}/sheet")
    assert response.headers["content-type"].endswith("spreadsheetml.sheet")
    assert 'filename="kaiche-shop-1-20260731.xlsx"' in response.headers["content-disposition"]
    rows = list(load_workbook(BytesIO(response.content)).active.values)
    assert [(row[2], row[5], row[6]) for row in rows[1:]] == [
        ("30481986859300002", 1.02, 1.12),
        ("30481986859300005", 1.05, 1.15),
    ]
    assert client.get(f"{PROPOSAL}/sheet").content == response.content
    events = client.get("/api/v1/audit-events?action=sheet_exported").json()["items"]
    assert [event["after"]["lines"] for event in events] == [2, 2]
    assert len(events[0]["after"]["sha256"]) == 64


def test_a_sheet_of_nothing_approved_has_its_header_only(client: Any) -> None:
    rows = list(load_workbook(BytesIO(client.get(f"{PROPOSAL}/sheet").content)).active.values)
    assert [row[0] for row in rows] == ["计划ID"]


def test_what_nobody_decided_in_time_is_shown_as_expired(client_over: Any, wiring: Wiring) -> None:
    shown = {"moment": ENDS - timedelta(microseconds=1)}
    client = client_over(replace(wiring, clock=lambda: shown["moment"]))
    line = client.get("/api/v1/lines/1").json()
    assert line["state"] == "pending"
    shown["moment"] = ENDS
    refused = client.decide("/lines/1/approve", {}, tag=line["etag"])
    assert refused.status_code == 412
    assert refused.json()["changes"][0]["what"][0] == {
        "field": "state",
        "shown": "pending",
        "now": "expired",
    }
    (listed,) = client.get("/api/v1/proposals").json()["items"]
    assert listed["state"] == "expired"
    (event,) = client.get("/api/v1/audit-events?action=proposal_expire").json()["items"]
    assert (event["actor"], event["source"]) == ("kaiche", "rest")
    assert event["after"] == {"state": "expired"}
