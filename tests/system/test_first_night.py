"""From an empty folder to a sheet of approved bids, by the commands that a person types."""

import json
import socket
import subprocess
import zipfile
from collections import Counter
from contextlib import contextmanager
from unittest import mock

import httpx
import openpyxl
import pytest

# Beside this file; --import-mode=importlib imports no neighbours.
NIGHT = "2026-03-04"


@contextmanager
def served(shop):
    """``kaiche serve`` on a free loopback port; yields a client of its API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with shop.start("serve", "--no-nights", "--port", port, **pipes) as process:
        try:
            for line in process.stderr:
                if "Uvicorn running" in line:
                    break
            else:
                pytest.fail(f"the server ended with {process.wait()}")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1") as client:
                yield client
        finally:
            process.terminate()
            _, said = process.communicate(timeout=60)
    assert "Application shutdown complete" in said
    assert process.returncode == 0


def printed(shop, *arguments):
    done = shop.call(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pending(shop):
    """The lines that wait, largest change first. Other tests of this file may have decided some."""
    shown = printed(shop, "proposals", "show", "--limit", 1000)["lines"]
    return [line for line in shown if line["state"] == "pending"]


def states_of(shop):
    return Counter(printed(shop, "proposals", "show")["lines_by_state"])


def test_the_demo_prints_what_a_specialist_needs(planned):
    assert planned.demo.returncode == 0, planned.demo.stderr
    page = planned.demo.stdout
    for words in (
        "expected spend",
        "expected contribution",
        "expected loss",
        "The last yuan returns",
        "of the ¥40 allowed",
        "300 words",
        "Largest changes",
        "make serve",
    ):
        assert words in page
    largest = page.partition("Largest changes")[2].strip().splitlines()
    assert len([line for line in largest[1:] if "¥" in line]) == 10
    assert "solving for the bids" in planned.demo.stderr


def test_a_night_is_planned_once_and_shown_again(planned):
    first = printed(planned, "proposals", "show")
    done = planned.run("nightly", "--date", NIGHT, "--json")
    assert done.returncode == 0, done.stderr
    (again,) = json.loads(done.stdout)["nights"]
    assert again["planned"] is False
    assert again["proposal_id"] == first["proposal_id"]
    assert again["content_hash"] == first["content_hash"]
    assert len(printed(planned, "proposals", "list")) == 1
    assert [run["state"] for run in printed(planned, "runs")] == ["succeeded"]


def test_a_night_repeats_itself_byte_for_byte(planned):
    run = printed(planned, "runs")[0]["run_id"]
    again = printed(planned, "replay", run)
    assert again["same"] is True
    assert again["stored_hash"] == again["replayed_hash"]


def test_the_ledger_and_the_rejects_of_the_night(planned):
    (night,) = printed(planned, "ledger", "--nights")
    shown = printed(planned, "proposals", "show")
    assert night["allowance"]["amount_fen"] == 4000
    assert night["allowance"]["tonight_fen"] == round(shown["policy"]["policy"]["max_loss"] * 100)
    assert "2026-03-04" in planned.call("ledger", "--nights").stdout
    (opened,) = printed(planned, "ledger", "--days", "7")
    assert opened["allowance"] == night["allowance"]
    assert [entry["day"]["date"] for entry in opened["days"]][-1] == "2026-03-03"
    assert opened["days"][-1]["used_fen"] == night["allowance"]["used_fen"]
    text = planned.call("ledger").stdout
    assert "Tonight may lose ¥" in text
    assert "2026-03-03" in text
    (restated,) = printed(planned, "ledger", "--day", "2026-03-03")
    assert restated["stated_on"] == "2026-03-04"
    assert restated["loss_fen"] == opened["days"][-1]["loss"]["fen"]
    assert "2026-03-04" in planned.call("ledger", "--day", "2026-03-03").stdout
    assert planned.call("ledger", "--account", "none").returncode == 3
    assert planned.call("ledger", "--day", "2020-01-01").returncode == 3
    assert printed(planned, "rejects") == []
    assert "everything was taken" in planned.call("rejects").stdout


def test_a_break_even_opens_to_what_the_owner_wrote(planned):
    (found,) = printed(planned, "economics", "--cvr", "0.03", "--order-value", "100")
    assert found["inputs"] == {"m": "0.3", "o": "0.0"}
    assert found["click"]["cpc_yuan"] == pytest.approx(0.9)
    word = printed(planned, "proposals", "show", "--limit", "1")["lines"][0]
    (own,) = printed(planned, "economics", "--word", word["keyword_id"])
    assert own["click"]["cpc_yuan"] == pytest.approx(
        word["expected"]["rates"]["value_per_click"]["mean"], rel=1e-3
    )
    text = planned.call("economics", "--cvr", "0.03", "--order-value", "100").stdout
    assert "break-even gross ROI" in text
    assert "3.33" in text
    assert "0.9000" in text
    assert planned.call("economics", "--cvr", "0.03").returncode == 8


def test_the_record_is_proved_exported_and_found_out(planned):
    proved = printed(planned, "audit", "verify")
    assert (proved["whole"], proved["findings"]) == (True, [])
    head = f"{proved['head']['event_id']}:{proved['head']['hash']}"
    assert head in planned.call("audit", "verify", "--anchor", head).stdout
    forged = planned.call("audit", "verify", "--anchor", f"1:{'0' * 64}")
    assert forged.returncode == 13
    assert "event 1 is not the one that was noted down" in forged.stderr
    assert planned.call("audit", "verify", "--anchor", "1:x").returncode == 8
    lines = planned.call("audit", "export", "-", "--format", "jsonl").stdout.splitlines()
    assert len(lines) == proved["events"]
    assert planned.call("audit", "export", "record.csv").returncode == 0
    assert planned.call("audit", "export", "record.csv").returncode == 8  # never written over
    assert planned.call("audit", "export", "record.doc").returncode == 8
    text = (planned.folder / "record.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].endswith(",prev_hash,hash")


def test_the_database_is_kept_in_a_file_and_brought_back(planned, shop):
    kept = printed(planned, "backup", shop.folder / "kaiche.backup")
    assert kept["engine"] == "sqlite"
    assert planned.call("backup", shop.folder / "kaiche.backup").returncode == 8
    back = shop.call("restore", "kaiche.backup")
    assert back.returncode == 0, back.stderr
    assert "none altered, missing or moved" in back.stdout
    assert printed(shop, "proposals", "show") == printed(planned, "proposals", "show")
    assert shop.call("restore", "kaiche.backup").returncode == 7


def test_nothing_is_dropped_that_the_owner_did_not_let_go(planned, shop):
    assert "Nothing is due" in planned.call("compact", "--yes").stdout
    printed(planned, "backup", shop.folder / "kaiche.backup")
    assert shop.call("restore", "kaiche.backup").returncode == 0
    yaml = shop.folder / "kaiche.yaml"
    keep = "retention: {versions_days: 60, facts_days: 200}\n"
    yaml.write_text(keep + yaml.read_text(encoding="utf-8"), encoding="utf-8")
    later = ("compact", "--date", "2026-12-31")
    (due,) = printed(shop, *later, "--dry-run")
    assert due["rows"] == due["facts"] > 0
    assert shop.call(*later, stdin="n\n").returncode == 1
    assert printed(shop, *later, "--dry-run") == [due]
    assert f"{due['rows']} rows dropped" in shop.call(*later, "--yes").stdout
    gone = shop.call("replay", printed(shop, "runs")[0]["run_id"])
    assert gone.returncode == 3
    said = " ".join(gone.stderr.split())  # as wide as the terminal is
    assert "nothing was compared" in said
    assert "were compacted" in said


def test_two_shops_alike_get_the_same_plan(planned, another):
    (other,) = printed(another, "demo", "--nights", "0", "--date", NIGHT)["nights"]
    first = printed(planned, "proposals", "show")
    assert other["content_hash"] == first["content_hash"]
    assert other["proposal_id"] != first["proposal_id"]


def test_rest_shows_the_proposal_that_the_terminal_printed(planned):
    shown = printed(planned, "proposals", "show", "--limit", 1)
    with served(planned) as api:
        found = api.get(f"/proposals/{shown['proposal_id']}").json()
        changed = {"changed": True, "limit": 1, "sort": "spend_change"}
        lines = api.get(f"/proposals/{shown['proposal_id']}/lines", params=changed).json()
    for name in ("content_hash", "totals", "policy", "lines_by_reason", "business_date"):
        assert found[name] == shown[name], name
    for name in ("lines", "raises", "cuts", "spend_after_fen"):
        assert lines["totals"][name] == shown["sums_changed"][name], name


def test_approved_over_rest_exported_by_the_terminal_and_on_the_record(planned, tmp_path):
    proposal = printed(planned, "proposals", "show")["proposal_id"]
    with served(planned) as api:
        where = {"state": "pending", "reason": pending(planned)[0]["reason"]}
        listed = api.get(f"/proposals/{proposal}/lines", params=where | {"limit": 500})
        body = {
            "action": "approve",
            "filter": {name: [value] for name, value in where.items()},
        }
        headers = {"If-Match": listed.headers["etag"], "Idempotency-Key": "system-test-1"}
        done = api.post(f"/proposals/{proposal}/decisions", json=body, headers=headers)
        assert done.status_code == 200, done.text
        stale = headers | {"Idempotency-Key": "system-test-2"}
        refused = api.post(f"/proposals/{proposal}/decisions", json=body, headers=stale)
    assert refused.status_code == 412
    assert refused.headers["content-type"] == "application/problem+json"

    wanted = {line["keyword_id"]: line["bid_fen"] for line in listed.json()["items"]}
    assert wanted
    sheet = tmp_path / "bids.xlsx"
    exported = printed(planned, "proposals", "export", "--out", sheet)
    assert exported["lines"] == len(wanted)
    rows = list(openpyxl.load_workbook(sheet).active.iter_rows(values_only=True))
    column = {name: rows[0].index(name) for name in ("词ID/词包ID", "出价")}
    found = {row[column["词ID/词包ID"]]: round(row[column["出价"]] * 100) for row in rows[1:]}
    assert found == wanted
    assert zipfile.is_zipfile(sheet)
    assert planned.call("proposals", "export", "--out", sheet).returncode == 8

    events = printed(planned, "audit", "--limit", 2000)
    approvals = [event for event in events if event["action"] == "approve"]
    assert {event["keyword_id"] for event in approvals} == set(wanted)
    assert {event["source"] for event in approvals} == {"rest"}
    exports = [event for event in events if event["action"] == "sheet_exported"]
    assert [event["actor"] for event in exports] == ["tester"]


def test_lines_that_change_while_a_person_is_asked_are_left_alone(planned):
    before = states_of(planned)
    one = pending(planned)[-1]["line_id"]

    def meanwhile(*_, **__):
        done = planned.call("reject", one, "--reason", "a colleague was quicker", "-y")
        assert done.returncode == 0, done.stderr
        return True

    with mock.patch("typer.confirm", meanwhile):
        refused = planned.call("approve", "--all")
    assert refused.returncode == 4
    assert "changed while you were deciding" in refused.stderr
    assert states_of(planned) - before == Counter(rejected=1)


def test_the_terminal_rejects_and_approves_after_asking(planned):
    before = states_of(planned)
    wanted = ["--reason-code", pending(planned)[-1]["reason"], "--reason", "no"]
    refused = planned.run("reject", *wanted, stdin="n\n")
    assert refused.returncode == 1
    assert states_of(planned) == before
    rejected = printed(planned, "reject", *wanted, "-y")["changed"]
    assert rejected
    assert states_of(planned) - before == Counter(rejected=len(rejected))
    assert planned.call("approve").returncode == 8
    impossible = planned.call("approve", rejected[0], "-y")
    assert impossible.returncode == 4
    assert "rejected" in impossible.stderr


def test_the_terminal_approves_what_is_of_a_risk(planned):
    waiting = pending(planned)
    risk = waiting[-1]["risk"]
    wanted = {line["line_id"] for line in waiting if line["risk"] == risk}
    assert set(printed(planned, "approve", "--risk", risk, "-y")["changed"]) == wanted
