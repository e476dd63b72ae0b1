"""Tonight's decision before anything is decided: which words may move, and within what.

n = keywords of the roster, in its order; m = keywords that may move, in ascending order of ids;
C = campaigns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.candidates import Limits, bid_limits
from optimizer.errors import InfeasiblePolicyError
from optimizer.frontier import Caps
from optimizer.outlook import BoolArray, FloatArray, IntArray, Outlook, TotalDraws
from optimizer.policy import Policy
from optimizer.risk import Allowance, Verdict, draws_needed

SLACK = 1e-9  # relative; an expectation this little above a cap keeps it


@dataclass(frozen=True, slots=True)
class Standing:
    """What the words that may not move are expected to bring a day, in sum."""

    spend: float
    contribution: float
    clicks: float


@dataclass(frozen=True, slots=True)
class Situation:
    """Words that may move (``rows`` (m,) into the roster), and what the others leave them.

    ``today`` (n,) are the bids in force, yuan, exactly as given. ``caps`` is what the words that
    may move can spend. ``allowance`` is None where the policy sets no ``max_loss``.
    """

    outlook: Outlook
    policy: Policy
    rows: IntArray
    today: FloatArray
    locked: BoolArray  # (n,)
    campaign: IntArray  # (m,)
    limits: Limits
    standing: Standing
    caps: Caps
    allowance: Allowance | None

    def full(self, bids: FloatArray) -> FloatArray:
        """(n,) bids of the roster when the words that may move bid ``bids`` (m,)."""
        everything = self.today.copy()
        everything[self.rows] = np.where(bids == self.limits.today, self.today[self.rows], bids)
        return everything

    def judge(self, bids: FloatArray) -> Verdict | None:
        """Whether ``bids`` (m,) keep the allowance; None where there is none."""
        return None if self.allowance is None else self.allowance.judge(self.full(bids))


def survey(outlook: Outlook, policy: Policy, seed: int) -> Situation:
    """Sort words into those that may move and those that may not.

    Raises InfeasiblePolicyError where the latter alone break a budget.
    """
    ids = outlook.keyword_id
    today = np.asarray(outlook.bid, dtype=np.float64)
    locked = np.asarray(ids.isin(list(policy.locked)), dtype=np.bool_)
    movable = outlook.biddable & ~locked & (np.nan_to_num(today, nan=0.0) > 0)
    order = ids.argsort()
    rows = np.asarray(order[movable[order]], dtype=np.int64)
    fixed = np.asarray(order[~movable[order]], dtype=np.int64)
    standing, spent = _standing(outlook, fixed)
    return Situation(
        outlook=outlook,
        policy=policy,
        rows=rows,
        today=today,
        locked=locked,
        campaign=outlook.campaign[rows],
        limits=bid_limits(_snapped(today[rows], policy), policy),
        standing=standing,
        caps=_what_is_left(outlook, policy, standing, spent),
        allowance=_allowance(outlook, policy, seed),
    )


def _snapped(bids: FloatArray, policy: Policy) -> FloatArray:
    """Bids that are a grid price but for the last bits, as exactly that price."""
    nearest = policy.on_grid(np.rint(bids / policy.bid_step))
    return np.where(np.abs(bids - nearest) < 1e-6 * policy.bid_step, nearest, bids)


def _standing(outlook: Outlook, fixed: IntArray) -> tuple[Standing, FloatArray]:
    """Sums over the words ``fixed`` at today's bids, and their spend by campaign (C,)."""
    day = outlook.expect(outlook.bid[fixed], fixed)
    spent = np.bincount(outlook.campaign[fixed], day.spend, len(outlook.campaign_ids))
    contribution = float(np.nan_to_num(day.contribution, nan=0.0).sum())
    standing = Standing(float(day.spend.sum()), contribution, float(day.clicks.sum()))
    return standing, spent.astype(np.float64)


def _what_is_left(outlook: Outlook, policy: Policy, standing: Standing, spent: FloatArray) -> Caps:
    """Budgets less what the words that may not move are expected to spend."""
    names = outlook.campaign_ids
    account = _rest("daily_budget", policy.budget, standing.spend)
    campaign = np.full(len(names), np.inf)
    for code, name in enumerate(names):
        if name in policy.campaign_budgets:
            budget = policy.campaign_budgets[name]
            campaign[code] = _rest(f"campaign_budgets[{name!r}]", budget, spent[code])
    return Caps(account, campaign)


def _rest(constraint: str, limit: float, needed: float) -> float:
    if needed > limit * (1 + SLACK):
        raise InfeasiblePolicyError(constraint, limit=limit, needed=needed)
    return max(0.0, limit - needed)


def day_draws(outlook: Outlook, seed: int, draws: int) -> Callable[[FloatArray], TotalDraws]:
    """The outlook's sampler; an account without words has nothing to draw."""
    if len(outlook.keyword_id):
        return outlook.sampler(seed, draws)
    nothing = np.zeros(draws)
    return lambda _: TotalDraws(nothing, nothing, nothing, nothing, nothing)


def _allowance(outlook: Outlook, policy: Policy, seed: int) -> Allowance | None:
    if policy.max_loss is None:
        return None
    draw = day_draws(outlook, seed, draws_needed(policy.loss_confidence))
    return Allowance(draw, policy.max_loss, policy.loss_confidence)
