"""Where a pull begins, and what waits in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.errors import TransportError
from connectors.platform import KeywordDayRow, Page, Reject, Roster
from service import pull
from service.store.rows import DayTotals

NIGHT = date(2026, 3, 31)
NOW = datetime(2026, 3, 31, 0, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def known(*back: int) -> list[DayTotals]:
    return [
        DayTotals(
            date=NIGHT - timedelta(days=n),
            keywords=1,
            impressions=1,
            clicks=0,
            spend_fen=0,
            orders=0,
            revenue_fen=0,
        )
        for n in back
    ]


@pytest.mark.parametrize(
    ("have", "begins"),
    [
        (known(), 60),
        (known(*range(1, 61)), 16),
        (known(*range(1, 40)), 60),
        (known(*range(40, 61)), 39),
        (known(*range(20, 61)), 19),
        (known(*range(17, 61)), 16),
    ],
)
def test_a_pull_begins_at_the_first_gap_and_covers_the_window(
    have: list[DayTotals], begins: int
) -> None:
    assert pull.first_day(NIGHT, 60, 15, have) == NIGHT - timedelta(days=begins)


@pytest.mark.parametrize(
    ("asked", "begins"),
    [
        (60, 16),  # the shop is young: what was asked for and is not there never was
        (70, 16),
        (50, 60),  # the days before were never asked for
    ],
)
def test_days_before_a_young_shop_are_asked_for_once(asked: int, begins: int) -> None:
    asked_from, begin = NIGHT - timedelta(days=asked), NIGHT - timedelta(days=begins)
    assert pull.first_day(NIGHT, 60, 15, known(*range(1, 40)), asked_from) == begin


def test_a_gap_after_the_first_day_is_still_filled() -> None:
    have, asked_from = known(*range(1, 20), *range(25, 40)), NIGHT - timedelta(days=60)
    assert pull.first_day(NIGHT, 60, 15, have, asked_from) == NIGHT - timedelta(days=24)


def test_a_short_history_is_never_left() -> None:
    assert pull.first_day(NIGHT, 7, 15, known(*range(1, 8))) == NIGHT - timedelta(days=7)


def row(keyword_id: str) -> KeywordDayRow:
    return KeywordDayRow(
        keyword_id=keyword_id,
        adgroup_id="g",
        campaign_id="c",
        date=NIGHT,
        impressions=1,
        clicks=0,
        spend_fen=0,
        orders=0,
        revenue_fen=0,
    )


class Reader:
    name = "reader"
    attribution_days = 15

    def __init__(self) -> None:
        self.rejects = [Reject(source=s, row=1, column=None, value=None, reason="坏") for s in "ab"]

    def roster(self) -> Roster:
        return Roster(campaigns=(), adgroups=(), keywords=(), rejects=(self.rejects[0],))

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        assert first < last
        yield Page(rows=(row("1"), row("2")), rejects=(self.rejects[1],))
        yield Page(rows=())
        yield Page(rows=(row("3"),))


def test_pages_wait_outside_of_memory_in_their_order() -> None:
    reader, counted = Reader(), list[int]()
    yesterday = NIGHT - timedelta(days=1)
    with pull.fetch(reader, yesterday, NIGHT, counted.append, now=NOW, zone=ZONE) as pulled:
        assert list(pulled.keyword_days()) == [row("1"), row("2"), row("3")]
        assert list(pulled.keyword_days()) == [row("1"), row("2"), row("3")]
    assert pulled.rejects == reader.rejects
    assert (pulled.bids_at, pulled.newest_day) == (NOW, None)
    assert counted == [2, 2, 3]
    with pytest.raises(ValueError, match="closed"):
        list(pulled.keyword_days())


class CutOff(Reader):
    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        yield from super().keyword_days(first, last)
        raise TransportError("the line went dead", wait_seconds=1)


def test_a_pull_that_fails_half_way_closes_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[pull.Pulled] = []

    def noted(self: pull.Pulled, page: Page) -> None:
        opened.append(self)
        self.rejects.extend(page.rejects)

    monkeypatch.setattr(pull.Pulled, "add", noted)
    yesterday = NIGHT - timedelta(days=1)
    with pytest.raises(TransportError, match="dead"):
        pull.fetch(CutOff(), yesterday, NIGHT, lambda _: None, now=NOW, zone=ZONE)
    assert len(opened) == 3
    with pytest.raises(ValueError, match="closed"):
        list(opened[0].keyword_days())


class Export(Reader):
    def __init__(self, exported_at: datetime | None) -> None:
        super().__init__()
        self.bids_exported_at = exported_at
        self.newest_day = date(2026, 3, 30)


def test_an_export_tells_its_newest_day_whatever_was_asked_for() -> None:
    first, last = date(2025, 1, 1), date(2025, 1, 2)
    with pull.fetch(Export(None), first, last, lambda _: None, now=NOW, zone=ZONE) as pulled:
        assert pulled.newest_day == date(2026, 3, 30)


@pytest.mark.parametrize(
    ("platform", "instant"),
    [
        (Reader(), NOW),
        (Export(None), None),
        (Export(datetime(2026, 3, 31, 8, 15)), datetime(2026, 3, 31, 0, 15, tzinfo=UTC)),
    ],
)
def test_the_instant_of_the_bids(platform: Reader, instant: datetime | None) -> None:
    assert pull.bids_at(platform, NOW, ZONE) == instant
