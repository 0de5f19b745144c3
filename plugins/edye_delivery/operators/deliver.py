"""The step that sends the titles of a batch to the partner, over one channel."""

from __future__ import annotations

from edye_delivery.operators.base import BatchOperator, Step
from edye_delivery.operators.desk_link import DeskRunLink


class DeliverBatchOperator(BatchOperator):
    """Sends the titles of a batch to the partner over one channel."""

    operator_extra_links = (DeskRunLink(),)


class DeliverByApiOperator(DeliverBatchOperator):
    """Sends titles through the partner's ingest API."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.deliver import DeliverByApi

        return DeliverByApi(self.annex, self.batch)


class DeliverByFtpOperator(DeliverBatchOperator):
    """Sends titles to the partner's FTP server."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.deliver import DeliverByFtp

        return DeliverByFtp(self.annex, self.batch)
