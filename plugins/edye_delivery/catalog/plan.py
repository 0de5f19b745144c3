"""A planned title: everything that one delivery says, decided before anything is sent."""

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


Kept = TypeVar("Kept", bound=Record)


def readable_again(record: Kept) -> Kept:
    """The record, for it is known now that the next step can read it; ValueError or TypeError where it could not.

    A number that JSON does not have, or text that UTF-8 does not have, would cost the record's whole batch.
    """
    type(record).model_validate_json(orjson.dumps(record.model_dump(mode="json")))
    return record


class PlannedTitle(Record):
    """One title of a window with its names, its partner metadata and its place in the ledger.

    `content_key` is the digest of partner, external_id, media and metadata (architecture, decision 4). `delivery_key`
    names the delivery that carries this content, and is the Idempotency-Key too: it is the content key but where a run
    sends content again that is accepted. `revision` is the digest of all that the catalogue says of the title.
    `reencode_asked` where the media is to be encoded anew although quality control may have nothing against it: the
    partner refused it, or a person says so. `read_at` is when the run began to read the catalogue that says all this;
    None where nobody knows. `asked_by_person` where a person asks for the title whatever stands; acceptance then offers
    again what a person had withdrawn at `withdrawn_at`, as the plan saw it, and no later withdrawal.
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


class Encode(Record):
    """A title's media file, encoded anew: where it is in the artifact store, its bytes, what it was made from and how.

    `name` is of this very file; `profile_digest` is of the annex's profile, `source` says codec and container of the
    original, which stays where it is. `source_picture_s` and `source_sound_s` are how long its picture and its longest
    sound are, as the whole file tells it; 0 where it does not.
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
        """The strong ETag of the file, as a media host would tell it."""
        return f'"{self.sha256}"'


class FailedEncode(Record):
    """A media file that could not be encoded anew by a profile within its limits: why, and when that was."""

    sentence: str
    failed_at: datetime


class CheckedTitle(Record):
    """A planned title after the quality check: what was measured, what was found, what was skipped and why.

    Where `encode` is set, that file goes to the partner: `video` and `findings` are of it, `fixed` is what was found
    of the original.
    """

    plan: PlannedTitle
    findings: tuple[Finding, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    video: VideoFacts | None = None
    images: tuple[ImageFacts, ...] = ()
    thumbnails: tuple[Thumbnail, ...] = ()
    encode: Encode | None = None
    fixed: tuple[Finding, ...] = ()


class WithdrawalOrder(Record):
    """How titles are withdrawn: out of the feeds at once, or where `end_at` is set, in them until then."""

    end_at: datetime | None = None


class RunRequest(Record):
    """What one run was asked to do, checked and complete.

    Only a redelivery has a correction, and only a withdrawal an order; its window is of acceptances, not of changes.
    """

    partner: str
    run_id: str
    start_at: datetime
    end_at: datetime
    external_ids: tuple[str, ...] = ()
    mode: Mode = Mode.CHANGED
    dry_run: bool = False
    force_resend: bool = False
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
        """Whether the run goes on with what no other run does; what a person names or resends is that alone."""
        is_narrow = self.dry_run or self.external_ids or self.whole_catalogue
        return not (is_narrow or self.is_persons_decision)

    @property
    def is_persons_decision(self) -> bool:
        """Whether a person asks for these titles whatever stands: what is held or withdrawn by hand goes too."""
        return self.correction is not None or self.force_resend
