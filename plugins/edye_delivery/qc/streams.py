"""VID: the streams of the media file: what plays, how long, and whether everybody can play it."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.qc.media import (
    SECTION_5,
    Media,
    failure_detail,
    fixable_rule,
    media_rule,
    why_not_looked_at,
    why_not_measured,
)

PICTURE_LIMITS = "the annex file, video.pixel_formats and video.interlaced"
INTERLACED_ORDERS = frozenset({"tt", "bb", "tb", "bt"})
"""How ffprobe names the order of fields; of a progressive picture it says so."""


@media_rule("VID018", "picture-and-sound-differ", Severity.WARN, source=SECTION_5, unless=why_not_measured)
def picture_and_sound_differ(media: Media, annex: Annex) -> Iterator[str]:
    """The picture and the sound of the video are not of the same length.

    Why: one of them ends while the other goes on; an export that broke off looks like that.
    Fix: play the end of the video; where it is not meant so, export it anew from the master.
    """
    facts, tolerance_s = media.facts, annex.video.duration_tolerance_s
    if not (facts and facts.duration_s and facts.sound_duration_s):
        return
    if abs(facts.duration_s - facts.sound_duration_s) > tolerance_s:
        yield (
            f"the picture is {facts.duration_s:.3f} s long, the sound {facts.sound_duration_s:.3f} s; up to "
            f"{tolerance_s:g} s apart are tolerated"
        )


@media_rule("VID019", "media-encrypted", Severity.BLOCK, source=SECTION_5, unless=why_not_looked_at)
def media_encrypted(media: Media, annex: Annex) -> Iterator[str]:
    """The video is encrypted: only who has its key can play it, whatever its header says of codec and size.

    Why: the partner cannot play it (formato no soportado); neither can a re-encode read it.
    Fix: export the video anew from the master, without DRM.
    """
    yield from failure_detail(media, ProbeFailure.ENCRYPTED)


@fixable_rule(
    "VID021",
    "pixel-format-unsupported",
    Severity.WARN,
    source=PICTURE_LIMITS,
    unless=why_not_measured,
    severity_of=lambda annex: annex.video.pixel_formats.otherwise,
)
def pixel_format_unsupported(media: Media, annex: Annex) -> Iterator[str]:
    """The picture's bits a colour or its colour sampling are not among those that the annex names.

    Why: many players decode 8 bits and 4:2:0 only, and show nothing of others; the annex says whether it blocks.
    Fix: encode the video anew as yuv420p.
    """
    allowed = annex.video.pixel_formats.allowed
    if allowed and media.facts and media.facts.pixel_format and media.facts.pixel_format not in allowed:
        yield f"pixel format {media.facts.pixel_format!r:.40}, expected {', '.join(allowed)}"


@fixable_rule(
    "VID022",
    "picture-interlaced",
    Severity.WARN,
    source=PICTURE_LIMITS,
    unless=why_not_measured,
    severity_of=lambda annex: Severity(annex.video.interlaced),
)
def picture_interlaced(media: Media, annex: Annex) -> Iterator[str]:
    """The picture is interlaced; only where the annex does not allow it.

    Why: players of streams show its fields as combs wherever something moves; the annex says whether it blocks.
    Fix: encode the video anew from the master, deinterlaced.
    """
    if annex.video.interlaced != "allow" and media.facts and media.facts.field_order in INTERLACED_ORDERS:
        yield f"interlaced (field order {media.facts.field_order}), expected progressive"
