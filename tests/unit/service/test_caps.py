"""Expected spend while bids change one by one: bounded from above, held against the caps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.caps import Spending, bounded_spend
from service.store.rows import NewLine


def line(
    word: str = "k1",
    before: int | None = 100,
    proposed: int | None = 130,
    spend: tuple[int, int] = (1000, 1500),
    campaign: str = "c1",
) -> NewLine:
    return NewLine(
        keyword_id=word,
        adgroup_id="g1",
        campaign_id=campaign,
        word=word,
        match=None,
        state="pending",
        bid_before_fen=before,
        bid_proposed_fen=proposed,
        bid_fen=proposed,
        change_rate=0.0,
        reason="raise_marginal_return",
        binding=None,
        explore=False,
        marginal_return=None,
        expected={},
        spend_before_fen=spend[0],
        spend_after_fen=spend[1],
        contribution_before_fen=0,
        contribution_after_fen=0,
    )


@pytest.mark.parametrize(
    ("bid", "spend"),
    [(50, 1000), (100, 1000), (101, 1500), (130, 1500), (131, 1524), (260, 6000)],
)
def test_the_figure_at_the_higher_bid_bounds_those_below(bid: int, spend: int) -> None:
    assert bounded_spend(line(), bid) == spend


def test_a_cut_is_bounded_by_the_figure_before_until_it_reaches_the_proposed_bid() -> None:
    cut = line(proposed=70, spend=(1000, 400))
    assert [bounded_spend(cut, bid) for bid in (60, 70, 71, 100, 200)] == [
        400,
        400,
        1000,
        1000,
        4000,
    ]


def test_a_word_whose_bids_are_unknown_counts_at_the_higher_figure() -> None:
    assert bounded_spend(line(before=None, proposed=None), 90) == 1500
    assert bounded_spend(line(before=None), 130) == 1500


@given(
    st.integers(5, 9999),
    st.integers(5, 9999),
    st.integers(5, 9999),
    st.floats(0.01, 1),
    st.floats(1, 2),
)
def test_no_spend_that_grows_slower_than_the_square_is_underestimated(
    before: int, proposed: int, bid: int, scale: float, power: float
) -> None:
    def truth(at: int) -> float:
        return scale * at**power

    known = line(
        before=before, proposed=proposed, spend=(round(truth(before)), round(truth(proposed)))
    )
    rounding = 0.5 * (max(bid, proposed, before) / min(before, proposed)) ** 2 + 1
    assert bounded_spend(known, bid) >= truth(bid) - rounding


def spending(
    *lines: NewLine, cap: int = 10_000, campaigns: dict[str, int] | None = None, **bids: int
) -> Spending:
    return Spending(lines, bids, account_cap_fen=cap, campaign_caps_fen=campaigns or {})


def test_a_raise_has_to_fit_under_the_account_cap() -> None:
    two = line("k1"), line("k2")
    assert spending(*two, cap=2500).fits(two[0], 130)
    assert spending(*two, cap=2499).fits(two[0], 130)  # within what rounding two words may add
    assert not spending(*two, cap=2498).fits(two[0], 130)


def test_a_raise_has_to_fit_under_its_own_campaigns_cap() -> None:
    here, there = line("k1"), line("k2", campaign="c2")
    held = spending(here, there, campaigns={"c1": 1500, "c2": 1499})
    assert held.fits(here, 130)
    assert not held.fits(there, 130)
    assert spending(here, there).fits(there, 130)


def test_a_cut_always_fits_and_brings_relief_once_it_is_taken() -> None:
    up, down = line("k1"), line("k2", proposed=70, spend=(1000, 400))
    held = spending(up, down, cap=1900)
    assert held.fits(down, 70)
    assert not held.fits(up, 130)
    held.take(down, 70)
    assert (held.total_fen, held.campaign_fen("c1")) == (1400, 1400)
    assert held.fits(up, 130)
    held.take(up, 130)
    assert held.total_fen == 1900
    held.take(up, 100)  # it did not take effect
    assert held.total_fen == 1400


def test_above_the_cap_no_bid_rises_even_where_the_bound_does_not() -> None:
    """The word stands below both known bids: its bound counts the lower figure already."""
    low = line("k1")
    held = spending(low, line("k2"), cap=1500, k1=60)
    assert held.total_fen == 2000
    assert not held.fits(low, 90)
    assert held.fits(low, 60)
    assert held.fits(low, 50)


def test_bids_that_stand_elsewhere_count_where_they_stand() -> None:
    assert spending(line("k1"), k1=130).total_fen == 1500
    assert spending(line("k1"), k1=200).total_fen == 3551


def test_a_word_that_the_night_does_not_know_stands_for_itself() -> None:
    held, new = spending(line("k1"), cap=2600), line("k9", campaign="c9")
    assert held.fits(new, 130)
    held.take(new, 130)
    assert (held.total_fen, held.campaign_fen("c9")) == (2500, 1500)
    unknown = line("k8", before=None, proposed=None)
    held.take(unknown, 50)
    assert held.total_fen == 4000
