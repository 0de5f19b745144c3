"""The steps of the comparison with JW Player: request, catalogue, sweep, comparison, end."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import Context
from pydantic import TypeAdapter

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jw_check import KNOWN_MEDIA_NAME, MEDIA_STATES_NAME, JwCheckRequest, jw_check_of
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwSweep
from edye_delivery.catalog.jw_states import MediaStates
from edye_delivery.catalog.request import RunFacts
from edye_delivery.catalog.snapshot_file import SnapshotFile
from edye_delivery.clients.jw_player.sweep import sweep_library
from edye_delivery.errors import Terminal
from edye_delivery.hooks.artifacts import ArtifactHook, ArtifactStore
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.jw_player import JwPlayerHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.fetch import fetch_snapshot
from edye_delivery.pipeline.sync_check import SyncCheck
from edye_delivery.pipeline.sync_known import KnownFile, KnownMedia
from edye_delivery.pipeline.sync_missing import confirm_missing
from edye_delivery.pipeline.sync_report import done_text, failure_text, not_found_incident, states_after, sync_report
from edye_delivery.pipeline.sync_run import (
    limits_for,
    look_up_sources,
    read_named_media,
    read_playlists,
    whole_catalogue_of,
)
from edye_delivery.pipeline.sync_titles import SyncTitles
from edye_delivery.reports.model import Colour
from edye_delivery.reports.sync.model import SyncReport
from edye_delivery.steps.base import content_of
from edye_delivery.steps.confirm import end_red
from edye_delivery.steps.connections import jw_needs_of, refuse_unusable

log = logging.getLogger(__name__)
SWEEP = TypeAdapter(JwSweep)


@dataclass(frozen=True)
class JwCheckStep:
    """A step of the comparison; `request` is that of the run, `annexes` are all partners."""

    annexes: Mapping[str, Annex]
    request: Any = None
    snapshot: Any = None
    sweep: Any = None

    @property
    def artifacts(self) -> ArtifactStore:
        """The artifact store."""
        return ArtifactHook().get_conn()

    def titles(self, request: JwCheckRequest, *, with_given: bool) -> tuple[SyncTitles, int]:
        """The titles of the run's snapshot, and how many of its items cannot be read."""
        snapshot = SnapshotFile.of(self.artifacts.stream(self.snapshot["path"]))
        titles = SyncTitles(self.annexes, request.partner, request.titles)
        titles.add(snapshot.title_lines)
        if with_given and request.partner:
            with LedgerHook().get_conn().offer(request.partner) as offer:
                titles.add_given(offer.titles)
        titles.finish()
        return titles, sum(1 for _ in snapshot.malformed)


class CheckJwRequest(JwCheckStep):
    """Turns params and run facts into a checked request, and checks the connections of the comparison."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The request, as JSON."""
        run = context["dag_run"]
        facts = RunFacts(run.run_id, None, None, run.run_after, tuple(run.conf or {}))
        request = jw_check_of(context["params"], facts, self.annexes)
        refuse_unusable(jw_needs_of(request.partner))
        log.info("titles: %s; partner: %s", ", ".join(request.titles) or "all", request.partner or "none")
        return request.model_dump(mode="json")


class FetchWholeCatalogue(JwCheckStep):
    """Writes a snapshot of the whole catalogue, whoever may have its titles; it is read before JW Player is."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The snapshot's reference and counts."""
        request = JwCheckRequest.model_validate(self.request)
        api = EdyeHook().api_within(whole_catalogue_of(self.annexes))
        snapshot = fetch_snapshot(None, api, request.run, datetime.now(UTC))
        name = request.name("snapshot.jsonl")
        self.artifacts.put_file(name, snapshot.path)
        return {"path": name, "digest": snapshot.digest()[:16]} | snapshot.counts


class SweepMedia(JwCheckStep):
    """Reads all media of JW Player, or those of the named titles; a sweep that is not complete is told, not retried."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The reference of the file with the media, and how the sweep went."""
        request, library = JwCheckRequest.model_validate(self.request), JwLibrary()
        management = JwPlayerHook().management()
        if request.titles:
            titles, _ = self.titles(request, with_given=False)
            sweep = read_named_media(management, titles.media_ids(), library, SYSTEM_CLOCK)
        else:
            before = _states_in(self.artifacts)
            last_read = before.media_read if before is not None else None
            sweep = sweep_library(management, library, SYSTEM_CLOCK, last_read, request.max_loss_percent)
        log.info("%s of %s media read in %s calls. %s", sweep.media_read, sweep.total, sweep.calls, sweep.sentence)
        self.artifacts.put_file(request.library_name, library.path)
        return {"path": request.library_name, "digest": _digest(library.path)} | SWEEP.dump_python(sweep, mode="json")


class CompareWithEdye(JwCheckStep):
    """Compares, writes the report in four formats, and leaves for quality control which media cannot be delivered."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Colour, counts and the path of the report."""
        from edye_delivery.reports.sync.formats import as_csv, as_json, as_xlsx  # openpyxl loads slowly
        from edye_delivery.reports.sync.page import as_html

        request, store, now = JwCheckRequest.model_validate(self.request), self.artifacts, datetime.now(UTC)
        with tempfile.TemporaryDirectory(prefix="edye-jw-player-") as folder:
            check, incidents, left, malformed = self._compare(request, Path(folder), now)
            started_at = context["dag_run"].start_date or now
            annex = self.annexes.get(request.partner)
            report = sync_report(request, annex, check, incidents, left, started_at, datetime.now(UTC), malformed)
            formats = {"json": as_json, "html": as_html, "xlsx": as_xlsx}
            for ending, write in formats.items():
                store.put(request.name(f"report.{ending}"), write(report))
            lines = Path(folder, "report.csv")
            _write(lines, as_csv(check.findings.rows()))
            store.put_file(request.name("report.csv"), lines)
            for ending in (*formats, "csv"):
                log.info("report: %s", store.url(request.name(f"report.{ending}")))
            _leave(store, check)
        counts = {"rows": report.rows_in_all, "to_correct": report.blocking_rows}
        return {"path": request.name("report.json"), "colour": report.colour.value} | counts

    def _compare(self, request: JwCheckRequest, folder: Path, now: datetime) -> tuple[SyncCheck, list[str], int, int]:
        """The comparison, its incidents, the number of media left to later runs and of items that cannot be read."""
        library = JwLibrary(self._library_file(folder))
        titles, malformed = self.titles(request, with_given=True)
        titles.load_media(library)
        limits, hook = limits_for(self.annexes, request.partner), JwPlayerHook()
        delivery, management = hook.delivery(), hook.management()
        sweep = SWEEP.validate_python({key: self.sweep[key] for key in JwSweep.__dataclass_fields__})
        confirmed, unsure = None, list[str]()
        if sweep.is_complete and not request.titles:  # named media were asked for one by one
            confirmed, unsure = confirm_missing(management, titles, library, now)
        looks, left, incidents = look_up_sources(delivery, titles, limits, now)
        check = SyncCheck(
            titles=titles,
            library=library,
            sweep=sweep,
            limits=limits,
            now=now,
            known=KnownMedia(_blocks_of(self.artifacts, KNOWN_MEDIA_NAME)),
            looks=looks,
            is_whole=not request.titles,
            confirmed=confirmed,
        )
        playlists, failed = read_playlists(management, delivery, limits.tags) if check.is_whole else ([], [])
        check.run(playlists)
        return check, [*not_found_incident(titles.not_found), *unsure, *incidents, *failed], left, malformed

    def _library_file(self, folder: Path) -> Path:
        path = folder / "library.sqlite"
        _write(path, self.artifacts.stream(self.sweep["path"]))
        if _digest(path) != self.sweep["digest"]:
            raise Terminal(
                f"{self.sweep['path']} is the sweep of a later run: clear sweep_media with its downstream tasks"
            )
        return path


@dataclass(frozen=True)
class ConfirmJwCheck:
    """Green where nothing has to be corrected, else red with each difference, its owner and what to do."""

    report: Any

    def execute(self, context: Context) -> None:
        """Raises WindowNotDone where something has to be corrected, or the comparison is not whole."""
        report = SyncReport.model_validate_json(ArtifactHook().get_conn().get(self.report["path"]))
        if report.colour is Colour.RED:
            end_red(failure_text(report))
        log.info("%s", done_text(report))


def _leave(store: ArtifactStore, check: SyncCheck) -> None:
    """Writes what the next run and quality control have to know; nothing after a sweep that is not complete."""
    states = states_after(check, _states_in(store))
    if states is None:
        return
    if check.is_whole:
        known = KnownFile(check.library, check.known, lambda media_id: check.titles.uses(media_id) > 0)
        store.put_file(KNOWN_MEDIA_NAME, known.path)
    store.put(MEDIA_STATES_NAME, states.model_dump_json().encode())


def _states_in(store: ArtifactStore) -> MediaStates | None:
    content = content_of(store, MEDIA_STATES_NAME)
    try:
        return MediaStates.model_validate_json(content) if content is not None else None
    except ValueError:
        log.warning("%s cannot be read, so it is written anew", MEDIA_STATES_NAME)
        return None


def _blocks_of(store: ArtifactStore, name: str) -> Iterator[bytes]:
    try:
        yield from store.stream(name)
    except FileNotFoundError:
        return


def _write(path: Path, blocks: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(blocks)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
