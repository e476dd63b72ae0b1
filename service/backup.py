"""The whole database kept in one file, and brought back with the proof that nothing was lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from service.auditing import prove
from service.proof import Proof
from service.store import Store, archive
from service.store.archive import Made, Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back, and the proof of its audit record against the archive's head."""

    manifest: Manifest
    proof: Proof


def back_up(store: Store, file: Path, now: datetime) -> Manifest:
    """Write the database to a new file. Raises InputError, and StoreError for tables of another version."""
    store.ready()
    made = Made(at=now.isoformat(timespec="seconds"), by=version("kaiche"))
    return archive.write(store, file, made)


def restore(store: Store, file: Path) -> Restored:
    """Bring a backup back into an empty database, at the newest version, and prove its record.

    Raises InputError for a file that is none or is damaged, StoreError for a database in use.
    """
    manifest = archive.read(file)
    archive.restore(store, file, manifest)
    noted = [] if manifest.head is None else [manifest.head]
    return Restored(manifest=manifest, proof=prove(store, noted))
