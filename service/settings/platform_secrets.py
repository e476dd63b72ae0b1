"""What opens shops on the advertising platform, and kaiche to the log-in provider: never in the YAML,
never in the database.

KAICHE_APP_KEY        the app's key, where the YAML gives none; it is no secret
KAICHE_APP_SECRET     the app's secret
KAICHE_SESSION_<ID>   an account's session: its id in capitals, with _ for - and .
KAICHE_OIDC_SECRET    the secret under which the log-in provider knows kaiche
KAICHE_NOTIFY_<NAME>  a channel's whole webhook address; of a mail channel its user's password
KAICHE_NOTIFY_<NAME>_SIGN  the secret a DingTalk or Feishu robot signs with, where it signs
KAICHE_SECRETS_FILE   a YAML or JSON file with these names and their values, readable by its owner
                      alone; a variable that is set goes before the file
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode

from service.settings.connectors import TaobaoConnector
from service.settings.models import Account
from service.settings.nodes import compose, decode
from service.settings.notify import Channel
from service.settings.problems import Mark, Problem, WrongConfigurationError
from service.settings.secrets import APP_SECRET, MASK, OIDC_SECRET

APP_KEY: Final = "KAICHE_APP_KEY"
SECRETS_FILE: Final = "KAICHE_SECRETS_FILE"
_SESSION: Final = "KAICHE_SESSION_"
_NOTIFY: Final = "KAICHE_NOTIFY_"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def session_variable(account: Account) -> str:
    """The environment variable of an account's session."""
    connector = account.connector
    if isinstance(connector, TaobaoConnector) and connector.session_env:
        return connector.session_env
    return _SESSION + account.id.upper().replace("-", "_").replace(".", "_")


def channel_variables(channel: Channel) -> tuple[str, str]:
    """The variables of a channel's address (or password), and of what its robot signs with."""
    name = _NOTIFY + channel.name.upper().replace("-", "_")
    return name, f"{name}_SIGN"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PlatformSecrets:
    """Values by the name of their variable; only those that the accounts may need.

    ``fixed`` are those of the environment, ``file`` and ``wanted`` where the others come from.
    """

    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fixed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    wanted: frozenset[str] = frozenset()
    file: Path | None = None

    @classmethod
    def find(
        cls,
        env: Mapping[str, str],
        accounts: Iterable[Account],
        channels: Iterable[Channel] = (),
    ) -> PlatformSecrets:
        """From the variables of ``env`` and the file that it names; an empty value is none.

        Raises WrongConfigurationError for a file that cannot be used. It never quotes a value.
        """
        path = env.get(SECRETS_FILE)
        wanted = frozenset({APP_KEY, APP_SECRET, OIDC_SECRET, *map(session_variable, accounts)})
        wanted |= {name for channel in channels for name in channel_variables(channel)}
        fixed = {name: found for name in wanted if (found := env.get(name))}
        file = Path(path).absolute() if path else None
        return cls(values=fixed, fixed=fixed, wanted=wanted, file=file).renewed()

    def renewed(self) -> PlatformSecrets:
        """With what the file says now: a session may have been renewed while the process runs.

        Raises WrongConfigurationError for a file that cannot be used.
        """
        if self.file is None:
            return self
        there = _of_file(self.file)
        known = {name: found for name in self.wanted if (found := there.get(name))}
        return replace(self, values=known | dict(self.fixed))

    def __repr__(self) -> str:
        shown = (f"{name}={MASK!r}" for name in sorted(self.values))
        return f"PlatformSecrets({', '.join(shown)})"

    def get(self, name: str) -> str | None:
        """The value of a variable; None where it was given nowhere."""
        return self.values.get(name)


def _of_file(path: Path) -> dict[str, str]:
    file = str(path)
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            raise _refused(
                file, f"may be read by others (mode {mode & 0o777:03o}); run: chmod 600 {file}"
            )
        data = path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); correct {SECRETS_FILE}, or remove it"
        raise _refused(file, reason) from None
    return dict(_pairs(compose(decode(data, file), file, ()), file))


def _pairs(root: Node, file: str) -> Iterator[tuple[str, str]]:
    if not isinstance(root, MappingNode):
        raise _refused(file, f'must be lines of "{APP_SECRET}: value"', root)
    for key, value in root.value:
        if not isinstance(key, ScalarNode) or not isinstance(value, ScalarNode):
            raise _refused(file, "must be a name and a single value on each line", key)
        yield str(key.value), str(value.value)


def _refused(file: str, message: str, node: Node | None = None) -> WrongConfigurationError:
    mark = None if node is None else Mark(node.start_mark.line + 1, node.start_mark.column + 1)
    return WrongConfigurationError([Problem(file=file, mark=mark, path="", message=message)])
