"""Lines: filter, order, pages, totals; and one opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service import inputs
from service.inputs import Given
from service.store import Store, lines, proposals, runs
from service.store.lines import LineFilter
from service.store.rows import NewLine

LINES = "/api/v1/proposals/proposal-1/lines"


def ids(client: Any, query: str) -> list[int]:
    response = client.get(f"{LINES}?{query}")
    assert response.status_code == 200, response.text
    return [item["line_id"] for item in response.json()["items"]]


def pages(client: Any, query: str) -> Iterator[list[dict[str, Any]]]:
    """Every page of the list, each read when the one before has been used."""
    page = client.get(f"{LINES}?{query}").json()
    yield page["items"]
    while page["next_cursor"]:
        page = client.get(f"{LINES}?{query}&cursor={page['next_cursor']}").json()
        yield page["items"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", range(1, 13)),
        ("campaign_id=72281500001", range(1, 7)),
        ("campaign_id=72281500001&campaign_id=72281500002", range(1, 13)),
        ("adgroup_id=6402210000002", [4, 5, 6]),
        ("keyword_id=30481986859300007", [7]),
        ("reason=hold_noise", range(9, 13)),
        ("reason=hold_noise&reason=raise_marginal_return", range(1, 13)),
        ("state=pending", range(1, 9)),
        ("state=held&state=approved", range(9, 13)),
        ("binding=step&campaign_id=72281500002", [7, 8]),
        ("min_change=0.0965", [1, 2, 3]),
        ("min_change=0.001&max_change=0.0935", [7, 8]),
        ("max_change=0", range(9, 13)),
        ("word=dress", [2, 4, 6, 8, 10, 12]),
        ("word=%E8%A3%99%200", [1, 3, 5, 7, 9]),
        ("word=%25", []),
        ("word=_", []),
        ("risk=low", range(1, 9)),
        ("risk=high&risk=none", range(9, 13)),
        ("explore=true", []),
        ("changed=false", range(9, 13)),
        ("changed=true&word=dress&campaign_id=72281500001", [2, 4, 6]),
    ],
)
def test_every_filter_holds(client: Any, query: str, wanted: Any) -> None:
    assert ids(client, f"{query}&sort=line_id") == list(wanted)


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("spend_after", lambda line: line["spend_after_fen"]),
        ("spend_change", lambda line: line["spend_after_fen"] - line["spend_before_fen"]),
        ("contribution_after", lambda line: line["contribution_after_fen"]),
        (
            "contribution_change",
            lambda line: line["contribution_after_fen"] - line["contribution_before_fen"],
        ),
        ("change_rate", lambda line: line["change_rate"]),
        ("change_size", lambda line: abs(line["change_rate"])),
        ("at_stake", lambda line: line["at_stake_fen"]),
        ("bid", lambda line: line["bid_fen"]),
        ("keyword_id", lambda line: line["keyword_id"]),
        ("word", lambda line: line["word"]),
        ("line_id", lambda line: line["line_id"]),
    ],
)
@pytest.mark.parametrize("minus", ["", "-"])
def test_every_order_holds_across_pages(client: Any, sort: str, key: Any, minus: str) -> None:
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(
            f"{LINES}?sort={minus}{sort}&limit=5&cursor={cursor}".rstrip("=").removesuffix(
                "&cursor"
            )
        ).json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert len({line["line_id"] for line in found}) == 12
    values = [key(line) for line in found]
    assert values == sorted(values, reverse=minus == "-")


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        ("risk", {"low": 8, "none": 4}),
        ("reason", {"raise_marginal_return": 8, "hold_noise": 4}),
        ("campaign_id", {"72281500001": 6, "72281500002": 6}),
        ("state", {"pending": 8, "held": 4}),
    ],
)
def test_groups_hold_every_line_of_the_filter_once(
    client: Any, by: str, wanted: dict[str, int]
) -> None:
    groups = client.get(f"{LINES}/groups?by={by}").json()["items"]
    assert {one["key"]: one["lines"] for one in groups} == wanted
    whole = client.get(LINES).json()["totals"]
    assert sum(one["spend_after_fen"] for one in groups) == whole["spend_after_fen"]
    filtered = client.get(f"{LINES}/groups?by={by}&risk=none").json()["items"]
    assert sum(one["lines"] for one in filtered) == 4


def test_groups_by_anything_else_are_refused(client: Any) -> None:
    assert client.get(f"{LINES}/groups?by=word").status_code == 422


def test_totals_and_tag_are_of_the_whole_filtered_set(client: Any) -> None:
    page = client.get(f"{LINES}?state=pending&limit=2").json()
    assert len(page["items"]) == 2
    assert page["totals"] == {
        "lines": 8,
        "raises": 8,
        "cuts": 0,
        "spend_before_fen": 3600,
        "spend_after_fen": 3960,
        "contribution_before_fen": 3240,
        "contribution_after_fen": 3420,
    }
    other_page = client.get(f"{LINES}?state=pending&limit=2&cursor={page['next_cursor']}")
    assert other_page.json()["etag"] == page["etag"]
    assert other_page.headers["etag"] == f'"{page["etag"]}"'
    assert client.get(f"{LINES}?state=held").json()["etag"] != page["etag"]


def test_a_cursor_of_another_filter_or_order_is_refused(client: Any) -> None:
    cursor = client.get(f"{LINES}?limit=3").json()["next_cursor"]
    for query in ("limit=3&state=pending", "limit=3&sort=bid"):
        refused = client.get(f"{LINES}?{query}&cursor={cursor}")
        assert refused.status_code == 400
    assert client.get(f"{LINES}?limit=4&cursor={cursor}").status_code == 200


def test_pages_neither_repeat_nor_skip_while_others_decide(client: Any) -> None:
    seen: list[int] = []
    for page in pages(client, "sort=-spend_after&limit=3"):
        seen += [item["line_id"] for item in page]
        for item in page:
            if "approve" in item["actions"]:
                url = f"/lines/{item['line_id']}/approve"
                assert client.decide(url, {}, tag=item["etag"]).status_code == 200
    assert seen == list(range(12, 0, -1))


def test_a_line_says_what_may_be_done(client: Any) -> None:
    assert client.get("/api/v1/lines/1").json()["actions"] == ["approve", "reject", "edit"]
    assert client.get("/api/v1/lines/12").json()["actions"] == ["edit"]


def test_an_opened_line_shows_the_figures_as_they_were_known(client: Any) -> None:
    line = client.get("/api/v1/lines/1").json()
    assert [(day["date"], day["orders"]) for day in line["facts"]] == [
        ("2026-07-28", 0),
        ("2026-07-29", 0),
        ("2026-07-30", 1),
    ]
    assert [(day["date"], day["orders"]) for day in line["facts_since"]] == [("2026-07-30", 2)]
    assert client.get("/api/v1/lines/2").json()["facts_since"] == []


def test_an_opened_line_shows_roster_names_and_economics(store: Store, client: Any) -> None:
    with store.begin() as session:
        given = Given(
            as_of=runs.get(session, "run-1").business_date,
            history_days=60,
            attribution_days=15,
            rates={"6402210000001": {"margin_rate": 0.3, "organic_rate": 0.1}},
        )
        runs.save_input(session, "run-1", "given", inputs.pack_given(given))
    line = client.get("/api/v1/lines/1").json()
    assert line["keyword"]["quality_score"] == 7.0
    assert line["campaign_name"] == "计划1"
    economics = line["economics"]
    assert (economics["used_margin_rate"], economics["used_organic_rate"]) == (0.3, 0.1)
    assert (economics["source"], round(economics["margin_rate"], 4)) == ("item", 0.3175)
    assert sum(float(term["yuan"]) for term in economics["terms"]) == pytest.approx(41.906)
    other = client.get("/api/v1/lines/4").json()["economics"]
    assert (other["source"], other["used_margin_rate"], other["terms"]) == ("default", None, [])


def test_an_opened_line_shows_rates_with_intervals_when_the_night_kept_them(
    store: Store, client: Any
) -> None:
    rates = {"cvr": {"mean": 0.03, "p05": 0.01, "p95": 0.06}}
    again(store, expected={"clicks": {"after": 2.0}, "rates": rates})
    line = client.get("/api/v1/lines/13").json()
    assert line["rates"] == rates
    assert line["expected"] == {"clicks": {"after": 2.0}}
    assert client.get("/api/v1/lines/1").json()["rates"] is None


@pytest.mark.parametrize(
    ("of_the_line", "campaign", "word"),
    [(True, "72281500001", "30481986859300001"), (False, "72281500002", "30481986859300002")],
)
def test_an_opened_line_shows_the_night_and_the_limits_it_was_held_to(
    store: Store, client: Any, of_the_line: bool, campaign: str, word: str
) -> None:
    policy = {
        "objective": "slight_loss",
        "campaign_budgets": {campaign: 120.0},
        "max_loss": 82.4,
        "max_step_up": None,
        "locked": [word],
    }
    again(store, {"policy": policy}, expected={"quality_score": 8.0})
    line = client.get("/api/v1/lines/13").json()
    assert (line["quality_score"], line["keyword"]["quality_score"]) == (8.0, 7.0)
    assert line["expected"] == {}
    night = line["night"]
    assert (night["run_id"], night["seed"], night["code_version"]) == ("run-2", 7, "0.1.0")
    assert (night["inputs_hash"], night["cutoff_at"]) == ("a" * 64, "2026-07-31T00:59:00Z")
    assert (night["objective"], night["max_loss"]) == ("slight_loss", 82.4)
    assert night["max_step_up"] is None
    assert night["campaign_budget"] == (120.0 if of_the_line else None)
    assert night["locked"] is of_the_line


def test_an_opened_line_shows_what_was_decided_before(store: Store, client: Any) -> None:
    again(store)
    tag = client.get("/api/v1/lines/1").json()["etag"]
    assert client.decide("/lines/1/reject", {"reason": "活动前先不动"}, tag=tag).status_code == 200
    line = client.get("/api/v1/lines/13").json()
    assert [(past["line_id"], past["state"], past["decided_by"]) for past in line["past"]] == [
        (1, "rejected", "loopback")
    ]
    assert [(event["action"], event["reason"]) for event in line["events"]] == [
        ("reject", "活动前先不动")
    ]


def test_a_line_of_an_account_that_left_the_configuration_stays_readable(
    store: Store, client: Any
) -> None:
    again(store, account="gone")
    line = client.get("/api/v1/lines/13").json()
    assert line["account_id"] == "gone"
    assert (line["economics"], line["keyword"]) == (None, None)


def test_an_unknown_line(client: Any) -> None:
    assert client.get("/api/v1/lines/999").status_code == 404


def again(
    store: Store, policy: dict[str, Any] | None = None, *, account: str = "shop-1", **changes: Any
) -> None:
    """The next night proposes the first word once more, as line 13."""
    with store.begin() as session:
        run = runs.get(session, "run-1")
        night = run.business_date + timedelta(days=1)
        fresh = replace(run, run_id="run-2", account_id=account, business_date=night)
        runs.open_run(session, fresh, is_gone=lambda _: False)
        (line,) = lines.select_lines(session, LineFilter(line_ids=(1,)))
        values = {name: getattr(line, name) for name in NewLine.__dataclass_fields__}
        known = proposals.get(session, "proposal-1")
        proposals.save(
            session,
            replace(
                known,
                proposal_id="proposal-2",
                run_id="run-2",
                account_id=account,
                business_date=night,
                policy=policy or known.policy,
            ),
            [NewLine(**values | changes)],
        )
