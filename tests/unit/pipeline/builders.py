"""What the steps of a run work on: titles, plans, snapshots, and deliveries as far as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle, RunRequest, Thumbnail
from edye_delivery.catalog.snapshot_file import SnapshotFile, SnapshotWriter
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, Owner
from edye_delivery.clients.clock import Clock
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery
from edye_delivery.qc.check import RULES
from tests.builders import a_movie, the_annex

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
ANNEX = the_annex()
PARTNER, RUN = ANNEX.partner, "run-1"
GOOD_VIDEO = VideoFacts(
    url="http://media.example/1.mp4", container="mp4", codec="h264", width_px=1920, height_px=1080,
    duration_s=4800.0, size_bytes=9, has_audio=True,
)  # fmt: skip
BAD_GENRE = RULES["META008"].finding("genre 'noir' has no line in the annex's mapping table")
BAD_CODEC = RULES["VID006"].finding("codec hevc")
NOT_MEASURED = RULES["VID011"].finding("the media host answered 503")


@dataclass
class Time:
    """The moment that a test sets."""

    at: datetime = AT

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        """So many seconds later."""
        self.at += timedelta(seconds=seconds)


@dataclass
class Pauses:
    """A clock whose sleep takes no time, but is noted; `during` is what happens meanwhile."""

    time: Time = field(default_factory=Time)
    noted: list[float] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.noted.append(seconds)
        self.time.pass_by(seconds)
        self.during()

    @property
    def clock(self) -> Clock:
        """The same as a step takes it."""
        return Clock(
            now=self.time, sleep=self.sleep, random=lambda: 0.5, monotonic=lambda: (self.time.at - AT).total_seconds()
        )


def a_request(**changes: Any) -> RunRequest:
    """What a scheduled run of one day is asked for, unless told otherwise."""
    return RunRequest(
        **({"partner": PARTNER, "run_id": RUN, "start_at": AT - timedelta(days=1), "end_at": AT} | changes)
    )


def movie(number: int = 1, **changes: Any) -> Title:
    """The movie of this number: EDYE id `m-1`, external_id `EDYE_1_EN`."""
    source = {"file": f"http://media.example/{number}.mp4", "type": "video/mp4", "height": 1080}
    return a_movie(**({"id": f"m-{number}", "title_id": f"EDYE_{number}", "sources": [source]} | changes))


def plan_for(number: int = 1, **changes: Any) -> PlannedTitle:
    """The plan of that movie."""
    return plan_of(ANNEX, movie(number, **changes))


def checked_for(plan: PlannedTitle, **facts: Any) -> CheckedTitle:
    """The title as it is after a check that found nothing, with all thumbnails, unless told otherwise."""
    thumbnails = tuple(
        Thumbnail(name=spec.name, art_name=f"{spec.name}.jpg", width_px=9, height_px=9, size_bytes=9, origin="poster")
        for spec in ANNEX.thumbnails
    )
    return CheckedTitle(**({"plan": plan, "video": GOOD_VIDEO, "thumbnails": thumbnails} | facts))


def a_snapshot(
    titles: Iterable[Title] = (),
    *,
    touched: Iterable[Title] = (),
    left_out: Iterable[tuple[Title, str]] = (),
    missing: Iterable[str] = (),
    malformed: Iterable[str] = (),
    read_at: datetime | None = AT,
    **asked: Any,
) -> SnapshotFile:
    """The catalogue's answer for a request; `missing` and `malformed` are EDYE ids."""
    writer = SnapshotWriter(a_request(**asked), read_at)
    for title in titles:
        writer.add_title(title)
    for title in touched:
        writer.add_touched(title)
    for title, reason in left_out:
        writer.leave_out(title, reason)
    for edye_id in missing:
        writer.add_missing(edye_id)
    for edye_id in malformed:
        writer.add_malformed(MalformedItem(edye_id=edye_id, reason="titles is missing"))
    return writer.finish()


def tracking_id_of(plan: PlannedTitle) -> str:
    """The partner's name for an ingest that `bring` began."""
    return f"t-{plan.title.id}"


def bring(
    ledger: Ledger,
    plan: PlannedTitle,
    state: DeliveryState,
    *,
    run_id: str = RUN,
    channel: Channel = Channel.API,
    refused: Cause | None = None,
    encode_name: str | None = None,
) -> None:
    """Brings the plan's delivery to this state; `failed` is a 503, or the partner's refusal for a cause."""
    key, states = plan.delivery_key, DeliveryState
    ledger.plan(PARTNER, run_id, [plan], channel)
    if state is states.REJECTED:
        ledger.reject(key, Cause.METADATA, Owner.CONTENT_OPERATIONS, "its genre has no line", ["META008"])
    if state in (states.PLANNED, states.REJECTED):
        return
    ledger.begin_send(key, run_id, channel, encode_name, undone_withdrawal_at=plan.undone_withdrawal_at)
    if state is states.SENDING:
        return
    if state is states.FAILED and refused is None:
        ledger.fail(key, Cause.TRANSIENT, "the partner answered 503")
        return
    ledger.mark_received(key, tracking_id_of(plan), 9, 1.0)
    if refused is not None:
        ledger.fail(key, refused, "the partner refused it", ended_by_partner=True)
        return
    if state is states.RECEIVED:
        return
    ledger.observe(key, states.PROCESSING if state is states.PROCESSING else states.COMPLETED)
    if state in (states.ACCEPTED, states.WITHDRAWN):
        ledger.accept(PARTNER, plan, [{"criterion": "completed", "met": True, "evidence": "the partner says so"}])
    if state is states.WITHDRAWN:
        ledger.withdraw(PARTNER, key, run_id, "not in the catalogue any more")


def delivery_of(ledger: Ledger, plan: PlannedTitle) -> Delivery:
    """The plan's delivery as it stands."""
    return ledger.deliveries([plan.delivery_key])[plan.delivery_key]


def state_of(ledger: Ledger, plan: PlannedTitle) -> DeliveryState:
    """The plan's state."""
    return delivery_of(ledger, plan).state


def offered(ledger: Ledger) -> list[str]:
    """The external_ids of what the feeds are built from."""
    return [accepted.external_id for accepted in ledger.accepted_titles(PARTNER)]
