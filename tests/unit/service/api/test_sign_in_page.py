"""Logging in by the console's page; a WebSocket of the console asks who it is as well."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest
from crew import PASSWORD, Crew
from fastapi import FastAPI

from service.api.needs import include
from service.api.security import Access, Guard
from service.console import sign_in

FORM = {"content-type": "application/x-www-form-urlencoded", "origin": "http://127.0.0.1:8750"}


@pytest.fixture
def client(client_of: Any) -> Any:
    def with_page(app: FastAPI) -> None:
        include(app, sign_in.router)

    return client_of(change=with_page)


def send(client: Any, name: str, password: str, headers: dict[str, str] = FORM) -> Any:
    body = urlencode({"name": name, "password": password})
    return client.post("/sign-in", content=body, headers=headers)


@pytest.mark.usefixtures("crew")
def test_a_page_sends_whoever_is_nobody_to_the_form(client: Any) -> None:
    for page in ("/", "/console/shop-1/today"):
        sent = client.get(page)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in")
    form = client.get("/sign-in")
    assert form.status_code == 200
    assert "<script" not in form.text
    assert "default-src 'none'" in form.headers["content-security-policy"]


@pytest.mark.usefixtures("crew")
def test_the_form_logs_in_or_says_why_not(client: Any) -> None:
    wrong = send(client, "boss<b>", "no")
    assert wrong.status_code == 401
    assert 'role="alert"' in wrong.text
    assert "<b>" not in wrong.text
    entered = send(client, "boss", PASSWORD)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert "httponly" in entered.headers["set-cookie"].lower()


def test_logging_out_ends_the_session_and_shows_the_form(client: Any, crew: Crew) -> None:
    key = {"cookie": f"kaiche_session={crew.cookie('boss')}"}
    assert client.post("/sign-out", headers=key).status_code == 403  # from nowhere
    out = client.post("/sign-out", headers=key | FORM)
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert client.get("/api/v1/session", headers=key).status_code == 401


@pytest.mark.usefixtures("crew")
def test_the_form_waits_as_rest_does_and_takes_nothing_from_other_sites(client: Any) -> None:
    other = FORM | {"origin": "https://evil.example"}
    assert send(client, "boss", PASSWORD, other).status_code == 403
    assert {send(client, "boss", f"wrong {n}").status_code for n in range(10)} == {401}
    held = send(client, "boss", PASSWORD)
    assert held.status_code == 429
    assert "set-cookie" not in held.headers


def knock(wiring: Any, **headers: str) -> list[str]:
    """What a WebSocket meets: whether it came through the guard, or was closed."""
    met: list[str] = []

    async def inside(*_: Any) -> None:
        met.append("inside")

    async def send_(message: Any) -> None:
        met.append(message["type"])

    class Outer:
        state = type("State", (), {"context": wiring})

    scope = {
        "type": "websocket",
        "path": "/console/_nicegui_ws/socket.io/",
        "app": Outer,
        "client": ("127.0.0.1", 40000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(Guard(inside, access=Access())(scope, None, send_))  # type: ignore[arg-type]
    return met


def test_a_websocket_comes_in_as_its_page_did(client: Any, wiring: Any, store: Any) -> None:
    context = client.app.state.context
    ours = {"host": "127.0.0.1:8750", "origin": "http://127.0.0.1:8750"}
    theirs = ours | {"origin": "https://evil.example"}
    assert knock(context, **ours) == ["inside"]
    assert knock(context, **theirs) == ["websocket.close"]
    key = Crew(store, wiring.clock()).cookie("boss")
    assert knock(context, **ours) == ["websocket.close"]
    assert knock(context, **ours, cookie=f"kaiche_session={key}") == ["inside"]
    assert knock(context, **theirs, cookie=f"kaiche_session={key}") == ["websocket.close"]
