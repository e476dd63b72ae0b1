"""Who may enter: with the token from anywhere, without one from this machine only."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.security import Access, access, host_name, is_loopback
from service.errors import ConfigError

TOKEN = "correct-horse-battery-staple"
GUARDED = ("/metrics", "/api/v1/accounts", "/api/v1/openapi.json", "/api/v1/nothing-here")
OPEN = ("/healthz", "/readyz")


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("url", GUARDED)
def test_with_a_token_everything_asks_for_it(client_of: Any, url: str) -> None:
    client = client_of(Access(TOKEN), peer="203.0.113.9")
    refused = client.get(url)
    assert refused.status_code == 401
    assert refused.json()["type"].endswith("/unauthorized")
    assert refused.headers["www-authenticate"] == 'Bearer realm="kaiche"'
    assert client.get(url, headers=bearer(TOKEN)).status_code in (200, 404)


@pytest.mark.parametrize("url", OPEN)
def test_probes_need_no_token(client_of: Any, url: str) -> None:
    client = client_of(Access(TOKEN), peer="203.0.113.9")
    assert client.get(url, headers={"host": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Bearer {TOKEN.upper()}",
        "Bearer \xe9",
    ],
)
def test_a_wrong_token_is_refused_as_invalid(client_of: Any, value: str) -> None:
    refused = client_of(Access(TOKEN)).get(
        "/api/v1/accounts", headers={"authorization": value.encode("latin-1")}
    )
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert TOKEN not in refused.text


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_is_of_either_case(client_of: Any, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {TOKEN}"}
    assert client_of(Access(TOKEN)).get("/api/v1/accounts", headers=headers).status_code == 200


def test_without_a_token_another_machine_is_refused(client_of: Any) -> None:
    refused = client_of(peer="192.168.1.20").get("/api/v1/accounts")
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/loopback-only")


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_without_a_token_this_machine_is_served(client_of: Any, peer: str) -> None:
    assert client_of(peer=peer).get("/api/v1/accounts").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8750", "127.0.0.1.evil.example", "", "[::1", "0.0.0.0"]
)
def test_without_a_token_a_rebound_name_is_refused(client_of: Any, host: str) -> None:
    refused = client_of().get("/api/v1/accounts", headers={"host": host})
    assert refused.status_code == 421
    assert refused.json()["type"].endswith("/misdirected")


@pytest.mark.parametrize("host", ["localhost:8750", "LOCALHOST", "127.0.0.1", "[::1]:8750"])
def test_without_a_token_this_machines_names_are_served(client_of: Any, host: str) -> None:
    assert client_of().get("/api/v1/accounts", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("rule", [Access(), Access(TOKEN)], ids=["loopback", "token"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "http://[::1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_a_change_from_another_site_is_refused(
    client_of: Any, rule: Access, headers: dict[str, str]
) -> None:
    client = client_of(rule)
    body = {"account_id": "shop-2"}
    refused = client.post("/api/v1/runs", json=body, headers=headers | bearer(TOKEN))
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/cross-site")
    assert client.get("/api/v1/accounts", headers=headers | bearer(TOKEN)).status_code == 200


def test_a_change_from_our_own_page_is_taken(client_of: Any) -> None:
    headers = {"origin": "http://127.0.0.1:8750", "sec-fetch-site": "same-origin"}
    taken = client_of().post("/api/v1/runs", json={"account_id": "shop-2"}, headers=headers)
    assert taken.status_code == 202


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "shop.example", ""])
def test_without_a_token_no_other_host_is_bound(host: str) -> None:
    with pytest.raises(ConfigError, match="KAICHE_TOKEN is not set") as refused:
        access(None, host=host)
    assert "127.0.0.1" in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost"])
def test_without_a_token_loopback_is_bound_and_said(host: str) -> None:
    assert "this machine only" in access("", host=host).sentence


def test_with_a_token_any_host_is_bound_and_said() -> None:
    rule = access(TOKEN, host="0.0.0.0")
    assert "every request must carry it" in rule.sentence
    assert TOKEN not in rule.sentence


@pytest.mark.parametrize(
    ("token", "complaint"),
    [("short", "could be guessed"), ("密" * 20, "cannot be sent"), ("a b" * 9, "cannot be sent")],
)
def test_a_token_that_cannot_work_is_refused(token: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as refused:
        access(token, host="127.0.0.1")
    assert token not in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "declared", "actor"),
    [
        (Access(), "", "loopback"),
        (Access(), "%E5%B0%8F%E7%8E%8B", "loopback/小王"),
        (Access(TOKEN), "wang@shop", "token/wang@shop"),
        (Access(TOKEN), "a%0Ab", "token"),
        (Access(TOKEN), "x" * 60, "token"),
    ],
)
def test_the_record_names_who_acted_and_that_the_name_is_declared(
    client_of: Any, rule: Access, declared: str, actor: str
) -> None:
    client = client_of(rule)
    headers = bearer(TOKEN) | {"x-actor": declared}
    assert client.get("/api/v1/proposals/proposal-1/sheet", headers=headers).status_code == 200
    events = client.get("/api/v1/audit-events", headers=bearer(TOKEN)).json()["items"]
    assert [event["actor"] for event in events] == [actor]


def test_hosts() -> None:
    assert [host_name(text) for text in ("a:1", "[::1]:2", "a", "[", "")] == [
        "a",
        "::1",
        "a",
        "",
        "",
    ]
    assert not is_loopback("127.0.0.1.evil.example")
