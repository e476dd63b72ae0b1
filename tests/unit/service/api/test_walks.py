"""Applications in the background: carried out, and quiet about failures that are on record."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from service.api import walks
from service.api.walks import BackgroundWalks
from service.applying import Who
from service.errors import RunInProgressError, StoreError
from service.wiring import Wiring

WHO = Who(actor="li", source="rest")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(RunInProgressError("held by another"), "held by another"), (KeyError("x"), "broke")],
)
def test_a_failure_is_logged(
    wiring: Wiring,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: Exception,
    words: str,
) -> None:
    begun = threading.Event()

    def fail(*_: object, **__: object) -> None:
        begun.set()
        raise trouble

    monkeypatch.setattr(walks.applying, "apply", fail)
    background = BackgroundWalks(wiring)
    with caplog.at_level(logging.ERROR):
        background.start(wiring.account("shop-1"), "a-1", WHO)
        assert begun.wait(timeout=30)
        background.stop()
    (record,) = caplog.records
    assert words in record.getMessage()
    assert "a-1" in record.getMessage()


def test_what_was_queued_is_carried_out_in_its_name(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    both = threading.Event()

    def carry_out(_: object, account: Any, who: Who, *, application_id: str) -> None:
        seen.append((account.id, who, application_id))
        if len(seen) == 2:
            both.set()

    monkeypatch.setattr(walks.applying, "apply", carry_out)
    background = BackgroundWalks(wiring)
    background.start(wiring.account("shop-1"), "a-1", WHO)
    background.start(wiring.account("shop-2"), "a-2", WHO)
    assert both.wait(timeout=30)
    background.stop()
    assert sorted(seen, key=str) == [("shop-1", WHO, "a-1"), ("shop-2", WHO, "a-2")]


class Declined:
    """(application, what held it up) of those that nobody will carry out; walks wait for the first."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.any = threading.Event()

    def decline(
        self, _: object, _account: object, _who: Who, name: str, halt: str, _cause: str
    ) -> None:
        self.found.append((name, halt))
        self.any.set()

    def apply(self, _: object, _account: object, _who: Who, *, application_id: str) -> None:
        if application_id == "taken":
            raise RunInProgressError("another has it")
        assert self.any.wait(30)


@pytest.fixture
def declined(monkeypatch: pytest.MonkeyPatch) -> Declined:
    made = Declined()
    monkeypatch.setattr(walks.applying, "decline", made.decline)
    monkeypatch.setattr(walks.applying, "apply", made.apply)
    return made


def test_whoever_asks_while_another_applies_is_told(wiring: Wiring, declined: Declined) -> None:
    background = BackgroundWalks(wiring)
    background.start(wiring.account("shop-1"), "taken", WHO)
    assert declined.any.wait(30)
    background.stop()
    assert declined.found == [("taken", "busy")]


def test_what_still_waits_at_the_end_is_told(wiring: Wiring, declined: Declined) -> None:
    background = BackgroundWalks(wiring)
    for number in range(walks.AT_ONCE + 1):
        background.start(wiring.account("shop-1"), f"a-{number}", WHO)
    background.stop()
    assert (f"a-{walks.AT_ONCE}", "ending") in declined.found


def test_a_decline_that_fails_is_logged(
    wiring: Wiring,
    declined: Declined,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        declined.any.set()
        raise StoreError("the database is gone")

    monkeypatch.setattr(walks.applying, "decline", fail)
    background = BackgroundWalks(wiring)
    background.start(wiring.account("shop-1"), "taken", WHO)
    assert declined.any.wait(30)
    background.stop()
    assert "the database is gone" in caplog.text
