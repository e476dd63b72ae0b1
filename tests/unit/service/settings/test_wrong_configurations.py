"""Wrong configurations: each is refused with its line, its key, and what to write instead."""

from __future__ import annotations

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
SECOND = """\
  - id: {name}
    connector: {{kind: sandbox}}
    objective: profit
    budgets: {{daily: 100}}
    economics: [{{margin_rate: 0.3}}]
"""
GOODS = "fee_rate: 0.006, freight: 3, freight_back: 5, refund_rate: 0.25, damage_rate: 0.05"


class Case(NamedTuple):
    """Line ``replaced`` becomes ``text`` (None: it goes); exactly one problem is told."""

    name: str
    replaced: int
    text: str | None
    line: int
    column: int
    path: str
    said: str


A = "accounts[0]"
CASES = [
    Case("misspelt key", 10, "    budget:", 10, 5, f"{A}.budget", "did you mean budgets?"),
    Case("foreign key", 28, "  color: red", 28, 3, "server.color", "known here: host, port"),
    Case(
        "key of another block",
        6,
        "    max_bid: 3.00",
        6,
        5,
        f"{A}.max_bid",
        "write it under accounts.guardrails",
    ),
    Case(
        "number in quotes",
        11,
        '      daily: "300"',
        11,
        14,
        f"{A}.budgets.daily",
        "write it without them",
    ),
    Case("yes for a number", 11, "      daily: yes", 11, 14, f"{A}.budgets.daily", "not a number"),
    Case(
        "fraction for a count",
        17,
        "      window_days: 0.3",
        17,
        20,
        f"{A}.allowance.window_days",
        "not a whole number",
    ),
    Case(
        "octal-looking count",
        17,
        "      window_days: 030",
        17,
        20,
        f"{A}.allowance.window_days",
        "not a whole number",
    ),
    Case(
        "percentage",
        24,
        "      - margin_rate: 38%",
        24,
        22,
        f"{A}.economics[0].margin_rate",
        "write the fraction, 0.38",
    ),
    Case(
        "currency sign",
        11,
        "      daily: ¥300",
        11,
        14,
        f"{A}.budgets.daily",
        "write yuan in digits",
    ),
    Case(
        "thousands comma",
        12,
        "      monthly: 8,000",
        12,
        16,
        f"{A}.budgets.monthly",
        "write yuan in digits",
    ),
    Case(
        "finer than a fen",
        11,
        "      daily: 300.005",
        11,
        14,
        f"{A}.budgets.daily",
        "at most 2 decimals",
    ),
    Case("negative money", 11, "      daily: -1", 11, 14, f"{A}.budgets.daily", "at least 0"),
    Case(
        "campaign id ruined by a spreadsheet",
        14,
        "        4.4854E+11: 200",
        14,
        9,
        f"{A}.budgets.campaigns.?",
        "digits of an id are lost",
    ),
    Case(
        "word id ruined by a spreadsheet",
        26,
        "      - 3e11",
        26,
        9,
        f"{A}.locked_keywords[0]",
        "digits of an id are lost",
    ),
    Case(
        "id with a blank",
        14,
        "        448 542: 200",
        14,
        18,
        f"{A}.budgets.campaigns.448 542",
        "letters, digits",
    ),
    Case("key twice", 12, "      daily: 300.00", 12, 7, f"{A}.budgets.daily", "first in line 11"),
    Case(
        "allowance without amount",
        16,
        None,
        15,
        5,
        f"{A}.allowance.amount",
        "write for example amount: 100.00",
    ),
    Case(
        "allowance without window",
        17,
        None,
        15,
        5,
        f"{A}.allowance.window_days",
        "write for example window_days: 30",
    ),
    Case(
        "allowance without cap",
        18,
        None,
        15,
        5,
        f"{A}.allowance.window_cap",
        "write for example window_cap: 1500.00",
    ),
    Case(
        "allowance without end",
        19,
        None,
        15,
        5,
        f"{A}.allowance.end_date",
        "write for example end_date: 2027-12-31",
    ),
    Case(
        "window cap below the amount",
        18,
        "      window_cap: 29.99",
        18,
        19,
        f"{A}.allowance.window_cap",
        "write at least 30",
    ),
    Case(
        "end before start",
        16,
        "      amount: 30\n      start_date: 2027-01-01",
        20,
        17,
        f"{A}.allowance.end_date",
        "before start_date (2027-01-01)",
    ),
    Case(
        "no such day",
        19,
        "      end_date: 2026-02-30",
        19,
        17,
        f"{A}.allowance.end_date",
        "not in the calendar",
    ),
    Case(
        "date written another way",
        19,
        "      end_date: 2026/12/31",
        19,
        17,
        f"{A}.allowance.end_date",
        "as in 2027-12-31",
    ),
    Case(
        "campaign above the account",
        14,
        "        44854263: 300.01",
        14,
        19,
        f"{A}.budgets.campaigns.44854263",
        "write at most 300.00",
    ),
    Case(
        "month below a day",
        12,
        "      monthly: 299.99",
        12,
        16,
        f"{A}.budgets.monthly",
        "write at least the daily budget",
    ),
    Case(
        "margin and goods",
        24,
        f"      - {{margin_rate: 0.38, price: 99, goods: 50, {GOODS}}}",
        24,
        23,
        f"{A}.economics[0].margin_rate",
        "write either margin_rate or the goods block",
    ),
    Case(
        "half of the goods block",
        24,
        "      - {price: 99, goods: 50}",
        24,
        9,
        f"{A}.economics[0]",
        "lacks fee_rate, freight, freight_back, refund_rate, damage_rate",
    ),
    Case(
        "economics that say nothing",
        24,
        "      - organic_rate: 0.1",
        24,
        9,
        f"{A}.economics[0]",
        "write margin_rate, for example 0.35",
    ),
    Case(
        "goods without a price",
        24,
        f"      - {{price: 0, goods: 50, {GOODS}}}",
        24,
        17,
        f"{A}.economics[0].price",
        "write more than 0",
    ),
    Case(
        "two defaults",
        24,
        "      - margin_rate: 0.38\n      - margin_rate: 0.4",
        25,
        9,
        f"{A}.economics[1]",
        "second default",
    ),
    Case(
        "two entries for an item",
        24,
        "      - margin_rate: 0.38\n      - {item: 1, margin_rate: 1}\n"
        "      - {item: 1, margin_rate: 0}",
        26,
        9,
        f"{A}.economics[2]",
        "second entry for item 1",
    ),
    Case(
        "no default",
        24,
        "      - {adgroup: 7, margin_rate: 0.38}",
        23,
        5,
        f"{A}.economics",
        "no default entry",
    ),
    Case(
        "adgroup and item",
        24,
        "      - margin_rate: 0.38\n      - {adgroup: 1, item: 2, margin_rate: 0.38}",
        25,
        28,
        f"{A}.economics[1].item",
        "stands beside adgroup",
    ),
    Case(
        "account twice",
        26,
        "      - 304819868593\n" + SECOND.format(name="shop").rstrip("\n"),
        27,
        9,
        "accounts[1].id",
        "taken by accounts[0]",
    ),
    Case(
        "cron of four fields", 9, '      cron: "30 8 * *"', 9, 13, f"{A}.schedule.cron", "4 fields"
    ),
    Case(
        "cron with a wrong hour",
        9,
        '      cron: "30 24 * * *"',
        9,
        13,
        f"{A}.schedule.cron",
        "its hour '24' is none",
    ),
    Case(
        "cron on a day that never comes",
        9,
        '      cron: "30 8 31 4,6 *"',
        9,
        13,
        f"{A}.schedule.cron",
        "never run",
    ),
    Case(
        "city that is no zone",
        6,
        "    timezone: Asia/Beijing",
        6,
        15,
        f"{A}.timezone",
        "write Asia/Shanghai",
    ),
    Case("GMT offset", 6, "    timezone: CST8", 6, 15, f"{A}.timezone", "is no time zone"),
    Case(
        "smallest bid above the largest",
        21,
        "      min_bid: 5.01",
        22,
        16,
        f"{A}.guardrails.max_bid",
        "write at least 5.01",
    ),
    Case(
        "bid below the platform's",
        21,
        "      min_bid: 0.04",
        21,
        16,
        f"{A}.guardrails.min_bid",
        "write at least 0.05",
    ),
    Case(
        "bid above the platform's",
        22,
        "      max_bid: 100",
        22,
        16,
        f"{A}.guardrails.max_bid",
        "write at most 99.99",
    ),
    Case(
        "loss without allowance",
        15,
        "    allowance: null\n    auto_approve:\n      enabled: false",
        15,
        16,
        f"{A}.allowance",
        "or objective: profit",
    ),
    Case(
        "unknown objective",
        7,
        "    objective: profits",
        7,
        16,
        f"{A}.objective",
        "did you mean profit?",
    ),
    Case(
        "unknown connector",
        4,
        "      kind: report",
        4,
        13,
        f"{A}.connector.kind",
        "did you mean reports?",
    ),
    Case(
        "connector of no kind",
        4,
        None,
        3,
        5,
        f"{A}.connector.kind",
        "write kind: reports or kind: sandbox",
    ),
    Case(
        "key of another connector",
        5,
        "      path: exports\n      seed: 3",
        6,
        7,
        f"{A}.connector.seed",
        "under accounts.connector of kind sandbox",
    ),
    Case("home folder", 5, "      path: ~/exports", 5, 13, f"{A}.connector.path", "whole path"),
    Case(
        "yes for true",
        8,
        "    auto_approve: {enabled: yes}\n    schedule:",
        8,
        29,
        f"{A}.auto_approve.enabled",
        "write true or false",
    ),
    Case("yes for a name", 2, "  - id: no", 2, 9, f"{A}.id", "put it in quotes"),
    Case("id with a slash", 2, "  - id: a/b", 2, 9, f"{A}.id", "letters, digits"),
    Case("value left out", 12, "      monthly:", 12, 15, f"{A}.budgets.monthly", "remove the key"),
    Case(
        "value for a block",
        20,
        "    guardrails: strict\n    schedule:",
        20,
        17,
        f"{A}.guardrails",
        "must be a block of keys",
    ),
    Case(
        "value for a list",
        25,
        "    locked_keywords: 3\n    name:",
        25,
        22,
        f"{A}.locked_keywords",
        "must be a list",
    ),
    Case(
        "list for a value",
        6,
        "    timezone: [Asia/Shanghai]",
        6,
        15,
        f"{A}.timezone",
        "must be a single value",
    ),
    Case(
        "list for ids and values",
        13,
        "      campaigns: [1]\n      monthly2:",
        13,
        18,
        f"{A}.budgets.campaigns",
        '"id: value" lines',
    ),
    Case(
        "Python tag",
        11,
        "      daily: !!python/name:os.system x",
        11,
        14,
        f"{A}.budgets.daily",
        "write the value alone",
    ),
    Case(
        "foreign tag",
        11,
        "      daily: !money 300",
        11,
        14,
        f"{A}.budgets.daily",
        "write the value alone",
    ),
    Case("list as key", 28, "  ? [port]\n  : 3", 28, 5, "server.?", "a name before the colon"),
    Case(
        "token in the file",
        28,
        "  token: sesame-sesame",
        28,
        3,
        "server.token",
        "KAICHE_TOKEN instead",
    ),
    Case(
        "app secret in the file",
        5,
        "      path: exports\n      appSecret: sesame",
        6,
        7,
        f"{A}.connector.appSecret",
        "KAICHE_APP_SECRET instead",
    ),
    Case(
        "password in the file",
        28,
        "  db_password: sesame",
        28,
        3,
        "server.db_password",
        "KAICHE_DATABASE_URL instead",
    ),
    Case(
        "secret among campaigns",
        14,
        "        44854263: 200\n        secret: 1",
        15,
        9,
        f"{A}.budgets.campaigns.secret",
        "KAICHE_APP_SECRET instead",
    ),
    Case(
        "password in the address",
        27,
        "database: postgresql+psycopg://kaiche:sesame@db/kaiche\nserver:",
        27,
        11,
        "database",
        "set KAICHE_DATABASE_URL",
    ),
    Case(
        "password among the parameters",
        27,
        "database: postgresql+psycopg://db/kaiche?password=sesame\nserver:",
        27,
        11,
        "database",
        "set KAICHE_DATABASE_URL",
    ),
    Case(
        "no database address",
        27,
        "database: kaiche.db\nserver:",
        27,
        11,
        "database",
        "write for example sqlite:///",
    ),
    Case(
        "unknown kind of database",
        27,
        "database: nosuch://db/kaiche\nserver:",
        27,
        11,
        "database",
        "not installed",
    ),
    Case("port out of range", 28, "  port: 70000", 28, 9, "server.port", "at most 65535"),
    Case("tab", 28, "\tport: 8750", 28, 1, "", "indented with spaces"),
    Case("full-width colon", 11, "      daily：300", 11, 12, "", 'write "daily: "'),
    Case("glued colon", 11, "      daily:300", 11, 12, "", "no space after the colon"),
    Case("unclosed quote", 2, '  - id: "shop', 9, 14, "", "check the indentation"),
    Case("wrong indentation", 12, "     monthly: 8000", 12, 6, "", "check the indentation"),
    Case("colon within a value", 6, "    timezone: a: b", 6, 16, "", "put a value that contains"),
    Case("cron without quotes", 9, "      cron: * * * * *", 9, 14, "", "put it in quotes"),
    Case("alias", 11, "      daily: *cap", 11, 14, "", "not supported; write it out"),
    Case(
        "endless number",
        11,
        f"      daily: {'9' * 5000}",
        11,
        14,
        f"{A}.budgets.daily",
        "'99999999999999999999…' is not a number",
    ),
    Case("reserved sign", 6, "    timezone: @home", 6, 15, "", "put the value in quotes"),
    Case("second document", 27, "---\nserver:", 27, 1, "", "second document"),
]


def with_line(number: int, text: str | None) -> str:
    lines = RIGHT.splitlines()
    lines[number - 1 : number] = [] if text is None else [text]
    kept = "\n".join(lines) + "\n"
    # A block whose head was replaced by a value or null loses its old body.
    for head, body in BODIES.items():
        if text is not None and text.startswith(head):
            kept = kept.replace(body, "")
    return kept


BODIES = {
    "    allowance: null": "      amount: 30\n      window_days: 30\n      window_cap: 600\n"
    "      end_date: 2026-12-31\n",
    "    guardrails: strict": "    schedule:\n      min_bid: 0.10\n      max_bid: 5.00\n",
    "    locked_keywords: 3": "    name:\n      - 304819868593\n",
    "      campaigns: [1]": "      monthly2:\n        44854263: 200\n",
}


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
    error = refusal(tmp_path, with_line(case.replaced, case.text))
    told = [
        (problem.mark and (problem.mark.line, problem.mark.column), problem.path)
        for problem in error.problems
    ]
    assert told == [((case.line, case.column), case.path)], str(error)
    assert case.said in error.problems[0].message
    assert "sesame" not in str(error)
    assert str(error).startswith(f"{tmp_path / 'kaiche.yaml'}:{case.line}:{case.column}: ")


def test_there_are_enough_of_them() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 24


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = with_line(28, "  port: 0")
    for right, wrong in (
        ("timezone: Asia/Shanghai", "timezone: Mars"),
        ("daily: 300.00", "daily: lots"),
        ("amount: 30", "amout: 30"),
        ("min_bid: 0.10", "min_bid: 9"),
        ("margin_rate: 0.38", "margin_rate: 1.2\n        goods: 3"),
    ):
        content = content.replace(right, wrong)
    error = refusal(tmp_path, content)
    assert [(problem.mark and problem.mark.line, problem.path) for problem in error.problems] == [
        (6, f"{A}.timezone"),
        (11, f"{A}.budgets.daily"),
        (16, f"{A}.allowance.amout"),
        (22, f"{A}.guardrails.max_bid"),
        (24, f"{A}.economics[0].margin_rate"),
        (24, f"{A}.economics[0].margin_rate"),
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
