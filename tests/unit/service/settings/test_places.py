"""Time zones and database addresses."""

from __future__ import annotations

import pytest

from service.settings import places


@pytest.mark.parametrize("name", ["Asia/Shanghai", "Asia/Urumqi", "UTC"])
def test_zones(name: str) -> None:
    assert places.timezone_complaint(name) is None


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("Asia/Beijing", "write Asia/Shanghai"),
        ("hangzhou", "write Asia/Shanghai"),
        ("asia/tokio", "write Asia/Tokyo"),
        ("../../etc/passwd", "is no time zone"),
        ("qqq", "a name such as Asia/Shanghai"),
        ("", "a name such as Asia/Shanghai"),
    ],
)
def test_no_zones(name: str, instead: str) -> None:
    said = places.timezone_complaint(name)
    assert said is not None
    assert instead in said


def test_passwords_are_found_wherever_they_stand() -> None:
    assert places.has_password("postgresql+psycopg://u:p@h/d")
    assert places.has_password("postgresql+psycopg://h/d?sslpassword=p")
    assert not places.has_password("postgresql+psycopg://u@h/d?application_name=kaiche")
    assert not places.has_password("no address")


def test_masked_addresses() -> None:
    assert places.masked("sqlite:////var/k.db") == "sqlite:////var/k.db"
    shown = places.masked("postgresql+psycopg://u:sesame@h:5432/d?password=sesame&x=1")
    assert "sesame" not in shown
    assert shown.startswith("postgresql+psycopg://u:")
    assert shown.endswith("@h:5432/d?password=%2A%2A%2A%2A%2A%2A%2A%2A&x=1")
