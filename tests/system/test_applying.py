"""Approved bids leave, stop, and come back, by the command line."""

import json

import pytest


@pytest.fixture(scope="module")
def applied(planned):
    """The shop of the demo, its ten first changes approved and applied by separate processes."""
    found = planned.call("approve", "--max-change", "0.2", "--yes", "--json")
    assert found.returncode == 0, found.stderr
    planned.approved = json.loads(found.stdout)["changed"]
    planned.applied = planned.run("apply")
    return planned


def test_what_was_approved_is_applied_and_told(applied):
    assert applied.applied.returncode == 0, applied.applied.stderr
    said = applied.applied.stdout
    assert "shop done: applied" in said
    assert "Still approved: 0" in said or "under a budget cap" in said
    assert "kaiche rollback" in said


def batches(shop):
    return json.loads(shop.call("batches", "--json").stdout)


def test_applications_are_listed_and_opened(applied):
    listed = applied.call("batches")
    assert listed.returncode == 0, listed.stderr
    (application,) = [one for one in batches(applied) if one["counts"].get("applied")]
    assert application["application_id"] in listed.stdout
    opened = applied.call("batches", application["application_id"])
    assert opened.returncode == 0, opened.stderr
    assert "applied" in opened.stdout
    machine = json.loads(applied.call("batches", application["application_id"], "--json").stdout)
    lines = [line for batch in machine for line in batch["lines"]]
    assert len(lines) == application["counts"]["applied"]


def test_a_batch_is_undone_through_the_same_door(applied):
    (application,) = [one for one in batches(applied) if one["counts"].get("applied")]
    asked = applied.call(
        "rollback", application["application_id"], "--reason", "wrong season", "--json"
    )
    assert asked.returncode == 0, asked.stderr
    row = json.loads(asked.stdout)
    assert (row["lines"], row["left"]) == (application["counts"]["applied"], [])
    approved = applied.call("approve", "--proposal", row["proposal_id"], "--all", "--yes")
    assert approved.returncode == 0, approved.stderr
    done = applied.call("apply", "--json")
    (result,) = json.loads(done.stdout)
    assert result["counts"]["applied"] + sum(result["counts"]["waiting"].values()) >= row["lines"]
    again = applied.call("rollback", application["application_id"], "--reason", "again")
    assert again.returncode == 4
    assert "rolled_back" in again.stderr


def test_the_switch_stops_and_lets_go(applied):
    stopped = applied.call("stop", "--reason", "looking at something", "--json")
    assert json.loads(stopped.stdout)[0]["reason"] == "looking at something"
    assert "stopped already" in applied.call("stop").stdout
    applied.call("approve", "--all", "--yes")
    held = applied.call("apply")
    assert held.returncode == 4, held.stdout
    assert "looking at something" in held.stderr
    assert "kaiche resume" in held.stderr
    resumed = applied.call("resume")
    assert (resumed.returncode, resumed.stdout.strip()) == (0, "Approved bids may leave.")
    assert "no such stop order" in applied.call("resume").stdout


def test_the_file_stops_as_well_and_resume_says_so(applied):
    file = applied.folder / "var" / "STOP"
    file.write_text("by hand", encoding="utf-8")
    assert applied.call("apply").returncode == 4
    resumed = applied.call("resume", "--account", "shop")
    assert "by hand" in resumed.stderr
    file.unlink()
    assert applied.call("resume", "--account", "nobody").returncode == 3


def test_nothing_is_left_to_people_and_nothing_is_alarming(applied):
    assert "No word is left to people" in applied.call("hands-off").stdout
    assert json.loads(applied.call("hands-off", "--json").stdout) == []
    assert "No open alert" in applied.call("alerts").stdout
    assert applied.call("release", "123", "--account", "shop").returncode == 3
    assert applied.call("alerts", "--acknowledge", "9").returncode == 3
    assert applied.call("alerts", "--acknowledge", "0").returncode == 8
    assert applied.call("batches", "nothing").returncode == 3
    assert applied.call("apply", "--account", "nobody").returncode == 3


def test_reports_cannot_be_written_to(shop):
    text = (shop.folder / "kaiche.yaml").read_text(encoding="utf-8")
    sandbox = text[text.index("{kind") : text.index("}", text.index("{kind")) + 1]
    (shop.folder / "exports").mkdir()
    written = text.replace(sandbox, "{kind: reports, path: exports}")
    (shop.folder / "kaiche.yaml").write_text(written, encoding="utf-8")
    refused = shop.call("apply", "--account", "shop")
    assert refused.returncode == 4
    assert "proposals export" in refused.stderr
    assert json.loads(shop.call("apply", "--json").stdout) == []
    assert shop.call("batches").stdout.strip() == "Nothing was sent yet."
