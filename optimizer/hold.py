"""Bids that stay because the data do not ask for a change yet.

A change is noise when what it gains at tonight's prices is small beside the uncertainty of the
word's own value and response, or beside a fen. Prices are common to all words, so a shift that a
budget or the allowance asks of everybody shows up as a large gain in sum; noise is held only as
long as the sum of the gains given up stays negligible, the smallest first.
m = keywords that may move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.problem import Problem
from optimizer.situation import Situation
from optimizer.solve import Solution

NOISE = 0.15  # a gain below this many standard deviations of itself is noise
LEAST_GAIN = 0.01  # yuan a day
SACRIFICE = 1e-3  # of the spend, for all held words together
IMPROVEMENT_SHARE = 0.05  # of what all changes together gain, if that is more
IMMATURE_RATE = 0.15  # share of the clicks whose orders are still to come
FEW_ORDERS = 5.0


@dataclass(frozen=True, slots=True)
class Holds:
    """Keywords (m,) whose bid stays, and what that gives up in units of the gain."""

    immature: BoolArray
    noise: BoolArray
    sacrifice: FloatArray  # (m,)

    def fewer(self, share: float) -> Holds:
        """Only the noise whose summed sacrifice is within ``share`` of the whole."""
        given_up = np.where(self.noise, self.sacrifice, 0.0)
        noise = self.noise & _cheapest(given_up, self.noise, share * float(given_up.sum()))
        return Holds(self.immature, noise if share > 0 else np.zeros_like(noise), self.sacrifice)


def find_holds(
    situation: Situation, problem: Problem, solution: Solution, keep: IntArray, tied: BoolArray
) -> Holds:
    """Which changes of ``solution`` to leave out; ``keep`` (m,) is the column of today's bid or -1.

    ``tied`` (m,) keywords are out of question.
    """
    changed = (keep >= 0) & (solution.columns != keep) & ~tied
    stay = np.where(changed, keep, solution.columns)
    more = problem.menu.at(problem.gain, solution.columns) - problem.menu.at(problem.gain, stay)
    cost = solution.word_price(problem.campaign) * (
        problem.spend(solution.columns) - problem.spend(stay)
    )
    advantage = np.maximum(more - cost, 0.0)
    immature = changed & _too_early(situation, solution, stay, more, cost)
    noise = changed & ~immature & _negligible(situation, problem, solution, more, advantage)
    spent = float(problem.spend(solution.columns).sum())
    limit = max(
        SACRIFICE * gain_a_yuan(problem, solution) * spent,
        IMPROVEMENT_SHARE * float(advantage[changed].sum()),
    )
    noise &= _cheapest(advantage, noise, limit)
    return Holds(immature, noise, np.where(immature | noise, advantage, 0.0))


def worth_least(
    problem: Problem, solution: Solution, keep: IntArray, tied: BoolArray, most: int
) -> BoolArray:
    """(m,) words to stay at ``keep`` so that at most ``most`` change: all but those worth most.

    Words that may not stay (``keep`` -1) and ``tied`` ones change first; nobody is asked to stay
    when few enough change anyway.
    """
    changed = solution.columns != keep
    stays = np.zeros(len(keep), np.bool_)
    if int(changed.sum()) <= most:
        return stays
    must = changed & (tied | (keep < 0))
    stay = np.maximum(keep, 0)
    more = problem.menu.at(problem.gain, solution.columns) - problem.menu.at(problem.gain, stay)
    price = solution.word_price(problem.campaign)
    advantage = more - price * (problem.spend(solution.columns) - problem.spend(stay))
    free = np.flatnonzero(changed & ~must)
    order = free[np.argsort(-advantage[free], kind="stable")]
    stays[~must] = True
    stays[order[: max(most - int(must.sum()), 0)]] = False
    return stays


def gain_a_yuan(problem: Problem, solution: Solution) -> float:
    """Average gain of a yuan in the plan, to convert yuan into units of the gain."""
    spent = float(problem.spend(solution.columns).sum())
    gained = float(problem.menu.at(problem.counts, solution.columns).sum())
    return max(gained / spent, 0.0) if spent > 0 else 0.0


def _negligible(
    situation: Situation,
    problem: Problem,
    solution: Solution,
    more: FloatArray,
    advantage: FloatArray,
) -> BoolArray:
    """A word that earns nothing is never kept up by its uncertainty."""
    evidence, rows = situation.outlook.evidence, situation.rows
    spread = np.hypot(evidence.log_value_sd[rows], 0.5 * evidence.log_elasticity_sd[rows])
    earns = np.nan_to_num(situation.outlook.value_per_click[rows], nan=0.0) > 0
    small = advantage < LEAST_GAIN * gain_a_yuan(problem, solution)
    result: BoolArray = earns & (small | (advantage < NOISE * spread * np.abs(more)))
    return result


def _too_early(
    situation: Situation,
    solution: Solution,
    stay: IntArray,
    more: FloatArray,
    cost: FloatArray,
) -> BoolArray:
    """Cuts that would be wrong if the orders still to come were as good as they may well be."""
    evidence, rows = situation.outlook.evidence, situation.rows
    open_share = evidence.immature_rate[rows]
    hope = np.exp(open_share * evidence.log_value_sd[rows])
    young = (open_share >= IMMATURE_RATE) & (evidence.orders[rows] < FEW_ORDERS)
    result: BoolArray = young & (solution.columns < stay) & (hope * more < cost)
    return result


def _cheapest(amounts: FloatArray, among: BoolArray, limit: float) -> BoolArray:
    """(m,) the smallest ``amounts`` that add up to no more than ``limit``."""
    places = np.flatnonzero(among)
    order = places[np.argsort(amounts[places], kind="stable")]
    chosen = np.zeros(len(amounts), np.bool_)
    chosen[order[np.cumsum(amounts[order]) <= limit]] = True
    return chosen
