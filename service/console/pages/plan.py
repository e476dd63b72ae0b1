"""The plan: the efficient frontier, where today stands on it, and what moving along it brings."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from service.console import charts
from service.console.frame import empty, frame, heading, note
from service.console.numbers import NOTHING, change_in_yuan, fen, yuan
from service.console.tables import record, table
from service.console.tables import row as cells
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.findings import found
from service.reading.summary import Summary, figure, summary_of
from service.settings.models import Account
from service.store import proposals, roster, runs
from service.store.rows import RunRow

STEPS_SHOWN = 7
FRONTIER = ("spend", "against_plan", "contribution", "profit", "last_yuan")
CAMPAIGN = ("campaign", "budget", "spend", "contribution", "one_more")
CHECK = ("check", "verdict", "detail")


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    summary, night, names = await to_thread(_read, visitor, account)
    with frame(visitor, account, "plan", texts("plan.title")):
        if summary is None:
            empty(texts("today.no_plan"))
            return
        points = [
            point for point in summary.proposal.frontier if figure(point["spend"]) is not None
        ]
        with ui.element("section").classes("k-card"):
            heading(texts("plan.frontier"), 2)
            if len(points) > 1:
                _chart(texts, points, summary)
                _table(texts, points, summary)
            else:
                empty(texts("plan.no_frontier"))
        with ui.element("section").classes("k-card"):
            _campaigns(texts, summary.proposal.totals.get("campaigns", ()), names)
        if night is not None:
            with ui.element("section").classes("k-card"):
                _review(texts, night)


def _read(
    visitor: Visitor, account: Account
) -> tuple[Summary | None, RunRow | None, Mapping[str, str]]:
    with visitor.context.store.read() as session:
        newest = proposals.page(session, account_id=account.id, kind="night", limit=1)
        if not newest:
            return None, None, {}
        summary = summary_of(session, newest[0])
        names = {row.campaign_id: row.name for row in roster.campaigns(session, account.id)}
        return summary, runs.get(session, newest[0].run_id), names


def _chart(texts: Texts, points: list[Mapping[str, Any]], summary: Summary) -> None:
    totals = summary.proposal.totals
    marks: dict[str, charts.Point] = {}
    for key, spend, contribution in (
        ("plan.today", totals.get("spend_before"), totals.get("contribution_before")),
        ("plan.proposed", totals.get("spend"), totals.get("contribution")),
    ):
        at = figure(spend), figure(contribution)
        if at[0] is not None and at[1] is not None:
            marks[texts(key)] = (at[0], at[1])
    best = max(points, key=lambda point: point["contribution"] - point["spend"])
    marks[texts("plan.profit_maximum")] = (best["spend"], best["contribution"])
    names = {
        "spend": texts("plan.spend_axis"),
        "contribution": texts("plan.contribution_axis"),
    }
    label = texts("plan.frontier")
    ui.echart(charts.frontier(points, marks, names)).classes("k-chart k-tall").props(
        f'role="img" aria-label="{label}"'
    )
    note(texts("plan.explained"))


def _table(texts: Texts, points: list[Mapping[str, Any]], summary: Summary) -> None:
    """The frontier as figures: what each step of spend would still bring."""
    at = max(1, len(points) // STEPS_SHOWN)
    chosen = points[::at]
    planned = fen(summary.proposal.totals.get("spend")) or 0.0
    with table([texts(f"plan.{name}") for name in FRONTIER]):
        for point in chosen:
            spend, brings = point["spend"] * 100, point["contribution"] * 100
            last = figure(point.get("marginal_return"))
            cells(
                yuan(spend),
                change_in_yuan(spend - planned),
                yuan(brings),
                yuan(brings - spend),
                NOTHING if last is None else f"{last:.2f}",
            )


def _campaigns(texts: Texts, rows: Any, names: Mapping[str, str]) -> None:
    heading(texts("plan.campaigns"), 2)
    if not rows:
        empty(texts("plan.no_campaigns"))
        return
    with table([texts(f"plan.{name}") for name in CAMPAIGN]):
        for row in rows:
            budget, more = figure(row.get("budget")), figure(row.get("next_return"))
            cells(
                names.get(row["campaign_id"]) or row["campaign_id"],
                NOTHING if budget is None else yuan(budget * 100),
                yuan(fen(row.get("spend"))),
                yuan(fen(row.get("contribution"))),
                NOTHING if more is None else texts("plan.brings", value=f"{more:.2f}"),
            )
    note(texts("plan.one_more_explained"))


def _review(texts: Texts, night: RunRow) -> None:
    heading(texts("plan.review"), 2)
    if not night.review:
        empty(texts("plan.no_review"))
        return
    with record([texts(f"plan.{name}") for name in CHECK]) as add:
        for check in night.review:
            add(
                texts.of("check", check["name"]),
                texts.of("verdict", check["verdict"]),
                _meaning(texts, check),
            )


def _meaning(texts: Texts, check: Mapping[str, Any]) -> str:
    """What a check asks, with what the model found."""
    asked, seen = texts.of("check_asks", check["name"]), found(check, texts.language)
    return texts("plan.found", asked=asked, found=seen) if seen else asked
