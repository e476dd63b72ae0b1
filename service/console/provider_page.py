"""Logging in by the organisation's provider: out to it with a key in a cookie, and back."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import APIRouter, Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response

from service.api.context import ByWhom, InContext
from service.api.needs import ANYBODY
from service.api.security import PROVIDER_PAGE, cookie_of
from service.api.sessions import InAccess, address_of, set_cookie
from service.console.sign_in import page_with
from service.console.texts import Texts
from service.console.visitor import wished
from service.errors import NotFoundError, ProviderDownError, VouchingError
from service.people import keys, signing
from service.people.provider import CALLBACK, Provider
from service.people.signing import SignedIn, TurnedAway
from service.people.vouching import Passage

PASSAGE_SECONDS: Final = 600
router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


@router.get(PROVIDER_PAGE, operation_id="leaveForProvider", dependencies=[ANYBODY])
def leave(request: Request, context: InContext, rule: InAccess) -> Response:
    """Send the browser to the provider, with a new key that it has to bring back."""
    passage = Passage(keys.new_key())
    try:
        answer = RedirectResponse(_provider(context).outward(passage), 303)
    except ProviderDownError as error:
        return _refused(context, request, error)
    answer.set_cookie(
        rule.passage,
        passage.key,
        max_age=PASSAGE_SECONDS,
        secure=rule.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(CALLBACK, operation_id="returnFromProvider", dependencies=[ANYBODY])
def come_back(request: Request, context: InContext, origin: ByWhom, rule: InAccess) -> Response:
    """Log in whom the provider vouches for and whom somebody has added, and go to the first page."""
    headers = Headers(scope=request.scope)
    key = cookie_of(headers, rule.passage)
    if (held := signing.may_try(context.wiring.store, origin.at, address_of(request))) is not None:
        answer = _turned_away(context, request, held)
    else:
        answer = _enter(request, context, origin, rule, key)
    answer.delete_cookie(rule.passage, secure=rule.secure, httponly=True, samesite="lax")
    return answer


def _enter(
    request: Request, context: InContext, origin: ByWhom, rule: InAccess, key: str | None
) -> Response:
    try:
        passage = Passage(key) if key else None
        vouched = _provider(context).vouch(passage, dict(request.query_params))
    except VouchingError as error:
        return _refused(context, request, error)
    replaces = cookie_of(Headers(scope=request.scope), rule.cookie)
    outcome = signing.enter(context.wiring.store, origin, vouched, replaces=replaces)
    if not isinstance(outcome, SignedIn):
        return _turned_away(context, request, outcome)
    answer = RedirectResponse("/", 303)
    set_cookie(answer, rule, outcome)
    return answer


def _provider(context: InContext) -> Provider:
    provider = context.wiring.provider
    if provider is None:
        raise NotFoundError.of("no_provider")
    return provider


def _refused(context: InContext, request: Request, error: VouchingError) -> Response:
    """The form with a sentence; what exactly was wrong stands in the log."""
    log.warning(
        "log-in by the provider: %s (request %s)",
        error,
        request.state.request_id,
        extra={"event": "log_in_refused"},
    )
    texts = Texts(wished(request))
    what = "unreachable" if isinstance(error, ProviderDownError) else "not_vouched"
    sentence = texts(f"sign_in.{what}", request=request.state.request_id)
    return page_with(context, texts, sentence, error.status)


def _turned_away(context: InContext, request: Request, outcome: TurnedAway) -> Response:
    texts = Texts(wished(request))
    if outcome.wait_seconds is not None:
        minutes = str(-(-outcome.wait_seconds // 60))
        return page_with(context, texts, texts("sign_in.wait", minutes=minutes), 429)
    if not outcome.stranger:
        return page_with(context, texts, texts("sign_in.nameless"), 403)
    return page_with(context, texts, texts("sign_in.stranger", who=outcome.stranger), 403)
