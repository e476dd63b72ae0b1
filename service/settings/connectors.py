"""Where an account's figures come from and, with ``taobao``, where its approved bids go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from service.settings.call_rates import CallRates
from service.settings.section import Section, refusal

APP_KEY_FORM: Final = r"^[A-Za-z0-9]{1,64}$"
NICK_FORM: Final = r"^\S(.{0,62}\S)?$"
VARIABLE_FORM: Final = r"^[A-Z][A-Z0-9_]{0,127}$"
OFFICIAL_GATEWAY: Final = "https://eco.taobao.com/router/rest"
_REAL_ONLY: Final = ("gateway", "app_key", "session_env")
_THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")


class ReportsConnector(Section):
    """Report exports that a person downloads into a folder."""

    kind: Literal["reports"]
    path: Path = Field(
        description="the folder (or one file) with the exports", examples=["reports/my-shop"]
    )
    attribution_days: Annotated[int, Field(ge=0, le=30)] = 15


class SandboxConnector(Section):
    """The simulated shop."""

    kind: Literal["sandbox"]
    seed: int = 7
    keywords: Annotated[int, Field(ge=1, le=1_000_000)] = 2_400
    history_days: Annotated[int, Field(ge=1, le=365)] = 30
    state: Path | None = None


class SimulatedShop(Section):
    """The simulated shop that stands behind the platform's protocol, served by kaiche itself.

    ``state`` keeps its bids and budgets; None = for the life of the process only.
    """

    seed: Annotated[int, Field(ge=0)] = 7
    keywords: Annotated[int, Field(ge=1, le=200_000)] = 2_400
    history_days: Annotated[int, Field(ge=1, le=365)] = 30
    state: Path | None = None


class TaobaoConnector(Section):
    """A shop over the open platform. Its session and the app's secret never stand here.

    ``session_env`` names the environment variable that holds the shop's session; None = made from
    the account's id. ``app_key`` None = that of KAICHE_APP_KEY. ``daily_calls`` is the app's quota,
    ``rates`` how fast the shop is called.
    With ``sandbox`` there is no platform: kaiche answers for it on this machine, over HTTP, and
    knows address and credentials itself.
    """

    kind: Literal["taobao"]
    generation: Literal["simba", "universalbp"] = Field(
        description="the interface the app was granted: simba or universalbp",
        examples=["universalbp"],
    )
    nick: Annotated[str, Field(pattern=NICK_FORM)] = Field(
        description="the shop's account name on the platform", examples=["某某旗舰店"]
    )
    gateway: str = OFFICIAL_GATEWAY
    app_key: Annotated[str, Field(pattern=APP_KEY_FORM)] | None = None
    session_env: Annotated[str, Field(pattern=VARIABLE_FORM)] | None = None
    sign_method: Literal["md5", "hmac", "hmac-sha256"] = "hmac-sha256"
    daily_calls: Annotated[int, Field(ge=1)] | None = None
    rates: CallRates = CallRates()
    sandbox: SimulatedShop | None = None

    @field_validator("rates")
    @classmethod
    def _methods_are_called(cls, rates: CallRates, info: ValidationInfo) -> CallRates:
        generation = info.data.get("generation")
        wrong = None if generation is None else rates.complaint(generation)
        if wrong is not None:
            raise refusal(wrong)
        return rates

    @field_validator("sandbox")
    @classmethod
    def _has_a_gateway_of_its_own(
        cls, shop: SimulatedShop | None, info: ValidationInfo
    ) -> SimulatedShop | None:
        given = [name for name in _REAL_ONLY if info.data.get(name) not in (None, OFFICIAL_GATEWAY)]
        if shop is not None and given:
            raise refusal(
                f"is a simulated shop, which kaiche serves and opens itself; remove {given[0]}, or "
                "remove sandbox for a shop on the platform"
            )
        return shop

    @field_validator("gateway")
    @classmethod
    def _sessions_travel_safely(cls, url: str) -> str:
        wrong = _gateway_complaint(url)
        if wrong is not None:
            raise refusal(wrong)
        return url


def _gateway_complaint(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        return f"{url!r} is no address; write it as {OFFICIAL_GATEWAY}"
    if parts.username or parts.password or parts.query or parts.fragment:
        return f"carries more than scheme, host and path; write it as {OFFICIAL_GATEWAY}"
    if parts.scheme == "http" and host not in _THIS_MACHINE:
        return (
            f"{url!r} would send the shop's session unencrypted; write https://, http:// is only "
            "for a sandbox on this machine"
        )
    return None
