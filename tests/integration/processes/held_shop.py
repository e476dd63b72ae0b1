"""A simulated shop behind its gateway, in the test's own process: what really reached it, and when."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.gateway import (
    Fault,
    Gateway,
    Kind,
    SandboxClock,
    app_of,
    serve,
    shops_of,
)
from service.settings.platform_secrets import APP_KEY
from service.settings.secrets import APP_SECRET

SEED = 5
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai
REPORT = "taobao.simba.rpt."
WRITE = "taobao.simba.keywords.pricevon.set"
API = "api"


class HeldShop:
    """One shop. ``hold`` lets the next answer of a method wait, its work done, until ``let_go``."""

    def __init__(
        self, *, keywords: int, history_days: int, clock: SandboxClock | None = None
    ) -> None:
        self._free, self._held = threading.Event(), threading.Event()
        self.clock = clock or SandboxClock.standing(MORNING)
        self.gateway = Gateway(
            app=app_of(SEED),
            shops=shops_of(SEED, keywords=keywords, history_days=history_days),
            clock=self.clock,
            sleep=self._wait,
        )
        (self.front,) = self.gateway.fronts.values()
        self._seen = len(self.front.shop.changes())
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator[HeldShop]:
        """Behind a free port of this machine."""
        with serve(self.gateway) as self.url:
            try:
                yield self
            finally:
                self.let_go()

    async def _wait(self, _seconds: float) -> None:
        self._held.set()
        await asyncio.to_thread(self._free.wait)

    def hold(self, method: str) -> None:
        """The next answer of a method that begins so waits."""
        self._free.clear()
        self._held.clear()
        self.gateway.faults.queue(Fault(kind=Kind.SLOW, method=method))

    def until_held(self) -> None:
        """Until an answer waits."""
        assert self._held.wait(120)

    def let_go(self) -> None:
        """What waits is answered."""
        self._free.set()

    def later(self, minutes: int) -> None:
        """Time passes at the platform."""
        self.clock.advance(seconds=timedelta(minutes=minutes).total_seconds())

    def secrets(self) -> dict[str, str]:
        """What opens the shop, by the name of its variable."""
        app = app_of(SEED)
        return {
            APP_KEY: app.key,
            APP_SECRET: app.secret,
            "KAICHE_SESSION_SHOP": self.front.session,
        }

    def account(self) -> dict[str, Any]:
        """The shop's account in a configuration."""
        return {
            "id": "shop",
            "connector": {
                "kind": "taobao",
                "generation": "simba",
                "nick": self.front.nick,
                "gateway": f"{self.url}/router/rest",
            },
            "history_days": 14,
            "objective": "profit",
            "budgets": {"daily": 100_000},
            "guardrails": {"max_changed_share": 1.0, "max_spend_rise": 10, "max_step_down": 0.9},
            "economics": [{"margin_rate": 0.4}],
        }

    def written(self) -> Counter[tuple[str, int]]:
        """How often each (word, bid in fen) was really set over the interface since the beginning."""
        names = self.front.shop.directory.keyword_ids
        return Counter(
            (names[one.keyword], one.bid_fen)
            for one in self.front.shop.changes(self._seen)
            if one.actor == API
        )
