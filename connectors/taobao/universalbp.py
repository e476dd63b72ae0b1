"""The newer generation, ``taobao.universalbp.new.*``: money in yuan, a biz_code in every call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from connectors.errors import (
    AnswerError,
    AuthorisationError,
    GoneError,
    PermanentError,
    UnknownOutcomeError,
)
from connectors.platform import BidChange, KeywordDayRow, KeywordRow, Page, Reject, Roster
from connectors.taobao import fields, reasons, universalbp_rows
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
from connectors.taobao.universalbp_reports import WordReports, top_result

CAMPAIGN_PAGE: Final = 100
ADGROUPS_A_CALL: Final = 20
WINDOW_DAYS: Final = 90
_NEW: Final = "universalbp.new."
_WORDS: Final = "word_v_o_top_bulk_data"
_WORD_LIST: Final = ("word_v_o_list", "word_v_o")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word lives: the platform finds words by adgroup, not by their ids."""

    campaign_id: str
    adgroup_id: str


class UniversalbpPlatform:
    """A shop through ``universalbp.new``; implements ``connectors.platform.MeteredPlatform``.

    Remembers in which adgroup each word lives, which is all it keeps of an account.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._reports = WordReports(transport)
        self._homes: dict[str, Place] | None = None

    @property
    def name(self) -> str:
        """``taobao-bp``."""
        return "taobao-bp"

    @property
    def attribution_days(self) -> int:
        """Days after which a day's orders are final; reports are asked for with this window."""
        return ATTRIBUTION_DAYS

    def calls_left(self) -> int | None:
        """Calls left today; None while neither the quota nor its end is known."""
        return self._transport.calls_left()

    def roster(self) -> Roster:
        """Campaigns, adgroups and words with the bids in force now, ids ascending.

        Costs 1 call for each 100 campaigns, 1 for each 20 adgroups and 1 for each 200 words.
        Quality scores that the platform refuses to tell are unknown and a reject.
        """
        plans = list(self.campaigns())
        campaigns = [universalbp_rows.campaign(row) for row in plans]
        adgroups = [group for row in plans for group in universalbp_rows.adgroups(row)]
        names = {row.campaign_id: row.name for row in campaigns}
        said = {
            row.campaign_id: universalbp_rows.bid_type(plan)
            for row, plan in zip(campaigns, plans, strict=True)
        }
        words, rejects = self._listed([Place(row.campaign_id, row.adgroup_id) for row in adgroups])
        self._homes = {i: home for i, (home, _) in words.items()}
        qualities = self._qualities(list(words), rejects)
        keywords: list[KeywordRow] = []
        for keyword_id, (home, row) in words.items():
            try:
                keywords.append(
                    universalbp_rows.keyword(
                        row,
                        names[home.campaign_id],
                        said[home.campaign_id],
                        qualities.get(keyword_id),
                    )
                )
            except AnswerError as error:
                rejects.append(reasons.reject("bidword.findlist", error, row))
        return Roster(
            campaigns=tuple(sorted(campaigns, key=lambda row: row.campaign_id)),
            adgroups=tuple(sorted(adgroups, key=lambda row: row.adgroup_id)),
            keywords=tuple(sorted(keywords, key=lambda row: row.keyword_id)),
            rejects=tuple(rejects),
        )

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        """Keyword-days with impressions in order of date, at most 2,000 a page.

        Costs 1 + rows ÷ 500 calls for each 90 days with up to 10,000 rows, else about 6.
        """
        for start, end in windows(first, last, self._transport.now().date(), WINDOW_DAYS):
            for rows in self._reports.rows(start, end):
                yield _page(rows)

    def live_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        """Bids in force right now, fen; words that do not exist or have no price are absent.

        Costs 1 call for each 20 adgroups in which the words live, and once the list of all words.
        """
        bids = {i: universalbp_rows.bid_fen(row) for i, row in self._words_now(keyword_ids).items()}
        return {keyword_id: bid for keyword_id, bid in bids.items() if bid is not None}

    def set_bids(self, changes: Sequence[BidChange]) -> Mapping[str, int]:
        """Set absolute bids; returns those the platform says it set, with their bids.

        Reads the words first (as ``live_bids``), so that match and status are sent back as they
        are, then costs 1 call. Absent from the answer: prices out of range, words that do not
        exist, and those the platform left out.
        Raises PermanentError for more than 200 changes, UnknownOutcomeError when the write was
        sent and no clear answer came.
        """
        refuse_too_many(changes)
        wanted = {
            change.keyword_id: change.bid_fen
            for change in changes
            if MIN_BID_FEN <= change.bid_fen <= MAX_BID_FEN
        }
        items = [
            universalbp_rows.price_item(row, wanted[word])
            for word, row in self._words_now([*wanted]).items()
            if universalbp_rows.bid_fen(row) is not None
        ]
        if not items:
            return {}
        try:
            answer = top_result(
                self._transport,
                _NEW + "bidword.update",
                "word_update_request_v_o",
                {"bidword_list": items},
                _WORDS,
                writing=True,
            )
            rows = fields.listed(answer, *_WORD_LIST)
            return {
                fields.identifier(row, "bidword_id"): fields.fen_of_yuan(row, "bid_price")
                for row in rows
            }
        except AnswerError as error:
            raise UnknownOutcomeError(
                f"the prices were sent and the answer cannot be read ({error}); "
                "read the bids to learn which were set"
            ) from error

    def campaigns(self) -> Iterator[Json]:
        """Every campaign, with its adgroups, as the platform words it."""
        offset = 0
        while True:
            answer = top_result(
                self._transport,
                _NEW + "campaign.findpage",
                "campaign_query_v_o",
                {"offset": offset, "page_size": CAMPAIGN_PAGE},
                "campaign_v_o_top_bulk_data",
            )
            found = fields.listed(answer, "campaign_v_o_list", "campaign_v_o")
            yield from found
            offset += len(found)
            if not found or offset >= fields.whole(answer, "count", offset):
                return

    def words(self, places: Sequence[Place]) -> list[Json]:
        """Every word of at most 20 adgroups; deleted ones are passed over."""
        asked = {
            "campaign_id_list": [int(i) for i in dict.fromkeys(row.campaign_id for row in places)],
            "adgroup_id_list": [int(row.adgroup_id) for row in places],
        }
        try:
            answer = top_result(
                self._transport, _NEW + "bidword.findlist", "word_query_v_o", asked, _WORDS
            )
        except GoneError:
            if len(places) == 1:
                return []
            half = len(places) // 2
            return [*self.words(places[:half]), *self.words(places[half:])]
        return fields.listed(answer, *_WORD_LIST)

    def _listed(
        self, places: Iterable[Place]
    ) -> tuple[dict[str, tuple[Place, Json]], list[Reject]]:
        """The words of adgroups by id, and rows that have no id that can be read."""
        found: dict[str, tuple[Place, Json]] = {}
        rejects: list[Reject] = []
        for some in batches(list(dict.fromkeys(places)), ADGROUPS_A_CALL):
            for row in self.words(some):
                try:
                    home = Place(
                        fields.identifier(row, "campaign_id"), fields.identifier(row, "adgroup_id")
                    )
                    found[fields.identifier(row, "bidword_id")] = (home, row)
                except AnswerError as error:
                    rejects.append(reasons.reject("bidword.findlist", error, row))
        return found, rejects

    def _words_now(self, keyword_ids: Sequence[str]) -> dict[str, Json]:
        """The asked words that exist, as the platform words them at this moment."""
        asked = well_formed(keyword_ids)
        homes = self._homes or {}
        if any(i not in homes for i in asked):
            homes = self._find_homes()
        places = dict.fromkeys(homes[i] for i in asked if i in homes)
        found, _ = self._listed(places)
        return {i: found[i][1] for i in asked if i in found}

    def _find_homes(self) -> dict[str, Place]:
        places = [
            Place(group.campaign_id, group.adgroup_id)
            for row in self.campaigns()
            for group in universalbp_rows.adgroups(row)
        ]
        found, _ = self._listed(places)
        self._homes = {i: home for i, (home, _) in found.items()}
        return self._homes

    def _qualities(self, keyword_ids: Sequence[str], rejects: list[Reject]) -> dict[str, float]:
        scores: dict[str, float] = {}
        for batch in batches(keyword_ids):
            try:
                answer = top_result(
                    self._transport,
                    _NEW + "bidword.qscore",
                    "qscore_real_query_v_o",
                    {"bidword_id_list": [int(i) for i in batch]},
                    "qscore_v_o_top_bulk_data",
                )
            except AuthorisationError:
                raise
            except PermanentError as error:
                reason = f"质量分未能读取 / quality scores could not be read: {error}"
                rejects.append(
                    Reject(
                        source="bidword.qscore", row=None, column=None, value=None, reason=reason
                    )
                )
                return scores
            for row in fields.listed(answer, "qscore_v_o_list", "qscore_v_o"):
                score = fields.quality(row.get("qscore"))
                if score is not None:
                    scores[fields.identifier(row, "bidword_id")] = score
        return scores


def _page(rows: Iterable[Json]) -> Page:
    taken: list[KeywordDayRow] = []
    rejects: list[Reject] = []
    for row in rows:
        try:
            if universalbp_rows.is_word(row):
                taken.append(universalbp_rows.keyword_day(row))
        except AnswerError as error:
            rejects.append(reasons.reject("report.query.bidword", error, row))
    return Page(rows=tuple(taken), rejects=tuple(rejects))
