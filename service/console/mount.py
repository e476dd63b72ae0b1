"""The console's pages on the application that serves REST."""

from __future__ import annotations

import logging
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import APIRouter, FastAPI
from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.api.context import Context, InContext, up_to_date
from service.api.needs import ANYBODY, ENTERED, include
from service.api.security import SIGN_IN_PAGE
from service.console import PREFIX, grid, provider_page, sign_in
from service.console.failures import REFUSED, told
from service.console.frame import show_failure
from service.console.pages import account, after, audit, lines, people, plan, today, word
from service.console.texts import language
from service.console.visitor import COOKIE, Visitor, visitor_of
from service.errors import NotFoundError

Page = Callable[[Visitor, str], Awaitable[None]]
PAGES: dict[str, Page] = {
    "/{account_id}/today": today.show,
    "/{account_id}/plan": plan.show,
    "/{account_id}/lines": lines.show,
    "/{account_id}/after": after.show,
    "/{account_id}/audit": audit.show,
    "/{account_id}/account": account.show,
    "/{account_id}/people": people.show,
}
A_YEAR = 365 * 24 * 3600

log = logging.getLogger(__name__)


def mount(app: FastAPI, context: Context) -> None:
    """Add the console under ``PREFIX``. Once a process: NiceGUI keeps one application."""
    for path, show in PAGES.items():
        ui.page(path)(_page(context, show))
    ui.page("/{account_id}/lines/{line_id}")(_word_page(context))
    ui.add_css(files(__package__).joinpath("console.css").read_text(encoding="utf-8"), shared=True)
    script = files(__package__).joinpath("console.js").read_text(encoding="utf-8")
    ui.add_head_html(f"<script>{script}</script>", shared=True)
    for router in (_plain_routes(), sign_in.router, provider_page.router, grid.router):
        include(app, router)
    ui.run_with(
        app,
        mount_path=PREFIX,
        title="kaiche",
        language="zh-CN",
        tailwind=False,
        show_welcome_message=False,
    )


def _page(context: Context, show: Page) -> Callable[..., Awaitable[None]]:
    async def page(request: Request, account_id: str) -> None:
        await _shown(context, request, lambda visitor: show(visitor, account_id))

    return page


def _word_page(context: Context) -> Callable[..., Awaitable[None]]:
    async def page(request: Request, account_id: str, line_id: int) -> None:
        await _shown(context, request, lambda visitor: word.show(visitor, account_id, line_id))

    return page


async def _shown(
    context: Context, request: Request, show: Callable[[Visitor], Awaitable[None]]
) -> None:
    visitor = visitor_of(context, request)
    try:
        await to_thread(up_to_date, context)
        await show(visitor)
    except REFUSED as error:
        show_failure(visitor, told(visitor.texts, error))
    except Exception:
        log.exception(
            "the page %s could not be shown", request.url.path, extra={"event": "page_broke"}
        )
        show_failure(visitor, visitor.texts("failure.ours", request=request.state.request_id))


def _plain_routes() -> APIRouter:
    """What leads to a page without being one."""
    router = APIRouter(include_in_schema=False)

    @router.get("/", dependencies=[ENTERED])
    @router.get(PREFIX, dependencies=[ENTERED])
    @router.get(f"{PREFIX}/", dependencies=[ENTERED])
    def first_page(context: InContext) -> Response:
        if not context.accounts:
            raise NotFoundError.of("nothing_to_see")
        return RedirectResponse(f"{PREFIX}/{context.accounts[0].id}/today", 303)

    @router.get(f"{PREFIX}/language/{{name}}", dependencies=[ANYBODY])
    def choose_language(name: str, to: str = f"{PREFIX}/") -> Response:
        back = to if to.startswith(f"{PREFIX}/") or to == SIGN_IN_PAGE else f"{PREFIX}/"
        answer = RedirectResponse(back, 303)
        answer.set_cookie(COOKIE, language(name), max_age=A_YEAR, httponly=True, samesite="lax")
        return answer

    return router
