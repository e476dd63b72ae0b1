"""Starting and stopping: what is bound, what is said, what goes along with the application."""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from service import app
from service.api.security import Access
from service.app import ANSWERS_KEPT, create_app, serve
from service.audit import Origin
from service.errors import ConfigError
from service.people import register
from service.people.roles import EVERYWHERE, Role
from service.settings.models import Server
from service.store import idempotency, open_store
from service.wiring import Wiring


class Clockwork:
    """A scheduler that only remembers."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def start(self, _: Wiring) -> Clockwork:
        self.log.append("start")
        return self

    def stop(self) -> None:
        self.log.append("stop")


def live(app: Any, failing: Exception | None = None) -> None:
    """Run the application's lifespan."""

    async def run() -> None:
        async with app.router.lifespan_context(app):
            if failing:
                raise failing

    asyncio.run(run())


@pytest.fixture
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def run(server: uvicorn.Server) -> None:
        names = ("host", "port", "proxy_headers", "timeout_graceful_shutdown")
        calls.append({name: getattr(server.config, name) for name in names})
        server.started = starts

    starts = request.param if hasattr(request, "param") else True
    monkeypatch.setattr(app.Server, "run", run)
    return calls


def test_the_scheduler_lives_and_ends_with_the_application(wiring: Wiring) -> None:
    clockwork = Clockwork()
    live(create_app(wiring, access=Access(), scheduler=clockwork.start))
    assert clockwork.log == ["start", "stop"]


def test_the_scheduler_is_stopped_also_when_serving_breaks(wiring: Wiring) -> None:
    clockwork = Clockwork()
    with pytest.raises(OSError, match="socket"):
        live(create_app(wiring, access=Access(), scheduler=clockwork.start), OSError("socket"))
    assert clockwork.log == ["start", "stop"]


def test_without_a_scheduler_none_is_started(wiring: Wiring) -> None:
    live(create_app(wiring, access=Access()))


def test_old_answers_are_forgotten_and_young_ones_kept(wiring: Wiring) -> None:
    with wiring.store.begin() as session:
        for key, age in (("old", ANSWERS_KEPT + timedelta(hours=1)), ("young", timedelta(days=29))):
            idempotency.put(session, key, "a" * 64, now=wiring.clock() - age)
    live(create_app(wiring, access=Access()))
    with wiring.store.read() as session:
        assert idempotency.get(session, "old", "a" * 64) is None
        assert idempotency.get(session, "young", "a" * 64) is not None


def test_a_database_without_tables_does_not_keep_the_application_from_starting(
    wiring: Wiring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    empty = open_store(f"sqlite:///{tmp_path}/empty.db")
    with caplog.at_level(logging.WARNING):
        live(create_app(replace(wiring, store=empty), access=Access()))
    empty.close()
    assert "kaiche database migrate" in caplog.text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3"])
def test_without_a_user_another_host_is_not_bound(
    wiring: Wiring, bound: list[dict[str, Any]], host: str
) -> None:
    with pytest.raises(ConfigError, match="no user yet"):
        serve(wiring, host=host)
    assert bound == []


def test_a_host_of_the_configuration_is_held_to_the_same(
    wiring: Wiring, bound: list[dict[str, Any]]
) -> None:
    settings = wiring.settings.model_copy(update={"server": Server(host="0.0.0.0", port=80)})
    with pytest.raises(ConfigError, match=r"0\.0\.0\.0"):
        serve(replace(wiring, settings=settings))
    with wiring.store.begin() as session:
        asked = Origin(at=wiring.clock(), actor="boss", source="cli")
        roles = {EVERYWHERE: Role.OWNER}
        register.add(session, asked, "boss", password_hash=None, roles=roles)
    serve(replace(wiring, settings=settings))
    assert [(call["host"], call["port"]) for call in bound] == [("0.0.0.0", 80)]


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:9000/api/v1"), ("::1", "http://[::1]:9000/api/v1")],
)
def test_it_says_who_may_enter_and_where(
    wiring: Wiring, bound: list[dict[str, Any]], host: str, url: str
) -> None:
    said: list[str] = []
    serve(wiring, host=host, port=9000, say=said.append)
    assert "this machine only" in said[0]
    assert [line.split()[-1] for line in said[1:]] == [url.removesuffix("/api/v1"), url]
    assert bound[0]["proxy_headers"] is False
    assert bound[0]["timeout_graceful_shutdown"] == 27


@pytest.mark.parametrize("bound", [False], indirect=True)
@pytest.mark.usefixtures("bound")
def test_a_server_that_cannot_start_is_a_failure(wiring: Wiring) -> None:
    with pytest.raises(SystemExit) as ended:
        serve(wiring)
    assert ended.value.code == 1


def test_a_signal_tells_everything_that_is_under_way(wiring: Wiring) -> None:
    server = app.Server(wiring, create_app(wiring, access=Access()))
    assert not wiring.ending.is_set()
    server.handle_exit(signal.SIGTERM, None)
    assert wiring.ending.is_set()
    assert server.should_exit
