"""Questions that stand before anything is changed, and what is said when it cannot be."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui

from service.approval import Action
from service.console import forecasts
from service.console.acting import Effect
from service.console.failures import REFUSED, told
from service.console.frame import heading, note
from service.console.numbers import change_in_yuan, count, yuan
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.risk import Risk

REASON_NEEDED = frozenset({Action.REJECT, Action.OVERRIDE})


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, with the reason that was written, if any."""

    reason: str | None


@dataclass(frozen=True, slots=True)
class NewBid:
    """A bid that a person wants, fen, and why."""

    fen: int
    reason: str | None


async def ask(texts: Texts, action: Action, effect: Effect) -> Answer | None:
    """Whether to go on, told what it does; None = no."""
    totals = effect.totals
    with titled(texts(f"ask.{action}", count=count(totals.lines))) as dialog:
        spend = totals.spend_after_fen - totals.spend_before_fen
        earned = totals.contribution_after_fen - totals.contribution_before_fen
        for sentence in (
            texts("ask.moves", raises=count(totals.raises), cuts=count(totals.cuts)),
            texts("ask.spend", change=change_in_yuan(spend)),
            texts("ask.contribution", change=change_in_yuan(earned)),
            texts("ask.profit", change=change_in_yuan(earned - spend)),
            *_risks(texts, effect.risks),
        ):
            ui.label(sentence)
        answer_with_reason(
            texts, dialog, texts(f"ask.yes_{action}"), needed=action in REASON_NEEDED
        )
    return await answered(dialog)


def _risks(texts: Texts, risks: Mapping[str, int]) -> Iterator[str]:
    """How many lines of each risk, the riskiest first."""
    told = [
        texts("ask.of_risk", risk=texts.of("risk_short", risk), count=count(risks[risk]))
        for risk in Risk
        if risks.get(risk) and risk is not Risk.NONE
    ]
    if told:
        yield texts("ask.risks", told=texts("audit.join").join(told))


async def ask_known(
    texts: Texts, what: str, sentences: Sequence[str], *, needed: bool
) -> Answer | None:
    """Whether to go on with ``what`` an owner does, told what it is about; None = no."""
    with titled(texts(f"ask.{what}")) as dialog:
        for sentence in sentences:
            ui.label(sentence)
        answer_with_reason(texts, dialog, texts(f"ask.yes_{what}"), needed=needed)
    return await answered(dialog)


async def ask_sure(texts: Texts, what: str, sentences: Sequence[str]) -> bool:
    """Whether to go on with ``what`` needs no reason."""
    with titled(texts(f"ask.{what}")) as dialog:
        for sentence in sentences:
            ui.label(sentence)
        _yes_or_no(texts, dialog, texts(f"ask.yes_{what}"), lambda: Answer(None)).props("autofocus")
    return await answered(dialog) is not None


async def ask_bid(visitor: Visitor, line_id: int, wish: float | None) -> NewBid | None:
    """The bid typed, with what it is expected to bring; None = take it back."""
    texts = visitor.texts
    if wish is None:
        return None
    fen = round(float(wish) * 100)
    with titled(texts("bid.title", bid=yuan(fen))) as dialog:
        figures = ui.column()
        answer_with_reason(texts, dialog, texts("bid.save"), needed=False)
    dialog.open()
    with figures:
        note(texts("bid.reckoning"))
    try:
        found = await to_thread(forecasts.at, visitor, line_id, [fen])
        sentences: Sequence[str] = forecasts.sentences(texts, found[0])
    except REFUSED as error:
        sentences = [told(texts, error)]
    figures.clear()
    with figures:
        for sentence in sentences:
            ui.label(sentence)
    said = await answered(dialog)
    return NewBid(fen, said.reason) if said else None


@contextmanager
def titled(title: str, *, classes: str = "") -> Iterator[ui.dialog]:
    """A dialog that a screen reader calls by its title; what is built inside stands below it."""
    with ui.dialog() as dialog, ui.card().classes(f"k-dialog {classes}"):
        dialog.props["aria-label"] = title
        heading(title, 2)
        yield dialog


def answer_with_reason(texts: Texts, dialog: ui.dialog, yes: str, *, needed: bool) -> None:
    """The end of a dialog: a reason, without which there is no yes where it is ``needed``; yes; no."""
    label = texts("ask.reason_needed" if needed else "ask.reason")
    reason = ui.input(label).props("dense outlined maxlength=500").classes("k-reason")

    button = _yes_or_no(texts, dialog, yes, lambda: Answer((reason.value or "").strip() or None))
    if needed:
        reason.props("autofocus")
        button.bind_enabled_from(reason, "value", lambda text: bool((text or "").strip()))
    else:
        button.props("autofocus")


def _yes_or_no(texts: Texts, dialog: ui.dialog, yes: str, said: Callable[[], Answer]) -> ui.button:
    """Both ends of a dialog; returns the button that answers with what is ``said``."""
    with ui.element("div").classes("k-actions"):
        button = ui.button(yes, on_click=lambda: dialog.submit(said())).props("no-caps unelevated")
        ui.button(texts("ask.no"), on_click=lambda: dialog.submit(None)).props("no-caps flat")
    return button


async def answered(dialog: ui.dialog) -> Answer | None:
    """What was answered; None = no."""
    said = await submitted(dialog)
    return said if isinstance(said, Answer) else None


async def submitted(dialog: ui.dialog) -> object:
    """What a dialog ended with; it is gone then, and so it is when the page was left."""
    said: object = await dialog
    if not dialog.is_deleted:
        dialog.delete()
    return said


def say_error(texts: Texts, error: Exception) -> None:
    """What went wrong and what to do, staying until it is read."""
    ui.notify(
        told(texts, error),
        type="negative",
        timeout=0,
        multi_line=True,
        actions=[{"label": texts("ask.close"), "color": "white"}],
    )
