"""Looking after open batches in the background: every account, whatever happens to one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.applying import ApplyContext, Settler, settler
from service.errors import RunInProgressError, StoreError
from service.settings.models import Account
from service.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'kaiche.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def context(store: Store, tmp_path: Path) -> ApplyContext:
    def unreachable(*_: object) -> Any:
        raise AssertionError("nothing is open, so nothing is read")

    return ApplyContext(
        store=store,
        platform=unreachable,
        clock=lambda: datetime(2026, 3, 2, tzinfo=UTC),
        stop_file=tmp_path / "STOP",
        reads_apart=timedelta(milliseconds=1),
    )


def account(name: str) -> Account:
    return Account.model_validate(
        {
            "id": name,
            "connector": {"kind": "sandbox"},
            "budgets": {"daily": 100},
            "economics": [{"margin_rate": 0.3}],
            "objective": "profit",
        }
    )


def test_without_open_batches_no_platform_is_asked(context: ApplyContext) -> None:
    Settler(context, [account("a")]).look()


@pytest.mark.parametrize(
    ("trouble", "level"),
    [
        (RunInProgressError("held by another"), logging.INFO),
        (StoreError("the database is away"), logging.ERROR),
        (ZeroDivisionError("a fault"), logging.ERROR),
        ("the platform is busy", logging.WARNING),
        (None, None),
    ],
)
def test_the_trouble_of_one_account_is_told_and_holds_up_no_other(
    context: ApplyContext,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: Exception | str | None,
    level: int | None,
) -> None:
    seen: list[str] = []

    def resume(_: object, of: Account, who: object) -> str | None:
        assert who is not None
        seen.append(of.id)
        if of.id == "b" and isinstance(trouble, Exception):
            raise trouble
        return trouble if of.id == "b" and isinstance(trouble, str) else None

    monkeypatch.setattr(settler, "has_open_batches", lambda *_: True)
    monkeypatch.setattr(settler, "resume", resume)
    with caplog.at_level(logging.INFO):
        Settler(context, [account("a"), account("b"), account("c")]).look()
    assert seen == ["a", "b", "c"]
    assert [record.levelno for record in caplog.records] == ([] if level is None else [level])
    assert all("b" in record.getMessage() for record in caplog.records)


def test_it_looks_again_and_again_until_it_is_stopped(
    context: ApplyContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, thrice = [], threading.Event()

    def count(*_: object) -> bool:
        looks.append(1)
        if len(looks) == 3:
            thrice.set()
        return False

    monkeypatch.setattr(settler, "has_open_batches", count)
    following = Settler(context, [account("a")])
    following.start()
    assert thrice.wait(10)
    following.stop()
    seen = len(looks)
    following.stop()
    assert len(looks) == seen


def test_one_that_was_never_started_can_be_stopped(context: ApplyContext) -> None:
    Settler(context, []).stop()
