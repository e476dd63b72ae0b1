"""How a command ends: exit codes, and one clear message instead of a traceback."""

from __future__ import annotations

import sys
import tempfile
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from connectors.errors import ConnectorError, RetryableError
from service.errors import ServiceError

CRASH = 70
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Ending:
    """One exit code and what it means."""

    code: int
    zh: str
    en: str


ENDINGS = (
    Ending(0, "完成", "done"),
    Ending(1, "未能完成", "could not be done"),
    Ending(2, "配置或命令行有误", "wrong configuration or command line"),
    Ending(3, "找不到账户、运行、建议或词", "no such account, run, proposal or line"),
    Ending(4, "当前状态不允许, 或内容已变", "the state does not allow it, or it has changed since"),
    Ending(5, "昨日数据缺失或异常, 未出建议", "yesterday's figures are missing or implausible"),
    Ending(6, "另一进程正在运行这一晚", "another process is working on this night"),
    Ending(7, "数据库不可用或未升级", "the database cannot be used or needs migrating"),
    Ending(8, "输入不正确或超出限制", "what was asked for is malformed or outside the limits"),
    Ending(9, "数据源读取失败, 需要人处理", "the data source failed, a person must act"),
    Ending(10, "数据源暂时不可用, 稍后重试", "the data source is busy, try again later"),
    Ending(11, "预算或限制之下无可行方案", "no plan is possible under these limits"),
    Ending(12, "模型与数据不符, 出价不变", "the model does not fit the data; bids stay"),
    Ending(13, "审计记录被改动过", "the audit record is not what was written"),
    Ending(CRASH, "程序错误, 详情已写入日志", "a fault of the program, written to a log"),
    Ending(INTERRUPTED, "已被中断", "interrupted"),
)


def code_of(error: BaseException) -> int:
    """The exit code for an error that ended a command."""
    match error:
        case ServiceError():
            return error.exit_code
        case RetryableError():
            return 10
        case ConnectorError():
            return 9
        case _ if _of_the_optimizer(error):
            return 11
        case KeyboardInterrupt():
            return INTERRUPTED
        case _:
            return CRASH


def _of_the_optimizer(error: BaseException) -> bool:
    """Asks only a loaded optimizer, since loading it takes seconds."""
    errors = sys.modules.get("optimizer.errors")
    return errors is not None and isinstance(error, errors.OptimizerError)


def ending(code: int) -> Ending:
    """What an exit code means; an unknown one is the general failure."""
    return next((one for one in ENDINGS if one.code == code), ENDINGS[1])


def write_crash(error: BaseException, folder: Path) -> Path:
    """Write the traceback to a file of its own in ``folder``, or among temporary files if it cannot."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    text = "\n".join(
        (
            f"kaiche {version('kaiche')}, Python {sys.version.split()[0]}, {stamp}",
            f"command: {sys.argv[1:]}",
            "".join(traceback.format_exception(error)),
        )
    )
    for place in (folder, Path(tempfile.gettempdir())):
        path = place / f"kaiche-crash-{stamp}.log"
        try:
            place.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return path
    raise error
