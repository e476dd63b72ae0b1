"""The ledger's days in the database: every version kept, every night rebuilt as it was."""

from __future__ import annotations

from datetime import date

from service.store import Store, ledger
from service.store.rows import LedgerDay

FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)


def day(on: date, contribution: int, **changes: object) -> LedgerDay:
    return LedgerDay(
        date=on,
        spend_fen=1_000,
        contribution_fen=contribution,
        **changes,  # type: ignore[arg-type]
    )


def test_a_night_writes_only_what_changed_and_every_night_can_be_read_again(store: Store) -> None:
    with store.begin() as session:
        assert ledger.keep(session, "shop", SECOND, [day(FIRST, 400, waiting_fen=300)]) == 1
        again = [day(FIRST, 400, waiting_fen=300), day(SECOND, 50)]
        assert ledger.keep(session, "shop", THIRD, again) == 1
        assert ledger.keep(session, "shop", date(2026, 3, 4), [day(FIRST, 700)]) == 1
        assert ledger.keep(session, "other", THIRD, [day(FIRST, 1)]) == 1
    with store.read() as session:
        seen = {
            night: [
                (row.date, row.contribution_fen, row.waiting_fen, row.stated_on)
                for row in ledger.as_of(session, "shop", FIRST, THIRD, stated_on=night)
            ]
            for night in (FIRST, SECOND, THIRD, None)
        }
        versions = ledger.versions(session, "shop", FIRST)
    assert seen == {
        FIRST: [],
        SECOND: [(FIRST, 400, 300, SECOND)],
        THIRD: [(FIRST, 400, 300, SECOND), (SECOND, 50, 0, THIRD)],
        None: [(FIRST, 700, 0, date(2026, 3, 4)), (SECOND, 50, 0, THIRD)],
    }
    assert [(row.stated_on, row.settled_fen) for row in versions] == [
        (SECOND, 100),
        (date(2026, 3, 4), 700),
    ]


def test_a_night_that_is_taken_up_again_replaces_what_it_had_stated(store: Store) -> None:
    with store.begin() as session:
        ledger.keep(session, "shop", SECOND, [day(FIRST, 400)])
        ledger.keep(session, "shop", THIRD, [day(FIRST, 500), day(SECOND, 9)])
        assert ledger.keep(session, "shop", THIRD, [day(FIRST, 400), day(SECOND, 8)]) == 1
        assert ledger.keep(session, "shop", date(2026, 3, 4), []) == 0
    with store.read() as session:
        found = ledger.as_of(session, "shop", FIRST, THIRD)
    assert [(row.contribution_fen, row.stated_on) for row in found] == [(400, SECOND), (8, THIRD)]
