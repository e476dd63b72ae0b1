"""Messages leave once, whatever happens in between; on both databases, with an outgoing side of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.robots import Delivery, Message
from service import stop
from service.notify.teller import Teller
from service.notify.telling import TellContext, look
from service.settings.models import Account, Settings
from service.store import Store, interventions, messages, runs
from service.store.interventions import NewAlert

NINE = datetime(2026, 3, 2, 0, 50, tzinfo=UTC)  # 08:50 in Shanghai
EARLY = NINE - timedelta(hours=1, minutes=30)


@dataclass
class Mailman:
    """Notes what it is given; answers as told."""

    answers: list[Delivery | Exception] = field(default_factory=list)
    given: list[tuple[str, Message, str]] = field(default_factory=list)

    def send(self, name: str, message: Message, identity: str) -> Delivery:
        self.given.append((name, message, identity))
        answer = self.answers.pop(0) if self.answers else Delivery(state="sent")
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Morning:
    """An account, its mailman, and a clock that a test turns."""

    store: Store
    folder: Path
    mailman: Mailman = field(default_factory=Mailman)
    now: datetime = NINE
    channels: tuple[str, ...] = ("group",)

    @property
    def settings(self) -> Settings:
        shop = {
            "id": "shop", "name": "店", "connector": {"kind": "sandbox"}, "objective": "profit",
            "budgets": {"daily": "2000"}, "economics": [{"margin_rate": 0.4}],
            "notify": {"channels": self.channels},
        }  # fmt: skip
        channels = [{"name": name, "kind": "wecom"} for name in self.channels]
        return Settings.model_validate(
            {
                "accounts": [shop],
                "notify": {"channels": channels},
                "server": {"public_url": "https://bids.example.cn"},
            }
        )

    @property
    def account(self) -> Account:
        return self.settings.accounts[0]

    @property
    def context(self) -> TellContext:
        return TellContext(
            store=self.store,
            settings=self.settings,
            sender=self.mailman,
            clock=lambda: self.now,
            stop_file=self.folder / "STOP",
        )

    def look(self, minutes: float = 0) -> None:
        self.now += timedelta(minutes=minutes)
        look(self.context, self.account)

    def rows(self) -> list[tuple[str, str, int]]:
        with self.store.read() as session:
            found = messages.page(session, "shop")
        return [(one.kind.split(":")[0], one.state, one.attempts) for one in found]

    def alert(self, number: int = 1) -> None:
        told = [
            NewAlert(
                at=self.now, account_id="shop", kind="budget_raised", subject=f"c{one}",
                before={}, after={}, message_zh=f"预算 {one} 被提高", message_en="raised",
            )
            for one in range(number)
        ]  # fmt: skip
        with self.store.begin() as session:
            interventions.add_alerts(session, told)


@pytest.fixture
def morning(store: Store, tmp_path: Path) -> Morning:
    return Morning(store=store, folder=tmp_path)


def test_the_digest_leaves_at_the_latest_hour_once(morning: Morning) -> None:
    morning.look(-1)
    assert morning.mailman.given == []
    for _ in range(3):
        morning.look(1)
    ((channel, message, _),) = morning.mailman.given
    assert channel == "group"
    assert message.title == "店 03-02 出价日报"
    assert message.link == ("在手机上查看并审批", "https://bids.example.cn/shop/today")
    assert "· 2026-03-02 还没有计算." in message.lines
    assert morning.rows() == [("digest", "sent", 1)]


def test_after_the_night_it_leaves_before(morning: Morning, store: Store, make_run: Any) -> None:
    morning.now = EARLY
    with store.begin() as session:
        runs.open_run(session, make_run(), is_gone=lambda _: False)
        night = runs.page(session, account_id="shop", limit=1)[0]
        runs.finish(session, night, "failed", at=EARLY, cause="spend fell 95 %")
    morning.look()
    assert [one.title for _, one, _ in morning.mailman.given] == [
        "店 03-02 出价日报",
        "店 需要你处理",
    ]
    morning.look(1)
    assert len(morning.mailman.given) == 2


def test_what_was_missed_is_made_up_for_hours_only(morning: Morning) -> None:
    morning.look(4 * 60 + 1)
    assert morning.mailman.given == []


def test_every_channel_has_its_own_message(morning: Morning) -> None:
    morning.channels = ("group", "mail")
    morning.mailman.answers = [Delivery(state="failed", cause="no such key")]
    morning.look()
    morning.look(60)
    assert [name for name, _, _ in morning.mailman.given] == ["group", "mail"]
    assert morning.rows() == [("digest", "sent", 1), ("digest", "failed", 1)]


def test_what_was_not_taken_is_tried_again_apart_and_not_for_ever(morning: Morning) -> None:
    busy = Delivery(state="again", cause="it is busy", wait_seconds=60.0)
    morning.mailman.answers = [busy] * 9
    morning.look()
    morning.look(0.5)
    assert len(morning.mailman.given) == 1
    for _ in range(60):
        morning.look(1)
    assert morning.rows() == [("digest", "failed", 5)]
    assert len({identity for _, _, identity in morning.mailman.given}) == 1


def test_an_unknown_outcome_is_never_repeated(morning: Morning) -> None:
    morning.mailman.answers = [Delivery(state="unknown", cause="no answer came")]
    morning.look()
    morning.look(60)
    assert morning.rows() == [("digest", "unknown", 1)]
    assert len(morning.mailman.given) == 1


def test_a_process_that_died_while_a_message_left(morning: Morning) -> None:
    morning.mailman.answers = [SystemError("power cut")]
    with pytest.raises(SystemError):
        morning.look()
    assert morning.rows() == [("digest", "sending", 1)]
    morning.look(9)
    assert morning.rows() == [("digest", "sending", 1)]
    morning.look(2)
    assert morning.rows() == [("digest", "unknown", 1)]
    assert len(morning.mailman.given) == 1


def test_a_process_that_died_before_loses_nothing(morning: Morning, store: Store) -> None:
    from service.notify.telling import intend_digest

    with store.begin() as session:
        assert intend_digest(morning.context, session, morning.account) == 1
    morning.look(1)
    assert morning.rows() == [("digest", "sent", 1)]


def test_two_processes_send_one_message(morning: Morning, store: Store) -> None:
    with store.begin() as session:
        row = messages.NewMessage(
            account_id="shop", day=NINE.date(), channel="group", kind="digest", text="t"
        )
        assert messages.intend(session, row, NINE)
        assert not messages.intend(session, row, NINE)
    other = Morning(store=store, folder=morning.folder)
    send = morning.mailman.send

    def meanwhile(name: str, message: Message, identity: str) -> Delivery:
        other.look()
        return send(name, message, identity)

    morning.mailman.send = meanwhile  # type: ignore[method-assign]
    morning.look()
    assert len(morning.mailman.given) + len(other.mailman.given) == 1


def test_who_comes_second_to_a_message_leaves_it(store: Store) -> None:
    from service.errors import ConflictError

    with store.begin() as session:
        row = messages.NewMessage(
            account_id="shop", day=NINE.date(), channel="group", kind="digest", text="t"
        )
        messages.intend(session, row, NINE)
        seen = messages.waiting(session, "shop", NINE)
        messages.claim(session, seen, NINE)
        with pytest.raises(ConflictError, match="another process"):
            messages.claim(session, seen, NINE)


def test_causes_are_gathered_told_once_and_cannot_flood(morning: Morning) -> None:
    morning.now = EARLY
    morning.alert(5)
    for _ in range(5):
        morning.look(1)
    ((_, message, _),) = morning.mailman.given
    assert message.title == "店 需要你处理"
    assert len(message.lines) == 5
    morning.alert()
    morning.look(1)
    assert len(morning.mailman.given) == 1
    morning.look(10)
    assert [len(one.lines) for _, one, _ in morning.mailman.given] == [5, 1]


def test_a_stop_is_told_once_and_the_next_stop_again(
    morning: Morning, store: Store, origin: Any
) -> None:
    morning.now = EARLY
    for day in range(2):
        ordered = type(origin)(
            at=origin.at + timedelta(days=day), actor="owner", source="cli", request_id=None
        )
        with store.begin() as session:
            stop.order(session, ordered, "shop", "house moving")
        morning.look(11)
        morning.look(11)
        with store.begin() as session:
            stop.lift(session, ordered, "shop")
    assert len(morning.mailman.given) == 2


def test_a_channel_is_not_called_more_than_it_takes(morning: Morning, store: Store) -> None:
    with store.begin() as session:
        for number in range(15):
            row = messages.NewMessage(
                account_id=f"s{number}", day=NINE.date(), channel="group", kind="digest", text="t"
            )
            messages.intend(session, row, NINE)
            messages.claim(session, messages.waiting(session, f"s{number}", NINE), NINE)
    morning.look()
    assert morning.mailman.given == []
    morning.look(1.5)
    assert len(morning.mailman.given) == 1


def test_an_alert_nobody_could_be_told_is_given_up(morning: Morning) -> None:
    morning.now = EARLY
    morning.alert()
    morning.mailman.answers = [Delivery(state="again", cause="busy", wait_seconds=1e6)]
    morning.look()
    morning.look(12 * 60 + 1)
    assert ("alert", "failed", 1) in morning.rows()


def test_without_channels_nobody_is_told(morning: Morning) -> None:
    morning.channels = ()
    morning.alert()
    morning.look()
    assert morning.rows() == []


def test_the_teller_looks_by_itself_and_survives_a_fault_without_quoting_it(
    morning: Morning, caplog: pytest.LogCaptureFixture
) -> None:
    morning.mailman.answers = [SystemError("https://robot?key=sesame")]
    teller = Teller(morning.context, morning.settings.accounts)
    teller.look()
    assert "SystemError" in caplog.text
    assert "sesame" not in caplog.text
    morning.now += timedelta(minutes=11)
    teller.start()
    teller.stop()
    teller.stop()
    assert morning.rows()[0][1] in ("sending", "unknown")
