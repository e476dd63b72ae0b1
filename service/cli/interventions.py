"""``kaiche stop``, ``resume``, ``hands-off``, ``release``, ``alerts``: what only people decide."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from service import outside, stop
from service.cli.options import AccountId, Command, Json, Limit, command_of, origin, owner
from service.cli.screen import yuan
from service.errors import InputError, NotFoundError
from service.store import interventions
from service.store.interventions import EVERYTHING

Account = Annotated[
    str, typer.Option("--account", "-a", help="账户 id, 见 YAML. The account's id.")
]


def stop_applying(
    context: typer.Context,
    account: AccountId = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="为什么停 · Why, for the record.")
    ] = None,
    as_json: Json = False,
) -> None:
    """立即停止向平台提交出价 (全部账户或一个) · Send nothing more to the platform, at once."""
    command = command_of(context, machine=as_json)
    scope = _scope(command, account)
    with command.store() as store, store.begin() as session:
        news = stop.order(session, origin(session), scope, reason)
    what = account or command.screen.speech("全部账户", "all accounts")
    if news:
        command.screen.say(
            f"已停止: {what}. 恢复: kaiche resume", f"Stopped: {what}. Go on with: kaiche resume"
        )
    else:
        command.screen.say(f"{what} 已经是停止状态.", f"{what}: stopped already.")
    _emit(command)


def resume(context: typer.Context, account: AccountId = None, as_json: Json = False) -> None:
    """解除停止 · Let approved bids leave again."""
    command = command_of(context, machine=as_json)
    scope = _scope(command, account)
    with command.store() as store, store.begin() as session:
        lifted = stop.lift(session, origin(session), scope)
    if not lifted:
        command.screen.say("没有这样的停止令.", "There is no such stop order.")
    with command.store() as store, store.read() as session:
        left = stop.in_force(session, _file(command), account)
    for one in left:
        command.screen.warn(one.sentence(), one.sentence())
    if not left:
        command.screen.say("可以提交.", "Approved bids may leave.")
    _emit(command)


def _scope(command: Command, account: str | None) -> str:
    if account is None:
        return EVERYTHING
    known = [one.id for one in command.settings().accounts]
    if account not in known:
        raise NotFoundError(
            f"there is no account {account} in the configuration, only: {', '.join(known)}"
        )
    return account


def _file(command: Command) -> Path:
    return stop.stop_file(command.settings())


def _emit(command: Command) -> None:
    """For machines: every stop in force."""
    if not command.screen.machine:
        return
    with command.store() as store, store.read() as session:
        command.screen.emit([asdict(one) for one in stop.in_force(session, _file(command))])


def hands_off(context: typer.Context, account: AccountId = None, as_json: Json = False) -> None:
    """列出因在别处改过价而留给人处理的词 · Words left to people since somebody changed them elsewhere."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        found = interventions.hands_off(session, account)
    if as_json:
        command.screen.emit([asdict(row) for row in found])
        return
    if not found:
        command.screen.say("没有留给人处理的词.", "No word is left to people.")
        return
    columns = command.screen.speech(
        "账户 词id 时间(UTC) 原价 现价", "account keyword since(UTC) was found"
    ).split()
    rows = [
        (
            row.account_id,
            row.keyword_id,
            f"{row.since_at:%m-%d %H:%M}",
            yuan(row.bid_before_fen),
            yuan(row.bid_fen),
        )
        for row in found
    ]
    command.screen.table("", columns, rows, text=3)
    command.screen.say(
        "交还给 kaiche: kaiche release 词id --account 账户",
        "Give one back with: kaiche release KEYWORD --account ACCOUNT",
    )


def release(
    context: typer.Context,
    word: Annotated[str, typer.Argument(help="词 id · The keyword's id.")],
    *,
    account: Account,
) -> None:
    """把一个词交还给 kaiche, 从下一晚起重新出价 · Give a word back to kaiche from the next night on."""
    command = command_of(context)
    with command.store() as store, store.begin() as session:
        row = outside.release(session, account, word, origin(session))
    command.screen.say(
        f"{row.keyword_id} 已交还, 下一晚从 {yuan(row.bid_fen)} 起计算.",
        f"{row.keyword_id} is given back; the next night starts from {yuan(row.bid_fen)}.",
    )


def alerts(
    context: typer.Context,
    acknowledge: Annotated[
        int | None, typer.Option("--acknowledge", help="确认已知悉, 写编号 · Mark one as known.")
    ] = None,
    account: AccountId = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="放宽限额须写明原因 · Why; a raise in the YAML needs it."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="包括已确认的 · Also acknowledged ones.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """列出告警, 或确认其中一条 · List alerts, or acknowledge one."""
    command = command_of(context, machine=as_json)
    if acknowledge is not None:
        if acknowledge < 1:
            raise InputError(f"--acknowledge {acknowledge} is no alert; `kaiche alerts` lists them")
        with command.store() as store, store.begin() as session:
            place = interventions.alert(session, acknowledge).account_id
            outside.acknowledge(session, acknowledge, owner(session, place), reason)
    with command.store() as store, store.read() as session:
        found = interventions.alerts(
            session, account_id=account, open_only=not everything, limit=limit
        )
    if as_json:
        command.screen.emit([asdict(row) for row in found])
        return
    if not found:
        command.screen.say("没有未确认的告警.", "No open alert.")
    for row in found:
        known = f" ✓ {row.acknowledged_by}" if row.acknowledged_by else ""
        head = f"{row.alert_id}  {row.at:%m-%d %H:%M}  {row.account_id}{known}: "
        command.screen.say(head + row.message_zh, head + row.message_en)
