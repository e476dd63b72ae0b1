"""``kaiche user`` and ``kaiche token``: who may enter, and what they may do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from service.cli.options import Command, Json, command_of, origin
from service.errors import InputError, NotFoundError
from service.people import passwords, register
from service.people.names import user_name
from service.people.roles import EVERYWHERE, Role
from service.store import people
from service.store.people import PersonRow, TokenRow

user = typer.Typer(help="用户与角色 · Users and their roles.", no_args_is_help=True)
token = typer.Typer(help="程序用的令牌 · Tokens for programs.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="用户名 · The user's name.")]
Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account", "-a", help="账户 id, 可写多次; '*' 为全部 · Accounts by id; '*' is every one."
    ),
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="从标准输入读密码 · Read the password from stdin.")
]
NONE = "none"


@user.command("add")
def add(
    context: typer.Context,
    name: Name,
    *,
    role: Annotated[Role, typer.Option(help="角色 · The role.")] = Role.VIEWER,
    account: Accounts = None,
    password_stdin: FromStdin = False,
    no_password: Annotated[
        bool,
        typer.Option("--no-password", help="不设密码, 只用令牌 · Tokens only."),
    ] = False,
    as_json: Json = False,
) -> None:
    """添加用户; 第一个用户须是所有者 · Add a user; the first one must be an owner.

    不写 --account 时, owner 为全部账户. Without --account an owner owns every account.
    """
    command = command_of(context, machine=as_json)
    scopes = _scopes(command, account, EVERYWHERE if role is Role.OWNER else None)
    name = user_name(name)
    hashed = None if no_password else passwords.hashed(_password(command, name, password_stdin))
    with command.store() as store, store.begin() as session:
        row = register.add(
            session,
            origin(session),
            name,
            password_hash=hashed,
            roles=dict.fromkeys(scopes, role),
        )
        shown = _shown(session, [row])
    if as_json:
        command.screen.emit(shown[0])
    command.screen.say(
        f"已添加 {row.name}: {_roles_text(shown[0])}", f"Added {row.name}: {_roles_text(shown[0])}"
    )


@user.command("list")
def list_users(context: typer.Context, as_json: Json = False) -> None:
    """列出用户与角色 · List users and their roles."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        shown = _shown(session, people.everybody(session))
    if as_json:
        command.screen.emit(shown)
        return
    if not shown:
        command.screen.say(
            "还没有用户: 服务只接受本机访问. 用 kaiche user add 名字 --role owner 添加.",
            "No user yet: the server is open to this machine only. Begin with: "
            "kaiche user add NAME --role owner",
        )
        return
    columns = command.screen.speech("用户 角色 登录方式 状态", "user roles enters-by state").split()
    able = command.screen.speech("可用", "active")
    disabled = command.screen.speech("已停用", "disabled")
    rows = [
        (
            one["name"],
            _roles_text(one),
            ", ".join(one["enters_by"]),
            disabled if one["disabled_at"] else able,
        )
        for one in shown
    ]
    command.screen.table("", columns, rows, text=4)


@user.command("role")
def set_role(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer | specialist | owner | none")],
    *,
    account: Accounts = None,
    as_json: Json = False,
) -> None:
    """授予或收回 (none) 某账户上的角色 · Give a role on an account, or take it away (none)."""
    command = command_of(context, machine=as_json)
    wanted = _role(role)
    scopes = _scopes(command, account, None)
    with command.store() as store, store.begin() as session:
        for scope in scopes:
            register.set_role(session, origin(session), name, scope, wanted)
        shown = _shown(session, [register.known(session, name)])[0]
    if as_json:
        command.screen.emit(shown)
    command.screen.say(
        f"{shown['name']}: {_roles_text(shown)}", f"{shown['name']}: {_roles_text(shown)}"
    )


@user.command("password")
def set_password(context: typer.Context, name: Name, *, password_stdin: FromStdin = False) -> None:
    """设置新密码, 该用户的所有浏览器会退出登录 · Set a new password; the user's browsers are logged out."""
    command = command_of(context)
    with command.store() as store:
        with store.read() as session:
            row = register.known(session, name)
        hashed = passwords.hashed(_password(command, row.name, password_stdin))
        with store.begin() as session:
            register.set_password(session, origin(session), row.name, hashed)
    command.screen.say(f"{row.name} 的密码已更新.", f"{row.name} has a new password.")


@user.command("disable")
def disable(context: typer.Context, name: Name) -> None:
    """停用用户: 密码, 会话与令牌立即失效, 记录保留 · Shut a user out at once; the record stays."""
    command = command_of(context)
    with command.store() as store, store.begin() as session:
        register.disable(session, origin(session), name)
    command.screen.say(f"{name} 已停用.", f"{name} is disabled.")


@user.command("enable")
def enable(context: typer.Context, name: Name) -> None:
    """恢复被停用的用户 · Let a disabled user in again."""
    command = command_of(context)
    with command.store() as store, store.begin() as session:
        register.enable(session, origin(session), name)
    command.screen.say(f"{name} 已恢复.", f"{name} may enter again.")


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
    scopes = _scopes(command, account, EVERYWHERE)
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


def _scopes(command: Command, asked: Sequence[str] | None, default: str | None) -> tuple[str, ...]:
    """The accounts meant, each of which the configuration has."""
    known = [one.id for one in command.settings().accounts]
    if not asked:
        if default is not None:
            return (default,)
        if len(known) == 1:
            return tuple(known)
        raise InputError(
            f"say on which account: --account {' or '.join(known)}, or '*' for every one"
        )
    for scope in asked:
        if scope != EVERYWHERE and scope not in known:
            raise NotFoundError(
                f"there is no account {scope} in the configuration, only: {', '.join(known)}"
            )
    return tuple(asked)


def _role(written: str) -> Role | None:
    if written == NONE:
        return None
    try:
        return Role(written)
    except ValueError as error:
        raise InputError(f"{written} is no role; write {', '.join(Role)} or {NONE}") from error


def _password(command: Command, name: str, from_stdin: bool) -> str:
    """A password that may be used: asked for twice, or the first line of stdin."""
    if from_stdin:
        return passwords.good(sys.stdin.readline().rstrip("\n"), name)
    question = command.screen.speech(f"{name} 的密码", f"Password of {name}")
    again = command.screen.speech("再输入一次", "Once more")
    answer: str = typer.prompt(question, hide_input=True, confirmation_prompt=again, err=True)
    return passwords.good(answer, name)


def _shown(session: Session, rows: Sequence[PersonRow]) -> list[dict[str, Any]]:
    roles = people.roles(session, [row.name for row in rows])
    return [
        {
            "name": row.name,
            "roles": roles.get(row.name, {}),
            "enters_by": ["password"] if row.password_hash else [],
            "created_at": row.created_at,
            "disabled_at": row.disabled_at,
        }
        for row in rows
    ]


def _roles_text(shown: dict[str, Any]) -> str:
    return ", ".join(f"{role} {scope}" for scope, role in shown["roles"].items()) or "–"


def _token_values(row: TokenRow) -> dict[str, Any]:
    """A token for machines, without its hash."""
    names = ("token_id", "name", "label", "role", "accounts", "created_at", "expires_at")
    return {each: getattr(row, each) for each in (*names, "used_at", "revoked_at")}
