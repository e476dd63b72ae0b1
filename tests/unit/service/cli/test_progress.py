"""A night's steps as they are shown while it runs."""

import io

import pytest
from rich.console import Console

from service.cli.progress import STEPS, StepProgress
from service.cli.screen import Screen
from service.nightly import STEPS as NIGHTS_STEPS


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setenv("KAICHE_LANG", "en")
    made = Screen()
    made.err = Console(file=io.StringIO(), width=80, color_system=None)
    return made


def test_every_step_of_the_night_has_words():
    assert list(STEPS) == list(NIGHTS_STEPS)


def test_in_a_pipe_every_step_is_one_line_with_its_time(screen):
    ticks = iter([100.0, 100.5, 102.0, 103.0])
    with StepProgress(screen, "shop", clock=lambda: next(ticks)) as progress:
        progress("pull", 0)
        progress("pull", 2_000)
        progress("solving", 0)
        assert progress.seconds == 3.0
    assert screen.err.file.getvalue().splitlines() == [
        "shop    0.5s pulling words and reports",
        "shop    2.0s solving",
    ]


def test_on_a_terminal_a_bar_moves_and_disappears(screen):
    screen.err = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    with StepProgress(screen, "shop") as progress:
        progress("pull", 2_000)
        progress("save", 0)
        bar = progress._bar
        assert bar.tasks[0].completed == len(STEPS) - 1
        assert "saving the proposal" in bar.tasks[0].description
    assert bar.finished or not bar.live.is_started
