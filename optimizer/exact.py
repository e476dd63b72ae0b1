"""The exact multiple-choice knapsack for small accounts, where a prefix of the frontier is too coarse.

Candidates that weak duality proves useless are dropped first; what remains goes to HiGHS.
m = keywords that may move, K = candidates a keyword, V = candidates that remain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, sparse

from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.solve import Dual, Problem, Solution, dual

NODE_LIMIT = 20_000  # not a time limit: the same inputs give the same plan
ROUNDS = 6
FEASIBILITY = 2e-6  # HiGHS may break a row by a little less


@dataclass(frozen=True, slots=True)
class Proof:
    """A plan and an upper bound on the objective of any plan, None where not yet computed."""

    solution: Solution
    bound: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One limit: the sum of ``weight`` (m, K) over the chosen candidates is at most ``limit``."""

    weight: FloatArray
    limit: float


def improve(problem: Problem, solution: Solution, held: IntArray) -> Proof:
    """Best plan over all candidates, starting from the frontier's ``solution``.

    Under an allowance the expected loss, or in a retreat before it the spend, is limited to what
    the best plan so far shows to be admissible; the limit moves as better plans are found.
    """
    best = solution
    bound = dual(problem, best, held).bound
    for _ in range(ROUNDS):
        answer = _knapsack(problem, best, held)
        if answer is None:
            break
        columns, bound = answer
        attempt = _judged(problem, best, columns)
        if attempt is None:
            break
        gained = problem.value(attempt.columns) - problem.value(best.columns)
        if gained <= 1e-9 * max(1.0, abs(bound)):
            break
        best = attempt
    return Proof(best, max(bound, problem.value(best.columns)))


def _judged(problem: Problem, best: Solution, columns: IntArray) -> Solution | None:
    """The plan at ``columns`` if it breaks no cap further than ``best`` and keeps the allowance."""
    room, before = problem.room(columns), problem.room(best.columns)
    broken = room.account < min(0.0, before.account)
    if broken or (room.campaign < np.minimum(0.0, before.campaign)).any():
        return None
    if problem.judge is None:
        return replace(best, columns=columns)
    verdict = problem.judge(problem.menu.at(problem.menu.bids, columns))
    return replace(best, columns=columns, verdict=verdict) if verdict.holds else None


def _knapsack(problem: Problem, best: Solution, held: IntArray) -> tuple[IntArray, float] | None:
    """Columns (m,) of the optimum and its bound; None if HiGHS finds no plan."""
    reference = dual(problem, best, held)
    word, column = np.nonzero(_worth_a_look(problem, best, held, reference))
    price = problem.own_price if best.binding in ("budget", "allowance") else problem.floor
    value = problem.counts[word, column] - price * problem.menu.spend[word, column]
    choose_one = sparse.csr_array((np.ones(len(word)), (word, np.arange(len(word)))))
    rows = _rows(problem, best)
    constraints = [optimize.LinearConstraint(choose_one, 1, 1)]
    constraints += [
        optimize.LinearConstraint(row.weight[word, column][None, :], -np.inf, row.limit)
        for row in rows
    ]
    result = optimize.milp(
        -value,
        integrality=np.ones(len(word), np.int64),
        bounds=optimize.Bounds(0, 1),
        constraints=constraints,
        options={"node_limit": NODE_LIMIT, "mip_rel_gap": 1e-9},
    )
    if result.x is None:
        return None
    picked = np.flatnonzero(result.x > 0.5)
    columns = best.columns.copy()
    columns[word[picked]] = column[picked]
    spent = float(problem.spend(best.columns).sum())
    return columns, -float(result.mip_dual_bound) + (price - problem.own_price) * spent


def _worth_a_look(problem: Problem, best: Solution, held: IntArray, reference: Dual) -> BoolArray:
    """(m, K) candidates that could be part of a better plan than ``best``."""
    reduced = reference.scale * (problem.gain - reference.price[:, None] * problem.menu.spend)
    places = np.arange(reduced.shape[1])
    reduced = np.where((held < 0)[:, None] | (places == held[:, None]), reduced, -np.inf)
    deficit = reduced.max(axis=1, keepdims=True) - reduced
    stairs = problem.stairs
    worthy = stairs.levels(np.flatnonzero(stairs.slope >= problem.floor))
    highest = np.maximum(stairs.columns(worthy), best.columns)
    gap = max(0.0, reference.bound - problem.value(best.columns))
    kept: BoolArray = deficit <= gap + 1e-9 * (1 + abs(reference.bound))
    kept &= places <= highest[:, None]
    kept[np.arange(len(kept)), best.columns] = True
    return kept


def _rows(problem: Problem, best: Solution) -> list[Row]:
    """The limits, none tighter than what ``best`` itself needs."""
    spend, spent = problem.menu.spend, float(problem.spend(best.columns).sum())
    rows = []
    if np.isfinite(problem.caps.account):
        rows.append(Row(spend, max(problem.caps.account - FEASIBILITY, spent)))
    by_campaign = problem.spend_by_campaign(best.columns)
    for code in np.flatnonzero(np.isfinite(problem.caps.campaign)):
        limit = max(problem.caps.campaign[code] - FEASIBILITY, by_campaign[code])
        rows.append(Row(np.where((problem.campaign == code)[:, None], spend, 0.0), float(limit)))
    if best.verdict is not None:
        if best.binding == "allowance" and best.account_price >= 1 and not problem.loss_price:
            rows.append(Row(spend, spent))
        slack = max(0.0, problem.max_loss - best.verdict.at_risk)
        rows.append(
            Row(spend - problem.menu.contribution, problem.expected_loss(best.columns) + slack)
        )
    return rows
