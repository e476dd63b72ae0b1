"""One of several services that want the same work: ``contender.py DATABASE``.

Says ``ready``; for every line, an ISO day or ``apply``, tries to get that night, or the account, and
prints ``ours`` or ``refused``. Lives until its input ends: a dead holder's lease would be free.
"""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, date, datetime

from service.errors import RunInProgressError
from service.leases import is_gone, token
from service.store import Store, account_states, open_store, runs
from service.store.rows import RunRow

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def open_night(store: Store, day: date) -> bool:
    fresh = RunRow(
        run_id=str(uuid.uuid4()),
        account_id="shop",
        business_date=day,
        state="running",
        step="open",
        trigger="schedule",
        attempt=1,
        lease_owner=token(),
        lease_until_at=runs.lease_until(NOW),
        started_at=NOW,
        finished_at=None,
        cutoff_at=None,
        seed=7,
        inputs_hash=None,
        config_hash=None,
        code_version=None,
        cause=None,
        counts={},
        review=(),
    )
    with store.begin() as session:
        return runs.open_run(session, fresh, is_gone=is_gone)[1]


def take_account(store: Store) -> bool:
    until = runs.lease_until(NOW)
    with store.begin() as session:
        account_states.take(session, "shop", token(), now=NOW, until_at=until, is_gone=is_gone)
    return True


def attempt(store: Store, wanted: str) -> bool:
    try:
        if wanted == "apply":
            return take_account(store)
        return open_night(store, date.fromisoformat(wanted))
    except RunInProgressError:
        return False


def main(database: str) -> None:
    store = open_store(database)
    print("ready", flush=True)
    for line in sys.stdin:
        print("ours" if attempt(store, line.strip()) else "refused", flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
