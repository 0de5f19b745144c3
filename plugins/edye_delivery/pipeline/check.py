"""Check: measures the media and pictures of several titles at once over HTTP, and applies every rule (annex, 5)."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.jw_states import NO_STATES, UsableStates
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle, ensure_readable
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.probe import probe_video
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.pipeline.fresh_address import NO_FRESH_SOURCES, FreshSources
from edye_delivery.qc.check import check_title
from edye_delivery.qc.rule import RULES

log = logging.getLogger(__name__)
TITLES_AT_ONCE = 8
NOT_MEASURED = "VID011"
NO_OTHER_ADDRESS = "the catalogue was read again and has no other address for it"
NOT_REACHED = "not checked: the time of its batch was over; the next run of the window checks it"


@dataclass(slots=True)
class BatchChecker:
    """Checks the titles of a batch: their media, their pictures with `pictures`, and every rule.

    Where the media host refuses an address, `fresh_sources` reads it from the catalogue again. `media_states` say which
    media JW Player cannot play.

    A title that was not begun by `ends_at_s` on the monotonic clock is left to the next run. `seconds` says by
    delivery key how long each title took.
    """

    annex: Annex
    media_host: MediaHost
    scratch_folder: Path
    today: date
    pictures: PictureChecker
    ends_at_s: float = math.inf
    fresh_sources: FreshSources = NO_FRESH_SOURCES
    media_states: UsableStates = NO_STATES
    monotonic: Callable[[], float] = time.monotonic
    seconds: dict[str, float] = field(default_factory=dict, init=False)

    def check_batch(self, plans: tuple[PlannedTitle, ...]) -> tuple[CheckedTitle, ...]:
        """Every title with its findings, in order; an error while one title is checked affects that title alone."""
        with ThreadPoolExecutor(TITLES_AT_ONCE, thread_name_prefix="check") as pool:
            return tuple(pool.map(self._check_title, plans))

    def _check_title(self, plan: PlannedTitle) -> CheckedTitle:
        started = self.monotonic()
        if started >= self.ends_at_s:
            log.warning("%s: %s", plan.external_id, NOT_REACHED)
            return CheckedTitle(plan=plan, findings=(*plan.findings, RULES[NOT_MEASURED].finding(NOT_REACHED)))
        checked = attempt(plan.external_id, "checking it", lambda: ensure_readable(self._check_title_once(plan)))
        self.seconds[plan.delivery_key] = self.monotonic() - started
        if isinstance(checked, StepFailure):
            return CheckedTitle(plan=plan, findings=(*plan.findings, RULES[NOT_MEASURED].finding(checked.sentence)))
        return checked

    def _check_title_once(self, plan: PlannedTitle) -> CheckedTitle:
        plan, video = self._probe(plan)
        images, rendered = self.pictures.check(plan.title)
        result = check_title(self.annex, plan, video, images, self.today, self.media_states)
        found = blocking(result.findings)
        log.info("%s: %s", plan.external_id, ", ".join(finding.code for finding in found) or "good")
        return CheckedTitle(
            plan=plan,
            findings=result.findings,
            skipped=result.skipped,
            video=video,
            images=images,
            rendered=rendered,
        )

    def _probe(self, plan: PlannedTitle) -> tuple[PlannedTitle, VideoFacts | None]:
        """The plan and the facts of its media; an address that the host refuses is read from the catalogue again."""
        if plan.media is None:
            return plan, None
        facts = probe_video(self.media_host, plan.media.file, self.scratch_folder)
        if facts.failure is not ProbeFailure.REFUSED:
            return plan, facts
        fresh = self.fresh_sources.source_of(plan)
        if fresh is None:
            return plan, facts.model_copy(update={"detail": f"{facts.detail}; {NO_OTHER_ADDRESS}"})
        fresh_plan = plan.model_copy(update={"media": fresh})
        return fresh_plan, probe_video(self.media_host, fresh.file, self.scratch_folder)
