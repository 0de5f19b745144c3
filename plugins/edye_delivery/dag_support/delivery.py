"""The steps of a delivery, the same for every channel: only the upload and the wait differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow.sdk import TriggerRule, task_group

from edye_delivery.annex.channels import feeds_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pools import uploads_pool
from edye_delivery.catalog.vocabulary import Channel, RunKind
from edye_delivery.dag_support.queues import MEDIA_WORK, TRANSFER
from edye_delivery.operators.accept import AcceptBatchOperator
from edye_delivery.operators.assets import feeds_alias
from edye_delivery.operators.check import CheckBatchOperator
from edye_delivery.operators.check_request import CheckRequestOperator
from edye_delivery.operators.confirm import ConfirmWindowOperator
from edye_delivery.operators.deliver import DeliverBatchOperator
from edye_delivery.operators.feeds import AssembleFeedOperator, LintFeedOperator, PublishFeedOperator
from edye_delivery.operators.fetch import FetchCatalogueOperator
from edye_delivery.operators.plan import PlanBatchesOperator
from edye_delivery.operators.reencode import ReencodeBatchOperator
from edye_delivery.operators.report import ReportOperator
from edye_delivery.operators.thumbnails import MakeThumbnailsOperator
from edye_delivery.sensors.batch import BatchSensor

REENCODE = "batch.reencode"
"""The task that a check skips where no title of its batch needs a re-encode."""

BATCHES_ENCODED_AT_ONCE = 2
"""ffmpeg uses every core; more batches at once would only share them."""


@dataclass(frozen=True, slots=True)
class ChannelSteps:
    """The steps that only one channel has: its upload and its wait."""

    channel: Channel
    deliver: type[DeliverBatchOperator]
    wait: type[BatchSensor]


def add_delivery(annex: Annex, steps: ChannelSteps, kind: RunKind = RunKind.DELIVERY) -> None:
    """Adds all tasks of a delivery, or of a redelivery, to the current DAG."""
    check_request = CheckRequestOperator(task_id="check_request", annex=annex, channel=steps.channel, kind=kind)
    fetch_catalogue = FetchCatalogueOperator(task_id="fetch_catalogue", annex=annex, request=check_request.output)
    plan_batches = PlanBatchesOperator(task_id="plan_batches", annex=annex, snapshot=fetch_catalogue.output)
    batches = _batch_group(annex, steps).expand(reference=plan_batches.output)
    report = ReportOperator(
        task_id="report", annex=annex, request=check_request.output, trigger_rule=TriggerRule.ALL_DONE
    )
    confirm_window = ConfirmWindowOperator(task_id="confirm_window", annex=annex, report=report.output)
    batches >> report >> confirm_window
    check_request >> confirm_window  # a run that did not begin has no report, but is red too
    feeds = [spec.name for spec in feeds_of(annex, steps.channel)]
    if feeds:
        batches >> feed_group(annex, check_request.output).expand(name=feeds) >> report


def _batch_group(annex: Annex, steps: ChannelSteps) -> Any:
    @task_group(group_id="batch")
    def batch(reference: Any) -> None:
        thumbnails = _add_check(annex, reference)
        deliver = steps.deliver(
            task_id="deliver", annex=annex, batch=thumbnails.output, pool=uploads_pool(annex), queue=TRANSFER
        )
        wait = steps.wait(
            task_id="wait",
            annex=annex,
            batch=thumbnails.output,
            trigger_rule=TriggerRule.ALL_DONE,
            retries=10,  # Airflow 3.3.2 may count a deferral as a failure (apache/airflow#67287); a repeat is safe
            retry_delay=timedelta(seconds=30),
        )
        accept = AcceptBatchOperator(
            task_id="accept", annex=annex, batch=thumbnails.output, trigger_rule=TriggerRule.ALL_DONE
        )
        deliver >> wait >> accept

    return batch


def _add_check(annex: Annex, reference: Any) -> MakeThumbnailsOperator:
    """Adds check, thumbnails, and between them the re-encode where the annex has one; the last of these tasks."""
    if annex.reencode is None:
        check = CheckBatchOperator(task_id="check", annex=annex, batch=reference, **MEDIA_WORK)
        return MakeThumbnailsOperator(task_id="thumbnails", annex=annex, batch=check.output, **MEDIA_WORK)
    check = CheckBatchOperator(task_id="check", annex=annex, batch=reference, reencode_task_id=REENCODE, **MEDIA_WORK)
    reencode = ReencodeBatchOperator(
        task_id="reencode",
        annex=annex,
        batch=check.output,
        max_active_tis_per_dagrun=BATCHES_ENCODED_AT_ONCE,
        **MEDIA_WORK,
    )
    return MakeThumbnailsOperator(
        task_id="thumbnails",
        annex=annex,
        batch=check.output,
        reencoded=reencode.output,
        trigger_rule=TriggerRule.NONE_FAILED,
        **MEDIA_WORK,
    )


def feed_group(annex: Annex, request: Any) -> Any:
    """The steps of one feed, to be expanded over the names of feeds."""

    @task_group(group_id="feed")
    def feed(name: Any) -> None:
        which = {"annex": annex, "request": request, "feed": name}
        assemble_feed = AssembleFeedOperator(task_id="assemble_feed", trigger_rule=TriggerRule.ALL_DONE, **which)
        lint_feed = LintFeedOperator(task_id="lint_feed", draft=assemble_feed.output, **which)
        publish_feed = PublishFeedOperator(
            task_id="publish_feed", draft=assemble_feed.output, outlets=[feeds_alias(annex.partner)], **which
        )
        lint_feed >> publish_feed

    return feed
