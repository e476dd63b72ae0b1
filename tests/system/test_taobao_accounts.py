"""Shops over HTTP: a night and a doctor against the sandbox's gateway, one for each generation."""

import functools
import json
from datetime import UTC, datetime

import pytest

from connectors.sandbox.gateway import SandboxClock, open_gateway, serve, shops_of
from service import wiring

MORNING = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
NIGHT = "2026-03-04"
ACCOUNT = """\
  - id: {id}
    connector:
      kind: taobao
      generation: {generation}
      nick: {nick}
      gateway: {gateway}
      daily_calls: 100000
    history_days: 14
    budgets: {{daily: 400}}
    allowance: {{amount: 40, window_days: 30, window_cap: 600, end_date: 2027-12-31}}
    guardrails: {{max_changed_share: 1, max_spend_rise: 5, max_step_down: 0.9}}
    economics: [{{margin_rate: 0.3}}]
"""


@pytest.fixture(params=["simba", "universalbp"])
def over_http(request, shop, monkeypatch):
    """A shop whose account is the gateway's, and a second account that nobody authorised."""
    clock = SandboxClock.standing(MORNING)
    gateway = open_gateway(5, shops_of(5, keywords=80, history_days=14), clock)
    (front,) = gateway.fronts.values()
    with serve(gateway) as url:
        about = {
            "generation": request.param,
            "nick": front.nick,
            "gateway": f"{url}/router/rest",
        }
        accounts = "".join(ACCOUNT.format(id=name, **about) for name in ("my-shop", "stranger"))
        (shop.folder / "kaiche.yaml").write_text(
            f"database: sqlite:///var/kaiche.db\naccounts:\n{accounts}", encoding="utf-8"
        )
        secrets = shop.folder / "secrets.json"
        secrets.write_text(json.dumps({"KAICHE_SESSION_MY_SHOP": front.session}))
        secrets.chmod(0o600)
        shop.env |= {
            "KAICHE_APP_KEY": gateway.app.key,
            "KAICHE_APP_SECRET": gateway.app.secret,
            "KAICHE_SECRETS_FILE": str(secrets),
            "NO_PROXY": "127.0.0.1",
        }
        monkeypatch.setattr(
            "service.wiring.wire", functools.partial(wiring.wire, clock=lambda: MORNING)
        )
        shop.secret_words = (gateway.app.secret, front.session)
        yield shop


def test_a_night_over_http_and_a_shop_without_session(over_http):
    done = over_http.call("nightly", "--date", NIGHT, "--json")
    assert done.returncode == 9
    mine, stranger = json.loads(done.stdout)["nights"]
    assert mine["account_id"] == "my-shop"
    assert mine["planned"]
    assert mine["largest"]
    assert "KAICHE_SESSION_STRANGER" in stranger["error"]
    assert not any(word in done.stdout + done.stderr for word in over_http.secret_words)


def test_the_doctor_reads_and_finds_nothing_wrong(over_http):
    done = over_http.call("doctor", "--account", "my-shop", "--json")
    assert done.returncode == 0, done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["sign in"]["passed"]
    assert checks["units of spend"]["passed"]
    assert checks["right to write"]["passed"] is None
    assert not any(word in done.stdout for word in over_http.secret_words)


def test_the_doctor_names_the_shop_that_needs_authorisation(over_http):
    done = over_http.call("doctor")
    assert done.returncode == 1
    assert "stranger (access)" in done.stderr
    assert "KAICHE_SESSION_STRANGER" in done.stdout


def test_the_doctor_looks_at_a_simulated_shop(shop):
    done = shop.call("doctor", "--json")
    assert done.returncode == 0, done.stderr
    checks = json.loads(done.stdout)["checks"]
    assert [check["name"] for check in checks] == ["open the source", "read words", "read reports"]
    assert "300 words" in checks[1]["detail"]["en"]
    assert "300 个词" in checks[1]["detail"]["zh"]


def test_the_doctor_says_what_a_folder_of_exports_lacks(shop):
    text = (shop.folder / "kaiche.yaml").read_text(encoding="utf-8")
    start = text.index("    connector:")
    end = text.index("\n", start)
    changed = f"{text[:start]}    connector: {{kind: reports, path: exports}}{text[end:]}"
    (shop.folder / "kaiche.yaml").write_text(changed, encoding="utf-8")
    done = shop.call("doctor")
    assert done.returncode == 1
    assert "exports" in done.stdout, done.stderr
    assert "FAILED" in done.stdout
