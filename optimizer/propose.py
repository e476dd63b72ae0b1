"""From estimates and a policy to a plan."""

from __future__ import annotations

import math

import numpy as np

from optimizer.candidates import Menu, build_menu, coarse_bids, finer_bids
from optimizer.exact import Proof, improve
from optimizer.explain import Decision
from optimizer.explore import find_exploration, learning_budget
from optimizer.goal import pose, without_loss_price
from optimizer.hold import SACRIFICE, Holds, find_holds, worth_least
from optimizer.outlook import BoolArray, IntArray, Outlook
from optimizer.plan import Plan, assemble, check_caps, frontier_of
from optimizer.policy import Policy
from optimizer.problem import Problem
from optimizer.situation import Situation, survey
from optimizer.solve import Solution, dual, solve

SMALL_ACCOUNT = 40  # words; up to here the knapsack is solved exactly
CELLS_OF_SMALL = 2_560
LARGE_ACCOUNT, HUGE_ACCOUNT = 20_000, 200_000  # words; beyond, fewer candidates a word suffice
SHARES = (1.0, 0.25, 0.0)  # of the noise to hold, and of the learning to do, in turn
TOLERATED = 3 * SACRIFICE


def propose(estimates: Outlook, policy: Policy, *, seed: int = 0) -> Plan:
    """The best bids for one night.

    ``estimates`` is what ``estimate`` returned, or any other Outlook; the same arguments give the
    same plan, whatever the order of the roster. Steps hold even where a budget would need more:
    then every word concerned is at its lowest and ``Plan.status`` says so with the numbers. A bid
    cannot pause a word, so a budget of 0 puts every word at its lowest allowed bid.

    Raises InfeasiblePolicyError where the words that may not move break a budget by themselves.
    """
    situation = survey(estimates, policy, seed)
    nothing = np.full(len(situation.rows), -1)
    coarse = pose(situation, _coarse_menu(situation), nothing)
    frontier = frontier_of(situation, coarse) if len(nothing) > LARGE_ACCOUNT else None
    problem, proof = _solved(situation, _finer_menu(situation, coarse), coarse.loss_price)
    del coarse
    today = problem.menu.column_of(situation.limits.today)
    # Today's bid may be beyond what the goal buys at all.
    eligible = np.isfinite(problem.menu.at(problem.gain, np.maximum(today, 0)))
    keep = np.where(eligible, today, -1)
    learned, proof = _explored(situation, problem, proof)
    holds, proof = _held(situation, problem, proof, keep, learned)
    staying = holds.immature | holds.noise
    minor, proof = _few(situation, problem, proof, keep, np.where(staying, keep, learned))
    check_caps(problem, proof.solution)
    decision = Decision(
        problem=problem,
        solution=proof.solution,
        keep=today,
        immature=holds.immature,
        noise=holds.noise,
        minor=minor & ~staying,
        explored=learned >= 0,
    )
    bound = proof.bound
    if bound is None:
        fixed = np.where(staying | minor, keep, learned)
        bound = dual(problem, proof.solution, fixed).bound
    if frontier is None:
        frontier = frontier_of(situation, problem)
    return assemble(situation, decision, bound, frontier, seed)


def _coarse_menu(situation: Situation) -> Menu:
    """Candidates over the whole allowed range."""
    width, _ = _widths(len(situation.rows))
    bids = coarse_bids(situation.limits, situation.policy, width)
    return build_menu(situation.outlook, situation.rows, bids)


def _finer_menu(situation: Situation, coarse: Problem) -> Menu:
    """More candidates around the best of the coarse ones.

    A large account keeps of the coarse ones only the lowest and today's.
    """
    m = len(situation.rows)
    menu, limits = coarse.menu, situation.limits
    columns = solve(coarse, np.full(m, -1)).columns
    _, width = _widths(m)
    bids = finer_bids(limits, situation.policy, menu, columns, width)
    finer = build_menu(situation.outlook, situation.rows, bids)
    if m > LARGE_ACCOUNT:
        today = np.maximum(menu.column_of(limits.today), 0)
        menu = menu.only(np.column_stack([np.zeros_like(today), today]))
    return menu.merged(finer)


def _widths(m: int) -> tuple[int, int]:
    """Candidates a keyword: over the whole range, and around the best."""
    if m <= SMALL_ACCOUNT:
        return int(np.clip(CELLS_OF_SMALL // max(m, 1), 48, 256)), 32
    if m <= LARGE_ACCOUNT:
        return 40, 32
    return (24, 20) if m <= HUGE_ACCOUNT else (12, 16)


def _solved(situation: Situation, menu: Menu, near: float) -> tuple[Problem, Proof]:
    """The problem of the night and its best plan."""
    nothing = np.full(len(situation.rows), -1)
    problem = pose(situation, menu, nothing, near)
    proof = _best(problem, nothing)
    if problem.loss_price and len(nothing) <= SMALL_ACCOUNT:
        other = without_loss_price(situation, problem)
        rival = _best(other, nothing)
        gained = other.value(rival.solution.columns) - problem.value(proof.solution.columns)
        if _sound(other, rival.solution) and (gained > 0 or not _sound(problem, proof.solution)):
            return other, rival
    return problem, proof


def _best(problem: Problem, held: IntArray) -> Proof:
    solution = solve(problem, held)
    if len(held) <= SMALL_ACCOUNT:
        return improve(problem, solution, held)
    return Proof(solution, None)


def _explored(situation: Situation, problem: Problem, proof: Proof) -> tuple[IntArray, Proof]:
    """The plan with as much learning as it can bear; (m,) columns learned at, else -1."""
    nothing = np.full(len(situation.rows), -1)
    budget = learning_budget(situation, problem, proof.solution)
    if budget <= 0 or not _sound(problem, proof.solution):
        return nothing, proof
    wishes = find_exploration(situation, problem, proof.solution)
    room = problem.room(problem.stairs.columns(np.zeros(len(nothing), np.int64)))
    for share in SHARES[:-1]:
        columns = wishes.within(situation, room, share)
        if (columns < 0).all():
            break
        attempt = _best(problem, columns)
        if _sound(problem, attempt.solution):
            return columns, attempt
    return nothing, proof


def _held(
    situation: Situation, problem: Problem, proof: Proof, keep: IntArray, learned: IntArray
) -> tuple[Holds, Proof]:
    """The plan with immature and noisy changes left out, as far as that breaks and costs nothing."""
    none = np.zeros(len(keep), np.bool_)
    nobody = Holds(none, none, np.zeros(len(keep)))
    tied = (learned >= 0) | _strained(problem, proof.solution)
    holds = find_holds(situation, problem, proof.solution, keep, tied)
    counted = float(problem.menu.at(problem.counts, proof.solution.columns).sum())
    tolerated = TOLERATED * abs(counted) + 2 * float(holds.sacrifice.sum())
    target = problem.value(proof.solution.columns) - tolerated
    for share in SHARES:
        fewer = holds.fewer(share)
        staying = fewer.immature | fewer.noise
        if not staying.any():
            break
        attempt = _best(problem, np.where(staying, keep, learned))
        kept = _no_worse(problem, attempt.solution, proof.solution)
        if kept and problem.value(attempt.solution.columns) >= target:
            return fewer, attempt
    return nobody, proof


def _few(
    situation: Situation, problem: Problem, proof: Proof, keep: IntArray, fixed: IntArray
) -> tuple[BoolArray, Proof]:
    """The plan with no more changes than the policy allows, if every cap can be kept so."""
    nobody = np.zeros(len(keep), np.bool_)
    share = situation.policy.max_changed_share
    if share is None:
        return nobody, proof
    most = math.floor(share * len(keep) + 1e-9)
    tied = ((fixed >= 0) & (fixed != keep)) | _strained(problem, proof.solution)
    stays = worth_least(problem, proof.solution, keep, tied, most)
    if not stays.any():
        return nobody, proof
    attempt = _best(problem, np.where(stays, keep, fixed))
    if _no_worse(problem, attempt.solution, proof.solution):
        return stays & (proof.solution.columns != keep), attempt
    return nobody, proof


def _strained(problem: Problem, solution: Solution) -> BoolArray:
    """(m,) words under a limit that even the lowest bids cannot keep tonight."""
    room = problem.room(solution.columns)
    lost = room.account < 0 or not (solution.verdict is None or solution.verdict.holds)
    strained: BoolArray = (room.campaign < 0)[problem.campaign] | lost
    return strained


def _no_worse(problem: Problem, solution: Solution, before: Solution) -> bool:
    """Whether ``solution`` keeps every budget and the allowance that ``before`` keeps."""
    room, was = problem.room(solution.columns), problem.room(before.columns)
    held = solution.verdict is None or solution.verdict.holds
    could = before.verdict is None or before.verdict.holds
    return (
        (held or not could)
        and (room.account >= 0 or was.account < 0)
        and bool(((room.campaign >= 0) | (was.campaign < 0)).all())
    )


def _sound(problem: Problem, solution: Solution) -> bool:
    """Whether every budget and the allowance hold."""
    return not _strained(problem, solution).any()
