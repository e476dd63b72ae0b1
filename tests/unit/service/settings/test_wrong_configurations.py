"""Wrong configurations: each is refused with its line, its key, and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from service.errors import ConfigError
from service.settings.loader import load
from service.settings.problems import WrongConfigurationError

RIGHT = """\
accounts:
  - id: shop
    connector:
      kind: reports
      path: exports
    timezone: Asia/Shanghai
    objective: slight_loss
    schedule:
      cron: "30 8 * * *"
    budgets:
      daily: 300.00
      monthly: 8000
      campaigns:
        44854263: 200
    allowance:
      amount: 30
      window_days: 30
      window_cap: 600
      end_date: 2026-12-31
    guardrails:
      min_bid: 0.10
      max_bid: 5.00
    economics:
      - margin_rate: 0.38
    locked_keywords:
      - 304819868593
server:
  port: 8750
"""
TABLE = Path(__file__).with_name("wrong_configurations.txt")


class Case(NamedTuple):
    """Lines ``first`` to ``last`` of RIGHT become ``text`` (None: they go); one problem is told."""

    name: str
    first: int
    last: int
    text: str | None
    place: str
    path: str
    said: str


def cases() -> list[Case]:
    rows = TABLE.read_text(encoding="utf-8").splitlines()
    return [case_of(row) for row in rows if not row.startswith("#")]


def case_of(row: str) -> Case:
    name, span, text, place, path, said = row.split(" | ")
    first, _, last = span.partition("-")
    content = text.replace(r"\n", "\n").replace(r"\t", "\t")
    content = re.sub(r"(\d)\{(\d+)\}", lambda match: match[1] * int(match[2]), content)
    return Case(
        name=name,
        first=int(first),
        last=int(last or first),
        text=None if text == "(removed)" else content,
        place=place,
        path=path.replace("@", "accounts[0]"),
        said=said,
    )


CASES = cases()


def wrong(case: Case) -> str:
    lines = RIGHT.splitlines()
    lines[case.first - 1 : case.last] = [] if case.text is None else [case.text]
    return "\n".join(lines) + "\n"


def refusal(tmp_path: Path, content: str | bytes) -> WrongConfigurationError:
    path = tmp_path / "kaiche.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(WrongConfigurationError) as caught:
        load(path, {})
    return caught.value


def test_the_template_itself_is_right(tmp_path: Path) -> None:
    path = tmp_path / "kaiche.yaml"
    path.write_text(RIGHT, encoding="utf-8")
    (account,) = load(path, {}).accounts
    assert account.budgets.campaigns.keys() == {"44854263"}
    assert account.locked_keywords == ("304819868593",)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_one_wrong_line_is_told_once_with_place_and_remedy(case: Case, tmp_path: Path) -> None:
    error = refusal(tmp_path, wrong(case))
    told = [
        (problem.mark and f"{problem.mark.line}:{problem.mark.column}", problem.path)
        for problem in error.problems
    ]
    assert told == [(case.place, case.path)], str(error)
    assert case.said in error.problems[0].message
    assert "sesame" not in str(error)
    assert str(error).startswith(f"{tmp_path / 'kaiche.yaml'}:{case.place}: ")


def test_there_are_enough_of_them() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 24


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = RIGHT
    for right, wrong in (
        ("port: 8750", "port: 0"),
        ("timezone: Asia/Shanghai", "timezone: Mars"),
        ("daily: 300.00", "daily: lots"),
        ("amount: 30", "amout: 30"),
        ("min_bid: 0.10", "min_bid: 9"),
        ("margin_rate: 0.38", "margin_rate: 1.2\n        goods: 3"),
    ):
        content = content.replace(right, wrong)
    error = refusal(tmp_path, content)
    assert [(problem.mark and problem.mark.line, problem.path) for problem in error.problems] == [
        (6, "accounts[0].timezone"),
        (11, "accounts[0].budgets.daily"),
        (16, "accounts[0].allowance.amout"),
        (22, "accounts[0].guardrails.max_bid"),
        (24, "accounts[0].economics[0].margin_rate"),
        (24, "accounts[0].economics[0].margin_rate"),
        (29, "server.port"),
    ]
    assert len(str(error).splitlines()) == len(error.problems)


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        ("", "1:1", "is empty"),
        ("# only a remark\n", "1:1", "is empty"),
        ("- shop\n", "1:1", "must be a block of keys"),
        ("shop\n", "1:1", "must be a block of keys"),
        ("server: {port: 1}\n", "1:1", "accounts is missing"),
        ("accounts: []\n", "1:1", "at least one entry"),
        ("accounts:\n  - 3\n", "2:5", "must be a block of keys"),
        ("a: 1\nname: 店铺\n".encode("gbk"), "2:7", "save the file again as UTF-8"),
        ("accounts:\n  - id: a\x07b\n", "2:10", "invisible character (U+0007)"),
        ("[" * 5000, None, "nested too deeply"),
    ],
    ids=["empty", "remark", "list", "word", "none", "no-entry", "number", "gbk", "bell", "deep"],
)
def test_a_file_that_is_no_configuration(
    content: str | bytes, place: str | None, said: str, tmp_path: Path
) -> None:
    message = str(refusal(tmp_path, content))
    path = tmp_path / "kaiche.yaml"
    assert message.startswith(f"{path}:{place}: " if place else f"{path}: ")
    assert said in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; copy config/kaiche"):
        load(tmp_path / "none.yaml", {})
    with pytest.raises(ConfigError, match="is a folder; name the YAML file"):
        load(tmp_path, {})


def test_a_file_below_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cannot be read \(Not a directory\)"):
        load(tmp_path / "file" / "kaiche.yaml", {})


def test_an_address_in_the_environment_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "kaiche.yaml"
    path.write_text(RIGHT, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, {"KAICHE_DATABASE_URL": "sesame@db"})
    assert str(caught.value).startswith("environment: KAICHE_DATABASE_URL is not a database")
    assert "sesame" not in str(caught.value)
