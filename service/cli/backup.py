"""``kaiche backup`` and ``kaiche restore``: the whole database in one file, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from service.backup import back_up
from service.backup import restore as bring_back
from service.cli.audit import require_whole
from service.cli.options import Json, command_of

BackupFile = Annotated[Path, typer.Argument(help="备份文件 · The backup's file.")]


def backup(context: typer.Context, file: BackupFile, as_json: Json = False) -> None:
    """把整个数据库备份成一个文件, 不影响正在运行的服务 · Back the database up into one new file."""
    command = command_of(context, machine=as_json)
    with command.database() as store:
        manifest = back_up(store, file, datetime.now(UTC))
        name = store.name
    if as_json:
        command.screen.emit(asdict(manifest) | {"file": str(file)})
    command.screen.say(
        f"{name} 已备份到 {file}: {len(manifest.tables)} 张表, {manifest.rows} 行. "
        "配置与密钥不在其中, 请另存.",
        f"{name} is in {file}: {len(manifest.tables)} tables, {manifest.rows} rows. "
        "The YAML and the secrets are not in it; keep them too.",
    )


def restore(context: typer.Context, file: BackupFile, as_json: Json = False) -> None:
    """把备份恢复到配置中的空数据库, 并校验审计链 · Restore into the configured, empty database."""
    command = command_of(context, machine=as_json)
    with command.database() as store:
        restored = bring_back(store, file)
        name = store.name
    if as_json:
        command.screen.emit(
            asdict(restored.manifest)
            | {"file": str(file), "audit": asdict(restored.proof) | {"whole": restored.proof.whole}}
        )
    command.screen.say(
        f"{file} 已恢复到 {name}: {restored.manifest.rows} 行, 备份于 {restored.manifest.made_at}.",
        f"{file} is restored into {name}: {restored.manifest.rows} rows as of "
        f"{restored.manifest.made_at}.",
    )
    require_whole(command, restored.proof)
