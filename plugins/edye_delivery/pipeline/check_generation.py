"""Checks the published generation from outside, and takes one back that shows what it must not."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from edye_delivery.annex.channels import api_folder_of, pull_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.generation_records import (
    CheckedGeneration,
    ExposedTitleFinding,
    LastCheck,
    PublishedGeneration,
)
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.delivery_api.generations.manifest import read_pointer
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import go_back
from edye_delivery.errors import NoEarlierGeneration
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.pipeline.expected_exposure import Expectation, ExpectationOutdated
from edye_delivery.pipeline.exposure.access import LIST_ENDPOINTS
from edye_delivery.pipeline.exposure.check import check_exposure
from edye_delivery.pipeline.exposure.result import ExposureResult
from edye_delivery.pipeline.publish_generation import OfferUnsteady

ROUNDS = 3
"""So often the check begins again, because the ledger or the generation changed while it read."""
TAKEN_BACK = "generation {} showed what it must not and was taken back: readers have generation {}"
NOT_TAKEN_BACK = "generation {} shows what it must not, and there is no earlier one to go back to"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GenerationChecker:
    """Checks what the annex of a pull channel shows, in the name of its check user.

    `publish` publishes what is offered now; where nothing has changed, it gives the generation that readers have. `run`
    decodes pictures; without it no thumbnail is measured.
    """

    annex: Annex
    publish: Callable[[], PublishedGeneration]
    store: FolderStore
    exposures: Exposures
    api: DeliveryApi
    media: MediaHost
    clock: Clock
    ends_at_s: float = math.inf
    run: Run | None = None

    def check(self, sample: int | None = None) -> tuple[PublishedGeneration, ExposureResult]:
        """Compares the generation with the ledger: whole, or a sample of so many titles.

        In a whole check the titles count as new that changed since the last one, whatever was published between.
        OfferUnsteady where the ledger changes again and again meanwhile.
        """
        pull, before = pull_channel_of(self.annex), self._last_check() if sample is None else None
        since, checkpoints = (before.version, before.checkpoints) if before is not None else (None, {})
        for _ in range(ROUNDS):
            published = self.publish()
            expectation = Expectation(self.annex, self.exposures, self.clock.now(), published.version, since)
            try:
                expected = expectation.of_generation(published.number, checkpoints, sample)
                result = check_exposure(
                    self.api, expected, self.annex, pull, self.clock,
                    is_full=sample is None, media=self.media, run=self.run, ends_at_s=self.ends_at_s,
                    settle_s=self.store.settle_s,
                )  # fmt: skip
            except ExpectationOutdated:
                continue
            if result.newer_generation is None:
                return published, result
        raise OfferUnsteady(
            f"what {self.annex.display_name} is offered changed {ROUNDS} times while its generation was checked: run "
            "this step again"
        )

    def keep(self, published: PublishedGeneration, result: ExposureResult) -> None:
        """Keeps how far a whole check came; the next one goes on from the one before where it did not read all lists.

        It is kept with the generations: an API over another folder would not know the checkpoints.
        """
        pull = pull_channel_of(self.annex)
        endpoints = pull.users[pull.check.user].endpoints
        wanted = {ListName(name) for name, items in published.items.items() if items}
        if all(name in result.checkpoints for name in wanted if LIST_ENDPOINTS[name] in endpoints):
            last = LastCheck(version=published.version, checkpoints=dict(result.checkpoints))
            self.store.write(self._last_check_name, last.model_dump_json().encode())

    def _last_check(self) -> LastCheck | None:
        """The last whole check; None before the first one, and where its record is of an earlier program."""
        try:
            return LastCheck.model_validate_json(self.store.read(self._last_check_name))
        except (FileNotFoundError, ValidationError):
            return None

    @property
    def _last_check_name(self) -> str:
        return f"{api_folder_of(self.annex)}/checkpoints.json"

    def take_back(self, number: int) -> str:
        """Lets readers see the generation before this one; the sentence that says so."""
        partner = api_folder_of(self.annex)
        pointer = read_pointer(self.store, partner)
        if pointer is None or pointer.generation != number:
            return f"generation {number} is not the one that readers have any more"
        try:
            sentence = TAKEN_BACK.format(number, go_back(self.store, partner))
        except NoEarlierGeneration:
            sentence = NOT_TAKEN_BACK.format(number)
        log.error("%s", sentence)
        return sentence

    def record(self, result: ExposureResult, external_ids: Iterator[str], sentence: str = "") -> CheckedGeneration:
        """What the check found about these titles of a run."""
        names = list(external_ids)
        waiting = {
            name for name, one in self.exposures.of_titles(names, self.clock.now()).items() if one.is_waiting
        }  # fmt: skip
        confirmed = tuple(name for name in names if result.is_good(name) or (name in waiting and not result.counts))
        return CheckedGeneration(
            number=result.generation,
            confirmed=() if result.has_to_go_back else confirmed,
            findings=tuple(
                ExposedTitleFinding(
                    code=found.finding.code,
                    external_id=found.external_id,
                    cause=found.finding.cause,
                    owner=found.finding.owner,
                    message=found.finding.message,
                    fix=found.finding.fix,
                )
                for found in result.findings
            ),
            is_taken_back=result.has_to_go_back,
            sentence=sentence,
        )
