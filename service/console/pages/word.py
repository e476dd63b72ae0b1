"""One line opened: its word's past, its curve, what it is worth, why, and everything that touched it."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd
from nicegui import ui

from service.api import etags
from service.api.lines import line_detail
from service.api.schemas.lines import LineDetail
from service.approval import Action
from service.console import acting, charts, forecasts
from service.console.changes import change_of
from service.console.dialogs import ask, ask_bid, say_error
from service.console.failures import REFUSED, told
from service.console.frame import empty, frame, heading, note
from service.console.numbers import NOTHING, change_in_percent, count, moment, percent, yuan
from service.console.tables import record, row, table
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.errors import NotFoundError
from service.people.roles import Role
from service.settings.models import Account
from service.store import lines, proposals
from service.store.lines import LineFilter
from service.store.rows import LineRow

SHOWN_EVENTS = 12
RATES = ("ctr", "cvr", "order_value", "value_per_click")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A line with everything behind it."""

    line: LineRow
    run_id: str
    detail: LineDetail
    group: Mapping[str, float]  # each rate's median over the words of its adgroup


def _read(visitor: Visitor, account: Account, line_id: int) -> Opened:
    with visitor.context.store.read() as session:
        line = lines.get(session, line_id)
        if line.account_id != account.id:
            raise NotFoundError.of("line_not_of_account", line_id=line_id, account=account.id)
        run_id = proposals.get(session, line.proposal_id).run_id
        detail = line_detail(session, visitor.context, line)
        group = LineFilter(proposal_id=line.proposal_id, adgroup_ids=(line.adgroup_id,))
        return Opened(
            line=line,
            run_id=run_id,
            detail=detail,
            group=_medians(lines.select_lines(session, group)),
        )


def _medians(group: Sequence[LineRow]) -> dict[str, float]:
    """What the words of an adgroup are held to be worth: the median of each rate."""
    found = {}
    for name in RATES:
        held = [(line.expected.get("rates") or {}).get(name, {}).get("mean") for line in group]
        known = [float(one) for one in held if one is not None]
        if len(known) > 1:
            found[name] = median(known)
    return found


async def show(visitor: Visitor, account_id: str, line_id: int) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    opened = await to_thread(_read, visitor, account, line_id)
    line = opened.line
    with frame(visitor, account, "lines", line.word):
        with ui.element("div").classes("k-columns k-two"):
            with ui.element("section").classes("k-card"):
                _why(texts, opened)
                _actions(visitor, opened)
            with ui.element("section").classes("k-card"):
                _worth(texts, opened)
        with ui.element("section").classes("k-card"):
            curve = _curve_place(texts)
        with ui.element("section").classes("k-card"):
            _past(texts, opened.detail)
        with ui.element("section").classes("k-card"):
            _events(texts, opened.detail, account.timezone)
    await _draw_curve(visitor, opened, curve)


def _why(texts: Texts, opened: Opened) -> None:
    line = opened.line
    heading(texts("word.why"), 2)
    ui.label(why(texts, line)).classes("k-sentence")
    if line.bid_fen != line.bid_before_fen:
        note(_risk(texts, line))
    with table([texts(f"word.{name}") for name in ("figure", "before", "after", "interval")]):
        for name in ("clicks", "spend", "orders", "contribution"):
            found = line.expected.get(name)
            if not found:
                continue
            money = name in ("spend", "contribution")
            before, after, low, high = (
                _amount(found.get(part), money=money) for part in ("before", "after", "p05", "p95")
            )
            row(texts(f"figure.{name}"), before, after, f"{low} … {high}")


def why(texts: Texts, line: LineRow) -> str:
    """The decision in one sentence, with the constraint that binds it."""
    move = (
        texts(
            "word.moves",
            before=yuan(line.bid_before_fen),
            after=yuan(line.bid_fen),
            change=change_in_percent(line.change_rate),
        )
        if line.bid_fen != line.bid_before_fen
        else texts("word.stays", bid=yuan(line.bid_before_fen))
    )
    said = [move, texts.of("reason", line.reason)]
    if line.marginal_return is not None:
        said.append(texts("word.next_yuan", value=f"{line.marginal_return:.2f}"))
    if line.binding:
        said.append(texts("word.bound_by", limit=texts.of("binding", line.binding)))
    return texts("today.join").join(said) + texts("today.stop")


def _risk(texts: Texts, line: LineRow) -> str:
    said = [texts("word.risk", risk=texts.of("risk", line.risk))]
    if line.at_stake_fen:
        said.append(texts("word.at_stake", stake=yuan(line.at_stake_fen)))
    return texts("today.join").join(said) + texts("today.stop")


def _actions(visitor: Visitor, opened: Opened) -> None:
    texts, line = visitor.texts, opened.line
    with ui.element("div").classes("k-actions"):
        ui.label(texts.of("state", line.state)).classes("k-state")
        if not visitor.may(Role.SPECIALIST, line.account_id):
            return
        for action in (Action.APPROVE, Action.REJECT, Action.WITHDRAW):
            if action in opened.detail.actions:
                ui.button(
                    texts(f"word.{action}"),
                    on_click=lambda _, chosen=action: _decide(visitor, opened, chosen),
                ).props("no-caps unelevated" + (" outline" if action != Action.APPROVE else ""))
        if Action.EDIT in opened.detail.actions and line.bid_before_fen:
            bid = (
                ui.number(
                    texts("word.bid"),
                    value=(line.bid_fen or 0) / 100,
                    min=0.05,
                    step=0.01,
                    precision=2,
                )
                .props("dense outlined")
                .classes("k-bid")
            )
            ui.button(texts("word.edit"), on_click=lambda: _edit(visitor, opened, bid.value)).props(
                "no-caps outline"
            )


async def _decide(visitor: Visitor, opened: Opened, action: Action) -> None:
    line, texts = opened.line, visitor.texts
    only = LineFilter(proposal_id=line.proposal_id, line_ids=(line.line_id,))
    effect = await to_thread(acting.effect, visitor, only)
    answer = await ask(texts, action, effect)
    if answer is None:
        return
    shown = {line.line_id: etags.line_tag(line)}
    try:
        await to_thread(acting.decide, visitor, line.proposal_id, action, shown, answer.reason)
    except REFUSED as error:
        say_error(texts, error)
    else:
        ui.navigate.reload()


async def _edit(visitor: Visitor, opened: Opened, wish: float | None) -> None:
    bid = await ask_bid(visitor, opened.line.line_id, wish)
    if bid is None:
        return
    line = opened.line
    try:
        await to_thread(
            acting.edit, visitor, line.line_id, etags.line_tag(line), bid.fen, bid.reason
        )
    except REFUSED as error:
        say_error(visitor.texts, error)
    else:
        ui.navigate.reload()


def _curve_place(texts: Texts) -> ui.element:
    heading(texts("word.curve"), 2)
    place = ui.element("div").classes("k-graphs")
    with place:
        note(texts("bid.reckoning"))
    return place


async def _draw_curve(visitor: Visitor, opened: Opened, place: ui.element) -> None:
    texts, line = visitor.texts, opened.line
    await ui.context.client.connected()
    try:
        curve = await to_thread(forecasts.curve, visitor, line, opened.run_id)
    except REFUSED as error:
        place.clear()
        with place:
            empty(told(texts, error))
        return
    place.clear()
    with place:
        if curve is None:
            empty(texts("word.no_curve"))
            return
        _charts(texts, line, curve)


def _charts(texts: Texts, line: LineRow, curve: pd.DataFrame) -> None:
    marks = {
        texts(key): bid / 100
        for key, bid in (("word.now", line.bid_before_fen), ("word.new", line.bid_fen))
        if bid
    }
    for name in ("clicks", "contribution", "spend"):
        names = {
            "bid": texts("word.bid_axis"),
            "figure": texts(f"figure.{name}"),
            "interval": texts("word.interval"),
        }
        columns = (curve[name], curve[f"{name}_p05"], curve[f"{name}_p95"])
        value, low, high = ([round(float(v), 3) for v in column] for column in columns)
        bids = [float(bid) for bid in curve.index]
        with ui.element("div").classes("k-graph"):
            heading(names["figure"], 3)
            ui.echart(charts.response(bids, value, low, high, marks, names)).classes(
                "k-chart k-low"
            ).props(f'role="img" aria-label="{names["figure"]}"')


def _worth(texts: Texts, opened: Opened) -> None:
    heading(texts("word.worth"), 2)
    rates = opened.line.expected.get("rates") or {}
    if not rates:
        empty(texts("word.no_rates"))
    with table([texts(f"word.{name}") for name in ("figure", "held", "interval", "group")]):
        for name in RATES:
            if name in rates:
                found = rates[name]
                shown = [_rate(name, found[part]) for part in ("mean", "p05", "p95")]
                group = opened.group.get(name)
                row(
                    texts(f"figure.{name}"),
                    shown[0],
                    f"{shown[1]} … {shown[2]}",
                    NOTHING if group is None else _rate(name, group),
                )
    if opened.group:
        note(texts("word.group_explained"))
    detail = opened.detail
    note(texts("word.campaign", name=detail.campaign_name or opened.line.campaign_id))
    if detail.quality_score is not None:
        note(texts("word.quality", score=count(detail.quality_score)))
    if detail.economics is not None:
        gross = detail.economics.break_even_gross_roas
        note(
            texts(
                "word.margin",
                margin=percent(detail.economics.margin_rate),
                roas=NOTHING if gross is None else f"{gross:.2f}",
            )
        )


def _past(texts: Texts, detail: LineDetail) -> None:
    heading(texts("word.past"), 2)
    days = list(detail.facts)[-60:]
    if not days:
        empty(texts("word.no_facts"))
        return
    dates = [f"{fact.date:%m-%d}" for fact in days]
    drawn: tuple[tuple[str, list[float | None], str, list[float | None]], ...] = (
        (
            texts("figure.impressions"),
            [fact.impressions for fact in days],
            texts("figure.clicks"),
            [fact.clicks for fact in days],
        ),
        (
            texts("figure.spend"),
            [fact.spend_fen / 100 for fact in days],
            texts("word.bid"),
            [None if fact.bid_fen is None else fact.bid_fen / 100 for fact in days],
        ),
        (texts("figure.orders"), [fact.orders for fact in days], "", []),
    )
    with ui.element("div").classes("k-graphs"):
        for bars, heights, line, values in drawn:
            lines = {line: values} if line else {}
            name = texts("word.and").join([bars, *lines])
            with ui.element("div").classes("k-graph"):
                chart = charts.days(dates, {bars: heights}, lines, own_axis=True)
                ui.echart(chart).classes("k-chart k-low").props(f'role="img" aria-label="{name}"')


def _events(texts: Texts, detail: LineDetail, timezone: str) -> None:
    heading(texts("word.events"), 2)
    if not detail.events:
        empty(texts("word.no_events"))
        return
    columns = ("at", "actor", "action", "change", "reason")
    with record([texts(f"audit.{name}") for name in columns]) as add:
        for event in detail.events[:SHOWN_EVENTS]:
            add(
                moment(event.at, timezone),
                event.actor,
                texts.of("action", event.action),
                change_of(texts, event.before, event.after),
                event.reason or "",
            )
    if len(detail.events) > SHOWN_EVENTS:
        ui.link(
            texts("word.more_events"), f"/{detail.account_id}/audit?keyword={detail.keyword_id}"
        ).classes("k-more")


def _amount(value: float | None, *, money: bool) -> str:
    if value is None:
        return NOTHING
    return yuan(value * 100) if money else count(value, 1)


def _rate(name: str, value: float) -> str:
    return percent(value, 2) if name in ("ctr", "cvr") else yuan(value * 100)
