"""Every step of a run over three titles, one of which may break it: what became of each, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog import event
from edye_delivery.catalog.facts import ImageFacts, VideoFacts
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.plan import CheckedTitle, RunRequest, WithdrawalOrder
from edye_delivery.catalog.snapshot import WindowPlan, Withdrawal
from edye_delivery.catalog.snapshot_file import SnapshotFile, SnapshotWriter
from edye_delivery.catalog.vocabulary import DeliveryState, ImageKind
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.ffprobe import Answer
from edye_delivery.clients.streams import Stream as FilmStream
from edye_delivery.errors import EncodeFailed, MediaUnavailable
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.write.direct_publisher.writer import DirectWriter
from edye_delivery.feeds.write.grouping import shows_of
from edye_delivery.feeds.write.search import SearchWriter
from edye_delivery.feeds.write.writers import writer_of
from edye_delivery.hooks.ingesta_logs import FolderSink
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.trail import Trail
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline import check as check_step
from edye_delivery.pipeline import fetch as fetch_step
from edye_delivery.pipeline import plan as plan_step
from edye_delivery.pipeline import reencode as reencode_step
from edye_delivery.pipeline import report as report_step
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.check import BatchChecker
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.outcomes import record_outcomes
from edye_delivery.pipeline.plan import plan_window, remember_plan
from edye_delivery.pipeline.reencode import Reencoder
from edye_delivery.pipeline.report import RunOutcome, window_report
from edye_delivery.pipeline.ship_events import Shipper
from edye_delivery.pipeline.thumbnails import ThumbnailMaker
from edye_delivery.pipeline.withdraw import Withdrawer
from edye_delivery.qc.rule import RULES
from tests.builders import a_movie, show_item, the_annex
from tests.flow.line import WORKERS, Artifacts

ANNEX = the_annex()
AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
REQUEST = RunRequest(partner=ANNEX.partner, run_id="run-1", start_at=AT - timedelta(days=1), end_at=AT)
IDS = ("m-1", "m-2", "m-3")
BAD = "m-2"
Sentences = dict[str, str]


def item_of(edye_id: str) -> dict[str, Any]:
    """A movie as the catalogue gives it."""
    sources = [{"file": f"http://media.example/{edye_id}.mp4", "type": "video/mp4", "height": 720, "filesize": 9}]
    return show_item(
        id=edye_id, kind="movie", title_id=f"EDYE_{edye_id[-1]}", lang="es", titles={"es": "Cometa"}, sources=sources,
        duration_ms=4_800_000, updated_at="2026-03-01T13:00:00Z", release_date="2020-01-01", tags=["roku"], geo=["MX"],
        images=[{"kind": kind, "url": f"http://media.example/{edye_id}/{kind}.jpg"} for kind in ("key_art", "poster")],
    )  # fmt: skip


class Catalogue:
    """The EDYE API with three movies."""

    def shows(self, window: Any) -> list[Any]:
        return [item_of(edye_id) for edye_id in IDS]

    def episodes(self, window: Any) -> list[Any]:
        return []


@dataclass
class Bench:
    """Three titles, a ledger, and what is to break for the bad one; `error` None breaks nothing."""

    folder: Path
    patch: pytest.MonkeyPatch
    error: Exception | None = None
    files: Artifacts = field(default_factory=Artifacts)

    def __post_init__(self) -> None:
        self.engine = open_engine(f"sqlite:///{self.folder}/ledger.sqlite")
        self.ledger = Ledger(self.engine, lambda: AT)
        self.titles = [a_movie(**item_of(edye_id)) for edye_id in IDS]
        self.plans = [plan_of(ANNEX, title) for title in self.titles]
        self.clock = Clock(now=lambda: AT, sleep=lambda _: None, random=lambda: 0.5)
        self.names = {plan.external_id: plan.title.id for plan in self.plans}

    def break_for_bad(self, owner: Any, name: str, is_bad: Callable[..., bool]) -> None:
        """Has a function raise the error where it is called for the bad title, and work as ever for the others."""
        whole, error = getattr(owner, name), self.error

        def broken(*args: Any, **kwargs: Any) -> Any:
            if error is not None and is_bad(*args, **kwargs):
                raise error
            return whole(*args, **kwargs)

        self.patch.setattr(owner, name, broken)

    @property
    def bad_key(self) -> str:
        return next(plan.delivery_key for plan in self.plans if plan.title.id == BAD)

    def checked(self, **facts: Any) -> tuple[CheckedTitle, ...]:
        return tuple(CheckedTitle(plan=plan, **facts) for plan in self.plans)

    def bring_to(self, state: DeliveryState) -> None:
        """The deliveries, as far as this."""
        self.ledger.plan(ANNEX.partner, "run-1", self.plans)
        for plan in self.plans:
            self.ledger.begin_send(plan.delivery_key, "run-1")
            self.ledger.mark_received(plan.delivery_key, f"t-{plan.title.id}", 9, 1.0)
            if state is not DeliveryState.RECEIVED:
                self.ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
            if state is DeliveryState.ACCEPTED:
                self.ledger.accept(ANNEX.partner, plan, [])

    def sentences(self) -> Sentences:
        deliveries = self.ledger.deliveries([plan.delivery_key for plan in self.plans])
        return {delivery.edye_id: f"{delivery.state} {delivery.detail}" for delivery in deliveries.values()}


def findings_of(titles: tuple[CheckedTitle, ...]) -> Sentences:
    return {
        checked.plan.title.id: "; ".join(f"{one.code} {one.message}" for one in blocking(checked.findings)) or "good"
        for checked in titles
    }


def fetch(bench: Bench) -> Sentences:
    bench.break_for_bad(fetch_step, "parse_show", lambda item: item["id"] == BAD)
    snapshot = fetch_step.fetch_snapshot(ANNEX, Catalogue(), REQUEST, AT)
    return {title.id: "read" for title in snapshot.titles} | {one.edye_id: one.reason for one in snapshot.malformed}


def plan(bench: Bench) -> Sentences:
    bench.break_for_bad(plan_step, "plan_of", lambda annex, title, *_: title.id == BAD)
    window, batches = plan_window(ANNEX, snapshot_of(bench), bench.ledger)
    planned = {one.title.id: "planned" for batch in batches for one in batch.titles}
    return planned | {one.edye_id: one.reason for one in window.malformed}


def snapshot_of(bench: Bench) -> SnapshotFile:
    writer = SnapshotWriter(REQUEST)
    for title in bench.titles:
        writer.add_title(title)
    return writer.finish()


def place(bench: Bench) -> Sentences:
    bench.break_for_bad(plan_step, "compare", lambda one, memory: one.title.id == BAD)
    window, batches = plan_window(ANNEX, snapshot_of(bench), bench.ledger)
    planned = {one.title.id: "planned" for batch in batches for one in batch.titles}
    return planned | {one.edye_id: one.reason for one in window.malformed}


def check(bench: Bench) -> Sentences:
    class Host:
        def describe(self, url: str) -> Any:
            raise MediaUnavailable("there is none")

        def fetch(self, url: str, max_bytes: int) -> bytes:
            raise MediaUnavailable("there is none")

    bench.break_for_bad(check_step, "check_title", lambda annex, one, *_: one.title.id == BAD)
    pictures = PictureChecker(ANNEX, Host(), bench.files, WORKERS.run)
    return findings_of(BatchChecker(ANNEX, Host(), bench.folder, AT.date(), pictures).check_batch(tuple(bench.plans)))


def reencode(bench: Bench) -> Sentences:
    def encode(job: Any, *_: Any) -> None:
        raise bench.error if bench.error and bench.names[job.name] == BAD else EncodeFailed("ffmpeg refuses")

    class Stream:
        size_bytes, etag = 9, '"e"'

        def blocks(self) -> Iterator[bytes]:
            yield b"x" * 9

    class Source(MediaSource):
        @contextmanager
        def open(self, checked: CheckedTitle, offset: int = 0) -> Iterator[Any]:
            yield Stream()

    video = VideoFacts(url="a", container="matroska", codec="h264", size_bytes=9, etag='"e"', duration_s=60)
    finding = RULES["VID005"].finding("it is matroska")
    bench.patch.setattr(reencode_step, "SPARE_BYTES", 0)
    film = Answer("matroska", 60.0, (FilmStream(0, "video", "h264"),))
    reencoder = Reencoder(
        ANNEX, Source(None), bench.files, bench.folder, AT.date(), bench.clock, encode, lambda path: film, again=True
    )
    return findings_of(reencoder.reencode_batch(bench.checked(video=video, findings=(finding,))))


def thumbnails(bench: Bench) -> Sentences:
    class Files(Artifacts):
        def get(self, name: str) -> bytes:
            if bench.error and BAD in name:
                raise bench.error
            return b"no picture"

    titles = tuple(
        checked.model_copy(
            update={
                "images": tuple(
                    ImageFacts(
                        kind=kind, url=f"http://media.example/{checked.plan.title.id}/{kind}.jpg", format="JPEG",
                        width_px=1600, height_px=2400 if kind is ImageKind.POSTER else 900, size_bytes=9,
                        art_name=f"{kind}-{checked.plan.title.id}.jpg",
                    )
                    for kind in (ImageKind.KEY_ART, ImageKind.POSTER)
                )
            }
        )
        for checked in bench.checked()
    )  # fmt: skip
    return findings_of(ThumbnailMaker(ANNEX, Files(), WORKERS.run).render_batch(titles))


def wait(bench: Bench) -> Sentences:
    if not bench.ledger.deliveries([bench.bad_key]):
        bench.bring_to(DeliveryState.RECEIVED)
    bench.break_for_bad(bench.ledger, "observe", lambda key, *_: key == bench.bad_key)
    waiting = bench.ledger.deliveries([one.delivery_key for one in bench.plans]).values()
    record_outcomes(bench.ledger, waiting, {f"t-{edye_id}": IngestOutcome(state="completed") for edye_id in IDS})
    return bench.sentences()


def accept(bench: Bench) -> Sentences:
    if not bench.ledger.deliveries([bench.bad_key]):
        bench.bring_to(DeliveryState.COMPLETED)
    bench.break_for_bad(bench.ledger, "accept", lambda partner, one, criteria: one.title.id == BAD)
    Acceptor(ANNEX.model_copy(update={"acceptance": ("completed",)}), bench.ledger).accept_batch(bench.checked())
    return bench.sentences()


def refresh(bench: Bench) -> Sentences:
    if not bench.ledger.deliveries([bench.bad_key]):
        bench.bring_to(DeliveryState.ACCEPTED)
    bench.break_for_bad(bench.ledger, "refresh", lambda partner, one: one.title.id == BAD)
    newer = tuple(one.model_copy(update={"revision": "newer"}) for one in bench.plans)
    window = remember_plan(ANNEX, WindowPlan(request=REQUEST, batches=0, unchanged=newer), bench.ledger)
    sentences = {bench.names[sentence.partition(": ")[0]]: sentence for sentence in window.broken_off}
    known = bench.ledger.memories(ANNEX.partner, bench.names)
    names = [name for name in bench.names if known[name].revision.revision == "newer"]
    return {bench.names[name]: "kept" for name in names} | sentences


def withdrawals_of(bench: Bench) -> tuple[Withdrawal, ...]:
    if not bench.ledger.deliveries([bench.bad_key]):
        bench.bring_to(DeliveryState.ACCEPTED)
    return tuple(
        Withdrawal(delivery_key=one.delivery_key, external_id=one.external_id, edye_id=one.title.id, reason="gone")
        for one in bench.plans
    )


def withdraw_by_catalogue(bench: Bench) -> Sentences:
    gone = withdrawals_of(bench)
    bench.break_for_bad(bench.ledger, "withdraw", lambda partner, key, *_: key == bench.bad_key)
    window = remember_plan(ANNEX, WindowPlan(request=REQUEST, batches=0, withdrawn=gone), bench.ledger)
    sentences = {bench.names[sentence.partition(": ")[0]]: sentence for sentence in window.broken_off}
    return bench.sentences() | sentences


def withdraw_by_hand(bench: Bench) -> Sentences:
    gone, withdrawals = withdrawals_of(bench), Withdrawals(bench.engine, lambda: AT, ANNEX.partner)
    bench.break_for_bad(withdrawals, "begin", lambda key, *_: key == bench.bad_key)
    request = REQUEST.model_copy(update={"withdrawal": WithdrawalOrder(), "reason": "rights"})
    sentences: Sentences = {}
    try:
        Withdrawer(ANNEX, request, withdrawals, bench.clock, None).withdraw_all(gone)
    except Exception as error:
        if error is bench.error:
            raise
        sentences = {bench.names[str(error).partition(": ")[0]]: str(error)}
    return bench.sentences() | sentences


def report(bench: Bench) -> Sentences:
    bench.break_for_bad(report_step, "_report_of_plan", lambda outcome, one, detail: one.title.id == BAD)
    outcome = RunOutcome(ANNEX, REQUEST, None, bench.checked(), [], {}, [], AT, AT)
    return {row.edye_id: f"{row.state} {row.detail}" for row in window_report(outcome).titles}


def feed(bench: Bench, kind: str, writer: Any, method: str) -> Sentences:
    bench.break_for_bad(writer, method, lambda self, versions, *_: versions.titles[0].id == BAD)
    made = writer_of(ANNEX, ANNEX.feeds[0].model_copy(update={"writer": kind}), AT, defect_of_row)
    accepted = [Accepted(one.external_id, one.title) for one in bench.plans]
    by_show = (item for show in shows_of(accepted) for item in made.items_of(show))
    made_items = made.items(accepted) if isinstance(made, DirectWriter) else by_show
    items = {item.item_id for item in made_items}
    sentences = {edye_id: "in the feed" if f"EDYE_{edye_id[-1]}" in items else "left out" for edye_id in IDS}
    notes = [note for note in made.notes.findings.kept if note.rule.code == "FEED607"]
    return sentences | {bench.names[str(note.asset_id)]: f"FEED607 {note.message}" for note in notes}


def search_feed(bench: Bench) -> Sentences:
    return feed(bench, "roku_search", SearchWriter, "_asset")


def direct_feed(bench: Bench) -> Sentences:
    return feed(bench, "roku_direct_publisher", DirectWriter, "_item")


def ship(bench: Bench) -> Sentences:
    if not bench.ledger.deliveries([bench.bad_key]):
        bench.ledger.plan(ANNEX.partner, "run-1", bench.plans)

    class Folder:
        def put(self, name: str, content: bytes) -> None:
            lines.append(content)

    lines: list[bytes] = []
    bench.break_for_bad(event, "as_ecs", lambda one: bench.names[one.external_id] == BAD)
    trail = Trail(bench.engine, lambda: AT)
    refused: Sentences = {}
    set_aside = trail.set_aside

    def note_refusals(reasons: dict[int, str]) -> None:
        for why in reasons.values():
            refused[BAD] = why
        set_aside(reasons)

    bench.patch.setattr(trail, "set_aside", note_refusals)
    Shipper(trail, FolderSink(Folder()), bench.clock).ship()
    arrived = b"".join(lines).decode()
    return {edye_id: "arrived" for name, edye_id in bench.names.items() if name in arrived} | refused


STEPS = {
    step.__name__: step
    for step in (
        fetch, plan, place, check, reencode, thumbnails, wait, accept, refresh, withdraw_by_catalogue, withdraw_by_hand,
        report, search_feed, direct_feed, ship,
    )
}  # fmt: skip
