"""The configuration printed and hashed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from service.settings.effective import config_hash, effective
from service.settings.loader import load, read
from service.settings.secrets import Secrets

CONFIGS = Path(__file__).parents[4] / "config"
SHIPPED = [CONFIGS / "kaiche.yaml", CONFIGS / "examples" / "reports.yaml"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_is_printed_is_a_configuration_again(path: Path, tmp_path: Path) -> None:
    settings = load(path, {})
    shown = effective(settings, Secrets())
    assert shown.pop("secrets") == {
        "KAICHE_DATABASE_URL": "not set",
        "KAICHE_APP_SECRET": "not set",
        "KAICHE_OIDC_SECRET": "not set",
    }
    copy = tmp_path / "copy.yaml"
    copy.write_text(yaml.safe_dump(shown, allow_unicode=True), encoding="utf-8")
    assert load(copy, {}) == settings


def test_no_secret_is_printed() -> None:
    env = {
        "KAICHE_APP_SECRET": "sesame-sesame-sesame",
        "KAICHE_DATABASE_URL": "postgresql+psycopg://kaiche:sesame@db/kaiche",
    }
    loaded = read(SHIPPED[0], env)
    shown = effective(loaded.settings, loaded.secrets)
    assert "sesame" not in repr(shown)
    assert shown["database"]["address"].startswith("postgresql+psycopg://kaiche:")
    assert shown["secrets"]["KAICHE_APP_SECRET"] == "set"


RIGHT = """\
accounts:
  - id: shop
    connector: {kind: sandbox, seed: 3}
    objective: profit
    budgets: {daily: 300, campaigns: {1: 20, 2: 30}}
    economics: [{margin_rate: 0.3}]
    locked_keywords: [7, 8]
"""
SAME = """\
accounts:
  - locked_keywords: ["8", "7", "8"]
    economics:
      - margin_rate: 0.30
        organic_rate: 0
    explore_share: 0.20
    budgets:
      campaigns: {2: 30.0, 1: 20.00}
      daily: 300.00
    objective: profit
    connector: {state: elsewhere.db, seed: 3, kind: sandbox}
    id: shop
"""


def hashed(text: str, tmp_path: Path) -> str:
    path = tmp_path / "kaiche.yaml"
    path.write_text(text, encoding="utf-8")
    return config_hash(load(path, {}).accounts[0])


def test_the_hash_does_not_know_how_it_was_written(tmp_path: Path) -> None:
    assert hashed(RIGHT, tmp_path) == hashed(SAME, tmp_path)


@pytest.mark.parametrize(
    ("right", "other"),
    [
        ("daily: 300", "daily: 300.01"),
        ("1: 20", "1: 21"),
        ("seed: 3", "seed: 4"),
        ("margin_rate: 0.3", "margin_rate: 0.31"),
        ("[7, 8]", "[7]"),
        ("profit", "profit\n    explore_share: 0.1"),
        ("kind: sandbox, seed: 3", "kind: reports, path: x"),
    ],
)
def test_the_hash_knows_what_decides(right: str, other: str, tmp_path: Path) -> None:
    assert hashed(RIGHT.replace(right, other), tmp_path) != hashed(RIGHT, tmp_path)


def test_the_days_of_promotions_count_and_nothing_else_of_them(tmp_path: Path) -> None:
    named = [
        "",
        "    promotions: []\n",
        "    promotions: [{name: a, first: 2027-06-16, last: 2027-06-18},"
        " {name: b, first: 2027-11-11, last: 2027-11-11}]\n",
        "    promotions: [{name: 双11, first: 2027-11-11, last: 2027-11-11},"
        " {name: '618', first: 2027-06-16, last: 2027-06-18}]\n",
        "    promotions: [{name: a, first: 2027-06-16, last: 2027-06-18}]\n",
    ]
    hashes = []
    for place, text in enumerate(named):
        path = tmp_path / f"{place}.yaml"
        path.write_text(RIGHT + text, encoding="utf-8")
        hashes.append(config_hash(load(path, {}).accounts[0]))
    assert hashes[0] == hashes[1]
    assert hashes[2] == hashes[3]
    assert len(set(hashes)) == 3
