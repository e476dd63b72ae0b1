"""Both sides of the solver's comparison solve the same knapsack, small enough to check by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests.benchmarks import knapsack, solver
from tests.benchmarks.extent import SMOKE


def best_by_hand(posed):
    """Every choice tried."""
    rows = np.arange(len(posed.spend))
    best = -np.inf
    for choice in product(range(posed.spend.shape[1]), repeat=len(rows)):
        spend = posed.spend[rows, choice]
        loss = (spend - posed.contribution[rows, choice]).sum()
        by_campaign = np.bincount(posed.campaign, spend, len(posed.campaign_budget))
        if (
            spend.sum() <= posed.budget
            and loss <= posed.max_loss
            and (by_campaign <= posed.campaign_budget).all()
        ):
            best = max(best, float(posed.value[rows, choice].sum()))
    return best


@pytest.mark.parametrize("allowance", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_integer_programme_is_the_knapsack(seed, allowance):
    posed = knapsack.draw(5, 6, seed, allowance=allowance)
    by_hand = best_by_hand(posed)
    if by_hand == -np.inf:  # a campaign whose cheapest bids alone are too dear
        posed = replace(posed, campaign_budget=posed.campaign_budget * 1e3)
        by_hand = best_by_hand(posed)
    answer = knapsack.whole(posed, 5.0)
    assert answer.status == solver.OPTIMAL
    assert answer.value == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("allowance", [False, True])
def test_all_relaxations_have_one_value_and_none_is_below_a_plan(allowance):
    posed = knapsack.draw(80, 12, 1, allowance=allowance)
    values = [
        knapsack.relaxed(posed, 5.0, "simplex").value,
        knapsack.relaxed(posed, 5.0, "ipm").value,
        knapsack.relaxed_on_envelopes(posed, 5.0, "choose").value,
    ]
    assert values == pytest.approx([values[0]] * 3, rel=1e-6)
    _, value, bound = solver.ours(posed)
    mip = knapsack.whole(posed, 5.0).value
    assert value <= mip * (1 + 1e-4)
    assert mip <= values[0] * (1 + 1e-9)
    assert bound >= values[0] * (1 - 1e-6)
    assert value >= 0.9 * mip


def test_a_plan_that_breaks_a_limit_is_no_result():
    posed = knapsack.draw(80, 12, 1, allowance=True)
    problem = solver.problem_of(posed)
    with pytest.raises(AssertionError, match="breaks"):
        solver.check(posed, problem, np.full(80, 11))


def test_every_size_and_constraint_has_its_row():
    (table,) = solver.run(SMOKE)
    assert [(row["constraint"], row["words"]) for row in table.rows] == [
        ("budgets", 60),
        ("budgets", 200),
        ("allowance", 60),
        ("allowance", 200),
    ]
    assert {"simplex", "ipm", "reduced", "mip", "gap_lp"} <= set(table.rows[0])
    assert "simplex" not in table.rows[1]
