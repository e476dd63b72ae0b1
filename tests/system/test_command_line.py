"""What can go wrong, each with its exit code and one clear message; never a traceback."""

import contextlib
import json
import signal
import sqlite3
import subprocess

import pytest

SHOP = """\
accounts:
  - id: shop
    connector: {kind: sandbox, keywords: 40, history_days: 14, state: shop.sqlite3}
    objective: profit
    budgets: {daily: 100}
    economics: [{margin_rate: 0.3}]
"""


@pytest.fixture
def small(shop):
    (shop.folder / "kaiche.yaml").write_text(SHOP, encoding="utf-8")
    return shop


def refused(done, code, *words):
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    for word in words:
        assert word in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("buget: {daily: 100}", "budgets: {daily: 100}", ("kaiche.yaml:5", "buget")),
        ("budgets: {daily: lots}", "budgets: {daily: 100}", ("kaiche.yaml:5", "daily")),
        ("objective: slight_loss", "objective: profit", ("allowance", "end_date")),
        ("  - id: shop\n    : :", "  - id: shop", ("kaiche.yaml",)),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_place(small, wrong, right, words):
    text = SHOP.replace(right, wrong)
    (small.folder / "kaiche.yaml").write_text(text, encoding="utf-8")
    refused(small.call("config", "check"), 2, *words)


def test_a_missing_configuration_is_refused(small):
    refused(small.call("--config", "nowhere.yaml", "config", "check"), 2, "nowhere.yaml")


def test_the_effective_configuration_is_shown_without_secrets(small):
    small.env["KAICHE_APP_SECRET"] = "a-secret-of-the-owner"
    done = small.call("config", "check")
    assert done.returncode == 0, done.stderr
    assert "max_step_up: 0.3" in done.stdout
    assert "a-secret" not in done.stdout + done.stderr
    machine = json.loads(small.call("config", "check", "--json").stdout)
    assert machine["accounts"][0]["schedule"]["cron"]


def test_names_that_the_shop_does_not_have_are_told(small):
    text = SHOP.replace("{daily: 100}", "{daily: 100, campaigns: {'999': 50}}")
    text = text.replace(
        "[{margin_rate: 0.3}]", "[{margin_rate: 0.3}, {margin_rate: 0.2, item: x1}]"
    )
    (small.folder / "kaiche.yaml").write_text(text, encoding="utf-8")
    names = ("budgets.campaigns: 999", "economics: item x1")
    before = small.call("config", "check")
    assert before.returncode == 0, before.stderr
    assert not any(name in before.stderr for name in names)
    assert [path.name for path in small.folder.iterdir()] == ["kaiche.yaml"]
    planned = small.call("nightly", "--date", "2026-03-04")
    assert planned.returncode == 0, planned.stderr
    after = small.call("config", "check")
    assert after.returncode == 0, after.stderr
    for name in names:
        assert name in planned.stderr
        assert name in after.stderr
    (run,) = json.loads(small.call("runs", "--json").stdout)
    assert run["counts"]["absent"] == list(names)[::-1]


def test_what_nobody_decided_in_time_is_shown_as_expired(small):
    planned = small.call("nightly", "--date", "2026-03-04")
    assert planned.returncode == 0, planned.stderr
    with contextlib.closing(sqlite3.connect(small.folder / "var" / "kaiche.db")) as database:
        database.execute("UPDATE proposal SET expires_at = created_at")
        database.commit()
    (listed,) = json.loads(small.call("proposals", "list", "--json").stdout)
    assert listed["state"] == "expired"
    events = json.loads(small.call("audit", "--action", "proposal_expire", "--json").stdout)
    assert [(event["actor"], event["source"]) for event in events] == [("kaiche", "cli")]
    lines = json.loads(small.call("proposals", "show", "--json").stdout)["lines"]
    waited = next(line["line_id"] for line in lines if line["state"] == "expired")
    refused(small.call("approve", waited, "-y"), 4, "expired")


def test_messages_are_in_the_readers_language(small):
    assert "配置或命令行有误" in small.call("--lang", "zh", "-c", "no", "config", "check").stderr
    assert "wrong configuration" in small.call("-c", "no", "config", "check").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["proposals", "show"], 3, ["no proposal"]),
        (["replay", "unknown"], 3, ["unknown"]),
        (["nightly", "--account", "other"], 3, ["other", "shop"]),
        (["nightly", "--date", "4 March"], 8, ["2026-03-04"]),
        (["approve", "7", "-y"], 3, ["7"]),
        (["serve", "--host", "0.0.0.0"], 2, ["no user yet", "--role owner"]),
        (["nonsense"], 2, ["nonsense"]),
    ],
)
def test_what_cannot_be_done_is_said_with_its_code(small, arguments, code, words):
    refused(small.call(*arguments), code, *words)


def test_a_database_of_another_kind_is_named(small):
    small.env["KAICHE_DATABASE_URL"] = "nosuch://place/name"
    refused(small.call("database", "check"), 7, "nosuch")
    small.env["KAICHE_DATABASE_URL"] = "sqlite:////proc/none/kaiche.db"
    refused(small.call("database", "migrate"), 7, "/proc/none")


def test_the_database_is_made_and_checked(small):
    refused(small.call("database", "check"), 7, "kaiche database migrate")
    assert small.call("database", "migrate").returncode == 0
    assert small.call("database", "check").returncode == 0
    fresh = small.call("database", "check", "--fresh", "--json")
    assert json.loads(fresh.stdout)["differences"] == []


def test_a_crash_goes_to_a_file_that_the_message_names(small):
    (small.folder / "breaking").mkdir()
    (small.folder / "breaking" / "sitecustomize.py").write_text(
        "import service.store.proposals as p\n"
        "def page(*a, **k): raise RuntimeError('a fault of ours')\n"
        "p.page = page\n",
        encoding="utf-8",
    )
    small.env["PYTHONPATH"] = "breaking"
    done = small.run("proposals", "list")
    refused(done, 70, "kaiche-crash", "RuntimeError")
    (log,) = (small.folder / "var").glob("kaiche-crash-*.log")
    assert "a fault of ours" in log.read_text(encoding="utf-8")
    assert log.name in done.stderr.replace("\n", "")


def test_a_blocked_proposal_is_opened_by_a_person_with_a_reason(small):
    rich = SHOP.replace("margin_rate: 0.3", "margin_rate: 0.9")  # so that raises pay
    text = rich + "    guardrails: {max_spend_rise: 0}\n"
    (small.folder / "kaiche.yaml").write_text(text, encoding="utf-8")
    night = json.loads(small.call("nightly", "--date", "2026-03-04", "--json").stdout)["nights"][0]
    assert night["state"] == "blocked"
    assert "max_spend_rise" in night["breaches"][0]["message_en"]
    refused(small.call("approve", "--all", "-y"), 0)
    assert json.loads(small.call("proposals", "show", "--json").stdout)["state"] == "blocked"
    opened = small.call("override", "--reason", "first night of the shop", "-y", "--json")
    assert opened.returncode == 0, opened.stderr
    approved = small.call("approve", "--all", "-y", "--json")
    assert json.loads(approved.stdout)["changed"] == json.loads(opened.stdout)["changed"]


def test_the_scheduler_alone_says_what_is_next_and_ends_on_a_signal(small):
    # On 29 February only: whatever today is, no night is due within the hour.
    text = SHOP + '    schedule: {cron: "0 0 29 2 *", misfire_hours: 1}\n'
    (small.folder / "kaiche.yaml").write_text(text, encoding="utf-8")
    process = small.start("scheduler", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "the next night is at 20" in said
    assert "-02-29 00:00 CST" in said
