"""``kaiche report``: a month for the owner, as a page and a workbook."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from service.cli.options import AccountId, Command, Json, command_of
from service.cli.proposals import write_file
from service.errors import InputError, NotFoundError
from service.settings.models import Account

if TYPE_CHECKING:
    from service.reading.catalogue import Language
    from service.report.figures import Report


def report(
    context: typer.Context,
    *,
    account: AccountId = None,
    month: Annotated[
        str | None,
        typer.Option(
            "--month",
            "-m",
            help="月份, 如 2026-10; 默认有数据的最近一个月 · As 2026-10; else the newest with figures.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", metavar="zh|en", help="报告的语言 · Of the report; else --lang."
        ),
    ] = None,
    to: Annotated[
        Path, typer.Option("--to", help="写到哪个文件夹 · The folder to write into.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件 · Overwrite.")] = False,
    as_json: Json = False,
) -> None:
    """给店主的月报: 花了多少, 带来多少, 亏损与额度, 预测准不准 · A month for the owner: HTML and XLSX."""
    from service.reading.catalogue import language as known  # noqa: PLC0415 - openpyxl is slow
    from service.report.calendar import Month  # noqa: PLC0415
    from service.report.publishing import report_of  # noqa: PLC0415

    command = command_of(context, machine=as_json)
    spoken = known(language or command.screen.speech.language)
    wanted = None if month is None else str(Month.of(month))
    accounts = _chosen(command.settings().accounts, account)
    with command.store() as store, store.read() as session:
        found = [report_of(session, one, wanted, _today(one)) for one in accounts]
    _folder(to)
    told = [_told(command, one, spoken, to, force=force) for one in found]
    if as_json:
        command.screen.emit(told)


def _told(
    command: Command, one: Report, spoken: Language, to: Path, *, force: bool
) -> dict[str, Any]:
    """Write an account's month in every form, and say what it comes to."""
    from service.report.publishing import MEDIA_TYPES, publish  # noqa: PLC0415 - openpyxl is slow
    from service.report.sentences import lead  # noqa: PLC0415
    from service.report.texts import Texts  # noqa: PLC0415

    said = lead(Texts(spoken), one)
    command.screen.say("\n".join(said), "\n".join(said))
    paths = []
    for kind in MEDIA_TYPES:
        made = publish(one, kind, spoken)
        write_file(to / made.name, made.content, force=force)
        paths.append(str(to / made.name))
        command.screen.say(f"已写入 {paths[-1]}", f"Wrote {paths[-1]}")
    return {
        "account_id": one.account_id,
        "month": str(one.month),
        "state": one.state,
        "paths": paths,
        "said": said,
    }


def _chosen(accounts: tuple[Account, ...], account: str | None) -> list[Account]:
    found = [one for one in accounts if account in (None, one.id)]
    if not found:
        names = ", ".join(one.id for one in accounts)
        raise NotFoundError(f"there is no account {account}; there are: {names}")
    return found


def _today(account: Account) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(account.timezone)).date()


def _folder(to: Path) -> None:
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {to} cannot be made: {error.strerror}") from error
