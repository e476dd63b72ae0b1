"""Every command under one name, and one way to end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.text import Text

from service.cli import (
    applying,
    audit,
    backup,
    compact,
    decide,
    demo,
    doctor,
    economics,
    interventions,
    ledger,
    night,
    notify,
    people,
    processes,
    proposals,
    records,
    report,
    sandbox,
    setup,
    sheets,
    tokens,
)
from service.cli.failures import CRASH, ENDINGS, code_of, ending, write_crash
from service.cli.options import DEFAULT_CONFIG, Command
from service.cli.screen import Screen

CRASH_FOLDER = Path("var")


def _endings() -> str:
    """The exit codes, one a paragraph, for the end of the help."""
    listed = "\n\n".join(f"{one.code:>3}  {one.zh}. {one.en}." for one in ENDINGS)
    return f"退出码 Exit codes:\n\n{listed}"


app = typer.Typer(
    name="kaiche",
    help="夜间计算直通车关键词出价, 由人审批 · Nightly keyword bids, reviewed by a person.",
    epilog=_endings(),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option(
            "--config",
            "-c",
            envvar="KAICHE_CONFIG",
            help="配置文件 · The configuration file.",
        ),
    ] = DEFAULT_CONFIG,
    lang: Annotated[
        str | None,
        typer.Option("--lang", metavar="zh|en", help="语言 · Language; else KAICHE_LANG or LANG."),
    ] = None,
) -> None:
    """Options of every command."""
    command: Command = context.obj
    command.config = config
    command.screen.choose_language(lang)


app.command("demo")(demo.demo)
app.command("nightly")(night.nightly)
app.command("serve")(processes.serve)
app.command("scheduler")(processes.scheduler)
app.command("sandbox")(sandbox.sandbox)
app.command("doctor")(doctor.doctor)
app.add_typer(proposals.app, name="proposals")
app.add_typer(sheets.app, name="lines")
app.command("approve")(decide.approve)
app.command("reject")(decide.reject)
app.command("override")(decide.override)
app.command("apply")(applying.apply)
app.command("batches")(applying.batches)
app.command("rollback")(applying.rollback)
app.command("stop")(interventions.stop_applying)
app.command("resume")(interventions.resume)
app.command("hands-off")(interventions.hands_off)
app.command("release")(interventions.release)
app.command("alerts")(interventions.alerts)
app.command("runs")(records.list_runs)
app.command("rejects")(records.list_rejects)
app.command("replay")(night.replay)
app.command("ledger")(ledger.ledger)
app.command("economics")(economics.economics)
app.command("report")(report.report)
app.add_typer(notify.app, name="notify")
app.add_typer(audit.app, name="audit")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("compact")(compact.compact)
app.add_typer(people.user, name="user")
app.add_typer(tokens.token, name="token")
app.add_typer(setup.config, name="config")
app.add_typer(setup.database, name="database")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``kaiche`` and exit with the code of how it ended."""
    screen = Screen()
    try:
        app(args=arguments, obj=Command(screen=screen))
    except SystemExit:
        raise
    except BaseException as error:
        sys.exit(_tell(screen, error))
    sys.exit(0)


def _tell(screen: Screen, error: BaseException) -> int:
    """Say on stderr how the command ended; returns the exit code."""
    code = code_of(error)
    end = ending(code)
    message = str(error)
    if code == CRASH:
        path = write_crash(error, CRASH_FOLDER)
        message = screen.speech(
            f"{type(error).__name__}. 详情写入 {path}, 请把它发给维护者.",
            f"{type(error).__name__}. Details are in {path}; please send it to the maintainers.",
        )
    heading = screen.speech(end.zh, end.en)
    screen.err.print(Text.assemble((f"kaiche: {heading}", "bold red"), f"  [{code}]"))
    if message:
        screen.err.print(Text(message))
    return code
