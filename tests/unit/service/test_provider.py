"""How long a log-in provider may take to answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from service.errors import ProviderDownError
from service.people.provider import SECONDS, Provider
from service.people.vouching import Passage
from service.settings.sign_in import Oidc


class Slow:
    """A provider that sends a drop just before each time-out, and never an end."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 31, 1, 0, tzinfo=UTC)
        self.drops = 0

    def answer(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=self._trickle())

    def _trickle(self) -> Iterator[bytes]:
        while True:
            self.drops += 1
            self.now += timedelta(seconds=SECONDS - 1)
            yield b" "


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for() -> None:
    """Each drop is in time, so only the whole can take too long."""
    slow = Slow()
    terms = Oidc(issuer="https://login.example.cn", client_id="kaiche")
    asks = Provider(terms, "https://bids.example.cn", secret=lambda: None, clock=lambda: slow.now)
    asks._http.close()
    asks._http = httpx.Client(transport=httpx.MockTransport(slow.answer))
    with pytest.raises(ProviderDownError, match="too long"):
        asks.outward(Passage("key"))
    assert slow.drops < 10
    asks.close()
