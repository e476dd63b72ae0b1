"""The kinds of shop that are measured: the sandbox's own, and some that put one question each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connectors.sandbox.scenario import (
    DENSE,
    PROMOTION,
    SCENARIOS,
    SPARSE,
    TIGHT_BUDGETS,
    Scenario,
)

MARKET = (
    "dense",
    "sparse",
    "head_and_tail",
    "drift",
    "promotion",
    "promotion_named",
    "late_orders",
    "tight_budgets",
    "new_words",
)
CEILING = ("drift", "tight_budgets")  # where the product is furthest from the clairvoyant
SLIGHT = ("thin_margins", "thin_sparse")
CALIBRATION = ("dense", "sparse", "head_and_tail", "drift")

# Goods that earn so little that an allowance of a twentieth of the usual spend is soon used up.
THIN = replace(DENSE, name="thin_margins", margin_mean=0.14, margin_sd=0.06)
THIN_SPARSE = replace(SPARSE, name="thin_sparse", margin_mean=0.20, margin_sd=0.06)

# Carts that tell of orders as far as they do in most shops; all else as in the sandbox's own.
TELLING = [
    replace(
        scenario,
        name=f"{scenario.name}_with_carts",
        interest_elasticity=0.7,
        interest_adgroup_log_sd=0.3,
        interest_keyword_log_sd=0.2,
    )
    for scenario in (SPARSE, TIGHT_BUDGETS)
]

# The same market, whose owner has written its days into the YAML, as for 618 or 双11.
PROMOTION_NAMED = replace(PROMOTION, name="promotion_named")
NAMED = (PROMOTION_NAMED.name,)

# Nobody buys enough to pay for the cheapest click: the best is to be as good as absent.
WORTHLESS = replace(
    SPARSE,
    name="worthless",
    cvr_median=0.0004,
    cvr_range=(0.0001, 0.0015),
    order_value_median=40.0,
    margin_mean=0.25,
    margin_sd=0.05,
)

ALL = {
    **SCENARIOS,
    **{
        scenario.name: scenario
        for scenario in (THIN, THIN_SPARSE, WORTHLESS, PROMOTION_NAMED, *TELLING)
    },
}


def kinds(names: Iterable[str], words: int) -> list[Scenario]:
    """Scenarios by name; of ``words`` words, or of their own size where that is 0."""
    return [
        scenario.sized(words) if words else scenario for scenario in (ALL[name] for name in names)
    ]
