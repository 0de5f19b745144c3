"""Illustrate: the annex's thumbnails of every title that passed quality control (annex sections 4 and 6)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from edye_delivery.annex.model import Annex
from edye_delivery.artwork.thumbnails import ThumbnailPlan, plan_thumbnails, render_thumbnail, thumbnail_record
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.places import art_name
from edye_delivery.catalog.plan import JudgedTitle, Thumbnail
from edye_delivery.errors import PictureBroken
from edye_delivery.qc.registry import RULES

log = logging.getLogger(__name__)
THUMBNAILS_AT_ONCE = 4
BROKEN_ART = "IMG004"


@dataclass(frozen=True, slots=True)
class Illustrator:
    """Renders thumbnails from the artwork that was judged; files come from and go to the artifact store."""

    annex: Annex
    read_artifact: Callable[[str], bytes]
    keep_artifact: Callable[[str, bytes], object]

    def illustrate_batch(self, titles: tuple[JudgedTitle, ...]) -> tuple[JudgedTitle, ...]:
        """The titles with their thumbnails; one that cannot be given them all gets a blocking finding.

        What several titles share, such as the poster of their series, is rendered once.
        """
        planned = [() if blocking(judged.findings) else self._planned(judged) for judged in titles]
        wanted = list(dict.fromkeys(plan for plans in planned for plan in plans))
        with ThreadPoolExecutor(THUMBNAILS_AT_ONCE, thread_name_prefix="illustrate") as pool:
            rendered = dict(zip(wanted, pool.map(self._rendered, wanted), strict=True))
        return tuple(
            _illustrated(judged, [rendered[plan] for plan in plans])
            for judged, plans in zip(titles, planned, strict=True)
        )

    def _planned(self, judged: JudgedTitle) -> tuple[ThumbnailPlan, ...]:
        return plan_thumbnails(self.annex, judged.plan.title, judged.images)

    def _rendered(self, plan: ThumbnailPlan) -> Thumbnail | PictureBroken:
        try:
            content = self.read_artifact(art_name(plan.origin.art_name)) if plan.origin else b""
            picture = render_thumbnail(content, plan.spec, self.annex.images.max_pixels)
            thumbnail = thumbnail_record(plan, picture)
        except PictureBroken as error:
            return error
        self.keep_artifact(art_name(thumbnail.art_name), picture)
        return thumbnail


def _illustrated(judged: JudgedTitle, made: list[Thumbnail | PictureBroken]) -> JudgedTitle:
    broken = [RULES[BROKEN_ART].finding(str(thumbnail)) for thumbnail in made if isinstance(thumbnail, PictureBroken)]
    if broken:
        log.warning("%s: %s", judged.plan.external_id, broken[0].message)
        return judged.model_copy(update={"findings": (*judged.findings, *broken)})
    thumbnails = tuple(thumbnail for thumbnail in made if isinstance(thumbnail, Thumbnail))
    return judged.model_copy(update={"thumbnails": thumbnails})
