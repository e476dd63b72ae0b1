"""A served application on a real socket of this machine, over a store with three pending words."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
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
from service.settings.models import Account, Budgets, Economics, ReportsConnector, Settings
from service.store import Store, open_store, proposals, runs
from service.store.rows import NewLine, ProposalRow, RunRow
from service.wiring import Wiring

NOW = datetime(2026, 7, 31, 1, 0, tzinfo=UTC)
NIGHT = date(2026, 7, 31)


def nothing_there(of: Account, _: date) -> AdPlatformReader:
    raise SourceError(f"the folder of {of.id} cannot be read")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/kaiche.db")
    opened.migrate()
    _seed(opened)
    yield opened
    opened.close()


@pytest.fixture
def wiring(store: Store) -> Wiring:
    account = Account(
        id="shop-1",
        connector=ReportsConnector(kind="reports", path=Path("reports")),
        objective="profit",
        budgets=Budgets(daily=Decimal(300)),
        economics=(Economics(margin_rate=0.35),),
    )

    def clock() -> datetime:
        return NOW

    night = NightContext(
        store=store, door=cast("Door", optimizer), platform=nothing_there, clock=clock
    )
    return Wiring(settings=Settings(accounts=(account,)), store=store, clock=clock, night=night)


def _seed(store: Store) -> None:
    run = RunRow(
        run_id="run-1",
        account_id="shop-1",
        business_date=NIGHT,
        state="succeeded",
        step="save",
        trigger="rest",
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
    proposal = ProposalRow(
        proposal_id="proposal-1",
        run_id="run-1",
        account_id="shop-1",
        business_date=NIGHT,
        state="open",
        review="PASS",
        status="optimal",
        totals={},
        frontier=(),
        policy={},
        breaches=(),
        content_hash="c" * 64,
        created_at=NOW,
        expires_at=NOW + timedelta(days=2),
    )
    with store.begin() as session:
        runs.open_run(session, run, is_gone=lambda _: False)
        proposals.save(session, proposal, [_line(number) for number in (1, 2, 3)])


def _line(number: int) -> NewLine:
    return NewLine(
        keyword_id=f"3048198685930005{number}",
        adgroup_id="6402210000012",
        campaign_id="72281500001",
        word=("连衣裙", "=HYPERLINK()", "孕妇 打底裤")[number - 1],
        match=("exact", "broad", "phrase")[number - 1],
        state="pending",
        bid_before_fen=100,
        bid_proposed_fen=109 + number,
        bid_fen=109 + number,
        change_rate=0.1,
        reason="raise_marginal_return",
        binding=None,
        explore=False,
        marginal_return=0.8,
        expected={"clicks": {"before": 1.0, "after": 1.1}},
        spend_after_fen=110,
        spend_before_fen=100,
        contribution_after_fen=95,
        contribution_before_fen=90,
    )


@pytest.fixture
def served(wiring: Wiring) -> Iterator[httpx.Client]:
    """A client of the application behind a real socket; no waiting: the backlog holds callers."""
    with serving(wiring) as client:
        yield client


@contextmanager
def serving(wiring: Wiring, **options: Any) -> Iterator[httpx.Client]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    app = create_app(wiring, access=Access(), **options)
    server = uvicorn.Server(uvicorn.Config(app, **SERVER_OPTIONS))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def serve_over() -> Any:
    return serving
