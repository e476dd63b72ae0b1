"""A very long proposal over real HTTP: how quickly it is listed, filtered, sorted, walked and approved."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import numpy as np

from service.store import open_store, proposals, runs
from service.store.lines import SORTS
from service.store.rows import NewLine, ProposalRow, RunRow
from tests.benchmarks.databases import databases
from tests.benchmarks.extent import Extent
from tests.benchmarks.tables import Row, Table

REPLICA = Path(__file__).parents[1] / "integration" / "rest" / "replica.py"
DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
PROPOSAL = "load"
PAGE = 500
FILTERS = (
    {"state": "pending"},
    {"reason": "raise_marginal_return", "max_change": 0.1},
    {"campaign_id": "c3"},
    {"word": "词 12"},
    {"changed": "true", "min_change": 0.15},
)
Place = dict[str, str]
REASONS = ("raise_marginal_return", "lower_unprofitable", "hold_noise")


def run(extent: Extent) -> list[Table]:
    """One row a database and a kind of request."""
    rows: list[Row] = []
    with databases() as fresh:
        for name, make in fresh.items():
            url = make()
            fill(url, extent.load_lines)
            with served(url) as client:
                for row in _steps(client):
                    rows.append({"database": name, "lines": extent.load_lines, **row})
    return [Table("A long proposal over HTTP", rows)]


def _steps(client: httpx.Client) -> Iterator[Row]:
    listed = f"/proposals/{PROPOSAL}/lines"
    yield _told("first page", [_timed(client, listed, {}) for _ in range(10)])
    yield _told("filtered", [_timed(client, listed, wanted) for wanted in FILTERS * 2])
    orders = [f"{sign}{sort}" for sort in SORTS for sign in ("", "-")]
    yield _told("sorted", [_timed(client, listed, {"sort": order}) for order in orders])
    walk, places = _walk(client, listed)
    told = _told("walked to the end", walk)
    yield told | {"last_over_first": _steadiness(client, listed, places)}
    yield _approved(client, listed)
    yield _told("first page, approved", [_timed(client, listed, {}) for _ in range(10)])


def _walk(client: httpx.Client, url: str) -> tuple[list[float], list[Place]]:
    """The seconds of every page, and where it was."""
    place: Place = {}
    seconds: list[float] = []
    places: list[Place] = []
    while True:
        begun = time.perf_counter()
        answer = client.get(url, params={"limit": PAGE, **place}).raise_for_status()
        seconds.append(time.perf_counter() - begun)
        places.append(place)
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return seconds, places
        place = {"cursor": cursor}


def _steadiness(client: httpx.Client, url: str, places: Sequence[Place]) -> float:
    """Pages of the last tenth over those of the first, by turns; 1 = the place does not matter."""
    tenth = max(len(places) // 10, 1)
    pairs = list(zip(places[:tenth], places[-tenth:], strict=True)) * 2
    ratios = [1 / _timed(client, url, first) * _timed(client, url, last) for first, last in pairs]
    return round(float(np.median(ratios)), 2)


def _approved(client: httpx.Client, url: str) -> Row:
    """Everything that waits, by one request."""
    tag = client.get(url, params={"state": "pending", "limit": 1}).headers["etag"]
    begun = time.perf_counter()
    answer = client.post(
        f"/proposals/{PROPOSAL}/decisions",
        json={"action": "approve", "filter": {"state": ["pending"]}},
        headers={"if-match": tag, "idempotency-key": "everything"},
    ).raise_for_status()
    taken = time.perf_counter() - begun
    changed = len(answer.json()["changed"])
    return _told(f"{changed} approved", [taken])


def _timed(client: httpx.Client, url: str, params: Mapping[str, str | float]) -> float:
    begun = time.perf_counter()
    client.get(url, params={"limit": PAGE, **params}).raise_for_status()
    return time.perf_counter() - begun


def _told(step: str, seconds: Sequence[float]) -> Row:
    milliseconds = np.array(seconds) * 1000
    return {
        "step": step,
        "requests": len(seconds),
        "median_ms": round(float(np.median(milliseconds))),
        "p95_ms": round(float(np.quantile(milliseconds, 0.95))),
        "max_ms": round(float(milliseconds.max())),
    }


@contextmanager
def served(url: str) -> Iterator[httpx.Client]:
    """A service in a process of its own over the database."""
    listener = socket.create_server(("127.0.0.1", 0))
    port, descriptor = listener.getsockname()[1], listener.fileno()
    command = [sys.executable, str(REPLICA), url, str(descriptor)]
    replica = subprocess.Popen(command, pass_fds=[descriptor])
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=600) as client:
            client.get("/runs").raise_for_status()
            yield client
    finally:
        replica.terminate()
        replica.wait()
        listener.close()


def fill(url: str, count: int) -> None:
    """A migrated database with a proposal of ``count`` lines, two thirds of them waiting."""
    store = open_store(url)
    store.migrate()
    with store.begin() as session:
        runs.open_run(session, _run(), is_gone=lambda _: False)
        proposals.save(session, _proposal(), [_line(place) for place in range(count)])
    store.close()


def _line(place: int) -> NewLine:
    before, after = 60 + place % 100, 60 + place % 100 + (place % 3) * (1 + place % 20)
    moved, spend = after != before, place * 7907 % 10007
    figure = {"before": spend / 100, "after": spend / 99, "p05": spend / 200, "p95": spend / 50}
    rate = {"mean": 0.031234, "p05": 0.012345, "p95": 0.054321}
    figures = ("clicks", "spend", "orders", "revenue", "contribution")
    rates = ("ctr", "cvr", "order_value", "value_per_click")
    return NewLine(
        keyword_id=f"7228150{place:010d}",
        adgroup_id=f"g{place // 20}",
        campaign_id=f"c{place % 40}",
        word=f"词 {place * 7919 % 100_003}",
        match="exact",
        state="pending" if moved else "held",
        bid_before_fen=before,
        bid_proposed_fen=after,
        bid_fen=after,
        change_rate=after / before - 1,
        reason=REASONS[place % 3 if moved else 2],
        binding=None,
        explore=False,
        marginal_return=0.9,
        expected={**dict.fromkeys(figures, figure), "rates": dict.fromkeys(rates, rate)},
        spend_after_fen=spend,
        spend_before_fen=spend * 9 // 10,
        contribution_after_fen=spend * 8 // 10,
        contribution_before_fen=spend * 7 // 10,
    )


def _run() -> RunRow:
    return RunRow(
        run_id=PROPOSAL,
        account_id="shop",
        business_date=DAY,
        state="succeeded",
        step="save",
        trigger="cli",
        attempt=1,
        lease_owner=None,
        lease_until_at=None,
        started_at=NOW,
        finished_at=NOW,
        cutoff_at=NOW,
        seed=7,
        inputs_hash=None,
        config_hash=None,
        code_version=None,
        cause=None,
        counts={},
        review=(),
    )


def _proposal() -> ProposalRow:
    return ProposalRow(
        proposal_id=PROPOSAL,
        run_id=PROPOSAL,
        account_id="shop",
        business_date=DAY,
        state="open",
        review="PASS",
        status="optimal",
        totals={},
        frontier=(),
        policy={},
        breaches=(),
        content_hash="0" * 64,
        created_at=NOW,
        expires_at=datetime(2026, 3, 20, tzinfo=UTC),
    )
