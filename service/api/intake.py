"""The outermost room of a request: its id, its size, its duration, the last word on failures."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import logs
from service.api import PREFIX
from service.api.metrics import RequestMetrics
from service.api.problems import RefusalError, answer

REQUEST_ID_HEADER = "x-request-id"
LARGEST_BODY = 2 * 1024 * 1024
# A sheet of lines comes back through REST as base64, and through the console as it is.
LARGEST_SHEET = 34 * 1024 * 1024
_SHEETS = re.compile(
    rf"{PREFIX}/proposals/[^/]+/lines/import(/preview)?|/console/_nicegui/client/[^/]+/upload/\d+"
)
# On every answer: nothing is guessed, kept, framed by other sites or told to them.
ALWAYS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# What is data is never a page: a browser that shows it runs nothing of it.
DATA = (PREFIX, "/metrics", "/healthz", "/readyz")
NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'; sandbox"

QUIET = ("/healthz", "/readyz", "/metrics")  # asked again and again by machines

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = logging.getLogger(__name__)


class _BodyTooLargeError(Exception):
    """More bytes arrived than a request may have."""


class Intake:
    """ASGI middleware around everything else.

    Takes the caller's ``X-Request-ID`` when it is well formed, or makes one, and returns it.
    Refuses bodies over ``largest_body`` bytes, whatever Content-Length says. What nobody caught
    becomes a problem document without a traceback; the traceback goes to the log with the id.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: RequestMetrics, largest_body: int = LARGEST_BODY
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and account for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._largest_for(scope))
        started = time.perf_counter()
        with logs.bound(request_id=exchange.request_id):
            try:
                await self._serve(exchange)
            finally:
                seconds = time.perf_counter() - started
                self._metrics.observe(scope["method"], template_of(scope), exchange.status, seconds)
                _tell(scope, exchange.status, seconds)

    def _largest_for(self, scope: Scope) -> int:
        if scope["method"] == "POST" and _SHEETS.fullmatch(scope["path"]):
            return max(self._largest_body, LARGEST_SHEET)
        return self._largest_body

    async def _serve(self, exchange: _Exchange) -> None:
        try:
            exchange.check_declared_size()
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except _BodyTooLargeError:
            await exchange.refuse(
                RefusalError(
                    "body-too-large",
                    f"The body is larger than {exchange.largest_body} bytes; "
                    "send fewer lines at a time, or choose them by a filter.",
                    headers={"connection": "close"},
                )
            )
        except Exception:
            log.exception(
                "request %s failed", exchange.request_id, extra={"event": "request_broke"}
            )
            await exchange.refuse(RefusalError("internal"))


class _Exchange:
    """One request and its answer, watched."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, largest_body: int) -> None:
        self.scope = scope
        self.status = 500
        self._receive = receive
        self._send = send
        self.largest_body = largest_body
        self._received = 0
        self._answered = False
        self._refusing = False
        offered = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        self.request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        # A copy: what the lifespan put there is shared by all requests.
        scope["state"] = {**scope.get("state", {}), "request_id": self.request_id}

    def check_declared_size(self) -> None:
        """Refuse by Content-Length before a byte is read."""
        declared = Headers(scope=self.scope).get("content-length", "0")
        if declared.isdigit() and int(declared) > self.largest_body:
            raise _BodyTooLargeError

    async def receive(self) -> Message:
        """Pass on what arrives and count it."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self._check_received_size()
        return message

    def _check_received_size(self) -> None:
        if self._received > self.largest_body:
            raise _BodyTooLargeError

    async def send(self, message: Message) -> None:
        """Pass on the answer, with the request id in its head."""
        if message["type"] == "http.response.start" and not self._answered:
            if not self._refusing:  # the framework may have told a cut-off body in its own words
                self._check_received_size()
            self._answered = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID_HEADER] = self.request_id
            for name, value in ALWAYS.items():
                headers.setdefault(name, value)
            if self.scope["path"].startswith(DATA):
                headers.setdefault("content-security-policy", NOTHING_RUNS)
        await self._send(message)

    async def refuse(self, refusal: RefusalError) -> None:
        """Answer with a refusal, unless an answer is already under way."""
        if not self._answered:
            self._refusing = True
            await answer(self.scope, refusal)(self.scope, self._receive, self.send)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """One line a request. Neither the query nor a header is in it: they may carry keys."""
    state, route = scope["state"], template_of(scope)
    about = {name: state[name] for name in ("actor", "account") if state.get(name)}
    fields = {
        "method": scope["method"],
        "route": route,
        "status": status,
        "milliseconds": round(1000 * seconds),
    }
    log.log(
        logging.DEBUG if route in QUIET else logging.INFO,
        "%s %s %d",
        scope["method"],
        route,
        status,
        extra={"event": "request", "fields": about | fields},
    )


def template_of(scope: Scope) -> str:
    """The route's path with its parameters' names; one word for whatever has no route."""
    route = scope.get("route")
    return str(getattr(route, "path", "unmatched"))
