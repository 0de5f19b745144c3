"""VID: the media file, as its header really is."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ProbeFailure
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
    why_without_duration,
)
from edye_delivery.qc.rule import Subject, rule


def _size_told(media: Media, annex: Annex) -> str | None:
    if media.facts and media.facts.failure is ProbeFailure.TRUNCATED:
        return "the media file is cut short (VID009)"
    return why_not_measured(media, annex)


@media_rule("VID001", "media-missing", Severity.BLOCK, source=SECTION_5)
def media_missing(media: Media, annex: Annex) -> Iterator[str]:
    """The title has no media file of a type that the partner takes, nor of one that is re-encoded for it.

    Why: the media file is one of the partner's three mandatory fields (archivo_media).
    Fix: upload the video to JW Player, let it encode an MP4, and synchronise it with EDYE.
    """
    if media.plan.media is None:
        found = ", ".join(dict.fromkeys(f"{source.type!r:.40}" for source in media.plan.title.sources[:10])) or "none"
        yield f"no source of type {', '.join(annex.video.source_types)}; types of its sources: {found}"


@media_rule("VID002", "media-url-refused", Severity.BLOCK, source=URLS, unless=why_not_looked_at)
def media_url_refused(media: Media, annex: Annex) -> Iterator[str]:
    """The media file's address is not one that we open.

    Why: addresses in a catalogue are foreign input; only plain http(s) addresses are read.
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
    """The media file lies on a host that this installation does not open.

    Why: addresses in a catalogue are foreign input; only hosts of the allow-list are read.
    Fix: where the host is EDYE's, add it to catalogue.media_hosts of the annex or allowed_hosts of the connection
    edye_api; else have Content Operations correct the source in EDYE.
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
    Fix: export the video anew as MP4 and upload it; an error page may stand in its place.
    """
    yield from failure_detail(media, ProbeFailure.UNREADABLE)


@fixable_rule("VID005", "container-unsupported", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def container_unsupported(media: Media, annex: Annex) -> Iterator[str]:
    """The file's format, whatever its name says, is not one that the partner takes.

    Why: the partner refuses it (formato no soportado).
    Fix: export the video as MP4; renaming the file does not change its format.
    """
    if media.facts and media.facts.container not in annex.video.containers:
        yield f"format {media.facts.container!r:.40}, expected {', '.join(annex.video.containers)}"


@fixable_rule("VID006", "codec-unsupported", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def codec_unsupported(media: Media, annex: Annex) -> Iterator[str]:
    """The video's codec is not one that the partner takes.

    Why: the partner refuses it (formato no soportado).
    Fix: encode the video anew with the expected codec.
    """
    if media.facts and media.facts.codec not in annex.video.codecs:
        yield f"codec {media.facts.codec or 'unknown'!r:.40}, expected {', '.join(annex.video.codecs)}"


@media_rule("VID007", "resolution-too-low", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def resolution_too_low(media: Media, annex: Annex) -> Iterator[str]:
    """The picture's short edge is below the partner's floor.

    Why: the partner refuses it (resolución, at least 720p).
    Fix: encode anew from the master; never upscale.
    """
    facts, least_px = media.facts, annex.video.min_short_edge_px
    if facts and min(facts.width_px, facts.height_px) < least_px:
        yield f"{facts.width_px}x{facts.height_px} px, short edge expected {least_px} px or more"


@media_rule("VID008", "duration-too-long", Severity.BLOCK, source=SECTION_5, unless=why_without_duration)
def duration_too_long(media: Media, annex: Annex) -> Iterator[str]:
    """The video is longer than the partner takes, or does not tell how long it is.

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
    """The file is cut short, or its index does not fit it: bytes that it names are not there, or are no media.

    Why: the partner takes such a file and fails on it later, or shows a video that stops.
    Fix: upload the complete file again; where it is complete, export the video anew, for its index is stale.
    """
    yield from failure_detail(media, ProbeFailure.TRUNCATED)


@media_rule("VID010", "media-size-differs", Severity.BLOCK, source=EDYE_SOURCE, unless=_size_told)
def media_size_differs(media: Media, annex: Annex) -> Iterator[str]:
    """The media host's file has another size than the catalogue says.

    Why: the catalogue describes another file than the one that would be delivered.
    Fix: synchronise JW Player with EDYE; where the upload broke off, upload the file again.
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
    """The media file could not be measured now: the host does not answer or refuses it, or the probe did not end.

    Why: what was not measured is not delivered; this says nothing of the file itself.
    Fix: run the window again, which reads the address from the catalogue again; where it stays, look at the media host
    (its permissions, its compression, its ranges) and at the named probe.
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
    """The video is shorter than the partner takes; only where the annex names a least duration.

    Why: the partner drops it (ASSET_DURATION_SHORT).
    Fix: deliver it within a longer video, or not to this partner.
    """
    if media.facts and media.facts.duration_s < annex.video.min_duration_s:
        yield f"{media.facts.duration_s:.3f} s long, expected {annex.video.min_duration_s:g} s or more"


@media_rule(
    "VID013", "duration-differs", Severity.WARN, source="edye-api.yaml, duration_ms", unless=why_without_duration
)
def duration_differs(media: Media, annex: Annex) -> Iterator[str]:
    """The video's duration is not the one that the catalogue says.

    Why: the partner is told the catalogue's duration; a large difference hints at a wrong file.
    Fix: synchronise the duration in EDYE, or look whether the right file was uploaded.
    """
    claimed_ms, tolerance_s = media.plan.title.duration_ms, annex.video.duration_tolerance_s
    if media.facts and claimed_ms is not None and abs(media.facts.duration_s - claimed_ms / 1000) > tolerance_s:
        yield (
            f"{media.facts.duration_s:.3f} s long, {claimed_ms / 1000:.3f} s in the catalogue; "
            f"up to {tolerance_s:g} s apart are tolerated"
        )


@media_rule("VID014", "audio-missing", Severity.BLOCK, source=SECTION_5, unless=why_not_measured)
def audio_missing(media: Media, annex: Annex) -> Iterator[str]:
    """The video has no sound; only where the annex requires it.

    Why: a silent title is an encoding mistake more often than a silent film.
    Fix: encode the video anew with its sound.
    """
    if annex.video.audio_required and media.facts and not media.facts.has_audio:
        yield "0 audio tracks, expected 1 or more"


@media_rule(
    "VID015", "media-too-large", Severity.BLOCK, source="the annex file, video.max_size_bytes", unless=why_not_looked_at
)
def media_too_large(media: Media, annex: Annex) -> Iterator[str]:
    """The media file has more bytes than this partner is sent.

    Why: an upload of that size would block the others, and is hardly a delivery encode.
    Fix: encode the video with a lower bitrate.
    """
    limit_bytes = annex.video.max_size_bytes
    if media.facts and (media.facts.failure is ProbeFailure.TOO_LARGE or media.facts.size_bytes > limit_bytes):
        yield f"{media.facts.size_bytes} bytes, expected {limit_bytes} bytes or less"


@fixable_rule("VID016", "source-type-unsupported", Severity.BLOCK, source=SECTION_5, unless=why_not_looked_at)
def source_type_unsupported(media: Media, annex: Annex) -> Iterator[str]:
    """The catalogue offers the media file only as a type that the partner does not take.

    Why: the partner takes MP4 only (formato no soportado).
    Fix: let JW Player encode an MP4, and synchronise it with EDYE.
    """
    source = media.plan.media
    if source is not None and source.type not in annex.video.source_types:
        yield f"type {source.type!r:.60}, expected {', '.join(annex.video.source_types)}"
