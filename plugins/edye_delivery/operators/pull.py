"""The steps of the DAGs that watch a partner that pulls, and report what it called and fetched."""

from __future__ import annotations

from edye_delivery.operators.base import AnnexOperator, Step


class WatchDegradationOperator(AnnexOperator):
    """Compares the calls since the last look with the annex's bounds, and tells of what began or ended."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.pull import WatchDegradation

        return WatchDegradation(self.annex)


class AcceptFetchedOperator(AnnexOperator):
    """Accepts the titles that waited for nothing but the partner's fetch, and that it has read since."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.pull import AcceptFetched

        return AcceptFetched(self.annex)


class ReportConsumptionOperator(AnnexOperator):
    """Writes consumption.json, .csv, .xlsx and .html of the run's interval, or of the day before a run by hand.

    And consumption.not_fetched.csv, with all titles that were never fetched.
    """

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.pull import ReportConsumption

        return ReportConsumption(self.annex)
