"""``kaiche serve`` and ``kaiche scheduler``: the processes that stay."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from service import logs
from service.audit import MACHINE, Origin
from service.cli.options import Command, command_of
from service.errors import ConfigError
from service.store import runs

if TYPE_CHECKING:
    from service.departures import DepartureSchedule
    from service.notify.teller import Teller
    from service.scheduler import NightSchedule
    from service.wiring import Wiring

ENDED = ("succeeded", "failed")
LogFormat = Annotated[
    logs.Form,
    typer.Option(
        "--log-format",
        envvar="KAICHE_LOG_FORMAT",
        help="日志格式, 每行一个事件 · Logs as text, or as a JSON object a line.",
    ),
]


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="监听地址 · Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="端口 · The port.")] = None,
    nights: Annotated[
        bool,
        typer.Option(
            "--nights/--no-nights",
            help="同时按 YAML 运行夜间任务与提交 · Run nights and departures too.",
        ),
    ] = True,
    log_format: LogFormat = "text",
) -> None:
    """启动 REST 服务, 并按时运行每晚的计算 · Serve REST, and run the nights on schedule."""
    from service.app import serve as serve_app  # noqa: PLC0415 - loads the web framework

    command = command_of(context)
    said = logs.to_stream(sys.stderr, log_format)
    _end_well_on_sigterm()
    _refuse_the_old_token(os.environ)
    with command.wired() as wiring:
        said.hide(wiring.secrets.values.values())
        serve_app(
            wiring,
            host=host,
            port=port,
            scheduler=(lambda _: _started(command, wiring)) if nights else None,
            say=lambda text: command.screen.say(text, text),
        )


def _refuse_the_old_token(env: Mapping[str, str]) -> None:
    """A server that was protected by KAICHE_TOKEN must not quietly start without."""
    if env.get("KAICHE_TOKEN"):
        raise ConfigError(
            "KAICHE_TOKEN is not read any more: every person and program has a key of their own. "
            "Unset it, add users (kaiche user add) and make tokens (kaiche token create)"
        )


def scheduler(context: typer.Context, log_format: LogFormat = "text") -> None:
    """只按时运行每晚的计算, 不开 REST. Run the nights on schedule, without REST."""
    from service.applying import Settler  # noqa: PLC0415 - loads pandas
    from service.ending import in_time  # noqa: PLC0415 - as above

    command = command_of(context)
    said = logs.to_stream(sys.stderr, log_format)
    _end_well_on_sigterm()
    with command.wired() as wiring, in_time(wiring):
        said.hide(wiring.secrets.values.values())
        _on_signals(wiring.ending)
        schedules = _started(command, wiring)
        settler = Settler(wiring.applying, wiring.settings.accounts)
        settler.start()
        wiring.ending.wait()
        command.screen.say("到下一个安全点后退出.", "Ending at the next safe point.")
        settler.stop()
        schedules.stop()


@dataclass(frozen=True, slots=True)
class Schedules:
    """The clocks of the nights, of the bids that leave by themselves, and of messages to people."""

    nights: NightSchedule
    departures: DepartureSchedule
    teller: Teller

    def stop(self) -> None:
        """Stop them after what is under way; a second call does nothing."""
        self.teller.stop()
        self.nights.stop()
        self.departures.stop()


def _started(command: Command, wiring: Wiring) -> Schedules:
    from service.notify.teller import Teller  # noqa: PLC0415 - loads pandas

    teller = Teller(wiring.telling, wiring.settings.accounts)
    schedules = Schedules(night_schedule(wiring), departure_schedule(wiring), teller)
    _announce(command, wiring, schedules)
    schedules.nights.start()
    schedules.departures.start()
    schedules.teller.start()
    return schedules


def departure_schedule(wiring: Wiring) -> DepartureSchedule:
    """The clock of the accounts whose approved bids leave by themselves."""
    from service.applying import apply_if_due  # noqa: PLC0415 - loads pandas
    from service.departures import DepartureSchedule  # noqa: PLC0415 - as above

    return DepartureSchedule(
        wiring.settings.accounts,
        lambda account: apply_if_due(wiring.applying, account),
        clock=wiring.clock,
    )


def night_schedule(wiring: Wiring) -> NightSchedule:
    """The clock of all accounts: a night that ended, well or badly, is not planned again."""
    from service.scheduler import Night, NightSchedule  # noqa: PLC0415 - loads the optimizer

    def plan(account_id: str, night: date) -> object:
        asked = Origin(at=wiring.clock(), actor=MACHINE, source="schedule")
        return wiring.run_night(account_id, night, asked)

    def is_done(account_id: str, night: date) -> bool:
        with wiring.store.read() as session:
            run = runs.find(session, account_id, night)
        return run is not None and run.state in ENDED

    return NightSchedule(
        wiring.settings.accounts,
        Night(plan=plan, is_done=is_done),
        clock=wiring.clock,
    )


def _announce(command: Command, wiring: Wiring, schedules: Schedules) -> None:
    for account in wiring.settings.accounts:
        coming = schedules.nights.next_fire(account.id)
        when = f"{coming:%Y-%m-%d %H:%M %Z}" if coming else "–"
        command.screen.say(
            f"{account.id}: 下一晚 {when}", f"{account.id}: the next night is at {when}"
        )
        if account.notify.channels:
            channels, latest = ", ".join(account.notify.channels), account.notify.latest
            command.screen.say(
                f"{account.id}: 日报最晚 {latest} 发到 {channels}",
                f"{account.id}: the digest goes to {channels} by {latest}",
            )
        if account.id in schedules.departures.accounts:
            line = account.apply.line
            command.screen.say(
                f"{account.id}: 已批准的出价自动提交, 时间 {line}",
                f"{account.id}: approved bids leave by themselves at {line}",
            )


def _end_well_on_sigterm() -> None:
    """SIGTERM ends the process with 0; while REST is served, after what is under way has ended."""

    def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - the signature of a handler
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)


def _on_signals(asked: threading.Event) -> None:
    """Let SIGINT and SIGTERM set an event."""

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
        asked.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
