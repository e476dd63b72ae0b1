"""Months."""

from datetime import date

import pytest

from service.errors import InputError
from service.report.calendar import Month


def test_a_month_knows_its_days_and_neighbours():
    month = Month.of("2028-02")
    assert (month.first, month.last, month.length) == (date(2028, 2, 1), date(2028, 2, 29), 29)
    assert (str(month.before), str(month.after)) == ("2028-01", "2028-03")
    assert str(Month(2026, 12).after) == "2027-01"
    assert Month.holding(date(2026, 10, 21)) == Month(2026, 10)
    assert Month(2026, 9) < Month(2026, 10)


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-00", "26-10", "2026-10-01", "0000-01", ""]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(InputError, match="write it as 2026-10"):
        Month.of(text)
