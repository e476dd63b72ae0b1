"""The platforms of the contract: every connector, standing on the same simulated shop.

A leg is one connector at one moment; ``advance`` lets business days pass for it. The reports leg
reads what a person would have downloaded from that shop on the day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.platform import AdPlatform, AdPlatformReader, KeywordDayRow, KeywordRow, Roster
from connectors.reports import ReportsPlatform
from connectors.sandbox import SandboxPlatform
from connectors.sandbox.gateway import App, Gateway, SandboxClock, ShopSpec, serve
from connectors.sandbox.scenario import DEMO
from connectors.taobao import TaobaoShop, Transport, connect
from connectors.taobao.shop import Generation

FIRST = date(2026, 7, 6)
OPENED = date(2026, 7, 20)
SHOP = replace(DEMO, keywords=400, campaigns=7, adgroups_per_campaign=2, dead_share=0.15)
BID_TYPES = {
    "custom_bid": "手动出价",
    "max_amount": "最大化拿量",
    "cost_control": "控成本",
    "roi_control": "控投产比",
}


@dataclass
class Calendar:
    """A clock that only a test moves."""

    today: date = OPENED

    def __call__(self) -> date:
        return self.today

    def nine_o_clock(self) -> datetime:
        """The moment at which everything of the day happens."""
        return datetime.combine(self.today, time(9), ZoneInfo("Asia/Shanghai"))


@dataclass
class Leg:
    """One connector on the shop."""

    name: str
    reader: AdPlatformReader
    calendar: Calendar
    pull: Callable[[], None] = field(default=lambda: None)
    close: Callable[[], None] = field(default=lambda: None)
    tells_past_bids: bool = True

    @property
    def today(self) -> date:
        """The present business date."""
        return self.calendar.today

    def advance(self, days: int) -> None:
        """Let days pass, and do what a person does in the morning."""
        self.calendar.today += timedelta(days=days)
        self.pull()

    def days(self, first: date = FIRST, last: date | None = None) -> list[KeywordDayRow]:
        """All keyword-days of a period."""
        end = last or self.today
        return [row for page in self.reader.keyword_days(first, end) for row in page.rows]


@dataclass
class WritableLeg(Leg):
    """A connector that also sets bids."""

    platform: AdPlatform = field(kw_only=True)
    gateway: Gateway | None = None
    transport: Transport | None = None


def shop(calendar: Calendar, state: Path | None = None) -> SandboxPlatform:
    """The shop all legs stand on."""
    return SandboxPlatform(
        seed=11,
        keywords=SHOP.keywords,
        history_days=(OPENED - FIRST).days,
        clock=calendar,
        state=state,
        scenario=SHOP,
    )


def sandbox_leg(folder: Path) -> WritableLeg:
    calendar = Calendar()
    platform = shop(calendar, folder / "shop.db")
    return WritableLeg("sandbox", platform, calendar, platform=platform)


def reports_leg(folder: Path) -> Leg:
    calendar = Calendar()
    source = shop(calendar)
    exports = folder / "exports"
    exports.mkdir()

    def download() -> None:
        export(source, calendar.today, exports)

    download()
    return Leg("reports", ReportsPlatform(exports, 15), calendar, download)


def taobao_leg(generation: Generation, folder: Path) -> WritableLeg:
    """A generation of the Taobao connectors, over HTTP, against the gateway on the same shop."""
    calendar = Calendar()
    with ExitStack() as opened:
        gateway = Gateway(
            app=App(key="12345678", secret="app-secret"),
            shops=[
                ShopSpec(
                    nick="沙盒旗舰店",
                    session="session-of-the-shop",
                    seed=11,
                    scenario=SHOP,
                    history_days=(OPENED - FIRST).days,
                    state=folder / "shop.db",
                )
            ],
            clock=SandboxClock(calendar.nine_o_clock),
        )
        address = opened.enter_context(serve(gateway))
        client = opened.enter_context(httpx.Client(timeout=20, trust_env=False))
        shop_there = TaobaoShop(
            app_key="12345678",
            app_secret="app-secret",
            session="session-of-the-shop",
            nick="沙盒旗舰店",
            generation=generation,
            gateway=f"{address}/router/rest",
        )
        clock = calendar.nine_o_clock
        platform = connect(shop_there, client, clock=clock, sleep=lambda _: None)
        return WritableLeg(
            platform.name,
            platform,
            calendar,
            close=opened.pop_all().close,
            tells_past_bids=False,
            platform=platform,
            gateway=gateway,
            transport=Transport(shop_there, client, clock=clock, sleep=lambda _: None),
        )


def simba_leg(folder: Path) -> WritableLeg:
    return taobao_leg("simba", folder)


def universalbp_leg(folder: Path) -> WritableLeg:
    return taobao_leg("universalbp", folder)


WRITERS: dict[str, Callable[[Path], WritableLeg]] = {
    "sandbox": sandbox_leg,
    "taobao-simba": simba_leg,
    "taobao-bp": universalbp_leg,
}
LEGS: dict[str, Callable[[Path], Leg]] = {"reports": reports_leg, **WRITERS}


@pytest.fixture(params=sorted(LEGS), scope="module")
def leg(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leg]:
    """Every connector, for the read half; its day stands still."""
    opened = LEGS[request.param](tmp_path_factory.mktemp(request.param))
    yield opened
    opened.close()


@pytest.fixture(params=sorted(LEGS))
def moving_leg(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Leg]:
    """The same for tests that let days pass."""
    opened = LEGS[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=sorted(WRITERS))
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WritableLeg]:
    """Every connector that can write."""
    opened = WRITERS[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=["taobao-simba", "taobao-bp"])
def wired(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WritableLeg]:
    """A connector that writes over HTTP."""
    opened = WRITERS[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=["taobao-simba", "taobao-bp"])
def over_http(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Leg, Leg]]:
    """The shop directly, and as a generation of the platform tells it over HTTP."""
    opened = WRITERS[request.param](tmp_path)
    yield sandbox_leg(tmp_path / "direct"), opened
    opened.close()


@pytest.fixture
def both(tmp_path: Path) -> tuple[Leg, Leg]:
    """The shop directly, and as its own exports tell it."""
    return sandbox_leg(tmp_path), reports_leg(tmp_path)


REPORT_HEADER = (
    *("日期", "场景ID", "场景名字", "计划ID", "计划名字", "单元ID", "单元名字"),
    *("宝贝ID", "宝贝名称", "词类型", "词ID/词包ID", "词名字/词包名字"),
    *("展现量", "点击量", "花费", "点击率", "平均点击花费", "千次展现花费"),
    *("总成交金额", "总成交笔数", "点击转化率", "投入产出比"),
    *("总购物车数", "总收藏数", "平均展现排名"),
)
BIDS_HEADER = (
    *("计划ID", "计划名字", "出价方式", "日限额", "单元ID", "单元名字"),
    *("词ID/词包ID", "关键词", "匹配方式", "出价", "质量分"),
)
RECORD_HEADER = ("日期", "词ID/词包ID", "出价")


def export(source: SandboxPlatform, today: date, folder: Path) -> None:
    """Download the shop's three exports as of ``today``: 关键词报表, 关键词出价, 出价记录."""
    roster = source.roster()
    rows = [row for page in source.keyword_days(FIRST, today) for row in page.rows]
    stamp = f"{today:%Y%m%d}_081502"
    shown = (row for row in rows if row.impressions)
    _write(folder / f"关键词报表_{stamp}.csv", "gb18030", REPORT_HEADER, _report(shown, roster))
    _write(folder / f"关键词出价_{stamp}.csv", "utf-8-sig", BIDS_HEADER, _bids(roster))
    _write(
        folder / f"出价记录_{stamp}.csv",
        "utf-8-sig",
        RECORD_HEADER,
        _record(source, today),
    )


def _write(path: Path, encoding: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    path.write_bytes(text.getvalue().encode(encoding))


def _report(rows: Iterable[KeywordDayRow], roster: Roster) -> Iterable[Sequence[str]]:
    campaigns = {row.campaign_id: row for row in roster.campaigns}
    adgroups = {row.adgroup_id: row for row in roster.adgroups}
    words = {row.keyword_id: row.word for row in roster.keywords}
    for row in rows:
        adgroup = adgroups[row.adgroup_id]
        yield [
            *(row.date.isoformat(), "376", "关键词推广"),
            *(row.campaign_id, campaigns[row.campaign_id].name, row.adgroup_id, adgroup.name),
            *(adgroup.item_id or "", adgroup.item_name or "", "关键词"),
            *(row.keyword_id, words[row.keyword_id], str(row.impressions), str(row.clicks)),
            *(_yuan(row.spend_fen), f"{100 * row.clicks / row.impressions:.2f}%"),
            _yuan(round(row.spend_fen / row.clicks)) if row.clicks else "-",
            _yuan(round(1_000 * row.spend_fen / row.impressions)),
            *((_yuan(row.revenue_fen), str(row.orders)) if row.orders else (r"\N", r"\N")),
            f"{100 * row.orders / row.clicks:.2f}%" if row.clicks else "-",
            f"{row.revenue_fen / row.spend_fen:.2f}" if row.spend_fen else "-",
            *(str(row.carts or 0), str(row.favourites or 0), str(row.avg_rank)),
        ]


def _bids(roster: Roster) -> Iterable[Sequence[str]]:
    campaigns = {row.campaign_id: row for row in roster.campaigns}
    adgroups = {row.adgroup_id: row.name for row in roster.adgroups}
    for row in roster.keywords:
        campaign = campaigns[row.campaign_id]
        budget = campaign.daily_budget_fen
        yield [
            *(row.campaign_id, campaign.name, BID_TYPES[campaign.bid_type]),
            "不限" if budget is None else _yuan(budget),
            *(row.adgroup_id, adgroups[row.adgroup_id], row.keyword_id, row.word),
            *("广泛" if row.match == "broad" else "精准", _yuan_or_blank(row)),
            f"{row.quality_score:.0f}",
        ]


def _record(source: SandboxPlatform, today: date) -> Iterable[Sequence[str]]:
    """The bid of every word on every day since it existed."""
    listed = {row.keyword_id for row in source.roster().keywords if row.bid_fen is not None}
    changes = list(source.bid_changes(FIRST, today))
    bids: dict[str, int] = {}
    for offset in range((today - FIRST).days):
        day = FIRST + timedelta(days=offset)
        bids |= {word: fen for when, word, fen, _ in changes if when == day}
        for word in sorted(listed & set(bids)):
            yield [day.isoformat(), word, _yuan(bids[word])]


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _yuan_or_blank(row: KeywordRow) -> str:
    return "-" if row.bid_fen is None else _yuan(row.bid_fen)
