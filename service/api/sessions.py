"""Logging in and out, and who somebody is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from service.api import PREFIX
from service.api.context import ByWhom, Context, InContext
from service.api.needs import ANYBODY, ENTERED, principal_of
from service.api.openapi import problem_responses
from service.api.problems import RefusalError
from service.api.schemas.sessions import AccountRole, PasswordDemand, SessionView, SignInDemand
from service.api.security import Access, cookie_of
from service.people import signing
from service.people.roles import EVERYWHERE, Principal
from service.people.signing import LONGEST_SESSION, SignedIn, TurnedAway

router = APIRouter(prefix=f"{PREFIX}/session", tags=["session"])

_COOKIE = {
    "Set-Cookie": {
        "description": "The session: HttpOnly, SameSite=Lax, Secure behind https.",
        "schema": {"type": "string"},
        "example": "kaiche_session=…; HttpOnly; Max-Age=604800; Path=/; SameSite=lax",
    }
}


async def access_of(request: Request) -> Access:
    """The rule of entry that the application was made with."""
    rule = request.app.state.access
    assert isinstance(rule, Access)
    return rule


InAccess = Annotated[Access, Depends(access_of)]


@router.post(
    "",
    operation_id="signIn",
    dependencies=[ANYBODY],
    summary="Log in with a password",
    response_model=SessionView,
    responses={
        200: {"headers": _COOKIE},
        **problem_responses("wrong-credentials", "too-many-attempts", "invalid-request"),
    },
)
def sign_in(
    demand: SignInDemand, request: Request, context: InContext, origin: ByWhom, rule: InAccess
) -> JSONResponse:
    """Sets the session's cookie, with a new key each time. After ten attempts on a name, or thirty
    from an address, within fifteen minutes the answer is 429, whatever the password.
    """
    came_with = cookie_of(Headers(scope=request.scope), rule.cookie)
    outcome = signing.sign_in(
        context.wiring.store,
        origin,
        demand.name,
        demand.password.get_secret_value(),
        address=address_of(request),
        replaces=came_with,
    )
    if isinstance(outcome, TurnedAway):
        raise turned_away(outcome)
    return entered(context, rule, outcome)


@router.get(
    "",
    operation_id="getSession",
    dependencies=[ENTERED],
    summary="Who am I, and what may I do?",
)
def get_session(request: Request, context: InContext) -> SessionView:
    """The user behind the cookie or token, with the role on every account of the configuration."""
    return session_view(context, principal_of(request))


@router.delete(
    "",
    operation_id="signOut",
    dependencies=[ENTERED],
    status_code=204,
    summary="Log out",
    response_class=Response,
)
def sign_out(request: Request, context: InContext, rule: InAccess) -> Response:
    """Ends the session on the server and takes the cookie away. A token stays good."""
    key = cookie_of(Headers(scope=request.scope), rule.cookie)
    if key:
        signing.sign_out(context.wiring.store, key)
    response = Response(status_code=204)
    response.delete_cookie(rule.cookie, secure=rule.secure, httponly=True, samesite="lax")
    return response


@router.post(
    "/password",
    operation_id="changePassword",
    dependencies=[ENTERED],
    summary="Change one's own password",
    response_model=SessionView,
    responses={
        200: {"headers": _COOKIE},
        **problem_responses(
            "wrong-credentials", "forbidden", "too-many-attempts", "invalid-request"
        ),
    },
)
def change_password(
    demand: PasswordDemand, request: Request, context: InContext, origin: ByWhom, rule: InAccess
) -> JSONResponse:
    """Asks for the present one, logs every browser of the user out and this one in again."""
    principal = principal_of(request)
    if principal.by != "session":
        raise RefusalError(
            "forbidden",
            "A password is changed in a browser that is logged in, not with a token.",
            zh="请在已登录的浏览器中修改密码，不能使用令牌。",
        )
    outcome = signing.change_password(
        context.wiring.store,
        origin,
        principal.name,
        demand.password.get_secret_value(),
        demand.new_password.get_secret_value(),
        address=address_of(request),
    )
    if isinstance(outcome, TurnedAway):
        raise turned_away(outcome)
    return entered(context, rule, outcome)


def entered(context: Context, rule: Access, signed: SignedIn) -> JSONResponse:
    """The answer to a log-in, with the cookie."""
    found = signing.by_session(context.wiring.store, signed.key, context.now())
    if found is None:  # disabled at this very moment
        raise RefusalError("wrong-credentials")
    view = session_view(context, found.principal, signed.expires_at)
    response = JSONResponse(view.model_dump(mode="json"))
    set_cookie(response, rule, signed)
    return response


def set_cookie(response: Response, rule: Access, signed: SignedIn) -> None:
    """Hand the key of a session to the browser, out of reach of scripts and of other sites."""
    response.set_cookie(
        rule.cookie,
        signed.key,
        max_age=int(LONGEST_SESSION.total_seconds()),
        secure=rule.secure,
        httponly=True,
        samesite="lax",
    )


def turned_away(outcome: TurnedAway) -> RefusalError:
    """The refusal of a log-in."""
    if outcome.wait_seconds is None:
        return RefusalError("wrong-credentials")
    headers = {"retry-after": str(outcome.wait_seconds)}
    return RefusalError("too-many-attempts", headers=headers)


def session_view(
    context: Context, principal: Principal, expires_at: datetime | None = None
) -> SessionView:
    """Somebody with their roles on the accounts of the configuration."""
    held = ((one, principal.role_on(one.id)) for one in context.settings.accounts)
    return SessionView(
        user=principal.name,
        by=principal.by,
        everything=principal.role_on(EVERYWHERE),
        accounts=tuple(
            AccountRole(account_id=one.id, name=one.name, role=role)
            for one, role in held
            if role is not None
        ),
        expires_at=expires_at,
    )


def address_of(request: Request) -> str:
    """Where a request comes from, for counting attempts."""
    return request.client.host if request.client else ""
