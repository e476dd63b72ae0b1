"""Every refusal is an RFC 9457 document in two languages, and tells nothing it should not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from connectors.errors import SourceError
from service.api.kinds import KINDS
from service.errors import (
    ConfigError,
    ConflictError,
    InputError,
    NotFoundError,
    RunInProgressError,
    ServiceError,
    StaleDataError,
    StoreError,
)

MEMBERS = {"type", "title", "status", "detail", "zh", "instance", "request_id"}


def is_problem(response: httpx.Response, name: str, status: int | None = None) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert set(body) >= MEMBERS
    assert body["type"] == f"/api/v1/problems/{name}"
    assert body["status"] == response.status_code == (status or KINDS[name].status)
    assert body["instance"] == response.request.url.path
    assert body["request_id"] == response.headers["x-request-id"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in body["zh"])
    return body


def test_an_unknown_address(client: Any) -> None:
    is_problem(client.get("/api/v1/nothing-here"), "not-found")


def test_a_wrong_method_names_the_right_ones(client: Any) -> None:
    response = client.request("DELETE", "/api/v1/lines/1")
    is_problem(response, "method-not-allowed")
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("url", "field", "code"),
    [
        ("/api/v1/runs?limit=501", "query.limit", "less_than_equal"),
        ("/api/v1/runs?limit=0", "query.limit", "greater_than_equal"),
        ("/api/v1/runs?limit=many", "query.limit", "int_parsing"),
        ("/api/v1/runs?state=done", "query.state", "literal_error"),
        ("/api/v1/lines/none", "path.line_id", "int_parsing"),
        ("/api/v1/lines/99999999999999999999", "path.line_id", "less_than_equal"),
        ("/api/v1/proposals/proposal-1/lines?stat=pending", "query.stat", "extra_forbidden"),
        ("/api/v1/proposals/proposal-1/lines?state=open", "query.state[0]", "enum"),
        ("/api/v1/proposals/proposal-1/lines?min_change=nan", "query.min_change", "finite_number"),
        ("/api/v1/proposals/proposal-1/lines?word=%00", "query.word", "string_pattern_mismatch"),
        ("/api/v1/audit-events?since=2026-07-31T00:00:00", "query.since", "timezone_aware"),
    ],
)
def test_a_wrong_parameter_is_named(client: Any, url: str, field: str, code: str) -> None:
    body = is_problem(client.get(url), "invalid-request")
    assert [(error["field"], error["code"]) for error in body["errors"]] == [(field, code)]
    assert body["errors"][0]["zh"]
    assert body["detail"].startswith(field)


def test_every_wrong_field_of_a_body_is_named_with_its_path(client: Any) -> None:
    wrong = {"action": "approve", "lines": [{"line_id": 0}, {"line": 3}], "reson": "x"}
    body = is_problem(client.decide("/proposals/proposal-1/decisions", wrong), "invalid-request")
    assert {error["field"] for error in body["errors"]} == {
        "body.lines[0].line_id",
        "body.lines[1].line_id",
        "body.lines[1].line",
        "body.reson",
    }


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b"null", b'"x"', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(client: Any, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = client.post("/api/v1/runs", content=content, headers=headers)
    is_problem(response, "invalid-request", 422)


def test_a_half_character_does_not_reach_the_database(client: Any) -> None:
    content = b'{"account_id": "\\ud800"}'
    response = client.post(
        "/api/v1/runs", content=content, headers={"content-type": "application/json"}
    )
    is_problem(response, "invalid-request")


ERRORS = [
    (NotFoundError("there is no run 7"), "not-found"),
    (ConflictError("a line that is applied cannot be rejected"), "conflict"),
    (StaleDataError("yesterday is missing"), "stale-data"),
    (RunInProgressError("somebody works on it"), "run-in-progress"),
    (InputError("bid 0.001 is not in steps"), "invalid-request"),
    (StoreError("run `kaiche database migrate`"), "unavailable"),
]


@pytest.mark.parametrize(("error", "name"), ERRORS, ids=[name for _, name in ERRORS])
def test_a_service_error_keeps_its_words(client_of: Any, error: ServiceError, name: str) -> None:
    body = is_problem(raising(client_of, error), name)
    assert body["detail"] == str(error)


SECRET = "postgresql://kaiche:hunter2@db/kaiche"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RuntimeError(SECRET), "internal"),
        (ZeroDivisionError(SECRET), "internal"),
        (ServiceError(SECRET), "internal"),
        (ConfigError(SECRET), "internal"),
        (OperationalError(SECRET, {}, Exception(SECRET)), "unavailable"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_what_went_wrong_inside_stays_inside(client_of: Any, error: Exception, name: str) -> None:
    response = raising(client_of, error)
    is_problem(response, name)
    assert "hunter2" not in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    ("status", "name"), [(422, "invalid-request"), (418, "invalid-request"), (502, "internal")]
)
def test_what_the_framework_raises_keeps_its_status(client_of: Any, status: int, name: str) -> None:
    is_problem(raising(client_of, HTTPException(status)), name, status)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_type_of_problem_can_be_looked_up(client: Any, name: str) -> None:
    answer = client.get(KINDS[name].uri)
    assert answer.status_code == 200
    assert answer.json()["status"] == KINDS[name].status
    assert answer.json()["zh"] == KINDS[name].zh


def test_an_unknown_type_of_problem(client: Any) -> None:
    is_problem(client.get("/api/v1/problems/out-of-coffee"), "not-found")


def test_a_platform_that_cannot_be_read_is_told_as_such(client_of: Any) -> None:
    gone = SourceError("the folder of shop cannot be read")
    body = is_problem(raising(client_of, gone), "platform-unavailable", 502)
    assert body["detail"] == str(gone)


def raising(client_of: Any, error: Exception) -> httpx.Response:
    """The answer of an application whose one more route raises ``error``."""

    def route() -> None:
        raise error

    def add(app: FastAPI) -> None:
        app.add_api_route("/api/v1/raise", route)

    response: httpx.Response = client_of(change=add).get("/api/v1/raise")
    return response
