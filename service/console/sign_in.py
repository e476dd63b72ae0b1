"""The page where somebody logs in: a plain form, without scripts and without anything from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.api.context import ByWhom, Context, InContext
from service.api.needs import ANYBODY, ENTERED
from service.api.security import PROVIDER_PAGE, SIGN_IN_PAGE, cookie_of
from service.api.sessions import InAccess, address_of, set_cookie
from service.console.texts import Texts, language
from service.console.visitor import wished
from service.people import signing
from service.people.signing import TurnedAway

SIGN_OUT = "/sign-out"
router = APIRouter(include_in_schema=False)
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:20rem;margin:12vh auto;padding:0 1rem}"
    "label{display:block;margin:.8rem 0 .2rem}input,button{font:inherit;width:100%;padding:.5rem;"
    "box-sizing:border-box}button{margin-top:1.2rem}[role=alert]{color:#a40000;overflow-wrap:anywhere}"
    ".or{text-align:center;color:#595959;margin:1rem 0 .6rem}.button{display:block;text-align:center;"
    "padding:.5rem;border:1px solid #767676;border-radius:3px;color:#00504a;text-decoration:none}"
)


@router.get(SIGN_IN_PAGE, operation_id="signInPage", dependencies=[ANYBODY])
def show(request: Request, context: InContext) -> Response:
    """The form."""
    return page_with(context, Texts(wished(request)), None)


async def form_of(request: Request) -> tuple[str, str]:
    """The name and the password of a form that a browser has sent."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=8)
    return fields.get("name", [""])[0], fields.get("password", [""])[0]


@router.post(SIGN_IN_PAGE, operation_id="signInByPage", dependencies=[ANYBODY])
def sign_in(
    request: Request,
    form: Annotated[tuple[str, str], Depends(form_of)],
    context: InContext,
    origin: ByWhom,
    rule: InAccess,
) -> Response:
    """Log in and go to the first page, or show the form again with the reason."""
    texts = Texts(wished(request))
    outcome = signing.sign_in(
        context.wiring.store,
        origin,
        *form,
        address=address_of(request),
        replaces=cookie_of(Headers(scope=request.scope), rule.cookie),
    )
    if isinstance(outcome, TurnedAway):
        if outcome.wait_seconds is None:
            return page_with(context, texts, texts("sign_in.wrong"), 401)
        minutes = str(-(-outcome.wait_seconds // 60))
        return page_with(context, texts, texts("sign_in.wait", minutes=minutes), 429)
    answer = RedirectResponse("/", 303)
    set_cookie(answer, rule, outcome)
    return answer


@router.post(SIGN_OUT, operation_id="signOutByPage", dependencies=[ENTERED])
def sign_out(request: Request, context: InContext, rule: InAccess) -> Response:
    """Log out and show the form."""
    key = cookie_of(Headers(scope=request.scope), rule.cookie)
    if key:
        signing.sign_out(context.wiring.store, key)
    answer = RedirectResponse(SIGN_IN_PAGE, 303)
    answer.delete_cookie(rule.cookie, secure=rule.secure, httponly=True, samesite="lax")
    return answer


def page_with(context: Context, texts: Texts, wrong: str | None, status: int = 200) -> Response:
    """The form, with what went wrong above it, and the way to the provider where there is one."""
    other = (
        f'<p class="or">{texts("sign_in.or")}</p>'
        f'<a class="button" href="{PROVIDER_PAGE}">{texts("sign_in.by_provider")}</a>'
        if context.wiring.provider is not None
        else ""
    )
    told = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
    tag = {"zh": "zh-CN", "en": "en"}[language(texts.language)]
    page = (
        f'<!doctype html><html lang="{tag}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{texts('sign_in.title')} · kaiche</title><style>{_STYLE}</style>"
        f'<main><h1>{texts("sign_in.title")}</h1>{told}<form method="post" action="{SIGN_IN_PAGE}">'
        f'<label for="name">{texts("sign_in.name")}</label>'
        '<input id="name" name="name" autocomplete="username" required autofocus>'
        f'<label for="password">{texts("sign_in.password")}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        f"<button>{texts('sign_in.enter')}</button></form>{other}</main></html>"
    )
    return HTMLResponse(page, status, headers={"content-security-policy": _POLICY})
