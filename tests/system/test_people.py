"""A new user's path on the real command line: owner, specialist, approve; tokens; who may not."""

import json
from datetime import UTC, datetime

import pytest

from service.standing import LIMITS_RAISED
from service.store import interventions, open_store
from service.store.interventions import NewAlert

PASSWORD = "a horse, a battery\n"


@pytest.fixture
def staffed(shop):
    """The small shop with an owner, added by whoever sat there."""
    done = shop.call("user", "add", "Zhang", "--role", "owner", "--password-stdin", stdin=PASSWORD)
    assert done.returncode == 0, done.stderr
    shop.env["KAICHE_ACTOR"] = "zhang"
    return shop


def users(shop):
    return {one["name"]: one for one in json.loads(shop.call("user", "list", "--json").stdout)}


def test_the_first_user_has_to_own_something(shop):
    add = ("user", "add", "li", "--password-stdin")
    refused = shop.call(*add, stdin=PASSWORD)
    assert refused.returncode == 4
    assert "must be an owner" in refused.stderr
    assert users(shop) == {}
    assert "open to this machine only" in shop.call("user", "list").stdout


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("li", "abc 12345\n", "12 to 256"),
        ("li", "aaaaaaaaaaaaaa\n", "easy to guess"),
        ("zhang-wei", "zhang-wei 12345\n", "easy to guess"),
        ("a/b", PASSWORD, "cannot be used"),
        ("kaiche", PASSWORD, "taken by kaiche"),
    ],
)
def test_a_name_or_password_that_will_not_do_is_told(shop, name, password, words):
    add = ("user", "add", name, "--role", "owner", "--password-stdin")
    refused = shop.call(*add, stdin=password)
    assert refused.returncode == 8
    assert words in refused.stderr
    assert password.strip() not in refused.stderr.replace(name, "")


def test_roles_are_given_and_taken_and_the_last_owner_stays(staffed):
    add = ("user", "add", "li", "--role", "specialist", "--password-stdin")
    assert staffed.call(*add, stdin=PASSWORD).returncode == 0
    assert users(staffed)["li"]["roles"] == {"shop": "specialist"}
    assert staffed.call("user", "role", "li", "viewer", "--account", "shop").returncode == 0
    assert users(staffed)["li"]["roles"] == {"shop": "viewer"}
    assert staffed.call("user", "role", "li", "none", "--account", "shop").returncode == 0
    assert users(staffed)["li"]["roles"] == {}
    for last in (["user", "disable", "zhang"], ["user", "role", "zhang", "viewer", "-a", "*"]):
        refused = staffed.call(*last)
        assert (refused.returncode, "nobody would own" in refused.stderr) == (4, True), refused
    unknown = staffed.call("user", "role", "li", "viewer", "--account", "elsewhere")
    assert (unknown.returncode, "elsewhere" in unknown.stderr) == (3, True)


def test_with_users_a_decision_has_to_be_somebodys(staffed):
    staffed.env["KAICHE_ACTOR"] = "tester"
    for command in (["stop"], ["user", "disable", "zhang"], ["resume"]):
        refused = staffed.call(*command)
        assert refused.returncode == 8, refused
        assert "tester is no active user" in refused.stderr
    staffed.env["KAICHE_ACTOR"] = "ZHANG"
    assert staffed.call("stop", "--reason", "looking").returncode == 0
    (event, *_) = json.loads(staffed.call("audit", "--json").stdout)
    assert (event["action"], event["actor"]) == ("stop_ordered", "zhang")


def test_a_token_is_shown_once_and_ends_at_once(staffed):
    made = staffed.call("token", "create", "zhang", "digest", "--role", "viewer", "--days", "30")
    token = made.stdout.strip()
    assert token.startswith("kaiche_")
    (listed,) = json.loads(staffed.call("token", "list", "--json").stdout)
    assert (listed["label"], listed["role"], listed["accounts"]) == ("digest", "viewer", None)
    assert staffed.call("token", "revoke", listed["token_id"]).returncode == 0
    (listed,) = json.loads(staffed.call("token", "list", "--json").stdout)
    assert listed["revoked_at"]
    everything = staffed.call("token", "list").stdout + staffed.call("audit", "--json").stdout
    assert token not in everything
    assert PASSWORD.strip() not in everything
    stored = (staffed.folder / "var" / "kaiche.db").read_bytes()
    wal = staffed.folder / "var" / "kaiche.db-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    assert token.encode() not in stored
    assert PASSWORD.strip().encode() not in stored


def test_a_server_that_was_protected_by_the_old_token_does_not_start_without(shop):
    shop.env["KAICHE_TOKEN"] = "correct-horse-battery"
    refused = shop.call("serve")
    assert refused.returncode == 2
    assert "kaiche token create" in refused.stderr
    assert "correct-horse" not in refused.stderr


def test_a_user_is_linked_to_the_log_in_of_the_organisation(staffed):
    add = ("user", "add", "li", "--oidc", "Li@Example.cn")
    refused = staffed.call(*add)
    assert (refused.returncode, "write the block oidc" in refused.stderr) == (8, True), refused
    config = staffed.folder / "kaiche.yaml"
    text = config.read_text(encoding="utf-8")
    block = (
        "server: {public_url: https://bids.example.cn}\noidc: {issuer: https://login.example.cn, "
    )
    config.write_text(f"{block}client_id: kaiche}}\n{text}", encoding="utf-8")
    assert staffed.call(*add).returncode == 0
    assert (users(staffed)["li"]["enters_by"], users(staffed)["li"]["linked_as"]) == (
        ["oidc"],
        "email:li@example.cn",
    )
    taken = staffed.call("user", "link", "zhang", "LI@example.cn")
    assert (taken.returncode, "linked to li already" in taken.stderr) == (4, True), taken
    taken = staffed.call("user", "add", "wang", "--oidc", "li@example.cn")
    assert (taken.returncode, "linked to li already" in taken.stderr) == (4, True), taken
    assert staffed.call("user", "link", "li", "none").returncode == 0
    assert staffed.call("user", "link", "zhang", "li@example.cn").returncode == 0
    assert users(staffed)["zhang"]["enters_by"] == ["password", "oidc"]
    assert users(staffed)["li"]["enters_by"] == []
    (event, *_) = json.loads(staffed.call("audit", "--json").stdout)
    assert (event["action"], event["before"]) == ("identity_linked", {"linked_as": None})


def test_a_raise_waits_for_an_owner_also_at_the_terminal(staffed):
    add = ("user", "add", "li", "--role", "specialist", "--password-stdin")
    assert staffed.call(*add, stdin=PASSWORD).returncode == 0
    alert = NewAlert(
        at=datetime(2026, 3, 4, tzinfo=UTC),
        account_id="shop",
        kind=LIMITS_RAISED,
        subject="limits",
        before={"budgets.daily": 40_000},
        after={"budgets.daily": 90_000},
        message_zh="放宽",
        message_en="raised",
    )
    store = open_store(f"sqlite:///{staffed.folder / 'var/kaiche.db'}")
    with store.begin() as session:
        interventions.add_alerts(session, [alert])
    store.close()
    acknowledge = ("alerts", "--acknowledge", "1", "--reason", "double eleven")
    staffed.env["KAICHE_ACTOR"] = "li"
    refused = staffed.call(*acknowledge)
    assert (refused.returncode, "waits for an owner" in refused.stderr) == (8, True)
    staffed.env["KAICHE_ACTOR"] = "zhang"
    assert staffed.call(*acknowledge).returncode == 0
