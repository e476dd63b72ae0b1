"""Where messages go, and when. Addresses and passwords never stand here, see ``platform_secrets``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from service.settings.section import Section, refusal

CHANNEL_NAME: Final = r"^[a-z][a-z0-9_-]{0,31}$"
MAIL_ADDRESS: Final = r"^[^\s@<>,;]{1,64}@[A-Za-z0-9.-]{1,190}$"
CLOCK: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
MAIL_HOST: Final = r"^[A-Za-z0-9.:-]{1,253}$"
Name = Annotated[str, Field(pattern=CHANNEL_NAME)]
Address = Annotated[str, Field(pattern=MAIL_ADDRESS)]
Clock = Annotated[str, Field(pattern=CLOCK)]


class DingtalkChannel(Section):
    """A group's robot of DingTalk: its address is KAICHE_NOTIFY_<NAME>, what it signs with ..._SIGN."""

    name: Name = Field(description="a short name, used by the accounts", examples=["group"])
    kind: Literal["dingtalk"]


class WecomChannel(Section):
    """A group's robot of WeCom; it does not sign."""

    name: Name = Field(description="a short name, used by the accounts", examples=["group"])
    kind: Literal["wecom"]


class FeishuChannel(Section):
    """A group's robot of Feishu."""

    name: Name = Field(description="a short name, used by the accounts", examples=["group"])
    kind: Literal["feishu"]


class MailChannel(Section):
    """E-mail by a server. The password of ``user`` is the secret KAICHE_NOTIFY_<NAME>."""

    name: Name = Field(description="a short name, used by the accounts", examples=["mail"])
    kind: Literal["mail"]
    host: Annotated[str, Field(pattern=MAIL_HOST)] = Field(
        description="the mail server", examples=["smtp.example.cn"]
    )
    port: Annotated[int, Field(ge=1, le=65535)] = 465
    security: Literal["tls", "starttls", "none"] = "tls"
    sender: Address = Field(description="from whom", examples=["kaiche@example.cn"])
    to: Annotated[tuple[Address, ...], Field(min_length=1, max_length=50)] = Field(
        description="to whom", examples=["[owner@example.cn]"]
    )
    user: str | None = None

    @field_validator("user")
    @classmethod
    def _no_password_in_the_open(cls, user: str | None, info: ValidationInfo) -> str | None:
        local = info.data.get("host") in ("127.0.0.1", "localhost", "::1")
        if user is not None and info.data.get("security") == "none" and not local:
            raise refusal(
                "would send its password unencrypted; write security: tls or starttls, or remove user"
            )
        return user


Channel = DingtalkChannel | WecomChannel | FeishuChannel | MailChannel
Kinds = Annotated[Channel, Field(discriminator="kind")]


class Notify(Section):
    """The channels there are, and the language of what goes through them."""

    channels: tuple[Kinds, ...] = ()
    language: Literal["zh", "en"] = "zh"

    @field_validator("channels")
    @classmethod
    def _names_differ(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        names = [one.name.replace("-", "_") for one in channels]
        for name in names:
            if names.count(name) > 1:
                raise refusal(f"names {name} more than once; every channel needs its own name")
        return channels


class Telling(Section):
    """What an account's people are told, and where: ``channels`` by name, none = nothing.

    The digest leaves as soon as the night has ended, but not before ``earliest``, and at ``latest``
    whatever has become of the night; one that was missed is made up within ``makeup_hours``.
    Times are the account's.
    """

    channels: tuple[Name, ...] = ()
    earliest: Clock = "07:00"
    latest: Clock = Field(default="08:50", validate_default=True)
    makeup_hours: Annotated[int, Field(ge=1, le=14)] = 4
    alerts: bool = True

    @field_validator("latest")
    @classmethod
    def _comes_after_earliest(cls, latest: str, info: ValidationInfo) -> str:
        earliest = info.data.get("earliest")
        if earliest is not None and latest < earliest:
            raise refusal(f"{latest} is before earliest ({earliest}); write a later time")
        return latest

    def strangers(self, notify: Notify | None) -> Iterator[tuple[int, str]]:
        """The place and the fault of every channel that ``notify`` does not have; None = not known."""
        known = [] if notify is None else [one.name for one in notify.channels]
        there = f"there are: {', '.join(known)}" if known else "there is none under notify.channels"
        for place, name in enumerate(() if notify is None else self.channels):
            if name not in known:
                yield place, f"{name} is no channel; {there}"
