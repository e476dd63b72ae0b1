"""Is this shop's access right, and do the platform's units mean what we think? Reads only.

``examine`` signs in, tries every kind of reading that a night needs, and compares the units of
one campaign: what a click cost against what the report calls its price, that price against the
bids, the day's spend against the budget. Nothing is written, so the right to write stays unproven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from statistics import median
from typing import Final, TypeVar

from connectors.errors import ConnectorError
from connectors.platform import CampaignRow
from connectors.taobao import fields, simba_rows, universalbp_rows
from connectors.taobao.replies import Json
from connectors.taobao.simba import SimbaPlatform
from connectors.taobao.transport import Transport
from connectors.taobao.universalbp import ADGROUPS_A_CALL, Place, UniversalbpPlatform
from connectors.taobao.universalbp_reports import WordReports

DAYS: Final = 7
ADGROUPS_TRIED: Final = 20
ROUNDING: Final = Decimal("0.03")
CPC_TO_BID: Final = (Decimal("0.05"), Decimal(8))  # premiums lift a click's price above the bid
SPEND_TO_BUDGET: Final = Decimal(7)  # a daily average budget may spend seven days' worth in a week
LEAST_BUDGET_FEN: Final = 3_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """What was seen, in Chinese and in English."""

    zh: str
    en: str

    def __add__(self, more: Said) -> Said:
        return Said(self.zh + more.zh, self.en + more.en)


NOTHING_MORE: Final = Said("", "")
CAMPAIGNS: Final = Said("个计划", "campaigns")
WORDS: Final = Said("个词", "words")
ROWS: Final = Said("行", "rows")
UNPROVEN: Final = Said(
    "未试: 体检不写任何东西. 要证明有写权限, 用 kaiche 把一个词改 0.01 元再撤销",
    "not tried, since this examination writes nothing; change the bid of one word by 0.01 yuan "
    "through kaiche and undo it to prove the right to write",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. ``passed`` None: could not be judged; ``detail`` says what was seen."""

    name: str
    passed: bool | None
    detail: Said


def failed(name: str, error: Exception) -> Check:
    """The finding that something could not be done, in the words of the error."""
    return Check(name=name, passed=False, detail=Said(str(error), str(error)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One campaign's figures in fen as we understand them; ``cpc_fen`` is the platform's own."""

    campaign: str
    days: int
    clicks: int
    spend_fen: int
    cpc_fen: Decimal
    bids_fen: tuple[int, ...]
    budget_fen: int | None


def examine(transport: Transport) -> list[Check]:
    """Every check that can be made, in order; a failed sign-in ends them. Raises nothing.

    Costs at most about 50 calls.
    """
    simba = transport.shop.generation == "simba"
    checks: list[Check] = []
    signed_in = _try(
        checks, "sign in", lambda: (_sign_in_simba if simba else _sign_in_bp)(transport)
    )
    if signed_in is None:
        return checks
    checks.append(_clock(transport))
    try:
        sample = (_sample_simba if simba else _sample_bp)(transport, checks)
    except ConnectorError as error:
        checks.append(failed("units", error))
    else:
        checks += [] if sample is None else units(sample)
    checks.append(Check(name="right to write", passed=None, detail=UNPROVEN))
    return checks


def units(sample: Sample) -> list[Check]:
    """Whether spend, price of a click, bids and budget of a campaign are in the units we think."""
    if sample.clicks == 0 or not sample.bids_fen:
        return [
            Check(
                name="units",
                passed=None,
                detail=Said(
                    f"「{sample.campaign}」{sample.days} 天里没有点击或没有出价",
                    f"「{sample.campaign}」 has no clicks or no bids in {sample.days} days",
                ),
            )
        ]
    cpc = Decimal(sample.spend_fen) / sample.clicks
    bid = Decimal(median(sample.bids_fen))
    return [_price_of_a_click(sample, cpc), _bids(cpc, bid), _budget(sample)]


def _price_of_a_click(sample: Sample, cpc: Decimal) -> Check:
    told = sample.cpc_fen
    agrees = abs(cpc - told) <= max(Decimal(1), ROUNDING * cpc)
    return Check(
        name="units of spend",
        passed=agrees,
        detail=Said(
            f"「{sample.campaign}」: 花费 ÷ 点击 = {_yuan(cpc)} 元, 报表说 {_yuan(told)} 元",
            f"「{sample.campaign}」: spend ÷ clicks = {_yuan(cpc)} yuan, the report says "
            f"{_yuan(told)} yuan",
        )
        + (NOTHING_MORE if agrees else _suspicion(cpc, told)),
    )


def _bids(cpc: Decimal, bid: Decimal) -> Check:
    low, high = CPC_TO_BID
    agrees = low <= cpc / bid <= high
    return Check(
        name="units of bids",
        passed=agrees,
        detail=Said(
            f"点击花 {_yuan(cpc)} 元, 出价中位数 {_yuan(bid)} 元",
            f"a click cost {_yuan(cpc)} yuan at a median bid of {_yuan(bid)} yuan",
        )
        + (NOTHING_MORE if agrees else _suspicion(cpc, bid)),
    )


def _budget(sample: Sample) -> Check:
    a_day = Decimal(sample.spend_fen) / sample.days
    if sample.budget_fen is None:
        unlimited = Said("这个计划没有日预算", "the campaign has no daily budget")
        return Check(name="units of budget", passed=None, detail=unlimited)
    budget = Decimal(sample.budget_fen)
    agrees = budget >= LEAST_BUDGET_FEN and a_day <= SPEND_TO_BUDGET * budget
    return Check(
        name="units of budget",
        passed=agrees,
        detail=Said(
            f"日预算 {_yuan(budget)} 元, 每天花 {_yuan(a_day)} 元",
            f"daily budget {_yuan(budget)} yuan, spent {_yuan(a_day)} yuan a day",
        )
        + (NOTHING_MORE if agrees else _suspicion(a_day, budget)),
    )


def _suspicion(one: Decimal, other: Decimal) -> Said:
    ratio = one / other if other else Decimal(0)
    hundred = any(abs(ratio / factor - 1) < Decimal("0.5") for factor in (100, Decimal("0.01")))
    cause = (
        Said("一边是分, 另一边按元读了", "one is in fen where yuan was expected")
        if hundred
        else Said("有一个单位和我们想的不一样", "one unit is not what we think")
    )
    return Said(
        f"; 相差 {ratio:.2f} 倍: {cause.zh}. 弄清楚之前不要让 kaiche 改价",
        f"; a factor of {ratio:.2f}: {cause.en}. Do not let kaiche write before this is explained",
    )


def _clock(transport: Transport) -> Check:
    seconds = abs(transport.clock_offset.total_seconds())
    detail = (
        Said(f"本机时钟差 {seconds:.0f} 秒, 已修正", f"our clock is {seconds:.0f} s off, corrected")
        if seconds
        else Said("平台接受本机时间", "accepted as it is")
    )
    return Check(name="clock", passed=seconds == 0, detail=detail)


def _try(checks: list[Check], name: str, attempt: Callable[[], tuple[T, Said]]) -> T | None:
    """Make a check of ``attempt``, which gives its find and what to say of it; None if it failed."""
    try:
        found, detail = attempt()
    except ConnectorError as error:
        checks.append(failed(name, error))
        return None
    checks.append(Check(name=name, passed=True, detail=detail))
    return found


def _sign_in_simba(transport: Transport) -> tuple[str, Said]:
    token, nick = SimbaPlatform(transport).token(), transport.shop.nick
    return token, Said(f"{nick} 已登录, 报表可读", f"{nick} is signed in, reports are open")


def _sign_in_bp(transport: Transport) -> tuple[bool, Said]:
    found = sum(1 for _ in islice(UniversalbpPlatform(transport).campaigns(), 1))
    nick = transport.shop.nick
    told = Said(f"{nick} 已登录", f"{nick} is signed in")
    return True, told + (NOTHING_MORE if found else Said(", 没有计划", ", without any campaign"))


def _sample_simba(transport: Transport, checks: list[Check]) -> Sample | None:
    platform = SimbaPlatform(transport)
    plans = _try(checks, "read campaigns", lambda: _counted(platform.campaigns(), CAMPAIGNS))
    manual = [row for row in plans or [] if simba_rows.bid_type(row) == "custom_bid"]
    found = _try(checks, "read reports", lambda: _busy_adgroup(platform, transport, manual))
    if not found:
        return None
    plan, adgroup_id, rows = found[0]
    words = _try(checks, "read words", lambda: _counted(platform.words(adgroup_id), WORDS))
    return _try(
        checks,
        "read the budget",
        lambda: _sample(
            simba_rows.campaign(plan, platform.budget(fields.identifier(plan, "campaign_id"))),
            [(fields.whole(row, "click"), _cpc(row, "cpc", 1)) for row in rows],
            sum(fields.whole(row, "cost") for row in rows),
            [simba_rows.bid_fen(word) for word in words or []],
        ),
    )


def _busy_adgroup(
    platform: SimbaPlatform, transport: Transport, plans: Sequence[Json]
) -> tuple[list[tuple[Json, str, list[Json]]], Said]:
    """The first adgroup with clicks, its campaign and its report; at most 20 are looked at."""
    first, last = _period(transport)
    period = {"start_time": first.isoformat(), "end_time": last.isoformat()}
    places = (
        (plan, group)
        for plan in plans
        for group in platform.adgroups(fields.identifier(plan, "campaign_id"))
    )
    looked_at = 0
    for plan, group in islice(places, ADGROUPS_TRIED):
        looked_at += 1
        place = {"campaign_id": group.campaign_id, "adgroup_id": group.adgroup_id}
        rows = platform.report("base", place | period)
        if any(fields.whole(row, "click") for row in rows):
            told = (
                f"单元 {group.name} 的 {len(rows)} 行",
                f"{len(rows)} rows of adgroup {group.name}",
            )
            return [(plan, group.adgroup_id, rows)], Said(*told)
    return [], Said(
        f"看过的 {looked_at} 个单元在 {first} 到 {last} 没有点击",
        f"no clicks from {first} to {last} in the {looked_at} adgroups looked at",
    )


def _sample_bp(transport: Transport, checks: list[Check]) -> Sample | None:
    platform = UniversalbpPlatform(transport)
    reports = WordReports(transport, (*universalbp_rows.FIGURES, "ecpc"))
    plans = _try(checks, "read campaigns", lambda: _counted(list(platform.campaigns()), CAMPAIGNS))
    found = _try(
        checks, "read reports", lambda: _counted(reports.page(*_period(transport), 0)[0], ROWS)
    )
    best = _busiest(plans or [], found or [])
    if best is None:
        return None
    plan, rows = best
    campaign_id = fields.identifier(plan, "campaign_id")
    adgroup_ids = dict.fromkeys(fields.identifier(row, "adgroup_id") for row in rows)
    places = [Place(campaign_id, i) for i in islice(adgroup_ids, ADGROUPS_A_CALL)]
    words = _try(checks, "read words", lambda: _counted(platform.words(places), WORDS))
    return _try(
        checks,
        "read the budget",
        lambda: _sample(
            universalbp_rows.campaign(plan),
            [(fields.whole(row, "click"), _cpc(row, "ecpc", 100)) for row in rows],
            sum(fields.fen_of_yuan(row, "charge") for row in rows),
            [universalbp_rows.bid_fen(word) for word in words or []],
        ),
    )


def _busiest(plans: Iterable[Json], rows: Iterable[Json]) -> tuple[Json, list[Json]] | None:
    """The campaign of manual bidding with most clicks, and its rows."""
    of: dict[str, list[Json]] = {}
    for row in rows:
        of.setdefault(str(row.get("campaign_id")), []).append(row)
    manual = [plan for plan in plans if universalbp_rows.bid_type(plan) == "custom_bid"]
    busy = [(plan, of[i]) for plan in manual if (i := str(plan.get("campaign_id"))) in of]
    clicks = [sum(fields.whole(row, "click") for row in theirs) for _, theirs in busy]
    return busy[clicks.index(max(clicks))] if clicks else None


def _sample(
    plan: CampaignRow,
    prices: Sequence[tuple[int, Decimal]],
    spend_fen: int,
    bids_fen: Sequence[int | None],
) -> tuple[Sample, Said]:
    clicks = sum(count for count, _ in prices)
    told = sum((count * cpc for count, cpc in prices), Decimal(0))
    sample = Sample(
        campaign=plan.name,
        days=DAYS,
        clicks=clicks,
        spend_fen=spend_fen,
        cpc_fen=told / clicks if clicks else Decimal(0),
        bids_fen=tuple(bid for bid in bids_fen if bid is not None),
        budget_fen=plan.daily_budget_fen,
    )
    return sample, Said(
        f"以「{plan.name}」为样本: {DAYS} 天 {clicks} 次点击",
        f"「{plan.name}」 is the sample: {clicks} clicks in {DAYS} days",
    )


def _cpc(row: Json, name: str, fen: int) -> Decimal:
    """What the report calls the price of a click, in fen; ``fen`` is what one of its units is."""
    return (fields.optional_decimal(row, name) or Decimal(0)) * fen


def _period(transport: Transport) -> tuple[date, date]:
    today = transport.now().date()
    return today - timedelta(days=DAYS), today - timedelta(days=1)


def _counted(rows: list[Json], what: Said) -> tuple[list[Json], Said]:
    return rows, Said(f"{len(rows)} {what.zh}", f"{len(rows)} {what.en}")


def _yuan(fen: Decimal) -> str:
    return f"{fen / 100:.2f}"
