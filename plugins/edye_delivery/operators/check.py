"""The step that checks the titles of a batch: media, metadata, images."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.exceptions import DownstreamTasksSkipped

from edye_delivery.operators.base import BatchOperator, Step


class CheckBatchOperator(BatchOperator):
    """Checks the titles of a batch: media, metadata, images.

    It skips the re-encode of the batch where no title needs one: `reencode_task_id` names that task, empty where the
    DAG has none. A task that is skipped here never reaches a worker. Should Airflow start it all the same, it finds
    nothing to do.
    """

    def __init__(self, *, reencode_task_id: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reencode_task_id = reencode_task_id

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.check import CheckBatch

        return CheckBatch(self.annex, self.batch)

    def execute(self, context: Context) -> Any:
        """The checked batch's reference, with the number of titles that need a re-encode."""
        reference = super().execute(context)
        if self.reencode_task_id and not reference["to_reencode"]:
            instance = context["ti"]
            instance.xcom_push(key=BaseXCom.XCOM_RETURN_KEY, value=reference)
            raise DownstreamTasksSkipped(tasks=[(self.reencode_task_id, instance.map_index)])
        return reference
