"""Text for people, JSON for machines, at any width."""

import json
import re

import pytest

from service.cli.screen import Screen, percent, yuan


@pytest.fixture
def screen(monkeypatch):
    def made(width=None, **env):
        for name in ("COLUMNS", "KAICHE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
            monkeypatch.delenv(name, raising=False)
        if width:
            monkeypatch.setenv("COLUMNS", str(width))
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return Screen()

    return made


def test_json_alone_goes_to_stdout(screen, capsys):
    made = screen()
    made.machine = True
    made.say("正在计算", "working")
    made.table("", ["a", "b"], [("x", 1)])
    made.emit({"word": "连衣裙", "at": 1})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"word": "连衣裙", "at": 1}
    assert "连衣裙" in captured.out
    assert "正在计算" in captured.err


def test_text_for_people_goes_to_stdout_in_their_language(screen, capsys):
    made = screen(KAICHE_LANG="en")
    made.say("完成", "done")
    made.choose_language("zh")
    made.say("完成", "done")
    assert capsys.readouterr().out.splitlines() == ["done", "完成"]


@pytest.mark.parametrize("width", [24, 40, 200])
def test_a_table_keeps_within_the_terminal_and_loses_nothing(screen, capsys, width):
    made = screen(width=width)
    made.table(
        "", ["词", "bid"], [("夏季新款连衣裙显瘦", "¥1.20"), ("a very long word indeed", "¥0.35")]
    )
    out = capsys.readouterr().out
    wide = len([line for line in out.splitlines() if len(line) > width])
    assert wide == 0
    whole = re.sub(r"\s", "", out)
    assert "¥1.20" in whole
    assert set("夏季新款连衣裙显瘦") <= set(whole)


def test_numbers_that_do_not_fit_side_by_side_are_never_broken_apart(screen, capsys):
    made = screen(width=26)
    numbers = ["¥1,234.50", "¥2,345.60", "¥3,456.70"]
    made.table("T", ["word", "before", "after", "change"], [("dress", *numbers)])
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line.rstrip()) <= 26 for line in lines)
    for number in numbers:
        assert any(number in line for line in lines), lines


def test_markup_in_a_word_is_shown_as_it_is(screen, capsys):
    made = screen()
    made.table("", ["w"], [("[red]sale[/red] [/]",)])
    made.say("[bold]", "[bold]")
    out = capsys.readouterr().out
    assert "[red]sale[/red] [/]" in out
    assert "[bold]" in out


def test_a_pipe_gets_no_colour_codes(screen, capsys):
    made = screen()
    made.say("红", "red", style="bold red")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (None, "–"),
        (0, "¥0.00"),
        (123456, "¥1,234.56"),
        (-5, "-¥0.05"),
        (99.6, "¥1.00"),
        (-0.4, "¥0.00"),
    ],
)
def test_fen_are_shown_as_yuan(fen, text):
    assert yuan(fen) == text


@pytest.mark.parametrize(("rate", "text"), [(None, "–"), (0.125, "+12.5%"), (-0.3, "-30.0%")])
def test_fractions_are_shown_as_percents(rate, text):
    assert percent(rate) == text
