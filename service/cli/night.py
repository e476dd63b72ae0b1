"""``kaiche nightly`` and ``kaiche replay``: planning a night from the terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.failures import CRASH, code_of
from service.cli.options import AccountId, Command, Json, command_of, day_of, who_asks
from service.cli.progress import StepProgress
from service.cli.summary import line_values, show_lines, show_proposal
from service.errors import ConflictError
from service.reading.summary import largest_changes, summary_of
from service.settings.models import Account
from service.standing import LIMITS_RAISED
from service.store import Store, interventions, runs

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
                nights.append(show_night(command, wiring.store, planned))
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
    if again.same and again.inputs_same:
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
    if again.same:
        return (
            f"the run {again.run_id} decides the same, but not from the inputs that it was given: "
            f"their hash is another one ({code})"
        )
    inputs = "the inputs are the same" if again.inputs_same else "the stored inputs have changed"
    listed = "".join(f"\n  - {difference}" for difference in again.differences)
    return f"the run {again.run_id} does not repeat itself ({code}; {inputs}):{listed}"


def _plan(command: Command, wiring: Wiring, account: Account, day: date | None) -> Planned:
    business_date = day or wiring.today(account)
    with StepProgress(command.screen, f"{account.id} {business_date}") as progress:
        result = wiring.run_night(account.id, business_date, who_asks(), progress)
        return Planned(result=result, seconds=progress.seconds)


def _failure(account: Account, error: Exception) -> dict[str, Any]:
    return {"account_id": account.id, "error": str(error), "exit_code": code_of(error)}


def show_night(
    command: Command, store: Store, planned: Planned, *, whole: bool = True
) -> dict[str, Any]:
    """Show the night to people, without ``whole`` in short; returns it for machines."""
    screen, row = command.screen, planned.result.proposal
    with store.read() as session:
        summary = summary_of(session, row)
        largest = largest_changes(session, row.proposal_id, LARGEST)
        rejects = len(runs.rejects(session, row.run_id, limit=10_000))
        waiting = interventions.alerts(
            session, account_id=row.account_id, kind=LIMITS_RAISED, open_only=True
        )
    show_proposal(screen, summary, whole=whole)
    if whole:
        show_lines(screen, largest)
    if rejects:
        screen.say(
            f"数据源中有 {rejects} 处未采用, 原因见: kaiche rejects {row.run_id}",
            f"Not taken from the source: {rejects}; why: kaiche rejects {row.run_id}",
        )
    for one in waiting:
        screen.warn(one.message_zh, one.message_en)
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
