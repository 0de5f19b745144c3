"""The numbers of the comparison with JW Player, each with its source; where an annex has one, the annex counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jw_player import LOSS_PERCENT_MAX

DECISIONS = "delivery-via-api-decisions.md, JW Player and EDYE: checks SYNC"


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """What counts as a difference, and for how long the nightly sync may still take it away.

    `tags` are a partner's: a media with one of them should have a title. `external_ids` are the sources of external ids
    that somebody asks for, such as tms.
    """

    sync_lag_s: int = 93_600
    """A day and two hours: after the nightly sync every change of JW Player is in EDYE (decisions, checks SYNC)."""
    ready_grace_s: int = 21_600
    """JW Player makes a media ready within minutes to hours; after six hours a person looks (this project's choice)."""
    duration_tolerance_s: float = 5.0
    """As `video.duration_tolerance_s` of an annex, whose default this is."""
    min_short_edge_px: int = 720
    """As `video.min_short_edge_px` of an annex (roku-partner-annex.md section 5)."""
    max_loss_percent: float = LOSS_PERCENT_MAX
    """A sweep that lost more of the last one's media is not believed (decisions, checks SYNC)."""
    tags: frozenset[str] = frozenset()
    external_ids: frozenset[str] = frozenset()


USUAL_LIMITS = SyncLimits()


def limits_of(annex: Annex) -> SyncLimits:
    """The limits for one partner: its limits for video, its tags, the external ids that it gets."""
    asked = {field.external for field in annex.metadata.values() if field.external}
    tags = set(annex.catalogue.tags)
    if annex.pull is not None:
        asked |= set(annex.pull.scope.external_ids)
        tags = set(annex.pull.tags) or tags
    return replace(
        USUAL_LIMITS,
        duration_tolerance_s=annex.video.duration_tolerance_s,
        min_short_edge_px=annex.video.min_short_edge_px,
        tags=frozenset(tags),
        external_ids=frozenset(asked),
    )
