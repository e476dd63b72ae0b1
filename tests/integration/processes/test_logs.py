"""Every line of a service's log says when, what, and of which request, night or account; none is a leak."""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from held_shop import HeldShop
from served import Served

from service.audit import Origin
from service.people import passwords, register
from service.people.roles import EVERYWHERE, Role
from service.store import Store, open_store

PASSWORD, WRONG = "a horse, a battery, a staple", "correct horse, wrong battery"
SAME = {"sec-fetch-site": "same-origin"}
Line = dict[str, Any]


@dataclass
class Robot:
    """A group's robot: its whole address, which is a key, and whether anything has arrived."""

    key: str = field(default_factory=lambda: secrets.token_hex(16))
    port: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/robot/send?access_token={self.key}"


@pytest.fixture
def robot() -> Iterator[Robot]:
    made = Robot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            said = b'{"errcode": 0}'
            self.send_response(200)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            made.arrived.set()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """One kind of database is enough: what is logged does not depend on it."""
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def nobody() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def staffed(store: Store) -> str:
    """An owner with a password, and a token of theirs."""
    asked = Origin(at=datetime.now(UTC), actor="setup", source="cli")
    with store.begin() as session:
        register.add(
            session,
            asked,
            "zhang",
            password_hash=passwords.hashed(PASSWORD),
            roles={EVERYWHERE: Role.OWNER},
        )
        _, token = register.create_token(
            session,
            asked,
            "zhang",
            "script",
            role=Role.OWNER,
            accounts=None,
            life=timedelta(days=1),
        )
    return token


def channels(robot: Robot, nobody: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Three channels, of which the last works, and what opens them."""
    mail = {"name": "mail", "kind": "mail", "host": "127.0.0.1", "port": nobody, "user": "kaiche"}
    mail |= {"security": "none", "sender": "a@example.cn", "to": ["b@example.cn"]}
    told = [{"name": "dead", "kind": "wecom"}, mail, {"name": "group", "kind": "dingtalk"}]
    env = {
        "KAICHE_NOTIFY_DEAD": f"http://127.0.0.1:{nobody}/send?key={secrets.token_hex(16)}",
        "KAICHE_NOTIFY_MAIL": secrets.token_hex(16),
        "KAICHE_NOTIFY_GROUP": robot.url,
        "KAICHE_NOTIFY_GROUP_SIGN": f"SEC{secrets.token_hex(16)}",
        "KAICHE_OIDC_SECRET": secrets.token_hex(16),
    }
    more = {
        "notify": {"channels": told},
        "oidc": {"issuer": f"http://127.0.0.1:{nobody}", "client_id": "kaiche"},
    }
    return more, env


class Day:
    """What people and programs do; remembers every key that was given out."""

    def __init__(self, served: Served, token: str) -> None:
        self.http, self.token, self.keys = served.client, token, [token]

    def ask(self, method: str, path: str, number: int, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", "x-request-id": f"request-{number}"}
        headers |= {"idempotency-key": f"key-{number}"} | more.pop("headers", {})
        return self.http.request(method, path, headers=headers, **more)

    def log_in(self) -> None:
        for password, status in ((WRONG, 401), (PASSWORD, 200)):
            body = {"name": "zhang", "password": password}
            answer = self.http.post("/session", json=body, headers=SAME)
            assert answer.status_code == status
            self.keys += list(answer.cookies.values())
        assert len(self.keys) > 1
        assert self.http.get("/session").json()["user"] == "zhang"
        self.http.cookies.clear()
        outside = self.http.base_url.join("/sign-in/oidc")
        assert self.http.get(f"{outside}?code={self.keys[1]}").status_code == 503

    def work(self) -> None:
        assert self.ask("GET", f"/accounts?token={self.token}", 1).status_code == 200
        assert self.ask("POST", "/runs", 2, json={"account_id": "shop"}).status_code == 202
        while self.ask("GET", "/runs", 3).json()["items"][0]["state"] == "running":
            pass
        newest = self.ask("GET", "/proposals?limit=1", 4).json()["items"][0]["proposal_id"]
        shown = self.ask("GET", f"/proposals/{newest}/lines?state=pending&limit=1", 5)
        demand = {"action": "approve", "filter": {"state": ["pending"]}}
        where, proof = f"/proposals/{newest}/decisions", {"if-match": shown.headers["etag"]}
        assert self.ask("POST", where, 6, json=demand, headers=proof).status_code == 200
        asked = self.ask("POST", "/accounts/shop/apply", 7, json={}).json()
        where = f"/applications/{asked['application_id']}"
        while self.ask("GET", where, 8).json()["state"] in ("queued", "running"):
            pass
        reason = f"see https://robot.example.cn/send?access_token={self.token}"
        stop = {"account_id": "shop", "reason": reason}
        assert self.ask("POST", "/stops", 9, json=stop).status_code == 200


@pytest.fixture
def day(
    store: Store,
    living_shop: HeldShop,
    robot: Robot,
    nobody: int,
    start_serving: Callable[..., Served],
) -> tuple[list[Line], str, list[str]]:
    """(lines, the whole text, all secrets) of a service's day and its next start."""
    token = staffed(store)
    more, env = channels(robot, nobody)
    told = {"notify": {"channels": [one["name"] for one in more["notify"]["channels"]]}}
    options = {"env": env | {"KAICHE_LOG_FORMAT": "json"}, "of_account": told, **more}
    first = start_serving(**options)
    living = Day(first, token)
    living.log_in()
    living.work()
    first.ask_to_end()
    assert first.ended() == 0
    again = start_serving(nights=True, **options)
    assert robot.arrived.wait(120)
    again.ask_to_end()
    assert again.ended() == 0
    text = "".join([*first.said, *again.said])
    secret = [PASSWORD, WRONG, robot.key, *living.keys, *env.values()]
    secret += [value for name, value in living_shop.secrets().items() if name != "KAICHE_APP_KEY"]
    return [json.loads(line) for line in text.splitlines()], text, secret


def of(lines: list[Line], *begins: str) -> list[Line]:
    found = [line for line in lines if line["event"].startswith(begins)]
    assert found, begins
    return found


def test_what_is_logged_can_be_followed_and_tells_no_secret(
    day: tuple[list[Line], str, list[str]],
) -> None:
    lines, text, secret = day
    assert [one for one in secret if one in text] == []
    assert len(secret) > 10
    for line in lines:
        assert {"time", "level", "event", "message", "logger"} <= set(line), line
        assert datetime.fromisoformat(line["time"]).tzinfo == UTC
    for line in of(lines, "request"):
        assert line["request_id"], line
        assert {"method", "route", "status"} <= set(line), line
    requests = {line["request_id"]: line for line in of(lines, "request")}
    assert requests["request-6"]["actor"] == "zhang"
    assert requests["request-6"]["account"] == "shop"
    assert requests["request-1"]["status"] == 200
    night = of(lines, "night_begun", "night_step", "night_planned")
    assert all_the_same(night, "run_id", "account", "request_id") == {
        "account": "shop",
        "request_id": "request-2",
    }
    assert night[0]["actor"] == "zhang"
    application = of(lines, "application_begun", "batch_leaves", "application_ended")
    assert all_the_same(application, "application_id", "account", "request_id") == {
        "account": "shop",
        "request_id": "request-7",
    }
    assert {line["channel"] for line in of(lines, "message_left")} == {"dead", "mail", "group"}
    assert {line["account"] for line in of(lines, "message_left")} == {"shop"}
    of(lines, "log_in_refused")


def all_the_same(lines: list[Line], made: str, *named: str) -> Mapping[str, str]:
    """Every line names one and the same ``made``; what it says of ``named``."""
    (one,) = {(line[made], *(line[name] for name in named)) for line in lines}
    assert one[0]
    return dict(zip(named, one[1:], strict=True))
