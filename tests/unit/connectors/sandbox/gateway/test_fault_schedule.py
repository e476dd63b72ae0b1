"""Drawing faults, without a wire."""

from __future__ import annotations

from collections import Counter

from connectors.sandbox.gateway import ALL_KINDS, Fault, FaultPlan, Kind
from connectors.sandbox.gateway.faults import FaultSchedule, refusal_of

READ, WRITE = "taobao.simba.rpt.adgroupkeywordbase.get", "taobao.simba.keywords.pricevon.set"


OF_PRICES = {Kind.PARTIAL, Kind.LATE, Kind.STALE}


def drawn(plan, calls=2_000, method=READ):
    schedule = FaultSchedule(plan)
    return [schedule.next(number, method) for number in range(1, calls + 1)]


def test_nothing_goes_wrong_by_default():
    assert drawn(FaultPlan()) == [None] * 2_000


def test_the_rate_is_the_rate_and_every_kind_comes():
    faults = [fault for fault in drawn(FaultPlan(seed=1, rate=0.5)) if fault]
    assert 900 < len(faults) < 1_100
    assert {fault.kind for fault in faults} == set(ALL_KINDS) - OF_PRICES
    assert min(Counter(fault.kind for fault in faults).values()) > 10


def test_a_call_has_its_fault_whatever_came_before():
    plan = FaultPlan(seed=2, rate=0.3)
    whole = drawn(plan)
    assert FaultSchedule(plan).next(77, READ) == whole[76]
    assert drawn(FaultPlan(seed=3, rate=0.3)) != whole


def test_methods_first_and_most_bound_a_plan():
    plan = FaultPlan(seed=1, rate=1.0, methods=("taobao.simba.keywords.",), first=5, most=3)
    assert drawn(plan) == [None] * 2_000
    faults = drawn(plan, 20, WRITE)
    hit = [i for i, fault in enumerate(faults, 1) if fault]
    assert len(hit) == 3
    assert hit[0] >= 5
    assert drawn(FaultPlan(rate=1.0, kinds=()), 5) == [None] * 5


def test_an_error_inside_a_report_does_not_befall_others():
    plan = FaultPlan(rate=1.0, kinds=(Kind.ERROR_IN_REPORT,))
    assert drawn(plan, 5, WRITE) == [None] * 5
    assert all(drawn(plan, 5, READ))


def test_what_befalls_prices_befalls_nothing_else():
    plan = FaultPlan(rate=1.0, kinds=tuple(OF_PRICES))
    assert drawn(plan, 5, READ) == [None] * 5
    for method in (WRITE, "taobao.universalbp.new.bidword.update"):
        assert {fault.kind for fault in drawn(plan, 50, method)} == OF_PRICES


def test_pages_for_people_come_with_and_without_effect():
    for kind in (Kind.HTML, Kind.BAD_GATEWAY):
        effects = {fault.takes_effect for fault in drawn(FaultPlan(rate=1.0, kinds=(kind,)), 50)}
        assert effects == {True, False}


def test_clocks_go_off_by_more_than_the_tolerance_both_ways():
    skews = [fault.seconds for fault in drawn(FaultPlan(rate=1.0, kinds=(Kind.CLOCK_SKEW,)), 50)]
    assert min(skews) < -600
    assert max(skews) > 600
    assert min(abs(skew) for skew in skews) > 600


def test_the_queue_goes_first_and_fits_the_method():
    schedule = FaultSchedule()
    cut = Fault(kind=Kind.CUT_AFTER, method=WRITE)
    slow = Fault(kind=Kind.SLOW)
    schedule.queue(cut, slow)
    assert schedule.next(1, READ) == slow
    assert schedule.next(2, READ) is None
    assert schedule.next(3, WRITE) == cut
    assert schedule.counts() == {"slow": 1, "cut_after": 1}
    schedule.queue(cut)
    schedule.clear()
    assert schedule.next(4, WRITE) is None


def test_only_codes_refuse():
    refusals = {kind: refusal_of(Fault(kind=kind), 60) for kind in ALL_KINDS}
    wire = {Kind.CUT_BEFORE, Kind.SLOW, Kind.HTML, Kind.PERSON_EDITS}
    assert all(refusals[kind] is None for kind in wire)
    assert refusals[Kind.BAN_DAY].sub_msg.endswith("60 more seconds")
