"""What is legal in a configuration but looks like a mistake: warnings, never refusals."""

from __future__ import annotations

from collections.abc import Iterator

from service.settings.connectors import ReportsConnector, TaobaoConnector
from service.settings.models import Account, Settings
from service.settings.problems import Problem, dotted, in_order
from service.settings.reading import Reading

Path = tuple[int | str, ...]
Advice = tuple[Path, str]


def advise(settings: Settings, found: Reading) -> tuple[Problem, ...]:
    """Every warning on ``settings``, at its place in the file."""
    advice: list[Advice] = [*_shared_folders(settings), *_shared_shops(settings)]
    for index, account in enumerate(settings.accounts):
        advice += [
            (("accounts", index, *below), message)
            for rule in (_allowance, _budgets, _auto_approve, _folder)
            for below, message in rule(account)
        ]
    return in_order(
        Problem(file=found.file, mark=found.nearest_place(path), path=dotted(path), message=message)
        for path, message in advice
    )


def _allowance(account: Account) -> Iterator[Advice]:
    allowance = account.allowance
    if allowance is None:
        return
    reachable = allowance.amount * allowance.window_days
    if allowance.window_cap > reachable:
        yield (
            ("allowance", "window_cap"),
            f"{allowance.window_cap} is never reached: {allowance.window_days} days of "
            f"{allowance.amount} lose at most {reachable}",
        )
    if allowance.amount > account.budgets.daily:
        yield (
            ("allowance", "amount"),
            f"{allowance.amount} is more than the daily budget ({account.budgets.daily}); a day "
            "cannot lose more than it spends",
        )


def _budgets(account: Account) -> Iterator[Advice]:
    monthly, most = account.budgets.monthly, account.budgets.daily * 31
    if monthly is not None and monthly > most:
        yield (
            ("budgets", "monthly"),
            f"{monthly} is never reached: 31 days of the daily budget are {most}",
        )


def _auto_approve(account: Account) -> Iterator[Advice]:
    rule, limits = account.auto_approve, account.guardrails
    if rule.enabled and rule.max_step >= max(limits.max_step_up, limits.max_step_down):
        yield (
            ("auto_approve", "max_step"),
            f"{rule.max_step} is as wide as the guardrails' steps, so no change would wait for a "
            "person",
        )


def _folder(account: Account) -> Iterator[Advice]:
    connector = account.connector
    if isinstance(connector, ReportsConnector) and not connector.path.exists():
        yield ("connector", "path"), f"{connector.path} does not exist (yet)"


def _shared_folders(settings: Settings) -> Iterator[Advice]:
    first: dict[object, str] = {}
    for index, account in enumerate(settings.accounts):
        connector = account.connector
        if not isinstance(connector, ReportsConnector):
            continue
        owner = first.setdefault(connector.path, account.id)
        if owner != account.id:
            yield (
                ("accounts", index, "connector", "path"),
                f"{connector.path} is also the folder of account {owner}; both would plan its words",
            )


def _shared_shops(settings: Settings) -> Iterator[Advice]:
    first: dict[tuple[str, str], str] = {}
    for index, account in enumerate(settings.accounts):
        connector = account.connector
        if not isinstance(connector, TaobaoConnector):
            continue
        owner = first.setdefault((connector.gateway, connector.nick), account.id)
        if owner != account.id:
            yield (
                ("accounts", index, "connector", "nick"),
                f"{connector.nick} is also the shop of account {owner}; both would set its bids",
            )
