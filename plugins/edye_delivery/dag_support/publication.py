"""The steps of a publication for a partner that pulls: those of a delivery, but nothing is sent or waited for."""

from __future__ import annotations

from typing import Any

from airflow.sdk import TriggerRule, task_group

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel, RunKind
from edye_delivery.dag_support.queues import MEDIA_WORK
from edye_delivery.operators.accept import AcceptExposedOperator
from edye_delivery.operators.check import CheckBatchOperator
from edye_delivery.operators.check_request import CheckRequestOperator
from edye_delivery.operators.confirm import ConfirmWindowOperator
from edye_delivery.operators.exposure import CheckExposureOperator
from edye_delivery.operators.fetch import FetchCatalogueOperator
from edye_delivery.operators.plan import PlanBatchesOperator
from edye_delivery.operators.publish_generation import ExposeBatchOperator, PublishGenerationOperator
from edye_delivery.operators.report import ReportOperator
from edye_delivery.operators.thumbnails import MakeThumbnailsOperator


def add_publication(annex: Annex, kind: RunKind = RunKind.DELIVERY) -> None:
    """Adds all tasks of a publication to the current DAG; `annex` is that of the pull channel.

    Withdrawals of the catalogue are published before the batches are checked: they do not wait for media.
    """
    check_request = CheckRequestOperator(task_id="check_request", annex=annex, channel=Channel.PULL, kind=kind)
    request = check_request.output
    fetch_catalogue = FetchCatalogueOperator(task_id="fetch_catalogue", annex=annex, request=request)
    plan_batches = PlanBatchesOperator(task_id="plan_batches", annex=annex, snapshot=fetch_catalogue.output)
    publish_withdrawals = publish_generation(annex, request, "publish_withdrawals", TriggerRule.ALL_SUCCESS)
    batches = _batch_group(annex).expand(reference=plan_batches.output)
    publish = publish_generation(annex, request)
    check_exposure = CheckExposureOperator(
        task_id="check_exposure", annex=annex, request=request, published=publish.output
    )  # fmt: skip
    accept = AcceptExposedOperator(
        task_id="accept",
        annex=annex,
        request=request,
        exposure=check_exposure.output,
        trigger_rule=TriggerRule.ALL_DONE,
    )
    report = ReportOperator(task_id="report", annex=annex, request=request, trigger_rule=TriggerRule.ALL_DONE)
    confirm_window = ConfirmWindowOperator(task_id="confirm_window", annex=annex, report=report.output)
    plan_batches >> publish_withdrawals >> publish
    batches >> publish >> check_exposure >> accept >> report >> confirm_window
    check_request >> confirm_window  # a run that did not begin has no report, but is red too


def publish_generation(
    annex: Annex, request: Any, task_id: str = "publish_generation", trigger_rule: TriggerRule = TriggerRule.ALL_DONE
) -> PublishGenerationOperator:
    """The step that publishes what the partner is shown now, however the steps before it ended."""
    return PublishGenerationOperator(task_id=task_id, annex=annex, request=request, trigger_rule=trigger_rule)


def _batch_group(annex: Annex) -> Any:
    @task_group(group_id="batch")
    def batch(reference: Any) -> None:
        check = CheckBatchOperator(task_id="check", annex=annex, batch=reference, **MEDIA_WORK)
        thumbnails = MakeThumbnailsOperator(task_id="thumbnails", annex=annex, batch=check.output, **MEDIA_WORK)
        ExposeBatchOperator(task_id="expose", annex=annex, batch=thumbnails.output)

    return batch
