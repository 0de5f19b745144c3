"""What the check of an uploaded file found, as its page shows it: verdict, what was measured, rules with texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.catalog.wording import count_of
from edye_delivery.desk.finding_view import FindingView, finding_views
from edye_delivery.desk.texts import rule_text
from edye_delivery.feeds.rule import FeedSeverity
from edye_delivery.pipeline.file_check import CheckedFile, thumbnails_of_picture
from edye_delivery.pipeline.uploaded_file import BrokenRule, Checked, CheckedFeed, Spot
from edye_delivery.reports.wording import human_bytes


@dataclass(frozen=True, slots=True)
class BrokenRuleView:
    """A rule that a feed breaks, with its texts, and the first spots."""

    finding: FindingView
    count: int
    spots: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class CheckedView:
    """The verdict in words; `facts` are names and values; a feed has `rules`, any other file `findings`."""

    name: str
    verdict: str
    is_good: bool
    what: str
    note: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[FindingView, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    rules: tuple[BrokenRuleView, ...] = ()
    thumbnails: tuple[tuple[str, str], ...] = ()


def view_of_check(annex: Annex, checked: Checked) -> CheckedView:
    """The view of a file that was checked by this annex."""
    return _feed_view(checked) if isinstance(checked, CheckedFeed) else _file_view(annex, checked)


def _file_view(annex: Annex, file: CheckedFile) -> CheckedView:
    blocks = sum(one.severity is Severity.BLOCK for one in file.findings)
    picture = file.picture
    return CheckedView(
        name=file.name,
        verdict=_verdict(
            f"blocked for {annex.partner}", f"good for {annex.partner}", blocks, len(file.findings) - blocks
        ),
        is_good=not blocks,
        what=file.what,
        note=file.note,
        facts=(("size", human_bytes(file.size_bytes)), *(_picture_facts(picture) if picture else ())),
        findings=finding_views(file.findings),
        skipped=file.skipped,
        thumbnails=_thumbnail_texts(annex, picture) if picture else (),
    )


def _feed_view(feed: CheckedFeed) -> CheckedView:
    errors, warnings = feed.count(FeedSeverity.ERROR), feed.count(FeedSeverity.WARNING)
    note = "It names a next page, which was not read: check that page too." if feed.next_page_url else ""
    items = ", ".join(f"{count:,} {kind}" for kind, count in feed.items.items())
    return CheckedView(
        name=feed.name,
        verdict=_verdict("the partner would refuse parts of it", "good", errors, warnings),
        is_good=not errors,
        what=f"{feed.kind.value} feed, checked by the profile {feed.profile.value}",
        note=note,
        facts=(("size", human_bytes(feed.size_bytes)), ("items", items or "none")),
        rules=tuple(_rule_view(rule) for rule in feed.rules),
    )


def _verdict(bad: str, good: str, defects: int, warnings: int) -> str:
    warned = f", {count_of(warnings, 'warning')}" if warnings else ""
    return f"{bad}: {count_of(defects, 'defect')}{warned}" if defects else f"{good}{warned}"


def _rule_view(rule: BrokenRule) -> BrokenRuleView:
    text = rule_text(rule.code)
    if text is None:
        return BrokenRuleView(FindingView(rule.code, "", "", "", "", "", "", ""), rule.count, rule.spots)
    severity = "block" if rule.severity is FeedSeverity.ERROR else "warn"
    finding = FindingView(text.code, text.name, severity, text.owner, text.what, text.why, text.fix, text.source)
    return BrokenRuleView(finding, rule.count, rule.spots)


def _picture_facts(picture: ImageFacts) -> tuple[tuple[str, str], ...]:
    measured: tuple[tuple[str, str], ...] = ()
    if picture.width_px:
        ratio = f"{picture.width_px / picture.height_px:.3f} to 1" if picture.height_px else ""
        measured = (
            ("format", picture.format),
            ("width and height", f"{picture.width_px:,} x {picture.height_px:,} px"),
            ("ratio", ratio),
        )
    return (*measured, ("SHA-256", picture.sha256))


def _thumbnail_texts(annex: Annex, picture: ImageFacts) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{spec.name}, {spec.format} {spec.width_px} x {spec.height_px} px", reason or "can be cut from this picture")
        for spec, reason in thumbnails_of_picture(annex, picture)
    )
