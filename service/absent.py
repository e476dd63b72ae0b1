"""Names in the configuration that the account does not have: likely wrong ids.

They would do nothing without a word: a cap that caps nothing, a margin that applies nowhere, a lock
on no word.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.platform import AdgroupRow, CampaignRow, KeywordRow
from service.economics import unused
from service.settings.models import Account


def absent(
    account: Account,
    campaigns: Iterable[CampaignRow],
    adgroups: Iterable[AdgroupRow],
    keywords: Iterable[KeywordRow],
) -> tuple[str, ...]:
    """Where each such name stands and how it reads, such as ``economics: item 620001``."""
    words = list(keywords)
    groups = {row.adgroup_id: row for row in adgroups}
    for word in words:  # an adgroup may be known by its words alone
        groups.setdefault(
            word.adgroup_id,
            AdgroupRow(adgroup_id=word.adgroup_id, campaign_id=word.campaign_id, name=""),
        )
    margins = [
        f"economics: adgroup {entry.adgroup}" if entry.adgroup else f"economics: item {entry.item}"
        for entry in unused(account, list(groups.values()))
    ]
    known = {row.campaign_id for row in campaigns} | {word.campaign_id for word in words}
    caps = [f"budgets.campaigns: {name}" for name in sorted({*account.budgets.campaigns} - known)]
    locks = sorted({*account.locked_keywords} - {word.keyword_id for word in words})
    return (*margins, *caps, *(f"locked_keywords: {name}" for name in locks))
