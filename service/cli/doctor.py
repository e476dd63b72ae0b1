"""``kaiche doctor``: can every account be read, and do its figures mean what we think? Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from connectors.errors import ConnectorError
from connectors.platform import AdPlatformReader, Exported
from connectors.taobao.doctor import Check, Said, examine
from connectors.taobao.doctor import failed as refused
from service.cli.options import AccountId, Json, command_of
from service.cli.speech import Speech
from service.errors import ServiceError
from service.settings.connectors import TaobaoConnector
from service.settings.models import Account

if TYPE_CHECKING:
    from service.wiring import Wiring

LAST_DAYS = 7
NAMES = {
    "access": "应用与授权",
    "sign in": "登录",
    "clock": "时钟",
    "read campaigns": "读取计划",
    "read adgroups": "读取单元",
    "read words": "读取关键词",
    "read reports": "读取报表",
    "read the budget": "读取日限额",
    "units": "单位",
    "units of spend": "花费的单位",
    "units of bids": "出价的单位",
    "units of budget": "日限额的单位",
    "right to write": "改价权限",
    "open the source": "打开数据源",
    "bid list": "出价表",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one account."""

    account_id: str
    check: Check


def doctor(context: typer.Context, account: AccountId = None, as_json: Json = False) -> None:
    """只读检查账户能否连通, 权限与单位是否正确 · Check access and units of accounts; writes nothing there.

    任何一项不通过则退出码非零. The exit code is not zero when a check fails.
    """
    command = command_of(context, machine=as_json)
    screen = command.screen
    with command.wired() as wiring:
        accounts = wiring.settings.accounts if account is None else (wiring.account(account),)
        found = [
            Finding(account_id=each.id, check=check)
            for each in accounts
            for check in checks_of(wiring, each)
        ]
    if as_json:
        values = [{"account_id": one.account_id} | asdict(one.check) for one in found]
        screen.emit({"checks": values})
    else:
        columns = screen.speech("账户 检查 结果 说明", "account check result detail").split()
        screen.table("", columns, [_cells(one, screen.speech) for one in found], text=4)
    failed = [one for one in found if one.check.passed is False]
    if failed:
        names = ", ".join(f"{one.account_id} ({one.check.name})" for one in failed)
        raise ServiceError(f"{len(failed)} of {len(found)} checks failed: {names}")


def checks_of(wiring: Wiring, account: Account) -> list[Check]:
    """Every check of an account, in order; a failed first one ends them. Raises nothing of its own."""
    if isinstance(account.connector, TaobaoConnector):
        return _over_the_platform(wiring, account)
    checks: list[Check] = []
    day = wiring.today(account)

    def of_the_roster(platform: AdPlatformReader) -> Said:
        roster = platform.roster()
        biddable = sum(row.biddable for row in roster.keywords)
        campaigns, words, rejects = map(len, (roster.campaigns, roster.keywords, roster.rejects))
        return Said(
            f"{campaigns} 个计划, {words} 个词, 其中 {biddable} 个可出价, {rejects} 行未读懂",
            f"{campaigns} campaigns, {words} words, {biddable} of them biddable, {rejects} rows not "
            "understood",
        )

    def of_the_reports(platform: AdPlatformReader) -> Said:
        pages = platform.keyword_days(day - timedelta(days=LAST_DAYS), day - timedelta(days=1))
        days = [row.date for page in pages for row in page.rows]
        if not days:
            return Said(
                f"{day} 之前 {LAST_DAYS} 天没有数据",
                f"no figures in the {LAST_DAYS} days before {day}",
            )
        return Said(
            f"最近 {LAST_DAYS} 天 {len(days)} 行, 最新一天 {max(days)}",
            f"{len(days)} rows in the last {LAST_DAYS} days, the newest of {max(days)}",
        )

    try:
        platform = wiring.night.platform(account, day)
    except ConnectorError as error:
        return [refused("open the source", error)]
    checks.append(
        Check(name="open the source", passed=True, detail=Said(platform.name, platform.name))
    )
    checks.extend(_try("read words", platform, of_the_roster))
    checks.extend(_bid_list(platform))
    checks.extend(_try("read reports", platform, of_the_reports))
    return checks


def _over_the_platform(wiring: Wiring, account: Account) -> list[Check]:
    if wiring.platforms is None:
        unwired = Said("没有接入平台", "no platform is wired")
        return [Check(name="access", passed=None, detail=unwired)]
    try:
        transport = wiring.platforms.transport(account)
    except ConnectorError as error:
        return [refused("access", error)]
    shop = transport.shop
    place = f"app {shop.app_key}, {shop.generation}, {shop.gateway}"
    told = Said(f"{shop.nick}, {place}", f"{shop.nick}, {place}")
    return [Check(name="access", passed=True, detail=told), *examine(transport)]


def _try(
    name: str, platform: AdPlatformReader, look: Callable[[AdPlatformReader], Said]
) -> Iterator[Check]:
    try:
        detail = look(platform)
    except ConnectorError as error:
        yield refused(name, error)
    else:
        yield Check(name=name, passed=True, detail=detail)


def _bid_list(platform: AdPlatformReader) -> Iterator[Check]:
    """Of exports only: which bid list is the newest."""
    try:
        newest = platform.bids_exported_at if isinstance(platform, Exported) else None
        is_export = isinstance(platform, Exported)  # reads the folder, as asking for its time does
    except ConnectorError as error:
        yield refused("bid list", error)
        return
    if is_export:
        detail = (
            Said(
                "没有带时间的关键词出价表; 请加一份, 没有它就不知道出价",
                "no bid list (关键词出价) with a known time; add one, bids are unknown without it",
            )
            if newest is None
            else Said(
                f"最新一份导出于 {newest:%Y-%m-%d %H:%M}",
                f"the newest was exported at {newest:%Y-%m-%d %H:%M}",
            )
        )
        yield Check(name="bid list", passed=newest is not None, detail=detail)


def _cells(one: Finding, speech: Speech) -> tuple[str, ...]:
    results = {
        True: speech("通过", "passed"),
        False: speech("不通过", "FAILED"),
        None: speech("未判定", "not judged"),
    }
    name = one.check.name
    return (
        one.account_id,
        speech(NAMES.get(name, name), name),
        results[one.check.passed],
        speech(one.check.detail.zh, one.check.detail.en),
    )
