"""What `ledger prune` does: by the annexes' retention, partner by partner, with a line for each kind of thing."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE, read_annexes
from edye_delivery.annex.model import PULL_SUFFIX, Annex
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.wording import count_of
from edye_delivery.command_line.which_ledger import artifact_store, ledger_url
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.event_pruner import EventPruner
from edye_delivery.ledger.needed_files import bases_of_feeds, needed_encodes, needed_runs
from edye_delivery.ledger.offer_changes import prune_changes
from edye_delivery.ledger.read_only import address_of, refuse_absent, refuse_database_errors
from edye_delivery.pipeline.kept_feed import files_of
from edye_delivery.pipeline.prune_files import FilePruner, StoredFile

TITLES_A_LINE = 10_000
FILES_A_LINE = 1000


def prune_all(partner: str | None, ledger: str | None, artifacts: Path | None, *, deletes: bool) -> None:
    """Prints what was deleted, or would be. InvalidRequest, NoLedger, SchemaMismatch, ConfigurationInvalid."""
    annexes = _annexes(partner)
    url = ledger_url(ledger, "ledger prune")
    refuse_absent(url)
    store = artifact_store(artifacts)
    now = datetime.now(UTC)
    with refuse_database_errors(url, "pruned"):
        engine = open_engine(url)
        try:
            print(f"ledger {printable(address_of(url))}: {'deleting' if deletes else 'what would be deleted (--yes)'}")
            for annex in annexes.values():
                for name in (annex.partner, f"{annex.partner}{PULL_SUFFIX}"):
                    _prune_events(engine, name, now - timedelta(days=annex.retention.events_days), deletes=deletes)
                changes = prune_changes(engine, annex.partner, deletes=deletes)
                if changes:
                    print(f"{annex.partner}: notes of {count_of(changes, 'changed show')}, older than needed")
            _prune_files(engine, FilePruner(store, now, deletes), annexes, with_shared=partner is None)
        finally:
            engine.dispose()


def _annexes(partner: str | None) -> dict[str, Annex]:
    """All annexes, or the partner's; an annex that cannot be read stops all, for its retention is not known."""
    folder = read_annexes(Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER)))
    folder.refuse_defects()
    if partner is None:
        return folder.annexes
    if partner not in folder.annexes:
        raise InvalidRequest(f"there is no annex of {printable(partner, 60)!r}; there are {', '.join(folder.annexes)}")
    return {partner: folder.annexes[partner]}


def _prune_events(engine: Engine, partner: str, before: datetime, *, deletes: bool) -> None:
    titles = events = 0
    for done in EventPruner(engine, partner, before).prune(deletes=deletes):
        if titles // TITLES_A_LINE != (titles + done.titles) // TITLES_A_LINE:
            print(f"{partner}: {titles + done.titles:,} titles looked at", file=sys.stderr)
        titles, events = titles + done.titles, events + done.events
    if titles:
        print(f"{partner}: {count_of(events, 'event')} from before {before:%Y-%m-%d}, of {count_of(titles, 'title')}")


def _prune_files(engine: Engine, pruner: FilePruner, annexes: dict[str, Annex], *, with_shared: bool) -> None:
    for name, annex in annexes.items():
        days = annex.retention.runs_days
        with engine.connect() as connection:
            needed = needed_runs(connection, name) | needed_runs(connection, f"{name}{PULL_SUFFIX}")
        _print_files(f"{name}: files of runs, older than {days} days", pruner.runs(name, days, needed))
        _print_files(f"{name}: reports of consumption, older than {days} days", pruner.consumption(name, days))
        with engine.connect() as connection:
            kept = bases_of_feeds(connection, name)
        files = files_of(pruner.store, name, kept)
        _print_files(f"{name}: kept for feeds, older than {days} days", pruner.feeds(name, days, files))
    if with_shared:
        encodes_days = max((annex.retention.encodes_days for annex in annexes.values()), default=None)
        if encodes_days is not None:
            with engine.connect() as connection:
                encodes = needed_encodes(connection)
            _print_files(f"encodes, older than {encodes_days} days", pruner.encodes(encodes_days, encodes))
        _print_files("unfinished .part files", pruner.parts())


def _print_files(what: str, files: Iterable[StoredFile]) -> None:
    found: Counter[str] = Counter()
    for one in files:
        found["files"] += 1
        found["bytes"] += one.size_bytes
        if found["files"] % FILES_A_LINE == 0:
            print(f"{what}: {found['files']:,} so far", file=sys.stderr)
    if found:
        print(f"{what}: {count_of(found['files'], 'file')}, {found['bytes']:,} bytes")
