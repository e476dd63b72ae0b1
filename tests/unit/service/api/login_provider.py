"""A small OpenID provider on loopback: its own RSA keys, codes that are good once, PKCE checked.

It is honest unless a test tells it otherwise through ``says`` (claims), ``header`` and ``mood``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from joserfc import jwt
from joserfc.jwk import Key, OctKey, RSAKey

CLIENT, SECRET = "kaiche", "client-secret of the tests"
LIFE = timedelta(minutes=5)


class LoginProvider:
    """What the provider knows and does; ``url`` is its issuer."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.url = ""
        self.keys = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
        self.signs_with: Key = self.keys[0]
        self.person: dict[str, Any] = {
            "sub": "248289761001",
            "email": "Li@Example.cn",
            "email_verified": True,
        }
        self.says: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "first"}
        self.discovery: dict[str, Any] = {}
        self.mood: dict[str, int] = {}  # path -> status
        self.asked: list[str] = []
        self.basic_seen: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def rotate(self) -> None:
        """Another key from now on; the old one is shown no more."""
        self.keys = [RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})]
        self.signs_with = self.keys[0]
        self.header["kid"] = "second"

    def agree(self, outward: str) -> str:
        """What the person's browser is sent back with, once they have logged in: the whole address."""
        asked = dict(parse_qsl(urlsplit(outward).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def answer(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, Any]:
        self.asked.append(path)
        if path in self.mood:
            return self.mood[path], {"error": "temporarily_unavailable"}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize?tenant=1",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.discovery,
            }
        if path == "/keys":
            shown = [key.as_dict(private=False) for key in self.keys]
            return 200, {"keys": [{"kty": "quantum", "kid": "odd"}, *shown]}
        if (method, path) == ("POST", "/token"):
            return self._token(dict(parse_qsl(body.decode())), headers)
        return 404, {}

    def _token(self, form: dict[str, str], headers: Any) -> tuple[int, Any]:
        self.basic_seen.append(headers.get("authorization", ""))
        kind, _, given = headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(given).decode().partition(":") if kind else ("", "", "")
        known = (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET) or (
            form.get("client_id") == CLIENT and form.get("client_secret", "") in ("", SECRET)
        )
        asked = self._codes.pop(form.get("code", ""), None)
        if not known or asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": self._id(asked)}

    def _id(self, asked: dict[str, str]) -> str:
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "iat": int(self.now.timestamp()),
            "exp": int((self.now + LIFE).timestamp()),
            **self.person,
            **self.says,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.signed(claims)

    def signed(self, claims: dict[str, Any]) -> str:
        if self.header["alg"] == "none":
            parts = (json.dumps(one).encode() for one in (self.header, claims))
            return (
                ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts) + "."
            )
        return jwt.encode(self.header, claims, self.signs_with, algorithms=[self.header["alg"]])

    def by_the_public_key(self) -> None:
        """The old trick: an HMAC keyed with what everybody can read."""
        pem = self.keys[0].as_pem(private=False)
        self.signs_with = OctKey.import_key(base64.b64encode(pem).decode())
        self.header["alg"] = "HS256"


@contextmanager
def listening(provider: LoginProvider) -> Iterator[LoginProvider]:
    """The provider behind a real socket on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            path = urlsplit(self.path).path
            status, said = provider.answer(self.command, path, body, self.headers)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as above
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
