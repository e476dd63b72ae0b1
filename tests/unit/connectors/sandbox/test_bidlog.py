"""The sandbox's only state: kept, shared between processes, and refused when it is not ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from connectors.errors import PermanentError, RetryableError, SourceError
from connectors.sandbox.bidlog import BidLog, LoggedBid

SHOP: Mapping[str, int | str] = {"scenario": "demo", "seed": 7}
PAST = [
    LoggedBid(100, 0, 50, "specialist"),
    LoggedBid(100, 2, 80, "specialist"),
    LoggedBid(105, 0, 60, "specialist"),
]


def begin() -> tuple[int, Sequence[LoggedBid]]:
    return 100, PAST


def never() -> tuple[int, Sequence[LoggedBid]]:
    raise AssertionError("the shop exists already")


@pytest.fixture(params=["memory", "file"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return None if request.param == "memory" else tmp_path / "new" / "shop.db"


def test_bids_of_any_day(path: Path | None) -> None:
    log = BidLog(path, SHOP, begin)
    assert log.first_day == 100
    assert log.bids_on(99, 3).tolist() == [0, 0, 0]
    assert log.bids_on(104, 3).tolist() == [50, 0, 80]
    assert log.bids_on(105, 3).tolist() == [60, 0, 80]
    log.append([LoggedBid(110, 1, 5, "api"), LoggedBid(110, 1, 9, "api")])
    log.refresh()
    assert log.bids_on(109, 3).tolist() == [60, 0, 80]
    assert log.bids_on(200, 3).tolist() == [60, 9, 80]
    assert [c.actor for c in log.changes()] == ["specialist"] * 3 + ["api"] * 2


def test_an_earlier_day_written_later_does_not_overrule(path: Path | None) -> None:
    log = BidLog(path, SHOP, begin)
    log.append([LoggedBid(101, 0, 7, "api")])
    assert log.bids_on(101, 3)[0] == 7
    assert log.bids_on(105, 3)[0] == 60


def test_a_second_process_sees_the_same_shop_and_its_changes(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    one = BidLog(path, SHOP, begin)
    two = BidLog(path, SHOP, never)
    two.append([LoggedBid(110, 2, 33, "api")])
    assert one.bids_on(110, 3)[2] == 80
    one.refresh()
    assert one.bids_on(110, 3)[2] == 33
    assert one.changes() == two.changes()


def test_one_of_many_openers_writes_the_past(tmp_path: Path) -> None:
    path, begun = tmp_path / "shop.db", []

    def counted() -> tuple[int, Sequence[LoggedBid]]:
        begun.append(1)
        return begin()

    with ThreadPoolExecutor(6) as pool:
        logs = list(pool.map(lambda _: BidLog(path, SHOP, counted), range(6)))
    assert begun == [1]
    assert all(log.changes() == tuple(PAST) for log in logs)


def test_a_failed_beginning_leaves_no_half_a_shop(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"

    def broken() -> tuple[int, Sequence[LoggedBid]]:
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        BidLog(path, SHOP, broken)
    assert BidLog(path, SHOP, begin).bids_on(105, 3).tolist() == [60, 0, 80]


def test_another_shops_file_is_refused_with_both_values(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    BidLog(path, SHOP, begin)
    with pytest.raises(PermanentError, match=r"its seed is 7, the configuration says 8.*`state`"):
        BidLog(path, {"scenario": "demo", "seed": 8}, never)


def not_a_database(path: Path) -> None:
    path.write_bytes(b"date,bid\n" * 400)


def another_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE accounts (id TEXT)")


@pytest.mark.parametrize(
    ("damage", "message"),
    [(not_a_database, "is not a sandbox's state"), (another_database, "cannot be used")],
)
def test_a_file_that_is_something_else_is_refused(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "shop.db"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(SourceError, match=message):
        BidLog(path, SHOP, never)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SourceError, match="cannot be created"):
        BidLog(tmp_path / "file" / "shop.db", SHOP, begin)


def test_a_file_held_by_another_process_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.db"
    log = BidLog(path, SHOP, begin)
    monkeypatch.setattr("connectors.sandbox.bidlog._WAIT_SECONDS", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RetryableError, match="another process") as caught:
            log.append([LoggedBid(110, 2, 33, "api")])
    assert caught.value.wait_seconds > 0
    assert log.bids_on(110, 3)[2] == 80
    log.append([LoggedBid(110, 2, 33, "api")])
    assert log.bids_on(110, 3)[2] == 33
