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

from optimizer.frontier import running_total
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.situation import Situation
from optimizer.solve import Problem, Solution

HORIZON = 30.0  # nights during which a better decision pays
NIGHTS = 7.0  # a word tried tonight is tried for a week: one night rarely tells enough
NEW_CLICKS = 5.0  # a word with fewer observed clicks is new
MANY_CLICKS = 30.0
HOPELESS = 2.0  # orders that the account's words would have had from as many clicks
NO_ORDER = 0.5  # recency-weighted
LEAST_COST = 1e-6  # yuan
ROWS_A_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Exploration:
    """Columns (m,) that learning asks for, -1 where it asks for nothing, best first in ``order``."""

    columns: IntArray
    order: IntArray
    cost: FloatArray  # (m,) expected extra loss, yuan
    spend: FloatArray  # (m,) expected extra spend, yuan

    def within(self, situation: Situation, share: float) -> IntArray:
        """(m,) columns of the best requests that fit into ``share`` of what learning may cost.

        Neither their loss may exceed that share of the learning budget, nor their spend the
        explore share of any cap.
        """
        share_of_caps = share * situation.policy.explore
        order = self.order[np.cumsum(self.cost[self.order]) <= share * learning_budget(situation)]
        code = situation.campaign[order]
        by_campaign = np.argsort(code, kind="stable")
        room = share_of_caps * situation.caps.campaign[code[by_campaign]]
        kept = np.sort(
            by_campaign[running_total(self.spend[order[by_campaign]], code[by_campaign]) <= room]
        )
        order = order[kept]
        order = order[np.cumsum(self.spend[order]) <= share_of_caps * situation.caps.account]
        columns = np.full(len(self.columns), -1)
        columns[order] = self.columns[order]
        return columns


def find_exploration(situation: Situation, problem: Problem, solution: Solution) -> Exploration:
    """The raises above ``solution`` whose data are worth more than they cost."""
    m = len(situation.rows)
    worth, cost = np.zeros(m), np.zeros(m)
    columns = np.full(m, -1)
    eligible = np.flatnonzero(promising(situation))
    price = np.maximum(solution.word_price(problem.campaign), 1.0)
    if problem.loss_price:
        price = np.ones(m)
    limit = learning_budget(situation)
    for start in range(0, len(eligible), ROWS_A_CHUNK):
        part = eligible[start : start + ROWS_A_CHUNK]
        value, extra = _appraise(situation, problem, solution, price, part)
        value[extra > limit] = 0.0
        best = (value / extra).argmax(axis=1)
        places = np.arange(len(part))
        worth[part], cost[part], columns[part] = value[places, best], extra[places, best], best
    wanted = np.flatnonzero((worth > cost) & (columns >= 0))
    order = wanted[np.argsort(-(worth[wanted] / cost[wanted]), kind="stable")]
    chosen = np.full(m, -1)
    chosen[order] = columns[order]
    spend = problem.spend(np.maximum(columns, 0)) - problem.spend(solution.columns)
    return Exploration(chosen, order, cost, np.where(chosen >= 0, spend, 0.0))


def learning_budget(situation: Situation) -> float:
    """Expected loss that learning may add, yuan; 0 without an allowance."""
    allowance = situation.allowance
    return 0.0 if allowance is None else situation.policy.explore * allowance.max_loss


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
    its mean by sd * sqrt(o / (o + 1 / sd²)). The worth is per night of trying.
    """
    menu, here = problem.menu, solution.columns[part][:, None]

    def beyond(what: FloatArray) -> FloatArray:
        rows = what[part]
        return rows - np.take_along_axis(rows, here, 1)

    spend, contribution = beyond(menu.spend), beyond(menu.contribution)
    sd = situation.outlook.evidence.log_value_sd[situation.rows[part]][:, None]
    orders = NIGHTS * menu.orders[part]
    told = orders / (orders + 1 / np.maximum(sd, 1e-6) ** 2)
    swing = np.maximum(contribution * sd * np.sqrt(told), 1e-12)
    edge = (contribution - price[part][:, None] * spend) / swing
    hoped = swing * (edge * ndtr(edge) + np.exp(-0.5 * edge**2) / np.sqrt(2 * np.pi))
    higher = (np.arange(menu.bids.shape[1]) > here) & (contribution > 0)
    extra = np.maximum(price[part][:, None] * spend - contribution, LEAST_COST)
    return np.where(higher, HORIZON / NIGHTS * hoped, 0.0), extra
