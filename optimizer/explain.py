"""Why each bid is what it is: reason and binding codes from numbers already computed.

Reasons
    raise_marginal_return  the next yuan in this word returns more than it must
    raise_allowance        the raise costs profit and is paid from the loss allowance
    lower_unprofitable     at today's bid the word costs more than it brings
    lower_marginal_return  its last yuan returns less than the goal asks, budgets aside
    lower_budget           it would stay, but a budget buys more elsewhere
    lower_allowance        it would stay, but the loss at risk would exceed the allowance
    lower_cap              today's bid is above the highest allowed
    hold_optimal           today's bid is the best
    hold_immature          a cut that orders still to come may prove wrong
    hold_noise             the change would be smaller than what the data can tell
    hold_minor             the change would gain least, and tonight's share of changes is used up
    explore_new            bid for data on a word with hardly a click
    explore_uncertain      bid for data that may change the decision
    not_biddable           the platform takes no bid for the word
    locked                 the owner keeps the bid
    unknown_bid            today's bid is not known

Bindings (what keeps the bid from going further)
    budget, campaign_budget, allowance, min_marginal_return, step_up, step_down, floor, cap, lock,
    none
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.explore import is_new
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.problem import Problem
from optimizer.situation import Situation
from optimizer.solve import Solution

Codes = npt.NDArray[np.object_]

REASONS = (
    "raise_marginal_return",
    "raise_allowance",
    "lower_unprofitable",
    "lower_marginal_return",
    "lower_budget",
    "lower_allowance",
    "lower_cap",
    "hold_optimal",
    "hold_immature",
    "hold_noise",
    "hold_minor",
    "explore_new",
    "explore_uncertain",
    "not_biddable",
    "locked",
    "unknown_bid",
)
BINDINGS = (
    "none",
    "budget",
    "campaign_budget",
    "allowance",
    "min_marginal_return",
    "step_up",
    "step_down",
    "floor",
    "cap",
    "lock",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """A solved night: the problem, its solution, and which keywords (m,) were not left to it."""

    problem: Problem
    solution: Solution
    keep: IntArray  # column of today's bid, -1 where it is not allowed
    immature: BoolArray
    noise: BoolArray
    minor: BoolArray
    explored: BoolArray

    @property
    def bids(self) -> FloatArray:
        """(m,) chosen bids."""
        return self.problem.menu.at(self.problem.menu.bids, self.solution.columns)


def reasons(situation: Situation, decision: Decision) -> Codes:
    """(n,) reason codes in roster order."""
    codes = np.full(len(situation.today), "unknown_bid", dtype=object)
    codes[situation.locked] = "locked"
    codes[~situation.outlook.biddable] = "not_biddable"
    bids, today = decision.bids, situation.limits.today
    moved = np.select(
        [
            decision.explored & is_new(situation),
            decision.explored,
            decision.immature,
            decision.noise,
            decision.minor,
            bids == today,
            bids > today,
        ],
        [
            "explore_new",
            "explore_uncertain",
            "hold_immature",
            "hold_noise",
            "hold_minor",
            "hold_optimal",
            _raised(decision),
        ],
        _lowered(situation, decision),
    )
    codes[situation.rows] = moved
    return codes


def _raised(decision: Decision) -> Codes:
    problem, columns = decision.problem, decision.solution.columns
    keep = np.maximum(decision.keep, 0)
    menu = problem.menu
    more = menu.at(menu.contribution, columns) - menu.at(menu.contribution, keep)
    costs_profit = more < problem.spend(columns) - problem.spend(keep)
    return np.where(costs_profit, "raise_allowance", "raise_marginal_return").astype(object)


def _lowered(situation: Situation, decision: Decision) -> Codes:
    problem, solution = decision.problem, decision.solution
    menu, stairs = problem.menu, problem.stairs
    keep = np.maximum(decision.keep, 0)
    # Without budgets and allowance no word would be cut whose last yuan brings back more than itself.
    enough = problem.floor if problem.loss_price else max(problem.floor, 1.0)
    uncapped = stairs.columns(stairs.levels(np.flatnonzero(stairs.slope >= enough)))
    would_stay = menu.at(menu.bids, uncapped) >= situation.limits.today
    by_campaign = solution.campaign_price[problem.campaign] > solution.account_price
    by_allowance = would_stay & (solution.binding == "allowance") & ~by_campaign
    loses = menu.at(menu.contribution, keep) <= problem.spend(keep)
    return np.select(
        [~situation.limits.may_stay, by_allowance, would_stay, loses],
        ["lower_cap", "lower_allowance", "lower_budget", "lower_unprofitable"],
        "lower_marginal_return",
    ).astype(object)


def bindings(situation: Situation, decision: Decision) -> Codes:
    """(n,) binding codes in roster order."""
    codes = np.full(len(situation.today), "lock", dtype=object)
    problem, solution, limits = decision.problem, decision.solution, situation.limits
    bids = decision.bids
    lowest, highest = problem.menu.bids[:, 0], situation.policy.on_grid(limits.highest)
    by_campaign = solution.campaign_price[problem.campaign] > solution.account_price
    codes[situation.rows] = np.select(
        [
            decision.explored | decision.immature | decision.noise | decision.minor,
            (bids == lowest) & limits.step_limits_low,
            bids == lowest,
            (bids == highest) & limits.step_limits_high,
            bids == highest,
            by_campaign,
        ],
        ["none", "step_down", "floor", "step_up", "cap", "campaign_budget"],
        solution.binding,
    )
    return codes
