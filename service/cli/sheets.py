"""``kaiche lines``: the lines as a spreadsheet, and what comes back of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from service.cli.decide import Campaigns, Reasons, Yes
from service.cli.options import AccountId, Command, Json, ProposalId, command_of, origin
from service.cli.proposals import chosen, write_file
from service.errors import InputError, NotFoundError
from service.settings.models import Guardrails
from service.store.lines import LineFilter

if TYPE_CHECKING:
    from service.sheets.difference import Difference
    from service.sheets.exchange import Kind

app = typer.Typer(help="明细表格 · Lines as a spreadsheet.", no_args_is_help=True)

SHOWN = 20
States = Annotated[
    list[str] | None, typer.Option("--state", help="只选这些状态 · Only these states.")
]


@app.command("export")
def export_lines(
    context: typer.Context,
    *,
    proposal: ProposalId = None,
    account: AccountId = None,
    state: States = None,
    reason_code: Reasons = None,
    campaign: Campaigns = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="文件名, .xlsx 或 .csv · A name in .xlsx or .csv."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件 · Overwrite.")] = False,
    as_json: Json = False,
) -> None:
    """把明细导出为表格, 改好后再导入 · Lines as a sheet to edit and import again."""
    from service.sheets.exchange import export  # noqa: PLC0415 - openpyxl is slow to load

    command = command_of(context, machine=as_json)
    kind = "xlsx" if out is None else out.suffix.removeprefix(".").lower()
    if kind not in ("xlsx", "csv"):
        raise InputError(f"{out} must end in .xlsx or .csv")
    with command.store() as store, store.read() as session:
        wanted = LineFilter(
            proposal_id=chosen(session, proposal, account).proposal_id,
            states=tuple(state or ()),
            reasons=tuple(reason_code or ()),
            campaign_ids=tuple(campaign or ()),
        )
        language = command.screen.speech.language
        leaving = export(session, wanted, cast("Kind", kind), language)
    path = out or Path(leaving.name)
    write_file(path, leaving.content, force=force)
    if as_json:
        command.screen.emit({"path": str(path), "lines": leaving.lines})
    command.screen.say(
        f"已写入 {path}: {leaving.lines} 行. 改好后: kaiche lines import {path}",
        f"Wrote {path}: {leaving.lines} lines. When edited: kaiche lines import {path}",
    )


@app.command("import")
def import_lines(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="改好的表格 · The edited sheet.")],
    *,
    proposal: ProposalId = None,
    account: AccountId = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """先看差异, 确认后生效 · Shows the difference first; nothing happens until you confirm."""
    from service.sheets.exchange import carry_out, preview  # noqa: PLC0415 - as above

    command = command_of(context, machine=as_json)
    content = _read(file)
    with command.store() as store:
        with store.read() as session:
            row = chosen(session, proposal, account)
            guardrails = _guardrails(command, row.account_id)
            found = preview(session, row.proposal_id, content, guardrails, origin(session).actor)
        _show(command, found)
        if not found.wishes:
            raise typer.Exit(1 if found.refused else 0)
        count = len(found.wishes)
        question = command.screen.speech(f"确定改动这 {count} 行?", f"Change these {count} lines?")
        if not yes and not typer.confirm(question, err=True):
            raise typer.Exit(1)
        with store.begin() as session:
            done = carry_out(
                session, row.proposal_id, content, guardrails, origin(session), found.hash
            )
    command.screen.say(
        f"改价 {done.edited}, 批准 {done.approved}, 驳回 {done.rejected}.",
        f"{done.edited} with another bid, {done.approved} approved, {done.rejected} rejected.",
    )


def _guardrails(command: Command, account_id: str) -> Guardrails:
    for account in command.settings().accounts:
        if account.id == account_id:
            return account.guardrails
    raise NotFoundError(f"there is no account {account_id} in the configuration any more")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error


def _show(command: Command, found: Difference) -> None:
    language = command.screen.speech.language
    refused = [
        {"sheet": one.sheet, "cell": one.cell, "value": one.value, "why": one.why(language)}
        for one in found.refused
    ]
    if command.screen.machine:
        counts = {"edited": len(found.edited), "approved": len(found.approved)}
        counts |= {"rejected": len(found.rejected), "unchanged": found.unchanged}
        command.screen.emit(counts | {"refused": refused, "hash": found.hash})
    command.screen.say(
        f"改价 {len(found.edited)}, 批准 {len(found.approved)}, 驳回 {len(found.rejected)}, "
        f"不变 {found.unchanged}, 拒收 {len(refused)}.",
        f"{len(found.edited)} with another bid, {len(found.approved)} to approve, "
        f"{len(found.rejected)} to reject, {found.unchanged} unchanged, {len(refused)} refused.",
    )
    for one in refused:
        text = "{sheet}!{cell}  {value}  {why}".format_map(one)
        command.screen.warn(text, text)
