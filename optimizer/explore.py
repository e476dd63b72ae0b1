"""Learning on purpose: raises that cost a little tonight and may change decisions for weeks.

The worth of a night's data is the knowledge gradient (Frazier, Powell, Dayanik 2008): how much the
best decision is expected to gain once the posterior mean has moved by what the data can move it.
A single night often tells too little to be worth anything though a week is worth its price, so the
appraisal is over a week (Frazier and Powell 2010 on the knowledge gradient of batches).
m = keywords that may move, K = candidate bids a keyword.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from optimizer.frontier import Caps, running_total
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.problem import Problem
from optimizer.situation import Situation
from optimizer.solve import Solution

HORIZON = 30.0  # nights during which a better decision pays
NIGHTS = 7.0  # a word tried tonight is tried for a week: one night rarely tells enough
NEW_CLICKS = 5.0  # a word with fewer observed clicks is new
MANY_CLICKS = 30.0
HOPELESS = 2.0  # orders that the account's words would have had from as many clicks
NO_ORDER = 0.5  # recency-weighted
LEAST_COST = 1e-6  # yuan
LEAST_WORTH = 0.01  # yuan a night
ONE_WORD = 0.25  # most of the learning budget that one word may take
ROWS_A_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Exploration:
    """Columns (m,) that learning asks for, -1 where it asks for nothing, best first in ``order``."""

    columns: IntArray
    order: IntArray
    cost: FloatArray  # (m,) expected extra loss, yuan
    spend: FloatArray  # (m,) expected extra spend, yuan
    claim: FloatArray  # (m,) expected spend beyond the word's lowest bid, yuan
    budget: float  # yuan that learning may cost

    def within(self, situation: Situation, room: Caps, share: float) -> IntArray:
        """(m,) columns of the best requests that fit into ``share`` of what learning may cost.

        Neither their loss may exceed that share of the learning budget, nor their extra spend the
        explore share of any cap, nor all they spend the ``room`` that the lowest bids leave.
        """
        order = self.order[np.cumsum(self.cost[self.order]) <= share * self.budget]
        if share * situation.policy.explore > 0:
            part = share * situation.policy.explore
            caps = Caps(part * situation.caps.account, part * situation.caps.campaign)
            order = _fitting(order, self.spend, situation.campaign, caps)
            order = _fitting(order, self.claim, situation.campaign, room)
        columns = np.full(len(self.columns), -1)
        columns[order] = self.columns[order]
        return columns


def _fitting(order: IntArray, amount: FloatArray, campaign: IntArray, room: Caps) -> IntArray:
    """The words of ``order`` until a campaign's room, and then the account's, is used up."""
    by_campaign = np.argsort(campaign[order], kind="stable")
    code = campaign[order[by_campaign]]
    total = running_total(amount[order[by_campaign]], code)
    order = order[np.sort(by_campaign[total <= room.campaign[code]])]
    return order[np.cumsum(amount[order]) <= room.account]


def find_exploration(situation: Situation, problem: Problem, solution: Solution) -> Exploration:
    """The raises above ``solution`` whose data are worth more than they cost."""
    m = len(situation.rows)
    worth, cost = np.zeros(m), np.zeros(m)
    columns = np.full(m, -1)
    eligible = np.flatnonzero(promising(situation))
    price = np.maximum(solution.word_price(problem.campaign), 1.0)
    if problem.loss_price:
        price = np.ones(m)
    limit = learning_budget(situation, problem, solution)
    for start in range(0, len(eligible), ROWS_A_CHUNK):
        part = eligible[start : start + ROWS_A_CHUNK]
        value, extra = _appraise(situation, problem, solution, price, part)
        value[extra > ONE_WORD * limit] = 0.0
        best = (value - extra).argmax(axis=1)
        places = np.arange(len(part))
        worth[part], cost[part], columns[part] = value[places, best], extra[places, best], best
    wanted = np.flatnonzero((worth > cost + LEAST_WORTH) & (columns >= 0))
    order = wanted[np.argsort(-(worth[wanted] / cost[wanted]), kind="stable")]
    chosen = np.full(m, -1)
    chosen[order] = columns[order]
    asked = problem.spend(np.maximum(chosen, 0))
    lowest = problem.stairs.columns(np.zeros(m, np.int64))
    extra, claim = asked - problem.spend(solution.columns), asked - problem.spend(lowest)
    none = chosen < 0
    return Exploration(
        columns=chosen,
        order=order,
        cost=cost,
        spend=np.where(none, 0.0, extra),
        claim=np.where(none, 0.0, claim),
        budget=limit,
    )


def learning_budget(situation: Situation, problem: Problem, solution: Solution) -> float:
    """Yuan a day that learning may cost: the explore share of the allowance or, without one, of the
    profit that the account is expected to make tonight.
    """
    allowance, standing = situation.allowance, situation.standing
    if allowance is not None:
        return situation.policy.explore * allowance.max_loss
    profit = standing.contribution - standing.spend - problem.expected_loss(solution.columns)
    return situation.policy.explore * max(profit, 0.0)


def promising(situation: Situation) -> BoolArray:
    """(m,) words that can be worth something and have not been tried in vain."""
    evidence, rows = situation.outlook.evidence, situation.rows
    rate = float(evidence.orders.sum()) / max(float(evidence.clicks.sum()), 1.0)
    enough = min(MANY_CLICKS, HOPELESS / max(rate, 1e-9))
    vain = (evidence.clicks[rows] >= enough) & (evidence.orders[rows] < NO_ORDER)
    result: BoolArray = ~vain & (np.nan_to_num(situation.outlook.value_per_click[rows]) > 0)
    return result


def is_new(situation: Situation) -> BoolArray:
    """(m,) words with hardly a click yet."""
    few: BoolArray = situation.outlook.evidence.clicks[situation.rows] < NEW_CLICKS
    return few


def _appraise(
    situation: Situation,
    problem: Problem,
    solution: Solution,
    price: FloatArray,
    part: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Worth of the data and extra loss, yuan, shape (len(part), K), of every higher candidate.

    With the log value known to sd, which is as much as 1 / sd² orders tell, o expected orders move
    its mean by ``shift`` = sd * sqrt(o / (o + 1 / sd²)); only what the plan's own bid does not tell
    anyway counts. That may make the higher bid the better one, or the bid may follow the value up
    and down, which gains half of contribution * elasticity * shift² to second order; the larger of
    the two counts. The worth is per night of trying.
    """
    menu, here = problem.menu, solution.columns[part][:, None]

    def beyond(what: FloatArray) -> FloatArray:
        rows = what[part]
        return rows - np.take_along_axis(rows, here, 1)

    spend, contribution = beyond(menu.spend), beyond(menu.contribution)
    sd = situation.outlook.evidence.log_value_sd[situation.rows[part]][:, None]
    orders = NIGHTS * menu.orders[part]
    told = orders / (orders + 1 / np.maximum(sd, 1e-6) ** 2)
    told = np.maximum(told - np.take_along_axis(told, here, 1), 0.0)
    shift = sd * np.sqrt(told)
    swing = np.maximum(contribution * shift, 1e-12)
    edge = (contribution - price[part][:, None] * spend) / swing
    switched = swing * (edge * ndtr(edge) + np.exp(-0.5 * edge**2) / np.sqrt(2 * np.pi))
    clicks = np.log(np.maximum(menu.clicks[part], LEAST_COST))
    apart = np.log(menu.bids[part]) - np.log(np.take_along_axis(menu.bids[part], here, 1))
    gained = clicks - np.take_along_axis(clicks, here, 1)
    elasticity = np.divide(gained, apart, out=np.zeros_like(apart), where=apart > 0)
    followed = 0.5 * np.take_along_axis(menu.contribution[part], here, 1) * elasticity * shift**2
    higher = (np.arange(menu.bids.shape[1]) > here) & (contribution > 0)
    higher &= np.isfinite(problem.gain[part])
    extra = np.maximum(price[part][:, None] * spend - contribution, LEAST_COST)
    worth = HORIZON / NIGHTS * np.maximum(switched, followed)
    return np.where(higher, worth, 0.0), extra
