"""The check of one planned title: for every rule, what it found or why it has no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import edye_delivery.qc.video  # noqa: F401 (registers its rules; `video` is a parameter below)
from edye_delivery.annex.art import art_to_check, custom_thumbnails, is_custom_thumbnail, is_usable, thumbnail_origin
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ImageFacts, VideoFacts
from edye_delivery.catalog.finding import Finding, blocking
from edye_delivery.catalog.jw_states import NO_STATES, UsableStates
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Image, Title
from edye_delivery.catalog.vocabulary import ImageKind, Severity
from edye_delivery.qc import fields, reencode, streams  # noqa: F401 (fields, texts, metadata, ... register their rules)
from edye_delivery.qc.images import Artwork, missing_kinds, picture_name
from edye_delivery.qc.media import Media
from edye_delivery.qc.rule import RULES, QcRule, Subject, rules_on

Skip = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the rules found, and the rules without an answer as (code, reason): a skipped rule has not passed."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skip, ...]


def pictures_to_check(annex: Annex, title: Title) -> tuple[Image, ...]:
    """Every picture that has to be fetched for a title: the artwork to check, then its custom thumbnails."""
    images = [*art_to_check(annex, title), *custom_thumbnails(annex, title)]
    return tuple({(image.kind, image.url): image for image in images}.values())


def check_title(
    annex: Annex,
    plan: PlannedTitle,
    video: VideoFacts | None,
    images: Sequence[ImageFacts],
    today: date,
    media_states: UsableStates = NO_STATES,
) -> CheckResult:
    """Every rule's answer on the title, together with the findings of the planning step.

    A defect of one picture is only a warning if the title has another good picture of that kind, or if neither the
    partner nor a thumbnail needs the kind. A waived rule counts as skipped up to and including the waiver's last day.
    Custom thumbnails are not checked: a broken one does no harm if other artwork can replace it.
    """
    checker = _Checker(annex, today)
    parts = [
        checker.apply_waivers(plan.findings),
        checker.apply(rules_on(Subject.TITLE), plan),
        checker.apply(rules_on(Subject.MEDIA), Media(plan, video, media_states)),
        *_check_artwork(checker, plan.title, images),
    ]
    return CheckResult(
        tuple(finding for part in parts for finding in part.findings),
        tuple(dict.fromkeys(skip for part in parts for skip in part.skipped)),
    )


def check_media(annex: Annex, plan: PlannedTitle, video: VideoFacts, today: date) -> CheckResult:
    """What the rules on the media file say; no other rule is checked."""
    return _Checker(annex, today).apply(rules_on(Subject.MEDIA), Media(plan, video))


def check_picture(annex: Annex, picture: ImageFacts, today: date) -> CheckResult:
    """What the rules on pictures say about this one; the title's other pictures do not matter."""
    return _Checker(annex, today).apply(rules_on(Subject.PICTURE), picture)


class _Checker:
    """Applies rules to subjects, for one annex and one day."""

    def __init__(self, annex: Annex, today: date) -> None:
        self.annex, self._today = annex, today

    def apply(self, rules: Iterable[QcRule], subject: Any) -> CheckResult:
        findings: list[Finding] = []
        skipped: list[Skip] = []
        for rule in rules:
            reason = rule.skip_reason(subject, self.annex)
            if reason is None:
                findings += rule.findings(subject, self.annex)
            else:
                skipped.append((rule.code, reason))
        result = self.apply_waivers(findings)
        return CheckResult(result.findings, (*skipped, *result.skipped))

    def apply_waivers(self, findings: Iterable[Finding]) -> CheckResult:
        valid: list[Finding] = []
        skipped: list[Skip] = []
        for finding in findings:
            waiver = self.annex.waivers.get(finding.code)
            if waiver is None or self._today > waiver.until:
                valid.append(finding)
            else:
                skipped.append((finding.code, f"waived until {waiver.until}: {waiver.reason}; {finding.message}"))
        return CheckResult(tuple(valid), tuple(skipped))


def _check_artwork(checker: _Checker, title: Title, images: Sequence[ImageFacts]) -> list[CheckResult]:
    facts_by_picture = {(picture.kind, picture.url): picture for picture in images}
    results: list[tuple[ImageKind, CheckResult]] = []
    with_findings: set[ImageKind] = set()
    good: set[ImageKind] = set()
    for image in art_to_check(checker.annex, title):
        picture = facts_by_picture.get((image.kind, image.url))
        result = checker.apply(rules_on(Subject.PICTURE), picture) if picture else _skips_of(image)
        results.append((image.kind, result))
        (good if picture and not blocking(result.findings) else with_findings).add(image.kind)
    missing = checker.apply([RULES["IMG001"]], Artwork(title, tuple(images)))
    if missing.findings:
        with_findings.update(missing_kinds(title, checker.annex))
    thumbnails = checker.apply([RULES["IMG009"]], Artwork(title, tuple(images), frozenset(with_findings)))
    to_repair = _kinds_to_repair(checker.annex, title, images, good)
    return [missing, *(result if kind in to_repair else _as_warnings(result) for kind, result in results), thumbnails]


def _kinds_to_repair(annex: Annex, title: Title, images: Sequence[ImageFacts], good: set[ImageKind]) -> set[ImageKind]:
    """The kinds of artwork that must be repaired before the title can be delivered."""
    to_repair = set(annex.images.required.get(title.kind, ())) - good
    for spec in annex.thumbnails:
        origin = thumbnail_origin(annex, spec, title, images)
        if origin is None or not (is_usable(annex, origin) or is_custom_thumbnail(title, origin)):
            to_repair.update(spec.origins)
    return to_repair


def _as_warnings(result: CheckResult) -> CheckResult:
    warnings = tuple(finding.model_copy(update={"severity": Severity.WARN}) for finding in result.findings)
    return CheckResult(warnings, result.skipped)


def _skips_of(image: Image) -> CheckResult:
    reason = f"{picture_name(image.kind, image.url)} was not looked at"
    return CheckResult((), tuple((rule.code, reason) for rule in rules_on(Subject.PICTURE)))
