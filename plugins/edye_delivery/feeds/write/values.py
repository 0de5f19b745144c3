"""Values of the catalogue as a feed spells them, by the annex's tables; there is a note for each unknown value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.annex.template import fill
from edye_delivery.catalog.title import Described, Series, Source, Title
from edye_delivery.catalog.vocabulary import TitleKind
from edye_delivery.feeds.roku.external_ids import defect_of
from edye_delivery.feeds.roku.limits import EPOCH_FROM_MS, FIRST_YEAR, ITEM_ID_MAX_CHARS, TAG_MAX_CHARS
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.notes import Notes, Unfit
from edye_delivery.feeds.write.rules import PART_LEFT_OUT, TITLE_ENDED, TITLE_LEFT_OUT, VALUE_UNMAPPED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WIDTHS = ((3840, "uhd"), (1920, "fhd"), (1280, "hd"), (0, "sd"))


class Values:
    """The catalogue's values as one feed spells them."""

    def __init__(self, annex: Annex, spec: FeedSpec, now: datetime, notes: Notes) -> None:
        self.annex, self.spec, self.now, self.notes = annex, spec, now, notes
        self._genres, self._ratings = annex.mappings[spec.genres], annex.mappings[spec.ratings]
        self._roles = annex.mappings[spec.roles] if spec.roles else None
        self._now_ms = epoch_ms(now)
        self._least_width_px = -(-annex.video.min_short_edge_px * 16 // 9)

    def item_id(self, title: Title) -> str:
        """The id that all language versions of a title share; Unfit if it is longer than Roku takes."""
        ids = self.spec.ids
        if title.kind is not TitleKind.EPISODE:
            template = ids.other
        else:
            template = ids.episode if title.season_number is not None else ids.episode_without_season
        return self.check_id(_fill(template, title, title.season_number, title.episode_number))

    def series_id(self, series: Series, episode: Title) -> str:
        """The id of an episode's series; Unfit if their title_ids differ, because two shows would write one series."""
        if series.title_id != episode.title_id:
            own, other = excerpt(series.title_id), excerpt(episode.title_id)
            raise Unfit(TITLE_LEFT_OUT, f"the series has the title_id {own}, but its episode has {other}")
        return self.check_id(_fill(self.spec.ids.series, series, None, None))

    def season_id(self, series: Series, season_number: int) -> str:
        """The id of a season."""
        return self.check_id(_fill(self.spec.ids.season, series, season_number, None))

    def check_id(self, item_id: str) -> str:
        """The id if a feed takes it, else Unfit."""
        if not item_id.strip():
            raise Unfit(TITLE_LEFT_OUT, "it has no title_id")
        if len(item_id) > ITEM_ID_MAX_CHARS:
            raise Unfit(
                TITLE_LEFT_OUT, f"its id {excerpt(item_id)} has {len(item_id)} characters, at most 50 are taken"
            )
        return item_id

    def genres(self, versions: Sequence[Described], external_id: str) -> list[str]:
        """The genres that are in the feed's list; Unfit if none is."""
        found = self._map("genre", self._genres, _all(version.genres for version in versions), external_id)
        if not found:
            raise Unfit(TITLE_LEFT_OUT, "the feed's list has none of its genres")
        return found

    def ratings(self, versions: Sequence[Described], external_id: str) -> list[tuple[str, str, tuple[str, ...]]]:
        """(authority, value, descriptors) of every rating that the feed knows, one for each authority."""
        descriptors_of: dict[str, tuple[str, ...]] = {}
        for version in versions:
            for rating in version.ratings:
                descriptors_of.setdefault(f"{rating.source}:{rating.value}", rating.descriptors)
        found: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        for key, descriptors in descriptors_of.items():
            if key not in self._ratings:
                self.notes.add(external_id, VALUE_UNMAPPED, f"the rating {excerpt(key)} is not in the annex's table")
                continue
            source, _, value = self._ratings[key].partition(":")
            found.setdefault(source, (source, value, descriptors))
        return list(found.values())

    def tags(self, versions: Sequence[Described], external_id: str) -> list[str]:
        """Tags that are not too long."""
        kept = []
        for tag in _all(version.tags for version in versions):
            if tag.strip() and len(tag) <= TAG_MAX_CHARS:
                kept.append(tag)
            elif not tag.strip():
                self.notes.add(external_id, PART_LEFT_OUT, f"the tag {excerpt(tag)} is blank")
            else:
                self.notes.add(
                    external_id,
                    PART_LEFT_OUT,
                    f"the tag {excerpt(tag)} has {len(tag)} characters, at most 20 are allowed",
                )
        return kept

    def role(self, role: str | None, roles: frozenset[str]) -> str | None:
        """The feed's word for a role."""
        word = self._roles.get(role or "") if self._roles is not None else (role or "").lower()
        return word if word in roles else None

    def external_ids(self, versions: Sequence[Described], external_id: str) -> list[tuple[str, str]]:
        """(source, id) of every external id whose source the feed knows."""
        found: dict[tuple[str, str], None] = {}
        for version in versions:
            for name, value in version.external_ids.items():
                source = self.spec.external_ids.get(name)
                if source is None:
                    self.notes.add(external_id, VALUE_UNMAPPED, f"the external id {excerpt(name)} is not in the annex")
                elif not value.strip() or defect_of(source, value):
                    self.notes.add(external_id, PART_LEFT_OUT, f"{excerpt(value)} is not an id of {source}")
                else:
                    found[source, value] = None
        return list(found)

    def release_date(self, versions: Sequence[Described], series: Series | None = None) -> date:
        """The earliest release of the versions, else that of the series; Unfit if there is none that Roku takes."""
        known = [version.release_date for version in versions if version.release_date is not None]
        release = min(known, default=series.release_date if series else None)
        if release is None:
            raise Unfit(TITLE_LEFT_OUT, "it has no release date")
        if release.year < FIRST_YEAR:
            raise Unfit(TITLE_LEFT_OUT, f"its release date {release} is before {FIRST_YEAR}")
        return release

    def quality(self, source: Source | None) -> str:
        """By the picture's width; if it is unknown, by the least width that the partner's quality rules allow."""
        width_px = (source.width or -(-(source.height or 0) * 16 // 9)) if source else 0
        return next(
            name for least_px, name in WIDTHS if (width_px if width_px > 0 else self._least_width_px) >= least_px
        )

    def window_ms(self, title: Title) -> tuple[int | None, int | None]:
        """The availability in epoch milliseconds; Unfit if it is over, or ends before it begins."""
        start_ms, end_ms = _ms_or_none(title.availability.start), _ms_or_none(title.availability.end)
        if start_ms is not None and end_ms is not None and start_ms >= end_ms:
            raise Unfit(TITLE_LEFT_OUT, "its availability ends before it begins")
        if end_ms is not None and end_ms <= self._now_ms:
            raise Unfit(TITLE_ENDED, f"its availability ended at {title.availability.end:%Y-%m-%d %H:%M} UTC")
        return (start_ms if start_ms is not None and start_ms >= EPOCH_FROM_MS else None), end_ms

    def _map(self, what: str, table: Mapping[str, str], words: Iterable[str], external_id: str) -> list[str]:
        found: dict[str, None] = {}
        for word in words:
            if word in table:
                found[table[word]] = None
            else:
                self.notes.add(external_id, VALUE_UNMAPPED, f"the {what} {excerpt(word)} is not in the annex's table")
        return list(found)


def _all(lists: Iterable[Sequence[str]]) -> list[str]:
    """Every entry once, in the order of the lists."""
    return list(dict.fromkeys(chain.from_iterable(lists)))


def epoch_ms(at: datetime) -> int:
    """The moment in whole milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def _ms_or_none(at: datetime | None) -> int | None:
    return epoch_ms(at) if at is not None else None


def _fill(template: str, described: Described, season: int | None, episode: int | None) -> str:
    numbers = {"season": season or 0, "episode": episode or 0}
    return fill(template, {"title_id": described.title_id, "edye_id": described.id, **numbers})
