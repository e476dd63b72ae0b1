"""The files in config/ are right, and fit the shop that the demo runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from connectors.sandbox.gateway.methods import METHODS as SPOKEN
from connectors.sandbox.platform import SandboxPlatform
from service.economics import margins, unused
from service.settings.call_rates import METHODS
from service.settings.connectors import SimulatedShop, TaobaoConnector
from service.settings.loader import read
from service.settings.models import Account
from service.settings.platform_secrets import session_variable

CONFIGS = Path(__file__).parents[4] / "config"


def shop_of(account: Account) -> tuple[str, SimulatedShop]:
    connector = account.connector
    assert isinstance(connector, TaobaoConnector)
    assert connector.sandbox is not None
    assert connector.sandbox.state is not None
    return connector.generation, connector.sandbox


def test_the_demo_names_adgroups_and_campaigns_of_its_sandbox_shop() -> None:
    loaded = read(CONFIGS / "kaiche.yaml", {})
    demo, second = loaded.settings.accounts
    assert loaded.warnings == ()
    assert {shop_of(demo)[0], shop_of(second)[0]} == {"universalbp", "simba"}
    simulated = shop_of(demo)[1]
    shop = SandboxPlatform(
        clock=lambda: date(2026, 8, 1),
        seed=simulated.seed,
        keywords=simulated.keywords,
        history_days=1,
    ).roster()
    assert len(shop.keywords) >= 2_000
    assert unused(demo, shop.adgroups) == ()
    assert demo.budgets.campaigns.keys() <= {row.campaign_id for row in shop.campaigns}
    sources = {margin.source for margin in margins(demo, shop.adgroups).values()}
    assert sources == {"adgroup", "item", "default"}


def test_the_example_for_an_agency_is_right() -> None:
    loaded = read(CONFIGS / "examples" / "reports.yaml", {})
    assert [account.connector.kind for account in loaded.settings.accounts] == ["reports"] * 2
    assert {warning.path for warning in loaded.warnings} <= {
        "accounts[0].connector.path",
        "accounts[1].connector.path",
    }


def test_the_example_over_the_platform_is_right() -> None:
    loaded = read(CONFIGS / "examples" / "taobao.yaml", {})
    assert loaded.warnings == ()
    variables = [session_variable(account) for account in loaded.settings.accounts]
    assert variables == ["KAICHE_SESSION_WOMENS_SHOES", "KITCHEN_SESSION"]
    text = (CONFIGS / "examples" / "taobao.yaml").read_text(encoding="utf-8")
    assert all(f"#   {variable} " in text for variable in variables)


def test_every_method_with_a_rate_is_one_of_the_protocol() -> None:
    named = {f"taobao.{name}" for names in METHODS.values() for name in names}
    assert named <= SPOKEN.keys()
