"""The log-in provider over HTTP: what it says about itself, its keys, and codes turned into people.

Discovery and keys are kept for an hour; a key that is not known is looked for once more, at most
every minute. A provider that has just failed is not asked again for some seconds, so that people
who press the button again do not hold up the server. Redirects are not followed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from service.errors import ProviderDownError, VouchingError
from service.people import vouching
from service.people.vouching import Expected, Passage, Vouched
from service.settings.sign_in import Oidc, address_complaint

CALLBACK: Final = "/sign-in/oidc/callback"
KEPT: Final = timedelta(hours=1)
KEYS_APART: Final = timedelta(minutes=1)
LEFT_ALONE: Final = timedelta(seconds=10)
SECONDS: Final = 5.0
WHOLE_ANSWER: Final = timedelta(seconds=15)
LONGEST_ANSWER: Final = 1 << 20
_KNOWN_PATH: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Endpoints:
    """What the discovery document says."""

    authorization: str
    token: str
    keys: str
    takes_basic: bool
    names_itself: bool  # in the answer that a browser brings (RFC 9207)


class Provider:
    """One provider. ``secret`` gives the client's secret as it is now, None for a public client.

    Safe between threads; ``close`` ends the connections.
    """

    def __init__(
        self,
        terms: Oidc,
        public_url: str,
        *,
        secret: Callable[[], str | None],
        clock: Callable[[], datetime],
    ) -> None:
        self.terms = terms
        self.redirect = public_url.rstrip("/") + CALLBACK
        self._secret = secret
        self._clock = clock
        self._lock = threading.Lock()
        self._http = httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False)
        self._endpoints: tuple[datetime, _Endpoints] | None = None
        self._keys: tuple[datetime, tuple[Key, ...]] | None = None
        self._failed: datetime | None = None

    def close(self) -> None:
        """End every connection."""
        self._http.close()

    def outward(self, passage: Passage) -> str:
        """The address that a browser is sent to; raises ProviderDownError."""
        there = self._discovered()
        terms = self.terms
        return vouching.outward(
            there.authorization, terms.client_id, self.redirect, terms.scopes, passage
        )

    def vouch(self, passage: Passage | None, answer: Mapping[str, str]) -> Vouched:
        """Who the browser's answer from the provider is about.

        ``passage`` is what it carried, ``answer`` its query. Raises VouchingError for
        anything that is not this browser's own journey or not this provider's own word,
        ProviderDownError when it cannot be asked.
        """
        if passage is None or not passage.came_back(answer.get("state", "")):
            raise VouchingError("the state is not this browser's; begin again from the log-in page")
        there = self._discovered()
        named = answer.get("iss", None if there.names_itself else self.terms.issuer)
        if named != self.terms.issuer:
            raise VouchingError("the answer names another provider")
        if "error" in answer or not answer.get("code"):
            raise VouchingError(f"the provider declined: {answer.get('error', 'no code')[:60]!r}")
        token = self._redeem(there, passage, answer["code"])
        expected = Expected(
            issuer=self.terms.issuer,
            client_id=self.terms.client_id,
            nonce=passage.nonce,
            now=self._clock(),
        )
        return vouching.believe(token, self._key(there, token), expected, self.terms.claim)

    def _redeem(self, there: _Endpoints, passage: Passage, code: str) -> str:
        """The ID token for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": passage.verifier,
        }
        secret, who = self._secret(), self.terms.client_id
        basic = None
        if secret is not None and there.takes_basic:
            basic = httpx.BasicAuth(_form_coded(who), _form_coded(secret))
        else:
            form |= {"client_id": who} | ({"client_secret": secret} if secret is not None else {})
        said = self._ask("POST", there.token, refused=VouchingError, data=form, auth=basic)
        token = said.get("id_token")
        if not isinstance(token, str):
            raise VouchingError("the provider gave no ID token; is the scope openid allowed there?")
        return token

    def _key(self, there: _Endpoints, token: str) -> Key:
        """The key that a token is signed with; asked for anew when it is not known."""
        kid = vouching.key_id(token)
        found = vouching.fitting(self._known_keys(there, self._clock() - KEPT), kid)
        if found is None:
            found = vouching.fitting(self._known_keys(there, self._clock() - KEYS_APART), kid)
        if found is None:
            raise VouchingError("the ID token is signed with a key that the provider does not show")
        return found

    def _known_keys(self, there: _Endpoints, not_before: datetime) -> tuple[Key, ...]:
        with self._lock:
            if self._keys is None or self._keys[0] < not_before:
                self._keys = (self._clock(), _imported(self._patiently(there.keys)))
            return self._keys[1]

    def _discovered(self) -> _Endpoints:
        with self._lock:
            now = self._clock()
            if self._endpoints is None or self._endpoints[0] + KEPT < now:
                said = self._patiently(self.terms.issuer.rstrip("/") + _KNOWN_PATH)
                self._endpoints = (now, _read(said, self.terms.issuer))
            return self._endpoints[1]

    def _patiently(self, url: str) -> dict[str, Any]:
        """What stands at ``url``; not asked for when the provider has failed just now."""
        now = self._clock()
        if self._failed is not None and now < self._failed + LEFT_ALONE:
            raise ProviderDownError("the log-in provider failed a moment ago; try again soon")
        try:
            return self._ask("GET", url)
        except ProviderDownError:
            self._failed = now
            raise

    def _ask(
        self,
        method: str,
        url: str,
        *,
        refused: type[VouchingError] = ProviderDownError,
        **sent: Any,
    ) -> dict[str, Any]:
        """A JSON object from the provider; ``refused`` is what a 4xx means. Never quotes what it says."""
        body, until = bytearray(), self._clock() + WHOLE_ANSWER
        try:
            with self._http.stream(
                method, url, headers={"accept": "application/json"}, **sent
            ) as answer:
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > LONGEST_ANSWER:
                        raise ProviderDownError(f"{url} answered with far too much")
                    if self._clock() > until:
                        raise ProviderDownError(f"{url} takes too long to answer")
        except httpx.HTTPError as error:
            raise ProviderDownError(f"{url} cannot be reached ({type(error).__name__})") from error
        if answer.is_client_error:
            raise refused(f"{url} answered {answer.status_code}")
        if not answer.is_success:
            raise ProviderDownError(f"{url} answered {answer.status_code}")
        return _object(url, bytes(body))


def _object(url: str, body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise ProviderDownError(f"{url} did not answer in JSON") from error
    if not isinstance(said, dict):
        raise ProviderDownError(f"{url} did not answer with a JSON object")
    return said


def _read(said: Mapping[str, Any], issuer: str) -> _Endpoints:
    """The discovery document, if it is this issuer's and its addresses are safe."""
    if said.get("issuer") != issuer:
        raise ProviderDownError(
            f"the provider calls itself {str(said.get('issuer'))[:200]!r}, not {issuer!r}; write "
            "oidc.issuer exactly as it does"
        )
    places = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        url = said.get(name)
        wrong = "is missing" if not isinstance(url, str) else address_complaint(url.split("?")[0])
        if wrong is not None:
            raise ProviderDownError(f"{name} of the provider {wrong}")
        places[name] = str(url)
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return _Endpoints(
        authorization=places["authorization_endpoint"],
        token=places["token_endpoint"],
        keys=places["jwks_uri"],
        takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _imported(said: dict[str, Any]) -> tuple[Key, ...]:
    """Those keys of a JWKS that can be used at all."""
    found: list[Key] = []
    listed = said.get("keys")
    for one in listed if isinstance(listed, list) else []:
        try:
            found += KeySet.import_key_set({"keys": [one]}).keys
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return tuple(found)


def _form_coded(text: str) -> str:
    """As RFC 6749, 2.3.1 wants name and secret before they are joined."""
    return quote_plus(text)
