"""What a line puts at stake: one rule over what the line stores. Pure.

A change gains or loses a day's profit (contribution − spend) of its word. What a click of the word is
worth is known within a 90 % interval; contribution goes with it. ``low`` earns no less even where that
worth lies at the unfavourable end, ``middle`` earns more as expected and less there, ``high`` earns
less already as expected: volume bought with the allowance, learning, or money that goes to other words.
Smaller than half a fen a day is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.store.rows import NewLine

FEN = 100


class Risk(StrEnum):
    """How a change may end, in the order in which people look at it."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"
    BY_HAND = "by_hand"  # a person's bid: the line's figures are of another one
    UNKNOWN = "unknown"  # no interval to judge by: a rollback, a line older than the rule
    NONE = "none"  # the bid stays


@dataclass(frozen=True, slots=True)
class Assessed:
    """A line's risk; ``at_stake_fen`` is the profit a day it loses at the unfavourable end."""

    risk: Risk
    at_stake_fen: int | None


def assess(line: NewLine) -> Assessed:
    """The risk of a line's bid as it stands."""
    if line.bid_fen == line.bid_before_fen:
        return Assessed(Risk.NONE, 0)
    if line.bid_fen != line.bid_proposed_fen:
        return Assessed(Risk.BY_HAND, None)
    spent, earned = _moved(line.expected.get("spend")), _moved(line.expected.get("contribution"))
    ends = _ends(line.expected.get("rates"))
    if spent is None or earned is None or ends is None:
        return Assessed(Risk.UNKNOWN, None)
    stake = max(0, round(max(spent - earned * end for end in (1.0, *ends)) * FEN))
    if round((earned - spent) * FEN) < 0:
        return Assessed(Risk.HIGH, stake)
    return Assessed(Risk.MIDDLE if stake else Risk.LOW, stake)


def _moved(figure: Mapping[str, Any] | None) -> float | None:
    """What a figure of a day changes by, from the bid in force to the new one; yuan."""
    before, after = (figure or {}).get("before"), (figure or {}).get("after")
    return None if before is None or after is None else float(after) - float(before)


def _ends(rates: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """Both ends of the worth of a click, as parts of the expected one."""
    worth = (rates or {}).get("value_per_click") or {}
    mean, low, high = (worth.get(name) for name in ("mean", "p05", "p95"))
    if not mean or low is None or high is None:
        return None
    return float(low) / float(mean), float(high) / float(mean)
