"""The steps of a withdrawal by hand: those of a delivery, and three of its own."""

from __future__ import annotations

from airflow.sdk import TriggerRule

from edye_delivery.annex.channels import feeds_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel, RunKind
from edye_delivery.dag_support.delivery import feed_group
from edye_delivery.dag_support.publication import publish_generation
from edye_delivery.operators.check_request import CheckRequestOperator
from edye_delivery.operators.confirm import ConfirmWindowOperator
from edye_delivery.operators.report import ReportOperator
from edye_delivery.operators.withdraw import ApproveWithdrawalOperator, PlanWithdrawalOperator, WithdrawOperator


def add_withdrawal(annex: Annex, channel: Channel) -> None:
    """Adds all tasks of a withdrawal to the current DAG."""
    check_request = CheckRequestOperator(task_id="check_request", annex=annex, channel=channel, kind=RunKind.WITHDRAWAL)
    plan_withdrawal = PlanWithdrawalOperator(task_id="plan_withdrawal", annex=annex, request=check_request.output)
    approve = ApproveWithdrawalOperator(
        task_id="approve_withdrawal", annex=annex, plan=plan_withdrawal.output, execution_timeout=None
    )
    withdraw = WithdrawOperator(task_id="withdraw", annex=annex, plan=plan_withdrawal.output)
    report = ReportOperator(
        task_id="report", annex=annex, request=check_request.output, trigger_rule=TriggerRule.ALL_DONE
    )
    confirm_window = ConfirmWindowOperator(task_id="confirm_window", annex=annex, report=report.output)
    approve >> withdraw >> report >> confirm_window
    check_request >> confirm_window  # a run that did not begin has no report, but is red too
    if channel is Channel.PULL:
        withdraw >> publish_generation(annex, check_request.output) >> report
    feeds = [spec.name for spec in feeds_of(annex, channel)]
    if feeds:
        withdraw >> feed_group(annex, check_request.output).expand(name=feeds) >> report
