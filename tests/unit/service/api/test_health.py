"""Alive, ready, and what is said when not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.store import Store, open_store
from service.wiring import Wiring


@pytest.fixture
def empty(tmp_path: Path) -> Any:
    opened = open_store(f"sqlite:///{tmp_path}/empty.db")
    yield opened
    opened.close()


def test_alive(client: Any) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_ready(client: Any) -> None:
    assert client.get("/readyz").json() == {"status": "ready", "database": "ok"}


def test_not_ready_before_the_tables_are_there(
    wiring: Wiring, empty: Store, client_over: Any
) -> None:
    client = client_over(replace(wiring, store=empty))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unready"
    assert "kaiche database migrate" in answer.json()["database"]
    assert client.get("/healthz").status_code == 200


def test_what_needs_the_store_says_so(wiring: Wiring, empty: Store, client_over: Any) -> None:
    client = client_over(replace(wiring, store=empty))
    answer = client.get("/api/v1/runs")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/unavailable")
    assert "migrate" in answer.json()["detail"]
    # Who may see the metrics stands in the store as well.
    assert client.get("/metrics").status_code == 503
