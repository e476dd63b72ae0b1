"""Everything built once from a configuration, as the processes do it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.errors import AuthorisationError, PermanentError
from connectors.reports import ReportsPlatform
from connectors.sandbox import SandboxPlatform
from connectors.taobao import Rate, SimbaPlatform, UniversalbpPlatform
from service import platforms, wiring
from service.audit import Origin
from service.errors import NotFoundError, StoreError
from service.settings.models import Account, Settings
from service.settings.platform_secrets import PlatformSecrets

EVENING = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)  # the next morning in Shanghai
ASKED = Origin(at=EVENING, actor="tester", source="cli")


def settings(folder: Path) -> Settings:
    shop = {
        "id": "shop",
        "connector": {
            "kind": "sandbox",
            "keywords": 40,
            "history_days": 10,
            "state": str(folder / "shop.json"),
        },
        "budgets": {"daily": "2000"},
        "economics": [{"margin_rate": 0.4}],
        "objective": "profit",
        "history_days": 10,
    }
    database = f"sqlite:///{folder / 'var' / 'kaiche.db'}"
    return Settings.model_validate({"accounts": [shop], "database": database})


def test_a_night_from_the_configuration_alone(tmp_path: Path) -> None:
    wired = wiring.wire(settings(tmp_path), clock=lambda: EVENING, migrate=True)
    try:
        result = wired.run_night("shop", None, ASKED)
        again = wired.run_night("shop", date(2026, 3, 2), ASKED)
    finally:
        wired.store.close()
    assert result.run.business_date == date(2026, 3, 2)
    assert result.run.counts["keywords"] == 40
    assert (result.planned, again.planned) == (True, False)


def test_without_tables_nothing_is_wired(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="kaiche database migrate"):
        wiring.wire(settings(tmp_path))


def test_an_unknown_account_is_told_which_there_are(tmp_path: Path) -> None:
    wired = wiring.wire(settings(tmp_path), migrate=True)
    with pytest.raises(NotFoundError, match="only: shop"):
        wired.run_night("shpo", None, ASKED)
    assert wired.clock().tzinfo is UTC
    wired.store.close()


def test_each_connector_of_the_configuration_has_its_platform(tmp_path: Path) -> None:
    sandbox = settings(tmp_path).accounts[0]
    reports = Account.model_validate(
        sandbox.model_dump()
        | {"connector": {"kind": "reports", "path": str(tmp_path), "attribution_days": 7}}
    )
    assert isinstance(platforms.platform(sandbox, date(2026, 3, 2)), SandboxPlatform)
    found = platforms.platform(reports, date(2026, 3, 2))
    assert isinstance(found, ReportsPlatform)
    assert found.attribution_days == 7


APP = {"KAICHE_APP_KEY": "12345678", "KAICHE_APP_SECRET": "sesame"}


def taobao(generation: str) -> Account:
    connector = {"kind": "taobao", "generation": generation, "nick": "店"}
    base = settings(Path()).accounts[0].model_dump()
    return Account.model_validate(base | {"connector": connector})


@pytest.mark.parametrize(
    ("generation", "kind"), [("simba", SimbaPlatform), ("universalbp", UniversalbpPlatform)]
)
def test_a_shop_is_opened_once_and_keeps_its_pace(
    tmp_path: Path, generation: str, kind: type
) -> None:
    secrets = PlatformSecrets(values=APP | {"KAICHE_SESSION_SHOP": "token"})
    wired = wiring.wire(settings(tmp_path), clock=lambda: EVENING, migrate=True, secrets=secrets)
    account = taobao(generation)
    assert wired.platforms is not None
    assert isinstance(wired.night.platform(account, date(2026, 3, 2)), kind)
    first = wired.platforms.transport(account)
    assert wired.platforms.transport(account) is first
    assert "token" not in repr(first.shop)
    wired.close()


def test_every_method_keeps_the_rate_of_the_configuration(tmp_path: Path) -> None:
    base = taobao("simba").model_dump()
    rates = {"per_second": 40, "methods": {"simba.keywords.pricevon.set": 0.5}}
    account = Account.model_validate(base | {"connector": base["connector"] | {"rates": rates}})
    secrets = PlatformSecrets(values=APP | {"KAICHE_SESSION_SHOP": "token"})
    wired = wiring.wire(settings(tmp_path), clock=lambda: EVENING, migrate=True, secrets=secrets)
    assert wired.platforms is not None
    patience = wired.platforms.transport(account).patience
    wired.close()
    assert patience.rate == Rate(per_second=40, burst=40)
    assert patience.rates == {"simba.keywords.pricevon.set": Rate(per_second=0.5, burst=1)}


def test_a_renewed_session_counts_without_a_new_process(tmp_path: Path) -> None:
    file, account = tmp_path / "secrets.yaml", taobao("simba")

    def write(session: str, mode: int = 0o600) -> None:
        file.write_text(f"KAICHE_SESSION_SHOP: {session}\n", encoding="utf-8")
        file.chmod(mode)

    write("old")
    secrets = PlatformSecrets.find(APP | {"KAICHE_SECRETS_FILE": str(file)}, [account])
    wired = wiring.wire(settings(tmp_path), clock=lambda: EVENING, migrate=True, secrets=secrets)
    assert wired.platforms is not None
    first = wired.platforms.transport(account)
    assert (first.shop.session, wired.platforms.transport(account)) == ("old", first)
    write("new")
    assert wired.platforms.transport(account).shop.session == "new"
    write("new", mode=0o644)
    with pytest.raises(PermanentError, match="chmod 600"):
        wired.platforms.transport(account)
    wired.close()


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        (APP, AuthorisationError, "set KAICHE_SESSION_SHOP in the environment"),
        ({"KAICHE_APP_SECRET": "sesame"}, PermanentError, "KAICHE_APP_KEY"),
        ({"KAICHE_APP_KEY": "1"}, PermanentError, "set KAICHE_APP_SECRET"),
    ],
)
def test_what_is_missing_is_told_by_its_variable(
    values: dict[str, str], error: type[PermanentError], said: str
) -> None:
    with pytest.raises(error, match=said) as told:
        platforms.shop_of(taobao("simba"), PlatformSecrets(values=values))
    assert "sesame" not in str(told.value)
