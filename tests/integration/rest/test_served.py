"""REST over a real socket and both databases: many callers at once, one outcome."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvicorn

import optimizer
from connectors.errors import SourceError
from connectors.platform import AdPlatformReader
from service.api.security import Access
from service.app import SERVER_OPTIONS, create_app
from service.nightly import NightContext
from service.planning import Door
from service.settings.database import Database
from service.settings.models import Account, Budgets, Economics, ReportsConnector, Settings
from service.store import Store, open_store
from service.wiring import Wiring

CALLERS = 20
SORTS = (
    "spend_after",
    "spend_change",
    "contribution_after",
    "contribution_change",
    "change_rate",
    "change_size",
    "at_stake",
    "bid",
    "keyword_id",
    "word",
    "line_id",
)


def nothing_there(of: Account, _: date) -> AdPlatformReader:
    raise SourceError(f"the folder of {of.id} cannot be read")


@pytest.fixture
def served(store: Store, origin: Any) -> Iterator[httpx.Client]:
    with serving(store, origin.at) as client:
        yield client


@contextmanager
def serving(store: Store, now: datetime) -> Iterator[httpx.Client]:
    """A server over ``store`` whose clock stands still at ``now``."""
    account = Account(
        id="shop",
        connector=ReportsConnector(kind="reports", path=Path("reports")),
        objective="profit",
        budgets=Budgets(daily=Decimal(300)),
        economics=(Economics(margin_rate=0.35),),
    )

    def clock() -> datetime:
        return now

    night = NightContext(
        store=store, door=cast("Door", optimizer), platform=nothing_there, clock=clock
    )
    wiring = Wiring(settings=Settings(accounts=(account,)), store=store, clock=clock, night=night)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    app = create_app(wiring, access=Access())
    server = uvicorn.Server(uvicorn.Config(app, **SERVER_OPTIONS))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        port = listener.getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def lines(make_proposal: Callable[..., Any], make_line: Callable[..., Any]) -> list[Any]:
    """Nine pending lines, with bids in no order, of one proposal."""
    bids = [111, 140, 112, 90, 113, 95, 114, 99, 115]
    words = [make_line(f"k{number}", 100, bid) for number, bid in enumerate(bids)]
    made: list[Any] = make_proposal(words)
    return made


def decide(
    client: httpx.Client, url: str, body: dict[str, Any], tag: str, key: str
) -> httpx.Response:
    headers = {"if-match": f'"{tag}"', "idempotency-key": key}
    return client.post(f"/api/v1{url}", json=body, headers=headers)


def at_once(work: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(work, range(CALLERS)))


def actions(client: httpx.Client, query: str = "") -> list[str]:
    items = client.get(f"/api/v1/audit-events?limit=500{query}").json()["items"]
    return [event["action"] for event in items]


def test_of_twenty_approvals_at_once_one_succeeds(served: httpx.Client, lines: list[Any]) -> None:
    url = f"/lines/{lines[0].line_id}"
    tag = served.get(f"/api/v1{url}").json()["etag"]
    answers = at_once(lambda n: decide(served, f"{url}/approve", {}, tag, f"k{n}"))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (CALLERS - 1)
    assert actions(served) == ["approve"]


def test_of_twenty_equal_requests_one_is_carried_out(
    served: httpx.Client, lines: list[Any]
) -> None:
    url = f"/lines/{lines[0].line_id}"
    tag = served.get(f"/api/v1{url}").json()["etag"]
    answers = at_once(lambda _: decide(served, f"{url}/approve", {}, tag, "the-key"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert actions(served) == ["approve"]


def test_of_twenty_decisions_on_one_list_one_is_carried_out(
    served: httpx.Client, lines: list[Any]
) -> None:
    url = f"/proposals/{lines[0].proposal_id}"
    tag = served.get(f"/api/v1{url}/lines?state=pending").json()["etag"]
    body = {"action": "approve", "filter": {"state": ["pending"]}}
    answers = at_once(lambda n: decide(served, f"{url}/decisions", body, tag, f"k{n}"))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (CALLERS - 1)
    assert actions(served) == ["approve"] * len(lines)


def test_of_twenty_overrides_one_opens_the_proposal(
    served: httpx.Client, make_proposal: Callable[..., Any], make_line: Callable[..., Any]
) -> None:
    words = [make_line(f"k{number}", state="blocked") for number in range(3)]
    made = make_proposal(words, state="blocked")
    url = f"/proposals/{made[0].proposal_id}"
    tag = served.get(f"/api/v1{url}").json()["etag"]
    body = {"reason": "大促提前放量"}
    answers = at_once(lambda n: decide(served, f"{url}/override", body, tag, f"k{n}"))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (CALLERS - 1)
    assert actions(served, "&action=proposal_override") == ["proposal_override"]
    assert served.get(f"/api/v1{url}").json()["lines_by_state"] == {"pending": 3}


def test_pages_hold_every_line_once_in_every_order(served: httpx.Client, lines: list[Any]) -> None:
    for sort in (prefix + name for name in SORTS for prefix in ("", "-")):
        url = f"/api/v1/proposals/{lines[0].proposal_id}/lines?limit=4&sort={sort}"
        page = served.get(url).json()
        found = page["items"]
        while page["next_cursor"]:
            page = served.get(f"{url}&cursor={page['next_cursor']}").json()
            found += page["items"]
        ids = sorted(line["line_id"] for line in found)
        assert ids == [line.line_id for line in lines], sort


def test_every_list_and_view_answers(served: httpx.Client, lines: list[Any]) -> None:
    (run,) = served.get("/api/v1/runs").json()["items"]
    for path in (
        "/readyz",
        "/metrics",
        "/api/v1/accounts",
        "/api/v1/accounts/shop",
        f"/api/v1/runs/{run['run_id']}",
        f"/api/v1/runs/{run['run_id']}/rejects",
        "/api/v1/proposals?state=open&account_id=shop",
        f"/api/v1/proposals/{lines[0].proposal_id}",
        f"/api/v1/proposals/{lines[0].proposal_id}/sheet",
        f"/api/v1/lines/{lines[0].line_id}",
        "/api/v1/audit-events?since=2026-01-01T00:00:00Z",
    ):
        assert served.get(path).status_code == 200, path


def test_a_night_started_here_ends_on_record(served: httpx.Client) -> None:
    started = served.post("/api/v1/runs", json={"account_id": "shop"})
    assert started.status_code == 202
    assert served.get(started.headers["location"]).json()["state"] in ("running", "failed")


def test_who_gets_no_connection_is_told_to_come_again(store: Store, origin: Any) -> None:
    one = Database(address=store.name, pool_size=1, max_overflow=0, pool_wait_seconds=1)
    tight = open_store(one)
    with serving(tight, origin.at) as client:
        with tight.connection():
            refused, unready = client.get("/api/v1/runs"), client.get("/readyz")
        answered = client.get("/api/v1/runs")
    tight.close()
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith("/busy")
    assert "`database.pool_size`" in refused.json()["detail"]
    assert "Retry-After" in refused.json()["zh"]
    assert (unready.status_code, answered.status_code) == (503, 200)
