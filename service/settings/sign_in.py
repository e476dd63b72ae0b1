"""The organisation's own log-in (OpenID Connect), beside or instead of passwords."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from service.settings.section import Section, refusal

OPENID: Final = "openid"
SCOPE_FORM: Final = r"^[!#-\[\]-~]{1,128}$"
CLIENT_FORM: Final = r"^[!-~]{1,256}$"
_THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
Claim = Literal["email", "preferred_username", "sub"]


class Oidc(Section):
    """The provider that people log in with. The client's secret never stands here.

    Browsers come back to ``server.public_url``. ``claim`` is what users are linked by
    (``kaiche user add NAME --oidc VALUE``); an e-mail counts only when the provider has verified it.
    """

    issuer: str = Field(
        description="the provider's issuer, exactly as it calls itself",
        examples=["https://login.example.cn/realms/team"],
    )
    client_id: Annotated[str, Field(pattern=CLIENT_FORM)] = Field(
        description="the name under which the provider knows kaiche", examples=["kaiche"]
    )
    scopes: tuple[Annotated[str, Field(pattern=SCOPE_FORM)], ...] = (OPENID, "email")
    claim: Claim = "email"

    @field_validator("issuer")
    @classmethod
    def _travels_safely(cls, url: str) -> str:
        wrong = address_complaint(url)
        if wrong is not None:
            raise refusal(wrong)
        return url

    @field_validator("scopes")
    @classmethod
    def _asks_who_it_is(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if OPENID not in scopes:
            raise refusal(f"lacks {OPENID}, without which a provider says nothing; add - {OPENID}")
        return scopes


def address_complaint(url: str) -> str | None:
    """What is wrong with an address of a provider; None when it can be trusted with a log-in."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        return f"{url!r} is no address; write it as https://login.example.cn"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "carries more than scheme, host and path; write it as https://login.example.cn"
    if parts.scheme == "http" and host not in _THIS_MACHINE:
        return (
            f"{url!r} would carry log-ins unencrypted; write https://, http:// is only for a provider "
            "on this machine"
        )
    return None
