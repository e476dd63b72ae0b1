"""The web application and the process that serves it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Protocol

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError

from service.api import accounts, audit, decisions, health, lines, proposals, runs
from service.api.context import Context
from service.api.intake import LARGEST_BODY, Intake
from service.api.metrics import RequestMetrics, StateCollector
from service.api.openapi import TITLE, document_maker, problem_responses
from service.api.problems import HANDLERS
from service.api.security import Access, Guard, access
from service.api.validation import on_invalid_request
from service.errors import StoreError
from service.store import idempotency

API = "/api/v1"
ANSWERS_KEPT = timedelta(days=30)
_GRACE_SECONDS = 20
_ALWAYS = ("unauthorized", "cross-site", "loopback-only", "misdirected", "internal", "unavailable")

log = logging.getLogger(__name__)


class Handle(Protocol):
    """Something started with the application and stopped with it."""

    def stop(self) -> None:
        """Stop after what is under way; a second call does nothing."""
        ...


def create_app(
    context: Context,
    *,
    access: Access,
    scheduler: Callable[[Context], Handle] | None = None,
    largest_body: int = LARGEST_BODY,
) -> FastAPI:
    """The application over ``context``; ``scheduler`` starts the nights' clock with it, if given.

    The store is the caller's: it is open before and closed after.
    """
    app = FastAPI(
        title=TITLE,
        version=context.version,
        lifespan=_lifespan(context, scheduler),
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # the bundled pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    metrics = RequestMetrics()
    metrics.name_version(context.version)
    metrics.registry.register(StateCollector(lambda: health.state_counts(context)))
    app.state.context, app.state.metrics = context, metrics
    app.add_middleware(Guard, access=access)
    app.add_middleware(Intake, metrics=metrics, largest_body=largest_body)
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.include_router(health.probes)
    app.include_router(_versioned())
    app.openapi = document_maker(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _versioned() -> APIRouter:
    api = APIRouter(prefix=API, responses=problem_responses(*_ALWAYS))
    for noun in (accounts, runs, proposals, lines, decisions, audit, health):
        api.include_router(noun.router)
    return api


def _lifespan(
    context: Context, scheduler: Callable[[Context], Handle] | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        _forget_old_answers(context)
        handle = scheduler(context) if scheduler else None
        try:
            yield
        finally:
            if handle is not None:
                handle.stop()
            context.nights.stop()

    return lifespan


def _forget_old_answers(context: Context) -> None:
    try:
        with context.store.begin() as session:
            idempotency.forget(session, context.clock() - ANSWERS_KEPT)
    except StoreError as error:  # /readyz says so until it is mended
        log.warning("%s", error)


def serve(
    context: Context,
    *,
    host: str,
    port: int,
    token: str | None,
    scheduler: Callable[[Context], Handle] | None = None,
    say: Callable[[str], None] = log.info,
) -> None:
    """Serve until a signal ends it. ``say`` is told who may enter and where to.

    Raises ConfigError, before anything is bound, when other machines could enter without a token.
    """
    rule = access(token, host=host)
    app = create_app(context, access=rule, scheduler=scheduler)
    say(rule.sentence)
    say(f"http://{f'[{host}]' if ':' in host else host}:{port}{API}")
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the peer decides whether this machine asks; a header could lie
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
