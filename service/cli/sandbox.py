"""``kaiche sandbox``: the advertising platform's gateway over simulated shops, on this machine."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from service.cli.options import Json, command_of
from service.errors import InputError

if TYPE_CHECKING:
    from connectors.sandbox.gateway import Gateway, SandboxClock

PORT = 8700
_ZONE = ZoneInfo("Asia/Shanghai")


def sandbox(
    context: typer.Context,
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="端口, 0 为任意空闲端口 · The port; 0 takes any.")
    ] = PORT,
    shops: Annotated[int, typer.Option(min=1, max=99, help="几家店 · How many shops.")] = 1,
    seed: Annotated[
        int, typer.Option(min=0, help="种子: 市场与凭证由它决定 · Decides markets and credentials.")
    ] = 7,
    keywords: Annotated[
        int, typer.Option(min=1, max=200_000, help="每店词数 · Keywords of a shop.")
    ] = 2_400,
    history_days: Annotated[
        int, typer.Option(min=1, max=365, help="已有几天历史 · Days of history at the start.")
    ] = 30,
    state: Annotated[
        Path | None,
        typer.Option(help="保存出价与预算的文件夹 · A folder that keeps bids and budgets."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(help="起始时刻, 如 2026-07-20T08:30 (北京时间) · When to start, GMT+8."),
    ] = None,
    standing: Annotated[
        bool,
        typer.Option("--standing", help="时钟静止, 只随管理接口移动 · The clock stands still."),
    ] = False,
    daily_calls: Annotated[
        int, typer.Option(min=1, help="每日调用配额 · Calls allowed a day.")
    ] = 1_000_000,
    per_second: Annotated[
        int | None, typer.Option(min=1, help="每个方法每秒次数 · Calls a second for each method.")
    ] = None,
    fault_rate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="每次调用出故障的概率 · Faults a call.")
    ] = 0.0,
    fault_seed: Annotated[int, typer.Option(min=0, help="故障的种子 · Seed of the faults.")] = 0,
    as_json: Json = False,
) -> None:
    """启动沙盒网关: 模拟店铺, 与开放平台同样的协议 · Serve simulated shops over the platform's protocol.

    只在本机监听. 打印网址, App Key, App Secret 与每家店的 Session; 由种子决定, 重启不变, 只能打开模拟店铺.
    Listens on loopback only and prints its address, app key, app secret and one session a shop. They
    follow from the seed, stay the same over restarts, and open nothing but simulated shops.

    时钟, 故障, 后台改价与授权由 POST /sandbox/clock|faults|person|budget|session 控制, 凭管理令牌.
    The clock, faults, edits by a person and sessions are driven at POST /sandbox/... with the admin token:
    {"advance_days": 1}, {"next": [{"kind": "cut_after"}]}, {"rate": 0.02, "seed": 1}.
    """
    from connectors.sandbox import gateway as top  # noqa: PLC0415 - the market loads only where needed

    command = command_of(context, machine=as_json)
    listener = _listen(port)
    try:
        made = top.open_gateway(
            seed,
            top.shops_of(
                seed, shops=shops, keywords=keywords, history_days=history_days, folder=state
            ),
            _clock(now, standing=standing),
            limits=top.Limits(daily_calls=daily_calls, per_second=per_second),
            faults=top.FaultPlan(seed=fault_seed, rate=fault_rate),
        )
        shown = _shown(made, top.url_of(listener), seed)
        if as_json:
            command.screen.emit(shown)
        else:
            command.screen.text(_for_people(shown))
        top.run(made, listener)
    finally:
        listener.close()


def _listen(port: int) -> socket.socket:
    """The gateway's socket, bound before the market takes its time. Raises InputError."""
    from connectors.sandbox.gateway import listen  # noqa: PLC0415 - as above

    try:
        return listen(port)
    except OSError as error:
        raise InputError(
            f"port {port} on this machine cannot be used ({error.strerror}); "
            "name another with --port, or --port 0 for any free one"
        ) from error


def _clock(start: str | None, *, standing: bool) -> SandboxClock:
    """The machine's clock, moved to ``start``, or one that stands. Raises InputError."""
    from connectors.sandbox.gateway import SandboxClock  # noqa: PLC0415 - as above

    moment = datetime.now(UTC)
    if start is not None:
        try:
            moment = datetime.fromisoformat(start)
        except ValueError as error:
            raise InputError(
                f"--now {start!r} is no moment; write it as 2026-07-20T08:30"
            ) from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=_ZONE)
    if standing:
        return SandboxClock.standing(moment)
    clock = SandboxClock(lambda: datetime.now(UTC))
    clock.set(moment)
    return clock


def _shown(made: Gateway, url: str, seed: int) -> dict[str, Any]:
    """What a caller must know."""
    from connectors.sandbox.gateway import admin_token_of  # noqa: PLC0415 - as above

    return {
        "url": f"{url}/router/rest",
        "app_key": made.app.key,
        "app_secret": made.app.secret,
        "admin_url": f"{url}/sandbox/state",
        "admin_token": admin_token_of(seed),
        "now": made.now().isoformat(timespec="seconds"),
        "shops": [{"nick": front.nick, "session": front.session} for front in made.fronts.values()],
    }


def _for_people(shown: dict[str, Any]) -> str:
    lines = [f"{name:<12} {shown[name]}" for name in shown if name != "shops"]
    lines += [f"{'session':<12} {shop['session']}  {shop['nick']}" for shop in shown["shops"]]
    return "\n".join(lines)
