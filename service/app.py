"""The web application and the process that serves it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from importlib.metadata import version
from types import FrameType
from typing import Any, Final, Protocol

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError

from service.api import (
    PREFIX,
    accounts,
    applications,
    audit,
    decisions,
    health,
    interventions,
    ledger,
    lines,
    people,
    proposals,
    report,
    runs,
    sessions,
    sheets,
)
from service.api.context import Context, Nights, Walks, up_to_date
from service.api.intake import LARGEST_BODY, Intake
from service.api.metrics import RequestMetrics, StateCollector
from service.api.needs import include
from service.api.nights import BackgroundNights
from service.api.openapi import TITLE, document_maker, problem_responses
from service.api.problems import HANDLERS
from service.api.security import Access, Guard, access
from service.api.validation import on_invalid_request
from service.api.walks import BackgroundWalks
from service.applying import Settler
from service.console.mount import mount
from service.ending import in_time
from service.errors import StoreError
from service.people import signing
from service.recall import Recall
from service.store import idempotency
from service.wiring import Wiring

ANSWERS_KEPT = timedelta(days=30)
SERVER_OPTIONS: dict[str, Any] = {
    "log_config": None,
    "access_log": False,
    "ws": "websockets-sansio",
    "server_header": False,
    "proxy_headers": False,  # the peer decides whether this machine asks; a header could lie
}
LAST_SECONDS: Final = 3  # of those that a process has to end, for what is not a request
_ALWAYS = (
    "unauthorized",
    "forbidden",
    "cross-site",
    "loopback-only",
    "misdirected",
    "internal",
    "busy",
    "unavailable",
)

log = logging.getLogger(__name__)


class Handle(Protocol):
    """Something started with the application and stopped with it."""

    def stop(self) -> None:
        """Stop after what is under way; a second call does nothing."""
        ...


def create_app(
    wiring: Wiring,
    *,
    access: Access,
    nights: Nights | None = None,
    walks: Walks | None = None,
    scheduler: Callable[[Wiring], Handle] | None = None,
    largest_body: int = LARGEST_BODY,
    console: bool = False,
) -> FastAPI:
    """The application over ``wiring``.

    ``nights`` carries out the nights that requests start, ``walks`` the applications, in threads of
    their own unless given.
    ``scheduler`` starts the nights' clock with the application, if given; it is stopped with it.
    The store is the caller's: open before, closed after.
    """
    context = Context(
        wiring=wiring,
        nights=nights or BackgroundNights(wiring),
        walks=walks or BackgroundWalks(wiring),
        recall=Recall(wiring.store, wiring.night.door),
        version=version("kaiche"),
    )
    app = FastAPI(
        title=TITLE,
        version=context.version,
        lifespan=_lifespan(context, scheduler),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # the bundled pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    metrics = RequestMetrics()
    metrics.name_version(context.version)
    app.state.context, app.state.metrics, app.state.access = context, metrics, access
    metrics.registry.register(StateCollector(lambda: health.state_counts(app.state.context)))
    app.add_middleware(Guard, access=access)
    app.add_middleware(Intake, metrics=metrics, largest_body=largest_body)
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    _include_routes(app)
    if console:
        mount(app, context)
    app.openapi = document_maker(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _include_routes(app: FastAPI) -> None:
    """REST: what is about accounts ends first what has run out of time."""
    include(app, health.probes)
    always = problem_responses(*_ALWAYS)
    nouns = (
        accounts,
        ledger,
        report,
        runs,
        proposals,
        lines,
        sheets,
        decisions,
        applications,
        interventions,
        audit,
    )
    for noun in nouns:
        include(app, noun.router, responses=always, dependencies=[Depends(up_to_date)])
    for noun in (health, sessions, people):
        include(app, noun.router, responses=always)


def _lifespan(
    context: Context, scheduler: Callable[[Wiring], Handle] | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        _forget_old_answers(context)
        handle = scheduler(context.wiring) if scheduler else None
        settler = Settler(context.wiring.applying, context.settings.accounts)
        settler.start()
        try:
            yield
        finally:
            if handle is not None:
                handle.stop()
            context.nights.stop()
            context.walks.stop()
            settler.stop()

    return lifespan


def _forget_old_answers(context: Context) -> None:
    try:
        with context.store.begin() as session:
            idempotency.forget(session, context.now() - ANSWERS_KEPT)
        signing.forget(context.store, context.now())
    except StoreError as error:  # /readyz says so until it is mended
        log.warning("%s", error, extra={"event": "database_unusable"})


def serve(
    wiring: Wiring,
    *,
    host: str | None = None,
    port: int | None = None,
    scheduler: Callable[[Wiring], Handle] | None = None,
    say: Callable[[str], None] = log.info,
) -> None:
    """Serve until a signal ends it, where the settings say unless ``host`` or ``port`` is given.

    ``say`` is told who may enter and where. Raises ConfigError, before anything is bound, when
    other machines could enter though there is no user yet.
    """
    host, port = host or wiring.settings.server.host, port or wiring.settings.server.port
    is_open = signing.is_open(wiring.store)
    rule = access(host=host, is_open=is_open, public_url=wiring.settings.server.public_url)
    app = create_app(wiring, access=rule, scheduler=scheduler, console=True)
    say(rule.sentence(is_open=is_open))
    place = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    say(f"控制台 console  {place}")
    say(f"接口 REST      {place}{PREFIX}")
    server = Server(wiring, app, host=host, port=port)
    with in_time(wiring), suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(1)


class Server(uvicorn.Server):
    """Serves ``app``; a signal tells at once everything that is under way, not only requests."""

    def __init__(self, wiring: Wiring, app: FastAPI, **where: Any) -> None:
        patience = max(1, wiring.settings.server.stop_seconds - LAST_SECONDS)
        options = {**SERVER_OPTIONS, "timeout_graceful_shutdown": patience, **where}
        super().__init__(uvicorn.Config(app, **options))
        self._ending = wiring.ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal has come."""
        self._ending.set()
        super().handle_exit(sig, frame)
