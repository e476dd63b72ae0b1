"""The knapsack of a night: ours against HiGHS on the same arrays, and ours alone where HiGHS ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.candidates import Menu
from optimizer.frontier import Caps, build_staircase, rank_by_campaign
from optimizer.outlook import FloatArray
from optimizer.problem import Problem
from optimizer.risk import Verdict
from optimizer.solve import dual, solve
from tests.benchmarks import knapsack
from tests.benchmarks.extent import Extent
from tests.benchmarks.knapsack import Answer, Knapsack
from tests.benchmarks.tables import Row, Table
from tests.benchmarks.workers import spread

REPEATS = 3  # of ours; the quickest counts, as HiGHS too has the machine to itself
MOST_CANDIDATES, CELLS = 48, 16_000_000
MIP_WORDS = 1_000
OPTIMAL = "Optimal"


@dataclass(frozen=True, slots=True)
class Job:
    """One knapsack: its size, what limits it, and whether HiGHS solves it too, for so many seconds."""

    words: int
    allowance: bool
    beside_highs: bool
    time_limit: float


def run(extent: Extent) -> list[Table]:
    """Time ratios and gaps with budgets (account over campaigns) and with an allowance."""
    posed = [
        Job(words, allowance, words in extent.solver_rivals, float(extent.solver_seconds))
        for allowance in (False, True)
        for words in sorted({*extent.solver_rivals, *extent.solver_alone})
    ]
    rows = spread(row_of, posed, extent.processes)
    return [Table("The knapsack of a night: HiGHS's seconds over ours, gaps to bounds", rows)]


def row_of(job: Job) -> Row:
    """Ours, and beside it, where asked for, HiGHS in every way that might be its best."""
    words, limit = job.words, job.time_limit
    candidates = min(MOST_CANDIDATES, CELLS // words)
    posed = knapsack.draw(words, candidates, seed=1, allowance=job.allowance)
    seconds, value, bound = ours(posed)
    row: Row = {
        "constraint": "allowance" if job.allowance else "budgets",
        "words": words,
        "candidates": candidates,
        "ours_s": round(seconds, 4),
        "gap_dual": _short((bound - value) / abs(bound)),
    }
    if not job.beside_highs:
        return row
    relaxed = {
        "simplex": knapsack.relaxed(posed, limit, "simplex"),
        "ipm": knapsack.relaxed(posed, limit, "ipm"),
        "reduced": knapsack.relaxed_on_envelopes(posed, limit, "choose"),
    }
    row |= {name: _ratio(answer, seconds) for name, answer in relaxed.items()}
    optima = [answer.value for answer in relaxed.values() if answer.status == OPTIMAL]
    row["gap_lp"] = _short((optima[0] - value) / abs(optima[0])) if optima else ""
    if words <= MIP_WORDS:
        mip = knapsack.whole(posed, limit)
        row |= {
            "mip": _ratio(mip, seconds),
            "gap_mip": _short((mip.value - value) / abs(mip.value)),
        }
    return row


def _ratio(answer: Answer, seconds: float) -> float | str:
    """HiGHS's seconds over ours; at least that where its time was up."""
    ratio = round(answer.seconds / seconds)
    return ratio if answer.status == OPTIMAL else f">{ratio}"


def _short(number: float) -> float:
    return float(f"{number:.2g}")


def ours(posed: Knapsack) -> tuple[float, float, float]:
    """Processor seconds from the arrays to the plan, the plan's value, and the dual bound."""
    nothing = np.full(len(posed.spend), -1)
    seconds = np.inf
    for _ in range(REPEATS):
        begun = time.process_time()
        problem = problem_of(posed)
        solution = solve(problem, nothing)
        seconds = min(seconds, time.process_time() - begun)
    check(posed, problem, solution.columns)
    return seconds, problem.value(solution.columns), dual(problem, solution, nothing).bound


def problem_of(posed: Knapsack) -> Problem:
    """The same arrays as the optimizer's problem; an allowance on the expected loss alone."""
    none = np.zeros((len(posed.spend), 1))
    menu = Menu(posed.bids, posed.spend, posed.contribution, none, none)
    stairs = build_staircase(posed.spend, posed.contribution)
    return Problem(
        menu=menu,
        counts=posed.contribution,
        gain=posed.contribution,
        stairs=stairs,
        ranking=rank_by_campaign(stairs, posed.campaign, posed.campaign_budget),
        campaign=posed.campaign,
        caps=Caps(posed.budget, posed.campaign_budget),
        floor=float(np.nextafter(posed.own_price, 2)) if posed.own_price else 0.0,
        floor_binding="none",
        own_price=posed.own_price,
        judge=_judge(posed) if np.isfinite(posed.max_loss) else None,
        max_loss=posed.max_loss,
    )


def _judge(posed: Knapsack) -> Callable[[FloatArray], Verdict]:
    """Whether bids (m,) keep the expected loss within the allowance."""
    loss = posed.spend - posed.contribution
    grid = posed.bids[0]

    def verdict(bids: FloatArray) -> Verdict:
        column = np.searchsorted(grid, bids)
        lost = float(np.take_along_axis(loss, column[:, None], 1).sum())
        return Verdict(lost <= posed.max_loss, lost, 0.0)

    return verdict


def check(posed: Knapsack, problem: Problem, columns: np.ndarray) -> None:
    """A plan that breaks a limit proves nothing."""
    spend = problem.spend_by_campaign(columns)
    slack = 1 + 1e-9
    kept = (
        (spend <= posed.campaign_budget * slack).all()
        and spend.sum() <= posed.budget * slack
        and problem.expected_loss(columns) <= posed.max_loss * slack
    )
    if not kept:
        raise AssertionError("the plan breaks a budget or the allowance it was given")
