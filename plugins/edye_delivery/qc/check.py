"""The result on one planned title: every rule of the catalogue, with what it found or why it has no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import edye_delivery.qc.video  # noqa: F401 (enters its rules; its own name would be that of a parameter below)
from edye_delivery.annex.art import art_to_check, custom_thumbnails, is_custom_thumbnail, is_usable, thumbnail_origin
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ImageFacts, VideoFacts
from edye_delivery.catalog.finding import Finding, blocking
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Image, Title
from edye_delivery.catalog.vocabulary import ImageKind, Severity
from edye_delivery.qc import fields, reencode, streams  # noqa: F401 (fields, texts, metadata, ... enter their rules)
from edye_delivery.qc.images import Artwork, missing_kinds, picture_name
from edye_delivery.qc.media import Media
from edye_delivery.qc.rule import RULES, QcRule, Subject, rules_on

Skip = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the rules found, and the rules without an answer as (code, reason): skipped is never passed."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skip, ...]


def pictures_to_check(annex: Annex, title: Title) -> tuple[Image, ...]:
    """Every picture that has to be fetched for a title: the artwork to check, then its custom thumbnails."""
    images = [*art_to_check(annex, title), *custom_thumbnails(annex, title)]
    return tuple({(image.kind, image.url): image for image in images}.values())


def check_title(
    annex: Annex, plan: PlannedTitle, video: VideoFacts | None, images: Sequence[ImageFacts], today: date
) -> CheckResult:
    """Every rule's answer on the title; findings of the planning step are carried over.

    A defect of one picture is only a warning while the title has another good picture of that kind, or where neither
    the partner nor a thumbnail needs the kind. A waived rule counts as skipped up to and including the waiver's last
    day. Custom thumbnails are not checked: a broken one is no defect where other art serves.
    """
    bench = _Bench(annex, today)
    parts = [
        bench.apply_waivers(plan.findings),
        bench.ask(rules_on(Subject.TITLE), plan),
        bench.ask(rules_on(Subject.MEDIA), Media(plan, video)),
        *_check_artwork(bench, plan.title, images),
    ]
    return CheckResult(
        tuple(finding for part in parts for finding in part.findings),
        tuple(dict.fromkeys(skip for part in parts for skip in part.skipped)),
    )


def check_media(annex: Annex, plan: PlannedTitle, video: VideoFacts, today: date) -> CheckResult:
    """The answer of the rules on the media file alone."""
    return _Bench(annex, today).ask(rules_on(Subject.MEDIA), Media(plan, video))


def check_picture(annex: Annex, picture: ImageFacts, today: date) -> CheckResult:
    """The answer of the rules on one picture, whatever other pictures its title has."""
    return _Bench(annex, today).ask(rules_on(Subject.PICTURE), picture)


class _Bench:
    """Asks rules about subjects under one annex on one day."""

    def __init__(self, annex: Annex, today: date) -> None:
        self.annex, self._today = annex, today

    def ask(self, rules: Iterable[QcRule], subject: Any) -> CheckResult:
        findings: list[Finding] = []
        skipped: list[Skip] = []
        for rule in rules:
            reason = rule.skip_reason(subject, self.annex)
            if reason is None:
                findings += rule.findings(subject, self.annex)
            else:
                skipped.append((rule.code, reason))
        counted = self.apply_waivers(findings)
        return CheckResult(counted.findings, (*skipped, *counted.skipped))

    def apply_waivers(self, findings: Iterable[Finding]) -> CheckResult:
        counted: list[Finding] = []
        skipped: list[Skip] = []
        for finding in findings:
            waiver = self.annex.waivers.get(finding.code)
            if waiver is None or self._today > waiver.until:
                counted.append(finding)
            else:
                skipped.append((finding.code, f"waived until {waiver.until}: {waiver.reason}; {finding.message}"))
        return CheckResult(tuple(counted), tuple(skipped))


def _check_artwork(bench: _Bench, title: Title, images: Sequence[ImageFacts]) -> list[CheckResult]:
    measured = {(picture.kind, picture.url): picture for picture in images}
    checked: list[tuple[ImageKind, CheckResult]] = []
    told: set[ImageKind] = set()
    good: set[ImageKind] = set()
    for image in art_to_check(bench.annex, title):
        picture = measured.get((image.kind, image.url))
        result = bench.ask(rules_on(Subject.PICTURE), picture) if picture else _unseen(image)
        checked.append((image.kind, result))
        (good if picture and not blocking(result.findings) else told).add(image.kind)
    missing = bench.ask([RULES["IMG001"]], Artwork(title, tuple(images)))
    if missing.findings:
        told.update(missing_kinds(title, bench.annex))
    thumbnails = bench.ask([RULES["IMG009"]], Artwork(title, tuple(images), frozenset(told)))
    lacking = _lacking_kinds(bench.annex, title, images, good)
    return [missing, *(result if kind in lacking else _as_warnings(result) for kind, result in checked), thumbnails]


def _lacking_kinds(annex: Annex, title: Title, images: Sequence[ImageFacts], good: set[ImageKind]) -> set[ImageKind]:
    """The kinds of art that must be repaired before the title can go out."""
    lacking = set(annex.images.required.get(title.kind, ())) - good
    for spec in annex.thumbnails:
        origin = thumbnail_origin(annex, spec, title, images)
        if origin is None or not (is_usable(annex, origin) or is_custom_thumbnail(title, origin)):
            lacking.update(spec.origins)
    return lacking


def _as_warnings(result: CheckResult) -> CheckResult:
    warnings = tuple(finding.model_copy(update={"severity": Severity.WARN}) for finding in result.findings)
    return CheckResult(warnings, result.skipped)


def _unseen(image: Image) -> CheckResult:
    reason = f"{picture_name(image.kind, image.url)} was not looked at"
    return CheckResult((), tuple((rule.code, reason) for rule in rules_on(Subject.PICTURE)))
