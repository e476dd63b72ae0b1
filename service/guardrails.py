"""Limits of a whole plan, checked after the optimizer and independent of it.

A breach blocks the proposal until a second person overrides it with a reason; nothing else does.
Money is integer fen, shares and steps are fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from service.settings.models import Guardrails

Code = Literal[
    "changed_share",
    "spend_rise",
    "step_up",
    "step_down",
    "bid_range",
    "account_budget",
    "campaign_budget",
]
NAMED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """One keyword of the plan, moved or not; spends are expected a day.

    ``bid_before_fen`` None = not known; ``bid_fen`` None = the plan leaves the bid as it is.
    """

    keyword_id: str
    campaign_id: str
    bid_before_fen: int | None
    bid_fen: int | None
    spend_before_fen: int
    spend_after_fen: int


class _Move(NamedTuple):
    keyword_id: str
    before: int | None
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A limit that the plan does not keep.

    ``limit`` and ``actual`` are fractions (shares, steps, rises) or fen (bids, budgets); ``actual``
    is the worst one. ``count`` keywords (or 1 for a total) break it; ``where`` names the worst
    ``NAMED`` of them, or the campaign.
    """

    code: Code
    limit: float
    actual: float
    message_zh: str
    message_en: str
    count: int = 1
    where: tuple[str, ...] = ()


def check(
    lines: Sequence[PlannedLine],
    guardrails: Guardrails,
    *,
    account_budget_fen: int,
    campaign_budgets_fen: Mapping[str, int],
) -> tuple[Breach, ...]:
    """Every limit that the plan breaks, in the order of ``Code``; campaigns in ascending order.

    Campaigns without an entry in ``campaign_budgets_fen`` have no cap of their own. A budget is
    breached by a plan that spends more than the budget and more than today's bids do: one that only
    brings an overspending campaign down, as far as steps allow, passes, since to block it would
    keep the higher spend.
    """
    moved = [
        _Move(line.keyword_id, line.bid_before_fen, line.bid_fen)
        for line in lines
        if line.bid_fen is not None and line.bid_fen != line.bid_before_fen
    ]
    found = (
        _changed_share(lines, moved, guardrails),
        _spend_rise(lines, guardrails),
        _step_up(moved, guardrails),
        _step_down(moved, guardrails),
        _bid_range(moved, guardrails),
        _budget(lines, account_budget_fen, "account_budget", None),
        *_campaigns(lines, campaign_budgets_fen),
    )
    return tuple(breach for breach in found if breach is not None)


def _changed_share(
    lines: Sequence[PlannedLine], moved: Sequence[_Move], guardrails: Guardrails
) -> Breach | None:
    """Moved bids out of all bids; a word without any bid does not count."""
    bids = sum(line.bid_before_fen is not None or line.bid_fen is not None for line in lines)
    limit = guardrails.max_changed_share
    if len(moved) <= Decimal(str(limit)) * bids:
        return None
    actual = len(moved) / bids
    return Breach(
        code="changed_share",
        limit=limit,
        actual=actual,
        count=len(moved),
        message_zh=f"本次要改 {len(moved)}/{bids} 个词的出价（{actual:.1%}），"
        f"超过上限 {limit:.1%}（guardrails.max_changed_share）",
        message_en=f"{len(moved)} of {bids} bids change ({actual:.1%}); "
        f"guardrails.max_changed_share allows {limit:.1%}",
    )


def _spend_rise(lines: Sequence[PlannedLine], guardrails: Guardrails) -> Breach | None:
    before = sum(line.spend_before_fen for line in lines)
    after = sum(line.spend_after_fen for line in lines)
    limit = guardrails.max_spend_rise
    allowed = before * (1 + Decimal(str(limit)))
    if after <= before or after <= allowed + _rounding(lines):
        return None
    actual = after / max(before, 1) - 1
    return Breach(
        code="spend_rise",
        limit=limit,
        actual=actual,
        message_zh=f"预计日花费从 {_yuan(before)} 元升到 {_yuan(after)} 元，"
        f"超过涨幅上限 {limit:.1%}（guardrails.max_spend_rise）",
        message_en=f"expected spend a day rises from {_yuan(before)} to {_yuan(after)} yuan; "
        f"guardrails.max_spend_rise allows a rise of {limit:.1%}",
    )


def _step_up(moved: Iterable[_Move], guardrails: Guardrails) -> Breach | None:
    most = 1 + Decimal(str(guardrails.max_step_up))
    steps = [
        (move.after / move.before - 1, move)
        for move in moved
        if move.before and move.after > move.before * most
    ]
    return _worst_step("step_up", guardrails.max_step_up, steps, "上调", "raised")


def _step_down(moved: Iterable[_Move], guardrails: Guardrails) -> Breach | None:
    least = 1 - Decimal(str(guardrails.max_step_down))
    steps = [
        (1 - move.after / move.before, move)
        for move in moved
        if move.before and move.after < move.before * least
    ]
    return _worst_step("step_down", guardrails.max_step_down, steps, "下调", "lowered")


def _worst_step(
    code: Literal["step_up", "step_down"],
    limit: float,
    steps: Iterable[tuple[float, _Move]],
    verb_zh: str,
    verb_en: str,
) -> Breach | None:
    ranked = sorted(steps, key=lambda step: (-step[0], step[1].keyword_id))
    if not ranked:
        return None
    actual, (keyword, before, after) = ranked[0]
    change = f"{_yuan(before or 0)} → {_yuan(after)}"
    return Breach(
        code=code,
        limit=limit,
        actual=actual,
        count=len(ranked),
        where=tuple(move.keyword_id for _, move in ranked[:NAMED]),
        message_zh=f"{len(ranked)} 个词的出价{verb_zh}超过 {limit:.1%}（guardrails.max_{code}），"
        f"幅度最大的是词 {keyword}：{change} 元",
        message_en=f"{len(ranked)} bids are {verb_en} by more than {limit:.1%} "
        f"(guardrails.max_{code}); the largest step is keyword {keyword}: {change} yuan",
    )


def _bid_range(moved: Iterable[_Move], guardrails: Guardrails) -> Breach | None:
    """New bids outside the range. One that only comes nearer to it, in bounded steps, may pass."""
    low, high = int(guardrails.min_bid * 100), int(guardrails.max_bid * 100)
    ranked = sorted(
        (move for move in moved if _leaves_range(move, low, high)),
        key=lambda move: (-_outside(move.after, low, high), move.keyword_id),
    )
    if not ranked:
        return None
    keyword, _, worst = ranked[0]
    return Breach(
        code="bid_range",
        limit=low if worst < low else high,
        actual=worst,
        count=len(ranked),
        where=tuple(move.keyword_id for move in ranked[:NAMED]),
        message_zh=f"{len(ranked)} 个词的新出价不在 {_yuan(low)}–{_yuan(high)} 元之内"
        f"（guardrails.min_bid、max_bid），偏离最远的是词 {keyword}：{_yuan(worst)} 元",
        message_en=f"{len(ranked)} new bids lie outside {_yuan(low)} to {_yuan(high)} yuan "
        f"(guardrails.min_bid, max_bid); the farthest is keyword {keyword} "
        f"with {_yuan(worst)} yuan",
    )


def _leaves_range(move: _Move, low: int, high: int) -> bool:
    after = _outside(move.after, low, high)
    if move.before is None:
        return after > 0
    return after > 0 and after >= _outside(move.before, low, high)


def _outside(bid: int, low: int, high: int) -> int:
    return max(low - bid, bid - high, 0)


def _campaigns(lines: Iterable[PlannedLine], caps: Mapping[str, int]) -> list[Breach | None]:
    by_campaign: dict[str, list[PlannedLine]] = {campaign: [] for campaign in sorted(caps)}
    for line in lines:
        if line.campaign_id in by_campaign:
            by_campaign[line.campaign_id].append(line)
    return [
        _budget(own, caps[campaign], "campaign_budget", campaign)
        for campaign, own in by_campaign.items()
    ]


def _budget(
    lines: Sequence[PlannedLine],
    cap: int,
    code: Literal["account_budget", "campaign_budget"],
    campaign: str | None,
) -> Breach | None:
    before = sum(line.spend_before_fen for line in lines)
    after = sum(line.spend_after_fen for line in lines)
    if after <= max(cap, before) + _rounding(lines):
        return None
    whose_zh = "账户" if campaign is None else f"计划 {campaign} "
    whose_en = "the account" if campaign is None else f"campaign {campaign}"
    return Breach(
        code=code,
        limit=cap,
        actual=after,
        where=() if campaign is None else (campaign,),
        message_zh=f"{whose_zh}预计日花费 {_yuan(after)} 元，超过今日预算 {_yuan(cap)} 元"
        f"（按现有出价是 {_yuan(before)} 元）",
        message_en=f"{whose_en} is expected to spend {_yuan(after)} yuan a day; "
        f"its budget today is {_yuan(cap)} (at today's bids: {_yuan(before)})",
    )


def _rounding(lines: Iterable[PlannedLine]) -> Decimal:
    """The most that rounding each line's spend to the fen can have added to their sum."""
    return Decimal("0.5") * sum(line.spend_after_fen > 0 for line in lines)


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:.2f}"
