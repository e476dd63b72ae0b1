"""What every page has around it: the account, the way to the other pages, the language.

Addresses here and in the pages start below ``PREFIX``: the mount puts it in front of every link.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from nicegui import ui

from service.console.charts import TEAL
from service.console.visitor import Visitor
from service.people.roles import EVERYWHERE, Role
from service.settings.models import Account

SECTIONS = ("today", "plan", "lines", "after", "audit", "account")
OWNERS = ("people",)  # offered to the owner of all accounts


# On a phone the way to the page one is on may lie outside.
_SEEN = "document.querySelector('.k-here')?.scrollIntoView({block: 'nearest', inline: 'center'})"


@contextmanager
def frame(visitor: Visitor, account: Account, section: str, title: str) -> Iterator[None]:
    """The page's frame; what is built inside stands in its main part."""
    texts = visitor.texts
    ui.page_title(f"{title} · {account.name or account.id} · kaiche")
    _say_language(visitor)
    ui.colors(primary=TEAL)
    with ui.element("header").classes("k-head"):
        ui.link("kaiche", "/").classes("k-brand")
        _account_choice(visitor, account, section)
        with ui.element("nav").classes("k-nav").props(f'aria-label="{texts("nav.label")}"'):
            owns = visitor.may(Role.OWNER, EVERYWHERE)
            for name in (*SECTIONS, *(OWNERS if owns else ())):
                link = ui.link(texts(f"nav.{name}"), f"/{account.id}/{name}")
                if name == section:
                    link.classes("k-here").props('aria-current="page"')
        _language_switch(visitor)
        if visitor.logged_in:
            _way_out(visitor)
    ui.run_javascript(_SEEN)
    with ui.element("main").classes("k-main"):
        heading(title)
        yield


def heading(text: str, level: int = 1) -> None:
    """A heading that a screen reader can find."""
    with ui.element(f"h{level}"):
        ui.html(text, sanitize=_escaped)


def note(text: str) -> ui.label:
    """A quiet sentence."""
    return ui.label(text).classes("k-note")


def empty(text: str) -> None:
    """What stands where there is nothing yet."""
    ui.label(text).classes("k-empty").props('role="status"')


def show_failure(visitor: Visitor, text: str) -> None:
    """A page that could not be shown says why, and where to go."""
    texts = visitor.texts
    ui.context.client.content.clear()
    _say_language(visitor)
    ui.page_title("kaiche")
    with ui.element("header").classes("k-head"):
        ui.link("kaiche", "/").classes("k-brand")
    with ui.element("main").classes("k-main"):
        heading(texts("failure.title"))
        ui.label(text).classes("k-failure").props('role="alert"')
        ui.link(texts("failure.back"), "/").classes("k-button")


def _account_choice(visitor: Visitor, account: Account, section: str) -> None:
    names = {one.id: one.name or one.id for one in visitor.accounts}
    if len(names) == 1:
        ui.label(names[account.id]).classes("k-account")
        return
    ui.select(
        names,
        value=account.id,
        on_change=lambda event: ui.navigate.to(f"/{event.value}/{section}"),
    ).props(f'dense borderless options-dense aria-label="{visitor.texts("nav.account")}"').classes(
        "k-account"
    )


def _language_switch(visitor: Visitor) -> None:
    other = "en" if visitor.texts.language == "zh" else "zh"
    back = quote(visitor.path, safe="/")
    label = visitor.texts(f"nav.language_{other}")
    ui.link(label, f"/language/{other}?to={back}").classes("k-language")


def _way_out(visitor: Visitor) -> None:
    """A form, since only a POST may end a session."""
    leave = _escaped(visitor.texts("sign_in.leave"))
    with ui.element("form").props('method="post" action="/sign-out"'):
        ui.html(f'<button class="k-language">{leave}</button>', sanitize=False)


def _say_language(visitor: Visitor) -> None:
    tag = {"zh": "zh-CN", "en": "en"}[visitor.texts.language]
    ui.add_head_html(f"<script>document.documentElement.lang = {tag!r}</script>")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
