"""A platform at the other end of the wire that answers from a script and remembers every call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx
import pytest

from connectors.taobao import Patience, Rate, TaobaoShop, Transport
from connectors.taobao.limits import QuotaMeter
from connectors.taobao.signing import signature

NOON = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
SECRET = "s3cret-of-the-app"
SESSION = "6100-session-of-the-shop"
GATEWAY = "http://gateway.test/router/rest"

Say = Callable[[dict[str, str]], httpx.Response]


@dataclass
class Watch:
    """A clock that only sleeping moves."""

    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass(repr=False)
class Desk:
    """Answers each method from its script: the last thing said is said again and again."""

    watch: Watch
    calls: list[dict[str, str]] = field(default_factory=list, repr=False)
    scripts: dict[str, list[Say]] = field(default_factory=dict, repr=False)
    files: dict[str, list[httpx.Response]] = field(default_factory=dict)

    def on(self, method: str, *said: Say | dict[str, object] | Exception) -> None:
        """Script a method (without ``taobao.``): payloads, responses or failures, in turn."""
        self.scripts[method] = [_say(method, one) for one in said]

    def made(self, method: str) -> list[dict[str, str]]:
        """The calls of a method so far."""
        return [call for call in self.calls if call["method"] == f"taobao.{method}"]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            waiting = self.files[str(request.url)]
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        assert str(request.url) == GATEWAY
        call = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        assert call["sign"] == signature(call, SECRET, "hmac-sha256")
        self.calls.append(call)
        script = self.scripts[call["method"].removeprefix("taobao.")]
        return (script.pop(0) if len(script) > 1 else script[0])(call)


def _say(method: str, said: Say | dict[str, object] | Exception) -> Say:
    if isinstance(said, dict):
        return lambda _: enveloped(method, said)
    if isinstance(said, Exception):

        def fail(_: dict[str, str]) -> httpx.Response:
            raise said

        return fail
    return said


def enveloped(method: str, payload: dict[str, object]) -> httpx.Response:
    root = method.replace(".", "_") + "_response"
    return httpx.Response(200, text=json.dumps({root: {**payload, "request_id": "r1"}}))


def refused(code: int | str, sub_msg: str = "", sub_code: str = "", **headers: str) -> Say:
    body = {"code": code, "msg": "said no", "sub_code": sub_code, "sub_msg": sub_msg}
    text = json.dumps({"error_response": {**body, "request_id": "r9"}}, ensure_ascii=False)
    return lambda _: httpx.Response(200, text=text, headers=headers)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def desk(watch: Watch) -> Desk:
    return Desk(watch)


@pytest.fixture
def shop() -> TaobaoShop:
    return shop_of("simba")


def shop_of(generation: str, **more: object) -> TaobaoShop:
    return TaobaoShop(
        app_key="12345678",
        app_secret=SECRET,
        session=SESSION,
        nick="沙盒旗舰店",
        generation=generation,
        gateway=GATEWAY,
        **more,
    )


@pytest.fixture
def client(desk: Desk) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.MockTransport(desk)) as opened:
        yield opened


@pytest.fixture
def connect(client: httpx.Client, watch: Watch) -> Callable[..., Transport]:
    """A transport to the desk; patience without any pacing unless it is given."""

    def build(
        generation: str = "simba",
        meter: QuotaMeter | None = None,
        patience: Patience | None = None,
        **more: object,
    ) -> Transport:
        return Transport(
            shop_of(generation, **more),
            client,
            clock=watch.clock,
            sleep=watch.sleep,
            meter=meter,
            patience=patience or Patience(rate=Rate(per_second=1e6, burst=1e6)),
        )

    return build


@pytest.fixture(name="refused")
def refused_fixture() -> Callable[..., Say]:
    return refused
