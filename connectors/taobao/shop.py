"""What a call needs to know about a shop, and how long to be patient with the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from connectors.errors import PermanentError
from connectors.taobao.signing import SignMethod

Generation = Literal["simba", "universalbp"]
GATEWAY: Final = "https://eco.taobao.com/router/rest"
HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TaobaoShop:
    """One shop under one app. ``session`` is the shop's access token, ``nick`` its account name.

    Neither ``app_secret`` nor ``session`` shows in ``repr``. ``daily_calls`` is the app's quota a
    day, shared by all shops of the app; None where it is not known.
    """

    app_key: str
    app_secret: str
    session: str
    nick: str
    generation: Generation = "universalbp"
    sign_method: SignMethod = "hmac-sha256"
    gateway: str = GATEWAY
    daily_calls: int | None = None

    def __post_init__(self) -> None:
        """Refuse settings with which no call could ever succeed."""
        needed = ("app_key", "app_secret", "nick", "gateway")
        empty = [name for name in needed if not getattr(self, name).strip()]
        if empty:
            raise PermanentError(
                f"the Taobao shop {self.nick or '(without nick)'} has no {', '.join(empty)}; "
                "give it in the configuration, secrets in the environment or the secrets file"
            )

    def __repr__(self) -> str:
        return (
            f"TaobaoShop(nick={self.nick!r}, app_key={self.app_key!r}, app_secret={HIDDEN!r}, "
            f"session={HIDDEN!r}, generation={self.generation!r}, gateway={self.gateway!r})"
        )

    def redacted(self, text: str) -> str:
        """``text`` without the shop's secrets, for messages and logs."""
        for secret in (self.app_secret, self.session):
            if secret:
                text = text.replace(secret, HIDDEN)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """``per_second`` calls on average, at most ``burst`` at once."""

    per_second: float
    burst: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Time-outs in seconds, how often a call is tried, and how fast calls may follow each other.

    The platform does not publish its rates: ``rate`` is far above what a pull needs, and a call
    that comes too fast is told how many seconds to wait. ``rates`` holds exceptions by method name
    without ``taobao.``.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    attempts: int = 4
    rate: Rate = Rate(per_second=100, burst=100)
    rates: Mapping[str, Rate] = field(default_factory=lambda: MappingProxyType({}))
