"""Refusals as RFC 9457 problem documents, in English (``detail``) and Chinese (``zh``).

``service.api.kinds`` is the whole list of problem types. No document carries a traceback, a query or
a value of the environment.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from connectors.errors import ConnectorError
from service.api.kinds import KINDS, Kind
from service.errors import (
    ConflictError,
    EndingError,
    InputError,
    NotFoundError,
    RunInProgressError,
    SecondPersonError,
    ServiceError,
    StaleDataError,
    StoreBusyError,
    StoreError,
)

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger(__name__)


_BY_ERROR: tuple[tuple[type[ServiceError], str], ...] = (
    (NotFoundError, "not-found"),
    (StaleDataError, "stale-data"),
    (EndingError, "unavailable"),
    (RunInProgressError, "run-in-progress"),
    (SecondPersonError, "second-person-needed"),
    (ConflictError, "conflict"),
    (InputError, "invalid-request"),
    (StoreBusyError, "busy"),
    (StoreError, "unavailable"),
)
_BY_STATUS: Mapping[int, str] = {
    400: "invalid-request",
    404: "not-found",
    405: "method-not-allowed",
    401: "unauthorized",
    403: "forbidden",
    413: "body-too-large",
    422: "invalid-request",
}


class RefusalError(Exception):
    """A request that is not carried out; becomes the problem document of its kind.

    ``extra`` members stand beside the standard ones (``errors``, ``changes``, …).
    """

    def __init__(
        self,
        name: str,
        detail: str | None = None,
        *,
        zh: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = KINDS[name]
        self.detail = detail or self.kind.remedy
        self.zh = zh or self.kind.zh
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        super().__init__(self.detail)


@dataclass(frozen=True, slots=True)
class Document:
    """The members of one problem document."""

    kind: Kind
    detail: str
    zh: str
    instance: str
    request_id: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = None

    def body(self) -> dict[str, Any]:
        """The document as JSON will show it."""
        return {
            "type": self.kind.uri,
            "title": self.kind.title,
            "status": self.status or self.kind.status,
            "detail": self.detail,
            "zh": self.zh,
            "instance": self.instance,
            "request_id": self.request_id,
            **self.extra,
        }


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id given to this request where it came in."""
    return str(scope.get("state", {}).get("request_id", ""))


def answer(
    scope: Mapping[str, Any],
    refusal: RefusalError,
    *,
    status: int | None = None,
) -> JSONResponse:
    """The response for a refusal met while serving ``scope``."""
    document = Document(
        refusal.kind,
        refusal.detail,
        refusal.zh,
        instance=str(scope.get("path", "")),
        request_id=request_id_of(scope),
        extra=refusal.extra,
        status=status,
    )
    return JSONResponse(
        document.body(),
        status_code=status or refusal.kind.status,
        headers={"cache-control": "no-store", **refusal.headers},
        media_type=MEDIA_TYPE,
    )


def from_service_error(error: ServiceError) -> RefusalError:
    """The refusal that tells a service error; an unexpected one is told as internal."""
    for cls, name in _BY_ERROR:
        if isinstance(error, cls):
            kind = KINDS[name]
            again = isinstance(error, StoreBusyError) and {"retry-after": str(error.retry_seconds)}
            zh = error.zh or f"{kind.title_zh}。{kind.zh}"
            return RefusalError(name, str(error), zh=zh, headers=again or None)
    log.error(
        "a request ended in %s: %s", type(error).__name__, error, extra={"event": "request_failed"}
    )
    return RefusalError("internal")


def from_http_exception(error: HTTPException) -> tuple[RefusalError, int]:
    """The refusal for what the framework raised by itself: no route, wrong method, bad JSON."""
    name = _BY_STATUS.get(error.status_code)
    if name is None:
        name = "internal" if error.status_code >= 500 else "invalid-request"
    phrase = HTTPStatus(error.status_code).phrase
    detail = KINDS[name].remedy if error.detail in ("", phrase) else str(error.detail)
    status = 422 if error.status_code == 400 else error.status_code  # a body that is no text
    return RefusalError(name, detail, headers=error.headers), status


async def on_refusal(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for ``RefusalError``."""
    assert isinstance(error, RefusalError)
    return answer(request.scope, error)


async def on_service_error(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for ``ServiceError``."""
    assert isinstance(error, ServiceError)
    return answer(request.scope, from_service_error(error))


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for the framework's own refusals."""
    assert isinstance(error, HTTPException)
    refusal, status = from_http_exception(error)
    return answer(request.scope, refusal, status=status)


def from_failure(error: Exception, request_id: str) -> RefusalError | None:
    """The refusal for a failure below a request, None for one that nobody has foreseen."""
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, ServiceError):
        return from_service_error(error)
    if isinstance(error, ConnectorError):
        return RefusalError("platform-unavailable", str(error))
    if isinstance(error, SQLAlchemyError):
        log.error(
            "the database failed under request %s",
            request_id,
            exc_info=error,
            extra={"event": "database_failed"},
        )
        return RefusalError("unavailable")
    return None


async def on_failure(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for a database or a platform that failed underneath a request."""
    refusal = from_failure(error, request_id_of(request.scope))
    assert refusal is not None
    return answer(request.scope, refusal)


HANDLERS = {
    RefusalError: on_refusal,
    ServiceError: on_service_error,
    HTTPException: on_http_exception,
    SQLAlchemyError: on_failure,
    ConnectorError: on_failure,
}
