"""Which titles a new encode of their media can fix, and the finding for those that it did not fix (annex section 7)."""

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
    """One re-encode: `before` and `after` are the media's figures, `trouble` says why there is no result.

    `findings` are the rules' findings on the result.
    """

    before: VideoFacts
    after: VideoFacts | None = None
    findings: tuple[Finding, ...] = ()
    trouble: str = ""


def is_to_be_reencoded(annex: Annex, checked: CheckedTitle) -> bool:
    """Whether the title needs only a new encode: it fixes every blocking finding, or a person asked for it.

    False if the annex has no re-encoding, or if the media file could not be measured completely.
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


def mark_not_fixed(checked: CheckedTitle, attempt: Attempt, annex: Annex) -> CheckedTitle:
    """The title with its findings and one more, which says why the re-encode did not help."""
    found = RULES["VID017"].findings(attempt, annex)
    return checked.model_copy(update={"findings": (*checked.findings, *found), "encode": None})


def postpone(checked: CheckedTitle, why: str) -> CheckedTitle:
    """The title as reported if it cannot be re-encoded now and the reason is not in it: its findings are warnings."""
    warnings = tuple(finding.model_copy(update={"severity": Severity.WARN}) for finding in checked.findings)
    return checked.model_copy(update={"findings": (RULES[UNAVAILABLE].finding(why), *warnings), "encode": None})


@rule("VID017", "reencode-did-not-help", Severity.BLOCK, on=Subject.ENCODE, cause=Cause.MEDIA, source=SECTION_7)
def reencode_did_not_help(attempt: Attempt, annex: Annex) -> Iterator[str]:
    """The re-encode of the media file gave no file that the partner takes.

    Why: a defect that a new encode does not fix must be corrected in the source.
    Fix: export the video again from the master, watch it from beginning to end, and upload it to JW Player.
    """
    if attempt.trouble:
        yield attempt.trouble
    elif attempt.after is not None:
        start = f"re-encoded from {form_text(attempt.before)} to {form_text(attempt.after)}"
        for finding in blocking(attempt.findings):
            yield f"{start}, but the result breaks {finding.code}: {finding.message}"
        lost = "; ".join(_losses(attempt.before, attempt.after, annex))
        if lost:
            yield f"{start}, but {lost}"


def _losses(before: VideoFacts, after: VideoFacts, annex: Annex) -> Iterator[str]:
    """What the result lacks of picture and sound, each compared with the same stream of the source."""
    tolerance_s = annex.video.duration_tolerance_s
    for what, source_s, result_s in (
        ("picture", before.duration_s, after.duration_s),
        ("sound", before.sound_duration_s, after.sound_duration_s),
    ):
        if source_s - result_s > tolerance_s:
            yield (
                f"its {what} is {result_s:.3f} s long, in the source {source_s:.3f} s; a difference of up to "
                f"{tolerance_s:g} s is tolerated"
            )
    if before.has_audio and not after.has_audio:
        yield "it has no sound, and the source has sound"
