"""The Direct Publisher feed: every accepted title once, in one language (roku-direct-publisher-feed.md; decisions)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.title import Described, Series, Title
from edye_delivery.catalog.vocabulary import TitleKind
from edye_delivery.feeds.roku.item import DIRECT_KINDS, FeedItem
from edye_delivery.feeds.roku.vocabularies import (
    DIRECT_CREDIT_ROLES,
    DIRECT_GENRES,
    DIRECT_ID_TYPES,
    DIRECT_RATING_SOURCES,
    DIRECT_RATINGS,
)
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.direct_publisher.content import Contents
from edye_delivery.feeds.write.direct_publisher.rows import DefectOfRow, Rows
from edye_delivery.feeds.write.direct_publisher.thumbnail import thumbnail_of
from edye_delivery.feeds.write.direct_publisher.values import Item, moment
from edye_delivery.feeds.write.grouping import Show, Versions, shows_of
from edye_delivery.feeds.write.notes import Notes, Unfit, write_title
from edye_delivery.feeds.write.rules import PART_LEFT_OUT, TITLE_LEFT_OUT, VALUE_UNMAPPED
from edye_delivery.feeds.write.texts import texts_in_one_language
from edye_delivery.feeds.write.values import EPOCH, Values

LISTS = {TitleKind.MOVIE: "movies", TitleKind.SHORT: "shortFormVideos", TitleKind.SPECIAL: "tvSpecials"}


class DirectWriter:
    """Writes one Direct Publisher feed; what had to be left out is in `notes`.

    The feed has one language, one rating and one picture for a title. Texts in other languages, rating descriptors and
    further artwork cannot be in it, and there are no notes about them.
    """

    list_keys: tuple[str, ...] = ("movies", "series", "shortFormVideos", "tvSpecials", "categories", "playlists")

    def __init__(self, annex: Annex, spec: FeedSpec, now: datetime, defect_of_row: DefectOfRow) -> None:
        self.notes = Notes()
        self._spec = spec
        self._values = Values(annex, spec, now, self.notes)
        self._contents = Contents(spec, self._values, self.notes)
        self._rows = Rows(spec, self.notes, defect_of_row)
        self._updated_at = EPOCH

    def head(self) -> Item:
        """The root without its lists; complete only after the last of `items`.

        lastUpdated is the newest updated_at of the written titles, so that unchanged content keeps its bytes.
        """
        updated_s = (self._updated_at - EPOCH) // timedelta(seconds=1)
        spec = self._spec
        return {"providerName": spec.provider_name, "lastUpdated": moment(updated_s), "language": spec.language}

    def items(self, accepted: Iterable[Accepted]) -> Iterator[FeedItem]:
        """Every item in the ledger's order, a series with its episodes inside; then playlists and categories."""
        for show in shows_of(accepted):
            for list_key, item in self._items_of(show):
                if (content := self.notes.pack(item["id"], item)) is not None:
                    self._rows.remember(item["id"], item.get("tags", ()))
                    yield FeedItem(list_key, item["id"], DIRECT_KINDS[list_key], content)
        yield from self._rows.items()

    def _items_of(self, show: Show) -> Iterator[tuple[str, Item]]:
        """The items of one show; no two of them have the same id."""
        taken: set[str] = set()
        episodes = [versions for versions in show.items if versions.titles[0].kind is TitleKind.EPISODE]
        if episodes and (series := self._series_item(show.series, episodes, taken)) is not None:
            yield "series", series
        for versions in show.items:
            kind = versions.titles[0].kind
            if kind in LISTS and (item := self._item_or_none(versions, None, taken)) is not None:
                self._note_update(versions.titles)
                yield LISTS[kind], item

    def _series_item(self, series: Series | None, episodes: Sequence[Versions], taken: set[str]) -> Item | None:
        """The series with its episodes; None if none of them can be in the feed, and then `taken` is empty."""
        pairs: list[tuple[Versions, Item]] = []
        try:
            if series is None:
                raise Unfit(TITLE_LEFT_OUT, "it is unknown")
            first = episodes[0]
            taken.add(write_title(first.external_id, partial(self._values.series_id, series, first.titles[0])))
            found = ((versions, self._item_or_none(versions, series, taken)) for versions in episodes)
            pairs = self._in_one_form([(versions, item) for versions, item in found if item is not None])
            if pairs:
                described = write_title(pairs[0][0].external_id, partial(self._describe_series, series, pairs))
                self._note_update([series, *(title for versions, _ in pairs for title in versions.titles)])
                return described
        except Unfit as unfit:
            for versions in [versions for versions, _ in pairs] or episodes:
                self.notes.leave_out(versions, unfit, "its series: ")
        taken.clear()
        return None

    def _in_one_form(self, pairs: list[tuple[Versions, Item]]) -> list[tuple[Versions, Item]]:
        """The episodes with a season, or if there are none those without; a series can have only one of both forms."""
        with_season = [pair for pair in pairs if pair[0].titles[0].season_number is not None]
        if with_season:
            unfit = Unfit(TITLE_LEFT_OUT, "it has no season number, but other episodes of its series have one")
            for versions, _ in pairs:
                if versions.titles[0].season_number is None:
                    self.notes.leave_out(versions, unfit)
        return with_season or pairs

    def _describe_series(self, series: Series, pairs: Sequence[tuple[Versions, Item]]) -> Item:
        """The series; genres, release date and picture come from its episodes if it has none."""
        external_id, spec = pairs[0][0].external_id, self._spec
        titles = [title for versions, _ in pairs for title in versions.titles]
        languages = [spec.language, *(lang for lang in (titles[0].lang,) if lang)]
        texts = texts_in_one_language([series], [None], languages, external_id, self.notes)
        released = self._values.release_date([series] if series.release_date else titles)
        thumbnail = thumbnail_of([series, *titles], spec, languages, external_id, self.notes)
        parts: Item = {
            "id": self._values.series_id(series, pairs[0][0].titles[0]),
            "title": texts.title,
            **_episodes_of(pairs, thumbnail),
            "genres": self._genres([series, *titles], external_id),
            "thumbnail": thumbnail,
            "releaseDate": released.isoformat(),
            "shortDescription": texts.short,
            "longDescription": texts.long,
            "tags": self._values.tags([series], external_id),
            "credits": self._credits([series], external_id),
            "externalIds": self._external_ids([series], external_id),
        }
        return {key: value for key, value in parts.items() if value}

    def _item_or_none(self, versions: Versions, series: Series | None, taken: set[str]) -> Item | None:
        """The item, with an id that is new in its show; None with a note if it cannot be in the feed."""
        try:
            item_id = write_title(versions.external_id, partial(self._values.item_id, versions.titles[0]))
            if item_id in taken:
                raise Unfit(TITLE_LEFT_OUT, f"another title of its show has the same id {excerpt(item_id)}")
            item = {"id": item_id, **write_title(versions.external_id, partial(self._item, versions, series))}
        except Unfit as unfit:
            self.notes.leave_out(versions, unfit)
            return None
        taken.add(item_id)
        return item

    def _item(self, versions: Versions, series: Series | None) -> Item:
        """A movie, episode, special or short: its chosen version, completed from the other versions."""
        spec, notes, external_id = self._spec, self.notes, versions.external_id
        released = self._values.release_date(versions.titles, series)
        numbers = _numbers_of(versions.titles[0])
        chosen, content = self._contents.choose(versions, released)
        titles = [chosen.title, *(title for title in versions.titles if title is not chosen.title)]
        languages = [spec.language, *(lang for lang in (chosen.title.lang,) if lang)]
        texts = texts_in_one_language(titles, [title.lang for title in titles], languages, external_id, notes)
        with_pictures: list[Described] = [*titles, *([series] if series else [])]
        parts: Item = {
            "title": texts.title,
            "content": content,
            **numbers,
            **self._categories_of(titles, series, external_id),
            "thumbnail": thumbnail_of(with_pictures, spec, languages, external_id, notes),
            "releaseDate": released.isoformat(),
            "shortDescription": texts.short,
            "longDescription": texts.long,
            "credits": self._credits(titles, external_id),
            "rating": self._rating(titles, external_id),
            "externalIds": self._external_ids(titles, external_id),
        }
        return {key: value for key, value in parts.items() if value or key in numbers}

    def _categories_of(self, titles: Sequence[Title], series: Series | None, external_id: str) -> Item:
        """Genres and tags; an episode has none, because viewers find it by those of its series."""
        kind = titles[0].kind
        if kind is not TitleKind.EPISODE:
            genres = self._genres(titles, external_id, needed=kind is not TitleKind.SHORT)
            return {"genres": genres, "tags": self._values.tags(titles, external_id)}
        if series is not None:
            genres = [genre for title in titles for genre in title.genres if genre not in series.genres]
            tags = [tag for title in titles for tag in title.tags if tag not in series.tags]
            for key, words in (("genres", genres if series.genres else []), ("tags", tags)):
                if words:
                    values = ", ".join(map(excerpt, dict.fromkeys(words)))
                    self.notes.add(
                        external_id,
                        PART_LEFT_OUT,
                        f"an episode has no {key} in the feed, and its series does not have {values}",
                    )
        return {}

    def _genres(self, described: Sequence[Described], external_id: str, needed: bool = True) -> list[str]:
        """The genres of the first one with genres of the feed's list; Unfit if none has any and one is needed."""
        for one in described:
            with suppress(Unfit):
                mapped = self._values.genres([one], external_id)
                known = [genre for genre in mapped if genre in DIRECT_GENRES]
                for genre in mapped:
                    if genre not in DIRECT_GENRES:
                        message = f"{excerpt(genre)} in the annex's table is not a genre of the feed"
                        self.notes.add(external_id, VALUE_UNMAPPED, message)
                if known:
                    return known
        if needed:
            raise Unfit(TITLE_LEFT_OUT, "the feed's list has none of its genres")
        return []

    def _rating(self, titles: Sequence[Title], external_id: str) -> Item:
        """The first rating that the feed knows; there are notes about the other ratings of the same version."""
        for title in titles:
            found: Item = {}
            for source, value, _ in self._values.ratings([title], external_id):
                text = excerpt(f"{source}:{value}")
                if source not in DIRECT_RATING_SOURCES or value not in DIRECT_RATINGS:
                    message = f"{text} in the annex's table is not a rating of the feed"
                    self.notes.add(external_id, VALUE_UNMAPPED, message)
                elif found:
                    self.notes.add(
                        external_id, PART_LEFT_OUT, f"the feed takes only one rating, so it does not have {text}"
                    )
                else:
                    found = {"rating": value, "ratingSource": source}
            if found:
                return found
        return {}

    def _credits(self, described: Sequence[Described], external_id: str) -> list[Item]:
        kept: list[Item] = []
        for credit in dict.fromkeys(credit for one in described for credit in one.credits):
            role = self._values.role(credit.role, DIRECT_CREDIT_ROLES)
            if not (credit.name or "").strip() or credit.birth_date is None:
                missing = "birth date" if (credit.name or "").strip() else "name"
                self.notes.add(external_id, PART_LEFT_OUT, f"the credit {excerpt(credit.name)} has no {missing}")
            elif role is None:
                self.notes.add(external_id, VALUE_UNMAPPED, f"the feed does not know the role {excerpt(credit.role)}")
            else:
                entry = {"name": credit.name, "role": role, "birthDate": credit.birth_date.isoformat()}
                kept += [entry] if entry not in kept else []
        return kept

    def _external_ids(self, described: Sequence[Described], external_id: str) -> list[Item]:
        kept: list[Item] = []
        for source, value in self._values.external_ids(described, external_id):
            if source in DIRECT_ID_TYPES:
                kept.append({"id": value, "idType": source})
            else:
                self.notes.add(
                    external_id, VALUE_UNMAPPED, f"the feed does not know the annex's source {excerpt(source)}"
                )
        return kept

    def _note_update(self, described: Iterable[Described]) -> None:
        self._updated_at = max(self._updated_at, *(one.updated_at for one in described))


def _numbers_of(title: Title) -> Item:
    """An episode's number; Unfit if it is missing, or if it or the season's number is negative."""
    if title.kind is not TitleKind.EPISODE:
        return {}
    if title.episode_number is None:
        raise Unfit(TITLE_LEFT_OUT, "it has no episode number")
    if min(title.season_number or 0, title.episode_number) < 0:
        raise Unfit(TITLE_LEFT_OUT, "its season or episode number is negative")
    return {"episodeNumber": title.episode_number}


def _episodes_of(pairs: Sequence[tuple[Versions, Item]], thumbnail: str) -> Item:
    """The episodes by season, or in one list if they have no seasons."""
    seasons: dict[int, list[Item]] = {}
    for versions, item in pairs:
        number = versions.titles[0].season_number
        if number is None:
            return {"episodes": [item for _, item in pairs]}
        seasons.setdefault(number, []).append(item)
    return {
        "seasons": [
            {"seasonNumber": number, "episodes": episodes, "thumbnail": thumbnail}
            for number, episodes in seasons.items()
        ]
    }
