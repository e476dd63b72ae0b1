"""``kaiche ledger``: what may be lost tonight, the days it came from, and how they were restated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from service import books
from service.books import Opened
from service.cli.options import AccountId, Command, Json, Limit, command_of, day_of
from service.cli.screen import Screen, yuan
from service.errors import InputError, NotFoundError
from service.ledger import Interval, LedgerEntry, LedgerState
from service.store import ledger as days_of_ledger
from service.store import proposals
from service.store.rows import ProposalRow, StatedDay

LIMITS = {
    "amount": ("每日上限", "the amount of a day"),
    "window": ("周期余额 ÷ 剩余天数", "what the window leaves, spread over its days left"),
    "days_in_a_row": ("连续天数合计", "days in a row across two windows"),
    "not_started": ("尚未开始", "the allowance has not begun"),
    "ended": ("已过截止日", "the allowance has ended"),
}


def ledger(
    context: typer.Context,
    account: AccountId = None,
    night: Annotated[
        str | None, typer.Option("--night", help="哪一晚, 默认最新 · Which night; else the newest.")
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=books.LEDGER_DAYS // 2, help="往前几天 · Days before the night."),
    ] = None,
    day: Annotated[
        str | None, typer.Option("--day", help="某一天的历次重述 · One day's restatements.")
    ] = None,
    nights: Annotated[
        bool, typer.Option("--nights", help="逐晚列出 · One line a night instead.")
    ] = False,
    limit: Limit = 14,
    as_json: Json = False,
) -> None:
    """微亏账本: 今晚可亏多少, 钱花在哪些天 · What may be lost tonight, and where it went."""
    command = command_of(context, machine=as_json)
    if nights:
        _nights(command, account, limit)
        return
    shown = day_of(day)
    with command.store() as store, store.read() as session:
        names = _accounts(command, account)
        if shown is not None:
            if len(names) != 1:
                raise InputError("--day needs --account: there are several accounts")
            found = days_of_ledger.versions(session, names[0], shown)
            if not found:
                raise NotFoundError(f"the ledger of {names[0]} does not know the day {shown}")
            _restatements(command.screen, found)
            return
        opened = [books.open_at(session, name, day_of(night), days) for name in names]
    if as_json:
        command.screen.emit([_values(one) for one in opened])
        return
    for one in opened:
        _account(command.screen, one)


def _accounts(command: Command, account: str | None) -> list[str]:
    names = [one.id for one in command.settings().accounts]
    if account is not None and account not in names:
        raise NotFoundError(f"there is no account {account}; there are: {', '.join(names)}")
    return names if account is None else [account]


def _account(screen: Screen, opened: Opened) -> None:
    if opened.night is None:
        screen.say(
            f"{opened.account_id}: 还没有建议. 用 kaiche nightly 生成.",
            f"{opened.account_id}: no night yet; begin with: kaiche nightly",
        )
        return
    screen.say(
        f"{opened.account_id}  {opened.night} 晚",
        f"{opened.account_id}  night of {opened.night}",
        style="bold",
    )
    if opened.allowance is None:
        screen.say("未设微亏额度: 亏损不设上限, 目标为利润.", "No allowance is stated.")
    else:
        _allowance(screen, opened.allowance)
    if opened.budget is not None:
        screen.say(
            f"当晚预算 {yuan(opened.budget.tonight_fen)}, 本月已花 "
            f"{yuan(opened.budget.spent_this_month_fen)}.",
            f"Budget tonight {yuan(opened.budget.tonight_fen)}; spent this month "
            f"{yuan(opened.budget.spent_this_month_fen)}.",
        )
    columns = screen.speech(
        "日期 花费 已到 预计贡献 已到单 亏损 累计亏损 90%区间 已用 余额",
        "day spend settled contribution in loss so_far 90%_interval used left",
    )
    rows = [_cells(entry) for entry in opened.days]
    screen.table("", [name.replace("_", " ") for name in columns.split()], rows)


def _allowance(screen: Screen, state: LedgerState) -> None:
    zh, en = LIMITS[state.limit]
    screen.say(
        f"今晚可亏 {yuan(state.tonight_fen)} ({zh}); 周期 {state.window_first or '–'} … "
        f"{state.window_last or '–'}, 上限 {yuan(state.window_cap_fen)}, "
        f"已用 {yuan(state.used_fen)}, 余 {yuan(state.left_fen)}, 剩 {state.days_left} 天.",
        f"Tonight may lose {yuan(state.tonight_fen)} ({en}); window {state.window_first or '–'} … "
        f"{state.window_last or '–'}, cap {yuan(state.window_cap_fen)}, "
        f"used {yuan(state.used_fen)}, left {yuan(state.left_fen)}, {state.days_left} days left.",
    )


def _cells(entry: LedgerEntry) -> tuple[object, ...]:
    day = entry.day
    return (
        day.date,
        yuan(day.spend_fen),
        yuan(day.settled_fen),
        yuan(day.contribution_fen),
        f"{day.reported_share:.0%}",
        yuan(day.loss_fen),
        yuan(entry.loss_so_far.fen),
        _ends(entry.loss_so_far),
        yuan(entry.used_fen),
        yuan(entry.left_fen),
    )


def _ends(interval: Interval) -> str:
    return f"{yuan(interval.p05_fen)} … {yuan(interval.p95_fen)}"


def _restatements(screen: Screen, found: list[StatedDay]) -> None:
    if screen.machine:
        screen.emit([_stated(row) for row in found])
        return
    columns = screen.speech(
        "哪晚 花费 点击 已到 待到 预计贡献 已到单 亏损",
        "night spend clicks settled waiting contribution in loss",
    ).split()
    rows = [
        (
            row.stated_on,
            yuan(row.spend_fen),
            row.clicks,
            yuan(row.settled_fen),
            yuan(row.waiting_fen),
            yuan(row.contribution_fen),
            f"{row.reported_share:.0%}",
            yuan(row.loss_fen),
        )
        for row in found
    ]
    screen.table(str(found[0].date), columns, rows)


def _stated(row: StatedDay) -> dict[str, Any]:
    return asdict(row) | {"settled_fen": row.settled_fen, "loss_fen": row.loss_fen}


def _values(opened: Opened) -> dict[str, Any]:
    return asdict(opened) | {
        "days": [asdict(entry) | {"day": _stated(entry.day)} for entry in opened.days]
    }


def _nights(command: Command, account: str | None, limit: int) -> None:
    """What allowance and budgets left for every night, newest first."""
    with command.store() as store, store.read() as session:
        found = proposals.page(session, account_id=account, kind="night", limit=limit)
    if command.screen.machine:
        command.screen.emit([_of_night(row) for row in found])
        return
    columns = command.screen.speech(
        "日期 账户 周期 当晚可亏 周期已亏 周期余额 当晚预算 本月已花",
        "night account window may_lose lost_so_far cap_left budget spent_this_month",
    )
    rows = [_night_cells(row) for row in found]
    command.screen.table("", [name.replace("_", " ") for name in columns.split()], rows, text=3)


def _of_night(row: ProposalRow) -> dict[str, Any]:
    return {
        "account_id": row.account_id,
        "business_date": row.business_date,
        "allowance": row.policy.get("allowance"),
        "budget": row.policy.get("budget"),
    }


def _night_cells(row: ProposalRow) -> tuple[object, ...]:
    allowance: Mapping[str, Any] = row.policy.get("allowance") or {}
    budget: Mapping[str, Any] = row.policy.get("budget") or {}
    first, last = allowance.get("window_first"), allowance.get("window_last")
    return (
        row.business_date,
        row.account_id,
        f"{first} … {last}" if first and last else "–",
        yuan(allowance.get("tonight_fen")),
        yuan(allowance.get("used_fen")),
        yuan(allowance.get("left_fen")),
        yuan(budget.get("tonight_fen")),
        yuan(budget.get("spent_this_month_fen")),
    )
