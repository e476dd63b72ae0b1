"""Names, places and obstacles of the roster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.platform import AdgroupRow, CampaignRow, KeywordRow


def lay(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_everything_there_is(exports: Any, tmp_path: Path) -> None:
    extra = {"日限额": "300", "出价方式": "手动出价", "质量分": "7"}
    lay(
        tmp_path,
        **{
            "报表_20260515.csv": exports.csv([exports.row()]),
            "出价_20260515.csv": exports.csv([exports.bid(**extra)], [*exports.BID_HEADER, *extra]),
        },
    )
    roster, _, rejects = exports.read(tmp_path)
    assert roster.campaigns == (
        CampaignRow(campaign_id="11", name="计划甲", daily_budget_fen=30000),
    )
    assert roster.adgroups == (
        AdgroupRow(
            adgroup_id="21", campaign_id="11", name="单元甲", item_id="31", item_name="宝贝甲"
        ),
    )
    assert roster.keywords == (
        KeywordRow(
            keyword_id="30481986859300002",
            adgroup_id="21",
            campaign_id="11",
            word="连衣裙",
            match="exact",
            bid_fen=50,
            quality_score=7.0,
        ),
    )
    assert rejects == []


def test_newer_names_replace_older_ones_and_blanks_replace_nothing(
    exports: Any, tmp_path: Path
) -> None:
    lay(
        tmp_path,
        **{
            "a_20260503.csv": exports.csv([exports.row(计划名字="新名", 单元名字="-")]),
            "b_20260502.csv": exports.csv([exports.row(计划名字="旧名", 单元名字="单元旧")]),
        },
    )
    roster, _, _ = exports.read(tmp_path)
    assert [campaign.name for campaign in roster.campaigns] == ["新名"]
    assert [adgroup.name for adgroup in roster.adgroups] == ["单元旧"]


def test_without_a_name_the_id_stands_for_it(exports: Any, tmp_path: Path) -> None:
    header = [name for name in exports.BID_HEADER if name not in ("关键词", "匹配方式")]
    lay(tmp_path, **{"出价_20260515.csv": exports.csv([exports.bid()], header)})
    roster, _, _ = exports.read(tmp_path)
    assert roster.campaigns[0].name == "11"
    assert roster.adgroups[0] == AdgroupRow(adgroup_id="21", campaign_id="11", name="21")
    assert roster.keywords[0].word == roster.keywords[0].keyword_id
    assert roster.keywords[0].match is None


@pytest.mark.parametrize(("budget", "fen"), [("不限", None), ("-", None), ("30", 3000)])
def test_budgets(exports: Any, tmp_path: Path, budget: str, fen: int | None) -> None:
    header = [*exports.BID_HEADER, "每日预算"]
    lay(tmp_path, **{"出价_20260515.csv": exports.csv([exports.bid(每日预算=budget)], header)})
    assert exports.read(tmp_path)[0].campaigns[0].daily_budget_fen == fen


def test_word_packages_are_kept_and_not_biddable(exports: Any, tmp_path: Path) -> None:
    package = exports.row(词类型="词包", **{"词ID/词包ID": "5", "词名字/词包名字": "流量智选"})
    lay(
        tmp_path,
        **{
            "报表_20260515.csv": exports.csv([exports.row(), package]),
            "出价_20260515.csv": exports.csv([exports.bid()], exports.BID_HEADER),
        },
    )
    roster, rows, rejects = exports.read(tmp_path)
    assert [row.keyword_id for row in rows] == ["30481986859300002", "5"]
    word, kept = roster.keywords
    assert word.biddable
    assert word.not_biddable_reason is None
    assert (kept.word, kept.biddable) == ("流量智选", False)
    assert "“词包”不是单个关键词" in (kept.not_biddable_reason or "")
    assert rejects == []


@pytest.mark.parametrize(
    ("wording", "bid_type", "reason"),
    [
        ("手动出价", "custom_bid", None),
        ("最大化拿量", "max_amount", "最大化拿量"),
        ("控成本投放", "cost_control", "控成本"),
        ("控投产比", "roi_control", "控投产比"),
        ("新玩法", "unknown", "无法识别的方式"),
    ],
)
def test_only_manual_campaigns_take_bids(
    exports: Any, tmp_path: Path, wording: str, bid_type: str, reason: str | None
) -> None:
    header = [*exports.HEADER, "出价方式"]
    lay(
        tmp_path,
        **{
            "报表_20260515.csv": exports.csv([exports.row(出价方式=wording)], header),
            "出价_20260515.csv": exports.csv([exports.bid()], exports.BID_HEADER),
        },
    )
    roster, _, _ = exports.read(tmp_path)
    assert roster.campaigns[0].bid_type == bid_type
    (word,) = roster.keywords
    assert word.bid_fen == 50
    assert word.biddable is (reason is None)
    assert (reason or "") in (word.not_biddable_reason or "")


def test_ids_ascend(exports: Any, tmp_path: Path) -> None:
    rows = [
        exports.bid(**{"计划ID": one, "单元ID": one, "词ID/词包ID": one})
        for one in ("9", "10", "300", "2")
    ]
    lay(tmp_path, **{"出价_20260515.csv": exports.csv(rows, exports.BID_HEADER)})
    roster, _, _ = exports.read(tmp_path)
    expected = sorted(["9", "10", "300", "2"])
    assert [word.keyword_id for word in roster.keywords] == expected
    assert [adgroup.adgroup_id for adgroup in roster.adgroups] == expected
    assert [campaign.campaign_id for campaign in roster.campaigns] == expected
