"""``kaiche token``: what programs enter by."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from service.cli.options import Json, command_of, origin
from service.cli.people import Accounts, Name, scopes_of
from service.people import register
from service.people.roles import EVERYWHERE, Role
from service.store import people
from service.store.people import TokenRow

token = typer.Typer(help="程序用的令牌 · Tokens for programs.", no_args_is_help=True)


@token.command("create")
def create_token(
    context: typer.Context,
    name: Name,
    label: Annotated[str, typer.Argument(help="用途, 如 digest · What it is for.")],
    *,
    role: Annotated[Role, typer.Option(help="最高角色 · No role above this.")] = Role.VIEWER,
    account: Accounts = None,
    days: Annotated[
        int, typer.Option(min=1, max=register.LONGEST_LIFE.days, help="有效天数 · Days it is good.")
    ] = 90,
    as_json: Json = False,
) -> None:
    """生成令牌, 只显示这一次 · Make a token; it is shown this once.

    令牌的权限不会超过用户本身. It never may more than its user.
    """
    command = command_of(context, machine=as_json)
    scopes = scopes_of(command, account, EVERYWHERE)
    only = None if EVERYWHERE in scopes else scopes
    with command.store() as store, store.begin() as session:
        row, secret = register.create_token(
            session,
            origin(session),
            name,
            label,
            role=role,
            accounts=only,
            life=timedelta(days=days),
        )
    if as_json:
        command.screen.emit(_token_values(row) | {"token": secret})
        return
    command.screen.text(secret)
    command.screen.warn(
        f"只显示这一次, 请妥善保存. 撤销: kaiche token revoke {row.token_id}",
        f"Shown this once; keep it safe. To end it: kaiche token revoke {row.token_id}",
    )


@token.command("list")
def list_tokens(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option("--user", help="只看某用户 · Of this user only.")
    ] = None,
    as_json: Json = False,
) -> None:
    """列出令牌与最近使用时间 · List tokens and when they were used last."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        whose = None if name is None else register.known(session, name).name
        found = people.tokens(session, whose)
    if as_json:
        command.screen.emit([_token_values(row) for row in found])
        return
    if not found:
        command.screen.say("没有令牌.", "No token.")
        return
    columns = command.screen.speech(
        "用户 用途 角色 账户 到期(UTC) 最近使用(UTC) 状态 id",
        "user label role accounts expires(UTC) used(UTC) state id",
    ).split()
    revoked = command.screen.speech("已撤销", "revoked")
    rows = [
        (
            row.name,
            row.label,
            row.role,
            EVERYWHERE if row.accounts is None else ", ".join(row.accounts),
            f"{row.expires_at:%Y-%m-%d}",
            f"{row.used_at:%Y-%m-%d %H:%M}" if row.used_at else "–",
            revoked if row.revoked_at else "",
            row.token_id,
        )
        for row in found
    ]
    command.screen.table("", columns, rows, text=8)


@token.command("revoke")
def revoke_token(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(help="令牌 id, 见 kaiche token list · Its id.")],
) -> None:
    """立即撤销令牌 · End a token at once."""
    command = command_of(context)
    with command.store() as store, store.begin() as session:
        row = register.revoke_token(session, origin(session), token_id)
    command.screen.say(
        f"{row.name} 的令牌 {row.label} 已撤销.", f"{row.name}'s token {row.label} is revoked."
    )


def _token_values(row: TokenRow) -> dict[str, Any]:
    """A token for machines, without its hash."""
    names = ("token_id", "name", "label", "role", "accounts", "created_at", "expires_at")
    return {each: getattr(row, each) for each in (*names, "used_at", "revoked_at")}
