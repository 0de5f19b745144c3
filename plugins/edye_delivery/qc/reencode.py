"""Which titles a new encode of their media fixes, and what is said of those that it did not fix (annex section 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.catalog.finding import Finding, blocking
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, Severity
from edye_delivery.qc.rule import RULES, Subject, rule

SECTION_7 = "roku-partner-annex.md section 7"
UNAVAILABLE = "VID011"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One re-encode: `before` and `after` are the media's figures, `trouble` is why there is no result.

    `findings` are what the rules say of the result.
    """

    before: VideoFacts
    after: VideoFacts | None = None
    findings: tuple[Finding, ...] = ()
    trouble: str = ""


def is_to_be_reencoded(annex: Annex, checked: CheckedTitle) -> bool:
    """Whether the title waits for nothing but a new encode: every blocking finding is fixed by it, or it is asked for.

    Never where the annex re-encodes nothing, or where the media file could not be measured whole.
    """
    video, found = checked.video, blocking(checked.findings)
    if annex.reencode is None or checked.plan.media is None or video is None or video.failure is not None:
        return False
    if not found:
        return checked.plan.reencode_asked
    return all(finding.code in RULES and RULES[finding.code].is_fixed_by_encode for finding in found)


def form_text(video: VideoFacts | None) -> str:
    """Codec and container, for people."""
    return f"{video.codec or 'unknown'} in {video.container or 'unknown'}" if video else "unknown"


def not_fixed(checked: CheckedTitle, attempt: Attempt, annex: Annex) -> CheckedTitle:
    """The title with all that was found, and why the re-encode did not help; it stays with its owner."""
    found = RULES["VID017"].findings(attempt, annex)
    return checked.model_copy(update={"findings": (*checked.findings, *found), "encode": None})


def postpone(checked: CheckedTitle, why: str) -> CheckedTitle:
    """The title that cannot be re-encoded now, through no fault of its own; the next try decides what was found."""
    warned = tuple(finding.model_copy(update={"severity": Severity.WARN}) for finding in checked.findings)
    return checked.model_copy(update={"findings": (RULES[UNAVAILABLE].finding(why), *warned), "encode": None})


@rule("VID017", "reencode-did-not-help", Severity.BLOCK, on=Subject.ENCODE, cause=Cause.MEDIA, source=SECTION_7)
def reencode_did_not_help(attempt: Attempt, annex: Annex) -> Iterator[str]:
    """The media file was to be re-encoded, and that gave no file that the partner takes.

    Why: what a new encode does not fix has to be put right at its source.
    Fix: export the video anew from the master, look at it from beginning to end, and upload it to JW Player.
    """
    if attempt.trouble:
        yield attempt.trouble
    elif attempt.after is not None:
        start = f"re-encoded from {form_text(attempt.before)} to {form_text(attempt.after)}"
        for finding in blocking(attempt.findings):
            yield f"{start}, and {finding.code} says of the result: {finding.message}"
        lost = "; ".join(_losses(attempt.before, attempt.after, annex))
        if lost:
            yield f"{start}, and {lost}"


def _losses(before: VideoFacts, after: VideoFacts, annex: Annex) -> Iterator[str]:
    """What of picture and sound the result lacks, each held against its own stream."""
    tolerance_s = annex.video.duration_tolerance_s
    for what, source_s, result_s in (
        ("picture", before.duration_s, after.duration_s),
        ("sound", before.sound_duration_s, after.sound_duration_s),
    ):
        if source_s - result_s > tolerance_s:
            yield (
                f"its {what} is {result_s:.3f} s long, its source says {source_s:.3f} s; up to {tolerance_s:g} s apart "
                "are tolerated"
            )
    if before.has_audio and not after.has_audio:
        yield "the result has no sound, its source has"
