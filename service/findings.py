"""What the model's checks found, in the words of the people who read it: Chinese, English.

Keys and figures are those of ``optimizer.review.FINDINGS``; a night stores both with every check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

FOUND: Mapping[str, tuple[str, str]] = {
    "learned_from": (
        "{days:.0f} 天共 {clicks:.0f} 次点击, {orders:.0f} 笔成交",
        "{clicks:.0f} clicks and {orders:.0f} orders in {days:.0f} days",
    ),
    "left_out": (
        "{unknown:.0f} 行的词不在词表里, {later:.0f} 行晚于当天, 都没有采用",
        "{unknown:.0f} rows of words that are not in the list and {later:.0f} rows of later days were "
        "left out",
    ),
    "few_clicks": ("预计点击太少, 无法判断", "too few clicks are expected to judge"),
    "newest_clicks": (
        "最近几天点击 {seen:.0f} 次, 模型预计 {expected:.0f} 次",
        "{seen:.0f} clicks in the newest days; the model expects {expected:.0f}",
    ),
    "silent_days": (
        "{seen:.0f} 个词日没有点击, 预计 {expected:.0f} 个",
        "{seen:.0f} days of words without a click; {expected:.0f} are expected",
    ),
    "odd_counts": (
        "点击少的 {few:.0f} 个词日里, 点击数为奇数的有 {odd:.0f} 个",
        "{odd:.0f} of {few:.0f} days of words with few clicks have an odd number of them",
    ),
    "scatter": (
        "一个词单日点击的起伏 (相对方差, 计数误差除外) 为 {spread:.2f}",
        "a word's day has relative variance {spread:.2f} beyond counting",
    ),
    "few_prices": ("点击太少, 无法判断", "too few clicks to judge"),
    "paid_of_bid": (
        "平均点击花费是出价的 {ratio:.3g} 倍",
        "a click costs {ratio:.3g} of the bid in force",
    ),
    "few_orders": ("预计成交太少, 无法判断", "too few orders are expected to judge"),
    "newest_orders": (
        "最近一周已报 {seen:.0f} 笔成交, 此时预计 {expected:.1f} 笔",
        "{seen:.0f} orders reported for the newest week; {expected:.1f} are expected so early",
    ),
    "few_late": ("预计回流的成交太少, 无法判断", "too few late orders are expected to judge"),
    "late_orders": (
        "最近一周回流 {seen:.0f} 笔成交, 预计 {expected:.1f} 笔",
        "{seen:.0f} late orders came in the newest week; {expected:.1f} are expected",
    ),
    "unmoved": (
        "出价没有变动过, 点击对出价的反应由扣费与出价之比推断",
        "no bid has moved; how clicks answer is told from price over bid alone",
    ),
    "moved": (
        "出价每高 1%, 点击约多 {slope:.2f}% (由出价变动测得, ± {sd:.2f})",
        "1 % more bid brings about {slope:.2f} % more clicks (± {sd:.2f}, as changes show it)",
    ),
}


def found(check: Mapping[str, Any], language: str) -> str:
    """What a stored check found, ``zh`` or ``en``; a check stored before findings had keys has English."""
    words = FOUND.get(str(check.get("finding")))
    if words is None:
        return str(check.get("detail") or "") if language == "en" else ""
    return words[0 if language == "zh" else 1].format(**check["figures"])


def doubts(checks: Iterable[Mapping[str, Any]], language: str) -> str:
    """What every check that did not pass found."""
    told = [found(check, language) for check in checks if check["verdict"] != "PASS"]
    return "; ".join(line for line in told if line)
