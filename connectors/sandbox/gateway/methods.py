"""Every method the gateway speaks."""

from __future__ import annotations

from typing import Final

from connectors.sandbox.gateway import (
    new_campaigns,
    new_reports,
    new_words,
    simba_realtime,
    simba_reports,
    simba_roster,
    simba_words,
)
from connectors.sandbox.gateway.call import Handler, Method, Package

_SIMBA: Final[dict[str, Handler]] = {
    "login.authsign.get": simba_roster.sign_in,
    "customers.authorized.get": simba_roster.customers,
    "campaigns.get": simba_roster.campaigns,
    "campaign.budget.get": simba_roster.budget,
    "campaign.budget.update": simba_roster.update_budget,
    "campaign.schedule.get": simba_roster.schedule,
    "campaign.schedule.update": simba_roster.update_schedule,
    "adgroupsbycampaignid.get": simba_roster.adgroups,
    "keywordsbyadgroupid.get": simba_words.of_adgroup,
    "keywordsbykeywordids.get": simba_words.by_ids,
    "keywords.pricevon.set": simba_words.set_price,
    "keywordsvon.add": simba_words.add,
    "keywords.delete": simba_words.delete,
    "keywords.changed.get": simba_words.changed,
    "keywordids.deleted.get": simba_words.deleted,
    "keywords.qscore.get": simba_words.scores,
    "keywords.realtime.ranking.batch.get": simba_words.ranks,
    "rpt.adgroupkeywordbase.get": simba_reports.base,
    "rpt.adgroupkeywordeffect.get": simba_reports.effect,
    "rtrpt.bidword.get": simba_realtime.today_by_word,
    "insight.wordspricedata.get": simba_reports.price_buckets,
}
_NEW: Final[dict[str, Handler]] = {
    "campaign.findpage": new_campaigns.find_page,
    "campaign.budget.batchupdate": new_campaigns.update_budgets,
    "campaign.bid.batchupdate": new_campaigns.update_bidding,
    "campaign.advanced.batchupdate": new_campaigns.update_advanced,
    "bidword.findlist": new_words.find_list,
    "bidword.add": new_words.add,
    "bidword.update": new_words.update,
    "bidword.delete": new_words.delete,
    "bidword.qscore": new_words.scores,
    "suggest.bidword.price": new_words.suggest_price,
    "report.query.bidword": new_reports.paged,
    "report.async.create.download.task": new_reports.create_task,
    "report.async.download.find.task.page": new_reports.find_tasks,
    "report.async.download.get.url": new_reports.task_url,
}
_WRITING: Final = (".update", ".batchupdate", ".set", ".add", ".delete")


def _family(package: Package, prefix: str, handlers: dict[str, Handler]) -> dict[str, Method]:
    return {
        prefix + name: Method(prefix + name, package, handler, writes=name.endswith(_WRITING))
        for name, handler in handlers.items()
    }


METHODS: Final[dict[str, Method]] = {
    **_family("simba", "taobao.simba.", _SIMBA),
    **_family("universalbp", "taobao.universalbp.new.", _NEW),
}
