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
from service.console import PREFIX
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
    "body{font:16px/1.5 'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',system-ui,sans-serif;margin:0;"
    "background:#f5f8f7;color:#16302b}main{max-width:20rem;margin:12vh auto 0;padding:1.5rem 1.75rem 1.75rem;"
    "background:#fff;border:1px solid #dbe4e1;border-radius:12px}"
    "@media(max-width:420px){main{margin:6vh 1rem 0}}"
    ".brand{color:#0f766e;font-weight:700;font-size:1.25rem;margin:0}h1{font-size:1.4rem;margin:.2rem 0 1rem}"
    "label{display:block;margin:.8rem 0 .2rem}input,button,.button{font:inherit;width:100%;min-height:44px;"
    "padding:.5rem .7rem;box-sizing:border-box;border-radius:8px}input{border:1px solid #767f7c}"
    "button{margin-top:1.4rem;border:0;background:#0f766e;color:#fff;font-weight:600;cursor:pointer}"
    ":focus-visible{outline:3px solid #2f9c8f;outline-offset:2px}[role=alert]{color:#a40000;"
    "overflow-wrap:anywhere}.or{text-align:center;color:#52645f;margin:1rem 0 .6rem}.button{display:block;"
    "text-align:center;border:1px solid #767f7c;color:#00504a;text-decoration:none}"
    ".language{display:block;text-align:center;margin:1rem 0;padding:.6rem;color:#52645f}"
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


def _switch(texts: Texts) -> str:
    """The way to the other language."""
    other = "en" if texts.language == "zh" else "zh"
    place = f"{PREFIX}/language/{other}?to={SIGN_IN_PAGE}"
    label = texts(f"nav.language_{other}")
    tag = {"zh": "zh-CN", "en": "en"}[other]
    return f'<a class="language" lang="{tag}" href="{place}">{label}</a>'


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
        f'<main><p class="brand">kaiche</p><h1>{texts("sign_in.title")}</h1>{told}'
        f'<form method="post" action="{SIGN_IN_PAGE}">'
        f'<label for="name">{texts("sign_in.name")}</label>'
        '<input id="name" name="name" autocomplete="username" required autofocus>'
        f'<label for="password">{texts("sign_in.password")}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        f"<button>{texts('sign_in.enter')}</button></form>{other}</main>{_switch(texts)}</html>"
    )
    return HTMLResponse(page, status, headers={"content-security-policy": _POLICY})
