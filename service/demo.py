"""The demo's month: simulated shops that a person has run, then kaiche, night after night over HTTP.

Every past night is pulled, planned, approved by a person of the demo, applied and verified through
the platform's own protocol, in the sandbox's time. Tonight is then planned in the machine's time and
left for whoever is looking. What has been lived is not lived again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors.sandbox.gateway import SandboxClock
from connectors.sandbox.hindsight import Brought, has_been_touched, kept, lived
from connectors.sandbox.shop import Shop
from service import applying, tonight
from service.approval import Action, State
from service.audit import Origin
from service.decisions import decide, override
from service.errors import ConfigError, ConflictError
from service.nightly import NightResult, Progress
from service.settings.connectors import SimulatedShop
from service.settings.models import Account, Settings
from service.settings.platform_secrets import PlatformSecrets
from service.simulated import SimulatedShops, simulated_shop
from service.store import applications, roster, runs
from service.store.lines import LineFilter
from service.wiring import Wiring, wire

PERSON: Final = "demo-specialist"
MORNING: Final = time(8, 30)
WHY_OVERRIDDEN: Final = "演示: 人员核对后放行 / demo: looked at and let through"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """One night that is over: how many changes the person approved, and how many took effect."""

    account_id: str
    day: date
    number: int
    nights: int
    approved: int
    applied: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Sums over the month, all orders in, fen; ``contribution_fen`` at the account's own margins."""

    clicks: int
    orders: int
    spend_fen: int
    contribution_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """What ``days`` brought, and what they would have brought at the bids that the person had set."""

    account_id: str
    days: int
    lived: Outcome
    kept: Outcome


class Month:
    """The demo accounts of ``settings``, ``nights`` nights before ``day`` and ``day`` itself.

    ``day`` None is today. ``clock`` is the machine's. The caller brings the database to the newest
    version before and closes ``wiring`` after.

    Raises ConfigError when no account of the configuration is a simulated shop that keeps its state.
    """

    def __init__(
        self,
        settings: Settings,
        secrets: PlatformSecrets,
        day: date | None,
        nights: int,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self.accounts = _of_the_demo(settings.accounts)
        self.nights = nights
        self._clock = clock
        zone = ZoneInfo(self.accounts[0].timezone)
        self._today = clock().astimezone(zone).date()
        self.day = day or self._today
        self._time = SandboxClock.standing(self._morning(self.accounts[0], self.day))
        self._past = True
        self._shops = SimulatedShops(settings.accounts, self._time.now)
        self.wiring: Wiring = wire(
            settings,
            clock=self._now,
            sleep=lambda seconds: self._time.advance(seconds=seconds),
            secrets=secrets,
            simulated=self._shops,
        )

    def live(self) -> Iterator[Lived]:
        """Live the nights before ``day`` that have not been lived yet, one account after another.

        Raises ConflictError when database and shop do not belong together, or a night cannot be
        applied, and whatever ends a night.
        """
        self._check()
        for account in self.accounts:
            first, last = self._span(account)
            done = self._done_until(account)
            for offset in range((last - first).days + 1):
                day = first + timedelta(days=offset)
                if done is None or day > done:
                    yield self._live(account, day, offset + 1)

    def plan(self, account: Account, progress: Progress) -> NightResult:
        """Plan the night of ``day`` and leave it to people."""
        self._past = False
        today = self.day == self._today
        self._time.set(self._clock() if today else self._morning(account, self.day))
        asked = Origin(at=self._now(), actor=PERSON, source="cli")
        return self.wiring.run_night(account.id, self.day, asked, progress)

    def hindsight(self, account: Account) -> Hindsight | None:
        """What the lived nights changed; None when there was none."""
        first, last = self._span(account)
        if last < first:
            return None
        shop, start, end = self._shop(account), first.toordinal(), last.toordinal()
        with self.wiring.store.read() as session:
            margins = tonight.rates(
                account,
                roster.adgroups(session, account.id),
                roster.keywords(session, account.id),
            )
        rates = {name: one.margin_rate + one.organic_rate for name, one in margins.items()}
        return Hindsight(
            account_id=account.id,
            days=end - start + 1,
            lived=_outcome(lived(shop, start, end), rates),
            kept=_outcome(kept(shop, start, end), rates),
        )

    def _live(self, account: Account, day: date, number: int) -> Lived:
        """Pull, plan, approve, apply, verify."""
        self._time.set(self._morning(account, day))
        asked = Origin(at=self._now(), actor=PERSON, source="cli")
        result = self.wiring.run_night(account.id, day, asked)
        approved = self._approve(result)
        row = applying.apply(
            self.wiring.applying, account, applying.Who(actor=PERSON, source="cli")
        )
        if row.state != "done":
            raise ConflictError(f"{account.id} {day}: applying was {row.state}: {row.cause}")
        return Lived(
            account_id=account.id,
            day=day,
            number=number,
            nights=self.nights,
            approved=approved,
            applied=row.counts.get("applied", 0),
        )

    def _approve(self, result: NightResult) -> int:
        proposal_id = result.proposal.proposal_id
        origin = Origin(at=self._now(), actor=PERSON, source="cli")
        waiting = LineFilter(proposal_id=proposal_id, states=(State.PENDING,))
        with self.wiring.store.begin() as session:
            if result.proposal.state == "blocked":
                override(session, origin, proposal_id, WHY_OVERRIDDEN)
            return len(decide(session, Action.APPROVE, origin, waiting).changed)

    def _span(self, account: Account) -> tuple[date, date]:
        """The first and the last night to live; the last is before the first when there is none."""
        first = self._known(account) or self.day - timedelta(days=self.nights)
        return first, min(first + timedelta(days=self.nights), self.day) - timedelta(days=1)

    def _done_until(self, account: Account) -> date | None:
        with self.wiring.store.read() as session:
            found = applications.page(session, account_id=account.id, limit=1)
        return found[0].business_date if found and found[0].state == "done" else None

    def _check(self) -> None:
        """Every shop and the database are of one demo. Opens the shops, new ones as of their first night."""
        for account in self.accounts:
            wanted = simulated_shop(account)
            if self._known(account) and wanted and wanted.state and not wanted.state.exists():
                raise _of_different_demos(account)
        for account in self.accounts:
            first, _ = self._span(account)
            self._time.set(self._morning(account, first))
            wanted, shop = simulated_shop(account), self._shop(account)
            strange = not self._known(account) and has_been_touched(shop)
            if strange or (wanted and _began(shop, wanted) != first):
                raise _of_different_demos(account)

    def _known(self, account: Account) -> date | None:
        """The first night in the database."""
        with self.wiring.store.read() as session:
            return runs.first_day(session, account.id)

    def _shop(self, account: Account) -> Shop:
        session = self._shops.shop(account).session
        return self._shops.gateway().fronts[session].shop

    def _now(self) -> datetime:
        return self._time.now().astimezone(UTC) if self._past else self._clock()

    def _morning(self, account: Account, day: date) -> datetime:
        return datetime.combine(day, MORNING, ZoneInfo(account.timezone))


def _of_the_demo(accounts: Sequence[Account]) -> list[Account]:
    found = [one for one in accounts if (shop := simulated_shop(one)) is not None and shop.state]
    if found:
        return found
    raise ConfigError(
        "the demo needs an account whose connector is of kind taobao with a block `sandbox` that "
        "names its `state`, as config/kaiche.yaml of the repository has it"
    )


def _of_different_demos(account: Account) -> ConflictError:
    return ConflictError(
        f"the simulated shop of {account.id} and its nights in the database are of different demos; "
        "delete both (the folder var/) to begin anew"
    )


def _began(shop: Shop, wanted: SimulatedShop) -> date:
    """The first night: the day after the person's last."""
    return date.fromordinal(shop.first_day) + timedelta(days=wanted.history_days)


def _outcome(brought: Brought, rates: dict[str, float]) -> Outcome:
    return Outcome(
        clicks=brought.clicks,
        orders=brought.orders,
        spend_fen=brought.spend_fen,
        contribution_fen=round(
            sum(rates.get(adgroup, 0.0) * fen for adgroup, fen in brought.revenue_fen.items())
        ),
    )
