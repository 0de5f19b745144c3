"""A small library of JW Player and a catalogue that agree, for tests to change in one thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwDelivered, JwLook, JwMedia, JwPicture, JwSweep
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.stored_title import title_json
from edye_delivery.catalog.title import Title
from edye_delivery.pipeline.sync_check import SyncCheck
from edye_delivery.pipeline.sync_known import KnownMedia
from edye_delivery.pipeline.sync_sources import Looks
from edye_delivery.pipeline.sync_titles import SyncTitles
from tests.builders import the_annex
from tests.unit.qc.sync.builders import LIMITS, NOW, a_media, a_source, a_title

ROKU = "roku_premium_subs_mx"
ANNEXES = {ROKU: the_annex()}


def a_library(*media: JwMedia) -> JwLibrary:
    library = JwLibrary()
    library.keep(media)
    return library


def a_sweep(**changes: Any) -> JwSweep:
    return replace(JwSweep(NOW, NOW, total=1, media_read=1, calls=3, is_complete=True), **changes)


def titles_of(
    *titles: Title, partner: str = "", asked: Iterable[str] = (), given: Iterable[Accepted] = ()
) -> SyncTitles:
    known = SyncTitles(ANNEXES, partner, asked)
    known.add(title_json(one) for one in titles)
    known.add_given(given)
    known.finish()
    return known


def looks_of(*looks: JwLook) -> Looks:
    kept = Looks()
    for look in looks:
        kept.add(look)
    return kept


def a_look(**changes: Any) -> JwLook:
    delivered = JwDelivered(id="aB3dE6gH", sources=(a_source(),), images=(JwPicture("https://cdn.example/p.jpg"),))
    return JwLook("aB3dE6gH", replace(delivered, **changes))


def a_check(titles: SyncTitles | None = None, library: JwLibrary | None = None, **changes: Any) -> SyncCheck:
    """A comparison in which everything agrees, but for what is given; `known` are ids of an earlier sweep."""
    known = KnownMedia([f"{one}\n".encode() for one in changes.pop("known", ())])
    titles, library = titles or titles_of(a_title()), library if library is not None else a_library(a_media())
    titles.load_media(library)
    return SyncCheck(
        titles=titles,
        library=library,
        sweep=changes.pop("sweep", a_sweep()),
        limits=changes.pop("limits", LIMITS),
        now=NOW,
        known=known,
        looks=changes.pop("looks", None) or looks_of(a_look()),
        **changes,
    )


def codes_of(check: SyncCheck) -> list[str]:
    return [finding.code for row in check.findings.rows() for finding in row.findings]
