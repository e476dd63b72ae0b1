"""The lines as a spreadsheet: taken away as filtered, brought back, compared, confirmed."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from nicegui import events, ui

from service.api.schemas.sheets import LARGEST_FILE
from service.console import acting
from service.console.dialogs import say_error, submitted, titled
from service.console.failures import REFUSED
from service.console.frame import heading, note
from service.console.numbers import change_in_yuan, count, yuan
from service.console.tables import record
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.sheets.difference import Difference, Wish
from service.sheets.exchange import MEDIA_TYPES

SHOWN = 50


def ways_out(texts: Texts, place: Callable[[], str]) -> None:
    """Buttons that save what is filtered; ``place`` is where the rows of the filter are read."""
    for kind in MEDIA_TYPES:
        ui.button(
            texts(f"sheets.export_{kind}"),
            on_click=lambda _, chosen=kind: ui.navigate.to(
                place() + "&" + urlencode({"format": chosen})
            ),
        ).props("no-caps outline color=teal-10")


def way_in(visitor: Visitor, proposal_id: str, again: Callable[[], Awaitable[None]]) -> None:
    """The button behind which an edited sheet comes back; ``again`` reads the grid anew."""
    texts = visitor.texts
    ui.button(
        texts("sheets.import"), on_click=lambda: _ask_file(visitor, proposal_id, again)
    ).props("no-caps outline color=teal-10")


async def _ask_file(
    visitor: Visitor, proposal_id: str, again: Callable[[], Awaitable[None]]
) -> None:
    texts = visitor.texts
    with titled(texts("sheets.import_title")) as dialog:
        note(texts("sheets.import_explained"))
        ui.upload(
            label=texts("sheets.choose"),
            auto_upload=True,
            max_files=1,
            max_file_size=LARGEST_FILE,
            on_upload=lambda event: _uploaded(dialog, event),
            on_rejected=lambda: ui.notify(texts("sheets.too_large"), type="negative"),
        ).props('accept=".xlsx,.csv" flat bordered no-thumbnails').classes("k-upload")
        ui.button(texts("ask.no"), on_click=lambda: dialog.submit(None)).props("no-caps flat")
    content = await submitted(dialog)
    if not isinstance(content, bytes):
        return
    try:
        found = await to_thread(acting.differs, visitor, proposal_id, content)
        if not await _confirmed(texts, found):
            return
        done = await to_thread(acting.take_in, visitor, proposal_id, content, found.hash)
    except REFUSED as error:
        say_error(texts, error)
    else:
        ui.notify(
            texts(
                "sheets.done",
                edited=count(done.edited),
                approved=count(done.approved),
                rejected=count(done.rejected),
            ),
            type="positive",
        )
    await again()


async def _uploaded(dialog: ui.dialog, event: events.UploadEventArguments) -> None:
    dialog.submit(await event.file.read())


async def _confirmed(texts: Texts, found: Difference) -> bool:
    """The difference, and whether the person says yes to it."""
    with titled(texts("sheets.difference"), classes="k-wide") as dialog:
        spend = sum(wish.spend_change_fen for wish in found.approved)
        with ui.element("div").classes("k-counts"):
            for name, number in (
                ("edited", len(found.edited)),
                ("approved", len(found.approved)),
                ("rejected", len(found.rejected)),
                ("unchanged", found.unchanged),
                ("refused", len(found.refused)),
            ):
                ui.label(texts(f"sheets.{name}", count=count(number)))
            if found.approved:
                ui.label(texts("ask.spend", change=change_in_yuan(spend)))
        if found.wishes:
            _show_wishes(texts, found.wishes)
        if found.refused:
            _show_refused(texts, found)
        with ui.element("div").classes("k-actions"):
            if found.wishes:
                ui.button(
                    texts("sheets.confirm", count=count(len(found.wishes))),
                    on_click=lambda: dialog.submit(True),
                ).props("no-caps unelevated autofocus")
            ui.button(texts("ask.no"), on_click=lambda: dialog.submit(False)).props("no-caps flat")
    return bool(await submitted(dialog))


def _show_wishes(texts: Texts, wishes: tuple[Wish, ...]) -> None:
    names = ("word", "cell", "wish", "bid", "note")
    with record([texts(f"sheets.column_{name}") for name in names]) as add:
        for wish in wishes[:SHOWN]:
            add(
                wish.word,
                wish.cell,
                _wanted(texts, wish),
                yuan(wish.bid_before_fen)
                if wish.bid_fen is None
                else f"{yuan(wish.bid_before_fen)} → {yuan(wish.bid_fen)}",
                wish.note or "",
            )
    _tell_more(texts, len(wishes))


def _show_refused(texts: Texts, found: Difference) -> None:
    heading(texts("sheets.refused_title"), 3)
    names = ("cell", "value", "why")
    with record([texts(f"sheets.column_{name}") for name in names]) as add:
        for one in found.refused[:SHOWN]:
            add(f"{one.sheet}!{one.cell}", one.value, one.why(texts.language))
    _tell_more(texts, len(found.refused))


def _tell_more(texts: Texts, number: int) -> None:
    if number > SHOWN:
        note(texts("sheets.more", count=count(number - SHOWN)))


def _wanted(texts: Texts, wish: Wish) -> str:
    said = [texts("sheets.edit")] if wish.bid_fen is not None else []
    if wish.decision is not None:
        said.append(texts(f"sheets.{wish.decision}"))
    return " + ".join(said)
