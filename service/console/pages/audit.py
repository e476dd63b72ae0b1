"""Audit: everything that happened, filtered, newest first."""

from __future__ import annotations

from asyncio import to_thread
from urllib.parse import parse_qsl, urlencode

from nicegui import ui

from service.console.changes import change_of
from service.console.frame import empty, frame
from service.console.numbers import moment
from service.console.tables import record
from service.console.texts import Texts, catalogue
from service.console.visitor import Visitor
from service.store import audit
from service.store.audit import AuditFilter
from service.store.rows import AuditRow

A_PAGE = 100
ID_SHOWN = 8  # letters of a long id
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
        with record([texts(f"audit.{name}") for name in COLUMNS]) as add:
            for event in found[:A_PAGE]:
                add(
                    moment(event.at, account.timezone),
                    event.actor,
                    texts.of("source", event.source),
                    texts.of("action", event.action),
                    _about(texts, here, event),
                    change_of(texts, event.before, event.after),
                    event.reason or "",
                )
        if len(found) > A_PAGE:
            older = asked | {"before": str(found[A_PAGE - 1].event_id)}
            ui.link(texts("audit.older"), f"{here}?{urlencode(older)}").classes("k-button")


def _about(texts: Texts, here: str, event: AuditRow) -> str | tuple[str, str]:
    """What an event is about: its line, word, proposal or night; long ids by their beginning."""
    if event.line_id is not None:
        name = texts("audit.line", id=event.line_id)
        return name, f"{here.removesuffix('audit')}lines/{event.line_id}"
    if event.keyword_id is not None:
        return texts("audit.keyword", id=event.keyword_id)
    if event.proposal_id is not None:
        return texts("audit.proposal", id=event.proposal_id[:ID_SHOWN])
    return texts("audit.run", id=event.run_id[:ID_SHOWN]) if event.run_id else ""


def _filters(visitor: Visitor, here: str, asked: dict[str, str]) -> None:
    texts = visitor.texts
    fields: dict[str, ui.input | ui.select] = {}
    with ui.element("div").classes("k-filters"):
        for name in ("actor", "keyword"):
            fields[name] = ui.input(texts(f"audit.filter_{name}"), value=asked.get(name, ""))
        known = [key.removeprefix("action.") for key in catalogue() if key.startswith("action.")]
        actions = {"": texts("audit.every_action")} | {
            one: texts.of("action", one) for one in known
        }
        chosen = asked.get("action", "")
        if chosen not in actions:
            actions[chosen] = texts.of("action", chosen)
        fields["action"] = ui.select(actions, label=texts("audit.filter_action"), value=chosen)
        for field in fields.values():
            field.props("dense outlined options-dense").classes("k-choice")

        def look() -> None:
            chosen = {name: field.value for name, field in fields.items() if field.value}
            ui.navigate.to(f"{here}?{urlencode(chosen)}")

        for field in fields.values():
            field.on("keydown.enter", look)
        ui.button(texts("audit.look"), on_click=look).props("no-caps outline")
