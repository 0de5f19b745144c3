"""VID rules on the streams of the media file: how long picture and sound are, and whether every player shows them."""

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
"""ffprobe's names for the order of fields in an interlaced picture."""


@media_rule("VID018", "picture-and-sound-differ", Severity.WARN, source=SECTION_5, unless=why_not_measured)
def picture_and_sound_differ(media: Media, annex: Annex) -> Iterator[str]:
    """The picture and the sound of the video do not have the same length.

    Why: one of them ends before the other; this is often the sign of an export that was interrupted.
    Fix: play the end of the video; if it is not meant to be so, export the video again from the master.
    """
    facts, tolerance_s = media.facts, annex.video.duration_tolerance_s
    if not (facts and facts.duration_s and facts.sound_duration_s):
        return
    if abs(facts.duration_s - facts.sound_duration_s) > tolerance_s:
        yield (
            f"the picture is {facts.duration_s:.3f} s long, the sound {facts.sound_duration_s:.3f} s; a difference of "
            f"up to {tolerance_s:g} s is tolerated"
        )


@media_rule("VID019", "media-encrypted", Severity.BLOCK, source=SECTION_5, unless=why_not_looked_at)
def media_encrypted(media: Media, annex: Annex) -> Iterator[str]:
    """The video is encrypted: it cannot be played without its key, even if the header names its codec and size.

    Why: the partner cannot play it (formato no soportado), and a re-encode cannot read it.
    Fix: export the video again from the master, without DRM.
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
    """The picture's bits per colour or its colour sampling are not among those that the annex allows.

    Why: many players decode only 8 bits and 4:2:0 and show nothing else; the annex says whether this blocks.
    Fix: encode the video again as yuv420p.
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
    """The picture is interlaced, and the annex does not allow that.

    Why: players show comb-like lines wherever something moves; the annex says whether this blocks.
    Fix: encode the video again from the master, deinterlaced.
    """
    if annex.video.interlaced != "allow" and media.facts and media.facts.field_order in INTERLACED_ORDERS:
        yield f"interlaced (field order {media.facts.field_order}), expected progressive"
