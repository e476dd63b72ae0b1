"""The golden month: every number worked out by hand, with the reckoning beside it."""

from dataclasses import replace
from datetime import date

import pytest
from golden_month import EMPTY, MARCH, OURS, RECORD, losing, on, settled, terms

from service.report.figures import assemble
from service.report.record import Span


@pytest.fixture(scope="module")
def report():
    return assemble(RECORD)


def test_what_was_spent_and_what_it_brought(report):
    found = report.totals
    assert (found.first, found.last, found.days, found.booked) == (on(3), on(5), 3, 3)
    assert (found.spend_fen, found.orders, found.revenue_fen) == (40_000, 14, 105_000)
    assert (found.clicks, found.impressions) == (400, 12_000)
    assert found.contribution.fen == 9_000 + 20_000 + 9_500
    assert (found.settled_fen, found.waiting_fen) == (9_000 + 18_000 + 4_500, 7_000)
    assert found.loss.fen == 40_000 - 38_500


def test_its_interval_adds_own_errors_squared_and_shared_ones_as_they_are(report):
    # sqrt(1000² + 2000² + (300 + 400)²) = 2343.07; times 1.644854 = 3854.02
    assert (report.totals.loss.p05_fen, report.totals.loss.p95_fen) == (-2_355, 5_355)
    assert (report.totals.contribution.p05_fen, report.totals.contribution.p95_fen) == (
        34_645,
        42_355,
    )


def test_the_returns_and_their_break_evens(report):
    found = report.totals
    assert found.roas == pytest.approx(105_000 / 40_000)
    assert found.break_even == pytest.approx(105_000 / 31_500)  # = 1 / 0.30
    assert found.left_of_a_yuan == pytest.approx(38_500 / 40_000)
    value, low, high = found.roas_in_the_end
    assert value == pytest.approx(0.9625 / 0.3)
    assert (low, high) == (pytest.approx(34_645 / 12_000), pytest.approx(42_355 / 12_000))


def test_the_net_return_is_of_what_has_a_refund_rate(report):
    net = report.totals.net
    assert net.share == pytest.approx(63_000 / 105_000)
    assert net.roas == pytest.approx(63_000 * 0.8 / 20_000)
    assert net.break_even == pytest.approx(0.8 / 0.3)


def test_nothing_is_divided_by_nothing():
    none = Span(first=on(3), last=on(31), days=(replace(OURS.days[0], spend_fen=0, revenue_fen=0),))
    found = assemble(replace(RECORD, ours=none)).totals
    assert (found.roas, found.break_even, found.left_of_a_yuan) == (None, None, None)
    assert (found.roas_in_the_end, found.net.roas, found.booked) == (None, None, 0)


def test_the_days_before_kaiche_and_the_month_before_stand_apart(report):
    assert (report.before.spend_fen, report.before.loss.fen, report.before.days) == (
        20_000,
        2_000,
        2,
    )
    assert (report.previous.spend_fen, report.previous.loss.fen) == (30_000, 0)
    assert report.totals.a_day(report.totals.spend_fen) == pytest.approx(40_000 / 3)


def test_the_ledger_day_by_day_and_together(report):
    ours = [day for day in report.days if day.ours]
    assert [day.date.day for day in report.days] == [1, 2, 3, 4, 5]
    assert [day.loss.fen for day in ours] == [1_000, 0, 500]
    assert [day.loss_so_far.fen for day in ours] == [1_000, 1_000, 1_500]
    # if no further order came: the 20 and 50 yuan that are still to come are lost as well
    assert [day.settled_so_far_fen for day in ours] == [1_000, 3_000, 8_500]
    assert [day.allowed_fen for day in ours] == [750, 750, 750]
    assert [day.loss_so_far for day in report.days if not day.ours] == [None, None]


def test_the_rules_permit_so_much_of_days_in_a_row(report):
    # one day 10.00; two days the cap of 15.00; three days 15.00 + 10.00
    assert [day.permitted_so_far_fen for day in report.days if day.ours] == [1_000, 1_500, 2_500]
    use = report.use
    assert (use.permitted_fen, use.days, use.over, use.changed) == (2_500, 3, 0, False)
    assert (use.verdict, use.certain) == ("within", False)


def test_the_verdict_follows_the_loss():
    assert assemble(losing(1_000)).use.verdict == "within"  # exactly what was permitted
    beyond = assemble(losing(1_001)).use
    assert (beyond.verdict, beyond.over) == ("beyond", 1)
    assert assemble(losing(-1_500)).use.verdict == "profit"
    assert assemble(settled()).use.certain


def test_other_terms_count_from_their_night_on():
    changed = RECORD.terms | {on(5): terms(5, amount=3_000, cap=4_000)}
    report = assemble(replace(RECORD, terms=changed))
    assert [day.permitted_so_far_fen for day in report.days if day.ours] == [1_000, 1_500, 4_500]
    assert report.use.changed


def test_a_night_without_a_plan_has_the_terms_of_the_one_before():
    gap = {on(3): terms(3), on(5): terms(5)}
    assert assemble(replace(RECORD, terms=gap)).use.permitted_fen == 2_500
    late = {on(5): terms(5)}
    assert assemble(replace(RECORD, terms=late)).use.permitted_fen == 2_500


def test_outside_the_allowance_s_dates_nothing_is_permitted():
    ended = {at: replace(one, window_first=None) for at, one in RECORD.terms.items()}
    assert assemble(replace(RECORD, terms=ended)).use.permitted_fen == 0


def test_without_an_allowance_there_is_no_use_of_it():
    assert assemble(replace(RECORD, terms={})).use is None


def test_how_good_the_forecasts_were(report):
    spend, contribution = report.spend, report.contribution
    # 100 of 80…120, 200 of 120…180, 100 of 80…120
    assert (spend.judged, spend.hits) == (3, 2)
    assert spend.hit_rate == pytest.approx(2 / 3)
    assert spend.bias == pytest.approx(400 / 350 - 1)
    # 90 of 72…99, 200 of 144…198; the 5th has half of its orders
    assert (contribution.judged, contribution.hits) == (2, 1)
    assert contribution.bias == pytest.approx(290 / 270 - 1)
    assert [one.within for one in contribution.nights] == [True, False, None]


def test_what_batches_brought(report):
    first, second = report.batches
    # 150.00 of turnover leave 45.00; 50 of the day's 200 clicks: a quarter of the 20.00 to come
    assert (first.spend_fen, first.contribution_fen, first.profit_fen) == (6_000, 5_000, -1_000)
    assert (second.spend_fen, second.contribution_fen) == (0, 0)
    (day,) = report.by_day
    assert (day.batches, day.lines, day.profit_fen, day.actor) == (2, 12, -1_000, "小王")
    assert (day.profit_without_fen, day.profit_with_fen) == (-400, 200)


def test_a_batch_of_a_day_that_is_not_on_the_ledger_has_brought_nothing_known():
    bare = replace(RECORD, ours=replace(OURS, booked=OURS.booked[:1]))
    (day,) = assemble(bare).by_day
    assert (day.spend_fen, day.contribution_fen, day.profit_fen) == (None, None, None)


def test_changes_by_reason_count_what_was_sent(report):
    first, second = report.reasons
    assert (first.reason, first.proposed, first.sent, first.raises) == ("raise_allowance", 8, 6, 6)
    assert (first.spend_change_fen, first.contribution_change_fen) == (1_000, 500)
    assert (second.reason, second.sent, second.cuts, second.spend_change_fen) == (
        "lower_unprofitable",
        4,
        4,
        -800,
    )


def test_campaigns_and_words(report):
    assert [(one.name, one.earned_fen - one.spend_fen) for one in report.campaigns] == [
        ("裙子 <b>", 18_900 - 20_000),
        ("杯子", 12_600 - 20_000),
    ]
    assert [one.keyword_id for one in report.words.spend] == ["k3", "k1", "k2"]
    assert [(one.keyword_id, one.gain_fen) for one in report.words.gain] == [("k1", 3_000)]
    assert [(one.keyword_id, one.gain_fen) for one in report.words.loss] == [
        ("k3", -7_400),
        ("k2", -4_100),
    ]


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (RECORD, "running"),
        (replace(RECORD, today=date(2026, 5, 1)), "settling"),
        (settled(), "settled"),
        (EMPTY, "empty"),
        (replace(EMPTY, runs=2), "running"),
        (replace(EMPTY, today=date(2026, 2, 28)), "ahead"),
        (replace(RECORD, ours=Span(first=on(3), last=on(31))), "before"),
    ],
)
def test_a_month_says_how_far_it_is(record, state):
    assert assemble(record).state == state


def test_a_month_of_the_person_alone_shows_the_person_s_figures():
    report = assemble(replace(RECORD, ours=Span(first=on(3), last=on(31)), nights=(), terms={}))
    assert (report.totals.spend_fen, report.before) == (20_000, None)
    assert [one.campaign_id for one in report.campaigns] == ["c1"]


def test_the_night_that_stated_the_ledger_last_is_named(report):
    assert (report.as_of, report.month) == (on(6), MARCH)
    assert assemble(EMPTY).as_of is None
