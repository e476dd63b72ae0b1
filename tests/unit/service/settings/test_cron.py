"""Crontab lines: what is accepted can be scheduled, what is refused says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.scheduler import trigger
from service.settings.cron import complaint


@pytest.mark.parametrize(
    "line",
    [
        "30 8 * * *",
        "* * * * *",
        "0,30 8-10 1 JAN-mar *",
        "*/15 8 */2 * *",
        "0 8 * * mon-fri",
        "0 8 * * fri-sun",
        "0 8 * * 0",
        "0 8 * * 5-7",
        "0 8 29 2 *",
        "5-50/15 8 31 4,5 *",
    ],
)
def test_accepted(line: str) -> None:
    assert complaint(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "has 0 fields"),
        ("0 30 8 * * *", "has 6 fields"),
        ("60 8 * * *", "minute '60'"),
        ("-1 8 * * *", "minute '-1'"),
        ("0 8 0 * *", "day of the month '0'"),
        ("0 8 * 13 *", "month '13'"),
        ("0 8 * * 8", "weekday '8' is none; write 0-7 or mon-sun"),
        ("0 8 * * sun-tue", "weekday 'sun-tue'"),
        ("0 8 * mon *", "month 'mon' is none; write 1-12 or jan-dec"),
        ("10-5 8 * * *", "minute '10-5'"),
        ("10-x 8 * * *", "minute '10-x'"),
        ("*/0 8 * * *", "minute '*/0'"),
        ("*-5 8 * * *", "minute '*-5'"),
        ("5/10 8 * * *", "minute '5/10'"),
        ("0 ٨ * * *", "hour '٨'"),
        ("0 8,, * * *", "hour ''"),
        ("0 8 1 * mon", "either of them"),
        ("0 8 30 2 *", "would never run"),
        ("0 8 31 2,4,6,9,11 *", "would never run"),
    ],
)
def test_refused(line: str, why: str) -> None:
    said = complaint(line)
    assert said is not None
    assert why in said


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low - 1, high + 1)
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.tuples(number, number).map(lambda span: f"{span[0]}-{span[1]}"),
        st.integers(0, 9).map(lambda step: f"*/{step}"),
        st.lists(number, min_size=1, max_size=3).map(lambda items: ",".join(map(str, items))),
    )


@given(
    st.tuples(fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12), fields(0, 7)).map(
        " ".join
    )
)
def test_what_is_accepted_can_be_scheduled(line: str) -> None:
    if complaint(line) is None:
        assert trigger(line, "Asia/Shanghai") is not None
