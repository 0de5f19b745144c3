"""The Roku Search feed: every accepted title as an asset (roku-search-feed.md; decisions, what we write)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import best_source
from edye_delivery.annex.template import fill
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.title import Described, Series, Title
from edye_delivery.catalog.vocabulary import TitleKind
from edye_delivery.feeds.roku.item import FeedItem
from edye_delivery.feeds.roku.limits import PLAYABLE_MIN_S, SHORTFORM_MAX_S
from edye_delivery.feeds.roku.schemas import SPELLINGS, Profile, search_schema
from edye_delivery.feeds.roku.vocabularies import COUNTRIES, CREDIT_ROLES
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.grouping import Show, Versions, seasons_of
from edye_delivery.feeds.write.live import station_items
from edye_delivery.feeds.write.notes import Notes, Unfit, write_title
from edye_delivery.feeds.write.rules import PART_LEFT_OUT, TITLE_LEFT_OUT, VALUE_UNMAPPED
from edye_delivery.feeds.write.search_head import search_head
from edye_delivery.feeds.write.search_images import images_of
from edye_delivery.feeds.write.texts import FeedTexts, clip, texts_of
from edye_delivery.feeds.write.values import Values

SAMPLE_SPELLINGS = {plain: written for written, plain in SPELLINGS.items()}
DESCRIPTORS = {
    name.removesuffix("_descriptors"): {value.lower(): value for value in definition["enum"]}
    for name, definition in search_schema(Profile.SCHEMA)["definitions"].items()
    if name.endswith("_descriptors")
}
Asset = dict[str, Any]


class SearchWriter:
    """Writes the assets of one Search feed; what had to be left out is in `notes`."""

    def __init__(self, annex: Annex, spec: FeedSpec, now: datetime) -> None:
        self.notes = Notes(by_show=True)
        self._annex, self._spec = annex, spec
        self._values = Values(annex, spec, now, self.notes)

    def head(self) -> Asset:
        """The root without its assets."""
        return search_head(self._spec, mixed=bool(self._spec.channels))

    def stations(self) -> Iterator[FeedItem]:
        """The live channels, which come first."""
        return station_items(self._spec)

    def items_of(self, show: Show) -> Iterator[FeedItem]:
        """Every asset of a show; a series follows its episodes."""
        for asset in self._assets_of(show):
            spelling, item_id = str(asset["type"]), str(asset["id"])
            if (content := self.notes.pack(item_id, asset)) is not None:
                yield FeedItem("assets", item_id, SPELLINGS.get(spelling, spelling), content)

    def _assets_of(self, show: Show) -> list[Asset]:
        series = show.series
        series_assets: list[Asset] = []
        if series is not None:
            try:
                series_assets = write_title(show.items[0].external_id, lambda: self._series_assets(series, show))
            except Unfit as unfit:
                for versions in show.items:
                    self.notes.leave_out(versions, unfit, "its series: ")
                return []
        assets = [asset for versions in show.items if (asset := self._title_asset(versions)) is not None]
        episodes = [asset for asset in assets if "episodeInfo" in asset or asset["type"] == "externalIdOnly"]
        if series is None or not episodes:
            return assets
        numbers = {asset["episodeInfo"].get("seasonNumber") for asset in episodes if "episodeInfo" in asset}
        if not numbers:
            return [*assets, self._external_only(series) or series_assets[0]]
        kept = [asset for asset in series_assets[1:] if asset["seasonInfo"]["seasonNumber"] in numbers]
        return [*assets, series_assets[0], *kept]

    def _title_asset(self, versions: Versions) -> Asset | None:
        try:
            return write_title(versions.external_id, lambda: self._asset(versions))
        except Unfit as unfit:
            self.notes.leave_out(versions, unfit)
            return None

    def _asset(self, versions: Versions) -> Asset:
        values, first, external_id = self._values, versions.titles[0], versions.external_id
        options = self._play_options(versions)
        external_only = self._external_only(first)
        if external_only is not None:
            return {**external_only, "content": {"playOptions": options}}
        duration_ms = next((title.duration_ms for title in versions.titles if title.duration_ms), 0)
        if duration_ms < PLAYABLE_MIN_S * 1000:
            raise Unfit(
                TITLE_LEFT_OUT, f"its duration is {duration_ms / 1000:g} s, expected {PLAYABLE_MIN_S} s or more"
            )
        if min(first.season_number or 0, first.episode_number or 0) < 0:
            raise Unfit(TITLE_LEFT_OUT, "its season or episode number is negative")
        texts = texts_of(versions.titles, [title.lang for title in versions.titles], external_id, self.notes)
        asset = {
            "id": values.item_id(first),
            "type": self._spell(_type_of(first, duration_ms)),
            **self._describe(versions.titles, texts, external_id, first.series),
            "durationInMilliseconds": duration_ms,
        }
        if first.kind is TitleKind.EPISODE:
            if first.series is None:
                raise Unfit(TITLE_LEFT_OUT, "its series is unknown")
            season = {} if first.season_number is None else {"seasonNumber": first.season_number}
            asset["episodeInfo"] = {
                "seriesId": values.series_id(first.series, first), **season, "episodeNumber": first.episode_number or 0
            }  # fmt: skip
        return {**asset, "content": {"playOptions": options}}

    def _series_assets(self, series: Series, show: Show) -> list[Asset]:
        """The series and its seasons; what the series does not have comes from its first episode."""
        values, first = self._values, show.items[0]
        external_id, series_id = first.external_id, values.series_id(series, first.titles[0])
        described: list[Described] = [series, first.titles[0]]
        texts = texts_of([series], [None], external_id, self.notes)
        shared = self._describe(described, texts, external_id)
        assets: list[Asset] = [{"id": series_id, "type": "series", **shared}]
        for number in seasons_of(show.items):
            titles = {language: self._season_title(language, name, number) for language, name in texts.titles.items()}
            info = {"seriesId": series_id, "seasonNumber": number}
            season = {"id": values.season_id(series, number), "type": "season", **shared, "seasonInfo": info}
            season.pop("externalIds", None)
            assets.append(season | {"titles": _localize(titles)})
        return assets

    def _describe(
        self, described: Sequence[Described], texts: FeedTexts, external_id: str, series: Series | None = None
    ) -> Asset:
        """The parts that all types have, except externalIdOnly and live channels."""
        values = self._values
        whole = [*described[:1], *([] if isinstance(described[0], Series) else described[1:])]
        ratings = values.ratings(described[:1] if described[0].ratings else described, external_id)
        if not ratings:
            raise Unfit(TITLE_LEFT_OUT, "the feed knows none of its ratings")
        genres = values.genres(described[:1] if described[0].genres else described, external_id)
        images = [image for one in whole for image in one.images] or [i for one in described for i in one.images]
        parts: Asset = {
            "titles": _localize(texts.titles),
            "shortDescriptions": _localize(texts.shorts),
            "longDescriptions": _localize(texts.longs),
            "releaseDate": values.release_date(described, series).isoformat(),
            "genres": genres,
            "tags": values.tags(whole, external_id),
            "credits": self._credits(whole, external_id),
            "advisoryRatings": [self._rating(rating, external_id) for rating in ratings],
            "images": images_of(images, self._spec.images, list(texts.titles), external_id, self.notes),
            "externalIds": [{"id": name, "source": source} for source, name in values.external_ids(whole, external_id)],
        }
        return {key: value for key, value in parts.items() if value}

    def _rating(self, rating: tuple[str, str, tuple[str, ...]], external_id: str) -> Asset:
        source, value, descriptors = rating
        known = DESCRIPTORS.get(source)
        kept = [known.get(word.lower()) if known is not None else word for word in descriptors]
        for word, found in zip(descriptors, kept, strict=True):
            if found is None:
                self.notes.add(
                    external_id, VALUE_UNMAPPED, f"{source} does not have the rating descriptor {excerpt(word)}"
                )
        words = list(dict.fromkeys(word for word in kept if word))
        return {"source": source, "value": value, **({"descriptors": words} if words else {})}

    def _credits(self, described: Sequence[Described], external_id: str) -> list[Asset]:
        kept: list[Asset] = []
        for credit in (credit for one in described for credit in one.credits):
            role = self._values.role(credit.role, CREDIT_ROLES)
            if not (credit.name or "").strip():
                self.notes.add(external_id, PART_LEFT_OUT, "a credit has no name")
            elif role is None:
                self.notes.add(external_id, VALUE_UNMAPPED, f"the feed does not know the role {excerpt(credit.role)}")
            else:
                birth_date = {"birthDate": credit.birth_date.isoformat()} if credit.birth_date else {}
                entry = {"name": credit.name, "role": role, **birth_date}
                kept += [entry] if entry not in kept else []
        return kept

    def _play_options(self, versions: Versions) -> list[Asset]:
        """One option for each language version; Unfit if none of them is available any more."""
        options: list[Asset] = []
        unfit_versions: list[tuple[str, Unfit]] = []
        for entry in versions.entries:
            try:
                start_ms, end_ms = self._values.window_ms(entry.title)
                countries = self._countries(entry)
            except Unfit as unfit:
                unfit_versions.append((entry.external_id, unfit))
                continue
            source = best_source(self._annex, entry.title)
            option: Asset = {"license": self._spec.offer.license, "quality": self._values.quality(source)}
            if self._spec.offer.price is not None:
                option |= {"price": float(self._spec.offer.price), "currency": self._spec.offer.currency}
            option["playId"] = entry.external_id
            option |= {"availabilityStartTimeStamp": start_ms} if start_ms is not None else {}
            option |= {"availabilityEndTimeStamp": end_ms} if end_ms is not None else {}
            option |= {"availabilityInfo": {"country": countries}} if countries else {}
            options.append(option)
        if not options:
            raise unfit_versions[0][1]
        for external_id, reason in unfit_versions:
            self.notes.add(external_id, reason.rule, reason.message)
        return options

    def _countries(self, entry: Accepted) -> list[str]:
        """The title's own countries; empty if it is for all countries of the feed."""
        known = COUNTRIES[Profile.SCHEMA]
        countries = list(dict.fromkeys(country.lower() for country in entry.title.geo))
        for country in countries:
            if country not in known:
                self.notes.add(entry.external_id, VALUE_UNMAPPED, f"Roku Search is not supported in {excerpt(country)}")
        if countries and not known.intersection(countries):
            raise Unfit(
                TITLE_LEFT_OUT, f"Roku Search is not supported in any of its countries ({', '.join(countries)[:80]})"
            )
        return [country for country in countries if country in known]

    def _external_only(self, described: Described) -> Asset | None:
        """The asset with only its external id, if the annex identifies titles in this way and this one has the id."""
        name = self._spec.identify_by
        value = described.external_ids.get(name) if name is not None else None
        if name is None or not value:
            return None
        self._values.check_id(value)
        return {"id": value, "type": "externalIdOnly", "externalIdSource": self._spec.external_ids[name]}

    def _season_title(self, language: str, series_title: str, number: int) -> str:
        template = self._spec.season_titles.get(language)
        return clip(fill(template, {"series": series_title, "season": number}), 200) if template else series_title

    def _spell(self, kind: str) -> str:
        return SAMPLE_SPELLINGS.get(kind, kind) if self._spec.spelling == "samples" else kind


def _type_of(title: Title, duration_ms: int) -> str:
    """The asset's type: for Roku a film is longer than 15 minutes, whatever the catalogue calls it."""
    long = duration_ms > SHORTFORM_MAX_S * 1000
    if title.kind is TitleKind.EPISODE:
        return "episode"
    if title.kind is TitleKind.SPECIAL:
        return "tvspecial"
    if title.kind is TitleKind.MOVIE:
        return "movie" if long else "shortform"
    return "tvspecial" if long else "shortform"


def _localize(texts: Any) -> list[Asset]:
    """Texts with their languages; languages with the same text have one entry."""
    together: dict[str, list[str]] = {}
    for language, text in texts.items():
        together.setdefault(text, []).append(language)
    return [{"value": text, "languages": languages} for text, languages in together.items()]
