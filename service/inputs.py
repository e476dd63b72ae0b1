"""What a night is given: kept so that it can be decided again, byte for byte.

Facts are kept by the store with every version; everything else a decision rests on (roster,
rates, policy) is packed into ``run_input`` as JSON whose bytes depend on the content alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from connectors.platform import AdgroupRow, CampaignRow, KeywordRow, Roster
from service import frames
from service.errors import NotFoundError
from service.frames import Frames
from service.store import facts, runs
from service.store.rows import RunRow

PACKAGES = ("service", "optimizer", "connectors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The scalars beside the frames: JSON, so that they can be packed and read back."""

    as_of: date
    history_days: int
    attribution_days: int
    rates: Mapping[str, Mapping[str, float]]
    promotions: tuple[str, ...] = ()  # named days of the history and tonight, ISO


@dataclass(frozen=True, slots=True)
class _Rate:
    margin_rate: float
    organic_rate: float


def pack(value: Any) -> bytes:
    """JSON bytes that depend on the content alone."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha256(content: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(content).hexdigest()


def pack_roster(roster: Roster) -> bytes:
    """The roster without its rejects, which are the run's."""
    return pack(
        {
            "campaigns": [asdict(row) for row in roster.campaigns],
            "adgroups": [asdict(row) for row in roster.adgroups],
            "keywords": [asdict(row) for row in roster.keywords],
        }
    )


def read_roster(session: Session, run_id: str) -> Roster:
    """The roster that the run was given; raises NotFoundError if it kept none."""
    content = _read(session, run_id, "roster")
    return Roster(
        campaigns=tuple(CampaignRow(**row) for row in content["campaigns"]),
        adgroups=tuple(AdgroupRow(**row) for row in content["adgroups"]),
        keywords=tuple(KeywordRow(**row) for row in content["keywords"]),
    )


def pack_given(given: Given) -> bytes:
    """The scalars as JSON; without named days it is what it was before there were any."""
    content = asdict(given) | {"as_of": given.as_of.isoformat()}
    if not given.promotions:
        del content["promotions"]
    return pack(content)


def read_given(session: Session, run_id: str) -> Given:
    """The scalars that the run was given; raises NotFoundError if it kept none."""
    content = _read(session, run_id, "given")
    named = tuple(content.get("promotions", ()))
    as_of = date.fromisoformat(content["as_of"])
    return Given(**content | {"as_of": as_of, "promotions": named})


def read_policy(session: Session, run_id: str) -> Mapping[str, Any]:
    """The arguments of ``optimizer.Policy`` of the run; raises NotFoundError if it kept none."""
    policy: Mapping[str, Any] = _read(session, run_id, "policy")
    return policy


def build_frames(session: Session, run: RunRow, roster: Roster, given: Given) -> Frames:
    """The optimizer's frames from what was known at the run's cut-off."""
    if run.cutoff_at is None:
        raise NotFoundError(f"the run {run.run_id} ended before it had stored any figures")
    first = given.as_of - timedelta(days=given.history_days)
    last = given.as_of - timedelta(days=1)
    pieces = facts.iter_facts(session, run.account_id, first, last, cutoff_at=run.cutoff_at)
    observed = facts.pull_days(session, run.account_id, first, cutoff_at=run.cutoff_at)
    return Frames(
        history=frames.history_frame(pieces, roster.keywords, roster.campaigns),
        keywords=frames.keywords_frame(roster.keywords),
        economics=frames.economics_frame({i: _Rate(**rate) for i, rate in given.rates.items()}),
        settlement=frames.settlement_frame(observed),
    )


def inputs_hash(built: Frames, given: Given, policy: bytes) -> str:
    """One hash over everything that the decision rests on."""
    parts = [
        frames.digest(frame)
        for frame in (built.history, built.keywords, built.economics, built.settlement)
    ]
    return sha256("\n".join([*parts, sha256(pack_given(given)), sha256(policy)]).encode())


def seed_of(account_id: str, business_date: date) -> int:
    """The night's seed: fixed by account and date, so that a resumed night repeats itself."""
    return int(sha256(f"{account_id} {business_date}".encode())[:8], 16)


@cache
def code_version() -> str:
    """The version, and a hash over every source file that takes part in a decision."""
    root = Path(__file__).parent.parent
    hasher = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            hasher.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{version('kaiche')}+{hasher.hexdigest()[:12]}"


def _read(session: Session, run_id: str, kind: str) -> Any:
    content = runs.load_input(session, run_id, kind)
    if content is None:
        raise NotFoundError.of("run_kept_nothing", run_id=run_id, kind=kind)
    return json.loads(content)
