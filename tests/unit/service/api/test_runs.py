"""Runs: listed, started, followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.store import Store, runs
from service.store.rows import RunRow


@pytest.fixture
def thirty(store: Store) -> None:
    """Thirty older nights of shop-2, every third failed."""
    with store.begin() as session:
        one = runs.get(session, "run-1")
        for age in range(30):
            fresh = replace(
                one,
                run_id=f"old-{age:02d}",
                account_id="shop-2",
                business_date=one.business_date - timedelta(days=age // 2),
                state="failed" if age % 3 == 0 else "succeeded",
            )
            fresh = replace(fresh, account_id="shop-2" if age % 2 else "shop-3")
            runs.open_run(session, fresh, is_gone=lambda _: False)


def walked(client: Any, url: str) -> list[list[str]]:
    pages, cursor = [], ""
    while cursor is not None:
        page = client.get(url + (f"&cursor={cursor}" if cursor else "")).json()
        pages.append([item["run_id"] for item in page["items"]])
        cursor = page["next_cursor"]
    return pages


@pytest.mark.usefixtures("thirty")
def test_pages_hold_every_run_once_newest_first(client: Any) -> None:
    pages = walked(client, "/api/v1/runs?limit=7")
    ids = [run_id for page in pages for run_id in page]
    assert [len(page) for page in pages] == [7, 7, 7, 7, 3]
    assert len(ids) == len(set(ids)) == 31
    dates = [client.get(f"/api/v1/runs/{run_id}").json()["business_date"] for run_id in ids]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.usefixtures("thirty")
def test_a_filter_holds_for_every_page(client: Any) -> None:
    pages = walked(client, "/api/v1/runs?limit=2&account_id=shop-2&state=failed")
    ids = [run_id for page in pages for run_id in page]
    assert ids == [f"old-{age:02d}" for age in range(30) if age % 2 and age % 3 == 0]


@pytest.mark.usefixtures("thirty")
def test_a_full_last_page_has_no_next(client: Any) -> None:
    assert client.get("/api/v1/runs?limit=31").json()["next_cursor"] is None


@pytest.mark.usefixtures("thirty")
def test_a_cursor_of_another_filter_is_refused(client: Any) -> None:
    cursor = client.get("/api/v1/runs?limit=1").json()["next_cursor"]
    refused = client.get(f"/api/v1/runs?limit=1&state=failed&cursor={cursor}")
    assert refused.status_code == 400
    assert refused.json()["type"].endswith("/bad-cursor")


def test_starting_a_night_answers_at_once_with_its_place(client: Any) -> None:
    started = client.post(
        "/api/v1/runs", json={"account_id": "shop-2", "business_date": "2026-07-30"}
    )
    assert started.status_code == 202
    assert started.json()["state"] == "running"
    assert started.headers["retry-after"] == "2"
    followed = client.get(started.headers["location"])
    assert followed.json() == started.json()
    assert followed.headers["retry-after"] == "2"


def test_a_night_that_was_carried_out_is_not_carried_out_again(client: Any) -> None:
    again = client.post("/api/v1/runs", json={"account_id": "shop-1"})
    assert again.status_code == 202
    assert again.json()["run_id"] == "run-1"
    assert again.json()["state"] == "succeeded"
    assert "retry-after" not in again.headers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"account_id": "nobody"}, 404),
        ({}, 422),
        ({"account_id": "shop-1", "business_date": "31.7."}, 422),
        ({"account_id": "shop-1", "force": True}, 422),
    ],
)
def test_a_wrong_demand_starts_nothing(client: Any, body: dict[str, Any], status: int) -> None:
    assert client.post("/api/v1/runs", json=body).status_code == status
    assert len(client.get("/api/v1/runs").json()["items"]) == 1


def test_a_run_shows_progress_review_and_what_it_made(client: Any) -> None:
    run = client.get("/api/v1/runs/run-1").json()
    assert run["progress"] == {
        "step": "save",
        "number": 3,
        "of": 3,
        "steps": ["open", "pull", "save"],
    }
    assert run["review"] == [{"name": "recent_level", "verdict": "PASS", "value": 0.94}]
    assert run["proposal_id"] == "proposal-1"
    assert run["counts"]["rejects"] == 3


@pytest.mark.parametrize(
    ("step", "state", "number"),
    [("open", "running", 1), ("pull", "failed", 2), ("save", "succeeded", 3), ("?", "running", 0)],
)
def test_progress_counts_the_steps_reached(
    store: Store, client: Any, step: str, state: str, number: int
) -> None:
    with store.begin() as session:
        row: RunRow = replace(
            runs.get(session, "run-1"), run_id="r", account_id="x", step=step, state=state
        )
        runs.open_run(session, row, is_gone=lambda _: False)
    assert client.get("/api/v1/runs/r").json()["progress"]["number"] == number


def test_an_unknown_run(client: Any) -> None:
    assert client.get("/api/v1/runs/none").status_code == 404
    assert client.get("/api/v1/runs/none/rejects").status_code == 404


def test_rejects_name_file_row_column_value_and_reason(client: Any) -> None:
    first = client.get("/api/v1/runs/run-1/rejects?limit=2").json()
    assert [item["row"] for item in first["items"]] == [4, 9]
    assert first["items"][0] | {"reject_id": 0} == {
        "reject_id": 0,
        "source": "关键词报表.csv",
        "row": 4,
        "column": "词ID/词包ID",
        "value": "3.04E+11",
        "reason": "已损坏",
    }
    rest = client.get(f"/api/v1/runs/run-1/rejects?limit=2&cursor={first['next_cursor']}").json()
    assert [item["row"] for item in rest["items"]] == [12]
    assert rest["next_cursor"] is None
