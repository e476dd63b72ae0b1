"""The account: its policy as in force, read-only, with every margin opened to its terms."""

from __future__ import annotations

from asyncio import to_thread
from typing import Any

from nicegui import ui

from service import economics, standing
from service.console.frame import frame, heading, note
from service.console.numbers import NOTHING, percent, yuan
from service.console.tables import row, table
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.settings.models import Account, Economics


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    account = await to_thread(_in_force, visitor, account)
    with frame(visitor, account, "account", texts("account.title")):
        note(texts("account.from_yaml"))
        with ui.element("div").classes("k-columns"):
            for group, lines in _groups(texts, account).items():
                with ui.element("section").classes("k-card"):
                    heading(texts(f"account.{group}"), 2)
                    with table([texts("account.limit"), texts("account.value")]):
                        for name, value in lines:
                            row(texts(f"account.{name}"), value)
        with ui.element("section").classes("k-card"):
            heading(texts("account.economics"), 2)
            for entry in account.economics:
                _economics(texts, entry)


def _in_force(visitor: Visitor, account: Account) -> Account:
    """Without raises that nobody has acknowledged yet."""
    with visitor.context.store.read() as session:
        return standing.in_force(session, account)


def _groups(texts: Texts, account: Account) -> dict[str, list[tuple[str, str]]]:
    rails, budgets = account.guardrails, account.budgets
    groups = {
        "general": [
            ("id", account.id),
            ("objective", texts.of("objective", account.objective)),
            ("connector", account.connector.kind),
            ("schedule", f"{account.schedule.cron} ({account.timezone})"),
            ("history_days", str(account.history_days)),
        ],
        "budgets": [
            ("daily", _money(budgets.daily)),
            ("monthly", _money(budgets.monthly)),
            *(
                ("campaign_cap", f"{name}: {_money(cap)}")
                for name, cap in budgets.campaigns.items()
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
            ("dates", f"{stated.start_date or NOTHING} … {stated.end_date}"),
            ("confidence", percent(stated.confidence, 0)),
            ("min_marginal_return", f"{stated.min_marginal_return:.2f}"),
        ]
    return groups


def _economics(texts: Texts, entry: Economics) -> None:
    opened = economics.break_even(entry)
    name = entry.adgroup or entry.item or texts("account.default")
    heading(name, 3)
    gross, net = opened.gross_roas, opened.net_roas
    ui.label(
        texts(
            "account.break_even",
            margin=percent(opened.margin_rate),
            gross=NOTHING if gross is None else f"{gross:.2f}",
            net=NOTHING if net is None else f"{net:.2f}",
        )
    ).classes("k-sentence")
    if opened.loses_at_any_bid:
        ui.label(texts("account.loses")).classes("k-need k-grave")
    if opened.terms:
        with table([texts("account.term"), texts("account.value"), texts("account.formula")]):
            for term in opened.terms:
                said = term.label_zh if texts.language == "zh" else term.label_en
                row(said, yuan(float(term.yuan) * 100), term.formula)


def _money(amount: Any) -> str:
    return yuan(None if amount is None else float(amount) * 100)
