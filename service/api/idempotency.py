"""A request that must not be carried out twice, and the answer it had the first time.

The key is claimed, the work done and the answer kept in one transaction: either all of it is on
record or none. Of two requests with one key the second waits for the first and gets its answer.
A refused request rolls back, keeps no answer, and may be sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from service.api.context import InContext
from service.api.etags import quoted
from service.api.problems import RefusalError
from service.api.schemas import Answer, Demand
from service.errors import ConflictError
from service.store import idempotency

REPLAYED = "idempotency-replayed"

IdempotencyKey = Annotated[
    str,
    Header(
        min_length=1,
        max_length=100,
        pattern=r"^[!-~]+$",
        description="A string of your own, new for every new request; a repeated request with the "
        "same key and body gets the first answer.",
        examples=["b6a1c9de-approve-1042"],
    ),
]
Work = Callable[[Session], Answer]


class Once:
    """Carries out one request's work once; made for the request by ``once``."""

    def __init__(
        self, request: Request, context: InContext, idempotency_key: IdempotencyKey
    ) -> None:
        self._request = request
        self._context = context
        self._shown = idempotency_key
        self._key = own_key(request.state.actor, idempotency_key)

    def __call__(self, demand: Demand, work: Work) -> JSONResponse:
        """Do ``work`` in one transaction and answer, or repeat the first answer.

        Raises RefusalError (``idempotency-key-reused``) when the key belongs to another request.
        """
        digest = request_hash(self._request.method, self._request.url.path, demand)
        with self._context.store.begin() as session:
            if not idempotency.put(session, self._key, digest, now=self._context.now()):
                return _replay(session, self._key, digest, self._shown)
            body = work(session).model_dump(mode="json")
            idempotency.answer(session, self._key, status=200, body=body)
        return _respond(200, body)


DoOnce = Annotated[Once, Depends(Once)]


def request_hash(method: str, path: str, demand: Demand) -> str:
    """What makes two requests the same: method, path and body, whatever the spacing of its JSON."""
    body = json.dumps(demand.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{method} {path}\n{body}".encode()).hexdigest()


def own_key(actor: str, key: str) -> str:
    """The key in a room of its own for everybody: nobody's keys stand in another's way."""
    return f"{hashlib.sha256(actor.encode()).hexdigest()[:16]}:{key}"


def _replay(session: Session, key: str, digest: str, shown: str) -> JSONResponse:
    try:
        first = idempotency.get(session, key, digest)
    except ConflictError as error:
        told = str(error).replace(key, shown)
        raise RefusalError("idempotency-key-reused", told) from error
    if first is None or not first.status:
        raise RefusalError("conflict", f"the request with Idempotency-Key {shown} is under way")
    return _respond(first.status, first.body, {REPLAYED: "true"})


def _respond(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    tag = body.get("etag")
    tagged = {"etag": quoted(tag)} if isinstance(tag, str) else {}
    return JSONResponse(dict(body), status_code=status, headers={**tagged, **(headers or {})})
