"""The steps that read a published generation from outside, as the partner would."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from edye_delivery.annex.channels import pull_channel_of
from edye_delivery.catalog.artifact_names import generation_record_name
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.workers import Workers
from edye_delivery.errors import WindowNotDone
from edye_delivery.hooks.delivery_api import DeliveryApiHook
from edye_delivery.hooks.edye import RETRY_POLICY, EdyeHook
from edye_delivery.hooks.feed_store import FeedStoreHook
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.pipeline.check_generation import GenerationChecker
from edye_delivery.pipeline.exposure.result import ExposureResult
from edye_delivery.pipeline.run_files import read_run
from edye_delivery.steps.base import Step, keep
from edye_delivery.steps.publish_generation import publisher_of, thumbnails_folder

log = logging.getLogger(__name__)
FULL_TIME = timedelta(hours=2)
SAMPLE_TIME = timedelta(minutes=15)
NAMED_MAX = 20
SHOWS_TOO_MUCH = frozenset({"EXPO003", "EXPO010"})
"""For these the hourly check takes a generation back; an API that fails may be an outage of the API itself."""


class ExposureStep(Step):
    """What both checks share: the checker."""

    def checker(self, run_id: str, time_limit: timedelta, run: Run) -> GenerationChecker:
        """The checker of this annex, for at most so long; `run` decodes pictures."""
        hook, publisher = DeliveryApiHook(self.annex), publisher_of(self.annex, run_id)
        ends_at_s = time.monotonic() + time_limit.total_seconds()
        page_size = pull_channel_of(self.annex).page_size.most
        api = DeliveryApi(hook.client(), RETRY_POLICY, SYSTEM_CLOCK, page_size, hook.mask, ends_at_s)
        return GenerationChecker(
            self.annex, publisher.publish, publisher.store, publisher.exposures, api, self._media(ends_at_s),
            SYSTEM_CLOCK, ends_at_s, run,
        )  # fmt: skip

    def _media(self, ends_at_s: float) -> MediaHost:
        """Asks for pictures and media: at the catalogue's hosts, the bucket of thumbnails, and the annex's hosts."""
        pull, catalogue = pull_channel_of(self.annex), self.annex.catalogue
        bucket = FeedStoreHook(thumbnails_folder(self.annex)).get_conn().host if pull.thumbnails else ""
        signed = pull.signed_media.hosts if pull.signed_media is not None else ()
        hosts = (*catalogue.media_hosts, *pull.check.url_hosts, *signed, *((bucket,) if bucket else ()))
        widened = self.annex.model_copy(update={"catalogue": catalogue.model_copy(update={"media_hosts": hosts})})
        return EdyeHook().media_host(widened, ends_at_s)


@dataclass(frozen=True)
class CheckExposure(ExposureStep):
    """Walks the published generation as the partner would, and compares it with the ledger."""

    request: Any
    published: Any

    def execute(self, context: Context) -> dict[str, Any]:
        """The reference of the record; a generation that shows what it must not is taken back."""
        if self.request is None or self.published is None:
            raise AirflowSkipException("no generation was published, so there is nothing to check")
        request, store = RunRequest.model_validate(self.request), self.artifacts
        with Workers(self.annex.images) as workers:
            checker = self.checker(request.run_id, FULL_TIME, workers.run)
            published, result = checker.check()
        sentence = checker.take_back(published.number) if result.has_to_go_back else ""
        _, titles, _, _ = read_run(store, request)
        checked = checker.record(result, (title.plan.external_id for title in titles), sentence)
        checker.keep(published, result)
        log_findings(result)
        name = generation_record_name(request, "checked")
        return keep(store, name, checked) | {"generation": published.number, "findings": dict(result.counts)}


class SampleExposure(ExposureStep):
    """Looks at a sample of the titles that the partner is shown; red where one is not as it should be."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The number of the generation, and the findings by code."""
        pull = pull_channel_of(self.annex)
        with Workers(self.annex.images) as workers:
            checker = self.checker(context["dag_run"].run_id, SAMPLE_TIME, workers.run)
            published, result = checker.check(pull.check.sample)
        shows_too_much = result.has_to_go_back and bool(SHOWS_TOO_MUCH & result.counts.keys())
        sentence = checker.take_back(published.number) if shows_too_much else ""
        log_findings(result)
        if result.counts:
            codes = ", ".join(f"{code} x{count}" for code, count in sorted(result.counts.items()))
            raise WindowNotDone(
                f"{self.annex.display_name} does not see generation {published.number} as it should be: {codes}. "
                f"{sentence} The log above names the titles and whose turn it is"
            )
        return {"generation": published.number, "findings": {}}


def log_findings(result: ExposureResult) -> None:
    """Logs the first findings, each with its title, its owner and what to do."""
    for found in result.findings[:NAMED_MAX]:
        finding, name = found.finding, found.external_id or found.item_id or "the generation"
        log.error("%s %s: %s -> %s: %s", finding.code, name, finding.message, finding.owner, finding.fix)
    for code, reason in result.skipped:
        log.warning("%s has no answer: %s", code, reason)
