"""What kind of shop and market a sandbox imitates.

A ``Scenario`` holds only distributions; ``ground.draw`` makes one shop of it from a seed.
Magnitudes follow the platform's published figures: CTR 3-6 % on mobile, CPC 0.22-1.0 yuan, CVR
0.4-7.7 %, word bids 0.40-2.84 yuan, plan budgets 50-2,000 yuan, a heavy tail of demand in which
most words get no click on a day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

MAX_WORDS_PER_ADGROUP: Final = 200

# Share of a day's orders known after 1..15 days: 75/89/96/100 % at 1/3/7/15 days.
DOCUMENTED_MATURITY: Final = (
    *(0.75, 0.84, 0.89, 0.915, 0.933, 0.948, 0.96),
    *(0.967, 0.973, 0.979, 0.984, 0.989, 0.993, 0.997, 1.0),
)
# A shop whose buyers think long: furniture, presents.
SLOW_MATURITY: Final = (
    *(0.42, 0.53, 0.61, 0.67, 0.72, 0.765, 0.80),
    *(0.83, 0.86, 0.885, 0.91, 0.935, 0.96, 0.98, 1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Distributions of a shop. Money is yuan, ``*_log_sd`` are standard deviations of logarithms."""

    name: str
    keywords: int = 500
    campaigns: int = 5
    adgroups_per_campaign: int = 4

    # Searches a day for which a word competes: median over words, heavy tail, share without any.
    demand_median: float = 30.0
    demand_log_sd: float = 1.6
    dead_share: float = 0.02
    broad_share: float = 0.6

    # Clicks per viewed impression at the first position.
    ctr_median: float = 0.055
    ctr_log_sd: float = 0.35

    # Orders per click; spread between adgroups and between the words of one.
    cvr_median: float = 0.02
    cvr_adgroup_log_sd: float = 0.45
    cvr_keyword_log_sd: float = 0.40
    cvr_range: tuple[float, float] = (0.004, 0.077)

    # Carts and favourites per click: how far they follow a word's orders per click, and how far not.
    interest_elasticity: float = 0.0
    interest_adgroup_log_sd: float = 0.0
    interest_keyword_log_sd: float = 0.0

    # Order value: median over items, spread between items, and within an item's orders.
    order_value_median: float = 85.0
    order_value_log_sd: float = 0.45
    order_value_tail_log_sd: float = 0.60
    second_order_rate: float = 0.05

    # Contribution per yuan of revenue by adgroup (normal, cut), and natural revenue that follows.
    margin_mean: float = 0.38
    margin_sd: float = 0.13
    margin_range: tuple[float, float] = (-0.10, 0.75)
    organic_lift: float = 0.0
    organic_base_orders: float = 3.0

    # Rivals: how many compete, what they are worth a click, how much one auction's scores differ.
    rivals: tuple[int, int] = (3, 6)
    rival_bid_median: float = 0.80
    rival_bid_log_sd: float = 0.35
    rival_auction_log_sd: tuple[float, float] = (0.75, 1.35)
    rival_classes: int = 12
    quality_log_sd: float = 0.25

    # Effective bid = word bid x time-of-day percent x (1 + audience premium of the matching share).
    daypart_percent: tuple[float, float, float, float] = (0.75, 1.0, 1.10, 1.30)
    daypart_spread: float = 0.12
    audience_share: float = 0.30
    audience_premium: tuple[float, float] = (0.0, 0.6)

    # Days differ: all words together, a campaign, one word (gamma variance), rivals, conversion.
    day_log_sd: float = 0.08
    campaign_day_log_sd: float = 0.08
    keyword_day_variance: float = 0.15
    rival_day_log_sd: float = 0.10
    cvr_day_log_sd: float = 0.08

    # Slow change: amplitude of the logarithm of demand, half of it for cvr and rivals.
    drift_log_amplitude: float = 0.0
    drift_days: tuple[float, float] = (35.0, 90.0)

    # Words come into fashion and go, over days to weeks: log sd of a word's own demand.
    word_wave_log_sd: float = 0.30
    word_wave_days: tuple[float, float] = (7.0, 28.0)

    # Promotion days: day numbers modulo the cycle; 0 = none.
    promotion_cycle: int = 0
    promotion_days: tuple[int, ...] = ()
    promotion_demand: float = 2.6
    promotion_cvr: float = 1.5
    promotion_rival: float = 1.35

    # Reporting: share of orders known by age, share of the last day's traffic counted late.
    maturity: tuple[float, ...] = DOCUMENTED_MATURITY
    late_count_share: float = 0.02

    # Budgets as a multiple of what typical bids would spend; inf = unlimited.
    campaign_budget_slack: float = math.inf
    campaign_budget_log_sd: float = 0.0
    account_budget_slack: float = math.inf

    # Words that exist only since the last days; campaigns the platform bids for by itself.
    new_share: float = 0.0
    auto_campaign_share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse shapes that no shop can have."""
        if self.keywords < 1 or self.campaigns < 1 or self.adgroups_per_campaign < 1:
            raise ValueError("a scenario needs at least one keyword, campaign and adgroup")
        if self.keywords > MAX_WORDS_PER_ADGROUP * self.adgroups:
            raise ValueError(
                f"{self.keywords} keywords do not fit {self.adgroups} adgroups of at most "
                f"{MAX_WORDS_PER_ADGROUP} words; use Scenario.sized"
            )
        if self.maturity[-1] != 1.0 or any(
            a > b for a, b in zip(self.maturity, self.maturity[1:], strict=False)
        ):
            raise ValueError("maturity must not fall and must end at 1")

    @property
    def adgroups(self) -> int:
        """Number of adgroups in all."""
        return self.campaigns * self.adgroups_per_campaign

    @property
    def attribution_days(self) -> int:
        """Days after which a day's orders are final."""
        return len(self.maturity)

    def sized(self, keywords: int) -> Scenario:
        """The same kind of shop with so many words, its campaigns and adgroups in proportion."""
        per_campaign = self.adgroups_per_campaign
        words_per_campaign = max(1.0, self.keywords / self.campaigns)
        needed = math.ceil(keywords / (0.6 * MAX_WORDS_PER_ADGROUP * per_campaign))
        campaigns = max(1, round(keywords / words_per_campaign), needed)
        return replace(self, keywords=keywords, campaigns=campaigns)


DENSE: Final = Scenario(
    name="dense",
    keywords=300,
    demand_median=260.0,
    demand_log_sd=0.9,
    cvr_median=0.028,
)
SPARSE: Final = Scenario(
    name="sparse",
    keywords=800,
    campaigns=6,
    demand_median=5.0,
    demand_log_sd=1.5,
    cvr_median=0.015,
)
HEAD_AND_TAIL: Final = Scenario(
    name="head_and_tail",
    keywords=600,
    demand_median=7.0,
    demand_log_sd=2.5,
)
DRIFT: Final = Scenario(name="drift", demand_median=60.0, drift_log_amplitude=0.45)
PROMOTION: Final = Scenario(
    name="promotion",
    demand_median=60.0,
    promotion_cycle=30,
    promotion_days=(16, 17, 18),
)
LATE_ORDERS: Final = Scenario(name="late_orders", demand_median=60.0, maturity=SLOW_MATURITY)
TIGHT_BUDGETS: Final = Scenario(
    name="tight_budgets",
    demand_median=60.0,
    campaign_budget_slack=0.55,
    campaign_budget_log_sd=0.3,
    account_budget_slack=0.40,
)
NEW_WORDS: Final = Scenario(name="new_words", demand_median=60.0, new_share=0.35)
DEMO: Final = Scenario(
    name="demo",
    keywords=2_400,
    campaigns=12,
    adgroups_per_campaign=4,
    demand_median=4.5,
    demand_log_sd=2.1,
    dead_share=0.05,
    margin_mean=0.32,
    rivals=(4, 8),
    rival_bid_median=0.60,
    organic_lift=0.25,
    drift_log_amplitude=0.12,
    campaign_budget_slack=1.6,
    campaign_budget_log_sd=0.45,
    new_share=0.03,
    auto_campaign_share=0.15,
)

SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        *(DENSE, SPARSE, HEAD_AND_TAIL, DRIFT, PROMOTION),
        *(LATE_ORDERS, TIGHT_BUDGETS, NEW_WORDS, DEMO),
    )
}
