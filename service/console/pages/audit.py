"""Audit: everything that happened, filtered, newest first."""

from __future__ import annotations

from asyncio import to_thread
from urllib.parse import parse_qsl, urlencode

from nicegui import ui

from service.console.changes import change_of
from service.console.frame import empty, frame
from service.console.tables import row, table
from service.console.visitor import Visitor
from service.store import audit
from service.store.audit import AuditFilter
from service.store.rows import AuditRow

A_PAGE = 100
COLUMNS = ("at", "actor", "source", "action", "what", "change", "reason")


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    asked = dict(parse_qsl(visitor.query))
    wanted = AuditFilter(
        account_id=account.id,
        actor=asked.get("actor") or None,
        action=asked.get("action") or None,
        keyword_id=asked.get("keyword") or None,
    )
    before = int(asked["before"]) if asked.get("before", "").isdigit() else None

    def read() -> list[AuditRow]:
        with visitor.context.store.read() as session:
            return audit.page(session, wanted, before=before, limit=A_PAGE + 1)

    found = await to_thread(read)
    here = f"/{account.id}/audit"
    with frame(visitor, account, "audit", texts("audit.title")):
        _filters(visitor, here, asked)
        if not found:
            empty(texts("audit.none"))
            return
        with table([texts(f"audit.{name}") for name in COLUMNS]):
            for event in found[:A_PAGE]:
                row(
                    f"{event.at:%Y-%m-%d %H:%M:%S}",
                    event.actor,
                    texts.of("source", event.source),
                    texts.of("action", event.action),
                    _about(here, event),
                    change_of(texts, event.before, event.after),
                    event.reason or "",
                )
        if len(found) > A_PAGE:
            older = asked | {"before": str(found[A_PAGE - 1].event_id)}
            ui.link(texts("audit.older"), f"{here}?{urlencode(older)}").classes("k-button")


def _about(here: str, event: AuditRow) -> str | tuple[str, str]:
    if event.line_id is not None:
        return str(event.line_id), f"{here.removesuffix('audit')}lines/{event.line_id}"
    return event.keyword_id or event.proposal_id or event.run_id or ""


def _filters(visitor: Visitor, here: str, asked: dict[str, str]) -> None:
    texts = visitor.texts
    fields: dict[str, ui.input] = {}
    with ui.element("div").classes("k-filters"):
        for name in ("actor", "action", "keyword"):
            fields[name] = (
                ui.input(texts(f"audit.filter_{name}"), value=asked.get(name, ""))
                .props("dense outlined clearable")
                .classes("k-choice")
            )

        def look() -> None:
            chosen = {name: field.value for name, field in fields.items() if field.value}
            ui.navigate.to(f"{here}?{urlencode(chosen)}")

        for field in fields.values():
            field.on("keydown.enter", look)
        ui.button(texts("audit.look"), on_click=look).props("no-caps outline")
