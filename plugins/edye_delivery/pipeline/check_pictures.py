"""Fetches, measures and keeps the pictures of titles, each once, and makes thumbnails while a picture is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from edye_delivery.annex.art import likely_origins
from edye_delivery.annex.limits import ThumbnailSpec
from edye_delivery.annex.model import Annex
from edye_delivery.artwork.thumbnails import NONE, rendered_thumbnail, shape_of
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.jobs import Answer, Job, Run
from edye_delivery.catalog.plan import RenderedThumbnail
from edye_delivery.catalog.title import Image, Title
from edye_delivery.clients.pictures import WholeFiles, fetch_picture
from edye_delivery.errors import PictureBroken, Transient
from edye_delivery.pipeline.picture_job import look_and_render
from edye_delivery.pipeline.stores import ContentStore
from edye_delivery.qc.check import pictures_to_check


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A picture's facts, and the thumbnails that were made of it."""

    facts: ImageFacts
    rendered: tuple[RenderedThumbnail, ...] = ()


@dataclass(slots=True)
class PictureChecker:
    """Checks the pictures of titles; pictures and thumbnails are kept in `store`, named by their content.

    `run` decodes the pictures; `watermarks` has the PNG of every watermark that the annex names. Artwork that several
    titles share is fetched and decoded once. Safe to call from several threads.
    """

    annex: Annex
    reader: WholeFiles
    store: ContentStore
    run: Run
    watermarks: Mapping[str, bytes] = field(default_factory=lambda: NONE)
    _pictures: dict[str, Future[CheckedPicture]] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def check(self, title: Title) -> tuple[tuple[ImageFacts, ...], tuple[RenderedThumbnail, ...]]:
        """The facts of the title's pictures, and the thumbnails that it will have if these are within their limits."""
        likely = likely_origins(self.annex, title)
        images = pictures_to_check(self.annex, title)
        pictures = [self._picture(image, likely.get(image.url, ())) for image in images]
        kinds = [image.kind for image in images]
        facts = (one.facts.model_copy(update={"kind": kind}) for one, kind in zip(pictures, kinds, strict=True))
        rendered = dict.fromkeys(thumbnail for one in pictures for thumbnail in one.rendered)
        return tuple(facts), tuple(rendered)

    def _picture(self, image: Image, specs: Sequence[ThumbnailSpec]) -> CheckedPicture:
        """The picture, which the first of several threads checks; where that fails, the next one tries again."""
        with self._lock:
            known = self._pictures.get(image.url)
            if known is None:
                mine = self._pictures[image.url] = Future()
        if known is not None:
            return known.result()
        try:
            mine.set_result(self._check(image, specs))
        except BaseException as error:
            with self._lock:
                del self._pictures[image.url]
            mine.set_exception(error)
            raise
        return mine.result()

    def _check(self, image: Image, specs: Sequence[ThumbnailSpec]) -> CheckedPicture:
        shapes = [shape_of(spec, self.watermarks) for spec in specs]
        rendering = _Rendering(self.run, shapes, self.annex.images.decode_limit_s * len(shapes))
        facts, content = fetch_picture(self.reader, image, self.annex.images, rendering if shapes else self.run)
        if content is None:
            return CheckedPicture(facts)
        self.store.put_once(art_name(facts.art_name), content)
        made = [self._keep(facts.art_name, *pair) for pair in rendering.pairs()]
        return CheckedPicture(facts, tuple(made))

    def _keep(self, picture: str, shape: dict[str, Any], thumbnail: bytes) -> RenderedThumbnail:
        rendered = rendered_thumbnail(picture, shape, thumbnail)
        self.store.put_once(art_name(rendered.art_name), thumbnail)
        return rendered


@dataclass(slots=True)
class _Rendering:
    """Runs the look at a picture so that its thumbnails are made too; afterwards `pairs` has those.

    Whether a picture is good may not depend on its thumbnails: where the two together break off, it is looked at alone.
    """

    run: Run
    shapes: list[dict[str, Any]]
    render_s: float
    thumbnails: list[bytes] = field(default_factory=list)

    def __call__(self, job: Job, content: bytes, options: dict[str, Any], cpu_s: float) -> Answer:
        both = options | {"shapes": self.shapes, "render_s": self.render_s}
        try:
            answer, self.thumbnails = self.run(look_and_render, content, both, cpu_s)
        except (PictureBroken, Transient):
            return self.run(job, content, options, cpu_s)
        return answer, []

    def pairs(self) -> list[tuple[dict[str, Any], bytes]]:
        """Each shape that the picture gave, with its thumbnail."""
        pairs = zip(self.shapes, self.thumbnails or [b""] * len(self.shapes), strict=True)
        return [(shape, thumbnail) for shape, thumbnail in pairs if thumbnail]
