"""Reading a right configuration: values, paths, secrets, warnings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import ConfigError
from service.settings.database import Database
from service.settings.loader import Loaded, load, read
from service.settings.models import Account, ReportsConnector, SandboxConnector

ACCOUNT = """\
accounts:
  - id: {id}
    connector: {connector}
    objective: {objective}
    budgets: {{daily: 300, monthly: {monthly}}}
    economics:
      - margin_rate: 0.38
{more}
"""
ALLOWANCE = "{amount: %s, window_days: 10, window_cap: %s, end_date: 2026-12-31}"


def written(tmp_path: Path, more: str = "", **given: str) -> Path:
    values = {
        "id": "shop",
        "connector": "{kind: reports, path: exports}",
        "objective": "profit",
        "monthly": "null",
    } | given
    (tmp_path / "exports").mkdir(exist_ok=True)
    path = tmp_path / "kaiche.yaml"
    path.write_text(ACCOUNT.format(more=more, **values), encoding="utf-8")
    return path


def account(tmp_path: Path, more: str = "", **given: str) -> Account:
    (only,) = load(written(tmp_path, more, **given), {}).accounts
    return only


def said(loaded: Loaded) -> list[str]:
    return [
        f"{warning.mark and warning.mark.line} {warning.path} {warning.message}"
        for warning in loaded.warnings
    ]


def test_values_keep_what_was_written(tmp_path: Path) -> None:
    more = (
        "    allowance: " + ALLOWANCE % ("0.29", "2.90") + "\n"
        "    locked_keywords: [012345678901234567, '7']\n"
        "    auto_approve: {enabled: true, max_step: 0.05}\n"
        "    name: '2026'\n"
        "    explore_share: 0\n"
    )
    shop = account(tmp_path, more)
    assert shop.allowance is not None
    assert shop.allowance.amount == Decimal("0.29")
    assert shop.allowance.end_date == date(2026, 12, 31)
    assert shop.locked_keywords == ("012345678901234567", "7")
    assert shop.auto_approve.enabled is True
    assert shop.name == "2026"
    assert shop.explore_share == 0.0
    assert shop.budgets.monthly is None


def test_a_byte_order_mark_and_quotes_are_accepted(tmp_path: Path) -> None:
    path = written(tmp_path, id='"shop"')
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path, {}).accounts[0].id == "shop"


def test_paths_start_from_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = written(tmp_path, more="database: sqlite:///../var/k.db")
    monkeypatch.chdir(elsewhere)
    settings = load(Path("../kaiche.yaml"), {})
    connector = settings.accounts[0].connector
    assert isinstance(connector, ReportsConnector)
    assert connector.path == tmp_path / "exports"
    assert settings.database.address == f"sqlite:///{(tmp_path / '../var/k.db').resolve()}"
    assert load(path, {}) == settings


def test_the_state_of_the_sandbox_too(tmp_path: Path) -> None:
    connector = account(tmp_path, connector="{kind: sandbox, state: s.db}").connector
    assert isinstance(connector, SandboxConnector)
    assert connector.state == tmp_path / "s.db"
    without = account(tmp_path, connector="{kind: sandbox}").connector
    assert isinstance(without, SandboxConnector)
    assert without.state is None


def test_absolute_paths_and_other_databases_stay(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/k.db", "sqlite://", "postgresql+psycopg://db/kaiche"):
        assert load(written(tmp_path, more=f"database: {url}"), {}).database.address == url


def test_an_address_alone_stands_for_the_block(tmp_path: Path) -> None:
    alone = load(written(tmp_path, more="database: sqlite:///k.db"), {}).database
    assert alone == Database(address=f"sqlite:///{tmp_path}/k.db")
    block = "database: {address: 'sqlite:///k.db', pool_size: 3, statement_seconds: 60}"
    whole = load(written(tmp_path, more=block), {}).database
    assert whole == Database(address=alone.address, pool_size=3, statement_seconds=60)
    limits = written(tmp_path, more="database: {busy_seconds: 5}")
    elsewhere = load(limits, {"KAICHE_DATABASE_URL": "postgresql://db/kaiche"}).database
    assert elsewhere == Database(address="postgresql://db/kaiche", busy_seconds=5)


def test_the_environment_replaces_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://kaiche:sesame@db/kaiche"
    loaded = read(written(tmp_path), {"KAICHE_DATABASE_URL": url, "KAICHE_APP_SECRET": ""})
    assert loaded.settings.database.address == url
    assert loaded.secrets.database_url == url
    assert loaded.secrets.app_secret is None
    assert "sesame" not in repr(loaded)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    local = load(written(tmp_path), {"KAICHE_DATABASE_URL": "sqlite:///k.db"})
    assert local.database.address == f"sqlite:///{elsewhere}/k.db"


def test_a_sound_configuration_has_no_warning(tmp_path: Path) -> None:
    more = "    allowance: " + ALLOWANCE % (30, 300)
    assert read(written(tmp_path, more, monthly="9300"), {}).warnings == ()


def test_warnings_name_what_can_never_matter(tmp_path: Path) -> None:
    more = (
        "    allowance: " + ALLOWANCE % ("300.01", "3000.11") + "\n"
        "    auto_approve: {enabled: true, max_step: 0.3}\n"
    )
    loaded = read(
        written(tmp_path, more, monthly="9300.01", connector="{kind: reports, path: none}"), {}
    )
    assert said(loaded) == [
        f"3 accounts[0].connector.path {tmp_path / 'none'} does not exist (yet)",
        "5 accounts[0].budgets.monthly 9300.01 is never reached: 31 days of the daily budget "
        "are 9300",
        "8 accounts[0].allowance.amount 300.01 is more than the daily budget (300); a day cannot "
        "lose more than it spends",
        "8 accounts[0].allowance.window_cap 3000.11 is never reached: 10 days of 300.01 lose at "
        "most 3000.10",
        "9 accounts[0].auto_approve.max_step 0.3 is as wide as the guardrails' steps, so no "
        "change would wait for a person",
    ]


def test_a_default_that_deserves_a_warning_is_told_at_its_block(tmp_path: Path) -> None:
    more = (
        "    guardrails: {max_step_up: 0.1, max_step_down: 0.1}\n"
        "    auto_approve:\n      enabled: true\n"
    )
    (only,) = said(read(written(tmp_path, more), {}))
    assert only.startswith("9 accounts[0].auto_approve.max_step 0.1 is as wide")


def test_two_accounts_on_one_folder_are_told(tmp_path: Path) -> None:
    path = written(tmp_path)
    second = path.read_text(encoding="utf-8").removeprefix("accounts:\n")
    path.write_text(
        path.read_text(encoding="utf-8")
        + second.replace("id: shop", "id: other").replace("path: exports", "path: ./exports/")
        + "  - id: third\n    connector: {kind: sandbox}\n    objective: profit\n"
        "    budgets: {daily: 1}\n    economics: [{margin_rate: 0.1}]\n",
        encoding="utf-8",
    )
    (only,) = said(read(path, {}))
    assert only.startswith("10 accounts[1].connector.path ")
    assert "also the folder of account shop" in only


KEYS = st.sampled_from(["accounts", "id", "budgets", "daily", "connector", "kind", "database", "x"])
SCALARS = st.one_of(
    st.sampled_from(
        ["reports", "sandbox", "300", "0.3", "null", "yes", "2026-12-31", "'7'", "!x 3"]
    ),
    st.text(max_size=8),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.lists(st.tuples(KEYS, inner), max_size=4).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
        ),
    ),
    max_leaves=12,
)


@given(text=DOCUMENTS)
def test_whatever_is_written_ends_in_settings_or_in_a_refusal(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    told = str(path)
    try:
        load(path, {})
    except ConfigError as refused:
        told = str(refused)
    assert told.startswith(str(path))
