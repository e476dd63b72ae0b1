"""``kaiche compact``: old figures give way, as the YAML's retention says."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from service.cli.options import Json, command_of, day_of, origin
from service.cli.screen import Screen
from service.retention import Compaction, carry_out, due


def compact(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只看不删 · Only say what would go.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option("--date", help="以哪天为准, 默认今天 · As of which day; else today."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再询问 · Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """按 YAML 的 retention 清理过期数据; 审计与账本永不删 · Drop figures older than the retention."""
    command = command_of(context, machine=as_json)
    settings = command.settings()
    asked, now = day_of(as_of), datetime.now(UTC)
    with command.store() as store:
        with store.read() as session:
            found = [
                due(
                    session,
                    account,
                    settings.retention,
                    asked or now.astimezone(ZoneInfo(account.timezone)).date(),
                )
                for account in settings.accounts
            ]
        rows = sum(one.rows for one in found)
        if as_json:
            command.screen.emit([_values(one) for one in found])
        if not rows:
            command.screen.say("没有到期的数据.", "Nothing is due.")
            return
        for one in found:
            _tell(command.screen, one)
        question = command.screen.speech(f"确定删除这 {rows} 行?", f"drop these {rows} rows?")
        if dry_run:
            return
        if not yes and not typer.confirm(question, err=True):
            raise typer.Exit(1)
        with store.read() as session:
            by_whom = origin(session)
        for one in found:
            carry_out(store, one, by_whom)
    command.screen.say(f"已删除 {rows} 行.", f"{rows} rows dropped.")


def _tell(screen: Screen, one: Compaction) -> None:
    versions, facts = sum(one.versions.values()), sum(one.facts.values())
    screen.say(
        f"{one.account_id}: {one.versions_from or '–'} 之前的旧版本 {versions} 行, "
        f"{one.facts_from or '–'} 之前的日数据 {facts} 行. 更早的夜晚将不能重放.",
        f"{one.account_id}: {versions} superseded versions of days before "
        f"{one.versions_from or '–'}, {facts} keyword-days before {one.facts_from or '–'}. "
        "Nights that rest on them cannot be replayed any more.",
    )


def _values(one: Compaction) -> dict[str, object]:
    return asdict(one) | {
        "versions": sum(one.versions.values()),
        "facts": sum(one.facts.values()),
        "rows": one.rows,
    }
