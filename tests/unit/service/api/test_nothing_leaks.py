"""No key, password or cookie reaches a log, an answer or the database; headers keep browsers careful."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from crew import PASSWORD, Crew, bearer
from fastapi import APIRouter, FastAPI

from service.api.needs import ENTERED, include

SAME = {"origin": "http://127.0.0.1:8750"}


def breaking(app: FastAPI) -> None:
    """A route whose failure is nobody's to foresee, with everything secret within its reach."""
    router = APIRouter()

    @router.get("/api/v1/broken", dependencies=[ENTERED])
    def broken() -> None:
        raise LookupError("something went wrong")

    include(app, router)


def test_nothing_secret_reaches_the_logs_or_the_database(
    client_of: Any, crew: Crew, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(change=breaking)
    token, key, wrong = crew.token("boss"), crew.cookie("boss"), "correct horse battery staple"
    cookie = {"cookie": f"kaiche_session={key}"} | SAME
    told = []
    with caplog.at_level(logging.DEBUG):
        for password in (wrong, PASSWORD):
            body = {"name": "boss", "password": password}
            told.append(client.post("/api/v1/session", json=body, headers=SAME).text)
        for headers in (bearer(token), bearer(token + "x"), cookie):
            told.append(client.get("/api/v1/proposals", headers=headers).text)
            told.append(client.get("/api/v1/broken", headers=headers).text)
        url = "/api/v1/proposals/proposal-1/override"
        reason = {"reason": f"see https://x/?token={token} Bearer {token}"}
        decided = {"idempotency-key": "k", "if-match": '"1-0"'}
        told.append(client.post(url, json=reason, headers=bearer(token) | decided).text)
        told.append(client.get("/api/v1/audit-events", headers=bearer(token)).text)
    assert "LookupError" in caplog.text  # the failure itself is there
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("kaiche.db*"))
    for secret in (token, key, wrong, PASSWORD):
        assert secret not in caplog.text
        assert not any(secret in one for one in told)
        assert secret.encode() not in stored


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/accounts", "/api/v1/nothing"])
def test_every_answer_keeps_browsers_careful(client: Any, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers
