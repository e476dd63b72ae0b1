"""What an event changed, in words."""

from service.console.changes import change_of
from service.console.texts import Texts


def test_states_and_bids_are_told_with_both_sides():
    said = change_of(
        Texts("en"), {"state": "pending", "bid_fen": 61}, {"state": "approved", "bid_fen": 79}
    )
    assert said == "state pending → approved, bid ¥0.61 → ¥0.79"


def test_what_was_not_there_before_has_one_side():
    assert change_of(Texts("zh"), None, {"bid_fen": 79}) == "出价 ¥0.79"
    assert change_of(Texts("zh"), None, None) == ""


def test_a_field_without_words_keeps_its_name():
    assert (
        change_of(Texts("en"), {"daily_budget": 3}, {"daily_budget": None}) == "daily budget 3 → –"
    )
