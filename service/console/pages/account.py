"""The account: its policy as in force, read-only, with every margin opened to its terms."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from service import economics, standing
from service.console.frame import frame, heading, note
from service.console.numbers import NOTHING, percent, yuan
from service.console.tables import row, table
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.settings.margins import Economics
from service.settings.models import Account, Allowance
from service.settings.promotions import Promotion
from service.store import roster


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    account, names = await to_thread(_in_force, visitor, account)
    with frame(visitor, account, "account", texts("account.title")):
        note(texts("account.from_yaml"))
        with ui.element("div").classes("k-columns"):
            for group, lines in _groups(texts, account, names).items():
                with ui.element("section").classes("k-card"):
                    heading(texts(f"account.{group}"), 2)
                    with table([texts("account.limit"), texts("account.value")]):
                        for name, value in lines:
                            row(texts(f"account.{name}"), value)
        with ui.element("section").classes("k-card"):
            heading(texts("account.economics"), 2)
            _margins(texts, account.economics)
            for entry in account.economics:
                _economics(texts, entry)


def _in_force(visitor: Visitor, account: Account) -> tuple[Account, dict[str, str]]:
    """Without raises that nobody has acknowledged yet; and the campaigns' names by id."""
    with visitor.context.store.read() as session:
        names = {row.campaign_id: row.name for row in roster.campaigns(session, account.id)}
        return standing.in_force(session, account), names


def _schedule(texts: Texts, account: Account) -> str:
    """When the night runs: the time of a daily one, else its crontab line."""
    minute, hour, *rest = account.schedule.cron.split()
    if rest == ["*", "*", "*"] and minute.isdigit() and hour.isdigit():
        return texts("account.daily_at", time=f"{int(hour):02d}:{int(minute):02d}")
    return f"{account.schedule.cron} ({account.timezone})"


def _days_of(promotion: Promotion) -> dict[str, str]:
    return {"name": promotion.name, "first": f"{promotion.first}", "last": f"{promotion.last}"}


def _dates(texts: Texts, stated: Allowance) -> str:
    if stated.start_date is None:
        return texts("account.until", last=stated.end_date)
    return f"{stated.start_date} … {stated.end_date}"


def _groups(
    texts: Texts, account: Account, names: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    rails, budgets = account.guardrails, account.budgets
    groups = {
        "general": [
            ("id", account.id),
            ("objective", texts.of("objective", account.objective)),
            ("connector", texts.of("connector", account.connector.kind)),
            ("schedule", _schedule(texts, account)),
            ("history_days", str(account.history_days)),
            *(
                ("promotion", texts("account.days_of", **_days_of(one)))
                for one in account.promotions
            ),
        ],
        "budgets": [
            ("daily", _money(budgets.daily)),
            ("monthly", _money(budgets.monthly)),
            *(
                ("campaign_cap", texts("account.cap_of", name=names.get(one, one), cap=_money(cap)))
                for one, cap in budgets.campaigns.items()
            ),
        ],
        "guardrails": [
            ("bids", f"{_money(rails.min_bid)} … {_money(rails.max_bid)}"),
            ("steps", f"+{percent(rails.max_step_up, 0)} / −{percent(rails.max_step_down, 0)}"),
            ("changed_share", percent(rails.max_changed_share, 0)),
            ("spend_rise", percent(rails.max_spend_rise, 0)),
        ],
        "auto_approve": [
            ("enabled", texts(f"account.{'on' if account.auto_approve.enabled else 'off'}")),
            ("max_step", percent(account.auto_approve.max_step, 0)),
            ("max_lines", str(account.auto_approve.max_lines)),
        ],
    }
    stated = account.allowance
    if stated is not None:
        groups["allowance"] = [
            ("amount", _money(stated.amount)),
            ("window_days", str(stated.window_days)),
            ("window_cap", _money(stated.window_cap)),
            ("dates", _dates(texts, stated)),
            ("confidence", percent(stated.confidence, 0)),
            ("min_marginal_return", f"{stated.min_marginal_return:.2f}"),
        ]
    return groups


def _economics(texts: Texts, entry: Economics) -> None:
    """What an entry with its costs written out is made of."""
    opened = economics.break_even(entry)
    if opened.loses_at_any_bid:
        ui.label(texts("account.loses")).classes("k-need k-grave")
    if not opened.terms:
        return
    heading(_whose(texts, entry), 3)
    with table([texts("account.term"), texts("account.value"), texts("account.formula")]):
        for term in opened.terms:
            said = term.label_zh if texts.language == "zh" else term.label_en
            row(said, yuan(float(term.yuan) * 100), term.formula)


def _margins(texts: Texts, entries: Sequence[Economics]) -> None:
    """Every entry's margin and break-even."""
    names = ("whose", "margin", "gross", "net")
    with table([texts(f"account.{name}") for name in names]):
        for entry in entries:
            opened = economics.break_even(entry)
            row(
                _whose(texts, entry),
                percent(opened.margin_rate),
                _ratio(opened.gross_roas),
                _ratio(opened.net_roas),
            )


def _whose(texts: Texts, entry: Economics) -> str:
    if entry.adgroup is not None:
        return texts("account.of_adgroup", id=entry.adgroup)
    if entry.item is not None:
        return texts("account.of_item", id=entry.item)
    return texts("account.default")


def _ratio(roas: float | None) -> str:
    return NOTHING if roas is None else f"{roas:.2f}"


def _money(amount: Any) -> str:
    return yuan(None if amount is None else float(amount) * 100)
