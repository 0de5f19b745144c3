"""Checks single files by a run's own rules: no catalogue, no ledger, nothing is delivered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edye_delivery.annex.art import is_usable
from edye_delivery.annex.limits import ThumbnailSpec
from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.annex.selection import exclusion_reason
from edye_delivery.catalog.art import can_give
from edye_delivery.catalog.facts import ImageFacts, VideoFacts
from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.parse import MalformedItem, add_series, id_of, parse_episode, parse_show
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.title import Series, Source, Title
from edye_delivery.catalog.vocabulary import Change, ImageKind, TitleKind
from edye_delivery.clients.local_files import LocalFiles
from edye_delivery.clients.pictures import look_at
from edye_delivery.clients.probe import probe_video
from edye_delivery.pipeline.file_inputs import Input, Kind, Unusable
from edye_delivery.qc.check import CheckResult, check_media, check_picture, check_title
from edye_delivery.qc.metadata import finding_on_item

SERIES_MISSING = "META014"
WITHOUT_SERIES = "the series is not among the inputs: name its JSON too, because the episode inherits from it"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file that was checked: what it is, its findings, and the rules that were skipped, with the reason.

    `title` names its title, where that is known; `note` is what else a person should know; `picture` is what was
    measured of a picture.
    """

    name: str
    kind: str
    size_bytes: int
    what: str
    findings: tuple[Finding, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    title: str | None = None
    note: str = ""
    picture: ImageFacts | None = None


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks files for one partner on one day; `run` decodes the pictures.

    `image_kind` is the kind of a picture that no title names; `items` are the catalogue items among the inputs, and
    `described` is the item of the title that videos and pictures belong to.
    """

    annex: Annex
    today: date
    scratch_folder: Path
    run: Run
    image_kind: ImageKind | None
    items: tuple[Input, ...]
    described: PlannedTitle | None = None

    def check(self, entry: Input) -> CheckedFile:
        """The file with all that the rules find; Unusable where it cannot be checked."""
        if entry.kind is Kind.TITLE:
            return self._check_title(entry)
        return self._check_video(entry) if entry.kind is Kind.VIDEO else self._check_picture(entry)

    def _check_video(self, entry: Input) -> CheckedFile:
        facts = probe_video(LocalFiles(), str(entry.path), self.scratch_folder)
        plan = self._plan_of_video(entry)
        result = check_media(self.annex, plan, facts, self.today)
        return _file_of(entry, _video_text(facts), result, plan.external_id or None)

    def _plan_of_video(self, entry: Input) -> PlannedTitle:
        """What a run would compare the video with: the title's catalogue item, or the annex alone."""
        media = Source(file=entry.name[:2048], type=self.annex.video.source_types[0])
        if self.described is None:
            return _plan_of_nothing(media)
        return self.described.model_copy(update={"media": self.described.media or media})

    def _check_picture(self, entry: Input) -> CheckedFile:
        title = self.described.title if self.described else None
        kind = self.image_kind or _kind_by_name(title, entry)
        if kind is None:
            raise Unusable(f"{entry.name} is a picture: say its kind with --kind, such as --kind poster")
        facts = _look_at_picture(entry, kind, self.annex, self.run)
        result = check_picture(self.annex, facts, self.today)
        title_id = self.described.external_id if self.described else None
        return replace(_file_of(entry, _picture_text(facts), result, title_id), picture=facts)

    def _check_title(self, entry: Input) -> CheckedFile:
        parsed = self._title_of(entry)
        if isinstance(parsed, Series):
            return _file_of(entry, f"series {parsed.id}, checked with its episodes", CheckResult((), ()), parsed.id)
        plan = self._plan(parsed)
        if isinstance(plan, MalformedItem):
            return _file_of(entry, "an item of the catalogue", CheckResult((finding_on_item(plan),), ()))
        title, result = plan.title, check_title(self.annex, plan, None, (), self.today)
        reason = exclusion_reason(self.annex, title)
        note = f"a run leaves it out for this partner: {reason}" if reason else ""
        if title.kind is TitleKind.EPISODE and title.series is None:
            result, note = _without_series(result), note or WITHOUT_SERIES
        return _file_of(entry, f"{title.kind.value} {plan.external_id}", result, plan.external_id, note)

    def plan_of_title(self, entry: Input) -> PlannedTitle:
        """The plan of the title that a JSON describes; Unusable where it describes none."""
        parsed = self._title_of(entry)
        if isinstance(parsed, Series):
            raise Unusable(f"{entry.name} is a series, which has no video of its own: give one of its episodes")
        plan = self._plan(parsed)
        if isinstance(plan, MalformedItem):
            raise Unusable(f"{entry.name} is no item of the catalogue: {printable(plan.reason)}")
        return plan

    def _plan(self, parsed: Title | MalformedItem) -> PlannedTitle | MalformedItem:
        if isinstance(parsed, MalformedItem):
            return parsed
        plan = attempt(parsed.id, "planning it", partial(plan_of, self.annex, parsed))
        return MalformedItem(edye_id=parsed.id, reason=plan.sentence) if isinstance(plan, StepFailure) else plan

    def _title_of(self, entry: Input) -> Title | Series | MalformedItem:
        """The title in the JSON; an episode with its series, where that is among the inputs."""
        item = entry.item or {}
        is_episode = item.get("kind", "episode" if "show_id" in item else "") == "episode"
        parsed = _parse(parse_episode if is_episode else parse_show, item)
        others = [other.item for other in self.items if other.item is not None]
        if isinstance(parsed, Series) and all(other.get("show_id") != parsed.id for other in others):
            raise Unusable(
                f"{entry.name} is a series, which is never delivered by itself: give an episode's JSON with it"
            )
        if isinstance(parsed, Title) and parsed.kind is TitleKind.EPISODE:
            found = next((other for other in others if other.get("id") == parsed.show_id), None)
            series = _parse(parse_show, found) if found is not None else None
            return add_series(parsed, series) if isinstance(series, Series) else parsed
        return parsed


def _parse(
    parse: Callable[[Any], Title | Series | MalformedItem], item: dict[str, Any]
) -> Title | Series | MalformedItem:
    edye_id = id_of(item)
    parsed = attempt(edye_id, "reading the item", partial(parse, item))
    return MalformedItem(edye_id=edye_id, reason=parsed.sentence) if isinstance(parsed, StepFailure) else parsed


def _file_of(entry: Input, what: str, result: CheckResult, title: str | None = None, note: str = "") -> CheckedFile:
    return CheckedFile(
        entry.name, entry.kind.value, entry.size_bytes, what, result.findings, result.skipped, title, note
    )


def _plan_of_nothing(media: Source) -> PlannedTitle:
    """A plan that says only that there is a video."""
    title = Title(
        id="-", kind=TitleKind.MOVIE, title_id="-", titles={}, visible=True, updated_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return PlannedTitle(
        title=title, external_id="", file_name="", metadata={}, media=media, media_digest="", revision="",
        content_key="", delivery_key="", change=Change.NEW,
    )  # fmt: skip


def _kind_by_name(title: Title | None, entry: Input) -> ImageKind | None:
    """The kind of the title's image whose address ends in this file's name; None where none or several do."""
    images = title.images if title is not None else ()
    kinds = {image.kind for image in images if urlsplit(image.url).path.rpartition("/")[2] == entry.path.name}
    return kinds.pop() if len(kinds) == 1 else None


def _look_at_picture(entry: Input, kind: ImageKind, annex: Annex, run: Run) -> ImageFacts:
    return look_at(kind, entry.path.name, entry.read(annex.images.max_size_bytes + 1), annex.images, run)


def _without_series(result: CheckResult) -> CheckResult:
    """The result, where the missing series is skipped instead of a finding."""
    found = tuple(finding for finding in result.findings if finding.code != SERIES_MISSING)
    return CheckResult(found, (*result.skipped, (SERIES_MISSING, WITHOUT_SERIES)))


def _video_text(facts: VideoFacts) -> str:
    if not facts.codec:
        return "a video"
    lasts = f", {facts.duration_s:.0f} s" if facts.duration_s else ""
    return f"video, {facts.codec} in {facts.container}, {facts.width_px}x{facts.height_px}{lasts}"


def _picture_text(facts: ImageFacts) -> str:
    measured = f", {facts.format}, {facts.width_px}x{facts.height_px}" if facts.format else ""
    return f"picture, {facts.kind.value}{measured}"


def check_all(checker: Checker, inputs: Sequence[Input]) -> tuple[list[CheckedFile], list[tuple[str, str]]]:
    """Every file that can be checked, and a sentence for each one that cannot."""
    files: list[CheckedFile] = []
    unusable: list[tuple[str, str]] = []
    for entry in inputs:
        try:
            files.append(checker.check(entry))
        except Unusable as error:
            unusable.append((entry.name, str(error)))
    return files, unusable


def thumbnails_of_picture(annex: Annex, picture: ImageFacts) -> tuple[tuple[ThumbnailSpec, str], ...]:
    """The thumbnails that this kind of artwork is for, each with the reason why this picture cannot give it, or ""."""
    specs = [spec for spec in annex.thumbnails if picture.kind in spec.origins]
    return tuple((spec, _why_no_thumbnail(annex, picture, spec)) for spec in specs)


def _why_no_thumbnail(annex: Annex, picture: ImageFacts, spec: ThumbnailSpec) -> str:
    if not is_usable(annex, picture):
        return "not from this picture, because it is outside the limits"
    if not can_give(picture.width_px, picture.height_px, spec.width_px, spec.height_px):
        return "not from this picture, because it is too small, and nothing is upscaled"
    return ""
