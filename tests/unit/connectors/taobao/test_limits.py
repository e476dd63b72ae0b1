"""The rate of calls and the count of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.taobao.limits import MemoryQuotaMeter, RateLimiter
from connectors.taobao.shop import Rate

START = datetime(2026, 7, 20, tzinfo=UTC)


class Time:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += timedelta(seconds=seconds)


def test_a_burst_leaves_at_once_and_then_calls_wait_their_turn():
    time = Time()
    limiter = RateLimiter(time, lambda _: Rate(per_second=2, burst=3))
    assert [limiter.take("a") for _ in range(5)] == [0, 0, 0, 0.5, 1.0]
    time.pass_by(1.5)
    assert limiter.take("a") == 0


def test_methods_have_buckets_of_their_own_and_rates_of_their_own():
    rates = {"slow": Rate(per_second=0.5)}
    limiter = RateLimiter(Time(), lambda name: rates.get(name, Rate(per_second=10)))
    assert [limiter.take("slow"), limiter.take("slow"), limiter.take("fast")] == [0, 2, 0]


def test_a_clock_that_goes_back_gives_no_tokens():
    time = Time()
    limiter = RateLimiter(time, lambda _: Rate(per_second=1))
    limiter.take("a")
    time.pass_by(-100)
    assert limiter.take("a") == 1


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=80),
    st.floats(0.5, 20),
    st.integers(1, 10),
)
def test_no_span_ever_holds_more_than_burst_and_rate_allow(gaps, per_second, burst):
    time = Time()
    limiter = RateLimiter(time, lambda _: Rate(per_second=per_second, burst=burst))
    sent = []
    for gap in gaps:
        time.pass_by(gap)
        wait = limiter.take("a")
        time.pass_by(wait)
        sent.append((time.now - START).total_seconds())
    for i, first in enumerate(sent):
        for j in range(i, len(sent)):
            assert j - i + 1 <= burst + (sent[j] - first) * per_second + 1e-4


def test_the_meter_counts_by_day():
    meter = MemoryQuotaMeter()
    monday, tuesday = date(2026, 7, 20), date(2026, 7, 21)
    meter.add(monday, 3)
    meter.add(monday, 2)
    meter.add(tuesday, 1)
    assert [meter.used(monday), meter.used(tuesday), meter.used(date(2026, 7, 22))] == [5, 1, 0]
