"""What a log-in provider says of somebody (OpenID Connect Core 1.0), and whether it can be believed.

A browser carries one random key in a cookie from kaiche to the provider and back. State, nonce and
the verifier of PKCE (RFC 7636) are derived from it, so whoever sees one of them, in an address or a
log, knows neither the others nor the key, and no server has to remember anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from service.errors import InputError, VouchingError
from service.settings.sign_in import Claim

# Signatures by a key pair alone: with "none" or a shared secret anybody could vouch.
ALGORITHMS: Final = tuple(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
)
LEEWAY: Final = timedelta(minutes=1)  # between two clocks
LONGEST: Final = 256
LONGEST_TOKEN: Final = 64 * 1024
_SMALL: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Passage:
    """One journey of one browser to the provider and back."""

    key: str = field(repr=False)

    @property
    def state(self) -> str:
        """What the provider has to hand back unseen."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the provider has to write into its token."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What proves to the provider that the code is ours."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """The verifier's hash (S256), which may be seen."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def came_back(self, state: str) -> bool:
        """Whether ``state`` is this browser's."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))

    def _derived(self, purpose: str) -> str:
        key = self.key.encode("utf-8", "surrogatepass")
        return _text(hmac.new(key, f"kaiche {purpose}".encode(), hashlib.sha256).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must say to be meant for us, now, and for this browser."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Somebody, as the provider knows them. ``subject`` never changes at one issuer.

    ``link`` is the value that users are linked by, None when the provider names (or verifies) none.
    """

    issuer: str
    subject: str
    link: str | None


def outward(
    endpoint: str, client_id: str, redirect: str, scopes: Iterable[str], passage: Passage
) -> str:
    """The address at the provider that a browser is sent to."""
    parts = urlsplit(endpoint)
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": " ".join(scopes),
        "state": passage.state,
        "nonce": passage.nonce,
        "code_challenge": passage.challenge,
        "code_challenge_method": "S256",
    }
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *asked.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def key_id(token: str) -> str | None:
    """The name of the key that a token says it is signed with, not yet believed.

    Raises VouchingError for what is no token, or is signed as we do not accept.
    """
    try:
        header = jws.extract_compact(token[: LONGEST_TOKEN + 1].encode()).headers()
    except (JoseError, ValueError, TypeError) as error:
        raise VouchingError("the provider sent no readable ID token") from error
    if header.get("alg") not in ALGORITHMS:
        raise VouchingError(
            f"the ID token is signed by {str(header.get('alg'))[:20]!r}; accepted are "
            f"{', '.join(ALGORITHMS)}"
        )
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def fitting(keys: Iterable[Key], kid: str | None) -> Key | None:
    """The key of that name; without a name the only one there is. None when it is not there."""
    able = [
        key for key in keys if key.get("use") in (None, "sig") and key.key_type in ("RSA", "EC")
    ]
    named = able if kid is None else [key for key in able if key.kid == kid]
    return named[0] if len(named) == 1 else None


def believe(token: str, key: Key, expected: Expected, claim: Claim) -> Vouched:
    """Who a token is about, once signature and every claim hold; raises VouchingError."""
    try:
        claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError) as error:
        raise VouchingError(f"the signature of the ID token does not hold ({error})") from error
    wrong = _complaint(claims, expected)
    if wrong is not None:
        raise VouchingError(f"the ID token is refused: {wrong}")
    return Vouched(issuer=expected.issuer, subject=str(claims["sub"]), link=_link(claims, claim))


def link_value(claim: Claim, value: str) -> str:
    """How a link is stored: the claim and its value; e-mails differ in no capitals of A to Z.

    Other letters stay as they are: some of them have a small letter of A to Z (U+212A, K), and are
    somebody else's address. Raises InputError for what no provider says.
    """
    bare = value.translate(_SMALL) if claim == "email" else value
    if not 0 < len(bare) <= LONGEST or not bare.isprintable() or bare != bare.strip():
        raise InputError(f"{value[:40]!r} is no {claim} that a log-in provider could say")
    return f"{claim}:{bare}"


def _complaint(claims: Mapping[str, Any], expected: Expected) -> str | None:
    """What is wrong with the claims of a token whose signature holds; None when nothing is."""
    audience = claims.get("aud")
    meant_for = audience if isinstance(audience, list) else [audience]
    subject = claims.get("sub")
    rules = (
        (claims.get("iss") == expected.issuer, "iss is another provider"),
        (expected.client_id in meant_for, "aud is another application"),
        (
            claims.get("azp", expected.client_id) == expected.client_id
            and (len(meant_for) == 1 or "azp" in claims),
            "azp is another application",
        ),
        (isinstance(subject, str) and 0 < len(subject) <= LONGEST, "sub names nobody"),
        (_nonce(claims) == expected.nonce.encode(), "nonce is another browser's"),
    )
    return next((said for holds, said in rules if not holds), _late(claims, expected.now))


def _late(claims: Mapping[str, Any], now: datetime) -> str | None:
    least, most = (now - LEEWAY).timestamp(), (now + LEEWAY).timestamp()
    times = {name: claims.get(name) for name in ("exp", "iat", "nbf")}
    if any(
        isinstance(one, bool)
        or not isinstance(one, (int, float, type(None)))
        or (one is not None and not math.isfinite(one))
        for one in times.values()
    ):
        return "exp, iat or nbf is no time"
    if times["exp"] is None or times["exp"] <= least:
        return "exp has passed"
    if times["iat"] is None or times["iat"] > most:
        return "iat lies ahead"
    if times["nbf"] is not None and times["nbf"] > most:
        return "nbf lies ahead"
    return None


def _nonce(claims: Mapping[str, Any]) -> bytes:
    said = claims.get("nonce")
    return said.encode("utf-8", "replace") if isinstance(said, str) else b""


def _link(claims: Mapping[str, Any], claim: Claim) -> str | None:
    said = claims.get(claim)
    if not isinstance(said, str) or (claim == "email" and claims.get("email_verified") is not True):
        return None
    try:
        return link_value(claim, said)
    except InputError:
        return None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
