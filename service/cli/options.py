"""Options and arguments that several commands share, and what every command is given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy.orm import Session

from service.audit import Origin
from service.cli.screen import Screen
from service.errors import InputError
from service.expiry import expire_overdue
from service.people.names import folded
from service.people.roles import Principal, Role
from service.settings.loader import Loaded, load, read
from service.settings.models import Settings
from service.store import Store, open_store, people

if TYPE_CHECKING:
    from service.wiring import Wiring

DEFAULT_CONFIG = Path("config/kaiche.yaml")

Json = Annotated[bool, typer.Option("--json", help="机器可读的 JSON 输出 · JSON on stdout.")]
Limit = Annotated[
    int, typer.Option("--limit", min=1, max=10_000, help="最多几条 · At most so many.")
]
AccountId = Annotated[
    str | None, typer.Option("--account", "-a", help="账户 id, 见 YAML. The account's id.")
]
ProposalId = Annotated[
    str | None,
    typer.Argument(help="建议 id; 不写则为最新一份 · A proposal's id; the newest if left out."),
]


@dataclass(slots=True)
class Command:
    """What every command is given: its screen and where the configuration lies."""

    screen: Screen
    config: Path = DEFAULT_CONFIG

    def settings(self) -> Settings:
        """The configuration, read now. Raises ConfigError."""
        return load(self.config, os.environ)

    @contextmanager
    def wired(self) -> Iterator[Wiring]:
        """Everything that nights and servers need, built from the configuration.

        Raises ConfigError, and StoreError for tables of another version.
        """
        from service.wiring import wire  # noqa: PLC0415 - pandas and scipy load only where needed

        loaded = self.prepared()
        wiring = wire(loaded.settings, secrets=loaded.platform_secrets)
        try:
            yield wiring
        finally:
            wiring.close()

    def prepared(self) -> Loaded:
        """The configuration, its database brought into being. Raises ConfigError, StoreError."""
        loaded = read(self.config, os.environ)
        with self.database(loaded.settings) as store:
            _set_up(store)
        return loaded

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The configured database, ready to use. Raises ConfigError and StoreError."""
        with self.database() as store:
            _set_up(store)
            store.ready()
            expire_overdue(store, datetime.now(UTC), "cli")
            yield store

    @contextmanager
    def database(self, settings: Settings | None = None) -> Iterator[Store]:
        """The configured database as it is, of whatever version. Raises ConfigError, StoreError."""
        store = open_store((settings or self.settings()).database)
        try:
            yield store
        finally:
            store.close()


def _set_up(store: Store) -> None:
    """A database without any table gets them: the first start asks for nothing else."""
    if store.revision() is None:
        store.migrate()


def command_of(context: typer.Context, *, machine: bool = False) -> Command:
    """The command that ``kaiche`` is running; ``machine`` keeps stdout for JSON."""
    command: Command = context.obj
    command.screen.machine = machine
    return command


def day_of(text: str | None) -> date | None:
    """A business date written as 2026-03-04; raises InputError for anything else."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--date {text!r} is no date; write it as 2026-03-04") from error


def who_asks() -> Origin:
    """Who is at this terminal: KAICHE_ACTOR, or the name of the system's user."""
    try:
        user = getuser()
    except (OSError, KeyError):
        user = f"uid {os.getuid()}"
    return Origin(at=datetime.now(UTC), actor=os.environ.get("KAICHE_ACTOR") or user, source="cli")


def origin(session: Session) -> Origin:
    """Who decides at this terminal. Once there are users it has to be one of them.

    Whoever can read the database may call themselves anything, so this is no proof; it keeps the
    record to names that mean somebody. Raises InputError for a name that is no active user's.
    """
    asking = who_asks()
    if not people.anybody(session):
        return asking
    row = people.find(session, folded(asking.actor))
    if row is None or row.disabled_at is not None:
        raise InputError(
            f"{asking.actor} is no active user of kaiche, and what is decided has to be somebody's; "
            "export KAICHE_ACTOR=<your name in `kaiche user list`>"
        )
    return replace(asking, actor=row.name)


def owner(session: Session, account_id: str) -> Origin:
    """Who decides at this terminal, if they own the account, or while there is no user.

    Raises InputError for anybody else: some things wait for an owner, whoever has written the YAML.
    """
    asking = origin(session)
    if not people.anybody(session):
        return asking
    held = people.roles(session, [asking.actor]).get(asking.actor, {})
    grants = {scope: Role(role) for scope, role in held.items()}
    if Principal(name=asking.actor, by="open", grants=grants).role_on(account_id) is not Role.OWNER:
        raise InputError(
            f"this waits for an owner of {account_id}, and {asking.actor} is none; `kaiche user list` "
            "shows who is"
        )
    return asking
