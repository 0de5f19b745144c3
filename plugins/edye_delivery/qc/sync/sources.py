"""SYNC rules on what the Delivery API offers of a media: its files and its picture."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.catalog.digest import path_of
from edye_delivery.catalog.jw_player import JwDelivered, JwSource
from edye_delivery.catalog.title import Source
from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.qc.sync.limits import SyncLimits
from edye_delivery.qc.sync.rule import Grace, SyncSubject, rule
from edye_delivery.qc.sync.subjects import Offered, is_published

MP4 = "video/mp4"


def why_not_published(offered: Offered, limits: SyncLimits) -> str | None:
    """Why the Delivery API need not offer the media; None where it should."""
    media = offered.pair.media
    if media is None:
        return "JW Player does not have the media (SYNC001, SYNC017)"
    return None if is_published(media, offered.now) else "JW Player does not publish the media now (SYNC014)"


def _why_nothing_offered(offered: Offered, limits: SyncLimits) -> str | None:
    if offered.delivered is None:
        return why_not_published(offered, limits) or "the Delivery API does not offer the media (SYNC008)"
    return None


@rule(
    "SYNC008", "sources-differ", on=SyncSubject.SOURCES, cause=Cause.MEDIA, grace=Grace.SYNC, unless=why_not_published
)
def sources_differ(offered: Offered, limits: SyncLimits) -> Iterator[str]:
    """EDYE names a file, a height or a size that JW Player's Delivery API does not have.

    Why: what EDYE describes cannot be fetched, or is another file than the one described.
    Fix: run "Sync Shows Info"; if the file stays missing, let JW Player encode it again.
    """
    if offered.delivered is None:
        yield "the Delivery API does not offer the media, although JW Player says that it is ready"
        return
    by_path = {path_of(source.file): source for source in offered.delivered.sources}
    for source in offered.pair.title.sources:
        yield from _differences(source, by_path.get(path_of(source.file)))


@rule("SYNC009", "rendition-too-small", on=SyncSubject.SOURCES, cause=Cause.MEDIA, unless=_why_nothing_offered)
def rendition_too_small(offered: Offered, limits: SyncLimits) -> Iterator[str]:
    """JW Player offers no MP4 whose short edge has the pixels that partners require.

    Why: partners refuse smaller pictures (at least 720p).
    Fix: upload a larger master to JW Player, or let it encode a larger MP4; never upscale.
    """
    if offered.delivered is None:
        return
    largest = largest_mp4_edge(offered.delivered)
    if largest is None or largest < limits.min_short_edge_px:
        what = f"the largest MP4 has a short edge of {largest} px" if largest else "no MP4 with a known size"
        yield f"{what}, expected {limits.min_short_edge_px} px or more"


@rule("SYNC016", "poster-missing", on=SyncSubject.SOURCES, cause=Cause.IMAGES, unless=_why_nothing_offered)
def poster_missing(offered: Offered, limits: SyncLimits) -> Iterator[str]:
    """JW Player has no picture of the media.

    Why: players show it before the video begins; without one they show a black frame.
    Fix: upload a poster to JW Player.
    """
    if offered.delivered is not None and not offered.delivered.has_picture:
        yield "0 pictures in JW Player, expected 1 or more"


def largest_mp4_edge(delivered: JwDelivered) -> int | None:
    """The short edge in pixels of the largest MP4, 0 where its size is not known; None where there is no MP4."""
    return max((_short_edge(source) for source in delivered.sources if source.type == MP4), default=None)


def _differences(source: Source, found: JwSource | None) -> Iterator[str]:
    name = f"{path_of(source.file)!r:.160}"
    if found is None:
        yield f"the Delivery API does not have the file {name}"
        return
    for what, unit, claimed, real in (
        ("height", "px", source.height, found.height),
        ("size", "bytes", source.filesize, found.size_bytes),
    ):
        if claimed is not None and real is not None and claimed != real:
            yield f"{what} of {name}: {real} {unit} at the Delivery API, {claimed} {unit} in EDYE"


def _short_edge(source: JwSource) -> int:
    edges = [edge for edge in (source.width, source.height) if edge]
    return min(edges, default=0)
