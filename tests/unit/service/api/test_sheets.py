"""Lines as a file through REST: saved, previewed, confirmed with what was shown."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from service.api.intake import LARGEST_BODY

LINES = "/api/v1/proposals/proposal-1/lines"


def sheet_of(client: Any, **cells: Any) -> dict[str, str]:
    """The exported lines with cells changed, as an import asks for them."""
    book = load_workbook(BytesIO(client.get(f"{LINES}/export").content))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    content = BytesIO()
    book.save(content)
    return {"file": b64encode(content.getvalue()).decode()}


def bring(client: Any, body: Any, tag: str | None, key: str = "k") -> Any:
    tags = {"idempotency-key": key} | ({"if-match": tag} if tag else {})
    return client.post(f"{LINES}/import", json=body, headers=tags)


def test_the_filter_of_the_list_is_the_filter_of_the_sheet(client: Any) -> None:
    answer = client.get(f"{LINES}/export?state=held&format=csv&language=en")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="kaiche-lines-shop-1-20260731.csv"' in answer.headers["content-disposition"]
    rows = answer.content.decode("utf-8-sig").splitlines()
    held = client.get(f"{LINES}?state=held").json()["totals"]["lines"]
    assert (rows[0][:10], len(rows)) == ("Line,Word,", held + 1)


def test_a_sheet_is_previewed_confirmed_and_done_once(client: Any) -> None:
    body = sheet_of(client, L7=1.5, N8="批准", N9="也许")
    shown = client.post(f"{LINES}/import/preview", json=body)
    found = shown.json()
    assert [found[name] for name in ("edited", "approved", "rejected", "unchanged")] == [1, 1, 0, 9]
    assert shown.headers["etag"] == f'"{found["etag"]}"'
    (refused,) = found["refused"]
    assert (refused["cell"], refused["value"], refused["sheet"]) == ("N9", "也许", "明细")
    assert "write approve" in refused["detail"]
    done = bring(client, body, shown.headers["etag"])
    assert done.json() == {"edited": 1, "approved": 1, "rejected": 0}
    again = bring(client, body, shown.headers["etag"])
    assert (again.json(), again.headers["idempotency-replayed"]) == (done.json(), "true")
    counted = client.get("/api/v1/proposals/proposal-1").json()["lines_by_state"]
    assert counted["approved"] == 1


def test_an_import_needs_the_tag_of_its_preview(client: Any) -> None:
    body = sheet_of(client, N8="批准")
    assert bring(client, body, None).status_code == 428
    other = client.post(f"{LINES}/import/preview", json=sheet_of(client, N9="批准")).headers["etag"]
    refused = bring(client, body, other)
    assert (refused.status_code, refused.json()["type"][-19:]) == (412, "changed-since-shown")
    assert (
        refused.headers["etag"] == client.post(f"{LINES}/import/preview", json=body).headers["etag"]
    )


def test_what_is_no_sheet_is_told(client: Any) -> None:
    for body, words in (
        ({"file": b64encode(b"hello").decode()}, "lacks the columns"),
        ({"file": "***"}, "body.file"),
    ):
        refused = client.post(f"{LINES}/import/preview", json=body)
        assert refused.status_code == 422
        assert words in refused.json()["detail"]


def test_a_sheet_may_be_larger_than_other_bodies(client: Any) -> None:
    large = {"file": b64encode(b" " * LARGEST_BODY).decode()}
    assert client.post(f"{LINES}/import/preview", json=large).status_code == 422
    assert client.post("/api/v1/lines/1/approve", json=large).status_code == 413
