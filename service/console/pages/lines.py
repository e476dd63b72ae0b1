"""Lines: the grid a spreadsheet person expects, and every decision on it."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from nicegui import events, ui

from service.api.schemas.lines import LineQuery
from service.approval import Action
from service.console import PREFIX, acting
from service.console.columns import grid_options
from service.console.dialogs import ask, ask_bid, say_error
from service.console.failures import REFUSED
from service.console.frame import empty, frame, note
from service.console.numbers import change_in_yuan, count, yuan
from service.console.sheets import way_in, ways_out
from service.console.tables import Cell, row, table
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.people.roles import Role
from service.reading.summary import Summary, summary_of
from service.risk import Risk
from service.settings.models import Account
from service.store import lines, proposals, roster
from service.store.lines import LineFilter, LineTotals
from service.store.rows import ProposalRow

PROPOSALS_SHOWN = 10
DIRECTIONS = ("all", "changed", "kept")
GROUP_COLUMNS = (
    "lines.group_lines",
    "column.spend_before",
    "column.spend_change",
    "column.contribution_change",
)
GROUPINGS = ("", *lines.GROUPS)
FILTER_OF = {"campaign_id": "campaign", "reason": "reason", "risk": "risk", "state": "state"}
JUDGED = tuple(risk for risk in Risk if risk is not Risk.NONE)


@dataclass(slots=True)
class Bench:
    """The page's state: what is filtered, and the grid."""

    visitor: Visitor
    account: Account
    summary: Summary
    campaigns: dict[str, str]
    proposals: dict[str, str]
    state: str = "pending"
    reason: str = ""
    risk: str = ""
    campaign: str = ""
    word: str = ""
    changed: str = "changed"
    grid: ui.aggrid | None = field(default=None)
    effect: ui.label | None = field(default=None)
    group: str = ""
    choices: dict[str, ui.select] = field(default_factory=dict)
    groups: ui.element | None = field(default=None)

    @property
    def proposal_id(self) -> str:
        """The proposal on the table."""
        return self.summary.proposal.proposal_id

    def query(self) -> dict[str, Any]:
        """The filter as REST writes it."""
        given: dict[str, Any] = {
            "state": self.state,
            "reason": self.reason,
            "risk": self.risk,
            "campaign_id": self.campaign,
            "word": self.word.strip(),
        }
        if self.changed != "all":
            given["changed"] = self.changed == "changed"
        return {name: value for name, value in given.items() if value != ""}

    def wanted(self) -> LineFilter:
        """The filter as the store reads it."""
        lists = {
            name: (value,) if name in ("state", "reason", "risk", "campaign_id") else value
            for name, value in self.query().items()
        }
        return LineQuery.model_validate(lists).of(self.proposal_id)

    @property
    def decides(self) -> bool:
        """Whether this person may decide here."""
        return self.visitor.may(Role.SPECIALIST, self.account.id)

    def url(self, what: str = "rows") -> str:
        """Where the grid reads, or the sheet is saved from."""
        rows = f"{PREFIX}/{self.account.id}/proposals/{self.proposal_id}/{what}"
        return f"{rows}?{urlencode({k: _plain(v) for k, v in self.query().items()})}"


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    bench = await to_thread(_bench, visitor, account)
    with frame(visitor, account, "lines", texts("lines.title")):
        if bench is None:
            empty(texts("today.no_plan"))
            return
        _filters(bench)
        bench.effect = note("")
        bench.effect.props('role="status"')
        bench.groups = ui.element("div")
        _tools(bench)
        bench.grid = ui.aggrid(
            grid_options(texts, bench.url()), theme="quartz", auto_size_columns=False
        ).classes("k-grid")
        bench.grid.on("cellValueChanged", lambda event: _edited(bench, event), ["data"])
        if bench.decides:
            note(texts("lines.keys")).classes("k-keys")
            ui.keyboard(
                on_key=lambda event: _key(bench, event), ignore=["input", "select", "textarea"]
            )
        await _tell_effect(bench)


def _bench(visitor: Visitor, account: Account) -> Bench | None:
    asked = dict(parse_qsl(visitor.query))
    with visitor.context.store.read() as session:
        known = proposals.page(session, account_id=account.id, limit=PROPOSALS_SHOWN)
        if not known:
            return None
        night = next((one for one in known if one.kind == "night"), known[0])
        chosen = (
            proposals.of_account(session, asked["proposal"], account.id)
            if asked.get("proposal")
            else night
        )
        campaigns = {row.campaign_id: row.name for row in roster.campaigns(session, account.id)}
        bench = Bench(
            visitor=visitor,
            account=account,
            summary=summary_of(session, chosen),
            proposals={one.proposal_id: _proposal_name(visitor.texts, one) for one in known},
            campaigns=campaigns,
        )
    bench.state = asked.get("state", "pending" if bench.summary.states.get("pending") else "")
    bench.word = asked.get("word", "")
    return bench


def _proposal_name(texts: Texts, proposal: ProposalRow) -> str:
    return texts(f"lines.of_{proposal.kind}", day=proposal.business_date)


def _filters(bench: Bench) -> None:
    texts, summary = bench.visitor.texts, bench.summary
    states = {"": texts("lines.every_state")} | {
        code: f"{texts.of('state', code)} {count(number)}"
        for code, number in summary.states.items()
    }
    if bench.state not in states:
        states[bench.state] = texts.of("state", bench.state)
    reasons = {"": texts("lines.every_reason")} | {
        code: f"{texts.of('reason', code)} {count(number)}"
        for code, number in sorted(summary.reasons.items(), key=lambda item: -item[1])
    }
    campaigns = {"": texts("lines.every_campaign")} | bench.campaigns
    directions = {name: texts(f"lines.show_{name}") for name in DIRECTIONS}
    with ui.element("form").classes("k-filters").on("submit.prevent", lambda: None):
        if len(bench.proposals) > 1:
            ui.select(
                bench.proposals,
                label=texts("lines.proposal"),
                value=bench.proposal_id,
                on_change=lambda event: ui.navigate.to(
                    f"/{bench.account.id}/lines?proposal={event.value}"
                ),
            ).props("dense outlined options-dense").classes("k-choice k-second")
        _choice(bench, "state", states, first=True)
        _choice(bench, "reason", reasons)
        risks = {"": texts("lines.every_risk")}
        _choice(bench, "risk", risks | {str(code): texts.of("risk_short", code) for code in JUDGED})
        _choice(bench, "campaign", campaigns)
        _choice(bench, "changed", directions)
        _choice(
            bench, "group", {name: texts(f"lines.group_{name or 'none'}") for name in GROUPINGS}
        )
        ui.input(
            texts("lines.word"),
            value=bench.word,
            on_change=lambda event: _set(bench, "word", event),
        ).props('dense outlined debounce="300" clearable id="k-word"').classes("k-word")
        fold = ui.button(texts("lines.more")).props('no-caps flat dense aria-expanded="false"')
        fold.classes("k-fold").on("click", js_handler="event => kaiche.fold(event.currentTarget)")


def _choice(bench: Bench, name: str, options: dict[str, str], *, first: bool = False) -> None:
    """A filter; on a phone only the first ones are there before they are asked for."""
    bench.choices[name] = ui.select(
        options,
        label=bench.visitor.texts("lines.group" if name == "group" else f"lines.filter_{name}"),
        value=getattr(bench, name),
        on_change=lambda event: _set(bench, name, event),
    )
    bench.choices[name].props("dense outlined options-dense").classes(
        "k-choice" if first else "k-choice k-second"
    )


async def _set(bench: Bench, name: str, event: events.ValueChangeEventArguments[Any]) -> None:
    setattr(bench, name, event.value or "")
    if bench.grid is not None:
        ui.run_javascript(f"kaiche.show({bench.grid.id}, {bench.url()!r})")
        await _tell_effect(bench)


async def _tell_effect(bench: Bench) -> None:
    """What everything in the filter does together."""
    totals = await to_thread(acting.totals, bench.visitor, bench.wanted())
    assert bench.effect is not None
    bench.effect.set_text(
        bench.visitor.texts(
            "lines.effect",
            lines=count(totals.lines),
            spend=change_in_yuan(totals.spend_after_fen - totals.spend_before_fen),
            contribution=change_in_yuan(
                totals.contribution_after_fen - totals.contribution_before_fen
            ),
        )
    )
    await _tell_groups(bench)


async def _tell_groups(bench: Bench) -> None:
    """The filtered set by campaign, reason, state or size; for the whole picture."""
    texts, place = bench.visitor.texts, bench.groups
    assert place is not None
    place.clear()
    if not bench.group:
        return
    group = cast("lines.Group", bench.group)

    def read() -> dict[str, LineTotals]:
        with bench.visitor.context.store.read() as session:
            return lines.totals_by(session, bench.wanted(), group)

    found = await to_thread(read)
    with (
        place,
        table([texts(f"lines.group_{bench.group}"), *(texts(key) for key in GROUP_COLUMNS)]),
    ):
        for key, sums in found.items():
            row(
                _narrowing(bench, key),
                count(sums.lines),
                yuan(sums.spend_before_fen),
                change_in_yuan(sums.spend_after_fen - sums.spend_before_fen),
                change_in_yuan(sums.contribution_after_fen - sums.contribution_before_fen),
            )


def _narrowing(bench: Bench, key: str) -> Cell:
    """A group's name; pressing it narrows the filter to the group, where there is such a filter."""
    name, choice = _group_name(bench, key), bench.choices.get(FILTER_OF.get(bench.group, ""))
    if choice is None or key not in choice.options:
        return name
    return lambda: ui.button(name, on_click=lambda: choice.set_value(key)).props(
        "no-caps flat dense align=left"
    )


def _group_name(bench: Bench, key: str) -> str:
    texts = bench.visitor.texts
    if bench.group == "campaign_id":
        return bench.campaigns.get(key, key)
    return texts(f"lines.size_{key}") if bench.group == "size" else texts.of(bench.group, key)


def _tools(bench: Bench) -> None:
    """What can be done with the lines, as far as this person's role goes."""
    texts = bench.visitor.texts
    with ui.element("div").classes("k-actions"):
        if bench.decides:
            _actions(bench, texts)
        with ui.element("div").classes("k-actions k-sheets k-second"):
            ways_out(texts, lambda: bench.url("sheet").removeprefix(PREFIX))
            if bench.decides:
                way_in(bench.visitor, bench.proposal_id, lambda: _again(bench))


def _actions(bench: Bench, texts: Texts) -> None:
    def button(name: str, press: Callable[[], object], props: str, classes: str = "") -> None:
        ui.button(texts(f"lines.{name}"), on_click=press).props(f"no-caps {props}").classes(classes)

    button("approve_picked", lambda: _decide_picked(bench, Action.APPROVE), "unelevated")
    button("approve_all", lambda: _decide_all(bench, Action.APPROVE), "unelevated")
    button("reject_picked", lambda: _decide_picked(bench, Action.REJECT), "outline", "k-second")
    button("reject_all", lambda: _decide_all(bench, Action.REJECT), "outline", "k-second")
    button("withdraw_picked", lambda: _decide_picked(bench, Action.WITHDRAW), "flat", "k-second")


async def _key(bench: Bench, event: events.KeyEventArguments) -> None:
    """a approves what is picked, A everything in the filter; r and R reject."""
    if not event.action.keydown or event.modifiers.ctrl or event.modifiers.meta:
        return
    letter = event.key.name
    if letter in ("a", "r"):
        await _decide_picked(bench, {"a": Action.APPROVE, "r": Action.REJECT}[letter])
    elif letter in ("A", "R"):
        await _decide_all(bench, {"A": Action.APPROVE, "R": Action.REJECT}[letter])


async def _decide_picked(bench: Bench, action: Action) -> None:
    assert bench.grid is not None
    picked = await bench.grid.get_selected_rows()
    texts = bench.visitor.texts
    if not picked:
        ui.notify(texts("lines.none_picked"), type="warning")
        return
    shown = {int(row["id"]): str(row["etag"]) for row in picked}
    wanted = LineFilter(proposal_id=bench.proposal_id, line_ids=tuple(shown))
    effect = await to_thread(acting.effect, bench.visitor, wanted)
    answer = await ask(texts, action, effect)
    if answer is None:
        return
    await _carry_out(
        bench, acting.decide, bench.visitor, bench.proposal_id, action, shown, answer.reason
    )


async def _decide_all(bench: Bench, action: Action) -> None:
    """Everything in the filter that the action is possible for."""
    wanted, texts = acting.open_to(bench.wanted(), action), bench.visitor.texts
    effect = await to_thread(acting.effect, bench.visitor, wanted)
    if not effect.totals.lines:
        ui.notify(texts("lines.none_found"), type="warning")
        return
    answer = await ask(texts, action, effect)
    if answer is None:
        return
    await _carry_out(
        bench, acting.decide_all, bench.visitor, wanted, action, effect.tag, answer.reason
    )


async def _carry_out(bench: Bench, act: Any, *arguments: Any) -> None:
    """Decide, say what came of it, and read the grid again."""
    texts = bench.visitor.texts
    try:
        outcome = await to_thread(act, *arguments)
    except REFUSED as error:
        say_error(texts, error)
    else:
        left = count(outcome.left_alone)
        said = texts(f"lines.done_{outcome.action}", count=count(len(outcome.changed)), left=left)
        if outcome.for_another:
            said += " " + texts("lines.for_another", count=count(outcome.for_another))
        ui.notify(said, type="positive")
    await _again(bench)


async def _again(bench: Bench) -> None:
    assert bench.grid is not None
    ui.run_javascript(f"kaiche.again({bench.grid.id})")
    await _tell_effect(bench)


async def _edited(bench: Bench, event: events.GenericEventArguments) -> None:
    """A bid typed into the grid: shown with its forecast, then saved or taken back."""
    row = event.args["data"]
    texts = bench.visitor.texts
    bid = await ask_bid(bench.visitor, int(row["id"]), row["bid"])
    if bid is not None:
        try:
            await to_thread(
                acting.edit, bench.visitor, int(row["id"]), row["etag"], bid.fen, bid.reason
            )
        except REFUSED as error:
            say_error(texts, error)
        else:
            ui.notify(texts("lines.edited"), type="positive")
    await _again(bench)


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
