"""``kaiche notify``: try the channels, see or send the digest, look up what was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import AccountId, Command, Json, Limit, command_of
from service.errors import ConfigError
from service.settings.models import Account
from service.store import messages

if TYPE_CHECKING:
    from service.wiring import Wiring

app = typer.Typer(
    no_args_is_help=True,
    help="日报与告警: 钉钉, 企业微信, 飞书, 邮件 · Digest and alerts by robots and e-mail.",
)
STATES = {
    "sent": ("已送达", "sent"),
    "again": ("未送达", "not taken"),
    "failed": ("失败", "failed"),
    "unknown": ("结果不明", "unknown outcome"),
    "intent": ("待发送", "waits"),
    "sending": ("发送中", "being sent"),
}


@app.command("test")
def trial(context: typer.Context, account: AccountId = None) -> None:
    """向每个通道发一条测试消息 · Send a test message over every channel."""
    command = command_of(context)
    bad = 0
    with command.wired() as wiring:
        telling = wiring.telling
        from service.notify.telling import trial_message  # noqa: PLC0415 - loads pandas

        for one in _accounts(wiring, account):
            for channel in one.notify.channels:
                identity = f"test.{one.id}.{channel}.{int(wiring.clock().timestamp())}"
                found = telling.sender.send(channel, trial_message(telling, one), identity)
                bad += found.state != "sent"
                _say(command, one.id, channel, found.state, found.cause)
    if bad:
        raise typer.Exit(1)


@app.command("digest")
def digest(
    context: typer.Context,
    account: AccountId = None,
    show: Annotated[
        bool, typer.Option("--print", help="只显示, 不发送 · Show it, send nothing.")
    ] = False,
) -> None:
    """现在发送今天的日报, 每个通道只发一次 · Send today's digest now, once over each channel."""
    command = command_of(context)
    with command.wired() as wiring:
        from service.notify import telling  # noqa: PLC0415 - loads pandas

        for one in _accounts(wiring, account, silent_too=show):
            if show:
                with wiring.store.read() as session:
                    text = telling.preview(wiring.telling, session, one).text
                command.screen.say(text, text)
                continue
            with wiring.store.begin() as session:
                fresh = telling.intend_digest(wiring.telling, session, one)
            telling.deliver(wiring.telling, one)
            if not fresh:
                command.screen.say(
                    f"{one.id}: 今天的日报此前已交付发送, 见下.",
                    f"{one.id}: today's digest was handed over before, see below.",
                )
            _show_today(command, wiring, one)


@app.command("log")
def log(
    context: typer.Context, account: AccountId = None, limit: Limit = 30, as_json: Json = False
) -> None:
    """发过什么, 结果如何 · What was told, and what became of it."""
    command = command_of(context, machine=as_json)
    settings = command.settings()
    with command.store() as store, store.read() as session:
        found = [
            row
            for one in settings.accounts
            if account in (None, one.id)
            for row in messages.page(session, one.id, limit=limit)
        ]
    if as_json:
        command.screen.emit([asdict(row) for row in found])
    for row in found:
        _say(command, f"{row.account_id} {row.day}", row.channel, row.state, row.cause, row.kind)
    if not found:
        command.screen.say("还没有发过消息.", "Nothing was told yet.")


def _accounts(
    wiring: Wiring, account_id: str | None, *, silent_too: bool = False
) -> Iterable[Account]:
    """The account asked for, or all that have channels; ConfigError when there is nobody to tell."""
    asked = wiring.settings.accounts if account_id is None else (wiring.account(account_id),)
    found = [one for one in asked if silent_too or one.notify.channels]
    if not found:
        raise ConfigError(
            "no account has channels; write notify.channels, and notify: {channels: [...]} in the "
            "account, as config/kaiche.yaml shows"
        )
    return found


def _show_today(command: Command, wiring: Wiring, account: Account) -> None:
    today = wiring.today(account)
    with wiring.store.read() as session:
        rows = messages.page(session, account.id)
    for row in rows:
        if row.day == today and row.kind == messages.DIGEST:
            _say(command, account.id, row.channel, row.state, row.cause)


def _say(  # one line of a list
    command: Command,
    account: str,
    channel: str,
    state: str,
    cause: str | None,
    kind: str = "",
) -> None:
    zh, en = STATES[state]
    why = f" ({cause})" if cause else ""
    what = f" {kind.rpartition(':')[0] or kind}" if kind else ""
    command.screen.say(
        f"{account} {channel}{what}: {zh}{why}", f"{account} {channel}{what}: {en}{why}"
    )
