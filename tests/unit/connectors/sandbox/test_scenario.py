"""Named shops and their sizes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.sandbox.scenario import (
    DEMO,
    DENSE,
    DOCUMENTED_MATURITY,
    MAX_WORDS_PER_ADGROUP,
    SCENARIOS,
    Scenario,
)


def test_the_documented_delays_are_the_default() -> None:
    assert [DOCUMENTED_MATURITY[age - 1] for age in (1, 3, 7, 15)] == [0.75, 0.89, 0.96, 1.0]
    assert DEMO.maturity == DOCUMENTED_MATURITY
    assert DEMO.attribution_days == 15


def test_every_scenario_is_named_after_its_key() -> None:
    assert set(SCENARIOS) == {
        *("dense", "sparse", "head_and_tail", "drift", "promotion"),
        *("late_orders", "tight_budgets", "new_words", "demo"),
    }
    assert all(SCENARIOS[name].name == name for name in SCENARIOS)


@pytest.mark.parametrize("keywords", [1, 7, 199, 2_400, 5_000, 50_000])
@pytest.mark.parametrize("scenario", [DENSE, DEMO])
def test_a_shop_of_any_size_fits_its_adgroups(scenario: Scenario, keywords: int) -> None:
    sized = scenario.sized(keywords)
    assert sized.keywords == keywords
    assert keywords <= MAX_WORDS_PER_ADGROUP * sized.adgroups
    assert sized.campaigns >= 1
    assert sized.cvr_median == scenario.cvr_median


def test_impossible_shops_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one keyword"):
        replace(DENSE, campaigns=0)
    with pytest.raises(ValueError, match=r"do not fit .* use Scenario\.sized"):
        replace(DENSE, keywords=100_000)
    with pytest.raises(ValueError, match="end at 1"):
        replace(DENSE, maturity=(0.5, 0.9))
    with pytest.raises(ValueError, match="must not fall"):
        replace(DENSE, maturity=(0.9, 0.5, 1.0))
