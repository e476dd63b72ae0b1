"""People of the tests, put into a store with the keys they carry; passwords cost next to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from argon2 import PasswordHasher

from service.audit import Origin
from service.people import register, signing
from service.people.roles import EVERYWHERE, Role
from service.store import Store, people

PASSWORD = "a horse, a battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Crew:
    """Adds people to ``store`` at ``now``; the first, ``boss``, owns everything."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._origin = Origin(at=now, actor="boss", source="cli")
        self.add("boss", **{EVERYWHERE: Role.OWNER})

    def add(self, name: str, /, **roles: Role) -> None:
        scopes = {scope.replace("_", "-"): role for scope, role in roles.items()}
        with self._store.begin() as session:
            register.add(session, self._origin, name, password_hash=CHEAP, roles=scopes)

    def disable(self, name: str) -> None:
        with self._store.begin() as session:
            register.disable(session, self._origin, name)

    def token(
        self,
        name: str,
        role: Role = Role.OWNER,
        accounts: tuple[str, ...] | None = None,
        life: timedelta = timedelta(days=1),
    ) -> str:
        with self._store.begin() as session:
            made = register.create_token(
                session, self._origin, name, "test", role=role, accounts=accounts, life=life
            )
        return made[1]

    def revoke(self, name: str) -> None:
        with self._store.begin() as session:
            for token in people.tokens(session, name):
                register.revoke_token(session, self._origin, token.token_id)

    def cookie(self, name: str) -> str:
        """The key of a browser that is logged in."""
        with self._store.begin() as session:
            person = register.known(session, name)
            return signing.open_session(
                session, self._origin, person, by="password", replaces=None
            ).key


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
