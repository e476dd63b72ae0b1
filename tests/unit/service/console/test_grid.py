"""The grid's pieces of the list."""

import pytest

from service.console.columns import grid_options
from service.console.grid import MOST_ROWS, GridQuery, row
from service.console.texts import Texts
from service.store.rows import LineRow

LINE = LineRow(
    line_id=7, proposal_id="p", account_id="shop", keyword_id="k1", adgroup_id="g1",
    campaign_id="c1", word="保温杯", match="exact", state="pending", version=1, bid_before_fen=100,
    bid_proposed_fen=110, bid_fen=110, change_rate=0.1, reason="raise_marginal_return",
    binding="step_up", explore=False, marginal_return=0.9, expected={}, spend_after_fen=550,
    spend_before_fen=500, contribution_after_fen=900, contribution_before_fen=830,
    decided_by=None, decided_at=None, note=None, risk="middle", at_stake_fen=35,
)  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "limit"),
    [(0, 200, 200), (200, 400, 200), (400, 200, 0), (0, 10_000_000, MOST_ROWS)],
)
def test_a_piece_is_never_larger_than_allowed(start, end, limit):
    assert GridQuery(start=start, end=end).limit == limit


def test_a_row_has_what_the_columns_show_and_the_money_in_yuan():
    shown = row(LINE, Texts("en"), {"c1": "cups"})
    fields = {column["field"] for column in grid_options(Texts("en"), "/")["columnDefs"]}
    assert fields | {"id", "etag", "editable", "risk_told"} == shown.keys()
    assert (shown["bid_before"], shown["bid"], shown["spend_change"]) == (1.0, 1.1, 0.5)
    assert (shown["campaign"], shown["reason"].split(":")[0]) == ("cups", "raise")
    assert (shown["risk"], shown["at_stake"]) == ("middle", 0.35)
    assert shown["risk_told"].startswith("middle: ")
    assert shown["editable"] is True
