"""The step that fetches one window of the catalogue."""

from __future__ import annotations

from edye_delivery.operators.base import RequestOperator, Step


class FetchCatalogueOperator(RequestOperator):
    """Writes a snapshot of the catalogue's window."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.fetch import FetchCatalogue

        return FetchCatalogue(self.annex, self.request)
