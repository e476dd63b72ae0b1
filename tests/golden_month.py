"""A month small enough to be worked out by hand: March 2026 of a shop whose first night was the 3rd.

Every yuan of turnover leaves 0.30; of adgroup g1 a fifth is refunded.

    day   whose      spend   orders  turnover  in so far  to come   contribution   loss
    1     person's   100.00  4       300.00    90.00      -          90.00          10.00
    2     person's   100.00  4       300.00    90.00      -          90.00          10.00
    3     kaiche's   100.00  4       300.00    90.00      -          90.00          10.00
    4     kaiche's   200.00  8       600.00    180.00     20.00     200.00           0.00
    5     kaiche's   100.00  2       150.00    45.00      50.00      95.00           5.00

Allowed: 10.00 a day, 15.00 in any two days.
"""

from dataclasses import replace
from datetime import date

from service.ledger import LedgerState
from service.reading.nights import Expected, NightOutcome
from service.report.calendar import Month
from service.report.record import Event, Record, Span, Undone, Worth
from service.store.months import AdgroupSums, BatchDay, BatchSums, Decided, KeywordSums
from service.store.rows import DayTotals, StatedDay

MARCH = Month(2026, 3)
HOSTILE = "<script>alert('裙')</script>&"
FORMULA = "=1+1"
STATED = date(2026, 3, 6)


def on(day, month=3):
    return date(2026, month, day)


def day_of(day, spend, orders, revenue, *, clicks, month=3):
    return DayTotals(
        date=on(day, month), keywords=3, impressions=clicks * 30, clicks=clicks,
        spend_fen=spend, orders=orders, revenue_fen=revenue,
    )  # fmt: skip


def booked(day, spend, contribution, waiting=0, *, clicks=100, share=1.0, own=0, shared=0, month=3):
    return StatedDay(
        date=on(day, month), spend_fen=spend, contribution_fen=contribution, waiting_fen=waiting,
        clicks=clicks, reported_share=share, own_sd_fen=own, shared_sd_fen=shared, stated_on=STATED,
    )  # fmt: skip


def adgroup(name, spend, orders, revenue):
    return AdgroupSums(
        campaign_id="c1" if name == "g1" else "c2", adgroup_id=name, impressions=6_000, clicks=200,
        spend_fen=spend, orders=orders, revenue_fen=revenue,
    )  # fmt: skip


def word(name, spend, orders, revenue, of="g1"):
    return KeywordSums(
        keyword_id=name, campaign_id="c1" if of == "g1" else "c2", adgroup_id=of, clicks=50,
        spend_fen=spend, orders=orders, revenue_fen=revenue,
    )  # fmt: skip


def terms(day, *, amount=1_000, cap=1_500, tonight=750):
    return LedgerState(
        day=on(day), start_date=None, end_date=date(2027, 12, 31), amount_fen=amount, window_days=2,
        window_cap_fen=cap, window_first=on(day), window_last=on(day), days_left=1, days_known=0,
        window_loss_fen=0, row_loss_fen=0, used_fen=0, left_fen=cap, tonight_fen=tonight,
        limit="window",
    )  # fmt: skip


def night(day, spend, contribution):
    return NightOutcome(
        date=on(day), proposal_id=f"p{day}", changed=10, sent=8,
        spend_expected=Expected(value=spend, p05=0.8 * spend, p95=1.2 * spend),
        contribution_expected=Expected(
            value=contribution, p05=0.8 * contribution, p95=1.1 * contribution
        ),
        spend_fen=None, clicks=None, orders=None, revenue_fen=None, contribution_fen=None,
        waiting_fen=None,
    )  # fmt: skip


def batch(name, lines):
    return BatchSums(
        batch_id=name, application_id="a", number=1, business_date=on(4), actor="小王", lines=lines,
        spend_before_fen=5_000, spend_after_fen=5_500, contribution_before_fen=4_800,
        contribution_after_fen=5_600,
    )  # fmt: skip


def decided(reason, state, lines, spend):
    return Decided(
        reason=reason, state=state, lines=lines, raises=lines if spend > 0 else 0,
        cuts=0 if spend > 0 else lines, spend_change_fen=spend, contribution_change_fen=spend // 2,
    )  # fmt: skip


BEFORE = Span(
    first=on(1), last=on(2),
    days=(day_of(1, 10_000, 4, 30_000, clicks=100), day_of(2, 10_000, 4, 30_000, clicks=100)),
    booked=(booked(1, 10_000, 9_000), booked(2, 10_000, 9_000)),
    adgroups=(adgroup("g1", 20_000, 8, 60_000),),
)  # fmt: skip
OURS = Span(
    first=on(3), last=on(31),
    days=(
        day_of(3, 10_000, 4, 30_000, clicks=100),
        day_of(4, 20_000, 8, 60_000, clicks=200),
        day_of(5, 10_000, 2, 15_000, clicks=100),
    ),
    booked=(
        booked(3, 10_000, 9_000),
        booked(4, 20_000, 20_000, 2_000, clicks=200, share=0.96, own=1_000, shared=300),
        booked(5, 10_000, 9_500, 5_000, share=0.5, own=2_000, shared=400),
    ),
    adgroups=(adgroup("g1", 20_000, 8, 63_000), adgroup("g2", 20_000, 6, 42_000)),
)  # fmt: skip
PREVIOUS = Span(
    first=on(1, 2), last=on(28, 2),
    days=(day_of(28, 30_000, 10, 100_000, clicks=300, month=2),),
    booked=(booked(28, 30_000, 30_000, month=2),),
    adgroups=(adgroup("g1", 30_000, 10, 100_000),),
)  # fmt: skip

RECORD = Record(
    account_id="shop", name="测试店铺", month=MARCH, today=on(6), first_night=on(3),
    ours=OURS, before=BEFORE, previous=PREVIOUS,
    worth={"g1": Worth(margin_rate=0.3, refund_rate=0.2), "g2": Worth(margin_rate=0.3)},
    campaigns={"c1": "裙子 <b>", "c2": "杯子"},
    keywords=(
        word("k1", 12_000, 6, 50_000), word("k2", 8_000, 2, 13_000), word("k3", 20_000, 6, 42_000, "g2"),
    ),
    texts={"k1": HOSTILE, "k2": FORMULA, "k3": "保温杯"},
    nights=(night(3, 10_000, 9_000), night(4, 15_000, 18_000), night(5, 10_000, 9_500)),
    terms={on(3): terms(3), on(4): terms(4), on(5): terms(5)},
    decided=(
        decided("raise_allowance", "applied", 6, 1_000), decided("raise_allowance", "rejected", 2, 400),
        decided("lower_unprofitable", "applied", 3, -600),
        decided("lower_unprofitable", "rolled_back", 1, -200),
    ),
    batches=(batch("b1", 10), batch("b2", 2)),
    batch_days=(
        BatchDay(batch_id="b1", adgroup_id="g1", clicks=50, spend_fen=6_000, orders=2, revenue_fen=15_000),
    ),
    rollbacks=(Undone(day=on(5), actor="小王", reason="季节不对", lines=3, left=1, restored=2),),
    events=(
        Event(kind="missed", day=on(1), values={"count": 2, "last": on(2)}),
        Event(kind="stale", day=on(3), values={"cause": "昨天没有数据 / yesterday is missing"}),
        Event(kind="raised", day=on(4), values={"zh": "预算被提高", "en": "a budget was raised"}),
        Event(kind="stopped", day=on(5), values={"by": "老板", "reason": "<i>搬家</i>"}),
    ),
    runs=3,
)  # fmt: skip

EMPTY = Record(
    account_id="shop", name="", month=MARCH, today=date(2026, 5, 1), first_night=None,
    ours=Span(first=on(1), last=on(31)), before=Span(first=on(1), last=on(31)),
    previous=Span(first=on(1, 2), last=on(28, 2)), worth={}, campaigns={}, keywords=(), texts={},
    nights=(), terms={}, decided=(), batches=(), batch_days=(), rollbacks=(), events=(),
)  # fmt: skip


def losing(fen):
    """The golden month with so much less contribution on its 4th."""
    third, fourth, fifth = OURS.booked
    less = replace(fourth, contribution_fen=fourth.contribution_fen - fen)
    return replace(RECORD, ours=replace(OURS, booked=(third, less, fifth)))


def settled(**changes):
    """The golden month long after: every order in, as many as were expected."""
    days = tuple(
        replace(day, waiting_fen=0, own_sd_fen=0, shared_sd_fen=0, reported_share=1.0)
        for day in OURS.booked
    )
    return replace(RECORD, today=date(2026, 5, 1), ours=replace(OURS, booked=days), **changes)
