"""Logging in by the organisation's provider, against one that listens on loopback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from crew import PASSWORD, Crew
from fastapi import FastAPI
from login_provider import CLIENT, SECRET, LoginProvider, listening

from service.api.needs import include
from service.audit import Origin
from service.console import provider_page, sign_in
from service.people import register, throttle
from service.people.provider import KEPT, KEYS_APART, LEFT_ALONE, Provider
from service.people.roles import Role
from service.people.vouching import Passage
from service.settings.sign_in import Claim, Oidc
from service.store import audit as events
from service.store.audit import AuditFilter

PUBLIC = "http://127.0.0.1:8750"
LINK = "email:li@example.cn"


class World:
    """The application with a provider, whose clock the test turns, and one browser."""

    def __init__(self, wiring: Any, provider: LoginProvider, make: Any, claim: Claim) -> None:
        self.provider, self.store, self.now = provider, wiring.store, wiring.clock()
        terms = Oidc(issuer=provider.url, client_id=CLIENT, claim=claim)
        self.secret: str | None = SECRET
        self.asks = Provider(terms, PUBLIC, secret=lambda: self.secret, clock=lambda: self.now)
        night = replace(wiring.night, clock=lambda: self.now)
        over = replace(wiring, clock=lambda: self.now, night=night, provider=self.asks)
        self.client = make(over=over, change=with_pages)
        self.crew = Crew(wiring.store, self.now)

    def pass_time(self, how_long: timedelta) -> None:
        self.now += how_long
        self.provider.now = self.now

    def leave(self) -> str:
        sent = self.client.get("/sign-in/oidc")
        assert sent.status_code == 303, sent.text
        assert "httponly" in sent.headers["set-cookie"].lower()
        return str(sent.headers["location"])

    def come_back(self, address: str) -> Any:
        assert address.startswith(f"{PUBLIC}/sign-in/oidc/callback?")
        return self.client.get(address.removeprefix(PUBLIC))

    def log_in(self) -> Any:
        return self.come_back(self.provider.agree(self.leave()))

    def who(self) -> str | None:
        found = self.client.get("/api/v1/session")
        return found.json()["user"] if found.status_code == 200 else None

    def add(self, name: str = "li", linked_as: str | None = LINK) -> None:
        origin = Origin(at=self.now, actor="boss", source="cli")
        with self.store.begin() as session:
            register.add(
                session,
                origin,
                name,
                password_hash=None,
                roles={"shop-1": Role.SPECIALIST},
                linked_as=linked_as,
            )


def with_pages(app: FastAPI) -> None:
    include(app, sign_in.router)
    include(app, provider_page.router)


@pytest.fixture
def provider(wiring: Any) -> Iterator[LoginProvider]:
    with listening(LoginProvider(wiring.clock())) as made:
        yield made


@pytest.fixture
def claim() -> Claim:
    return "email"


@pytest.fixture
def world(wiring: Any, provider: LoginProvider, client_of: Any, claim: Claim) -> Iterator[World]:
    made = World(wiring, provider, client_of, claim)
    yield made
    made.asks.close()


def test_somebody_who_was_added_enters_as_by_password(world: World) -> None:
    world.add()
    assert world.who() is None
    entered = world.log_in()
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert "kaiche_session=" in entered.headers["set-cookie"]
    assert world.who() == "li"
    with world.store.read() as session:
        newest = events.page(session, AuditFilter(action="signed_in"))[0]
    assert (newest.actor, newest.after) == ("li", {"user": "li", "by": "oidc"})
    assert world.provider.basic_seen[-1].startswith("Basic ")


@pytest.mark.parametrize("how", ["post", "public"])
def test_the_secret_goes_as_the_provider_wants_it_or_there_is_none(world: World, how: str) -> None:
    world.add()
    world.provider.discovery["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    world.secret = SECRET if how == "post" else None
    assert world.log_in().headers["location"] == "/"
    assert world.provider.basic_seen == [""]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_a_button_in_both_languages(world: World, language: str) -> None:
    said = {"zh": "用企业账号登录", "en": "Log in with your organisation"}[language]
    page = world.client.get("/sign-in", headers={"cookie": f"kaiche-language={language}"})
    assert said in page.text
    assert 'href="/sign-in/oidc"' in page.text


def test_without_the_block_there_is_no_button_and_no_way(client_of: Any) -> None:
    client = client_of(change=with_pages)
    assert "/sign-in/oidc" not in client.get("/sign-in").text
    assert client.get("/sign-in/oidc").status_code == 404
    assert client.get("/sign-in/oidc/callback?code=x&state=y").status_code == 404


def test_nobody_is_added_by_logging_in(world: World) -> None:
    stranger = world.log_in()
    assert stranger.status_code == 403
    assert "email:li@example.cn" in stranger.text
    assert "kaiche user add" in stranger.text
    assert "kaiche_session" not in stranger.headers["set-cookie"]
    assert world.who() is None


@pytest.mark.parametrize(
    ("says", "word"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "somebody-else"}, "aud"),
        ({"aud": ["kaiche", "somebody-else"]}, "azp"),
        ({"azp": "somebody-else"}, "azp"),
        ({"iss": "http://127.0.0.1:1"}, "iss"),
        ({"exp": 1}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "never"}, "no time"),
        ({"iat": 99_999_999_999}, "iat"),
        ({"nbf": 99_999_999_999}, "nbf"),
        ({"sub": ""}, "sub"),
        ({"sub": None}, "sub"),
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_opens_nothing(
    world: World, says: dict[str, Any], word: str, caplog: Any
) -> None:
    world.add()
    world.provider.says = says
    with caplog.at_level(logging.WARNING):
        refused = world.log_in()
    assert refused.status_code == 401
    assert 'role="alert"' in refused.text
    assert word in caplog.text
    assert SECRET not in caplog.text
    assert world.who() is None


@pytest.mark.parametrize("trick", ["none", "hmac", "stranger", "nameless", "garbage"])
def test_a_signature_that_is_not_the_providers_opens_nothing(world: World, trick: str) -> None:
    world.add()
    provider, honest = world.provider, LoginProvider(world.now)
    if trick == "none":
        provider.header["alg"] = "none"
    elif trick == "hmac":
        provider.by_the_public_key()
    elif trick == "stranger":
        provider.signs_with = honest.keys[0]
    elif trick == "nameless":
        provider.header["kid"] = "unheard of"
    else:
        provider.signed = lambda _: "no.token.at.all"  # type: ignore[method-assign]
    assert world.log_in().status_code == 401
    assert world.who() is None


def test_the_answer_has_to_be_this_browsers_own(world: World) -> None:
    world.add()
    outward = world.leave()
    ours = world.provider.agree(outward)
    assert world.come_back(ours.replace("state=", "state=x")).status_code == 401
    assert world.come_back(ours).status_code == 401  # the key is gone with the first answer
    theirs = world.provider.agree(world.leave())
    world.leave()  # begun anew: what was under way before is void
    assert world.come_back(theirs).status_code == 401
    world.client.forget_cookies()
    assert world.come_back(theirs).status_code == 401
    assert world.who() is None


def test_a_code_is_good_once(world: World) -> None:
    world.add()
    outward = world.leave()
    (cookie,) = [f"{k}={v}" for k, v in world.client._http.cookies.items() if "passage" in k]
    back = world.provider.agree(outward)
    assert world.come_back(back).headers["location"] == "/"
    again = world.client.get(back.removeprefix(PUBLIC), headers={"cookie": cookie})
    assert again.status_code == 401


def test_a_refusal_at_the_provider_and_a_foreign_answer_are_told(world: World) -> None:
    world.add()
    state = world.provider.agree(world.leave()).partition("&state=")[2]
    denied = f"{PUBLIC}/sign-in/oidc/callback?error=access_denied&state={state}"
    assert world.come_back(denied).status_code == 401
    back = world.provider.agree(world.leave())
    assert world.come_back(f"{back}&iss=https://evil.example").status_code == 401
    world.provider.discovery["authorization_response_iss_parameter_supported"] = True
    world.pass_time(KEPT + timedelta(seconds=1))
    assert world.log_in().status_code == 401  # it says that it names itself, and does not
    back = world.provider.agree(world.leave())
    assert world.come_back(f"{back}&iss={world.provider.url}").headers["location"] == "/"


def test_a_new_key_of_the_provider_is_found(world: World) -> None:
    world.add()
    assert world.log_in().headers["location"] == "/"
    world.provider.rotate()
    assert world.log_in().status_code == 401  # asked for a moment ago
    world.pass_time(KEYS_APART + timedelta(seconds=1))
    assert world.log_in().headers["location"] == "/"
    assert world.provider.asked.count("/keys") == 2


def test_whoever_is_disabled_does_not_enter(world: World) -> None:
    world.add()
    world.crew.disable("li")
    assert world.log_in().status_code == 403
    assert world.who() is None


def test_the_first_identity_is_bound_and_an_address_given_on_opens_nothing(world: World) -> None:
    world.add()
    assert world.log_in().headers["location"] == "/"
    world.provider.person["email"] = "li.wei@example.cn"
    assert world.log_in().headers["location"] == "/"  # the same person under a new address
    world.provider.person |= {"sub": "another", "email": "li@example.cn"}
    assert world.log_in().status_code == 403
    with world.store.begin() as session:
        register.link(session, Origin(at=world.now, actor="boss", source="cli"), "li", LINK)
    assert world.who() is None  # linking anew logs out
    assert world.log_in().headers["location"] == "/"


@pytest.mark.parametrize(
    "person",
    [{"email_verified": False}, {"email_verified": None}, {"email": None}, {"email": "a" * 300}],
    ids=str,
)
def test_an_address_that_is_not_verified_names_nobody(world: World, person: dict[str, Any]) -> None:
    world.add()
    world.provider.person |= person
    refused = world.log_in()
    assert refused.status_code == 403
    assert "邮箱未经验证" in refused.text


@pytest.mark.parametrize("claim", ["sub"])
def test_users_may_be_linked_by_another_claim(world: World) -> None:
    world.add(linked_as="sub:248289761001")
    assert world.log_in().headers["location"] == "/"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/.well-known/openid-configuration", 500),
        ("/.well-known/openid-configuration", 404),
        ("/.well-known/openid-configuration", 302),
    ],
)
def test_a_provider_that_fails_is_told_and_left_alone_a_moment(
    world: World, path: str, status: int
) -> None:
    world.provider.mood[path] = status
    for _ in range(2):
        page = world.client.get("/sign-in/oidc")
        assert page.status_code == 503
        assert "暂时无法使用" in page.text
    assert world.provider.asked == [path]
    del world.provider.mood[path]
    world.pass_time(LEFT_ALONE + timedelta(seconds=1))
    world.leave()


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "http://login.example.cn/authorize"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
    ],
    ids=str,
)
def test_a_provider_that_is_not_the_one_named_is_not_followed(
    world: World, discovery: dict[str, Any]
) -> None:
    world.provider.discovery = discovery
    assert world.client.get("/sign-in/oidc").status_code == 503


def test_a_provider_that_fails_half_way_opens_nothing(world: World) -> None:
    world.add()
    for path, status, answer in (("/token", 500, 503), ("/token", 401, 401), ("/keys", 500, 503)):
        world.provider.mood = {path: status}
        assert world.log_in().status_code == answer
        world.pass_time(LEFT_ALONE + timedelta(seconds=1))
    world.provider.mood = {}
    assert world.log_in().headers["location"] == "/"


@pytest.mark.parametrize("said", [b"<html>", b"[]", b" " * (1 << 20) + b"{}"], ids=len)
def test_an_answer_that_is_none_is_no_answer(world: World, said: bytes) -> None:
    world.provider.answer = lambda *_: (200, said)  # type: ignore[method-assign]
    assert world.client.get("/sign-in/oidc").status_code == 503


def test_an_empty_key_in_the_cookie_is_none(world: World) -> None:
    """Whoever knows how state is derived knows it for the empty key."""
    world.add()
    outward = world.leave()
    forged = outward.replace(parse_qs(urlsplit(outward).query)["state"][0], Passage("").state)
    nonce = parse_qs(urlsplit(outward).query)["nonce"][0]
    challenge = parse_qs(urlsplit(outward).query)["code_challenge"][0]
    forged = forged.replace(nonce, Passage("").nonce).replace(challenge, Passage("").challenge)
    world.client.forget_cookies()
    back = world.provider.agree(forged).removeprefix(PUBLIC)
    refused = world.client.get(back, headers={"cookie": "kaiche_passage="})
    assert refused.status_code == 401


def test_a_code_that_brings_no_token_or_keys_that_are_none_open_nothing(world: World) -> None:
    world.add()
    world.provider.signed = lambda _: None  # type: ignore[method-assign, assignment, return-value]
    assert world.log_in().status_code == 401
    del world.provider.signed
    world.provider.keys = []
    assert world.log_in().status_code == 401


def test_one_that_is_gone_leaves_the_password(world: World) -> None:
    world.provider.url = "http://127.0.0.1:1"
    world.asks.terms = world.asks.terms.model_copy(update={"issuer": world.provider.url})
    assert world.client.get("/sign-in/oidc").status_code == 503
    body = {"name": "boss", "password": PASSWORD}
    assert world.client.post("/api/v1/session", json=body).status_code == 200


def test_too_many_attempts_have_to_wait(world: World) -> None:
    world.add()
    most = throttle.counted("", "127.0.0.1")[1].most
    lost = f"{PUBLIC}/sign-in/oidc/callback?code=x&state=y"
    assert {world.come_back(lost).status_code for _ in range(most)} == {401}
    before = len(world.provider.asked)
    assert world.come_back(lost).status_code == 429
    assert len(world.provider.asked) == before


def test_nowhere_else_is_anybody_sent(world: World) -> None:
    world.add()
    back = world.provider.agree(world.leave())
    entered = world.come_back(f"{back}&next=https://evil.example&redirect_uri=https://evil.example")
    assert entered.headers["location"] == "/"
    assert (
        world.client.get("/sign-in/oidc?to=https://evil.example")
        .headers["location"]
        .startswith(world.provider.url)
    )
