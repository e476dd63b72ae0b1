"""``kaiche runs`` and ``kaiche rejects``: the nights, and what they did not take."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from service.cli.options import AccountId, Json, Limit, command_of
from service.cli.words import state_words
from service.errors import NotFoundError
from service.store import runs


def list_runs(
    context: typer.Context, account: AccountId = None, limit: Limit = 20, as_json: Json = False
) -> None:
    """列出各晚的运行 · List the nights."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        found = runs.page(session, account_id=account, limit=limit)
    if as_json:
        command.screen.emit([asdict(run) for run in found])
        return
    if not found:
        command.screen.say(
            "还没有运行过. 用 kaiche nightly 开始.", "No night yet; begin with: kaiche nightly"
        )
        return
    speech = command.screen.speech
    columns = speech(
        "日期 账户 状态 步骤 次数 运行id", "date account state step attempts run"
    ).split()
    rows = [
        (
            run.business_date,
            run.account_id,
            state_words(run.state, speech),
            run.step,
            run.attempt,
            run.run_id,
        )
        for run in found
    ]
    command.screen.table("", columns, rows, text=4)
    for run in found:
        if run.cause:
            command.screen.say(
                f"{run.business_date} {run.account_id}: {run.cause}",
                f"{run.business_date} {run.account_id}: {run.cause}",
            )


def list_rejects(
    context: typer.Context,
    run: Annotated[
        str | None, typer.Argument(help="运行 id, 默认最新 · A run's id; default: the newest.")
    ] = None,
    account: AccountId = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """数据源中未被采用的行与原因 · What of the source was not taken, and why."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        run_id = runs.get(session, run).run_id if run else _newest(session, account)
        found = runs.rejects(session, run_id, limit=limit)
    if as_json:
        command.screen.emit([asdict(reject) for reject in found])
        return
    if not found:
        command.screen.say(f"{run_id}: 全部采用.", f"{run_id}: everything was taken.")
        return
    columns = command.screen.speech("文件 行 列 内容 原因", "source row column value reason")
    rows = [
        (reject.source, reject.row, reject.column, reject.value, reject.reason) for reject in found
    ]
    command.screen.table("", columns.split(), rows, text=5)


def _newest(session: Session, account_id: str | None) -> str:
    found = runs.page(session, account_id=account_id, limit=1)
    if not found:
        raise NotFoundError("there is no night yet; plan one with `kaiche nightly`")
    return found[0].run_id
