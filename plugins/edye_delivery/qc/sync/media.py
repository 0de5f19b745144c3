"""SYNC rules on media: whether JW Player has it, whether it can be played, and which titles use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from edye_delivery.catalog.jw_player import JwStatus
from edye_delivery.catalog.vocabulary import Cause, Severity
from edye_delivery.catalog.window import rfc3339
from edye_delivery.qc.sync.limits import SyncLimits
from edye_delivery.qc.sync.rule import Grace, SyncSubject, is_younger, rule
from edye_delivery.qc.sync.subjects import Pair, Usage

NAMED_MAX = 10


def why_no_media(pair: Pair, limits: SyncLimits) -> str | None:
    """Why there is no media to compare with; None if there is one."""
    return "JW Player does not have the media (SYNC001, SYNC017)" if pair.media is None else None


def why_not_ready(pair: Pair, limits: SyncLimits) -> str | None:
    """Why the media has no figures to compare; None if it has."""
    if pair.media is None:
        return why_no_media(pair, limits)
    return None if pair.is_ready else "the media is not ready (SYNC002, SYNC003)"


@rule("SYNC001", "media-missing", on=SyncSubject.TITLE, cause=Cause.MEDIA)
def media_missing(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """The title names no media, or one that JW Player does not know.

    Why: JW Player is where the videos are: such a title has nothing to play and nothing to deliver.
    Fix: upload the video to JW Player, or correct the title's JW Player id in EDYE.
    """
    if pair.media is None and not pair.was_known:
        named = pair.title.jwp_id
        yield f"JW Player has no media {named!r:.60}" if named else "the title names no media of JW Player"


@rule("SYNC002", "media-not-ready", on=SyncSubject.TITLE, cause=Cause.MEDIA, grace=Grace.READY, unless=why_no_media)
def media_not_ready(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player has not made the media ready.

    Why: until it is ready there is nothing to play; a media that stays so needs a person.
    Fix: look at the media in JW Player; upload the video again where it does not go on.
    """
    media = pair.media
    if media is None or media.known_status in (JwStatus.READY, JwStatus.FAILED):
        return
    unknown = "" if media.known_status else ", a word that JW Player's contract does not have"
    since = f" since {rfc3339(pair.changed_at)}" if pair.changed_at else ""
    yield f"status {media.status!r:.40}{since}{unknown}; expected ready within {limits.ready_grace_s} s"


@rule("SYNC003", "media-failed", on=SyncSubject.TITLE, cause=Cause.MEDIA, unless=why_no_media)
def media_failed(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player could not process the media.

    Why: there is nothing to play, and JW Player does not try again by itself.
    Fix: export the video again, and upload it to JW Player.
    """
    media = pair.media
    if media is not None and media.known_status is JwStatus.FAILED:
        yield f"JW Player says failed: {media.error_message or 'no reason given'}"


@rule("SYNC004", "media-shared", on=SyncSubject.MEDIA, cause=Cause.METADATA)
def media_shared(usage: Usage, limits: SyncLimits) -> Iterator[str]:
    """Several titles of one language name the same media.

    Why: at least one of them shows viewers the video of another title.
    Fix: correct the JW Player id of all but one of them in EDYE.
    """
    counts = Counter(lang for _, lang in usage.visible)
    for lang, count in sorted(counts.items()):
        if count > 1:
            names = [name for name, its_lang in usage.visible if its_lang == lang]
            more = f" and {count - NAMED_MAX} more" if count > NAMED_MAX else ""
            what = f"{count} titles in {lang!r:.40}" if lang else f"{count} titles without a language"
            yield f"{what} name the media {usage.media_id!r:.60}: {', '.join(names[:NAMED_MAX])}{more}"


@rule("SYNC005", "media-not-in-edye", on=SyncSubject.MEDIA, cause=Cause.METADATA, grace=Grace.SYNC)
def media_not_in_edye(usage: Usage, limits: SyncLimits) -> Iterator[str]:
    """JW Player has a ready media with a partner's tag, and no title of the catalogue names it.

    Why: somebody made it for that partner, and the partner never gets it.
    Fix: find out in EDYE Admin why the media has no title; take the tag away where it should have none.
    """
    media = usage.media
    if media is None or usage.titles or media.known_status is not JwStatus.READY:
        return
    tags = sorted(limits.tags & {tag.strip() for tag in media.tags})
    if tags:
        yield f"no title names the media, which has the tag {', '.join(f'{tag!r:.40}' for tag in tags[:NAMED_MAX])}"


@rule(
    "SYNC006",
    "sync-late",
    on=SyncSubject.TITLE,
    cause=Cause.TRANSIENT,
    severity=Severity.WARN,
    unless=why_not_ready,
)
def sync_late(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player changed the media after EDYE changed the title, and the nightly sync has not taken the change since.

    Why: EDYE describes an older state of the media than the one that viewers get.
    Fix: run "Sync Shows Info" in EDYE Admin; if the title stays as it is, look at the log of the nightly sync.
    """
    at, updated_at = pair.changed_at, pair.title.updated_at
    if at is None or is_younger(pair, limits.sync_lag_s):
        return
    late_s = (at - updated_at).total_seconds()
    if late_s > limits.sync_lag_s:
        yield (
            f"JW Player changed it {rfc3339(at)}, EDYE {rfc3339(updated_at)}, {late_s:.0f} s before; "
            f"up to {limits.sync_lag_s} s are usual"
        )


@rule("SYNC007", "duration-differs", on=SyncSubject.TITLE, cause=Cause.METADATA, grace=Grace.SYNC, unless=why_not_ready)
def duration_differs(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player and EDYE do not say the same duration.

    Why: partners get EDYE's duration; a large difference may mean that the title names the wrong media.
    Fix: correct the duration in EDYE, or the JW Player id where it is another video.
    """
    claimed_ms = pair.title.duration_ms
    real_s = pair.media.duration_s if pair.media is not None else None
    if claimed_ms is None or real_s is None:
        return
    if abs(real_s - claimed_ms / 1000) > limits.duration_tolerance_s:
        yield (
            f"{real_s:.3f} s in JW Player, {claimed_ms / 1000:.3f} s in EDYE; "
            f"a difference of up to {limits.duration_tolerance_s:g} s is tolerated"
        )


@rule("SYNC017", "deleted-in-jw-player", on=SyncSubject.TITLE, cause=Cause.MEDIA)
def deleted_in_jw_player(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player had the media in an earlier sweep and does not have it any more, and EDYE still shows the title.

    Why: partners offer a title whose video is gone: viewers get an error, and the rights may have ended.
    Fix: withdraw the title at once (the DAGs withdraw__<partner>) and hide it in EDYE, or upload the video again.
    """
    if pair.media is None and pair.was_known:
        yield f"the media {pair.title.jwp_id!r:.60} was deleted in JW Player, and the title is visible in EDYE"
