"""``kaiche demo``: past nights are lived over HTTP, by both generations, and lived once."""

import contextlib
import functools
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service import simulated, wiring
from service.approval import Action
from service.audit import Origin
from service.cli.processes import departure_schedule
from service.decisions import decide
from service.settings.call_rates import METHODS
from service.settings.loader import load
from service.store.lines import LineFilter

NIGHT = "2026-03-04"
NIGHTS = 2
TONIGHT = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
SHOPS = """\
database: sqlite:///var/kaiche.db
accounts:
"""
ACCOUNT = """\
  - id: {generation}
    connector:
      kind: taobao
      generation: {generation}
      nick: {generation} 店
      sandbox: {{seed: {seed}, keywords: 60, history_days: 14, state: var/{generation}.db}}
    history_days: 14
    objective: profit
    apply: {{by: schedule}}
    budgets: {{daily: 300}}
    guardrails: {{max_changed_share: 1, max_spend_rise: 5}}
    economics: [{{margin_rate: 0.3}}]
"""
WRITES = {
    "universalbp": "taobao.universalbp.new.bidword.update",
    "simba": "taobao.simba.keywords.pricevon.set",
}
READS = {
    "universalbp": "taobao.universalbp.new.report.query.bidword",
    "simba": "taobao.simba.rpt.adgroupkeywordbase.get",
}


@pytest.fixture
def demo(kaiche_in, tmp_path, monkeypatch):
    """Two small shops on the morning of NIGHT, nothing lived yet."""
    return opened(kaiche_in, tmp_path, monkeypatch)


@pytest.fixture
def month(lived_once, kaiche_in, tmp_path, monkeypatch):
    """The same after the demo, which has said ``shown``; every test has a copy of its own."""
    folder, shown, calls = lived_once
    shutil.copytree(folder, tmp_path / "lived")
    shop = opened(kaiche_in, tmp_path / "lived", monkeypatch)
    shop.shown, shop.calls = shown, calls
    return shop


@pytest.fixture(scope="module")
def lived_once(kaiche_in, tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        shop = opened(kaiche_in, tmp_path_factory.mktemp("month"), monkeypatch)
        return shop.folder, lived(shop), shop.calls


def opened(kaiche_in, folder, monkeypatch):
    """``kaiche`` in ``folder``; ``calls`` is what the gateway was asked last, ``go_to`` moves time."""
    accounts = [ACCOUNT.format(generation=name, seed=seed) for seed, name in enumerate(WRITES)]
    shop = kaiche_in(folder, SHOPS + "".join(accounts))
    wire, close = wiring.wire, simulated.SimulatedShops.close

    def go_to(moment):
        monkeypatch.setattr("service.wiring.system_clock", lambda: moment)
        here = functools.partial(wire, clock=lambda: moment)
        monkeypatch.setattr("service.wiring.wire", here)

    def counted(shops):
        if shops.is_open:
            shop.calls = shops.gateway().calls_by_method()
        close(shops)

    monkeypatch.setattr(simulated.SimulatedShops, "close", counted)
    shop.go_to = go_to
    go_to(TONIGHT)
    return shop


def printed(shop, *arguments):
    done = shop.call(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lived(shop):
    return printed(shop, "demo", "--nights", NIGHTS, "--date", NIGHT)


def events(shop, account):
    found = {}
    for event in printed(shop, "audit", "--account", account, "--limit", 5000):
        found.setdefault(event["action"], []).append(event)
    return found


def test_every_night_is_pulled_approved_applied_and_verified_over_http(month):
    nights = month.shown["month"]["lived"]
    assert [night["day"] for night in nights] == ["2026-03-02", "2026-03-03"] * 2
    for generation in WRITES:
        own = [night for night in nights if night["account_id"] == generation]
        changed = sum(night["applied"] for night in own)
        assert all(night["approved"] == night["applied"] > 0 for night in own)
        assert month.calls[WRITES[generation]] >= NIGHTS
        assert month.calls[READS[generation]] > NIGHTS
        of = events(month, generation)
        assert len(of["approve"]) == len(of["confirm_applied"]) == changed
        assert {event["actor"] for event in of["approve"]} == {"demo-specialist"}
        assert {event["actor"] for event in of["confirm_applied"]} == {"kaiche"}


def test_what_was_called_can_be_given_a_rate_of_its_own(month):
    called = {name.removeprefix("taobao.") for name in month.calls}
    files = {name for name in METHODS["universalbp"] if ".async." in name}  # of large shops alone
    assert called == {*METHODS["simba"], *METHODS["universalbp"]} - files


def test_a_second_demo_lives_nothing_again_and_shows_the_same(month):
    first, again = month.shown, lived(month)
    assert again["month"]["lived"] == []
    assert again["month"]["hindsight"] == first["month"]["hindsight"]
    assert [night["planned"] for night in again["nights"]] == [False, False]
    for before, after in zip(first["nights"], again["nights"], strict=True):
        assert after["proposal_id"] == before["proposal_id"]
        assert after["content_hash"] == before["content_hash"]
        assert after["state"] == "open"


def test_what_the_month_brought_is_told_for_both_ways_of_bidding(month):
    for seen in month.shown["month"]["hindsight"]:
        assert seen["days"] == NIGHTS
        assert seen["lived"] != seen["kept"]
        assert min(seen["lived"]["spend_fen"], seen["kept"]["spend_fen"]) > 0


def test_what_is_approved_leaves_by_the_clock_of_a_process_that_stays(month):
    with contextlib.chdir(month.folder):
        wired = wiring.wire(load(Path("kaiche.yaml"), {}))
    try:
        clock = departure_schedule(wired)
        clock.fire("simba")
        assert not wired.platforms.simulated.is_open  # nothing approved: nobody was asked anything
        proposal = month.shown["nights"][1]["proposal_id"]
        pending = LineFilter(proposal_id=proposal, states=("pending",))
        with wired.store.begin() as session:
            person = Origin(at=TONIGHT, actor="小王", source="rest")
            approved = len(decide(session, Action.APPROVE, person, pending).changed)
        for _ in range(2):
            clock.fire("simba")
        written = wired.platforms.simulated.gateway().calls_by_method()[WRITES["simba"]]
    finally:
        wired.close()
    newest = printed(month, "batches", "--account", "simba")[0]
    assert (newest["actor"], newest["source"]) == ("kaiche", "schedule")
    assert newest["counts"]["applied"] == approved > 0
    assert len(newest["batches"]) == written


@pytest.mark.parametrize("gone", ["simba.db", "kaiche.db"])
def test_a_database_and_a_shop_of_different_demos_are_told_apart(month, gone):
    (month.folder / "var" / gone).unlink()
    done = month.call("demo", "--nights", NIGHTS, "--date", NIGHT)
    assert done.returncode == 4
    assert "of different demos; delete both" in done.stderr


def test_a_demo_that_broke_off_goes_on_where_it_stood(demo, monkeypatch):
    def breaks_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("service.applying.apply", breaks_off)
        assert demo.call("demo", "--nights", 1, "--date", NIGHT).returncode == 130
    night = printed(demo, "demo", "--nights", 1, "--date", NIGHT)["month"]["lived"][0]
    assert (night["account_id"], night["day"]) == ("universalbp", "2026-03-03")
    assert (night["approved"], night["applied"] > 0) == (0, True)


def test_after_the_demo_bids_leave_and_the_next_night_sees_them(demo):
    now = datetime.now(UTC)  # what the terminal decides is decided now
    demo.go_to(now)
    printed(demo, "demo", "--nights", 0)
    approved = printed(demo, "approve", "--all", "--account", "simba", "-y")["changed"]
    (sent,) = printed(demo, "apply", "--account", "simba")
    assert sent["counts"]["applied"] == len(approved) > 0
    demo.go_to(now + timedelta(days=1))
    (night,) = printed(demo, "nightly", "--account", "simba")["nights"]
    assert night["planned"]
    assert printed(demo, "hands-off") == []


def test_a_configuration_without_a_simulated_shop_is_told_so(shop):
    done = shop.call("demo")
    assert done.returncode == 2
    assert "block `sandbox`" in done.stderr
