"""Today: what needs a person, what yesterday did against plan, what tonight's plan does."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from datetime import date

from nicegui import ui

from service import books, stop
from service.console import acting, charts, reports
from service.console.dialogs import ask_known, ask_sure, say_error
from service.console.failures import REFUSED
from service.console.frame import empty, frame, heading, note
from service.console.numbers import (
    NOTHING,
    change_in_yuan,
    count,
    fen,
    percent,
    whole_yuan,
    yuan,
)
from service.console.tables import row, table
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.people.roles import Role
from service.reading.morning import Morning, morning_of
from service.reading.needs import Need
from service.reading.summary import Summary
from service.settings.models import Account
from service.standing import LIMITS_RAISED
from service.store import runs
from service.store.rows import RunRow

LIVE_SECONDS = 2.0
NEARLY_ALL = 0.9


def read(visitor: Visitor, account: Account) -> Morning:
    """The morning of an account, from the store."""
    context = visitor.context
    with context.store.read() as session:
        return morning_of(
            session, account.id, context.wiring.today(account), stop.stop_file(context.settings)
        )


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account = visitor.account(account_id)
    morning = await to_thread(read, visitor, account)
    texts = visitor.texts
    with frame(visitor, account, "today", texts("today.title", day=_day(texts, morning.day))):
        _running(visitor, morning)
        _show_needs(visitor, account, morning.needs)
        with ui.element("div").classes("k-columns"):
            with ui.element("section").classes("k-card"):
                _show_plan(visitor, account, morning)
            with ui.element("section").classes("k-card"):
                _show_yesterday(texts, morning)
            with ui.element("section").classes("k-card"):
                _show_allowance(texts, morning)
        with ui.element("section").classes("k-card"):
            _show_days(texts, morning)
            if morning.days:
                reports.newest(texts, account.id)


def _day(texts: Texts, day: date) -> str:
    return texts("today.day", month=day.month, day=day.day, weekday=texts(f"week.{day.weekday()}"))


def _running(visitor: Visitor, morning: Morning) -> None:
    """The progress of a night under way, followed live."""
    night = morning.night
    if night is None or night.state != "running":
        return
    texts, steps = visitor.texts, visitor.context.nights.steps
    with ui.element("section").classes("k-card k-running").props('role="status"'):
        sentence = ui.label(texts("today.running", step=texts.of("step", night.step)))
        bar = ui.linear_progress(show_value=False).props(
            f'aria-label="{texts("today.progress")}" color="teal-8"'
        )

    async def follow() -> None:
        def now() -> RunRow:
            with visitor.context.store.read() as session:
                return runs.get(session, night.run_id)

        latest = await to_thread(now)
        if latest.state != "running":
            ui.navigate.reload()
            return
        sentence.set_text(texts("today.running", step=texts.of("step", latest.step)))
        if latest.step in steps:
            bar.set_value((steps.index(latest.step) + 1) / len(steps))

    ui.timer(LIVE_SECONDS, follow)


def _show_needs(visitor: Visitor, account: Account, found: tuple[Need, ...]) -> None:
    texts = visitor.texts
    with ui.element("section").props(f'aria-label="{texts("today.needs")}"').classes("k-needs"):
        if not found:
            ui.label(texts("today.nothing")).classes("k-need k-good").props('role="status"')
        for need in found:
            with ui.element("div").classes(f"k-need {'k-grave' if need.grave else 'k-soft'}"):
                ui.label(_sentence(texts, need))
                target = _target(account, need)
                if target:
                    ui.link(texts("today.look"), target).classes("k-more")
                _owners_way(visitor, account, need)


def _owners_way(visitor: Visitor, account: Account, need: Need) -> None:
    """What only an owner can do about it: know an alert, open a proposal that the guardrails hold, lift
    a stop order.
    """
    ways = {
        "alert": ("acknowledge", _acknowledge),
        "blocked": ("override", _override),
        "stopped": ("resume", _resume),
    }
    ordered = need.kind != "stopped" or need.values["scope"] is not None
    if need.kind in ways and ordered and visitor.may(Role.OWNER, _whose(account, need)):
        name, way = ways[need.kind]
        ui.button(visitor.texts(f"today.{name}"), on_click=lambda: way(visitor, need)).props(
            "no-caps flat dense"
        ).classes("k-more")


def _whose(account: Account, need: Need) -> str:
    """The account that it is about, or everything where all accounts were stopped."""
    return str(need.values["scope"]) if need.kind == "stopped" else account.id


async def _resume(visitor: Visitor, need: Need) -> None:
    """Let approved bids leave again."""
    said = await ask_sure(visitor.texts, "resume", [_sentence(visitor.texts, need)])
    if said:
        await _done(visitor, acting.resume_sending, str(need.values["scope"]))


async def _acknowledge(visitor: Visitor, need: Need) -> None:
    """Say that an alert is known; a raise in the YAML needs a reason."""
    texts, needed = visitor.texts, need.values["kind"] == LIMITS_RAISED
    said = await ask_known(texts, "acknowledge", [_sentence(texts, need)], needed=needed)
    if said is not None:
        await _done(visitor, acting.acknowledge, int(need.target or 0), said.reason)


async def _override(visitor: Visitor, need: Need) -> None:
    """Open a blocked proposal, told which guardrails it breaks; its lines still wait for approval."""
    texts, proposal_id = visitor.texts, need.target or ""
    held = await to_thread(acting.held_back, visitor, proposal_id)
    breaches = [str(breach[f"message_{texts.language}"]) for breach in held.breaches]
    said = await ask_known(texts, "override", breaches, needed=True)
    if said is not None:
        await _done(visitor, acting.override, held, said.reason or "")


async def _done(visitor: Visitor, act: Callable[..., object], *arguments: object) -> None:
    try:
        await to_thread(act, visitor, *arguments)
    except REFUSED as error:
        say_error(visitor.texts, error)
        return
    ui.navigate.reload()


def _sentence(texts: Texts, need: Need) -> str:
    if need.kind == "alert":
        return str(need.values[texts.language])
    said = {name: texts.part(value) for name, value in need.values.items()}
    return texts(f"need.{need.kind}", **said)


def _target(account: Account, need: Need) -> str | None:
    lines = f"/{account.id}/lines"
    where = {
        "pending": f"{lines}?proposal={need.target}&state=pending",
        "blocked": f"{lines}?proposal={need.target}&state=blocked",
        "unsent": f"/{account.id}/after",
        "review": f"/{account.id}/plan",
        "unknown": f"/{account.id}/after",
    }
    return where.get(need.kind)


def _show_plan(visitor: Visitor, account: Account, morning: Morning) -> None:
    texts, summary = visitor.texts, morning.summary
    heading(texts("today.plan"), 2)
    if summary is None:
        empty(texts("today.no_plan"))
        return
    promoted = promotion_told(texts, account, summary.proposal.business_date)
    if promoted is not None:
        ui.label(promoted).classes("k-sentence")
    totals = summary.proposal.totals
    with table([texts(key) for key in ("today.figure", "today.now", "today.then", "today.change")]):
        for name in ("spend", "contribution", "profit"):
            before, after = fen(totals.get(f"{name}_before")), fen(totals.get(name))
            change = None if before is None or after is None else after - before
            row(texts(f"figure.{name}"), yuan(before), yuan(after), change_in_yuan(change))
    _interval(texts, totals.get("spend"))
    ui.label(_last_yuan(texts, summary)).classes("k-sentence")
    note(
        texts(
            "today.moves",
            lines=count(summary.everything.lines),
            changed=count(summary.changed.lines),
            raises=count(summary.changed.raises),
            cuts=count(summary.changed.cuts),
        )
    )
    ui.link(texts("today.open_lines"), f"/{account.id}/lines").classes("k-button")


def promotion_told(texts: Texts, account: Account, day: date) -> str | None:
    """That ``day`` lies within a promotion, and whether the night had seen such days; None if not."""
    promotion = account.promotion_on(day)
    if promotion is None:
        return None
    lived = account.named_days(day) != (day,)
    return texts(f"today.{'promotion' if lived else 'first_promotion'}", name=promotion.name)


def _interval(texts: Texts, spend: object) -> None:
    if isinstance(spend, dict) and spend.get("p05") is not None:
        low, high = yuan(spend["p05"] * 100), yuan(spend["p95"] * 100)
        note(texts("today.interval", low=low, high=high))


def _last_yuan(texts: Texts, summary: Summary) -> str:
    last, allowed, loss = summary.last_yuan, summary.allowed_fen, summary.loss_fen
    if last is None:
        return texts("today.nothing_spent")
    said = [texts("today.last_yuan", last=f"{last:.2f}")]
    if allowed is not None and loss is not None:
        said.append(
            texts("today.of_allowance", loss=whole_yuan(max(loss, 0)), allowed=whole_yuan(allowed))
        )
        if summary.within_loss is not None:
            said.append(texts("today.kept_with", share=percent(summary.within_loss, 0)))
    return texts("today.join").join(said) + texts("today.stop")


def _show_yesterday(texts: Texts, morning: Morning) -> None:
    heading(texts("today.yesterday"), 2)
    day = morning.last
    if day is None:
        empty(texts("today.no_yesterday"))
        return
    with table(
        [
            texts(key)
            for key in ("today.figure", "today.expected", "today.realised", "today.difference")
        ]
    ):
        spent, expected = day.spend_fen, day.spend_expected.value
        row(
            texts("figure.spend"),
            yuan(expected),
            yuan(spent),
            change_in_yuan((spent or 0) - expected),
        )
        earned, hoped = day.contribution_fen, day.contribution_expected.value
        change = None if earned is None else earned - hoped
        row(texts("figure.contribution"), yuan(hoped), yuan(earned), change_in_yuan(change))
        row(texts("figure.orders"), NOTHING, count(day.orders), "")
    verdict = {True: "within", False: "outside", None: "unknown"}[day.spend_within]
    note(texts(f"today.spend_{verdict}"))
    if day.waiting_fen:
        waiting = yuan(day.waiting_fen)
        note(texts("today.orders_follow", day=_day(texts, day.date), waiting=waiting))


def _show_allowance(texts: Texts, morning: Morning) -> None:
    heading(texts("today.allowance"), 2)
    state = morning.ledger.allowance
    if state is None:
        empty(texts("today.no_allowance"))
        return
    share = state.used_fen / state.window_cap_fen if state.window_cap_fen else 0.0
    used, cap = yuan(state.used_fen), yuan(state.window_cap_fen)
    ui.label(texts("today.used", used=used, cap=cap)).classes("k-sentence")
    label = texts("today.used_share", share=percent(share, 0))
    ui.linear_progress(min(share, 1.0), show_value=False, size="14px").props(
        f'color="{"red-8" if share > NEARLY_ALL else "teal-8"}" aria-label="{label}"'
    )
    note(texts("today.tonight", tonight=yuan(state.tonight_fen), left=yuan(state.left_fen)))
    if state.window_first and state.window_last:
        window = {"first": state.window_first, "last": state.window_last, "days": state.days_left}
        note(texts("today.window", **window))
    if state.window_loss_fen < 0:
        note(texts("today.in_profit", profit=yuan(-state.window_loss_fen)))
    if len(morning.ledger.days) > 1:
        _show_course(texts, morning.ledger)


def _show_course(texts: Texts, ledger: books.Opened) -> None:
    """The window's days: what each lost, and the sum so far."""
    chart = charts.days(
        [f"{entry.day.date:%m-%d}" for entry in ledger.days],
        {texts("today.loss_by_day"): [_in_yuan(entry.day.loss_fen) for entry in ledger.days]},
        {texts("today.loss_so_far"): [_in_yuan(entry.loss_so_far.fen) for entry in ledger.days]},
    )
    name = texts("today.loss_so_far")
    ui.echart(chart).classes("k-chart k-low").props(f'role="img" aria-label="{name}"')


def _show_days(texts: Texts, morning: Morning) -> None:
    heading(texts("today.days"), 2)
    if len(morning.days) < 2:
        empty(texts("today.no_days"))
        return
    planned = {one.date: one.spend_expected.value for one in morning.outcomes}
    chart = charts.days(
        [f"{day.date:%m-%d}" for day in morning.days],
        {texts("figure.spend"): [_in_yuan(day.spend_fen) for day in morning.days]},
        {
            texts("today.contribution"): [_in_yuan(day.contribution_fen) for day in morning.days],
            texts("today.expected_spend"): [
                _in_yuan(planned.get(day.date)) for day in morning.days
            ],
        },
    )
    ui.echart(chart).classes("k-chart").props(f'role="img" aria-label="{texts("today.days")}"')
    note(texts("after.follow"))


def _in_yuan(amount: float | None) -> float | None:
    return None if amount is None else round(amount / 100, 2)
