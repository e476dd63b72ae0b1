"""Everything built once from a configuration, as the processes do it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.reports import ReportsPlatform
from connectors.sandbox import SandboxPlatform
from service import wiring
from service.audit import Origin
from service.errors import NotFoundError, StoreError
from service.settings.models import Account, Settings

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
    assert isinstance(wiring.platform(sandbox, date(2026, 3, 2)), SandboxPlatform)
    found = wiring.platform(reports, date(2026, 3, 2))
    assert isinstance(found, ReportsPlatform)
    assert found.attribution_days == 7
