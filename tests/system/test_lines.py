"""The lines of a proposal out to a sheet and back, by the command line."""

import csv
import io
import json

import pytest
from openpyxl import load_workbook


@pytest.fixture(scope="module")
def left(planned):
    """The waiting lines of the first night as CSV: its path, and its rows as lists."""
    found = planned.call("lines", "export", "--state", "pending", "--out", "lines.csv")
    assert found.returncode == 0, found.stderr
    assert "kaiche lines import lines.csv" in found.stdout
    path = planned.folder / "lines.csv"
    return path, list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def written(path, rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig")
    return path.name


def heading(rows):
    return next(number for number, row in enumerate(rows) if "Decision" in row)


def test_an_edited_sheet_is_shown_first_and_done_after_a_yes(planned, left):
    path, rows = left
    top = heading(rows)
    bid, decision, note = (rows[top].index(name) for name in ("Bid", "Decision", "Note"))
    rows = [list(row) for row in rows]
    rows[top + 1][bid] = f"{float(rows[top + 1][bid]) + 0.01:.2f}"
    rows[top + 2][decision], rows[top + 2][note] = "reject", "wrong season"
    rows[top + 3][bid] = "free of charge"
    name = written(path.with_name("edited.csv"), rows)
    no = planned.call("lines", "import", name, stdin="n\n")
    assert no.returncode == 1
    assert "1 with another bid, 0 to approve, 1 to reject" in no.stdout
    assert "free of charge" in no.stderr
    assert "1 refused" in no.stdout
    yes = planned.call("lines", "import", name, "--yes")
    assert yes.returncode == 0, yes.stderr
    assert "1 with another bid, 0 approved, 1 rejected" in yes.stdout
    again = planned.call("lines", "import", name, "--yes", "--json")
    refused = json.loads(again.stdout)["refused"]
    assert {one["value"] for one in refused} >= {"free of charge"}
    assert len(refused) == 3


def test_a_workbook_leaves_and_comes_back_untouched(planned):
    found = planned.call("lines", "export", "--out", "lines.xlsx", "--json")
    assert found.returncode == 0, found.stderr
    book = load_workbook(planned.folder / "lines.xlsx")
    assert book.worksheets[0].protection.sheet
    back = planned.call("lines", "import", "lines.xlsx", "--yes")
    assert back.returncode == 0, back.stderr
    assert "0 with another bid, 0 to approve, 0 to reject" in back.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("export", "--out", "lines.pdf"), "must end in .xlsx or .csv"),
        (("import", "nowhere.csv"), "nowhere.csv cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(planned, arguments, says):
    found = planned.call("lines", *arguments)
    assert found.returncode == 8, found.stderr
    assert says in found.stderr
