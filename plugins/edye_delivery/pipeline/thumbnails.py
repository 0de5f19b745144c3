"""Thumbnails: renders the annex's thumbnails of every title that passed quality control (annex, 4 and 6)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from edye_delivery.annex.model import Annex
from edye_delivery.artwork.thumbnails import (
    ThumbnailPlan,
    plan_thumbnails,
    render_thumbnails,
    rendered_thumbnail,
    shape_of,
    thumbnail_record,
)
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.digest import digest_of
from edye_delivery.catalog.finding import Finding, blocking
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.plan import CheckedTitle, Thumbnail
from edye_delivery.errors import PictureBroken
from edye_delivery.pipeline.stores import ContentStore
from edye_delivery.qc.images import picture_name
from edye_delivery.qc.rule import RULES

log = logging.getLogger(__name__)
THUMBNAILS_AT_ONCE = 4
BROKEN_ART = "IMG004"
STEP = "making thumbnails"
UNAVAILABLE_ART = "IMG010"


@dataclass(frozen=True, slots=True)
class ThumbnailMaker:
    """Renders thumbnails from the artwork that was checked; both are files of `store`. `run` decodes the pictures.

    `watermarks` has the PNG of every watermark that the annex names.
    """

    annex: Annex
    store: ContentStore
    run: Run
    watermarks: Mapping[str, bytes] = field(default_factory=dict)

    def render_batch(self, titles: tuple[CheckedTitle, ...]) -> tuple[CheckedTitle, ...]:
        """The titles with their thumbnails; a title that lacks one gets a blocking finding.

        What the check rendered already is taken as it is. A picture that several titles share, such as the poster of
        their series, is decoded and rendered once.
        """
        planned = [() if blocking(checked.findings) else self._plan(checked) for checked in titles]
        distinct = list(dict.fromkeys(plan for plans in planned if not isinstance(plans, Finding) for plan in plans))
        made = self._thumbnails_of_check(titles, distinct)
        pictures: dict[str, list[ThumbnailPlan]] = {}
        for plan in distinct:
            if plan not in made:
                pictures.setdefault(plan.origin.art_name if plan.origin else "", []).append(plan)
        with ThreadPoolExecutor(THUMBNAILS_AT_ONCE, thread_name_prefix="thumbnails") as pool:
            for results in pool.map(self._render, pictures.values()):
                made |= results
        return tuple(
            _add_thumbnails(checked, [plans] if isinstance(plans, Finding) else [made[plan] for plan in plans])
            for checked, plans in zip(titles, planned, strict=True)
        )

    def _plan(self, checked: CheckedTitle) -> tuple[ThumbnailPlan, ...] | Finding:
        title = checked.plan.title
        plans = attempt(checked.plan.external_id, STEP, lambda: plan_thumbnails(self.annex, title, checked.images))
        return RULES[UNAVAILABLE_ART].finding(plans.sentence) if isinstance(plans, StepFailure) else plans

    def _thumbnails_of_check(
        self, titles: tuple[CheckedTitle, ...], plans: list[ThumbnailPlan]
    ) -> dict[ThumbnailPlan, Thumbnail | Finding]:
        """The thumbnails that the check made of the planned pictures, in the shapes that the annex has now."""
        rendered = {(one.picture, one.shape_digest): one for checked in titles for one in checked.rendered}
        digests = {spec: digest_of(shape_of(spec, self.watermarks)) for spec in self.annex.thumbnails if rendered}
        found = {
            plan: rendered.get((plan.origin.art_name, digests[plan.spec])) for plan in plans if digests and plan.origin
        }
        return {plan: thumbnail_record(plan, one) for plan, one in found.items() if one is not None}

    def _render(self, plans: list[ThumbnailPlan]) -> dict[ThumbnailPlan, Thumbnail | Finding]:
        """Renders and keeps the thumbnails of one picture; a finding takes the place of each that fails."""
        origin = plans[0].origin
        name = picture_name(origin.kind, origin.url) if origin else "a picture"
        results = attempt(name, STEP, lambda: self._render_from(plans, name))
        if isinstance(results, StepFailure):
            return dict.fromkeys(plans, RULES[UNAVAILABLE_ART].finding(f"{name}: {results.sentence}"))
        return results

    def _render_from(self, plans: list[ThumbnailPlan], name: str) -> dict[ThumbnailPlan, Thumbnail | Finding]:
        specs, origin = list(dict.fromkeys(plan.spec for plan in plans)), plans[0].origin
        if origin is None:
            text = "thumbnail {} has no picture to be made from"
            return {plan: RULES[BROKEN_ART].finding(text.format(plan.spec.name)) for plan in plans}
        try:
            content = self.store.get(art_name(origin.art_name))
            rendered = render_thumbnails(content, specs, self.annex.images, self.run, self.watermarks)
            pictures = dict(zip(specs, rendered, strict=True))
        except PictureBroken as error:
            return dict.fromkeys(plans, RULES[BROKEN_ART].finding(f"{name}: no thumbnail can be made: {error}"))
        return {plan: self._keep(plan, origin.art_name, pictures[plan.spec]) for plan in plans}

    def _keep(self, plan: ThumbnailPlan, picture: str, thumbnail: bytes | PictureBroken) -> Thumbnail | Finding:
        if isinstance(thumbnail, PictureBroken):
            return RULES[BROKEN_ART].finding(str(thumbnail))
        rendered = rendered_thumbnail(picture, shape_of(plan.spec, self.watermarks), thumbnail)
        self.store.put_once(art_name(rendered.art_name), thumbnail)
        return thumbnail_record(plan, rendered)


def _add_thumbnails(checked: CheckedTitle, results: list[Thumbnail | Finding]) -> CheckedTitle:
    findings = tuple(thumbnail for thumbnail in results if isinstance(thumbnail, Finding))
    if findings:
        log.warning("%s: %s", checked.plan.external_id, findings[0].message)
        return checked.model_copy(update={"findings": (*checked.findings, *findings)})
    thumbnails = tuple(thumbnail for thumbnail in results if isinstance(thumbnail, Thumbnail))
    return checked.model_copy(update={"thumbnails": thumbnails, "rendered": ()})
