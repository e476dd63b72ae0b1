from __future__ import annotations

from connectors.reports.rejects import SHOWN_PER_CAUSE, RejectBook


def test_rejects_come_in_order_of_file_and_row() -> None:
    book = RejectBook()
    book.add("b", "x", row=1)
    book.add("a", "whole file")
    book.add("a", "x", row=10)
    book.add("a", "x", row=9, column="c", value="v" * 500)
    assert [(reject.source, reject.row) for reject in book.all()] == [
        ("a", 9),
        ("a", 10),
        ("a", None),
        ("b", 1),
    ]
    assert len(book.all()[0].value or "") == 120


def test_one_cause_does_not_flood() -> None:
    book = RejectBook()
    for row in range(SHOWN_PER_CAUSE + 50):
        book.add("a", f"{row} differs", row=row, column="c", value=str(row), cause="differs")
        book.add("a", "other", row=row)
    told = book.all()
    assert len(told) == 2 * SHOWN_PER_CAUSE + 2
    assert {reject.reason.split(":")[-1].strip() for reject in told if reject.row is None} == {
        "differs",
        "other",
    }
    assert all("另有 50 行" in reject.reason for reject in told if reject.row is None)
