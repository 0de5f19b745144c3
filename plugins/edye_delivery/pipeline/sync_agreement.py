"""Which titles agree with JW Player in all that the rules SYNC compare, found by one query over all of them.

Nearly all titles of a catalogue agree, so the rules are asked about the others only. A title counts as agreeing only
where no rule can have a finding about it; where that is not certain, the rules decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from edye_delivery.catalog.digest import path_of
from edye_delivery.catalog.jw_player import JwDelivered, JwStatus
from edye_delivery.pipeline.sync_facts import NO_WORDS, TITLE_FACTS, microseconds
from edye_delivery.pipeline.sync_titles import SyncTitles
from edye_delivery.qc.sync.limits import SyncLimits
from edye_delivery.qc.sync.sources import largest_mp4_edge
from edye_delivery.qc.sync.subjects import EXTERNAL_ID_PARAMS

AS_IT_IS_NOW = " AND ".join(f"g.{name} IS t.{name}" for name in TITLE_FACTS if name != "updated_us")
IS_ALONE = "(SELECT count(*) FROM (SELECT 1 FROM titles o WHERE o.media_id = t.media_id LIMIT 2)) = 1"
TITLES = """
FROM titles t LEFT JOIN media m ON m.id = t.media_id LEFT JOIN given g ON g.edye_id = t.edye_id
    LEFT JOIN looks l ON l.id = t.media_id
WHERE t.is_visible AND t.is_asked
"""
AGREES = f"""(
    m.status = :ready AND {IS_ALONE}
    AND (m.changed_us IS NULL OR m.changed_us - t.updated_us <= :lag_us)
    AND (m.duration_s IS NULL OR t.duration_ms IS NULL OR abs(m.duration_s - t.duration_ms / 1000.0) <= :tolerance_s)
    AND (m.tags = t.tags OR m.tags = t.own_tags)
    AND (m.geo = t.geo OR (t.has_geo_of_series AND m.geo = :no_words))
    AND m.acronym IN ('', t.title_id)
    AND (NOT :compares_ids OR m.external_ids = t.external_ids)
    AND (m.start_us IS NULL OR m.start_us <= :now_us) AND (m.end_us IS NULL OR m.end_us > :now_us)
    AND (m.name = :no_name OR instr(t.names, m.name))
    AND (g.edye_id IS NULL OR (g.media_id IN ('', t.media_id) AND {AS_IT_IS_NOW}))
)"""
IS_NOT_JUDGED = "(NOT :is_complete AND m.id IS NULL AND t.media_id > '' AND g.edye_id IS NULL)"


@dataclass(frozen=True, slots=True)
class AgreedCounts:
    """How many titles agree, of those whose files nobody looked at; and how many of these have no such value."""

    titles: int = 0
    given: int = 0
    without_acronym: int = 0
    without_name: int = 0


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A title that is looked at by itself; it `agrees` where only the files that JW Player delivers are left."""

    number: int
    media_id: str
    agrees: bool
    is_given: bool
    has_acronym: bool
    has_name: bool


class Agreement:
    """What agrees of the titles of one comparison; its media and looks have to be loaded."""

    def __init__(self, titles: SyncTitles, limits: SyncLimits, now: datetime, *, is_complete: bool) -> None:
        self._database, self._limits = titles.database, limits
        self._values: dict[str, Any] = {
            "ready": JwStatus.READY.value,
            "lag_us": limits.sync_lag_s * 1_000_000,
            "tolerance_s": limits.duration_tolerance_s,
            "no_words": NO_WORDS,
            "no_name": b"",
            "compares_ids": bool(limits.external_ids & EXTERNAL_ID_PARAMS.keys()),
            "now_us": microseconds(now),
            "is_complete": is_complete,
        }

    @property
    def compares_ids(self) -> bool:
        """Whether somebody asks for an external id that JW Player has."""
        return bool(self._values["compares_ids"])

    def counts(self) -> AgreedCounts:
        """The titles that agree, and whose files nobody looked at."""
        query = (
            "SELECT count(*), count(g.edye_id), total(m.acronym = ''), total(m.name = :no_name) "
            f"{TITLES} AND {AGREES} AND l.id IS NULL"
        )
        ((titles, given, acronym, name),) = self._database.execute(query, self._values).fetchall()
        return AgreedCounts(titles, given, int(acronym), int(name))

    def not_judged(self) -> int:
        """How many titles name a media that a sweep which is not complete did not read."""
        query = f"SELECT count(*) {TITLES} AND {IS_NOT_JUDGED} AND {IS_ALONE}"
        ((count,),) = self._database.execute(query, self._values).fetchall()
        return int(count)

    def rest(self) -> Iterator[ToCheck]:
        """Every other title, by media; one without media comes first."""
        query = (
            f"SELECT t.number, t.media_id, {AGREES} AS agrees, g.edye_id IS NOT NULL, m.acronym <> '', "
            f"m.name <> :no_name {TITLES} AND (l.id IS NOT NULL OR {AGREES} IS NOT 1) "
            f"AND NOT ({IS_NOT_JUDGED} AND {IS_ALONE}) ORDER BY t.media_id, t.number"
        )
        for number, media_id, *flags in self._database.execute(query, self._values):
            yield ToCheck(number, media_id, *map(bool, flags))

    def orphans(self) -> Iterator[str]:
        """The ready media with a partner's tag that no title names, by id."""
        query = (
            "SELECT m.id, m.tags FROM media m WHERE m.status = :ready "
            "AND NOT EXISTS (SELECT 1 FROM titles t WHERE t.media_id = m.id) ORDER BY m.id"
        )
        for media_id, tags in self._database.execute(query, {"ready": self._values["ready"]}):
            if not self._limits.tags.isdisjoint(orjson.loads(tags)):
                yield media_id

    def unreadable_media(self) -> int:
        """How many media have a field that cannot be read."""
        ((count,),) = self._database.execute("SELECT count(*) FROM media WHERE NOT is_readable").fetchall()
        return int(count)


def bad_media_ids(titles: SyncTitles, *, only_asked: bool) -> Iterator[str]:
    """The media that visible titles name and that are missing or failed, by id; of compared titles alone, or of all."""
    query = (
        "SELECT DISTINCT t.media_id FROM titles t LEFT JOIN media m ON m.id = t.media_id WHERE t.is_visible "
        "AND t.media_id > '' AND (m.id IS NULL OR m.status = ?) AND (t.is_asked OR NOT ?) ORDER BY t.media_id"
    )
    for (media_id,) in titles.database.execute(query, (JwStatus.FAILED.value, only_asked)):
        yield media_id


def missing_media_ids(titles: SyncTitles) -> Iterator[str]:
    """The media that visible titles of the whole catalogue, or what the partner was given, name and that are missing.

    Each once, in order.
    """
    query = (
        "SELECT media_id FROM (SELECT media_id FROM titles WHERE is_visible UNION SELECT media_id FROM given) "
        "WHERE media_id > '' AND media_id NOT IN (SELECT id FROM media) ORDER BY media_id"
    )
    for (media_id,) in titles.database.execute(query):
        yield media_id


def ready_media(titles: SyncTitles) -> Iterator[tuple[str, int | None]]:
    """The ready media that compared titles name, by id, each with its last change in microseconds since 1970."""
    yield from titles.database.execute(
        "SELECT DISTINCT t.media_id, m.changed_us FROM titles t JOIN media m ON m.id = t.media_id "
        "WHERE t.is_visible AND t.is_asked AND m.status = ? ORDER BY t.media_id",
        (JwStatus.READY.value,),
    )


def files_agree(title: dict[str, Any], delivered: JwDelivered | None, limits: SyncLimits) -> bool:
    """Whether JW Player delivers all files of a title as EDYE describes them, one large enough, and a picture."""
    if delivered is None or not delivered.has_picture:
        return False
    edge = largest_mp4_edge(delivered)
    if edge is None or edge < limits.min_short_edge_px:
        return False
    by_path = {path_of(source.file): source for source in delivered.sources}
    for source in title["sources"]:
        found = by_path.get(path_of(source["file"]))
        if found is None:
            return False
        claims = ((source["height"], found.height), (source["filesize"], found.size_bytes))
        if any(claimed is not None and real is not None and claimed != real for claimed, real in claims):
            return False
    return True
