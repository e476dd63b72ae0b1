"""The night's steps while they happen: a bar on a terminal, lines with times in a pipe or log."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from service.cli.screen import Screen

STEPS = {
    "open": ("开始", "opening the night"),
    "pull": ("拉取词与报表", "pulling words and reports"),
    "store": ("入库", "storing the figures"),
    "gate": ("检查昨日数据", "checking yesterday's figures"),
    "frames": ("整理数据", "arranging the history"),
    "estimate": ("估计每个词的价值与出价反应", "estimating worth and response of every word"),
    "propose": ("求解出价", "solving for the bids"),
    "rows": ("写出每一行", "writing the lines"),
    "guardrails": ("核对护栏", "checking the guardrails"),
    "save": ("保存建议", "saving the proposal"),
}


class NightsProgress:
    """One night after another on stderr: a bar on a terminal, a line each in a pipe or log."""

    def __init__(self, screen: Screen, nights: int) -> None:
        self._screen = screen
        self._nights = nights
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._screen.err.is_terminal:
            self._bar = _bar(self._screen)
            title = self._screen.speech("过去的夜晚", "the nights before")
            self._task = self._bar.add_task(title, total=self._nights)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, zh: str, en: str) -> None:
        """A night has ended."""
        sentence = self._screen.speech(zh, en)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=1, description=sentence)
        else:
            self._screen.err.print(sentence)


class StepProgress:
    """Shows ``progress(step, count)`` calls of one night on stderr, until it is closed."""

    def __init__(
        self, screen: Screen, title: str, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._screen = screen
        self._title = title
        self._clock = clock
        self._began = clock()
        self._step: str | None = None
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._screen.err.is_terminal:
            self._bar = _bar(self._screen)
            self._task = self._bar.add_task(self._title, total=len(STEPS))
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, step: str, count: int = 0) -> None:
        """A step has begun, or has counted so far."""
        words = self._screen.speech(*STEPS.get(step, (step, step)))
        counted = f" {count:,}" if count else ""
        if self._bar is not None and self._task is not None:
            done = list(STEPS).index(step) if step in STEPS else 0
            self._bar.update(
                self._task, completed=done, description=f"{self._title} {words}{counted}"
            )
        elif step != self._step:
            self._screen.err.print(f"{self._title} {self.seconds:6.1f}s {words}")
        self._step = step

    @property
    def seconds(self) -> float:
        """Seconds since it was made."""
        return self._clock() - self._began


def _bar(screen: Screen) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=screen.err,
        transient=True,
    )
