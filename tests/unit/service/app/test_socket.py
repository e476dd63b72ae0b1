"""The application as it is really reached: a socket, many callers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from connectors.reports import ReportsPlatform
from service.wiring import Wiring

LINE = "/api/v1/lines/1"


def approve(client: httpx.Client, line_id: int, tag: str, key: str) -> httpx.Response:
    headers = {"if-match": f'"{tag}"', "idempotency-key": key}
    return client.post(f"/api/v1/lines/{line_id}/approve", json={}, headers=headers)


def test_of_twenty_approvals_at_once_one_succeeds_and_one_event_is_written(
    served: httpx.Client,
) -> None:
    tag = served.get(LINE).json()["etag"]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: approve(served, 1, tag, f"key-{n}"), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19
    assert {
        answer.json()["changes"][0]["what"][0]["now"] for answer in answers if answer.is_error
    } == {"approved"}
    events = served.get("/api/v1/audit-events?line_id=1").json()["items"]
    assert [event["action"] for event in events] == ["approve"]
    assert served.get(LINE).json()["version"] == 2


def test_twenty_times_the_same_request_is_one_decision_with_one_answer(
    served: httpx.Client,
) -> None:
    tag = served.get(LINE).json()["etag"]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: approve(served, 1, tag, "the-key"), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer.headers.get("idempotency-replayed") for answer in answers]
    assert (replayed.count(None), replayed.count("true")) == (1, 19)
    assert len(served.get("/api/v1/audit-events").json()["items"]) == 1


def test_the_first_answer_is_replayed_after_a_restart(wiring: Wiring, serve_over: Any) -> None:
    with serve_over(wiring) as client:
        tag = client.get(LINE).json()["etag"]
        first = approve(client, 1, tag, "k")
    with serve_over(wiring) as client:
        again = approve(client, 1, tag, "k")
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"


def test_a_night_under_way_does_not_keep_others_waiting(served: httpx.Client) -> None:
    started = served.post(
        "/api/v1/runs", json={"account_id": "shop-1", "business_date": "2026-08-01"}
    )
    assert started.status_code == 202
    assert served.get("/healthz").status_code == 200
    run = served.get(started.headers["location"]).json()
    assert run["business_date"] == "2026-08-01"


def test_the_sheet_is_read_back_as_a_list_of_bids(served: httpx.Client, tmp_path: Path) -> None:
    for line_id in (1, 2, 3):
        tag = served.get(f"/api/v1/lines/{line_id}").json()["etag"]
        assert approve(served, line_id, tag, f"k{line_id}").status_code == 200
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "关键词出价_20260731.xlsx"
    path.write_bytes(served.get("/api/v1/proposals/proposal-1/sheet").content)
    roster = ReportsPlatform(tmp_path / "out").roster()
    assert roster.rejects == ()
    assert [
        (word.keyword_id, word.adgroup_id, word.campaign_id, word.word, word.match, word.bid_fen)
        for word in roster.keywords
    ] == [
        ("30481986859300051", "6402210000012", "72281500001", "连衣裙", "exact", 110),
        ("30481986859300052", "6402210000012", "72281500001", "=HYPERLINK()", "broad", 111),
        ("30481986859300053", "6402210000012", "72281500001", "孕妇 打底裤", "phrase", 112),
    ]


def test_a_body_over_the_limit_is_refused_over_the_wire(wiring: Wiring, serve_over: Any) -> None:
    with serve_over(wiring, largest_body=1000) as client:
        headers = {"content-type": "application/json", "idempotency-key": "k", "if-match": "a"}
        pieces = (b"[" + b" " * 700 for _ in range(4))
        refused = client.post(f"{LINE}/approve", content=pieces, headers=headers)
        assert refused.status_code == 413
        assert client.get("/healthz").status_code == 200
