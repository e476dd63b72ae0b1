"""The freshness gate: is what was pulled good enough to decide on?

Pure rules over the account's daily sums. Every cause is told in both languages, with the number
that is wrong and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

from service.errors import StaleDataError
from service.store.rows import DayTotals, FactRow

LOOK_BACK_DAYS = 7
LEFT = 0.1  # of the usual spend: so little of it, or less, is implausible
LEAST_USUAL_FEN = 1_000  # below ten yuan a day any fall is possible
# A click just after midnight may belong to the day before's impression; many of them may not.
IMPOSSIBLE_SHARE = 0.05
LEAST_IMPOSSIBLE_CLICKS = 20


def check(
    business_date: date,
    *,
    keywords: int,
    days: Sequence[DayTotals],
    impossible: Sequence[FactRow],
    newest: date | None = None,
) -> None:
    """Raise StaleDataError unless yesterday is there and plausible.

    ``keywords`` counts the roster; ``days`` are the account's sums in order of date, those before
    ``business_date`` count; ``impossible`` are yesterday's rows with more clicks than impressions;
    ``newest`` is the newest day that the source has, also of before the days that were read.
    """
    yesterday = business_date - timedelta(days=1)
    if not keywords:
        raise _refused(
            "没有关键词：出价列表是空的，请重新导出关键词出价后再运行",
            "there are no keywords: the bid list is empty; export it again and run anew",
        )
    known = {day.date: day for day in days if day.date < business_date}
    if yesterday not in known:
        raise _missing(yesterday, max(known, default=_before(business_date, newest)))
    _check_spend(known[yesterday], known)
    _check_clicks(known[yesterday], impossible)


def _before(business_date: date, newest: date | None) -> date | None:
    return newest if newest is not None and newest < business_date else None


def _missing(yesterday: date, newest: date | None) -> StaleDataError:
    if newest is None:
        return _refused(
            "没有任何日报数据：请导出按天拆分的关键词报表",
            "there is no daily report at all: export the keyword report split by day",
        )
    night = newest + timedelta(days=1)
    return _refused(
        f"缺少 {yesterday} 的数据，最新一天是 {newest}：请导出到 {yesterday} 为止的报表，"
        f"或用 --date {night} 补跑",
        f"the figures of {yesterday} are missing, the newest day is {newest}: export the report "
        f"up to {yesterday}, or plan the night of that data with --date {night}",
    )


def _check_spend(yesterday: DayTotals, known: dict[date, DayTotals]) -> None:
    before = [yesterday.date - timedelta(days=n) for n in range(1, LOOK_BACK_DAYS + 1)]
    spends = [known[day].spend_fen for day in before if day in known]
    usual = median(spends) if spends else 0
    if usual < LEAST_USUAL_FEN or yesterday.spend_fen > LEFT * usual:
        return
    fall = 1 - yesterday.spend_fen / usual
    raise _refused(
        f"{yesterday.date} 花费 {yesterday.spend_fen / 100:.2f} 元，比前 {len(spends)} 天中位数 "
        f"{usual / 100:.2f} 元少 {fall:.0%}：报表可能还没出全或账户停投，请核对后再运行",
        f"{yesterday.date} spent {yesterday.spend_fen / 100:.2f} yuan, {fall:.0%} less than the "
        f"median {usual / 100:.2f} of the {len(spends)} days before: the report may be incomplete "
        "or the account paused; check, then run again",
    )


def _check_clicks(yesterday: DayTotals, impossible: Sequence[FactRow]) -> None:
    clicks = sum(row.clicks for row in impossible)
    few = clicks < LEAST_IMPOSSIBLE_CLICKS or clicks < IMPOSSIBLE_SHARE * yesterday.clicks
    if not impossible or few:
        return
    worst = impossible[0]
    raise _refused(
        f"{yesterday.date} 有 {len(impossible)} 个词的点击量大于展现量"
        f"（如词 {worst.keyword_id}：点击 {worst.clicks}，展现 {worst.impressions}）：列可能错位，请重新导出",
        f"on {yesterday.date} {len(impossible)} words have more clicks than impressions (such as "
        f"{worst.keyword_id}: {worst.clicks} clicks, {worst.impressions} impressions): columns may "
        "have been mixed up; export the report again",
    )


def _refused(zh: str, en: str) -> StaleDataError:
    return StaleDataError(f"{zh} / {en}")
