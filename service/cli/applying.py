"""``kaiche apply``, ``batches``, ``rollback``: approved bids leave, are looked up, are undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy.orm import Session

from service.cli.failures import code_of
from service.cli.options import AccountId, Command, Json, Limit, command_of, origin
from service.cli.screen import Screen, yuan
from service.cli.words import outcome_words, state_words, waiting_words
from service.errors import ConflictError, ServiceError
from service.store import account_states, applications, lines
from service.store.applications import ApplicationRow, BatchLineRow
from service.store.lines import LineFilter

if TYPE_CHECKING:
    from service.settings.models import Account
    from service.wiring import Wiring

OUTCOMES = ("applied", "failed", "conflict", "unknown", "released", "expired")
HALT_CODES = {"stopped": 4, "authorisation": 9, "refused": 9, "quota": 10, "busy": 10, "ending": 10}


def apply(context: typer.Context, account: AccountId = None, as_json: Json = False) -> None:
    """把已批准的出价提交到平台, 逐批核对 · Send approved bids to the platform and verify each batch."""
    command = command_of(context, machine=as_json)
    results: list[dict[str, Any]] = []
    code = 0
    with command.wired() as wiring:
        for one in _chosen(wiring, account):
            ended, result = _apply_one(command, wiring, one)
            code = code or ended
            results.append(result)
    if as_json:
        command.screen.emit(results)
    if code:
        raise typer.Exit(code)


def _chosen(wiring: Wiring, account_id: str | None) -> Sequence[Account]:
    """The account asked for, or every account whose platform can be written to."""
    if account_id is not None:
        account = wiring.account(account_id)
        if account.connector.kind == "reports":
            raise ConflictError(
                f"{account_id} reads report exports, which cannot be written to; export the approved "
                "lines with `kaiche proposals export` and upload the sheet"
            )
        return (account,)
    return [one for one in wiring.settings.accounts if one.connector.kind != "reports"]


def _apply_one(command: Command, wiring: Wiring, account: Account) -> tuple[int, dict[str, Any]]:
    """Apply one account; its trouble is told and holds up no other."""
    from service import applying  # noqa: PLC0415 - loads pandas

    try:
        with wiring.store.read() as session:
            who = applying.Who(actor=origin(session).actor, source="cli")
        row = applying.apply(wiring.applying, account, who)
    except ServiceError as error:
        command.screen.warn(f"{account.id}: {error}", f"{account.id}: {error}")
        return code_of(error), {"account_id": account.id, "error": str(error)}
    show_application(command.screen, row)
    return HALT_CODES.get(row.halt or "", 0), asdict(row)


def show_application(screen: Screen, row: ApplicationRow) -> None:
    """What became of the approved lines, in one paragraph."""
    speech = screen.speech
    counts = row.counts
    told = [
        f"{outcome_words(name, speech)} {counts[name]}" for name in OUTCOMES if counts.get(name)
    ]
    waits = [
        f"{waiting_words(name, speech)} {number}"
        for name, number in counts.get("waiting", {}).items()
    ]
    left = counts.get("still_approved", 0)
    nothing = speech("没有可提交的改动", "nothing to send")
    screen.say(
        f"{row.account_id} {state_words(row.state, speech)}: {', '.join(told) or nothing}. "
        f"仍待提交 {left}{' (' + ', '.join(waits) + ')' if waits else ''}.",
        f"{row.account_id} {state_words(row.state, speech)}: {', '.join(told) or nothing}. "
        f"Still approved: {left}{' (' + ', '.join(waits) + ')' if waits else ''}.",
    )
    if row.cause:
        screen.warn(row.cause, row.cause)
    if counts.get("applied"):
        screen.say(
            f"撤销: kaiche rollback {row.application_id} --reason …",
            f"To undo it: kaiche rollback {row.application_id} --reason …",
        )


def batches(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(help="批次或提交的 id, 看其中每个词 · A batch or application, opened."),
    ] = None,
    account: AccountId = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """列出提交记录与批次, 或查看其中一个 · List what was sent, or open one of them."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        if name is not None:
            _open(command, session, name)
            return
        found = applications.page(session, account_id=account, limit=limit)
        of = {
            row.application_id: applications.batches(session, application_id=row.application_id)
            for row in found
        }
        states = {row.account_id: account_states.get(session, row.account_id) for row in found}
    if as_json:
        command.screen.emit(
            [
                asdict(row) | {"batches": [asdict(b) for b in of[row.application_id]]}
                for row in found
            ]
        )
        return
    if not found:
        command.screen.say("还没有提交过.", "Nothing was sent yet.")
        return
    _list(command.screen, found, {name: len(rows) for name, rows in of.items()})
    for state in states.values():
        if state.unauthorised_cause:
            command.screen.warn(
                f"{state.account_id} 需要重新授权: {state.unauthorised_cause}",
                f"{state.account_id} needs re-authorisation: {state.unauthorised_cause}",
            )


def _list(screen: Screen, found: Sequence[ApplicationRow], sizes: Mapping[str, int]) -> None:
    columns = screen.speech(
        "时间(UTC) 账户 状态 操作人 提交id 批次 生效 失败 冲突 不明",
        "at(UTC) account state actor application batches applied failed conflict unknown",
    ).split()
    rows = [
        (
            f"{row.created_at:%m-%d %H:%M}",
            row.account_id,
            state_words(row.state, screen.speech),
            row.actor,
            row.application_id,
            sizes[row.application_id],
            *(row.counts.get(name, 0) for name in OUTCOMES[:4]),
        )
        for row in found
    ]
    screen.table("", columns, rows, text=5)


def _open(command: Command, session: Session, name: str) -> None:
    found = applications.named(session, name)
    rows = applications.batch_lines(session, [batch.batch_id for batch in found])
    wanted = LineFilter(line_ids=tuple(row.line_id for row in rows))
    words = (
        {line.line_id: line.word for line in lines.select_lines(session, wanted)} if rows else {}
    )
    if command.screen.machine:
        command.screen.emit(
            [
                asdict(batch)
                | {"lines": [asdict(row) for row in rows if row.batch_id == batch.batch_id]}
                for batch in found
            ]
        )
        return
    speech = command.screen.speech
    columns = speech(
        "词 词id 行 结果 原价 提交 平台现价", "word keyword line outcome was sent found"
    )
    for batch in found:
        title = f"{batch.number}. {batch.batch_id} {state_words(batch.state, speech)}"
        own = [row for row in rows if row.batch_id == batch.batch_id]
        command.screen.table(
            title, columns.split(), [_line(row, words, command) for row in own], text=4
        )
        if batch.cause:
            command.screen.warn(batch.cause, batch.cause)


def _line(row: BatchLineRow, words: Mapping[int, str], command: Command) -> tuple[object, ...]:
    found = row.found_fen if row.settled_at else row.first_read_fen
    return (
        words.get(row.line_id, ""),
        row.keyword_id,
        row.line_id,
        outcome_words(row.outcome, command.screen.speech),
        yuan(row.bid_before_fen),
        yuan(row.bid_fen),
        yuan(found),
    )


def rollback(
    context: typer.Context,
    batch: Annotated[str, typer.Argument(help="批次或提交的 id · A batch or an application.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="撤销理由, 必填 · Why; required.")],
    as_json: Json = False,
) -> None:
    """撤销一批改动: 生成一份恢复原价的建议, 待批准 · Propose to restore the bids from before a batch."""
    command = command_of(context, machine=as_json)
    with command.wired() as wiring:
        with wiring.store.read() as session:
            asking = origin(session)
        row = wiring.roll_back(batch, asking, reason)
        with wiring.store.read() as session:
            restored = lines.totals(session, LineFilter(proposal_id=row.proposal_id)).lines
    if as_json:
        command.screen.emit(asdict(row) | {"lines": restored})
        return
    speech = command.screen.speech
    if row.left:
        columns = speech("词 词id 原因 提交 平台现价", "word keyword why sent found").split()
        rows = [
            (
                entry["word"],
                entry["keyword_id"],
                waiting_words(str(entry["why"]), speech),
                yuan(entry["set_fen"]),
                yuan(entry["found_fen"]),
            )
            for entry in row.left
        ]
        command.screen.table(speech("不恢复的词", "left alone"), columns, rows, text=3)
    command.screen.say(
        f"可恢复 {restored} 个词, 不恢复 {len(row.left)} 个. 批准: "
        f"kaiche approve --proposal {row.proposal_id} --all, 然后 kaiche apply",
        f"{restored} words to restore, {len(row.left)} left alone. Approve with: "
        f"kaiche approve --proposal {row.proposal_id} --all, then kaiche apply",
    )
