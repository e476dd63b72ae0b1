"""A migrated store with one proposal on the table, and the application over it, in process."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

import optimizer
from connectors.errors import SourceError
from connectors.platform import (
    AdgroupRow,
    AdPlatformReader,
    CampaignRow,
    KeywordDayRow,
    KeywordRow,
    Reject,
    Roster,
)
from service.api.listed import ListedSets
from service.api.security import Access
from service.app import create_app
from service.nightly import NightContext
from service.planning import Door
from service.settings.models import (
    Account,
    Allowance,
    Budgets,
    Economics,
    ReportsConnector,
    Settings,
)
from service.store import Store, open_store, proposals, pulls, roster, runs
from service.store.rows import NewLine, ProposalRow, RunRow
from service.wiring import Wiring

sys.path.insert(0, str(Path(__file__).parent))

from crew import Crew
from fake_nights import FakeNights
from fake_risks import assessed
from fake_walks import FakeWalks

NOW = datetime(2026, 7, 31, 1, 0, tzinfo=UTC)
NIGHT = date(2026, 7, 31)
RUN, PROPOSAL, ACCOUNT = "run-1", "proposal-1", "shop-1"
WORDS = 12


def run_row(run_id: str = RUN, night: date = NIGHT, **changes: Any) -> RunRow:
    values: dict[str, Any] = {
        "run_id": run_id,
        "account_id": ACCOUNT,
        "business_date": night,
        "state": "succeeded",
        "step": "save",
        "trigger": "rest",
        "attempt": 1,
        "lease_owner": None,
        "lease_until_at": None,
        "started_at": NOW - timedelta(minutes=2),
        "finished_at": NOW,
        "cutoff_at": NOW - timedelta(minutes=1),
        "seed": 7,
        "inputs_hash": "a" * 64,
        "config_hash": "b" * 64,
        "code_version": "0.1.0",
        "cause": None,
        "counts": {"facts": 36, "rejects": 3},
        "review": ({"name": "recent_level", "verdict": "PASS", "value": 0.94},),
    }
    return RunRow(**values | changes)


def proposal_row(
    proposal_id: str = PROPOSAL, run_id: str = RUN, night: date = NIGHT, **changes: Any
) -> ProposalRow:
    values: dict[str, Any] = {
        "proposal_id": proposal_id,
        "run_id": run_id,
        "account_id": ACCOUNT,
        "business_date": night,
        "state": "open",
        "review": "PASS",
        "status": "optimal",
        "totals": {"spend": 120.5, "loss": 8.25},
        "frontier": ({"spend": 120.0, "contribution": 112.0, "marginal_return": 0.72},),
        "policy": {"policy": {"daily_budget": 300.0}},
        "breaches": (),
        "content_hash": "c" * 64,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=2),
    }
    return ProposalRow(**values | changes)


def new_line(number: int, **changes: Any) -> NewLine:
    """Line ``number``: the first two thirds raise the bid by 10 %, the rest is held."""
    moved = number <= WORDS * 2 // 3
    before = 100 + number
    after = before + before // 10 if moved else before
    figures = ("clicks", "spend", "orders", "revenue", "contribution")
    values: dict[str, Any] = {
        "keyword_id": f"304819868593000{number:02d}",
        "adgroup_id": f"64022100000{(number - 1) // 3 + 1:02d}",
        "campaign_id": f"7228150000{(number - 1) // 6 + 1}",
        "word": f"连衣裙 {number:02d}" if number % 2 else f"DRESS {number:02d}",
        "match": "exact",
        "state": "pending" if moved else "held",
        "bid_before_fen": before,
        "bid_proposed_fen": after,
        "bid_fen": after,
        "change_rate": after / before - 1,
        "reason": "raise_marginal_return" if moved else "hold_noise",
        "binding": "step" if moved else None,
        "explore": False,
        "marginal_return": 0.72,
        "expected": {
            name: {"before": 1.0 * number, "after": 1.1 * number, "p05": 0.5, "p95": 9.0}
            for name in figures
        },
        "spend_after_fen": 110 * number,
        "spend_before_fen": 100 * number,
        "contribution_after_fen": 95 * number,
        "contribution_before_fen": 90 * number,
    }
    return NewLine(**values | changes)


def account(account_id: str = ACCOUNT) -> Account:
    return Account(
        id=account_id,
        name="某某旗舰店",
        connector=ReportsConnector(kind="reports", path=Path("reports")),
        budgets=Budgets(daily=Decimal(300), campaigns={"72281500001": Decimal(120)}),
        allowance=Allowance(
            amount=Decimal(100),
            window_days=30,
            window_cap=Decimal(1500),
            end_date=date(2027, 12, 31),
        ),
        economics=(
            Economics(margin_rate=0.35),
            Economics(
                item="item-1",
                price=Decimal(99),
                goods=Decimal(50),
                fee_rate=0.006,
                damage_rate=0.05,
                refund_rate=0.25,
                freight=Decimal(3),
                freight_back=Decimal(5),
            ),
        ),
    )


def seed(store: Store) -> None:
    """One night's leavings: roster, three days of facts of which one is restated, a proposal."""
    words, first_pull = [new_line(n) for n in range(1, WORDS + 1)], NOW - timedelta(hours=1)
    with store.begin() as session:
        roster.upsert_roster(session, ACCOUNT, _roster(words), seen_at=first_pull)
        _pull(session, words, first_pull, orders=1)
        runs.open_run(session, run_row(), is_gone=lambda _: False)
        runs.save_rejects(session, RUN, _rejects())
        proposals.save(session, proposal_row(), words, assessed)
    with store.begin() as session:
        _pull(session, words[:1], NOW + timedelta(hours=8), orders=2)


def _pull(session: Any, words: list[NewLine], at: datetime, *, orders: int) -> None:
    rows = [
        KeywordDayRow(
            keyword_id=word.keyword_id,
            adgroup_id=word.adgroup_id,
            campaign_id=word.campaign_id,
            date=NIGHT - timedelta(days=age),
            impressions=100,
            clicks=10,
            spend_fen=900,
            orders=orders if age == 1 else 0,
            revenue_fen=9900 * orders if age == 1 else 0,
            bid_fen=word.bid_before_fen,
        )
        for word in words
        for age in (1, 2, 3)
    ]
    pulls.upsert_facts(session, ACCOUNT, rows, pulled_at=at, pulled_on=at.date())


def _roster(words: list[NewLine]) -> Roster:
    return Roster(
        campaigns=tuple(
            CampaignRow(campaign_id=name, name=f"计划{name[-1]}")
            for name in sorted({word.campaign_id for word in words})
        ),
        adgroups=tuple(
            AdgroupRow(
                adgroup_id=name,
                campaign_id="72281500001",
                name="单元",
                item_id=f"item-{int(name[-2:])}",
            )
            for name in sorted({word.adgroup_id for word in words})
        ),
        keywords=tuple(
            KeywordRow(
                keyword_id=word.keyword_id,
                adgroup_id=word.adgroup_id,
                campaign_id=word.campaign_id,
                word=word.word,
                match="exact",
                bid_fen=word.bid_before_fen,
                quality_score=7.0,
            )
            for word in words
        ),
    )


def _rejects() -> list[Reject]:
    return [
        Reject(
            source="关键词报表.csv",
            row=row,
            column="词ID/词包ID",
            value="3.04E+11",
            reason="已损坏",
        )
        for row in (4, 9, 12)
    ]


class Client:
    """A synchronous httpx client over an ASGI application, in this process."""

    def __init__(self, app: Any, peer: str = "127.0.0.1") -> None:
        self._runner, self.app = asyncio.Runner(), app
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(peer, 40000)),
            base_url="http://127.0.0.1:8750",
        )
        self._keys = 0

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._http.request(method, url, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def decide(
        self, url: str, body: dict[str, Any], *, tag: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """POST a decision with If-Match and an Idempotency-Key, a new one unless given."""
        self._keys += 1
        headers = {"idempotency-key": key or f"key-{self._keys}"}
        if tag is not None:
            headers["if-match"] = f'"{tag}"'
        return self.post(f"/api/v1{url}", json=body, headers=headers)

    def forget_cookies(self) -> None:
        self._http.cookies.clear()

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and seeded database file, made once."""
    path = tmp_path_factory.mktemp("api") / "template.db"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    seed(store)
    store.close()
    return path


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "kaiche.db"
    for suffix in ("", "-wal"):
        source = template.with_name(template.name + suffix)
        if source.exists():
            shutil.copy(source, path.with_name(path.name + suffix))
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


def unreachable(of: Account, _: date) -> AdPlatformReader:
    raise SourceError(f"the folder of {of.id} cannot be read; check `path`")


@pytest.fixture
def wiring(store: Store) -> Wiring:
    def clock() -> datetime:
        return NOW + timedelta(hours=9)

    night = NightContext(
        store=store, door=cast("Door", optimizer), platform=unreachable, clock=clock
    )
    settings = Settings(accounts=(account(), account("shop-2")))
    return Wiring(settings=settings, store=store, clock=clock, night=night)


@pytest.fixture
def client_of(wiring: Wiring) -> Iterator[Callable[..., Client]]:
    """Make a client of the application with another rule of entry, peer or limit."""
    made: list[Client] = []

    def make(
        access: Access | None = None,
        *,
        peer: str = "127.0.0.1",
        change: Callable[[FastAPI], None] | None = None,
        over: Wiring = wiring,
        **options: Any,
    ) -> Client:
        options.setdefault("nights", FakeNights(over.store, run_row, NIGHT))
        app = create_app(over, access=access or Access(), **options)
        if change:
            change(app)
        made.append(Client(app, peer))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client_over(client_of: Callable[..., Client]) -> Callable[[Wiring], Client]:
    return lambda other: client_of(over=other)


@pytest.fixture
def crew(store: Store) -> Crew:
    return Crew(store, NOW)


@pytest.fixture(scope="session")
def application() -> list[FastAPI]:
    """Where the one application is kept that most tests share: building its routes takes time."""
    return []


@pytest.fixture
def client(application: list[FastAPI], wiring: Wiring) -> Iterator[Client]:
    """A client of the shared application over this test's own store."""
    nights = FakeNights(wiring.store, run_row, NIGHT)
    if not application:
        application.append(create_app(wiring, access=Access(), nights=nights))
    app = application[0]
    walks = FakeWalks()
    app.state.context = replace(
        app.state.context, wiring=wiring, nights=nights, walks=walks, listed=ListedSets()
    )
    opened = Client(app)
    yield opened
    opened.close()
