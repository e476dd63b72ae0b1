"""When a digest is due and when a message is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.notify.timing import MOST_ATTEMPTS, again_at, is_due
from service.settings.notify import Telling

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "ended", "due"),
    [
        ("06:59", True, False),
        ("07:00", True, True),
        ("08:49", False, False),
        ("08:50", False, True),
        ("12:50", True, True),
        ("12:51", True, False),
        ("23:00", True, False),
    ],
)
def test_after_the_night_at_the_latest_before_nine_and_made_up_for_hours(
    clock: str, ended: bool, due: bool
) -> None:
    hour, minute = map(int, clock.split(":"))
    local = datetime(2026, 3, 2, hour, minute, tzinfo=SHANGHAI)
    assert is_due(Telling(), local, night_ended=ended) is due


def test_a_late_digest_is_made_up_within_its_day() -> None:
    telling = Telling(latest="22:00", makeup_hours=8)
    late = datetime(2026, 3, 2, 23, 59, tzinfo=SHANGHAI)
    assert is_due(telling, late, night_ended=False)
    assert not is_due(telling, late + timedelta(minutes=2), night_ended=False)


def test_the_tries_are_counted_and_lie_apart() -> None:
    waits = [again_at(NOW, 60.0, attempts) for attempts in range(1, MOST_ATTEMPTS + 1)]
    assert waits[:-1] == [NOW + timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert waits[-1] is None
