"""The steps of a pull channel that others do not have: expose a batch, and publish the generation that readers get."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from edye_delivery.annex.channels import pull_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.artifact_names import generation_record_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.hooks.artifacts import ArtifactStore
from edye_delivery.hooks.delivery_api_store import DeliveryApiStoreHook
from edye_delivery.hooks.feed_store import FeedStoreHook, PublicFolder
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.publish_generation import FEED, GenerationPublisher
from edye_delivery.pipeline.uploaders.pull import PullUploader
from edye_delivery.pipeline.uploaders.uploader import Uploader
from edye_delivery.steps.base import Step, keep
from edye_delivery.steps.deliver import DeliverBatch

log = logging.getLogger(__name__)


class ExposeBatch(DeliverBatch):
    """Publishes the thumbnails of a batch, and writes what readers will see of its titles."""

    def uploader(self, ledger: Ledger, store: ArtifactStore, ends_at_s: float) -> AbstractContextManager[Uploader]:
        """Exposes one title after the other; nothing is sent."""
        pull = pull_channel_of(self.annex)
        public_store = FeedStoreHook(thumbnails_folder(self.annex)).get_conn()
        watermarks = {spec.name: spec.watermark for spec in self.annex.thumbnails}
        return nullcontext(PullUploader(pull, LedgerHook().exposures(self.annex), store, public_store, watermarks))


@dataclass(frozen=True)
class PublishGeneration(Step):
    """Publishes what the partner is shown now; a withdrawn title leaves with it."""

    request: Any

    def execute(self, context: Context) -> dict[str, Any]:
        """The reference of the record, with the generation's number."""
        if self.request is None:
            raise AirflowSkipException("the run did not begin: check_request refused it, and its log says why")
        request = RunRequest.model_validate(self.request)
        if request.dry_run:
            raise AirflowSkipException("dry run: no generation is published")
        published = publisher_of(self.annex, request.run_id).publish()
        log.info("readers have generation %s of %s", published.number, self.annex.partner)
        name = generation_record_name(request, "published")
        return keep(self.artifacts, name, published) | {"generation": published.number}


def publisher_of(annex: Annex, run_id: str) -> GenerationPublisher:
    """The publisher of a pull channel, for one run."""
    ledger = LedgerHook()
    return GenerationPublisher(
        annex,
        run_id,
        DeliveryApiStoreHook(pull_channel_of(annex).store_conn_id).get_conn(),
        ledger.exposures(annex),
        ledger.publications(annex.partner, FEED),
        SYSTEM_CLOCK,
    )


def thumbnails_folder(annex: Annex) -> PublicFolder:
    """Where the thumbnails of the annex's titles are published."""
    return PublicFolder(pull_channel_of(annex).thumbnails_conn_id, f"{annex.partner}/thumbnails")
