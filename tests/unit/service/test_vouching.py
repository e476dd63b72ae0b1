"""What a log-in provider says: what a browser carries, which key fits, which times hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.errors import InputError, VouchingError
from service.people import vouching
from service.people.vouching import LEEWAY, Expected, Passage

NOW = datetime(2026, 7, 31, 1, 0, tzinfo=UTC)
EXPECTED = Expected(issuer="https://login.example.cn", client_id="kaiche", nonce="n", now=NOW)
KEY = ECKey.generate_key("P-256", {"kid": "one"})


def token(**changes: object) -> str:
    claims: dict[str, object] = {
        "iss": EXPECTED.issuer,
        "aud": ["kaiche"],
        "sub": "7",
        "nonce": "n",
        "iat": NOW.timestamp(),
        "exp": (NOW + timedelta(minutes=5)).timestamp(),
    }
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims | changes, KEY)


def test_state_nonce_and_verifier_tell_nothing_of_each_other_or_of_the_key() -> None:
    passage = Passage("a key")
    shown = {passage.key, passage.state, passage.nonce, passage.verifier, passage.challenge}
    assert len(shown) == 5
    assert all(len(one) == 43 for one in shown - {passage.key})
    assert passage.came_back(passage.state)
    assert not passage.came_back(passage.nonce)
    assert not Passage("another key").came_back(passage.state)
    assert "a key" not in repr(passage)


def test_the_example_of_the_standard_comes_out() -> None:
    """RFC 7636, appendix B."""

    class OfTheStandard(Passage):
        @property
        def verifier(self) -> str:
            return "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert OfTheStandard("").challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_what_the_address_of_the_provider_asked_before_stays() -> None:
    passage = Passage("k")
    url = vouching.outward(
        "https://login.example.cn/go?tenant=a&x=",
        "kaiche",
        "https://b.cn/back",
        ["openid"],
        passage,
    )
    asked = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert asked["tenant"] == ["a"]
    assert asked["x"] == [""]
    assert asked["code_challenge"] == [passage.challenge]
    assert passage.verifier not in url
    assert passage.key not in url.split("?")[1].split("&")


def test_a_token_that_holds_names_somebody() -> None:
    found = vouching.believe(token(email="Li@A.cn", email_verified=True), KEY, EXPECTED, "email")
    assert (found.subject, found.link) == ("7", "email:li@a.cn")
    assert vouching.believe(token(), KEY, EXPECTED, "preferred_username").link is None
    odd = token(preferred_username="\u200b")
    assert vouching.believe(odd, KEY, EXPECTED, "preferred_username").link is None
    assert vouching.believe(token(aud=["kaiche", "b"], azp="kaiche"), KEY, EXPECTED, "sub")


def test_a_letter_that_only_looks_like_another_is_another_address() -> None:
    """U+212A (K of kelvin) has the small letter k: whoever owns that address must not enter as li.k."""
    odd = token(email="li.\u212a@a.cn", email_verified=True)
    assert vouching.believe(odd, KEY, EXPECTED, "email").link == "email:li.\u212a@a.cn"
    assert vouching.link_value("email", "Li.K@A.cn") == "email:li.k@a.cn"


@pytest.mark.parametrize("name", [" li", "li ", "\u3000li"])
def test_a_name_with_blanks_around_is_nobody_else(name: str) -> None:
    found = vouching.believe(token(preferred_username=name), KEY, EXPECTED, "preferred_username")
    assert found.link is None


@pytest.mark.parametrize("said", [b"[]", b"7", b'"li"', b"null"])
def test_a_token_that_is_no_object_names_nobody(said: bytes) -> None:
    signed = jws.serialize_compact({"alg": "ES256", "kid": "one"}, said, KEY)
    with pytest.raises(VouchingError):
        vouching.believe(signed, KEY, EXPECTED, "sub")


@pytest.mark.parametrize("clock", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_time_without_end_is_none(clock: str, value: float) -> None:
    with pytest.raises(VouchingError):
        vouching.believe(token(**{clock: value}), KEY, EXPECTED, "sub")


@pytest.mark.parametrize("clock", ["exp", "iat", "nbf"])
def test_two_clocks_may_differ_by_a_minute_and_no_more(clock: str) -> None:
    sign = -1 if clock == "exp" else 1
    near = NOW + sign * (LEEWAY - timedelta(seconds=1))
    far = NOW + sign * (LEEWAY + timedelta(seconds=1))
    assert vouching.believe(token(**{clock: near.timestamp()}), KEY, EXPECTED, "sub")
    with pytest.raises(VouchingError, match=clock):
        vouching.believe(token(**{clock: far.timestamp()}), KEY, EXPECTED, "sub")


@pytest.mark.parametrize("value", [True, "soon", [1]])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(VouchingError, match="no time"):
        vouching.believe(token(nbf=value), KEY, EXPECTED, "sub")


def test_a_claim_of_another_type_names_nobody() -> None:
    with pytest.raises(VouchingError, match="nonce"):
        vouching.believe(token(nonce=7), KEY, EXPECTED, "sub")
    assert (
        vouching.believe(token(email=7, email_verified=True), KEY, EXPECTED, "email").link is None
    )


def test_only_a_key_that_signs_and_is_meant_fits() -> None:
    two = RSAKey.generate_key(2048, {"kid": "two", "use": "enc"})
    shared = OctKey.generate_key(256, {"kid": "three"})
    assert vouching.fitting([KEY, two, shared], None) == KEY
    assert vouching.fitting([KEY, two, shared], "two") is None
    assert vouching.fitting([KEY, two, shared], "three") is None
    assert vouching.fitting([KEY, ECKey.generate_key("P-256", {"kid": "one"})], "one") is None


def test_the_name_of_a_key_is_read_before_it_is_believed() -> None:
    assert vouching.key_id(token()) == "one"
    assert vouching.key_id(jwt.encode({"alg": "ES256"}, {}, KEY)) is None
    shared = jwt.encode({"alg": "HS256"}, {}, OctKey.generate_key(256))
    for wrong in ("", "a.b.c", shared, token()[:40]):
        with pytest.raises(VouchingError):
            vouching.key_id(wrong)


@pytest.mark.parametrize("value", ["", "  ", "a\nb", "a" * 257])
def test_what_no_provider_says_links_nobody(value: str) -> None:
    with pytest.raises(InputError, match="log-in provider"):
        vouching.link_value("sub", value)
