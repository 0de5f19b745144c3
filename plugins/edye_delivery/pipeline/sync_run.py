"""The parts of a comparison with JW Player that call it: named media, files, playlists; failures become sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from edye_delivery.annex.model import Annex, CatalogueFilter
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwLook, JwMedia, JwPlaylist, JwSweep
from edye_delivery.clients.clock import Clock
from edye_delivery.errors import DeliveryError, Transient
from edye_delivery.pipeline.sync_sources import LOOKS_MAX, Looks, media_to_look_up
from edye_delivery.pipeline.sync_titles import SyncTitles
from edye_delivery.qc.sync.limits import USUAL_LIMITS, SyncLimits, limits_of

MASTER = "master"


class Management(Protocol):
    """What is asked of JW Player's Management API."""

    calls: int

    def media(self, media_id: str) -> JwMedia | None:
        """One media by id; None where JW does not know it."""

    def playlists(self) -> Iterator[JwPlaylist]:
        """The site's playlists, without their media."""


class Delivery(Protocol):
    """What is asked of JW Player's Delivery API."""

    def look_up(self, media_ids: Iterable[str]) -> Iterator[JwLook]:
        """Each media, in the order of the ids."""

    def playlist(self, playlist_id: str) -> JwPlaylist | None:
        """A playlist with the ids of its media; None where JW does not deliver it."""


def limits_for(annexes: Mapping[str, Annex], partner: str = "") -> SyncLimits:
    """The limits of a partner; without one those of nobody, with every partner's tags and external ids."""
    if partner:
        return limits_of(annexes[partner])
    each = [limits_of(annex) for annex in annexes.values()]
    return SyncLimits(
        tags=USUAL_LIMITS.tags.union(*(one.tags for one in each)),
        external_ids=USUAL_LIMITS.external_ids.union(*(one.external_ids for one in each)),
    )


def whole_catalogue_of(annexes: Mapping[str, Annex]) -> CatalogueFilter:
    """How the whole catalogue is read: with the largest page size and bounds of any annex."""
    usual = CatalogueFilter()
    filters = [annex.catalogue for annex in annexes.values()] or [usual]
    return CatalogueFilter(
        page_size=max(one.page_size for one in filters),
        items_max=max(one.items_max for one in filters),
        bytes_max=max(one.bytes_max for one in filters),
    )


def read_named_media(management: Management, media_ids: Iterable[str], library: JwLibrary, clock: Clock) -> JwSweep:
    """Reads these media one by one; complete where JW answered on each, also that it does not know it."""
    began_at, calls_before, asked, sentence = clock.now(), management.calls, 0, ""
    try:
        for media_id in media_ids:
            asked += 1
            media = management.media(media_id)
            if media is not None:
                library.keep([media])
    except Transient as error:
        sentence = f"{error}; the media after it were not asked for, so run the check again"
    return JwSweep(
        began_at=began_at,
        ended_at=clock.now(),
        total=asked,
        media_read=len(library),
        calls=management.calls - calls_before,
        is_complete=not sentence,
        sentence=sentence,
    )


def look_up_sources(
    delivery: Delivery,
    titles: SyncTitles,
    limits: SyncLimits,
    now: datetime,
    most: int = LOOKS_MAX,
) -> tuple[Looks, int, list[str]]:
    """What the Delivery API offers of the titles' media, how many media are left to later runs, and what failed."""
    chosen, left = media_to_look_up(titles, limits, now, most)
    looks, incidents = Looks(), list[str]()
    try:
        for look in delivery.look_up(chosen):
            looks.add(look)
    except DeliveryError as error:
        incidents.append(f"the files and pictures of media were not all compared: {error}")
    return looks, left + len(chosen) - looks.count - looks.failed, incidents


def read_playlists(
    management: Management, delivery: Delivery, tags: Iterable[str]
) -> tuple[list[tuple[JwPlaylist, str | None]], list[str]]:
    """The playlists that can be compared, each with its tag (None: it should have every title), and what failed.

    A partner's playlist has the partner's tag as its name; the master playlist has the word "master" in it. How EDYE
    names them is not known for certain: other playlists are left alone.
    """
    by_name = {tag.lower(): tag for tag in tags}
    found, incidents = list[tuple[JwPlaylist, str | None]](), list[str]()
    try:
        for listed in management.playlists():
            name = listed.title.strip().lower()
            if name in by_name or MASTER in name.split():
                delivered = delivery.playlist(listed.id)
                whole = JwPlaylist(listed.id, listed.title, delivered.media_ids if delivered is not None else ())
                found.append((whole, by_name.get(name)))
    except DeliveryError as error:
        incidents.append(f"playlists were not all compared: {error}")
    return found, incidents
