"""After: expected against realised, and every application with its way back."""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import dataclass

from nicegui import ui

from service import applying, rollback
from service.console import acting, charts, reports
from service.console.dialogs import (
    answer_with_reason,
    answered,
    ask_known,
    say_error,
    titled,
)
from service.console.failures import REFUSED
from service.console.frame import empty, frame, heading, note
from service.console.numbers import NOTHING, change_in_yuan, count, moment, percent, yuan
from service.console.tables import record, row, table
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.people.roles import Role
from service.reading.nights import NightOutcome, nights
from service.report.calendar import Month
from service.report.gather import known_months
from service.rollback import Planned
from service.settings.models import Account
from service.store import applications
from service.store.applications import ApplicationRow
from service.store.interventions import RollbackRow

SHOWN_NIGHTS = 30
SHOWN_APPLICATIONS = 20
SHOWN_LEFT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the page shows, newest first."""

    nights: tuple[NightOutcome, ...]
    applications: tuple[ApplicationRow, ...]
    months: tuple[Month, ...]


def _read(visitor: Visitor, account: Account) -> Past:
    with visitor.context.store.read() as session:
        return Past(
            nights=tuple(nights(session, account.id, SHOWN_NIGHTS)),
            applications=tuple(
                applications.page(session, account_id=account.id, limit=SHOWN_APPLICATIONS)
            ),
            months=known_months(session, account.id, reports.SHOWN_MONTHS),
        )


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    past = await to_thread(_read, visitor, account)
    with frame(visitor, account, "after", texts("after.title")):
        with ui.element("section").classes("k-card"):
            _show_nights(texts, past.nights)
        with ui.element("section").classes("k-card"):
            _show_applications(visitor, account, past.applications)
        with ui.element("section").classes("k-card"):
            reports.ways(texts, account.id, past.months)


def _show_nights(texts: Texts, found: tuple[NightOutcome, ...]) -> None:
    heading(texts("after.nights"), 2)
    if not found:
        empty(texts("today.no_plan"))
        return
    judged = [one.spend_within for one in found if one.spend_within is not None]
    if judged:
        share = sum(judged) / len(judged)
        ui.label(texts("after.hits", share=percent(share, 0), nights=len(judged))).classes(
            "k-sentence"
        )
    known = [one for one in reversed(found) if one.spend_fen is not None]
    if len(known) > 1:
        _chart(texts, known)
    with table([texts(f"after.{name}") for name in _NIGHT_COLUMNS]):
        for one in found:
            low, high = one.spend_expected.p05, one.spend_expected.p95
            row(
                f"{one.date:%m-%d}",
                f"{count(one.sent)} / {count(one.changed)}",
                yuan(one.spend_expected.value),
                NOTHING if low is None or high is None else f"{yuan(low)} … {yuan(high)}",
                yuan(one.spend_fen),
                yuan(one.contribution_expected.value),
                yuan(one.contribution_fen),
                _profit(one),
            )
    note(texts("after.follow"))


_NIGHT_COLUMNS = (
    "date",
    "sent",
    "spend_expected",
    "interval",
    "spend_realised",
    "contribution_expected",
    "contribution",
    "profit",
)


_CHARTED = {"realised": "spend_realised", "expected": "spend_expected", "interval": "interval"}


def _profit(one: NightOutcome) -> str:
    if one.contribution_fen is None or one.spend_fen is None:
        return NOTHING
    return change_in_yuan(one.contribution_fen - one.spend_fen)


def _chart(texts: Texts, known: list[NightOutcome]) -> None:
    chart = charts.outcomes(
        [f"{one.date:%m-%d}" for one in known],
        [_in_yuan(one.spend_fen) for one in known],
        [_in_yuan(one.spend_expected.value) for one in known],
        [(_in_yuan(one.spend_expected.p05), _in_yuan(one.spend_expected.p95)) for one in known],
        {name: texts(f"after.{key}") for name, key in _CHARTED.items()},
    )
    ui.echart(chart).classes("k-chart").props(f'role="img" aria-label="{texts("after.nights")}"')


def _in_yuan(fen: float | None) -> float | None:
    return None if fen is None else round(fen / 100, 2)


def _show_applications(
    visitor: Visitor, account: Account, found: tuple[ApplicationRow, ...]
) -> None:
    texts, decides = visitor.texts, visitor.may(Role.SPECIALIST, account.id)
    heading(texts("after.applications"), 2)
    if account.connector.kind == "reports":
        note(texts("after.by_sheet"))
    elif decides:
        with ui.element("div").classes("k-actions"):
            ui.button(texts("after.send"), on_click=lambda: _send(visitor, account)).props(
                "no-caps unelevated"
            )
            ui.button(texts("after.stop"), on_click=lambda: _stop(visitor, account)).props(
                "no-caps flat"
            )
    if not found:
        empty(texts("after.none_sent"))
        return
    columns = ("at", "by", "state", "result", *(("undo",) if decides else ()))
    with record([texts(f"after.{name}") for name in columns]) as add:
        for one in found:
            way_back = (lambda chosen=one: _way_back(visitor, account, chosen),) if decides else ()
            add(
                moment(one.created_at, account.timezone),
                one.actor,
                texts.of("state", one.state),
                _result(texts, one),
                *way_back,
            )


def _way_back(visitor: Visitor, account: Account, one: ApplicationRow) -> None:
    """The button that undoes an application, if anything of it can be."""
    if one.counts.get("applied"):
        ui.button(
            visitor.texts("after.roll_back"), on_click=lambda: _roll_back(visitor, account, one)
        ).props("no-caps flat dense")


def _result(texts: Texts, one: ApplicationRow) -> str:
    said = [
        texts("after.outcome", what=texts.of("outcome", name), count=count(value))
        for name, value in one.counts.items()
        if isinstance(value, int) and value
    ]
    if one.halt is not None:
        said.append(texts.of("halt", one.halt))
    if one.cause and texts.language == "en":
        said.append(one.cause)
    return texts("audit.join").join(said) or NOTHING


async def _send(visitor: Visitor, account: Account) -> None:
    """Send what is approved, through the flow that REST starts."""
    texts, context = visitor.texts, visitor.context

    def queue() -> tuple[ApplicationRow, applying.Who]:
        actor = visitor.origin(Role.SPECIALIST, account.id).actor
        who = applying.Who(actor=actor, source="console")
        with context.store.begin() as session:
            return applying.queue(session, context.wiring.applying, account, who), who

    try:
        queued, who = await to_thread(queue)
    except REFUSED as error:
        say_error(texts, error)
        return
    context.walks.start(account, queued.application_id, who)
    status = ui.notification(texts("after.sending"), spinner=True, timeout=None)

    async def follow() -> None:
        def now() -> ApplicationRow:
            with context.store.read() as session:
                return applications.get(session, queued.application_id)

        latest = await to_thread(now)
        if latest.finished_at is not None:
            timer.deactivate()
            status.dismiss()
            ui.navigate.reload()

    timer = ui.timer(1.0, follow)


async def _stop(visitor: Visitor, account: Account) -> None:
    """Throw the kill switch on a yes; *Today* then says so, and an owner lifts it there."""
    texts = visitor.texts
    said = await ask_known(texts, "stop", [texts("ask.stop_explained")], needed=False)
    if said is None:
        return
    try:
        await to_thread(acting.stop_sending, visitor, account.id, said.reason)
    except REFUSED as error:
        say_error(texts, error)
        return
    ui.navigate.to(f"/{account.id}/today")


async def _roll_back(visitor: Visitor, account: Account, chosen: ApplicationRow) -> None:
    """Say what a rollback will and will not restore; propose it on a yes."""
    texts, context = visitor.texts, visitor.context

    def look() -> tuple[Planned, dict[str, str]]:
        looked, _ = context.wiring.look_back(chosen.application_id)
        with context.store.read() as session:
            planned = rollback.preview(session, looked)
        return planned, {line.keyword_id: line.word for line, _ in planned.restore}

    try:
        planned, _ = await to_thread(look)
    except REFUSED as error:
        say_error(texts, error)
        return
    reason = await _ask_rollback(texts, planned)
    if reason is None:
        return

    def propose() -> RollbackRow:
        origin = visitor.origin(Role.SPECIALIST, account.id)
        return context.wiring.roll_back(chosen.application_id, origin, reason)

    try:
        made = await to_thread(propose)
    except REFUSED as error:
        say_error(texts, error)
        return
    ui.navigate.to(f"/{account.id}/lines?proposal={made.proposal_id}")


async def _ask_rollback(texts: Texts, planned: Planned) -> str | None:
    with titled(texts("rollback.title")) as dialog:
        ui.label(texts("rollback.restores", count=count(len(planned.restore))))
        if planned.left:
            ui.label(texts("rollback.leaves", count=count(len(planned.left))))
            for left in planned.left[:SHOWN_LEFT]:
                why = texts.of("waiting", str(left.get("why", "")))
                note(f"{left.get('word') or left.get('keyword_id')}: {why}")
        if planned.restore:
            answer_with_reason(texts, dialog, texts("rollback.yes"), needed=True)
        else:
            note(texts("rollback.nothing"))
    said = await answered(dialog)
    return said.reason if said else None
