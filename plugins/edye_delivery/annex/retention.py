"""How long what ended deliveries and runs have left behind is kept; `ledger prune` deletes what is older."""

from __future__ import annotations

from pydantic import Field

from edye_delivery.annex.part import Part


class Retention(Part):
    """For how many days events, encodes and files of runs are kept; `ledger prune` deletes older ones."""

    events_days: int = Field(400, ge=30, le=3650)
    """For how many days all shipped events of a title that ended well are kept; later only its last steps are."""
    runs_days: int = Field(180, ge=30, le=3650)
    """For how many days the files of an ended run are kept: snapshot, plan, batches, drafts of feeds, reports."""
    encodes_days: int = Field(90, ge=7, le=3650)
    """For how many days an encode is kept; of several partners the longest time counts."""
