"""The record of one publication for a partner that pulls."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from edye_delivery.catalog.plan import Record
from edye_delivery.catalog.vocabulary import Cause, ListName, Owner


class PublishedGeneration(Record):
    """The generation that readers have after a publication.

    `items` counts what it has by list. `changed` and `removed` count what this publication changed; `is_new` is false
    where nothing had changed, and readers keep the generation that they had. `version` is that of the offer.
    """

    number: int
    as_of: datetime
    version: int
    is_new: bool
    is_full: bool = False
    items: dict[str, int] = Field(default_factory=dict)
    changed: dict[str, int] = Field(default_factory=dict)
    removed: dict[str, int] = Field(default_factory=dict)
    bytes_written: int = 0


class LastCheck(Record):
    """How far the last whole check came: the version of the offer, and the ends of the lists that it read."""

    version: int
    checkpoints: dict[ListName, str]


class ExposedTitleFinding(Record):
    """What the exposure check found about one title, or about the generation where there is no external_id."""

    code: str
    external_id: str = ""
    cause: Cause
    owner: Owner
    message: str
    fix: str


class CheckedGeneration(Record):
    """What the exposure check of a generation found.

    `confirmed` are the titles of the run that readers find as they should be, or that wait for their availability to
    begin. Where the generation `is_taken_back`, readers have the one before, and nothing is confirmed.
    """

    number: int
    confirmed: tuple[str, ...] = ()
    findings: tuple[ExposedTitleFinding, ...] = ()
    is_taken_back: bool = False
    sentence: str = ""
