"""The annex's feeds: which writer, from which tables, with which offer, and where the pages go."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edye_delivery.annex.part import Part
from edye_delivery.annex.template import checked_template
from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES
from edye_delivery.catalog.vocabulary import ImageKind

FEED_ID_VARIABLES = frozenset({"title_id", "edye_id", "season", "episode"})
Template = Annotated[str, AfterValidator(checked_template(FEED_ID_VARIABLES))]
SeasonTitle = Annotated[str, AfterValidator(checked_template(frozenset({"series", "season"})))]
FeedName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=200)]
Country = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Short = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class FeedIds(Part):
    """Templates of the ids of a feed's items; language versions of one title share theirs."""

    series: Template = "{title_id}"
    season: Template = "{title_id}_S{season:02}"
    episode: Template = "{title_id}_S{season:02}E{episode:02}"
    episode_without_season: Template = "{title_id}_{episode:06}"
    other: Template = "{title_id}"


class Offer(Part):
    """On which terms viewers see the titles; price and currency only where they are rented or bought."""

    license: Literal["free", "subscription", "rental", "purchase"]
    price: Decimal | None = Field(None, gt=0, decimal_places=2)
    currency: Literal["usd", "gbp", "cad", "eur"] | None = None

    @model_validator(mode="after")
    def _price_fits_license(self) -> Offer:
        paid = self.license in ("rental", "purchase")
        if paid != (self.price is not None) or paid != (self.currency is not None):
            raise ValueError("price and currency belong to rental and purchase, both of them, and to nothing else")
        return self


class Restriction(Part):
    """Where, within its countries, a live channel may (allow) or may not be seen."""

    allow: bool
    type: Literal["geo"] = "geo"
    valueType: Literal["postal_code", "dma"]
    values: tuple[str, ...] = Field(min_length=1)


class ChannelOption(Part):
    """One way to play a live channel."""

    play_id: Short
    license: Literal["free", "subscription"]
    quality: Literal["sd", "hd", "hd+", "fhd", "uhd"]
    countries: tuple[Country, ...] = ()
    restrictions: tuple[Restriction, ...] = ()


class Channel(Part):
    """A live channel; the station id is Gracenote's."""

    id: Short
    name: str = Field(min_length=1)
    station_id: str = Field(min_length=1)
    options: tuple[ChannelOption, ...] = Field(min_length=1)
    tags: tuple[str, ...] = ()


class Playlist(Part):
    """An ordered list of items: these ids, then all items with the tag."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    items: tuple[str, ...] = ()
    tag: str | None = None


class Category(Part):
    """A row of the channel: a playlist, or a query over tags."""

    name: str = Field(min_length=1)
    playlist: str | None = None
    query: str | None = None
    order: Literal["manual", "most_recent", "chronological", "most_popular"]

    @model_validator(mode="after")
    def _one_origin(self) -> Category:
        if (self.playlist is None) == (self.query is None):
            raise ValueError("a category has exactly one of playlist and query")
        return self


class FeedSpec(Part):
    """One feed of a partner.

    `genres`, `ratings` and `roles` name tables of the annex's mappings (a rating looks up "SOURCE:VALUE" and gives
    "SOURCE:VALUE"; without a table the catalogue's role has to be one of the feed's). `images` says which kind of
    artwork becomes which type of image, `media_types` which type of media file becomes which videoType (BIF: a
    trick-play file). `external_ids` gives the feed's source of each of the catalogue's; `identify_by` is the one of
    these whose titles are written by their id alone. `season_titles` gives a season's title by language.
    """

    name: FeedName
    writer: FeedName
    conn_id: str = "feed_store"
    prefix: Prefix
    page_max_bytes: int = Field(20_000_000, ge=10_000, le=FEED_PAGE_MAX_BYTES)
    keep_old_s: int = Field(86_400, ge=0)
    cache_s: int = Field(300, ge=0)
    spelling: Literal["schema", "samples"] = "schema"
    language: str
    countries: tuple[Country, ...] = Field(min_length=1)
    offer: Offer = Offer(license="subscription")
    ids: FeedIds = FeedIds()
    genres: str
    ratings: str
    roles: str | None = None
    images: dict[ImageKind, str]
    season_titles: dict[str, SeasonTitle] = Field(default_factory=dict)
    external_ids: dict[str, str] = Field(default_factory=dict)
    identify_by: str | None = None
    channels: tuple[Channel, ...] = ()
    provider_name: str = ""
    media_types: dict[str, str] = Field(default_factory=dict)
    categories: tuple[Category, ...] = ()
    playlists: tuple[Playlist, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> FeedSpec:
        if self.identify_by is not None and self.identify_by not in self.external_ids:
            raise ValueError(f"identify_by names {self.identify_by!r}, which external_ids does not have")
        known = {playlist.name for playlist in self.playlists}
        for category in self.categories:
            if category.playlist is not None and category.playlist not in known:
                raise ValueError(
                    f"the category {category.name!r} names the playlist {category.playlist!r}: no such one"
                )
        return self
