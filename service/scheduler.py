"""When the nights run: one job an account, by its cron and time zone from the YAML.

The jobs live in memory. What makes a night happen once is the UNIQUE (account,
business_date) of the ``run`` table, so nothing is lost when the process stops: on its start every
account whose newest night is due but not done is planned once (``catch_up``), however many nights
were missed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from connectors.errors import ConnectorError
from optimizer.errors import OptimizerError
from service import logs
from service.errors import ConfigError, EndingError, RunInProgressError, ServiceError
from service.settings import cron
from service.settings.models import Account

CATCHING_UP: Final = "* nights that nobody finished"
LOOK_AGAIN: Final = timedelta(minutes=5)

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """How the scheduler reaches the nights.

    ``plan`` plans one account's night and may take minutes; ``is_done`` says whether that night has
    already ended (well or badly), so that only missing or interrupted ones are made up.
    """

    plan: Callable[[str, date], object]
    is_done: Callable[[str, date], bool]


def trigger(line: str, timezone: str) -> CronTrigger:
    """The trigger of a five-field crontab line, weekdays counted as cron does (0 and 7 = Sunday).

    Raises ``ConfigError`` for a line or zone that cannot be understood.
    """
    wrong = cron.complaint(line)
    if wrong is not None:
        raise ConfigError(f"schedule.cron {line!r} {wrong}")
    minute, hour, day, month, weekday = line.lower().split()
    try:
        return CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month,
            day_of_week=_weekdays(weekday),
            timezone=ZoneInfo(timezone),
        )
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise ConfigError(
            f"schedule.cron {line!r} in time zone {timezone!r} cannot be followed: {error}; "
            'write a zone such as "Asia/Shanghai"'
        ) from error


def _weekdays(field: str) -> str:
    """Names for cron's numbers and spans: the scheduler's week begins on Monday, cron's on Sunday."""
    if field == "*":
        return field
    days = {(day - 1) % 7 for part in field.split(",") for day in _days_of(part)}
    return ",".join(cron.WEEKDAYS[day] for day in sorted(days))


def _days_of(part: str) -> range:
    span, _, step = part.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    return range(_day(first), _day(last if dash else first) + 1, int(step or 1))


def _day(name: str) -> int:
    return cron.WEEKDAYS.index(name) + 1 if name in cron.WEEKDAYS else int(name)


def last_fire(rule: CronTrigger, now: datetime, within: timedelta) -> datetime | None:
    """The newest instant at or before ``now`` at which ``rule`` fired, None when none is that young."""
    newest = None
    for fire in _fires(rule, now - within):
        if fire > now:
            break
        newest = fire
    return newest


def _fires(rule: CronTrigger, start: datetime) -> Iterator[datetime]:
    fire = rule.get_next_fire_time(None, start)
    while fire is not None:
        yield fire
        fire = rule.get_next_fire_time(fire, fire + timedelta(microseconds=1))


class OneAtATime(BasePoolExecutor):  # type: ignore[misc]  # apscheduler ships no types
    """Runs jobs one after another in a thread of ours, which other work may share."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)


class NightSchedule:
    """The jobs of all accounts. ``start`` makes up what was missed and then follows the clock.

    Every ``LOOK_AGAIN`` it looks for a night that another process has begun and not finished.
    Nights run one after another: a big account may need most of the memory.
    """

    def __init__(
        self,
        accounts: Sequence[Account],
        night: Night,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._night = night
        self._clock = clock
        self._rules = {
            account.id: trigger(account.schedule.cron, account.timezone) for account in accounts
        }
        self._patience = {
            account.id: timedelta(hours=account.schedule.misfire_hours) for account in accounts
        }
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="night")
        self.scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": OneAtATime(self._pool)}
        )
        for account_id in self._rules:
            self._add(account_id)
        self.scheduler.add_job(
            self.catch_up,
            "interval",
            seconds=LOOK_AGAIN.total_seconds(),
            id=CATCHING_UP,
            coalesce=True,
            max_instances=1,
        )

    def _add(self, account_id: str) -> None:
        self.scheduler.add_job(
            self.fire,
            self._rules[account_id],
            args=(account_id,),
            id=account_id,
            name=f"night of {account_id}",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=int(self._patience[account_id].total_seconds()),
        )

    def due(self, account_id: str) -> date | None:
        """The business date of the newest night that should have run and has not, or None."""
        rule = self._rules[account_id]
        fired = last_fire(rule, self._clock(), self._patience[account_id])
        if fired is None:
            return None
        night = fired.astimezone(rule.timezone).date()
        return None if self._night.is_done(account_id, night) else night

    def next_fire(self, account_id: str) -> datetime | None:
        """When the account's night comes next, in the account's time zone."""
        fire: datetime | None = self._rules[account_id].get_next_fire_time(None, self._clock())
        return fire

    def fire(self, account_id: str) -> None:
        """Plan the night that is due, if there is one. Never raises: the other accounts go on."""
        logs.apart(self._fire)(account_id)

    def _fire(self, account_id: str) -> None:
        logs.bind(account=account_id)
        try:
            night = self.due(account_id)
            if night is None:
                return
            log.info("night of %s for %s starts", account_id, night, extra={"event": "night_due"})
            self._night.plan(account_id, night)
        except EndingError as error:
            log.info("%s", error, extra={"event": "night_left"})
        except RunInProgressError as error:
            log.info(
                "night of %s left alone: %s", account_id, error, extra={"event": "night_left_alone"}
            )
        except (ServiceError, ConnectorError, OptimizerError) as error:
            log.error(  # noqa: TRY400 - its message is for people
                "night of %s failed: %s",
                account_id,
                error,
                extra={"event": "night_failed"},
            )
        except Exception:
            log.exception("night of %s broke", account_id, extra={"event": "night_broke"})
        else:
            log.info("night of %s for %s ended", account_id, night, extra={"event": "night_ended"})

    def catch_up(self) -> None:
        """Make up, once, the newest night that each account has missed, or that somebody else has left."""
        for account_id in self._rules:
            self.fire(account_id)

    def start(self) -> None:
        """Make up missed nights in the background, then follow the clock; returns at once."""
        self._pool.submit(self.catch_up)
        self.scheduler.start()

    def stop(self) -> None:
        """Stop after the night that is running; a second call does nothing."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=True)
