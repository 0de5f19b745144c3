"""Tells apart why an answer of the delivery API is not what it should be."""

from __future__ import annotations

from edye_delivery.errors import DeliveryError, UrlRefused

GONE = 410
NOT_THE_ANSWERS_FAULT = frozenset({401, 403, 408, 410, 425, 429})
"""Statuses that say something about our token, our pace or the time that has passed."""


class NewerGeneration(Exception):
    """Another run has published since: what was expected is not what readers see now."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        super().__init__(f"generation {generation} is served")


def is_answers_fault(error: DeliveryError) -> bool:
    """Whether the API did answer, and wrongly; False where no answer came, or one that says to come again."""
    if isinstance(error, UrlRefused):
        return True
    return error.http_status is not None and error.http_status not in NOT_THE_ANSWERS_FAULT
