"""``kaiche config`` and ``kaiche database``: what stands before the first night."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import typer
import yaml

from service.absent import absent
from service.cli.options import Command, Json, command_of
from service.errors import StoreError
from service.settings.effective import effective
from service.settings.loader import read
from service.settings.models import Settings
from service.store import exists, open_store, roster

config = typer.Typer(help="配置 · The configuration.", no_args_is_help=True)
database = typer.Typer(help="数据库 · The database.", no_args_is_help=True)


@config.command("check")
def check_config(context: typer.Context, as_json: Json = False) -> None:
    """检查配置并显示实际生效的内容, 密钥已遮盖 · Check the YAML; show what is in force, secrets masked."""
    command = command_of(context, machine=as_json)
    loaded = read(command.config, os.environ)
    for warning in loaded.warnings:
        command.screen.warn(f"注意 {warning}", f"Note {warning}")
    for account_id, name in _absent(command, loaded.settings):
        command.screen.warn(
            f"注意 {account_id}: 上次拉取的账户里没有 {name}, 不起作用, 请核对编号",
            f"Note {account_id}: {name} was not in the account when it was last pulled and does "
            "nothing; correct the id",
        )
    shown = effective(loaded.settings, loaded.secrets)
    if as_json:
        command.screen.emit(shown)
    else:
        command.screen.text(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False))
    command.screen.say(f"配置无误: {command.config}", f"Nothing wrong in {command.config}")


def _absent(command: Command, settings: Settings) -> Iterator[tuple[str, str]]:
    """Per account, names of the configuration that its newest roster does not have.

    Nothing is told where there is no database yet, or none that can be read: that is not what the
    command is asked.
    """
    if not exists(settings.database.address):
        return
    with suppress(StoreError), command.database(settings) as store:
        store.ready()
        for account in settings.accounts:
            with store.read() as session:
                words = roster.keywords(session, account.id)
                adgroups = roster.adgroups(session, account.id)
                campaigns = roster.campaigns(session, account.id)
            if words:
                for name in absent(account, campaigns, adgroups, words):
                    yield account.id, name


@database.command("migrate")
def migrate(context: typer.Context) -> None:
    """把数据库升级到最新版本 · Bring the database to the newest version."""
    command = command_of(context)
    with command.database() as store:
        store.migrate()
        command.screen.say(
            f"数据库 {store.name} 已是最新版本 {store.revision()}.",
            f"The database {store.name} is at the newest version {store.revision()}.",
        )


@database.command("check")
def check(
    context: typer.Context,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="在内存中的新库上核对迁移与表定义 · Check migrations on a new database in memory.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """核对数据库是否可用, 迁移与表定义是否一致 · Is the database usable, are its tables in step?"""
    command = command_of(context, machine=as_json)
    if fresh:
        store = open_store("sqlite://")
        try:
            store.migrate()
            found = store.check()
            name = store.name
        finally:
            store.close()
    else:
        with command.database() as store:
            store.ready()
            found = store.check()
            name = store.name
    if as_json:
        command.screen.emit({"database": name, "differences": list(found)})
    if found:
        listed = "\n".join(f"  - {difference}" for difference in found)
        raise StoreError(
            f"migrations and tables of {name} differ; write a migration for:\n{listed}"
        )
    command.screen.say(
        f"数据库 {name}: 迁移与表定义一致.", f"The database {name}: migrations and tables agree."
    )
