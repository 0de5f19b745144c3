"""A planned title: everything that one delivery contains, decided before anything is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict

from edye_delivery.catalog.facts import ImageFacts, VideoFacts
from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.title import Source, Title
from edye_delivery.catalog.vocabulary import Change, Channel, Correction, Mode, RunKind


class Record(BaseModel):
    """A frozen value that is kept as JSON between steps."""

    model_config = ConfigDict(frozen=True)


AnyRecord = TypeVar("AnyRecord", bound=Record)


def ensure_readable(record: AnyRecord) -> AnyRecord:
    """The same record, if the next step will be able to read it from JSON; else ValueError or TypeError.

    A number that JSON cannot hold, or text that UTF-8 cannot encode, would make the record's whole batch fail.
    """
    type(record).model_validate_json(orjson.dumps(record.model_dump(mode="json")))
    return record


class PlannedTitle(Record):
    """One title of a window with its names, its partner metadata and its place in the ledger.

    `content_key` is the digest of partner, external_id, media and metadata (architecture, decision 4). `delivery_key`
    names the delivery of this content, and is the idempotency key too. It equals the content key, except where a run
    sends accepted content again. `revision` is the digest of all that the catalogue says about the title. `read_at` is
    when the run began to read the catalogue; None where that is unknown.

    `reencode_asked`: the media has to be re-encoded even if quality control finds nothing, because the partner refused
    it or a person says so. `asked_by_person`: a person asks for the title whatever its state. Its acceptance then
    undoes the withdrawal by hand that the plan saw, made at `withdrawn_at`, and no later one.
    """

    title: Title
    external_id: str
    file_name: str
    metadata: dict[str, Any]
    media: Source | None
    media_digest: str
    revision: str
    content_key: str
    delivery_key: str
    change: Change
    findings: tuple[Finding, ...] = ()
    reencode_asked: bool = False
    read_at: datetime | None = None
    asked_by_person: bool = False
    withdrawn_at: datetime | None = None

    @property
    def undone_withdrawal_at(self) -> datetime | None:
        """When the withdrawal by hand was made that this plan undoes; None where it undoes none."""
        return self.withdrawn_at if self.asked_by_person else None


class Thumbnail(Record):
    """A thumbnail of a title: its name in the annex, its content name in the artifact store, its figures."""

    name: str
    art_name: str
    width_px: int
    height_px: int
    size_bytes: int
    origin: str


class RenderedThumbnail(Record):
    """A thumbnail that was made while its picture was checked: the picture, its shape's digest, and the file.

    `picture` and `art_name` are content names in the artifact store.
    """

    picture: str
    shape_digest: str
    art_name: str
    size_bytes: int


class Encode(Record):
    """A title's re-encoded media file: where it is in the artifact store, its bytes, what it was made from and how.

    `name` names this file, `profile_digest` the annex's profile; `source` says codec and container of the original,
    which is left as it is. `source_picture_s` and `source_sound_s` are the lengths of the original's video and of its
    longest audio stream, measured over the whole file; 0 where they are unknown.
    """

    name: str
    size_bytes: int
    sha256: str
    profile_digest: str
    source: str
    source_picture_s: float = 0.0
    source_sound_s: float = 0.0

    @property
    def etag(self) -> str:
        """The strong ETag of the file, as a media host would send it."""
        return f'"{self.sha256}"'


class FailedEncode(Record):
    """A media file that a profile could not re-encode within its limits: why, and when."""

    sentence: str
    failed_at: datetime


class CheckedTitle(Record):
    """A planned title after the quality check: what was measured, what was found, what was skipped and why.

    Where `encode` is set, that file goes to the partner: `video` and `findings` describe the encode, `fixed` are the
    findings on the original that the encode fixed. `rendered` are thumbnails that the check made in advance; those that
    the title has are in `thumbnails`.
    """

    plan: PlannedTitle
    findings: tuple[Finding, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    video: VideoFacts | None = None
    images: tuple[ImageFacts, ...] = ()
    rendered: tuple[RenderedThumbnail, ...] = ()
    thumbnails: tuple[Thumbnail, ...] = ()
    encode: Encode | None = None
    fixed: tuple[Finding, ...] = ()


class WithdrawalOrder(Record):
    """How titles are withdrawn: they leave the feeds at once or, where `end_at` is set, at that moment."""

    end_at: datetime | None = None


class RunRequest(Record):
    """The request of one run, checked and complete.

    Only a redelivery has a correction. Only a withdrawal has an order; its window is about when titles were accepted,
    not about when they changed.
    """

    partner: str
    run_id: str
    start_at: datetime
    end_at: datetime
    external_ids: tuple[str, ...] = ()
    mode: Mode = Mode.CHANGED
    dry_run: bool = False
    force_resend: bool = False
    full_feeds: bool = False
    whole_catalogue: bool = False
    channel: Channel = Channel.API
    reason: str = ""
    correction: Correction | None = None
    withdrawal: WithdrawalOrder | None = None

    @property
    def kind(self) -> RunKind:
        """What the run is for."""
        if self.withdrawal is not None:
            return RunKind.WITHDRAWAL
        return RunKind.DELIVERY if self.correction is None else RunKind.REDELIVERY

    @property
    def takes_up_unattended(self) -> bool:
        """Whether the run also goes on with deliveries that no run works on; a run on a person's choice does not."""
        is_narrow = self.dry_run or self.external_ids or self.whole_catalogue
        return not (is_narrow or self.is_persons_decision)

    @property
    def is_persons_decision(self) -> bool:
        """Whether a person asks for these titles whatever their state: held and withdrawn ones are sent too."""
        return self.correction is not None or self.force_resend
