"""Re-encode: encodes titles again that only a new encode fixes, once, and checks them again (annex section 7)."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from edye_delivery.annex.model import Annex
from edye_delivery.annex.reencode import BATCH_MAX_S, Reencode
from edye_delivery.catalog.artifact_names import encode_name
from edye_delivery.catalog.digest import digest_of, path_of
from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.one_title import OF_THE_INSTALLATION, StepFailure, attempt
from edye_delivery.catalog.plan import CheckedTitle, Encode, FailedEncode, ensure_readable
from edye_delivery.catalog.title import Source
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.encode import EncodeJob, encode
from edye_delivery.clients.ffprobe import Answer, ask_ffprobe
from edye_delivery.clients.probe import probe_video
from edye_delivery.errors import EncodeFailed, MediaTooLarge, Terminal, Transient
from edye_delivery.pipeline.media_check import MediaCheck, media_of
from edye_delivery.pipeline.media_source import MediaSource, StoredReader
from edye_delivery.pipeline.stores import EncodeStore
from edye_delivery.qc.check import check_media
from edye_delivery.qc.reencode import Attempt, form_text, is_to_be_reencoded, mark_not_fixed, postpone
from edye_delivery.qc.rule import RULES, Subject

log = logging.getLogger(__name__)
SPARE_BYTES = 512 * 1024**2
RATE_KNOWN_AFTER_S = 60
"""After so long the rate of a download decides whether it can end within the batch's budget."""


@dataclass(frozen=True, slots=True)
class Reencoder:
    """Re-encodes the titles of a batch one after the other: ffmpeg itself works on all cores.

    An encode that failed before is tried again only where a person asks for it (`again`). `seconds` says by delivery
    key how long each re-encoded title took.
    """

    annex: Annex
    source: MediaSource
    store: EncodeStore
    scratch_folder: Path
    today: date
    clock: Clock
    encode: Callable[[EncodeJob, Reencode, Clock], None] = encode
    measure: Callable[[Path], Answer] = ask_ffprobe
    again: bool = False
    seconds: dict[str, float] = field(default_factory=dict, init=False)

    def waiting(self, titles: tuple[CheckedTitle, ...]) -> tuple[CheckedTitle, ...]:
        """The titles that need a re-encode."""
        return tuple(checked for checked in titles if is_to_be_reencoded(self.annex, checked))

    def reencode_batch(self, titles: tuple[CheckedTitle, ...]) -> tuple[CheckedTitle, ...]:
        """All titles in order: those that a new encode fixes with the encode and its checks, the others unchanged.

        An error while one title is encoded affects that title alone. A title for which the batch's budget does not
        suffice is left to the next run; the titles after it are still tried.
        """
        profile = self.annex.reencode
        if profile is None:
            return titles
        waiting = {checked.plan.delivery_key for checked in self.waiting(titles)}
        began_at = self.clock.now()
        return tuple(
            self._reencode_and_time(checked, profile, began_at) if checked.plan.delivery_key in waiting else checked
            for checked in titles
        )

    def _reencode_and_time(self, checked: CheckedTitle, profile: Reencode, began_at: datetime) -> CheckedTitle:
        started, name = self.clock.monotonic(), checked.plan.external_id
        result = attempt(name, "re-encoding it", lambda: ensure_readable(self._reencode(checked, profile, began_at)))
        reencoded = postpone(checked, result.sentence) if isinstance(result, StepFailure) else result
        self.seconds[checked.plan.delivery_key] = self.clock.monotonic() - started
        return reencoded

    def _reencode(self, checked: CheckedTitle, profile: Reencode, began_at: datetime) -> CheckedTitle:
        name, before = checked.plan.external_id, checked.video or VideoFacts(url="")
        try:
            encode = self._find_or_make(checked, before, profile, began_at)
        except OF_THE_INSTALLATION:
            raise
        except Terminal as error:
            log.warning("%s: it cannot be re-encoded: %s", name, error)
            return mark_not_fixed(checked, Attempt(before, trouble=str(error)), self.annex)
        except (Transient, OSError) as error:
            log.warning("%s: it could not be re-encoded now: %s", name, error)
            return postpone(
                checked, f"the media file could not be re-encoded now: {error}; the next run of its window does"
            )
        return self._check_again(checked, before, encode, profile)

    def _find_or_make(self, checked: CheckedTitle, before: VideoFacts, profile: Reencode, began_at: datetime) -> Encode:
        """The encode of this source by this profile: from the store, or made now and put there."""
        identity = _identity(media_of(checked), before)
        found = self._find(identity, profile) if identity else None
        if found is not None:
            return found
        budget_ends_at = began_at + timedelta(seconds=profile.batch_budget_s)
        if self.clock.now() >= budget_ends_at:
            raise Transient(
                f"its batch has used up its {profile.batch_budget_s} s for re-encodes (reencode.batch_budget_s of the "
                "annex)"
            )
        if before.size_bytes > self.annex.video.max_size_bytes:
            raise MediaTooLarge(f"it has {before.size_bytes} bytes, at most {self.annex.video.max_size_bytes} are read")
        with tempfile.TemporaryDirectory(prefix="encode-", dir=self.scratch_folder) as folder:
            original, target = Path(folder) / "source.media", Path(folder) / "result.part"
            free_bytes = shutil.disk_usage(folder).free
            if free_bytes < 2 * before.size_bytes + SPARE_BYTES:
                raise Transient(
                    f"the scratch folder has {free_bytes} bytes free, twice the source's {before.size_bytes} are wanted"
                )
            sha256 = self._download(checked, original, budget_ends_at)
            identity = identity or f"sha256 {sha256}"
            found = self._find(identity, profile)
            if found is not None:
                return found
            ends_at = began_at + timedelta(seconds=BATCH_MAX_S)
            log.info("%s: re-encoding %s, %s bytes", checked.plan.external_id, form_text(before), before.size_bytes)
            return self._make(self._job(checked, original, target, ends_at), form_text(before), identity, profile)

    def _job(self, checked: CheckedTitle, original: Path, target: Path, ends_at: datetime) -> EncodeJob:
        """The encode to make; the whole file is measured again, because it may tell more than its header did."""
        answer, limits = self.measure(original), self.annex.video
        if answer.picture is None:
            raise EncodeFailed(f"the whole file has no moving picture: {answer.refusal or 'its pictures are stills'}")
        return EncodeJob(
            name=checked.plan.external_id,
            source=original,
            target=target,
            picture=answer.picture.index,
            duration_s=answer.picture_duration_s,
            picture_duration_s=answer.picture.duration_s,
            sound_duration_s=answer.sound_duration_s,
            max_duration_s=limits.max_duration_s,
            max_size_bytes=limits.max_size_bytes,
            ends_at=ends_at,
        )

    def _find(self, identity: str, profile: Reencode) -> Encode | None:
        """An encode that was made before; EncodeFailed where making it failed before."""
        try:
            found = Encode.model_validate_json(self.store.get(_record_name(identity, profile)))
            size_bytes = self.store.size(found.name)
        except FileNotFoundError:
            found, size_bytes = None, 0
        if found is not None and size_bytes == found.size_bytes:
            self.store.put(_record_name(identity, profile), found.model_dump_json().encode())  # it is in use: not old
            return found
        if not self.again:
            self._check_failures(identity, profile)
        return None

    def _check_failures(self, identity: str, profile: Reencode) -> None:
        """EncodeFailed where encoding this source failed before, by the same profile and limits."""
        try:
            failed = FailedEncode.model_validate_json(self.store.get(self._failure_name(identity, profile)))
        except FileNotFoundError:
            return
        raise EncodeFailed(
            f"{failed.sentence} (that was on {failed.failed_at:%Y-%m-%d %H:%M} UTC; it is not begun again until the "
            "file or the annex's limits change, or a redelivery with the correction media asks for it)"
        )

    def _failure_name(self, identity: str, profile: Reencode) -> str:
        limits = (profile.time_limit_s, self.annex.video.max_duration_s, self.annex.video.max_size_bytes)
        return encode_name(digest_of(identity, profile.digest, *limits), "failed.json")

    def _download(self, checked: CheckedTitle, target: Path, ends_at: datetime) -> str:
        """Downloads the source, checks that it is the promised file, and gives its SHA-256.

        Transient as soon as the rate shows that the download cannot end in time, so that the next titles have the time.
        """
        check, digest, began_at, arrived_bytes = MediaCheck(checked), hashlib.sha256(), self.clock.now(), 0
        with self.source.open(checked) as stream, target.open("wb") as file:
            check.refuse_other_file(stream)
            for block in check.hash_blocks(stream.blocks(), 0):
                digest.update(block)
                file.write(block)
                arrived_bytes += len(block)
                _check_rate(self.clock.now() - began_at, ends_at - began_at, arrived_bytes, stream.size_bytes)
        check.finish()
        return digest.hexdigest()

    def _make(self, job: EncodeJob, source: str, identity: str, profile: Reencode) -> Encode:
        try:
            self.encode(job, profile, self.clock)
        except EncodeFailed as error:
            failed = FailedEncode(sentence=str(error), failed_at=self.clock.now())
            self.store.put(self._failure_name(identity, profile), failed.model_dump_json().encode())
            raise
        with job.target.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        record_name = _record_name(identity, profile)
        encode = Encode(
            name=f"{record_name.removesuffix('.json')}-{sha256[:16]}.{profile.container}",
            size_bytes=job.target.stat().st_size,
            sha256=sha256,
            profile_digest=profile.digest,
            source=source,
            source_picture_s=job.picture_duration_s,
            source_sound_s=job.sound_duration_s,
        )
        self.store.put_file(encode.name, job.target)
        self.store.put(record_name, encode.model_dump_json().encode())
        log.info("%s: re-encoded, %s bytes, kept as %s", job.name, encode.size_bytes, encode.name)
        return encode

    def _check_again(
        self, checked: CheckedTitle, before: VideoFacts, encode: Encode, profile: Reencode
    ) -> CheckedTitle:
        """The title with its encode, or with the finding that the encode did not fix it."""
        after = probe_video(StoredReader(self.store, encode), encode.name, self.scratch_folder)
        if after.failure is ProbeFailure.UNAVAILABLE:
            return postpone(checked, f"the re-encoded media file could not be measured now: {after.detail}")
        encoded = Source(file=encode.name, type=profile.media_type, filesize=encode.size_bytes, sha256=encode.sha256)
        plan = checked.plan.model_copy(update={"media": encoded})
        result = check_media(self.annex, plan, after, self.today)
        attempt = Attempt(_with_measured_durations(before, encode), after, result.findings)
        if RULES["VID017"].findings(attempt, self.annex):
            return mark_not_fixed(checked, attempt, self.annex)
        others = (finding for finding in checked.findings if not _is_on_media(finding.code))
        skipped = (skip for skip in checked.skipped if not _is_on_media(skip[0]))
        log.info("%s: good after a re-encode from %s to %s", checked.plan.external_id, encode.source, form_text(after))
        return checked.model_copy(
            update={
                "encode": encode,
                "video": after,
                "findings": (*others, *result.findings),
                "skipped": (*skipped, *result.skipped),
                "fixed": blocking(checked.findings),
            }
        )


def _identity(media: Source, video: VideoFacts) -> str | None:
    """Identifies the source's bytes without reading them: SHA-256 or strong ETag; None where it has neither."""
    if media.sha256:
        return f"sha256 {media.sha256.lower()}"
    return f"etag {path_of(media.file)} {video.etag} {video.size_bytes}" if video.etag else None


def _with_measured_durations(before: VideoFacts, encode: Encode) -> VideoFacts:
    """The source's figures, with the durations that the whole file has; 0 where it has none."""
    return before.model_copy(update={"duration_s": encode.source_picture_s, "sound_duration_s": encode.source_sound_s})


def _check_rate(elapsed: timedelta, limit: timedelta, arrived_bytes: int, size_bytes: int) -> None:
    """Transient where the bytes cannot all arrive in the time limit, at the rate up to now."""
    elapsed_s, limit_s = elapsed.total_seconds(), limit.total_seconds()
    if elapsed_s >= RATE_KNOWN_AFTER_S and elapsed_s * size_bytes > limit_s * arrived_bytes:
        raise Transient(
            f"its source came at {arrived_bytes / elapsed_s:,.0f} bytes a second, too slowly for its "
            f"{size_bytes:,} bytes to be there in the {limit_s:,.0f} s that its batch had left for re-encodes "
            "(reencode.batch_budget_s of the annex)"
        )


def _record_name(identity: str, profile: Reencode) -> str:
    return encode_name(digest_of(identity, profile.digest), "json")


def _is_on_media(code: str) -> bool:
    return code in RULES and RULES[code].subject is Subject.MEDIA
