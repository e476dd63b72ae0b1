"""The exact multiple-choice knapsack for small accounts, where a prefix of the frontier is too coarse.

Dynamic programming over the words with lists of undominated plans (Nemhauser and Ullmann 1969),
campaign by campaign because the caps nest. Weak duality throws out most candidates first: a plan's
objective is the dual bound less the deficits of its choices, so choices whose deficits exceed the
gap of a known plan cannot be part of a better one.
m = keywords that may move, F = plans in a list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optimizer.frontier import Caps
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.problem import CAP_SAFETY, Problem
from optimizer.risk import Verdict
from optimizer.solve import Dual, Solution, dual, solve

LONGEST = 2_000  # plans in a list; a longer one is thinned, and the dual bound reported
LONGEST_IN_SEARCH = 300
LADDER, HALVINGS = 6, 6  # spends tried under an allowance
ROUNDING = 1e-9  # relative

Judge = Callable[[FloatArray], Verdict]


@dataclass(frozen=True, slots=True)
class Proof:
    """A plan and an upper bound on the objective of any plan, None where not yet computed."""

    solution: Solution
    bound: float | None


@dataclass(frozen=True, slots=True)
class Front:
    """Undominated choices for some words: totals (F,) each, and ``columns`` (F, m), 0 elsewhere."""

    spend: FloatArray
    value: FloatArray
    deficit: FloatArray
    columns: IntArray
    complete: bool = True  # nothing was thinned away


def improve(problem: Problem, solution: Solution, held: IntArray) -> Proof:
    """Best plan over all candidates, not worse than the frontier's ``solution``.

    The risk of a plan lies in its totals, so under an allowance the account's spend is limited, and
    the limit is searched for from the top; the bound is then on plans that spend no more.
    """
    best = within_caps(problem, held, problem.caps.account)
    judge = problem.judge
    if judge is None:
        return best
    top = _judged(problem, judge, best.solution)
    if top.verdict is not None and top.verdict.holds:
        return replace(best, solution=top)
    found = Proof(solution, dual(problem, solution, held).bound)
    safe = solution.verdict is not None and solution.verdict.holds
    low = _spent(problem, solution) if safe else 0.0
    high = _spent(problem, top)
    for limit in np.linspace(high, low, LADDER + 1)[1:]:
        attempt = _attempt(problem, judge, held, float(limit))
        if _holds(attempt):
            return _halved(
                problem, judge, held, float(limit), high, _better(problem, found, attempt)
            )
        high = float(limit)
    return found


def _halved(
    problem: Problem, judge: Judge, held: IntArray, low: float, high: float, best: Proof
) -> Proof:
    """Raise the limit of the spend as far as the allowance lets it."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        attempt = _attempt(problem, judge, held, middle)
        if _holds(attempt):
            low, best = middle, _better(problem, best, attempt)
        else:
            high = middle
    return best


def _attempt(problem: Problem, judge: Judge, held: IntArray, limit: float) -> Proof:
    """The best plan that spends at most ``limit``, with its verdict; priced as the allowance's."""
    proof = within_caps(problem, held, min(limit, problem.caps.account), LONGEST_IN_SEARCH)
    judged = _judged(problem, judge, proof.solution)
    return replace(proof, solution=replace(judged, binding="allowance"))


def _holds(proof: Proof) -> bool:
    verdict = proof.solution.verdict
    return verdict is not None and verdict.holds


def _better(problem: Problem, old: Proof, new: Proof) -> Proof:
    safe = _holds(old)
    gained = problem.value(new.solution.columns) - problem.value(old.solution.columns)
    return new if gained > 0 or not safe else old


def _judged(problem: Problem, judge: Judge, solution: Solution) -> Solution:
    bids = problem.menu.at(problem.menu.bids, solution.columns)
    return replace(solution, verdict=judge(bids))


def _spent(problem: Problem, solution: Solution) -> float:
    return float(problem.spend(solution.columns).sum())


def within_caps(problem: Problem, held: IntArray, account: float, longest: int = LONGEST) -> Proof:
    """The optimum under the campaigns' caps and ``account``, whatever the risk."""
    problem = replace(problem, caps=Caps(account, problem.caps.campaign), judge=None)
    start = solve(problem, held)
    reference = dual(problem, start, held)
    room = problem.room(start.columns)
    if room.account < 0 or (room.campaign < 0).any():
        return Proof(start, reference.bound)
    best, complete = start, False
    gap = max(0.0, reference.bound - problem.value(start.columns))
    for _ in range(2):  # a better plan leaves a smaller gap, and so a shorter list
        slack = ROUNDING * (1 + abs(reference.bound))
        front = _all_words(problem, best, held, reference, gap + slack, longest)
        complete = front.complete
        gained = float(front.value.max()) - _best_value(problem, best)
        if gained > 0:
            best = replace(best, columns=front.columns[int(front.value.argmax())])
            gap -= gained
        if complete:
            break
    return Proof(best, problem.value(best.columns) if complete else reference.bound)


def _price(problem: Problem, start: Solution) -> float:
    """What a yuan costs: where nothing but the floor stops the account, the floor."""
    return problem.own_price if start.binding == "budget" else problem.floor


def _best_value(problem: Problem, best: Solution) -> float:
    """The objective at ``_price``."""
    gain = problem.menu.at(problem.gain, best.columns)
    return float((gain - _price(problem, best) * problem.spend(best.columns)).sum())


def _all_words(
    problem: Problem, start: Solution, held: IntArray, reference: Dual, gap: float, longest: int
) -> Front:
    """Undominated plans that keep the caps and come within ``gap`` of the bound."""
    kept, deficit = _worth_a_look(problem, start, held, reference, gap)
    value = problem.gain - _price(problem, start) * problem.menu.spend
    room, spent = problem.room(start.columns), problem.spend(start.columns)
    # What ``start`` spends may be its cap to the last bit, in whatever order it is added up.
    loose = 1 + 1e-3 * CAP_SAFETY
    account = loose * (room.account + float(spent.sum()))
    total = _nothing(len(held))
    for code in np.unique(problem.campaign):
        words = np.flatnonzero(problem.campaign == code)
        cap = loose * float(room.campaign[code] + spent[words].sum())
        part = _nothing(len(held)) if np.isfinite(cap) else total
        for word in words:
            at = np.flatnonzero(kept[word])
            columns = np.zeros((len(at), len(held)), np.int64)
            columns[:, word] = at
            options = Front(
                problem.menu.spend[word, at], value[word, at], deficit[word, at], columns
            )
            part = join(part, options, min(account, cap), gap, longest)
        total = join(total, part, account, gap, longest) if np.isfinite(cap) else part
    return total


def _worth_a_look(
    problem: Problem, start: Solution, held: IntArray, reference: Dual, gap: float
) -> tuple[BoolArray, FloatArray]:
    """(m, K) candidates that could be part of a plan as good as ``start``, and all deficits."""
    reduced = problem.gain - reference.price[:, None] * problem.menu.spend
    places = np.arange(reduced.shape[1])
    fixed = (held >= 0)[:, None] & (places != held[:, None])
    reduced = np.where(fixed, -np.inf, reduced)
    deficit = reduced.max(axis=1, keepdims=True) - reduced
    stairs = problem.stairs
    worthy = stairs.columns(stairs.levels(np.flatnonzero(stairs.slope >= problem.floor)))
    kept: BoolArray = (deficit <= gap) & (places <= np.maximum(worthy, held)[:, None])
    kept[np.arange(len(kept)), start.columns] = True
    return kept, deficit


def _nothing(m: int) -> Front:
    return Front(np.zeros(1), np.zeros(1), np.zeros(1), np.zeros((1, m), np.int64))


def join(one: Front, other: Front, cap: float, gap: float, longest: int) -> Front:
    """Pairs that spend at most ``cap`` and lack at most ``gap``: the undominated, thinned to ``longest``."""
    spend = np.add.outer(one.spend, other.spend).ravel()
    value = np.add.outer(one.value, other.value).ravel()
    deficit = np.add.outer(one.deficit, other.deficit).ravel()
    fits = np.flatnonzero((spend <= cap) & (deficit <= gap))
    order = fits[np.lexsort((-value[fits], spend[fits]))]
    ahead = np.maximum.accumulate(np.r_[-np.inf, value[order]])
    order = order[value[order] > ahead[:-1]]
    complete = one.complete and other.complete and len(order) <= longest
    if len(order) > longest:
        order = order[np.linspace(0, len(order) - 1, longest).round().astype(np.int64)]
    first, second = np.divmod(order, len(other.spend))
    return Front(
        spend[order],
        value[order],
        deficit[order],
        one.columns[first] + other.columns[second],
        complete,
    )
