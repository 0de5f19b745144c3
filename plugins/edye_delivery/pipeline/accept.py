"""Accept: a title counts as delivered when every acceptance criterion of the annex is met, each with its evidence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from edye_delivery.annex.model import Annex, Criterion
from edye_delivery.catalog.channel_words import state_text, words_of
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.ledger.database import LEDGER_GONE
from edye_delivery.ledger.fetches import FETCHED, NOT_FETCHED
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery, TransitionRefused
from edye_delivery.pipeline.outcomes import note_trouble

log = logging.getLogger(__name__)
Evidence = tuple[bool, str, Cause]


@dataclass(frozen=True, slots=True)
class Acceptor:
    """Accepts the completed titles of a batch that meet all of the annex's criteria."""

    annex: Annex
    ledger: Ledger

    def accept_batch(self, titles: tuple[CheckedTitle, ...]) -> dict[str, int]:
        """Accepts each completed title that meets all criteria, fails the others; counts the titles by state.

        A title that misses nothing but the partner's fetch stays completed: it waits for the partner.
        """
        deliveries = self.ledger.deliveries(checked.plan.delivery_key for checked in titles)
        counts: dict[str, int] = {}
        for checked in titles:
            delivery = deliveries.get(checked.plan.delivery_key)
            if delivery is None:
                log.error("%s is not in the ledger, so it cannot be accepted", checked.plan.external_id)
                continue
            state = delivery.state
            if state is DeliveryState.COMPLETED:
                name = checked.plan.external_id
                outcome = attempt(name, "accepting it", partial(self._accept_or_leave, checked, delivery), LEDGER_GONE)
                if isinstance(outcome, StepFailure):
                    note_trouble(self.ledger, name, delivery.delivery_key, outcome)
                else:
                    state = outcome
            counts[state] = counts.get(state, 0) + 1
        return counts

    def _accept_or_leave(self, checked: CheckedTitle, delivery: Delivery) -> DeliveryState:
        """The title's state; a title that another run has just accepted or failed stays as it is."""
        try:
            return self._accept_title(checked, delivery)
        except TransitionRefused as error:
            log.info("%s: %s", checked.plan.external_id, error)
            return self.ledger.deliveries([delivery.delivery_key])[delivery.delivery_key].state

    def _accept_title(self, checked: CheckedTitle, delivery: Delivery) -> DeliveryState:
        annex, key = self.annex, delivery.delivery_key
        if delivery.waits_for_partner and FETCHED in annex.acceptance:  # offered already, as an accepted title is
            return self.ledger.wait_for_fetch(annex.partner, checked.plan, delivery.criteria)
        unmet = [
            (name, evidence, cause)
            for name in annex.acceptance
            for met, evidence, cause in [CRITERIA[name](annex, checked, delivery)]
            if not met
        ]
        missed = [one for one in unmet if one[0] != FETCHED]
        if missed:
            name, evidence, cause = missed[0]
            ended = "readers find it as it should be" if _is_pulled(delivery) else "the partner completed it"
            detail = f"{ended}, but {name} is not met: {evidence}"
            self.ledger.fail(key, cause, detail, tracking_id=delivery.tracking_id, was_completed=True)
            return DeliveryState.FAILED
        criteria = criteria_of(annex, checked, delivery)
        if _is_pulled(delivery):
            self.ledger.end_replaced(key)
        if unmet:
            log.info("%s waits for the partner, which has not read it yet", checked.plan.external_id)
            return self.ledger.wait_for_fetch(annex.partner, checked.plan, criteria)
        self.ledger.accept(annex.partner, checked.plan, criteria)
        log.info("%s accepted", checked.plan.external_id)
        return DeliveryState.ACCEPTED


def criteria_of(annex: Annex, checked: CheckedTitle, delivery: Delivery) -> list[dict[str, Any]]:
    """Every criterion of the annex (section 6), whether it is met, and the evidence."""
    return [
        {"criterion": name, "met": met, "evidence": evidence}
        for name in annex.acceptance
        for met, evidence, _ in [CRITERIA[name](annex, checked, delivery)]
    ]


def _check_received(annex: Annex, checked: CheckedTitle, delivery: Delivery) -> Evidence:
    if delivery.tracking_id is None or delivery.received_at is None:
        missing = "it was not exposed" if _is_pulled(delivery) else "no receipt with a tracking id is known"
        return False, missing, Cause.UNKNOWN
    what = "exposed" if _is_pulled(delivery) else "received"
    return True, f"{what} at {delivery.received_at:%Y-%m-%d %H:%M:%S} UTC as {delivery.tracking_id}", Cause.UNKNOWN


def _check_completed(annex: Annex, checked: CheckedTitle, delivery: Delivery) -> Evidence:
    met = delivery.state in (DeliveryState.COMPLETED, DeliveryState.ACCEPTED)
    evidence = f"the partner says completed for {delivery.tracking_id}"
    if _is_pulled(delivery):
        evidence = f"the exposure check found {delivery.tracking_id} in the generation as it should be"
    return met, evidence if met else f"it is {state_text(delivery.state, delivery.channel)}", Cause.STUCK


def _check_media(annex: Annex, checked: CheckedTitle, delivery: Delivery) -> Evidence:
    found = [finding for finding in blocking(checked.findings) if finding.code.startswith("VID")]
    video = checked.video
    if found or video is None or video.failure is not None:
        return False, _findings_text(found) or "the media was not measured", Cause.MEDIA
    measured = f"{video.codec} in {video.container}, {video.width_px}x{video.height_px}, {video.duration_s:.0f} s"
    if checked.encode is not None:
        measured += f", re-encoded from {checked.encode.source}"
    return True, measured, Cause.MEDIA


def _check_metadata(annex: Annex, checked: CheckedTitle, delivery: Delivery) -> Evidence:
    empty = [key for key in annex.minimum_metadata if checked.plan.metadata.get(key) in (None, "", [])]
    if empty:
        return False, f"{', '.join(empty)} empty", Cause.METADATA
    return True, f"{', '.join(annex.minimum_metadata)} {words_of(delivery.channel).participle}", Cause.METADATA


def _check_quality(annex: Annex, checked: CheckedTitle, delivery: Delivery) -> Evidence:
    found = blocking(checked.findings)
    missing = {spec.name for spec in annex.thumbnails} - {thumbnail.name for thumbnail in checked.thumbnails}
    if found:
        return False, _findings_text(list(found)), found[0].cause
    if missing:
        return False, f"thumbnails missing: {', '.join(sorted(missing))}", Cause.IMAGES
    return True, f"no blocking finding, {len(checked.thumbnails)} of {len(annex.thumbnails)} thumbnails", Cause.IMAGES


def _check_fetched(annex: Annex, checked: CheckedTitle, delivery: Delivery) -> Evidence:
    """The watch looks for the partner's calls later; what is sent needs none."""
    if _is_pulled(delivery):
        return False, NOT_FETCHED, Cause.UNKNOWN
    return True, "it was sent to the partner, which need not fetch it", Cause.UNKNOWN


def _is_pulled(delivery: Delivery) -> bool:
    return delivery.channel is Channel.PULL


def _findings_text(findings: list[Any]) -> str:
    return "; ".join(f"{finding.code} {finding.message}" for finding in findings)


CRITERIA: dict[Criterion, Callable[[Annex, CheckedTitle, Delivery], Evidence]] = {
    "received_with_tracking_id": _check_received,
    "completed": _check_completed,
    "media_within_limits": _check_media,
    "minimum_metadata": _check_metadata,
    "qc_and_thumbnails": _check_quality,
    "fetched": _check_fetched,
}
