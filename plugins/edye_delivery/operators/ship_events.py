"""The steps of the trail's own DAGs: they ship events and calls, delete old calls, and send alerts again."""

from __future__ import annotations

from edye_delivery.operators.base import Step, StepOperator


class ShipEventsOperator(StepOperator):
    """Ships the ledger's events to the place that the connection `ingesta_logs` names."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.ship_events import ShipEvents

        return ShipEvents()


class ShipApiCallsOperator(StepOperator):
    """Ships calls of the delivery API to the place that the connection `ingesta_logs` names."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.ship_events import ShipApiCalls

        return ShipApiCalls()


class DeleteOldApiCallsOperator(StepOperator):
    """Deletes calls of the delivery API that the log does not keep any more; the sums of their hours stay."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.ship_events import DeleteOldApiCalls

        return DeleteOldApiCalls()


class TellAlertsOperator(StepOperator):
    """Sends the alerts that no delivery sent: a service was down, or the run that raised them died.

    Where Airflow sends metrics, it also measures what waits at each partner.
    """

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.ship_events import TellAlerts

        return TellAlerts()
