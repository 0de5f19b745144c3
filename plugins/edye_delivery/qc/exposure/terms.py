"""What an annex says about the items that a pulling partner sees, as far as the rules EXPO need it."""

from __future__ import annotations

from dataclasses import dataclass, field

from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel, PullScope

DECISIONS = "delivery-via-api-decisions.md, Exposure check"


@dataclass(frozen=True, slots=True)
class ExposureTerms:
    """Tags and countries of which an item has to have one (empty: any), the parts that it has, the keys it needs."""

    tags: frozenset[str] = frozenset()
    geo: frozenset[str] = frozenset()
    scope: PullScope = field(default_factory=PullScope)
    minimum_metadata: tuple[str, ...] = ("titles",)


def terms_of(annex: Annex, pull: PullChannel) -> ExposureTerms:
    """The terms of the annex's pull channel; where that names no tags or countries, those of its catalogue count."""
    return ExposureTerms(
        tags=frozenset(pull.tags or annex.catalogue.tags),
        geo=frozenset(country.lower() for country in pull.geo or annex.catalogue.geo),
        scope=pull.scope,
        minimum_metadata=tuple(pull.minimum_metadata),
    )
