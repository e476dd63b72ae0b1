"""What tonight's plan may do: the owner's settings and the ledger, as the optimizer's policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from connectors.platform import AdgroupRow, CampaignRow, KeywordRow
from service.economics import Margin, margins
from service.ledger import DayBudget, LedgerState, assess, daily_budget_tonight
from service.settings.models import Account
from service.store.rows import LedgerDay

BID_STEP_FEN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """``policy`` holds the arguments of ``optimizer.Policy``; money there is yuan, here fen."""

    policy: Mapping[str, Any]
    budget: DayBudget
    allowance: LedgerState | None
    campaign_budgets_fen: Mapping[str, int]

    def on_record(self) -> dict[str, Any]:
        """Everything as JSON, for the proposal."""
        ledger = None if self.allowance is None else asdict(self.allowance)
        return {
            "policy": dict(self.policy),
            "budget": _texts(asdict(self.budget)),
            "allowance": None if ledger is None else _texts(ledger),
        }


def rates(
    account: Account, adgroups: Sequence[AdgroupRow], keywords: Sequence[KeywordRow]
) -> Mapping[str, Margin]:
    """The margin of every adgroup that the roster names, also of those known by a keyword only."""
    known = {row.adgroup_id: row for row in adgroups}
    for word in keywords:
        if word.adgroup_id not in known:
            known[word.adgroup_id] = AdgroupRow(
                adgroup_id=word.adgroup_id, campaign_id=word.campaign_id, name=""
            )
    return margins(account, list(known.values()))


def decide(
    account: Account,
    business_date: date,
    campaigns: Iterable[CampaignRow],
    spent_this_month_fen: int,
    ledger: Iterable[LedgerDay],
    hands_off: Iterable[str] = (),
) -> Tonight:
    """The policy of the night: what the owner allows, less what the month and window have used.

    A campaign keeps under the owner's cap and, where the platform takes bids by word, under the
    platform's own daily budget. Without a stated allowance there is no limit of the loss; the configuration
    lets only ``profit`` do without one. ``hands_off`` are words that the plan leaves alone beside the
    owner's.
    """
    limits, stated = account.guardrails, account.allowance
    budget = daily_budget_tonight(account.budgets, spent_this_month_fen, business_date)
    allowance = None if stated is None else assess(ledger, stated, business_date)
    caps = campaign_caps(account, campaigns)
    policy = {
        "objective": account.objective,
        "daily_budget": budget.tonight_fen / 100,
        "campaign_budgets": {name: cap / 100 for name, cap in caps.items()},
        "max_loss": None if allowance is None else allowance.tonight_fen / 100,
        "loss_confidence": 0.9 if stated is None else stated.confidence,
        "min_marginal_return": 0.0 if stated is None else stated.min_marginal_return,
        "min_bid": float(limits.min_bid),
        "max_bid": float(limits.max_bid),
        "bid_step": BID_STEP_FEN / 100,
        "max_step_up": limits.max_step_up,
        "max_step_down": limits.max_step_down,
        "max_changed_share": limits.max_changed_share,
        "explore": account.explore_share,
        "locked": sorted({*account.locked_keywords, *hands_off}),
    }
    return Tonight(policy=policy, budget=budget, allowance=allowance, campaign_budgets_fen=caps)


def campaign_caps(account: Account, campaigns: Iterable[CampaignRow]) -> dict[str, int]:
    """campaign_id → the most that it may spend a day, fen: the owner's cap, the platform's budget."""
    caps = {name: int(cap * 100) for name, cap in account.budgets.campaigns.items()}
    for row in campaigns:
        if row.bid_type == "custom_bid" and row.daily_budget_fen is not None:
            caps[row.campaign_id] = min(
                row.daily_budget_fen, caps.get(row.campaign_id, row.daily_budget_fen)
            )
    return dict(sorted(caps.items()))


def _texts(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in record.items()
    }
