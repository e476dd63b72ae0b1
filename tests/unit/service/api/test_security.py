"""Who may enter: users with a session or a token; while there is none, this machine only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from crew import Crew, bearer

from service.api.security import Access, access, host_name, is_loopback
from service.errors import ConfigError
from service.people.roles import Role

GUARDED = ("/metrics", "/api/v1/accounts", "/api/v1/openapi.json", "/api/v1/nothing-here")
OPEN = ("/healthz", "/readyz")
SAME = {"origin": "http://127.0.0.1:8750"}


def cookie(key: str) -> dict[str, str]:
    return {"cookie": f"kaiche_session={key}"}


@pytest.mark.parametrize("url", GUARDED)
def test_with_a_user_everything_asks_who_it_is(client_of: Any, crew: Crew, url: str) -> None:
    client = client_of()
    refused = client.get(url)
    assert refused.status_code == 401
    assert refused.json()["type"].endswith("/unauthorized")
    assert refused.headers["www-authenticate"] == 'Bearer realm="kaiche"'
    assert client.get(url, headers=bearer(crew.token("boss"))).status_code in (200, 404)
    assert client.get(url, headers=cookie(crew.cookie("boss"))).status_code in (200, 404)


@pytest.mark.usefixtures("crew")
@pytest.mark.parametrize("url", OPEN)
def test_probes_ask_nobody(client_of: Any, url: str) -> None:
    client = client_of(peer="203.0.113.9")
    assert client.get(url, headers={"host": "10.0.0.7"}).status_code == 200


def test_a_wrong_token_is_refused_as_invalid(client_of: Any, crew: Crew) -> None:
    client, token = client_of(), crew.token("boss")
    wrong = [
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        f"Basic {token}",
        "Bearer",
        "Bearer ",
        token,
        f"Bearer {token.upper()}",
        "Bearer \xe9",
    ]
    for value in wrong:
        headers = {"authorization": value.encode("latin-1")}
        refused = client.get("/api/v1/accounts", headers=headers)
        assert refused.status_code == 401, value
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert token not in refused.text


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_is_of_either_case(client_of: Any, crew: Crew, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {crew.token('boss')}"}
    assert client_of().get("/api/v1/accounts", headers=headers).status_code == 200


def test_a_wrong_token_is_not_saved_by_a_good_cookie(client_of: Any, crew: Crew) -> None:
    headers = bearer("kaiche_wrong") | cookie(crew.cookie("boss"))
    assert client_of().get("/api/v1/accounts", headers=headers).status_code == 401


def test_keys_that_ended_open_nothing(client_of: Any, crew: Crew) -> None:
    client = client_of()
    crew.add("li", shop_1=Role.VIEWER)
    expired = crew.token("li", life=timedelta(hours=8))  # the clock stands nine hours later
    assert client.get("/api/v1/accounts", headers=bearer(expired)).status_code == 401
    revoked = crew.token("li")
    assert client.get("/api/v1/accounts", headers=bearer(revoked)).status_code == 200
    crew.revoke("li")
    assert client.get("/api/v1/accounts", headers=bearer(revoked)).status_code == 401
    token, key = crew.token("li"), crew.cookie("li")
    for headers in (bearer(token), cookie(key)):
        assert client.get("/api/v1/accounts", headers=headers).status_code == 200
    crew.disable("li")
    for headers in (bearer(token), cookie(key)):
        assert client.get("/api/v1/accounts", headers=headers).status_code == 401


@pytest.mark.usefixtures("crew")
@pytest.mark.parametrize("value", ["", "x", "a=b; kaiche_session=", "kaiche_session", "\xe9=1"])
def test_a_cookie_that_is_none_is_nobody(client_of: Any, value: str) -> None:
    headers = {"cookie": value.encode("latin-1")}
    assert client_of().get("/api/v1/accounts", headers=headers).status_code == 401


def test_two_cookies_of_the_name_are_none(client_of: Any, crew: Crew) -> None:
    good = crew.cookie("boss")
    headers = [("cookie", f"kaiche_session={good}"), ("cookie", "kaiche_session=planted")]
    assert client_of().get("/api/v1/accounts", headers=headers).status_code == 401


def test_without_a_user_another_machine_is_refused(client_of: Any) -> None:
    refused = client_of(peer="192.168.1.20").get("/api/v1/accounts")
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/loopback-only")


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_without_a_user_what_a_proxy_passes_on_is_refused(client_of: Any, header: str) -> None:
    refused = client_of().get("/api/v1/accounts", headers={header: "203.0.113.9"})
    assert refused.json()["type"].endswith("/loopback-only")


def test_a_server_that_others_can_reach_is_never_open(client_of: Any) -> None:
    assert client_of(Access(local=False)).get("/api/v1/accounts").status_code == 401


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_without_a_user_this_machine_is_served(client_of: Any, peer: str) -> None:
    assert client_of(peer=peer).get("/api/v1/accounts").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8750", "127.0.0.1.evil.example", "", "[::1", "0.0.0.0"]
)
def test_without_a_user_a_rebound_name_is_refused(client_of: Any, host: str) -> None:
    refused = client_of().get("/api/v1/accounts", headers={"host": host})
    assert refused.status_code == 421
    assert refused.json()["type"].endswith("/misdirected")


@pytest.mark.parametrize("host", ["localhost:8750", "LOCALHOST", "127.0.0.1", "[::1]:8750"])
def test_without_a_user_this_machines_names_are_served(client_of: Any, host: str) -> None:
    assert client_of().get("/api/v1/accounts", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("by", ["open", "token", "session"])
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
    request: pytest.FixtureRequest, client_of: Any, by: str, headers: dict[str, str]
) -> None:
    if by != "open":
        crew = request.getfixturevalue("crew")
        key = bearer(crew.token("boss")) if by == "token" else cookie(crew.cookie("boss"))
        headers = headers | key
    client = client_of()
    refused = client.post("/api/v1/runs", json={"account_id": "shop-2"}, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/cross-site")
    assert client.get("/api/v1/accounts", headers=headers).status_code == 200


def test_a_change_with_a_cookie_has_to_show_where_it_comes_from(client_of: Any, crew: Crew) -> None:
    client, key = client_of(), cookie(crew.cookie("boss"))
    body = {"account_id": "shop-2"}
    refused = client.post("/api/v1/runs", json=body, headers=key)
    assert refused.json()["type"].endswith("/cross-site")
    for shown in (SAME, {"sec-fetch-site": "same-origin"}):
        assert client.post("/api/v1/runs", json=body, headers=key | shown).status_code == 202


def test_behind_a_proxy_our_own_page_has_the_public_address(client_of: Any, crew: Crew) -> None:
    client = client_of(Access(public_url="https://bids.example.cn"))
    key = {"cookie": f"__Host-kaiche_session={crew.cookie('boss')}"}
    page = {"origin": "https://bids.example.cn"}
    body = {"account_id": "shop-2"}
    assert client.post("/api/v1/runs", json=body, headers=key | page).status_code == 202
    bare = {"cookie": f"kaiche_session={crew.cookie('boss')}"}
    assert client.get("/api/v1/accounts", headers=bare).status_code == 401


def test_a_change_from_our_own_page_is_taken(client_of: Any) -> None:
    headers = SAME | {"sec-fetch-site": "same-origin"}
    taken = client_of().post("/api/v1/runs", json={"account_id": "shop-2"}, headers=headers)
    assert taken.status_code == 202


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "shop.example", ""])
def test_without_a_user_no_other_host_is_bound(host: str) -> None:
    with pytest.raises(ConfigError, match="kaiche user add") as refused:
        access(host=host, is_open=True)
    assert "127.0.0.1" in str(refused.value)
    assert access(host=host, is_open=False) == Access(local=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost"])
def test_without_a_user_loopback_is_bound_and_said(host: str) -> None:
    rule = access(host=host, is_open=True)
    assert "this machine only" in rule.sentence(is_open=True)
    assert "every request needs" in rule.sentence(is_open=False)


@pytest.mark.parametrize(
    ("declared", "actor"),
    [
        ("", "loopback"),
        ("%E5%B0%8F%E7%8E%8B", "loopback/小王"),
        ("a%0Ab", "loopback"),
        ("x" * 60, "loopback"),
    ],
)
def test_without_a_user_the_record_says_that_the_name_is_declared(
    client_of: Any, declared: str, actor: str
) -> None:
    client = client_of()
    headers = {"x-actor": declared}
    assert client.get("/api/v1/proposals/proposal-1/sheet", headers=headers).status_code == 200
    events = client.get("/api/v1/audit-events").json()["items"]
    assert [event["actor"] for event in events] == [actor]


def test_the_record_names_the_user_whatever_is_declared(client_of: Any, crew: Crew) -> None:
    client = client_of()
    headers = bearer(crew.token("boss")) | {"x-actor": "somebody-else"}
    assert client.get("/api/v1/proposals/proposal-1/sheet", headers=headers).status_code == 200
    events = client.get("/api/v1/audit-events?action=sheet_exported", headers=headers).json()
    assert [event["actor"] for event in events["items"]] == ["boss"]


def test_hosts() -> None:
    assert [host_name(text) for text in ("a:1", "[::1]:2", "a", "[", "")] == [
        "a",
        "::1",
        "a",
        "",
        "",
    ]
    assert not is_loopback("127.0.0.1.evil.example")
