"""VID rules on the media file: whether it is there, and what its header says."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.jw_states import MediaState
from edye_delivery.catalog.vocabulary import Cause, Severity
from edye_delivery.qc.media import (
    EDYE_SOURCE,
    SECTION_5,
    URLS,
    Media,
    failure_detail,
    fixable_rule,
    media_rule,
    why_not_looked_at,
    why_not_measured,
    why_state_unknown,
    why_without_duration,
)
from edye_delivery.qc.rule import Subject, rule


def _why_size_unknown(media: Media, annex: Annex) -> str | None:
    if media.facts and media.facts.failure is ProbeFailure.TRUNCATED:
        return "the media file is cut short (VID009)"
    return why_not_measured(media, annex)


@media_rule("VID001", "media-missing", Severity.BLOCK, source=SECTION_5)
def media_missing(media: Media, annex: Annex) -> Iterator[str]:
    """The title has no media file of a type that the partner takes or that can be re-encoded for it.

    Why: the media file is one of the partner's three mandatory fields (archivo_media).
    Fix: upload the video to JW Player, let it encode an MP4, and synchronise it with EDYE.
    """
    if media.plan.media is None:
        found = ", ".join(dict.fromkeys(f"{source.type!r:.40}" for source in media.plan.title.sources[:10])) or "none"
        yield f"no source of type {', '.join(annex.video.source_types)}; types of its sources: {found}"


@media_rule("VID002", "media-url-refused", Severity.BLOCK, source=URLS, unless=why_not_looked_at)
def media_url_refused(media: Media, annex: Annex) -> Iterator[str]:
    """The media file's address is not one that we open.

    Why: addresses in a catalogue come from outside; only plain http(s) addresses are safe to read.
    Fix: correct the source in EDYE.
    """
    yield from failure_detail(media, ProbeFailure.URL_REFUSED)


@rule(
    "VID020",
    "media-host-not-allowed",
    Severity.BLOCK,
    on=Subject.MEDIA,
    cause=Cause.AUTH,
    source=URLS,
    unless=why_not_looked_at,
)
def media_host_not_allowed(media: Media, annex: Annex) -> Iterator[str]:
    """The media file is on a host that this installation may not open.

    Why: addresses in a catalogue come from outside; only hosts on the allow-list are read.
    Fix: if the host is EDYE's, add it to catalogue.media_hosts of the annex or to allowed_hosts of the connection
    edye_api; if it is not, ask Content Operations to correct the source in EDYE.
    """
    yield from failure_detail(media, ProbeFailure.HOST_NOT_ALLOWED)


@media_rule("VID003", "media-not-found", Severity.BLOCK, source=EDYE_SOURCE, unless=why_not_looked_at)
def media_not_found(media: Media, annex: Annex) -> Iterator[str]:
    """The media host has no file at the source's address.

    Why: there is nothing to deliver.
    Fix: upload the video again, or synchronise JW Player with EDYE.
    """
    yield from failure_detail(media, ProbeFailure.NOT_FOUND)


@media_rule("VID004", "media-unreadable", Severity.BLOCK, source=SECTION_5, unless=why_not_looked_at)
def media_unreadable(media: Media, annex: Annex) -> Iterator[str]:
    """The file is not a video, or its header cannot be read.

    Why: the partner's encoder refuses it (formato no soportado).
    Fix: export the video again as MP4 and upload it; the address may give an error page instead of the video.
    """
    yield from failure_detail(media, ProbeFailure.UNREADABLE)


@fixable_rule("VID005", "container-unsupported", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def container_unsupported(media: Media, annex: Annex) -> Iterator[str]:
    """The partner does not take the file's real format, whatever the file name says.

    Why: the partner refuses it (formato no soportado).
    Fix: export the video as MP4; renaming the file does not change its format.
    """
    if media.facts and media.facts.container not in annex.video.containers:
        yield f"format {media.facts.container!r:.40}, expected {', '.join(annex.video.containers)}"


@fixable_rule("VID006", "codec-unsupported", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def codec_unsupported(media: Media, annex: Annex) -> Iterator[str]:
    """The partner does not take the video's codec.

    Why: the partner refuses it (formato no soportado).
    Fix: encode the video again with the expected codec.
    """
    if media.facts and media.facts.codec not in annex.video.codecs:
        yield f"codec {media.facts.codec or 'unknown'!r:.40}, expected {', '.join(annex.video.codecs)}"


@media_rule("VID007", "resolution-too-low", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def resolution_too_low(media: Media, annex: Annex) -> Iterator[str]:
    """The picture's short edge has fewer pixels than the partner requires.

    Why: the partner refuses it (resolución, at least 720p).
    Fix: encode the video again from the master; never upscale.
    """
    facts, least_px = media.facts, annex.video.min_short_edge_px
    if facts and min(facts.width_px, facts.height_px) < least_px:
        yield f"{facts.width_px}x{facts.height_px} px, short edge expected {least_px} px or more"


@media_rule("VID008", "duration-too-long", Severity.BLOCK, source=SECTION_5, unless=why_without_duration)
def duration_too_long(media: Media, annex: Annex) -> Iterator[str]:
    """The video is longer than the partner takes, or its header does not say how long it is.

    Why: the partner refuses it (duración, at most two hours).
    Fix: shorten the video, or deliver it in parts.
    """
    limit_s = annex.video.max_duration_s
    if media.facts and not media.facts.duration_s:
        yield f"no duration in the header, expected {limit_s} s or less"
    elif media.facts and (longest_s := max(media.facts.duration_s, media.facts.sound_duration_s)) > limit_s:
        yield f"{longest_s:.3f} s long, expected {limit_s} s or less"


@media_rule("VID009", "media-truncated", Severity.BLOCK, source=EDYE_SOURCE, unless=why_not_looked_at)
def media_truncated(media: Media, annex: Annex) -> Iterator[str]:
    """The file is cut short, or its index does not match it: the index names bytes that are missing or are no media.

    Why: the partner takes such a file, and fails on it later or shows a video that stops.
    Fix: upload the complete file again. If the file is complete, its index is wrong: export the video again.
    """
    yield from failure_detail(media, ProbeFailure.TRUNCATED)


@media_rule("VID010", "media-size-differs", Severity.BLOCK, source=EDYE_SOURCE, unless=_why_size_unknown)
def media_size_differs(media: Media, annex: Annex) -> Iterator[str]:
    """The file at the media host does not have the size that the catalogue says.

    Why: the catalogue describes a different file from the one that would be delivered.
    Fix: synchronise JW Player with EDYE; if the upload was interrupted, upload the file again.
    """
    claimed = media.plan.media.filesize if media.plan.media else None
    if media.facts and claimed is not None and claimed != media.facts.size_bytes:
        yield f"{media.facts.size_bytes} bytes at the media host, {claimed} bytes in the catalogue"


@rule(
    "VID011",
    "media-unavailable",
    Severity.BLOCK,
    on=Subject.MEDIA,
    cause=Cause.TRANSIENT,
    source="roku-partner-annex.md section 7",
    unless=why_not_looked_at,
)
def media_unavailable(media: Media, annex: Annex) -> Iterator[str]:
    """The media file could not be measured now: the host does not answer or refuses access, or the probe did not end.

    Why: a media file that was not measured is not delivered; the file itself may be good.
    Fix: run the window again; the run also reads the file's address from the catalogue again. If the finding stays,
    check the media host (its permissions, its compression, its ranges) and the probe that the message names.
    """
    yield from failure_detail(media, ProbeFailure.UNAVAILABLE, ProbeFailure.REFUSED)


@media_rule(
    "VID012",
    "duration-too-short",
    Severity.BLOCK,
    source="decisions.md, Known of Roku's own checks",
    unless=why_without_duration,
)
def duration_too_short(media: Media, annex: Annex) -> Iterator[str]:
    """The video is shorter than the annex allows.

    Why: the partner drops it (ASSET_DURATION_SHORT).
    Fix: deliver it as part of a longer video, or do not deliver it to this partner.
    """
    if media.facts and media.facts.duration_s < annex.video.min_duration_s:
        yield f"{media.facts.duration_s:.3f} s long, expected {annex.video.min_duration_s:g} s or more"


@media_rule(
    "VID013", "duration-differs", Severity.WARN, source="edye-api.yaml, duration_ms", unless=why_without_duration
)
def duration_differs(media: Media, annex: Annex) -> Iterator[str]:
    """The video does not have the duration that the catalogue says.

    Why: the partner gets the catalogue's duration; a large difference may mean that this is the wrong file.
    Fix: synchronise the duration in EDYE, or check that the right file was uploaded.
    """
    claimed_ms, tolerance_s = media.plan.title.duration_ms, annex.video.duration_tolerance_s
    if media.facts and claimed_ms is not None and abs(media.facts.duration_s - claimed_ms / 1000) > tolerance_s:
        yield (
            f"{media.facts.duration_s:.3f} s long, {claimed_ms / 1000:.3f} s in the catalogue; "
            f"a difference of up to {tolerance_s:g} s is tolerated"
        )


@media_rule("VID014", "audio-missing", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def audio_missing(media: Media, annex: Annex) -> Iterator[str]:
    """The video has no sound, and the annex requires it.

    Why: a title without sound is more often an encoding mistake than a silent film.
    Fix: encode the video again with its sound.
    """
    if annex.video.audio_required and media.facts and not media.facts.has_audio:
        yield "0 audio tracks, expected 1 or more"


@media_rule(
    "VID015", "media-too-large", Severity.BLOCK, source="the annex file, video.max_size_bytes", unless=why_not_looked_at
)
def media_too_large(media: Media, annex: Annex) -> Iterator[str]:
    """The media file has more bytes than the annex allows.

    Why: an upload of this size would delay all others, and such a file is probably not the one meant for delivery.
    Fix: encode the video with a lower bitrate.
    """
    limit_bytes = annex.video.max_size_bytes
    if media.facts and (media.facts.failure is ProbeFailure.TOO_LARGE or media.facts.size_bytes > limit_bytes):
        yield f"{media.facts.size_bytes} bytes, expected {limit_bytes} bytes or less"


@fixable_rule("VID016", "source-type-unsupported", Severity.BLOCK, source=SECTION_5, unless=why_not_looked_at)
def source_type_unsupported(media: Media, annex: Annex) -> Iterator[str]:
    """The catalogue offers the media file only in a type that the partner does not take.

    Why: the partner takes MP4 only (formato no soportado).
    Fix: let JW Player encode an MP4, and synchronise it with EDYE.
    """
    source = media.plan.media
    if source is not None and source.type not in annex.video.source_types:
        yield f"type {source.type!r:.60}, expected {', '.join(annex.video.source_types)}"


@media_rule(
    "VID023",
    "media-bad-in-jw-player",
    Severity.BLOCK,
    source="delivery-via-api-decisions.md, JW Player and EDYE: checks SYNC",
    unless=why_state_unknown,
)
def media_bad_in_jw_player(media: Media, annex: Annex) -> Iterator[str]:
    """The last complete sweep of JW Player found the title's media failed, or did not find it any more.

    Why: the file at EDYE's address may be an older copy or go away any time, and partners that play from JW Player have
    nothing to play.
    Fix: upload the video to JW Player again, then run the DAG check_jw_player for the title.
    """
    jwp_id, bad = media.plan.title.jwp_id, media.states.bad_media(media.plan.title.jwp_id)
    if bad is not None:
        what = f"failed: {bad.detail or 'no reason given'}" if bad.state is MediaState.FAILED else "is not there"
        yield f"JW Player says of the media {jwp_id!r:.60} that it {what}"
