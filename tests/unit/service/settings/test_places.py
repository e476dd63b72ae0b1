"""Time zones and database addresses."""

from __future__ import annotations

from pathlib import Path

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


@pytest.mark.parametrize("password", ["sesame", "*sesame", "se/same", "se@same", "se:s?ame&x=1"])
def test_masked_addresses(password: str) -> None:
    login = places.masked(f"postgresql+psycopg://u:{password}@h:5432/d?x=1")
    assert login == "postgresql+psycopg://u:********@h:5432/d?x=1"
    parameter = places.masked("postgresql+psycopg://h/d?y=2&Password=*sesame&x=1")
    assert parameter == "postgresql+psycopg://h/d?y=2&Password=********&x=1"


def test_an_address_without_a_password_is_shown_as_it_is() -> None:
    for url in ("sqlite:////var/a:b@c/k.db", "sqlite://", "postgresql+psycopg://u@h:1/d?x=y"):
        assert places.masked(url) == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kaiche.db", "is not a database address"),
        ("postgresql://db/my base", "is not a database address"),
        ("postgres://db/kaiche", "did you mean postgresql?"),
        ("sqllite:///kaiche.db", "did you mean sqlite?"),
    ],
)
def test_no_addresses(url: str, said: str) -> None:
    assert said in (places.database_complaint(url) or "")


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///k.db", "mysql+pymysql://h/d", "cockroachdb://h/d"]
)
def test_addresses(url: str) -> None:
    assert places.database_complaint(url) is None


@pytest.mark.parametrize(
    ("url", "anchored"),
    [
        ("sqlite:///var/k.db", "sqlite:////etc/var/k.db"),
        ("sqlite+pysqlite:///../k.db?timeout=3", "sqlite+pysqlite:////k.db?timeout=3"),
        ("sqlite:////srv/k.db", "sqlite:////srv/k.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///file:k.db?uri=true", "sqlite:///file:k.db?uri=true"),
        ("postgresql://h/d", "postgresql://h/d"),
    ],
)
def test_sqlite_files_start_from_the_folder(url: str, anchored: str) -> None:
    assert places.anchored(url, Path("/etc")) == anchored
