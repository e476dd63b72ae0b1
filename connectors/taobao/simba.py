"""The older generation, ``taobao.simba.*``: prices in fen, budgets in yuan, a nick in every call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from connectors.errors import (
    AnswerError,
    ForeignKeywordError,
    GoneError,
    UnknownOutcomeError,
)
from connectors.platform import AdgroupRow, BidChange, CampaignRow, KeywordRow, Page, Reject, Roster
from connectors.taobao import fields, reasons, simba_rows
from connectors.taobao.periods import (
    ATTRIBUTION_DAYS,
    MAX_BID_FEN,
    MIN_BID_FEN,
    batches,
    refuse_too_many,
    well_formed,
    windows,
)
from connectors.taobao.replies import Json
from connectors.taobao.transport import Transport

ADGROUP_PAGE: Final = 200
REPORT_PAGE: Final = 500
MOST_REPORT_PAGES: Final = 40
WINDOW_DAYS: Final = 30  # an adgroup has at most 200 words: at most 6,000 rows are held at once
_KEYWORDS: Final = ("keywords", "keyword")


class SimbaPlatform:
    """A shop through ``taobao.simba.*``; implements ``connectors.platform.MeteredPlatform``.

    Reports come adgroup by adgroup, 30 days at a time, which is what memory holds of them.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._places: list[tuple[str, str]] | None = None  # (campaign_id, adgroup_id)
        self._token: tuple[date, str] | None = None

    @property
    def name(self) -> str:
        """``taobao-simba``."""
        return "taobao-simba"

    @property
    def attribution_days(self) -> int:
        """Days after which a day's orders are final."""
        return ATTRIBUTION_DAYS

    def calls_left(self) -> int | None:
        """Calls left today; None while neither the quota nor its end is known."""
        return self._transport.calls_left()

    def roster(self) -> Roster:
        """Campaigns, adgroups and words with the bids in force now, ids ascending.

        Costs 1 + 1 call a campaign + 1 for each 200 adgroups of a campaign + 1 an adgroup.
        """
        campaigns: list[CampaignRow] = []
        adgroups: list[AdgroupRow] = []
        keywords: list[KeywordRow] = []
        rejects: list[Reject] = []
        for row in self.campaigns():
            try:
                plan = simba_rows.campaign(row, self.budget(fields.identifier(row, "campaign_id")))
                found = self.adgroups(plan.campaign_id)
            except GoneError:
                continue
            campaigns.append(plan)
            adgroups += found
            said = simba_rows.bid_type(row)
            for word in (word for group in found for word in self.words(group.adgroup_id)):
                try:
                    keywords.append(simba_rows.keyword(word, plan.name, said))
                except AnswerError as error:
                    rejects.append(reasons.reject("keywordsbyadgroupid.get", error, word))
        self._places = [(row.campaign_id, row.adgroup_id) for row in adgroups]
        return Roster(
            campaigns=tuple(sorted(campaigns, key=lambda row: row.campaign_id)),
            adgroups=tuple(sorted(adgroups, key=lambda row: row.adgroup_id)),
            keywords=tuple(sorted(keywords, key=lambda row: row.keyword_id)),
            rejects=tuple(rejects),
        )

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        """Keyword-days with impressions, a page for each adgroup and 30 days that have any.

        Costs 1 call, the list of adgroups where ``roster`` was not called before, and for each
        adgroup and piece of 30 days 1 + rows ÷ 500 calls for each of the two reports, the second
        only where the first has rows.
        """
        pieces = list(windows(first, last, self._transport.now().date(), WINDOW_DAYS))
        if not pieces:
            return
        for campaign_id, adgroup_id in self._all_places():
            place = {"campaign_id": campaign_id, "adgroup_id": adgroup_id}
            for start, end in pieces:
                period = {"start_time": start.isoformat(), "end_time": end.isoformat()}
                try:
                    base = self.report("base", place | period)
                    effect = self.report("effect", place | period) if base else []
                except GoneError:
                    break
                if base:
                    yield simba_rows.joined(base, effect, campaign_id, adgroup_id)

    def live_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        """Bids in force right now, fen; words that do not exist or have no price are absent.

        Costs a call for each 200 words.
        """
        bids: dict[str, int] = {}
        for row in self._words_now(keyword_ids):
            bid = simba_rows.bid_fen(row)
            if bid is not None:
                bids[fields.identifier(row, "keyword_id")] = bid
        return bids

    def set_bids(self, changes: Sequence[BidChange]) -> Mapping[str, int]:
        """Set absolute bids; returns those the platform says it set, with their bids.

        Reads the words first, so that match, mobile price and whatever else belongs to a price
        are sent back as they are; costs 2 calls. Absent from the answer: prices out of range,
        words that do not exist, and those the platform left out.
        Raises PermanentError for more than 200 changes, UnknownOutcomeError when the write was
        sent and no clear answer came.
        """
        refuse_too_many(changes)
        wanted = {
            change.keyword_id: change.bid_fen
            for change in changes
            if MIN_BID_FEN <= change.bid_fen <= MAX_BID_FEN
        }
        present = {fields.identifier(row, "keyword_id"): row for row in self._words_now([*wanted])}
        items = [
            simba_rows.price_item(row, wanted[word])
            for word, row in present.items()
            if simba_rows.bid_fen(row) is not None
        ]
        if not items:
            return {}
        prices = {"keywordid_prices": json.dumps(items, separators=(",", ":"))}
        answer = self._transport.write("simba.keywords.pricevon.set", self._nick(prices))
        try:
            rows = fields.listed(answer, *_KEYWORDS)
            return {
                fields.identifier(row, "keyword_id"): simba_rows.bid_fen(row) or 0 for row in rows
            }
        except AnswerError as error:
            raise UnknownOutcomeError(
                f"the prices were sent and the answer cannot be read ({error}); "
                "read the bids to learn which were set"
            ) from error

    def campaigns(self) -> list[Json]:
        """Every campaign as the platform words it."""
        answer = self._transport.read("simba.campaigns.get", self._nick({}))
        return fields.listed(answer, "campaigns", "campaign")

    def budget(self, campaign_id: str) -> Json:
        """The campaign's budget as the platform words it, in yuan."""
        about = self._nick({"campaign_id": campaign_id})
        answer = self._transport.read("simba.campaign.budget.get", about)
        found = answer.get("campaign_budget")
        if not isinstance(found, dict):
            raise AnswerError(f"the budget of the campaign {campaign_id} is {str(found)[:80]!r}")
        return found

    def words(self, adgroup_id: str) -> list[Json]:
        """Every word of an adgroup as the platform words it; none where it was deleted meanwhile."""
        try:
            answer = self._transport.read(
                "simba.keywordsbyadgroupid.get", self._nick({"adgroup_id": adgroup_id})
            )
        except GoneError:
            return []
        return fields.listed(answer, *_KEYWORDS)

    def token(self) -> str:
        """The subway_token that every report needs; it is good until the end of the day."""
        today = self._transport.now().date()
        if self._token is None or self._token[0] != today:
            answer = self._transport.read("simba.login.authsign.get", self._nick({}))
            self._token = (today, fields.text(answer, "subway_token"))
        return self._token[1]

    def report(self, kind: str, about: Mapping[str, str]) -> list[Json]:
        """All pages of the ``base`` or ``effect`` report of an adgroup."""
        rows: list[Json] = []
        for page in range(1, MOST_REPORT_PAGES + 1):
            found = self._report_page(kind, {**about, "page_no": str(page)})
            rows += found
            if len(found) < REPORT_PAGE:
                return rows
        raise AnswerError(
            f"the report of the adgroup {about['adgroup_id']} does not end after {len(rows)} rows; "
            "an adgroup cannot have that many in 30 days"
        )

    def _report_page(self, kind: str, about: Mapping[str, str]) -> list[Json]:
        method = f"simba.rpt.adgroupkeyword{kind}.get"
        asked = {
            **about,
            "subway_token": self.token(),
            "source": "SUMMARY",
            "search_type": "SEARCH",
            "page_size": str(REPORT_PAGE),
        }
        field = f"rpt_adgroupkeyword_{kind}_list"
        return self._transport.read_rows(method, self._nick(asked), field)

    def adgroups(self, campaign_id: str) -> list[AdgroupRow]:
        """The adgroups of a campaign."""
        rows: list[AdgroupRow] = []
        page = 1
        while True:
            asked = {
                "campaign_id": campaign_id,
                "page_size": str(ADGROUP_PAGE),
                "page_no": str(page),
            }
            answer = self._transport.read("simba.adgroupsbycampaignid.get", self._nick(asked))
            found = fields.listed(answer, "adgroups", "adgroup_list", "a_d_group")
            rows += [simba_rows.adgroup(row) for row in found]
            if len(found) < ADGROUP_PAGE:
                return rows
            page += 1

    def _all_places(self) -> list[tuple[str, str]]:
        if self._places is None:
            self._places = [
                (group.campaign_id, group.adgroup_id)
                for row in self.campaigns()
                for group in self.adgroups(fields.identifier(row, "campaign_id"))
            ]
        return self._places

    def _words_now(self, keyword_ids: Sequence[str]) -> Iterator[Json]:
        for batch in batches(well_formed(keyword_ids)):
            yield from self._batch_now(batch)

    def _batch_now(self, batch: Sequence[str]) -> list[Json]:
        """The words of a batch; halves it where the platform refuses it for one foreign id."""
        try:
            answer = self._transport.read(
                "simba.keywordsbykeywordids.get", self._nick({"keyword_ids": ",".join(batch)})
            )
        except ForeignKeywordError:
            if len(batch) == 1:
                return []
            half = len(batch) // 2
            return [*self._batch_now(batch[:half]), *self._batch_now(batch[half:])]
        return fields.listed(answer, *_KEYWORDS)

    def _nick(self, parameters: Mapping[str, str]) -> dict[str, str]:
        return {"nick": self._transport.shop.nick, **parameters}
