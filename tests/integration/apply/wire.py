"""A shop behind the open platform's gateway: what reaches it over HTTP, and what really stands there.

Requests travel through the whole of the client and the whole of the server, in one thread and on
the sandbox's clock: a slow answer costs no time, and a cut connection is one that httpx reports.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx
from promises import Change

from connectors.platform import AdPlatform
from connectors.sandbox.gateway import App, Fault, Gateway, Limits, SandboxClock, ShopSpec
from connectors.sandbox.scenario import DEMO
from connectors.taobao import MemoryQuotaMeter, TaobaoShop, connect
from connectors.taobao.shop import Generation

GATEWAY = "http://gateway.test/router/rest"
WRITE = {
    "simba": "taobao.simba.keywords.pricevon.set",
    "universalbp": "taobao.universalbp.new.bidword.update",
}
LIVE = {
    "simba": "taobao.simba.keywordsbykeywordids.get",
    "universalbp": "taobao.universalbp.new.bidword.findlist",
}
TINY = replace(
    DEMO, keywords=20, campaigns=2, adgroups_per_campaign=1, auto_campaign_share=0.0, new_share=0.0
)


def method_of(request: httpx.Request) -> str:
    """Which method of the protocol a request calls."""
    return parse_qs(request.read().decode()).get("method", [""])[0]


def is_write(method: str) -> bool:
    """Whether a method of the protocol sets bids."""
    return method in WRITE.values()


class InProcess(httpx.BaseTransport):
    """Carries requests to an ASGI application in this thread; breaks off where it hangs up.

    ``sent`` sees every form before it leaves, ``answered`` after the application is done with it.
    """

    def __init__(
        self,
        sent: Callable[[Mapping[str, str]], None],
        answered: Callable[[Mapping[str, str]], None],
    ) -> None:
        self.application: Any = None
        self._sent = sent
        self._answered = answered
        self._loop = asyncio.new_event_loop()
        self._waited = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange; raises what httpx raises when the other side hangs up or is too slow."""
        form = {name: values[0] for name, values in parse_qs(request.read().decode()).items()}
        self._sent(form)
        self._waited = 0.0
        status, headers, body, cut = self._loop.run_until_complete(self._exchange(request))
        self._answered(form)
        if self._waited > request.extensions["timeout"]["read"]:
            raise httpx.ReadTimeout("the read operation timed out", request=request)
        if cut:
            raise httpx.RemoteProtocolError("peer closed the connection", request=request)
        return httpx.Response(status, headers=headers, content=body)

    async def wait(self, seconds: float) -> None:
        """What a slow answer waits on."""
        self._waited += seconds

    def close(self) -> None:
        """End the loop; nothing is under way between requests."""
        self._loop.close()

    async def _exchange(
        self, request: httpx.Request
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes, bool]:
        said: list[dict[str, Any]] = []
        hung_up = asyncio.Event()
        body = iter([{"type": "http.request", "body": request.content, "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in body:
                return message
            await hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": request.method,
            "path": request.url.path,
            "headers": request.headers.raw,
            "server": (request.url.host, request.url.port or 80),
            "state": {"hang_up": lambda _flush: hung_up.set()},
        }
        await self.application(scope, receive, send)
        start = said[0] if said else {"status": 0, "headers": []}
        content = b"".join(message.get("body", b"") for message in said)
        return start["status"], start["headers"], content, hung_up.is_set()


@dataclass
class WiredShop:
    """One tiny shop of the sandbox behind its gateway, and a connector's way to it.

    ``before_write`` sees the bids of every write that leaves, in fen by keyword id. ``dies`` says
    where in the next write the process is killed: ``"before"`` or ``"after"`` it takes effect.
    """

    generation: Generation
    seed: int
    keywords: int
    history_days: int
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    before_write: Callable[[Mapping[str, int]], None] = lambda _: None
    at_write: Callable[[str], None] = lambda _: None
    armed: list[tuple[int, Fault]] = field(default_factory=list)
    _journal: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._carrier = InProcess(self._leaves, self._comes_back)
        self.gateway = Gateway(
            app=App(key="12345678", secret="app-secret"),
            shops=[
                ShopSpec(
                    nick="沙盒旗舰店",
                    session="session-of-the-shop",
                    seed=self.seed,
                    scenario=replace(TINY, keywords=self.keywords),
                    history_days=self.history_days,
                )
            ],
            clock=SandboxClock(self.now),
            sleep=self._carrier.wait,
        )
        self._carrier.application = self.gateway
        self.front = self.gateway.front("沙盒旗舰店")
        self._meter = MemoryQuotaMeter()
        self._client = httpx.Client(transport=self._carrier, timeout=30)

    def close(self) -> None:
        """End the client and its loop."""
        self._client.close()

    def platform(self, daily_calls: int | None = None) -> AdPlatform:
        """The connector, as a process that has just begun opens it."""
        shop = TaobaoShop(
            app_key="12345678",
            app_secret="app-secret",
            session="session-of-the-shop",
            nick="沙盒旗舰店",
            generation=self.generation,
            gateway=GATEWAY,
            daily_calls=daily_calls,
        )
        return connect(shop, self._client, clock=self.now, sleep=self.sleep, meter=self._meter)

    def used(self, day: date) -> int:
        """Calls of the day that the connector has counted."""
        return self._meter.used(day)

    def live(self) -> dict[str, int]:
        """What stands on the platform, whatever it says."""
        self.gateway.catch_up()
        names, bids = self.front.shop.directory.keyword_ids, self.front.shop.bids_now()
        return {word: int(bid) for word, bid in zip(names, bids, strict=True) if bid > 0}

    def journal(self) -> list[Change]:
        """Every bid that was really set since the shop was opened, and by whom."""
        self.gateway.catch_up()
        names = self.front.shop.directory.keyword_ids
        for one in self.front.shop.changes(len(self._journal)):
            self._journal.append(
                Change(
                    number=len(self._journal),
                    day=date.fromordinal(one.day),
                    keyword_id=names[one.keyword],
                    bid_fen=one.bid_fen,
                    actor=one.actor,
                )
            )
        return self._journal

    def arm(self, fault: Fault, *, after: int = 0) -> None:
        """Let ``fault`` befall the call that comes after so many others of its method."""
        self.armed.append((after, fault))

    def mend(self) -> None:
        """A person authorises again, the platform sets its clock, nothing more goes wrong."""
        self.armed.clear()
        self.gateway.faults.clear()
        self.gateway.skew = timedelta()
        self.gateway.meter.limits = Limits()
        self.front.expired = False

    def allow(self, calls: int) -> None:
        """The app's day ends after so many more calls."""
        used = self.gateway.meter.calls_today
        self.gateway.meter.limits = Limits(daily_calls=used + calls)

    def _leaves(self, form: Mapping[str, str]) -> None:
        method = form.get("method", "")
        for position, (after, fault) in enumerate(self.armed):
            if method.startswith(fault.method):
                self.armed[position] = (after - 1, fault)
        self.gateway.faults.queue(*(fault for after, fault in self.armed if after < 0))
        self.armed = [(after, fault) for after, fault in self.armed if after >= 0]
        if is_write(method):
            self.before_write(bids_of(form))
            self.at_write("before the write")

    def _comes_back(self, form: Mapping[str, str]) -> None:
        if is_write(form.get("method", "")):
            self.at_write("after the write")


def bids_of(form: Mapping[str, str]) -> dict[str, int]:
    """The bids of a write of either generation: keyword id → fen."""
    if "keywordid_prices" in form:
        items = json.loads(form["keywordid_prices"])
        return {str(item["keywordId"]): int(item["maxPrice"]) for item in items}
    items = json.loads(form["word_update_request_v_o"], parse_float=Decimal)["bidword_list"]
    return {str(item["bidword_id"]): int(Decimal(item["bid_price"]) * 100) for item in items}
