"""What the rules on a title's media file share: their subject, and when they have no answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.catalog.jw_states import NO_STATES, UsableStates
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.qc.rule import Subject, rule

SECTION_5 = "roku-partner-annex.md section 5"
URLS = "architecture.md, Security, from the first line"
EDYE_SOURCE = "edye-api.yaml, Source"
media_rule = partial(rule, on=Subject.MEDIA, cause=Cause.MEDIA)
fixable_rule = partial(media_rule, is_fixed_by_encode=True)


@dataclass(frozen=True, slots=True)
class Media:
    """A planned title and the facts measured in its media file; None if nobody looked at it.

    `states` are the media that JW Player cannot play, as far as that is known.
    """

    plan: PlannedTitle
    facts: VideoFacts | None
    states: UsableStates = NO_STATES


RULE_OF_FAILURE = {
    ProbeFailure.URL_REFUSED: "VID002",
    ProbeFailure.HOST_NOT_ALLOWED: "VID020",
    ProbeFailure.NOT_FOUND: "VID003",
    ProbeFailure.UNREADABLE: "VID004",
    ProbeFailure.UNAVAILABLE: "VID011",
    ProbeFailure.REFUSED: "VID011",
    ProbeFailure.TOO_LARGE: "VID015",
}
RULE_OF_PARTS = {ProbeFailure.TRUNCATED: "VID009", ProbeFailure.ENCRYPTED: "VID019"}
"""Failures after which the figures in the file's header may still be readable."""


def why_not_looked_at(media: Media, annex: Annex) -> str | None:
    """Why nobody looked at the file; None if somebody did."""
    if media.plan.media is None:
        return "the title has no media file (VID001)"
    return "the media file was not looked at" if media.facts is None else None


def why_state_unknown(media: Media, annex: Annex) -> str | None:
    """Why nobody knows whether JW Player can play the media; None if somebody knows."""
    if media.plan.title.jwp_id is None:
        return "the title names no media of JW Player"
    return media.states.why_not or None


def why_not_measured(media: Media, annex: Annex) -> str | None:
    """Why there are no figures of the file; None if there are."""
    if media.facts is None or media.plan.media is None:
        return why_not_looked_at(media, annex)
    if media.facts.failure in RULE_OF_FAILURE:
        return f"the media file could not be read ({RULE_OF_FAILURE[media.facts.failure]})"
    if media.facts.failure in RULE_OF_PARTS and not media.facts.codec:
        return f"nothing else in the media file could be read ({RULE_OF_PARTS[media.facts.failure]})"
    return None


def why_without_duration(media: Media, annex: Annex) -> str | None:
    """Why the file has no duration to check; None if it has one."""
    facts, reason = media.facts, why_not_measured(media, annex)
    if reason is None and facts and not facts.duration_s and facts.container not in annex.video.containers:
        return f"the header of a {facts.container!r:.40} file has no duration (VID005)"
    return reason


def failure_detail(media: Media, *failures: ProbeFailure) -> Iterator[str]:
    """The probe's message on the file, if the probe failed for one of these reasons."""
    if media.facts and media.facts.failure in failures:
        yield media.facts.detail or media.facts.failure.value
