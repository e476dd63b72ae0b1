"""``kaiche demo``: simulated shops, a month of nights over HTTP, and tonight's proposal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from shutil import which
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.night import Day, Planned, show_night
from service.cli.options import Command, Json, command_of, day_of
from service.cli.progress import NightsProgress, StepProgress
from service.cli.screen import Screen, yuan

if TYPE_CHECKING:
    from service.demo import Hindsight, Lived, Month
    from service.settings.models import Account

NIGHTS = 30


def demo(
    context: typer.Context,
    *,
    day: Day = None,
    nights: Annotated[
        int,
        typer.Option(min=0, max=60, help="今晚之前先过几晚 · Nights to live before tonight."),
    ] = NIGHTS,
    as_json: Json = False,
) -> None:
    """让模拟店铺通过开放平台协议过一个月, 再给出今晚的建议 · Live a month over HTTP, then plan tonight.

    每晚: 拉取, 计算, 由演示人员批准, 提交, 核对. 今晚的建议留给你. 再次运行只显示已有的结果.
    Each night is pulled, planned, approved by the demo's person, applied and verified; tonight's
    proposal is left to you. Run again, it shows what there is.
    """
    from service import wiring  # noqa: PLC0415 - loads the optimizer
    from service.demo import Month  # noqa: PLC0415 - loads the market

    command = command_of(context, machine=as_json)
    loaded = command.prepared()
    month = Month(
        loaded.settings,
        loaded.platform_secrets,
        day_of(day),
        nights,
        clock=wiring.system_clock,
    )
    try:
        told = _live(command, month)
        values = [_tonight(command, month, account) for account in month.accounts]
        seen = [found for account in month.accounts if (found := month.hindsight(account))]
    finally:
        month.wiring.close()
    _show_hindsight(command.screen, seen)
    if as_json:
        month_values = {"lived": told, "hindsight": [asdict(one) for one in seen]}
        command.screen.emit({"nights": values, "month": month_values})
    _show_next(command, [str(night["state"]) for night in values])


def _live(command: Command, month: Month) -> list[dict[str, Any]]:
    with NightsProgress(command.screen, month.nights * len(month.accounts)) as progress:
        told = []
        for night in month.live():
            progress.tell(*_sentence(night))
            told.append(asdict(night))
        return told


def _sentence(night: Lived) -> tuple[str, str]:
    return (
        f"{night.account_id} {night.day} 第 {night.number}/{night.nights} 晚: "
        f"批准 {night.approved}, 生效 {night.applied}",
        f"{night.account_id} {night.day} night {night.number} of {night.nights}: "
        f"{night.approved} approved, {night.applied} applied",
    )


def _tonight(command: Command, month: Month, account: Account) -> dict[str, Any]:
    """Plan tonight; the first account is shown whole, the others in a line."""
    with StepProgress(command.screen, f"{account.id} {month.day}") as progress:
        result = month.plan(account, progress)
        planned = Planned(result=result, seconds=progress.seconds)
    return show_night(command, month.wiring.store, planned, whole=account is month.accounts[0])


def _show_hindsight(screen: Screen, seen: Iterable[Hindsight]) -> None:
    """What the month brought, beside the bids the person had set; a simulation alone can tell."""
    found = list(seen)
    if not found:
        return
    speech = screen.speech
    rows = []
    for one in found:
        for name, of in (
            (speech("kaiche 的出价", "kaiche's bids"), one.lived),
            (speech("人工原出价不动", "the person's, kept"), one.kept),
        ):
            profit = of.contribution_fen - of.spend_fen
            rows.append(
                (
                    one.account_id,
                    name,
                    one.days,
                    of.orders,
                    yuan(of.spend_fen),
                    yuan(of.contribution_fen),
                    yuan(profit),
                )
            )
    columns = speech(
        "账户 出价 天数 订单 花费 贡献 盈亏", "account bids days orders spend contribution profit"
    )
    screen.table(
        speech("这些天实际带来的, 同样的买家", "What these days brought, the same shoppers"),
        columns.split(),
        rows,
        text=2,
    )
    screen.say(
        "只有模拟店铺才能这样比较: 两行是同一批买家, 同样的预算, 所有订单都已到齐.",
        "Only a simulated shop can tell: both rows are the same shoppers under the same budgets, with "
        "every order in.",
        style="dim",
    )
    for one in found:
        _show_bought(screen, one)


def _show_bought(screen: Screen, one: Hindsight) -> None:
    """Where kaiche spent more: what the further yuan brought."""
    more = one.lived.spend_fen - one.kept.spend_fen
    brought = one.lived.contribution_fen - one.kept.contribution_fen
    if more <= 0:
        return
    screen.say(
        f"{one.account_id}: 多花的 {yuan(more)} 带回 {yuan(brought)} 贡献, "
        f"每元 {brought / more:.2f}.",
        f"{one.account_id}: the further {yuan(more)} brought "
        f"{yuan(brought)} of contribution, {brought / more:.2f} a yuan.",
    )


def _show_next(command: Command, states: list[str]) -> None:
    screen, name = command.screen, _own_name()
    steps = [
        ("make serve", "在浏览器里看同一份建议并审批", "the same proposal in the browser"),
        (f"{name} approve --all", "批准全部改动", "approve every change"),
        (
            f"{name} apply",
            "提交到平台 (模拟) 并核对",
            "send it to the (simulated) platform, verified",
        ),
        (f"{name} proposals export", "或导出批量改价表", "or export the bulk-edit sheet"),
    ]
    if "blocked" in states:
        why = f"{name} override --reason …"
        steps.insert(0, (why, "放行被护栏拦下的建议", "open it, although guardrails blocked it"))
    screen.table(
        screen.speech("下一步", "Next"),
        ("", ""),
        [(typed, screen.speech(zh, en)) for typed, zh, en in steps],
        text=2,
    )


def _own_name() -> str:
    """How a person has to write this program's name here."""
    return "kaiche" if which("kaiche") else os.path.relpath(sys.argv[0])
