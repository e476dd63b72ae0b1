"""What a list comes to is summed once while nothing changes, and anew when anything has."""

from __future__ import annotations

from typing import Any

import pytest

from service.store import Store, lines

LINES = "/api/v1/proposals/proposal-1/lines"


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The filters whose lines were summed and hashed."""
    asked: list[Any] = []
    real = lines.totals

    def totals(session: Any, wanted: Any) -> Any:
        asked.append(wanted)
        return real(session, wanted)

    monkeypatch.setattr(lines, "totals", totals)
    return asked


def test_a_walk_sums_the_list_once(client: Any, summed: list[Any]) -> None:
    first = client.get(f"{LINES}?limit=3").json()
    second = client.get(f"{LINES}?limit=3&cursor={first['next_cursor']}").json()
    assert (first["totals"], first["etag"]) == (second["totals"], second["etag"])
    assert len(summed) == 1
    client.get(f"{LINES}?state=pending")
    assert len(summed) == 2


def test_any_decision_is_seen_at_once(client: Any, store: Store, summed: list[Any]) -> None:
    before = client.get(f"{LINES}?state=pending").json()
    tag = client.get("/api/v1/lines/1").json()["etag"]
    assert client.decide("/lines/1/approve", {}, tag=tag).status_code == 200
    after = client.get(f"{LINES}?state=pending").json()
    assert after["etag"] != before["etag"]
    assert after["totals"]["lines"] == before["totals"]["lines"] - 1
    assert len(summed) == 2
    with store.read() as session:
        wanted = lines.LineFilter(proposal_id="proposal-1", states=("pending",))
        assert after["etag"].split("-")[1] == lines.shown_hash(session, wanted)
