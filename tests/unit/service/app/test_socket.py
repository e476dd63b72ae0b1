"""The application as it is really reached: a socket, many callers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from connectors.errors import SourceError
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


def test_the_sheet_holds_the_approved_bids_and_is_never_taken_for_the_platforms_list(
    served: httpx.Client, tmp_path: Path
) -> None:
    for line_id in (1, 2, 3):
        tag = served.get(f"/api/v1/lines/{line_id}").json()["etag"]
        assert approve(served, line_id, tag, f"k{line_id}").status_code == 200
    path = tmp_path / "关键词出价_20260731.xlsx"
    path.write_bytes(served.get("/api/v1/proposals/proposal-1/sheet").content)
    sheet = load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    campaign, adgroup = "72281500001", "6402210000012"
    assert rows == [
        (campaign, adgroup, "30481986859300051", "连衣裙", "精准", 1, 1.1),
        (campaign, adgroup, "30481986859300052", "=HYPERLINK()", "广泛", 1, 1.11),
        (campaign, adgroup, "30481986859300053", "孕妇 打底裤", "短语", 1, 1.12),
    ]
    with pytest.raises(SourceError, match="要上传到平台的批量改价表"):
        ReportsPlatform(tmp_path).roster()


def test_a_body_over_the_limit_is_refused_over_the_wire(wiring: Wiring, serve_over: Any) -> None:
    with serve_over(wiring, largest_body=1000) as client:
        headers = {"content-type": "application/json", "idempotency-key": "k", "if-match": "a"}
        pieces = (b"[" + b" " * 700 for _ in range(4))
        refused = client.post(f"{LINE}/approve", content=pieces, headers=headers)
        assert refused.status_code == 413
        assert client.get("/healthz").status_code == 200
