"""``kaiche user``: who may enter, and what they may do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from service.cli.options import Command, Json, command_of, origin
from service.errors import InputError, NotFoundError
from service.people import passwords, register
from service.people.names import user_name
from service.people.roles import EVERYWHERE, Role
from service.store import people
from service.store.people import PersonRow

user = typer.Typer(help="用户与角色 · Users and their roles.", no_args_is_help=True)

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
    oidc: Annotated[
        str | None,
        typer.Option(
            "--oidc",
            help="用企业账号登录, 写其身份, 如邮箱 · As whom the log-in provider knows them.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """添加用户; 第一个用户须是所有者 · Add a user; the first one must be an owner.

    不写 --account 时, owner 为全部账户. Without --account an owner owns every account.
    有 --oidc 时不设密码. With --oidc no password is asked for.
    """
    command = command_of(context, machine=as_json)
    scopes = scopes_of(command, account, EVERYWHERE if role is Role.OWNER else None)
    name = user_name(name)
    linked_as = None if oidc is None else _identity(command, oidc)
    bare = no_password or (linked_as is not None and not password_stdin)
    hashed = None if bare else passwords.hashed(_password(command, name, password_stdin))
    with command.store() as store, store.begin() as session:
        row = register.add(
            session,
            origin(session),
            name,
            password_hash=hashed,
            roles=dict.fromkeys(scopes, role),
            linked_as=linked_as,
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
    scopes = scopes_of(command, account, None)
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


@user.command("link")
def link(
    context: typer.Context,
    name: Name,
    identity: Annotated[
        str,
        typer.Argument(help="企业账号的身份, 或 none · As whom the provider knows them, or none."),
    ],
) -> None:
    """与企业账号关联或解除 (none), 该用户的所有浏览器会退出 · Link a user to the log-in provider, or unlink.

    关联后首次登录的企业账号即被绑定; 更换账号须重新关联. Whoever logs in first is bound to it.
    """
    command = command_of(context)
    linked_as = None if identity == NONE else _identity(command, identity)
    with command.store() as store, store.begin() as session:
        row = register.link(session, origin(session), name, linked_as)
    command.screen.say(
        f"{row.name} 的企业账号: {row.linked_as or '无'}.",
        f"{row.name} at the log-in provider: {row.linked_as or 'nobody'}.",
    )


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


def scopes_of(
    command: Command, asked: Sequence[str] | None, default: str | None
) -> tuple[str, ...]:
    """The accounts meant, each of which the configuration has; raises InputError, NotFoundError."""
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


def _identity(command: Command, written: str) -> str:
    """What a user is linked by; raises InputError where the YAML names no provider."""
    from service.people.vouching import link_value  # noqa: PLC0415 - loads cryptography

    terms = command.settings().oidc
    if terms is None:
        raise InputError(
            "the YAML names no log-in provider; write the block oidc with issuer and client_id first"
        )
    return link_value(terms.claim, written.strip())


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
            "enters_by": register.enters_by(row),
            "linked_as": row.linked_as,
            "created_at": row.created_at,
            "disabled_at": row.disabled_at,
        }
        for row in rows
    ]


def _roles_text(shown: dict[str, Any]) -> str:
    return ", ".join(f"{role} {scope}" for scope, role in shown["roles"].items()) or "–"
