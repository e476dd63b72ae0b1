"""Stores with real migrations: SQLite in a file, and a real PostgreSQL started by the session."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from connectors.platform import AdgroupRow, CampaignRow, KeywordDayRow, KeywordRow, Roster
from service.audit import Origin
from service.risk import Assessed
from service.store import Store, open_store, proposals, runs
from service.store.lines import LineFilter, select_lines
from service.store.rows import LineRow, NewLine, ProposalRow, RunRow
from service.store.tables import Table
from tests.postgres import new_database, server

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
DAY = date(2026, 3, 2)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of this session's own, with a migrated database."""
    with server() as address:
        store = open_store(new_database(address, "migrated"))
        store.migrate()
        store.close()
        yield address


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(empty_sqlite, tmp_path / "kaiche.db")
    return f"sqlite:///{tmp_path / 'kaiche.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A migrated database of either kind without any row."""
    if request.param == "sqlite":
        opened = open_store(request.getfixturevalue("sqlite_url"))
    else:
        opened = open_store(_database(request.getfixturevalue("postgres"), "migrated"))
        with opened.begin() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
            tables = ", ".join(f'"{table.name}"' for table in Table.metadata.sorted_tables)
            session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def own_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A migrated database of either kind whose tables the test may change."""
    if request.param == "sqlite":
        opened = open_store(request.getfixturevalue("sqlite_url"))
    else:
        opened = open_store(request.getfixturevalue("empty_database")())
        opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def empty_database(postgres: str) -> Callable[[], str]:
    """Makes PostgreSQL databases without any table; returns their address."""

    return lambda: new_database(postgres)


def _database(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def origin() -> Origin:
    return Origin(at=NOW, actor="specialist", source="rest", request_id="r-1")


MakeRun = Callable[..., RunRow]
MakeLine = Callable[..., NewLine]
MakeProposal = Callable[..., list[LineRow]]


@pytest.fixture
def make_run() -> MakeRun:
    def make(**changes: object) -> RunRow:
        values: dict[str, object] = {
            "run_id": str(uuid.uuid4()),
            "account_id": "shop",
            "business_date": DAY,
            "state": "running",
            "step": "open",
            "trigger": "cli",
            "attempt": 1,
            "lease_owner": "me",
            "lease_until_at": runs.lease_until(NOW),
            "started_at": NOW,
            "finished_at": None,
            "cutoff_at": None,
            "seed": 7,
            "inputs_hash": None,
            "config_hash": None,
            "code_version": None,
            "cause": None,
            "counts": {},
            "review": (),
        }
        return RunRow(**{**values, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_line() -> MakeLine:
    def make(keyword_id: str, before: int = 100, after: int = 110, **changes: object) -> NewLine:
        values: dict[str, object] = {
            "keyword_id": keyword_id,
            "adgroup_id": "g1",
            "campaign_id": "c1",
            "word": f"连衣裙 {keyword_id}",
            "match": "exact",
            "state": "pending" if before != after else "held",
            "bid_before_fen": before,
            "bid_proposed_fen": after,
            "bid_fen": after,
            "change_rate": after / before - 1,
            "reason": "raise_marginal_return" if after > before else "hold_noise",
            "binding": None,
            "explore": False,
            "marginal_return": 0.9,
            "expected": {"spend": {"before": 1.0, "after": 1.1, "p05": 0.5, "p95": 2.0}},
            "spend_after_fen": 110,
            "spend_before_fen": 100,
            "contribution_after_fen": 95,
            "contribution_before_fen": 90,
        }
        return NewLine(**{**values, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_proposal(store: Store, make_run: MakeRun) -> MakeProposal:
    """Saves a run and its proposal; returns the saved lines by id."""

    def make(
        lines: list[NewLine],
        day: date = DAY,
        assess: Callable[[NewLine], Assessed] | None = None,
        **changes: object,
    ) -> list[LineRow]:
        run = make_run(business_date=day, state="succeeded", account_id="shop")
        values: dict[str, object] = {
            "proposal_id": str(uuid.uuid4()),
            "run_id": run.run_id,
            "account_id": "shop",
            "business_date": day,
            "state": "open",
            "review": "PASS",
            "status": "optimal",
            "totals": {"loss": {"value": 1.5, "p05": -1.0, "p95": 4.0}},
            "frontier": ({"spend": 1.0, "contribution": 2.0, "marginal_return": 3.0},),
            "policy": {},
            "breaches": (),
            "content_hash": "0" * 64,
            "created_at": NOW,
            "expires_at": datetime(2026, 3, 20, tzinfo=UTC),
        }
        proposal = ProposalRow(**{**values, **changes})  # type: ignore[arg-type]
        with store.begin() as session:
            runs.open_run(session, run, is_gone=lambda _: False)
            proposals.save(session, proposal, lines, assess)
            return select_lines(session, LineFilter(proposal_id=proposal.proposal_id))

    return make


MakeRoster = Callable[[dict[str, int | None]], Roster]
MakeDay = Callable[..., KeywordDayRow]


@pytest.fixture
def make_roster() -> MakeRoster:
    """A roster of one adgroup from keyword_id -> bid."""

    def make(bids: dict[str, int | None]) -> Roster:
        words = [
            KeywordRow(
                keyword_id=keyword_id, adgroup_id="g1", campaign_id="c1", word="裙", bid_fen=bid
            )
            for keyword_id, bid in sorted(bids.items())
        ]
        return Roster(
            campaigns=(CampaignRow(campaign_id="c1", name="计划"),),
            adgroups=(AdgroupRow(adgroup_id="g1", campaign_id="c1", name="单元"),),
            keywords=tuple(words),
        )

    return make


@pytest.fixture
def make_day() -> MakeDay:
    def make(keyword_id: str, on: date, **figures: object) -> KeywordDayRow:
        values: dict[str, object] = {
            "keyword_id": keyword_id,
            "adgroup_id": "g1",
            "campaign_id": "c1",
            "date": on,
            "impressions": 100,
            "clicks": 5,
            "spend_fen": 250,
            "orders": 0,
            "revenue_fen": 0,
            "bid_fen": 60,
        }
        return KeywordDayRow(**{**values, **figures})  # type: ignore[arg-type]

    return make
