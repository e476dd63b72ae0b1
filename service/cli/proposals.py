"""``kaiche proposals``: what is on the table, one proposal opened, the bulk-edit sheet."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from service.cli.options import AccountId, Json, Limit, ProposalId, command_of, origin
from service.cli.screen import yuan
from service.cli.summary import line_values, show_lines, show_proposal
from service.cli.words import state_words
from service.errors import ConflictError, InputError, NotFoundError
from service.reading.summary import largest_changes, summary_of
from service.store import audit as events
from service.store import proposals
from service.store.rows import ProposalRow

app = typer.Typer(help="出价建议 · Proposals.", no_args_is_help=True)


def chosen(session: Session, proposal_id: str | None, account_id: str | None) -> ProposalRow:
    """The proposal asked for, or the newest of the account; raises NotFoundError."""
    if proposal_id is not None:
        return proposals.get(session, proposal_id)
    found = proposals.page(session, account_id=account_id, kind="night", limit=1)
    if not found:
        raise NotFoundError("there is no proposal yet; plan a night with `kaiche nightly`")
    return found[0]


@app.command("list")
def list_proposals(
    context: typer.Context, account: AccountId = None, limit: Limit = 20, as_json: Json = False
) -> None:
    """列出建议, 最新在前 · List proposals, newest first."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        found = proposals.page(session, account_id=account, limit=limit)
        states = {row.proposal_id: proposals.line_states(session, row.proposal_id) for row in found}
    if as_json:
        command.screen.emit(
            [asdict(row) | {"lines": dict(states[row.proposal_id])} for row in found]
        )
        return
    if not found:
        command.screen.say("还没有建议. 用 kaiche nightly 生成.", "None yet: kaiche nightly")
        return
    speech = command.screen.speech
    columns = speech(
        "日期 账户 状态 检查 建议id 待审 已批准", "date account state review id pending approved"
    )
    rows = [
        (
            row.business_date,
            row.account_id,
            state_words(row.state, speech),
            row.review,
            row.proposal_id,
            states[row.proposal_id].get("pending", 0),
            states[row.proposal_id].get("approved", 0),
        )
        for row in found
    ]
    command.screen.table("", columns.split(), rows, text=5)


@app.command("show")
def show(
    context: typer.Context,
    proposal: ProposalId = None,
    account: AccountId = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """打开一份建议: 汇总与最大的改动 · Open a proposal: its sums and the largest changes."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        row = chosen(session, proposal, account)
        summary = summary_of(session, row)
        largest = largest_changes(session, row.proposal_id, limit)
    if as_json:
        command.screen.emit(summary.values() | {"lines": [line_values(line) for line in largest]})
        return
    show_proposal(command.screen, summary)
    show_lines(command.screen, largest)


@app.command("export")
def export(
    context: typer.Context,
    proposal: ProposalId = None,
    account: AccountId = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="文件名 · Where to write the sheet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件 · Overwrite.")] = False,
    as_json: Json = False,
) -> None:
    """把已批准的行导出为平台批量改价表 (XLSX). Export approved lines as the bulk-edit sheet."""
    from service.export import approved_sheet  # noqa: PLC0415 - openpyxl is slow to load

    command = command_of(context, machine=as_json)
    with command.store() as store:
        with store.read() as session:
            row = chosen(session, proposal, account)
            sheet = approved_sheet(session, row)
        if not sheet.lines:
            raise ConflictError(
                f"no line of the proposal {row.proposal_id} is approved; `kaiche approve` first"
            )
        path = out or Path(f"kaiche-{row.account_id}-{row.business_date}.xlsx")
        write_file(path, sheet.content, force=force)
        with store.begin() as session:
            events.append(session, [sheet.record(origin(session))])
    if as_json:
        command.screen.emit({"path": str(path), "lines": sheet.lines, "sha256": sheet.sha256})
    spend = yuan(sheet.spend_fen)
    command.screen.say(
        f"已写入 {path}: {sheet.lines} 行, 预计日花费 {spend}. 在平台批量上传后, 下次导入出价表时自动核对.",
        f"Wrote {path}: {sheet.lines} lines, expected spend {spend} a day. Upload it on the "
        "platform; the next bid list confirms every line.",
    )


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """Write a new file; raises InputError where there is one, unless ``force``, or none can be."""
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise InputError(
            f"{path} exists already; choose another name with --out, or --force"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
