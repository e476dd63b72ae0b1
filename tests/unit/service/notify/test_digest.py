"""The digest's lines, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from service.notify import digest
from service.notify.words import WORDS, Words
from service.reading.needs import Need

ZH, EN = Words("zh"), Words("en")
Make = Callable[..., Any]


def test_a_whole_morning(
    make_morning: Make, make_summary: Make, make_outcome: Make, make_ledger: Make, make_state: Make
) -> None:
    morning = make_morning(
        needs=(Need(kind="pending", values={"count": 149}),),
        summary=make_summary(),
        outcomes=(make_outcome(),),
        ledger=make_ledger(make_state()),
    )
    assert digest.title(ZH, "演示店铺", morning) == "演示店铺 03-02 出价日报"
    assert digest.lines(ZH, morning) == (
        "需要你处理:",
        "· 149 条改动等待审批.",
        "",
        "今晚方案 (每天, 现出价 → 新出价):",
        "花费 ¥100.00 → ¥90.00",
        "贡献 ¥70.00 → ¥80.00",
        "亏损 ¥10.00, 今晚额度 ¥40.00",
        "改 2,400 词 (共 2,400): 提价 3, 降价 4",
        "· 降价: 预算不够, 9 词",
        "· 不动: 差异小于误差, 5 词",
        "本期已亏 ¥50.00 / ¥600.00, 还剩 20 天",
        "",
        "03-01 实际 (预计):",
        "花费 ¥95.00 (¥90.00)",
        "贡献 ¥70.00 (¥80.00)",
        "其中 ¥5.00 来自还没回流的订单",
    )
    assert "149 changes wait for approval." in "\n".join(digest.lines(EN, morning))


def test_a_profit_and_a_plan_without_an_allowance(make_morning: Make, make_summary: Make) -> None:
    totals = {"loss": -12.5}
    said = digest.lines(EN, make_morning(summary=make_summary(totals=totals, policy={})))
    assert "Profit ¥12.50" in said
    said = digest.lines(EN, make_morning(summary=make_summary(totals={}, policy={})))
    assert not any(line.startswith(("Profit", "Loss")) for line in said)


def test_no_plan_or_an_older_one(make_morning: Make, make_summary: Make) -> None:
    assert digest.lines(EN, make_morning())[-1] == "There is no proposal tonight."
    older = make_summary(business_date=date(2026, 3, 1))
    assert digest.lines(EN, make_morning(summary=older))[-1].endswith("2026-03-01.")


def test_a_settled_day_and_a_window_that_has_not_begun(
    make_morning: Make, make_outcome: Make, make_ledger: Make, make_state: Make
) -> None:
    said = digest.lines(
        EN,
        make_morning(
            outcomes=(make_outcome(waiting_fen=0),),
            ledger=make_ledger(make_state(window_first=None)),
        ),
    )
    assert said[-1] == "Contribution ¥70.00 (¥80.00)"
    assert not any("window" in line for line in said)


def test_many_needs_and_long_causes_are_cut(make_morning: Make) -> None:
    needs = tuple(Need(kind="run_failed", values={"cause": "x\n" * 400}) for _ in range(8))
    said = digest.lines(ZH, make_morning(needs=needs))
    assert said[7] == "· … +2"
    assert len(said[1]) < 170
    assert "\n" not in said[1]


def test_every_text_has_both_languages_and_the_same_places() -> None:
    for key, (zh, en) in WORDS.items():
        assert sorted(_places(zh)) == sorted(_places(en)), key
    assert EN.reason("made_up") == "made up"


def _places(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]
