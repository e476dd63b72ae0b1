"""The gateway as an ASGI application, with connections that really break."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from datetime import UTC
from email.utils import format_datetime
from typing import Any, Final

from connectors.sandbox.gateway.access import App
from connectors.sandbox.gateway.admin import WishError, administer
from connectors.sandbox.gateway.answer import compact
from connectors.sandbox.gateway.clock import SandboxClock
from connectors.sandbox.gateway.core import Answer, Sandbox
from connectors.sandbox.gateway.faults import FaultPlan
from connectors.sandbox.gateway.limits import Limits
from connectors.sandbox.gateway.storefront import ShopSpec

Message = MutableMapping[str, Any]  # ASGI's own type: what its servers and clients pass around
Scope = Message
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]

ROUTER: Final = "/router/rest"
_DOWNLOAD: Final = "/download/"
_ADMIN: Final = "/sandbox/"
_LARGEST_FORM: Final = 4 * 1024 * 1024
_JSON: Final = "application/json;charset=UTF-8"
_CSV: Final = "text/csv;charset=UTF-8"


class Gateway(Sandbox):
    """The open platform's gateway over simulated shops, an ASGI application.

    ``admin_token`` opens ``/sandbox/*`` (None: closed). ``sleep`` is what a slow answer waits on.
    """

    def __init__(
        self,
        *,
        app: App,
        shops: Sequence[ShopSpec],
        clock: SandboxClock,
        limits: Limits | None = None,
        faults: FaultPlan | None = None,
        admin_token: str | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(app=app, shops=shops, clock=clock, limits=limits, faults=faults)
        self._admin_token = admin_token
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection event, as ASGI has it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, verb = str(scope["path"]), str(scope["method"])
        form = await _body(receive)
        if form is None:
            await self._say(send, Answer(status=413, body="{}", content_type=_JSON))
        elif path == ROUTER and verb == "POST":
            await self._call(scope, receive, send, form)
        elif path.startswith(_DOWNLOAD) and verb == "GET":
            await self._file(path.removeprefix(_DOWNLOAD), send)
        elif path.startswith(_ADMIN):
            await self._say(send, self._administered(scope, path.removeprefix(_ADMIN), form))
        else:
            await self._say(send, Answer(status=404, body='{"error":"no such place"}'))

    async def _call(self, scope: Scope, receive: Receive, send: Send, form: bytes) -> None:
        host, port = scope["server"]
        answer = self.answer(form, f"http://{host}:{port}")
        if answer.delay:
            await self._wait(answer.delay, receive)
        if answer.cut:
            await _cut(scope, receive)
        elif answer.truncated:
            await self._say_half(answer, scope, receive, send)
        else:
            await self._say(send, answer)

    async def _wait(self, seconds: float, receive: Receive) -> None:
        """Wait, or until the caller has gone."""
        waiting = {
            asyncio.ensure_future(self._sleep(seconds)),
            asyncio.ensure_future(_gone(receive)),
        }
        _, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _say(self, send: Send, answer: Answer) -> None:
        body = answer.body.encode()
        await send(self._start(answer, len(body)))
        await send({"type": "http.response.body", "body": body})

    async def _say_half(self, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        body = answer.body.encode()
        await send(self._start(answer, len(body)))
        half = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        await send(half)
        await _cut(scope, receive, flush=True)

    async def _file(self, token: str, send: Send) -> None:
        with self.lock:
            task = self.downloads.fetch(token, self.clock.now())
        if task is None:
            await self._say(send, Answer(status=403, body='{"error":"unknown or too old"}'))
            return
        await send(self._start(Answer(content_type=_CSV), None))
        pieces = task.content()
        while (piece := self._piece(pieces)) is not None:
            await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _piece(self, pieces: Iterator[str]) -> str | None:
        with self.lock:
            return next(pieces, None)

    def _start(self, answer: Answer, length: int | None) -> Message:
        date = format_datetime(self.now().astimezone(UTC), usegmt=True)
        headers = [(b"content-type", answer.content_type.encode()), (b"date", date.encode())]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        return {"type": "http.response.start", "status": answer.status, "headers": headers}

    def _administered(self, scope: Scope, path: str, form: bytes) -> Answer:
        given = dict(scope["headers"]).get(b"authorization", b"")
        wanted = f"Bearer {self._admin_token}".encode()
        if self._admin_token is None or not hmac.compare_digest(given, wanted):
            return Answer(status=401, body='{"error":"wrong token"}', content_type=_JSON)
        try:
            wish = json.loads(form) if form else {}
            if not isinstance(wish, dict):
                return Answer(status=400, body='{"error":"send a JSON object"}', content_type=_JSON)
            done = administer(self, path, wish)
        except LookupError:
            return Answer(status=404, body='{"error":"no such place"}', content_type=_JSON)
        except ValueError:
            return Answer(status=400, body='{"error":"send JSON"}', content_type=_JSON)
        except WishError as error:
            return Answer(status=400, body=compact({"error": str(error)}), content_type=_JSON)
        return Answer(body=compact(done), content_type=_JSON)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes | None:
    """The whole request, None when it is too large."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if sum(map(len, pieces)) > _LARGEST_FORM:
            return None
        if not message.get("more_body"):
            return b"".join(pieces)


async def _gone(receive: Receive) -> None:
    """Until the other side has closed."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(scope: Scope, receive: Receive, *, flush: bool = False) -> None:
    """End the connection without another byte; ``flush`` lets written bytes out first."""
    hang_up = scope["state"]["hang_up"]
    hang_up(flush)
    await _gone(receive)
