"""The channels of the configuration, with what opens them from the environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from connectors.robots import Delivery, Letterbox, Message, Robot, open_client, send, send_mail
from service.settings.notify import MailChannel, Notify
from service.settings.platform_secrets import PlatformSecrets, channel_variables

UNSET_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Sends one message over a channel by its name. Secrets are read anew for each message."""

    notify: Notify
    secrets: PlatformSecrets
    clock: Callable[[], datetime]
    client: Callable[[], httpx.Client] = open_client

    def send(self, name: str, message: Message, identity: str) -> Delivery:
        """One attempt. Raises WrongConfigurationError for a secrets file that cannot be used."""
        channel = next((one for one in self.notify.channels if one.name == name), None)
        if channel is None:
            return Delivery(state="failed", cause=f"there is no channel {name} any more")
        key, sign = channel_variables(channel)
        known = self.secrets.renewed()
        if isinstance(channel, MailChannel):
            if channel.user and not known.get(key):
                return _unset(key)
            return send_mail(_box(channel, known.get(key)), message, identity)
        url = known.get(key)
        if not url:
            return _unset(key)
        with self.client() as client:
            robot = Robot(kind=channel.kind, url=url, secret=known.get(sign))
            return send(client, robot, message, self.clock().timestamp())


def _unset(variable: str) -> Delivery:
    cause = f"{variable} is not set, in the environment or the secrets file"
    return Delivery(state="again", cause=cause, wait_seconds=UNSET_SECONDS)


def _box(channel: MailChannel, password: str | None) -> Letterbox:
    return Letterbox(
        host=channel.host,
        port=channel.port,
        security=channel.security,
        sender=channel.sender,
        to=channel.to,
        user=channel.user,
        password=password,
    )
