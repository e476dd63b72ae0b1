"""Two shops with the same things in each, and people with a role on one of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

import optimizer
from connectors.errors import SourceError
from connectors.platform import AdPlatformReader, Reject
from service import audit
from service.api.security import Access
from service.app import create_app
from service.audit import Origin
from service.nightly import NightContext
from service.people import register, signing
from service.people.roles import EVERYWHERE, Role
from service.planning import Door
from service.settings.models import Account, Budgets, Economics, ReportsConnector, Settings
from service.store import Store, applications, interventions, proposals, runs
from service.store import audit as events
from service.store.applications import ApplicationRow, BatchRow
from service.store.interventions import HandsOffRow, NewAlert, StopRow
from service.store.lines import LineFilter, select_lines
from service.store.rows import NewLine, ProposalRow, RunRow
from service.wiring import Wiring

NOW = datetime(2026, 7, 31, 1, 0, tzinfo=UTC)
NIGHT = date(2026, 7, 31)
OURS, THEIRS, NOWHERE = "ours", "theirs", "nowhere"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a horse, a battery")
BOSS = Origin(at=NOW, actor="boss", source="cli")


def unreachable(of: Account, _: date) -> AdPlatformReader:
    raise SourceError(f"the folder of {of.id} cannot be read")


class Idle:
    """Starts nothing: nights and walks of the tests."""

    steps = ("open", "save")

    def __init__(self, store: Store) -> None:
        self._store = store

    def start(self, of: Account, *_: Any) -> RunRow:
        with self._store.read() as session:
            return runs.get(session, f"run-{of.id}")

    def stop(self) -> None:
        """Nothing is under way."""


def shop(account_id: str) -> Account:
    return Account(
        id=account_id,
        name=f"店 {account_id}",
        connector=ReportsConnector(kind="reports", path=Path("reports")),
        objective="profit",
        budgets=Budgets(daily=Decimal(300)),
        economics=(Economics(margin_rate=0.35),),
    )


def wiring_of(store: Store) -> Wiring:
    night = NightContext(
        store=store,
        door=cast("Door", optimizer),
        platform=unreachable,
        clock=lambda: NOW + timedelta(hours=1),
    )
    settings = Settings(accounts=(shop(OURS), shop(THEIRS)))
    return Wiring(settings=settings, store=store, clock=night.clock, night=night)


def furnish(store: Store, account_id: str) -> dict[str, Any]:
    """Put one of everything into a shop; returns the ids by the names of path parameters."""
    run, proposal = f"run-{account_id}", f"proposal-{account_id}"
    words = [_line(account_id, number) for number in (1, 2, 3)]
    with store.begin() as session:
        runs.open_run(session, _run(run, account_id), is_gone=lambda _: False)
        reject = Reject(source=f"{account_id}.csv", row=1, column="词", value="x", reason="y")
        runs.save_rejects(session, run, [reject])
        proposals.save(session, _proposal(proposal, run, account_id), words)
        lines = select_lines(session, LineFilter(proposal_id=proposal))
        applications.add(session, _application(account_id))
        applications.add_batch(session, _batch(account_id), [])
        interventions.put_stop(
            session,
            StopRow(scope=account_id, ordered_at=NOW, ordered_by="x", reason=f"of {account_id}"),
        )
        interventions.put_hands_off(
            session,
            [
                HandsOffRow(
                    account_id=account_id,
                    keyword_id="k9",
                    since_at=NOW,
                    bid_before_fen=1,
                    bid_fen=2,
                )
            ],
        )
        interventions.add_alerts(session, [_alert(account_id)])
        events.append(
            session, [audit.stop_ordered(BOSS, scope=account_id, reason=f"of {account_id}")]
        )
        alert = interventions.alerts(session, account_id=account_id, open_only=False, limit=1)[0]
    return {
        "account_id": account_id,
        "run_id": run,
        "proposal_id": proposal,
        "line_id": lines[0].line_id,
        "application_id": f"application-{account_id}",
        "batch_id": f"batch-{account_id}",
        "undone": f"batch-{account_id}",
        "alert_id": alert.alert_id,
        "name": "not-found",
        "token_id": "token-1",
        "day": NIGHT.isoformat(),
    }


def _run(run_id: str, account_id: str) -> RunRow:
    return RunRow(
        run_id=run_id,
        account_id=account_id,
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


def _proposal(proposal_id: str, run_id: str, account_id: str) -> ProposalRow:
    return ProposalRow(
        proposal_id=proposal_id,
        run_id=run_id,
        account_id=account_id,
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


def _line(account_id: str, number: int) -> NewLine:
    return NewLine(
        keyword_id=f"k{number}",
        adgroup_id="g1",
        campaign_id="c1",
        word=f"{account_id} 连衣裙 {number}",
        match="exact",
        state="pending",
        bid_before_fen=100,
        bid_proposed_fen=110,
        bid_fen=110,
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


def _application(account_id: str) -> ApplicationRow:
    return ApplicationRow(
        application_id=f"application-{account_id}",
        account_id=account_id,
        business_date=NIGHT,
        state="done",
        halt=None,
        cause=None,
        actor="x",
        source="cli",
        counts={},
        created_at=NOW,
        finished_at=NOW,
    )


def _batch(account_id: str) -> BatchRow:
    return BatchRow(
        batch_id=f"batch-{account_id}",
        application_id=f"application-{account_id}",
        account_id=account_id,
        number=1,
        business_date=NIGHT,
        state="done",
        cause=None,
        created_at=NOW,
        dispatched_at=NOW,
        finished_at=NOW,
    )


def _alert(account_id: str) -> NewAlert:
    return NewAlert(
        at=NOW,
        account_id=account_id,
        kind="budget_raised",
        subject="c1",
        before={"daily_budget_fen": 100},
        after={"daily_budget_fen": 200},
        message_zh=f"{account_id} 预算上调",
        message_en=f"a budget of {account_id} rose",
    )


class World:
    """Both shops and an application over them; whoever asks has one role, on ``ours``."""

    apps: list[FastAPI] = []  # noqa: RUF012 - one for all tests: building its routes takes time

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ids = {one: furnish(store, one) for one in (OURS, THEIRS)}
        self.ids[NOWHERE] = {
            name: 999_999 if isinstance(one, int) else one.replace(OURS, NOWHERE)
            for name, one in self.ids[OURS].items()
        }
        wiring, idle = wiring_of(store), Idle(store)
        if not self.apps:
            self.apps.append(create_app(wiring, access=Access(), nights=idle, walks=idle))
        self.app = self.apps[0]
        self.app.state.context = replace(
            self.app.state.context, wiring=wiring, nights=idle, walks=idle
        )
        self._runner = asyncio.Runner()
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=("127.0.0.1", 40000)),
            base_url="http://127.0.0.1:8750",
        )
        self._people()

    def _people(self) -> None:
        self.keys: dict[tuple[str, str], dict[str, str]] = {}
        with self.store.begin() as session:
            register.add(session, BOSS, "boss", password_hash=CHEAP, roles={EVERYWHERE: Role.OWNER})
            for role in Role:
                person = register.add(session, BOSS, role, password_hash=CHEAP, roles={OURS: role})
                key = signing.open_session(session, BOSS, person, by="password", replaces=None).key
                self.keys[role, "cookie"] = {
                    "cookie": f"kaiche_session={key}",
                    "origin": "http://127.0.0.1:8750",
                }
                self.keys[role, "token"] = self._token(session, role)
                # An owner of everything, whose token says less.
                self.keys[role, "narrow"] = self._token(session, "boss", role, (OURS,))

    def _token(
        self,
        session: Any,
        name: str,
        role: Role = Role.OWNER,
        accounts: tuple[str, ...] | None = None,
    ) -> dict[str, str]:
        _, token = register.create_token(
            session, BOSS, name, "t", role=role, accounts=accounts, life=timedelta(days=1)
        )
        return {"authorization": f"Bearer {token}"}

    def ask(self, method: str, url: str, headers: dict[str, str], body: Any) -> httpx.Response:
        """One request; what the client is told to remember it forgets."""
        answer = self._runner.run(self._http.request(method, url, headers=headers, json=body))
        self._http.cookies.clear()
        return answer

    def send(
        self, method: str, url: str, headers: dict[str, str], content: bytes | str | None
    ) -> httpx.Response:
        """One request whose body is these bytes."""
        asked = self._http.request(method, url, headers=headers, content=content)
        answer = self._runner.run(asked)
        self._http.cookies.clear()
        return answer

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()
