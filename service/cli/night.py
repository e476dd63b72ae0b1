"""``kaiche nightly``, ``kaiche demo`` and ``kaiche replay``: planning a night from the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from shutil import which
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.failures import CRASH, code_of
from service.cli.options import AccountId, Command, Json, command_of, day_of, origin
from service.cli.progress import StepProgress
from service.cli.summary import (
    largest_changes,
    line_values,
    show_lines,
    show_proposal,
    summary_of,
)
from service.errors import ConfigError, ConflictError
from service.settings.models import Account
from service.store import Store, runs

if TYPE_CHECKING:
    from service.nightly import NightResult
    from service.replay import Replay
    from service.wiring import Wiring

LARGEST = 10

Day = Annotated[
    str | None,
    typer.Option("--date", help="业务日 2026-03-04, 默认今天 · The business date; default today."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One night that ended, with how long it took."""

    result: NightResult
    seconds: float


def nightly(
    context: typer.Context, account: AccountId = None, day: Day = None, as_json: Json = False
) -> None:
    """计算今晚的出价建议, 不写账户则逐个计算 · Plan tonight; every account if none is named.

    同一晚只计算一次, 重复执行会显示已有的建议. A night is planned once; again shows what there is.
    """
    command = command_of(context, machine=as_json)
    nights: list[dict[str, Any]] = []
    failed: list[Exception] = []
    with command.wired() as wiring:
        settings = wiring.settings
        accounts = settings.accounts if account is None else (wiring.account(account),)
        for each in accounts:
            try:
                planned = _plan(command, wiring, each, day_of(day))
                nights.append(_show(command, wiring.store, planned))
            except Exception as error:
                if len(accounts) == 1 or code_of(error) == CRASH:
                    raise
                failed.append(error)
                nights.append(_failure(each, error))
                command.screen.warn(f"{each.id}: {error}", f"{each.id}: {error}")
    if as_json:
        command.screen.emit({"nights": nights})
    if failed:
        raise failed[0]


def demo(context: typer.Context, day: Day = None, as_json: Json = False) -> None:
    """在模拟店铺上演示一晚 · Plan a night for the simulated shop of the configuration."""
    command = command_of(context, machine=as_json)
    with command.wired() as wiring:
        account = _sandbox(wiring.settings.accounts, command)
        planned = _plan(command, wiring, account, day_of(day))
        values = _show(command, wiring.store, planned)
    if as_json:
        command.screen.emit(values)
    _show_next(command, planned.result.proposal.state)


def _show_next(command: Command, state: str) -> None:
    screen, name = command.screen, _own_name()
    steps = [
        ("make serve", "通过 REST 查看同一份建议", "the same proposal over REST"),
        (f"{name} approve --all", "批准全部改动", "approve every change"),
        (f"{name} proposals export", "导出平台批量改价表", "the platform's bulk-edit sheet"),
    ]
    if state == "blocked":
        why = f"{name} override --reason …"
        steps.insert(0, (why, "放行被护栏拦下的建议", "open it, although guardrails blocked it"))
    screen.table(
        screen.speech("下一步", "Next"),
        ("", ""),
        [(typed, screen.speech(zh, en)) for typed, zh, en in steps],
        text=2,
    )


def _own_name() -> str:
    """How a person has to write this program's name here."""
    return "kaiche" if which("kaiche") else os.path.relpath(sys.argv[0])


def replay(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="运行 id, 见 kaiche runs. A run's id.")],
    as_json: Json = False,
) -> None:
    """用存下的输入重算一晚, 核对结果是否逐字节相同 · Decide a night again and compare, byte for byte."""
    from service.replay import replay as replay_run  # noqa: PLC0415 - loads pandas

    command = command_of(context, machine=as_json)
    with command.wired() as wiring:
        again = replay_run(wiring.store, wiring.night.door, run)
    if as_json:
        command.screen.emit(asdict(again))
    if again.same:
        command.screen.say(
            f"完全相同: {again.replayed_hash}", f"Exactly the same: {again.replayed_hash}"
        )
        return
    raise ConflictError(_differing(again))


def _differing(again: Replay) -> str:
    code = (
        "the code is the same"
        if again.code_then == again.code_now
        else f"decided by {again.code_then}, replayed by {again.code_now}"
    )
    inputs = "the inputs are the same" if again.inputs_same else "the stored inputs have changed"
    listed = "".join(f"\n  - {difference}" for difference in again.differences)
    return f"the run {again.run_id} does not repeat itself ({code}; {inputs}):{listed}"


def _sandbox(accounts: Sequence[Account], command: Command) -> Account:
    for account in accounts:
        if account.connector.kind == "sandbox":
            return account
    raise ConfigError(
        f"{command.config} has no account with `connector: {{kind: sandbox}}`; the demo needs one, "
        "as config/kaiche.yaml of the repository has it"
    )


def _plan(command: Command, wiring: Wiring, account: Account, day: date | None) -> Planned:
    business_date = day or wiring.today(account)
    with StepProgress(command.screen, f"{account.id} {business_date}") as progress:
        result = wiring.run_night(account.id, business_date, origin(), progress)
        return Planned(result=result, seconds=progress.seconds)


def _failure(account: Account, error: Exception) -> dict[str, Any]:
    return {"account_id": account.id, "error": str(error), "exit_code": code_of(error)}


def _show(command: Command, store: Store, planned: Planned) -> dict[str, Any]:
    """Show the night to people; returns it for machines."""
    screen, row = command.screen, planned.result.proposal
    with store.read() as session:
        summary = summary_of(session, row)
        largest = largest_changes(session, row.proposal_id, LARGEST)
        rejects = len(runs.rejects(session, row.run_id, limit=10_000))
    show_proposal(screen, summary)
    show_lines(screen, largest)
    if rejects:
        screen.say(
            f"数据源中有 {rejects} 处未采用, 原因见: kaiche rejects {row.run_id}",
            f"Not taken from the source: {rejects}; why: kaiche rejects {row.run_id}",
        )
    for name in planned.result.run.counts.get("absent", ()):
        screen.warn(
            f"配置中的 {name} 在账户里不存在, 不起作用, 请核对编号",
            f"{name} of the configuration is not in the account and does nothing; correct the id",
        )
    if planned.result.planned:
        screen.say(f"用时 {planned.seconds:.1f} 秒.", f"Took {planned.seconds:.1f} seconds.")
    else:
        screen.say("这一晚已算过, 以上是已有的建议.", "Planned before; this is what there is.")
    return summary.values() | {
        "planned": planned.result.planned,
        "seconds": round(planned.seconds, 3),
        "rejects": rejects,
        "largest": [line_values(line) for line in largest],
    }
