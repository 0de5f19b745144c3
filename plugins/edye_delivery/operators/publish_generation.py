"""The steps of a pull channel that others do not have: expose a batch, and publish the generation that readers get."""

from __future__ import annotations

from edye_delivery.operators.base import RequestOperator, Step
from edye_delivery.operators.deliver import DeliverBatchOperator


class ExposeBatchOperator(DeliverBatchOperator):
    """Publishes the thumbnails of a batch, and writes what readers will see of its titles."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.publish_generation import ExposeBatch

        return ExposeBatch(self.annex, self.batch)


class PublishGenerationOperator(RequestOperator):
    """Publishes what the partner is shown now; a withdrawn title leaves with it."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.publish_generation import PublishGeneration

        return PublishGeneration(self.annex, self.request)
