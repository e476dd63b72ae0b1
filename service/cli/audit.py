"""``kaiche audit``: what happened, proof that nobody changed the record of it, and its export."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from service.auditing import Format, export, prove
from service.cli.options import AccountId, Command, Json, Limit, command_of
from service.errors import InputError, ProofError
from service.proof import Proof
from service.store import audit
from service.store.audit import AuditFilter
from service.store.chain import Head
from service.store.rows import AuditRow

LONGEST = 100  # letters of a change in the table; --json has all of it

app = typer.Typer(
    help="审计记录: 查看, 校验, 导出 · The audit record: list, verify, export.",
    invoke_without_command=True,
)

Proposal = Annotated[str | None, typer.Option(help="建议 id. A proposal's id.")]
Actor = Annotated[str | None, typer.Option(help="操作人 · Who acted.")]
Action = Annotated[str | None, typer.Option(help="动作, 如 approve. What was done.")]


@app.callback()
def list_audit(
    context: typer.Context,
    account: AccountId = None,
    proposal: Proposal = None,
    actor: Actor = None,
    action: Action = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """查看审计记录, 最新在前 · Show the audit record, newest first."""
    if context.invoked_subcommand is not None:
        return
    command = command_of(context, machine=as_json)
    wanted = AuditFilter(account_id=account, proposal_id=proposal, actor=actor, action=action)
    with command.store() as store, store.read() as session:
        found = audit.page(session, wanted, limit=limit)
    if as_json:
        command.screen.emit([asdict(event) for event in found])
        return
    if not found:
        command.screen.say("没有符合条件的记录.", "No such record.")
        return
    columns = command.screen.speech(
        "时间(UTC) 操作人 来源 动作 对象 变化", "at(UTC) actor from action what change"
    ).split()
    rows = [
        (
            f"{event.at:%m-%d %H:%M:%S}",
            event.actor,
            event.source,
            event.action,
            _what(event),
            _change(event),
        )
        for event in found
    ]
    command.screen.table("", columns, rows, text=6)


@app.command("verify")
def verify(
    context: typer.Context,
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            "--anchor",
            metavar="EVENT:HASH",
            help="以前记下的链头, 可多次 · A head noted down before; may be repeated.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """校验审计链: 指出被改动, 缺失或挪动的记录 · Find events altered, missing or moved; exit 13."""
    command = command_of(context, machine=as_json)
    with command.database() as store:
        store.ready()
        proof = prove(store, [_anchor(text) for text in anchor or ()])
    if as_json:
        command.screen.emit(asdict(proof) | {"whole": proof.whole})
    require_whole(command, proof)


def require_whole(command: Command, proof: Proof) -> None:
    """Say what was proved; raises ProofError naming every finding."""
    speech = command.screen.speech
    if not proof.whole:
        listed = "\n".join(f"  - {speech(one.zh, one.en)}" for one in proof.findings)
        raise ProofError(listed)
    command.screen.say(
        f"审计记录 {proof.events} 条, 未被改动. 链头 {proof.head.event_id}:{proof.head.hash} "
        "(请另存一处, 之后用 --anchor 对照).",
        f"{proof.events} audit events, none altered, missing or moved. Head "
        f"{proof.head.event_id}:{proof.head.hash} (note it down elsewhere; --anchor compares).",
    )


@app.command("export")
def export_audit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="文件, - 为标准输出 · The file; - is stdout.")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="jsonl | csv, 默认看文件名 · Else told by the file's name."),
    ] = None,
    account: AccountId = None,
    proposal: Proposal = None,
    actor: Actor = None,
    action: Action = None,
) -> None:
    """导出审计记录 (JSON Lines 或 CSV), 最旧在前 · Export the audit record, oldest first."""
    to_stdout = str(file) == "-"
    command = command_of(context, machine=to_stdout)
    chosen = _format(form or file.suffix.removeprefix("."))
    wanted = AuditFilter(account_id=account, proposal_id=proposal, actor=actor, action=action)
    with command.store() as store:
        pieces = export(store, wanted, chosen)
        if to_stdout:
            sys.stdout.writelines(pieces)
            sys.stdout.flush()
            return
        _write(file, pieces)
    command.screen.say(f"已导出到 {file}.", f"Exported to {file}.")


def _write(file: Path, pieces: Iterable[str]) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="") as page:
            page.writelines(pieces)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}; name a new file") from error


def _format(name: str) -> Format:
    match name.lower():
        case "jsonl" | "json" | "ndjson":
            return "jsonl"
        case "csv":
            return "csv"
        case _:
            raise InputError(f"--format {name!r} is not known; write jsonl or csv")


def _anchor(text: str) -> Head:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise InputError(
            f"--anchor {text!r} is no head; write it as `kaiche audit verify` shows it"
        )
    return Head(int(number), digest)


def _what(event: AuditRow) -> str:
    if event.line_id is not None:
        return f"line {event.line_id}"
    return event.proposal_id or event.run_id or event.keyword_id or event.account_id or ""


def _change(event: AuditRow) -> str:
    before, after = event.before or {}, event.after or {}
    changed = [
        f"{name}: {before[name]} → {value}" if name in before else f"{name}: {value}"
        for name, value in after.items()
    ]
    text = "; ".join(([event.reason] if event.reason else []) + changed)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
