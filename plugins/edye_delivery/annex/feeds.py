"""The annex's feeds: who writes them, from which tables, on which terms, and where the pages go."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edye_delivery.annex.part import Part
from edye_delivery.annex.template import template_validator
from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES
from edye_delivery.catalog.vocabulary import ImageKind

FEED_ID_VARIABLES = frozenset({"title_id", "edye_id", "season", "episode"})
Template = Annotated[str, AfterValidator(template_validator(FEED_ID_VARIABLES))]
SeasonTitle = Annotated[str, AfterValidator(template_validator(frozenset({"series", "season"})))]
FeedName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=200)]
Country = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Short = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class FeedIds(Part):
    """Templates of the ids of a feed's items; language versions of one title share theirs."""

    series: Template = "{title_id}"
    """The id of a series."""
    season: Template = "{title_id}_S{season:02}"
    """The id of a season."""
    episode: Template = "{title_id}_S{season:02}E{episode:02}"
    """The id of an episode."""
    episode_without_season: Template = "{title_id}_{episode:06}"
    """The id of an episode that has no season."""
    other: Template = "{title_id}"
    """The id of a movie, special or short."""


class Offer(Part):
    """On which terms viewers see the titles; price and currency only where they are rented or bought."""

    license: Literal["free", "subscription", "rental", "purchase"]
    """How viewers get a title: for free, by subscription, for rent, or by purchase."""
    price: Decimal | None = Field(None, gt=0, decimal_places=2)
    """What it costs, where it is rented or bought."""
    currency: Literal["usd", "gbp", "cad", "eur"] | None = None
    """The price's currency."""

    @model_validator(mode="after")
    def _price_fits_license(self) -> Offer:
        paid = self.license in ("rental", "purchase")
        if paid != (self.price is not None) or paid != (self.currency is not None):
            raise ValueError("rental and purchase need price and currency; free and subscription have neither")
        return self


class Restriction(Part):
    """Where in its countries a live channel may be seen, or may not."""

    allow: bool
    """True where the channel is seen only in these places, false where it is seen everywhere but there."""
    type: Literal["geo"] = "geo"
    """The kind of restriction."""
    valueType: Literal["postal_code", "dma"]
    """Whether the values are postal codes or market areas."""
    values: tuple[str, ...] = Field(min_length=1)
    """Postal codes or market areas."""


class StationOption(Part):
    """One way to play a live channel."""

    play_id: Short
    """The id by which the player plays it."""
    license: Literal["free", "subscription"]
    """How viewers get it: for free or by subscription."""
    quality: Literal["sd", "hd", "hd+", "fhd", "uhd"]
    """The picture's quality."""
    countries: tuple[Country, ...] = ()
    """The countries where it may be seen; empty means the feed's countries."""
    restrictions: tuple[Restriction, ...] = ()
    """Where in these countries it may or may not be seen."""


class Station(Part):
    """A live channel; the station id is Gracenote's."""

    id: Short
    """The channel's id in the feed."""
    name: str = Field(min_length=1)
    """The channel's name for viewers."""
    station_id: str = Field(min_length=1)
    """Gracenote's id of the station."""
    options: tuple[StationOption, ...] = Field(min_length=1)
    """The ways to play it."""
    tags: tuple[str, ...] = ()
    """The channel's tags."""


class Playlist(Part):
    """An ordered list of items: these ids, then all items with the tag."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    """The playlist's name, by which categories refer to it."""
    items: tuple[str, ...] = ()
    """Ids of items, in this order."""
    tag: str | None = None
    """After these all items that have this tag."""


class Category(Part):
    """A row of the channel: a playlist, or a query over tags."""

    name: str = Field(min_length=1)
    """The row's name for viewers."""
    playlist: str | None = None
    """The playlist that it shows."""
    query: str | None = None
    """The tags of the items that it shows, joined by AND or by OR."""
    order: Literal["manual", "most_recent", "chronological", "most_popular"]
    """In which order it shows them; manual belongs to playlists."""

    @model_validator(mode="after")
    def _one_origin(self) -> Category:
        if (self.playlist is None) == (self.query is None):
            raise ValueError("a category has exactly one of playlist and query")
        return self


class FeedSpec(Part):
    """One feed of a partner."""

    name: FeedName
    """The feed's name in tasks and reports."""
    writer: FeedName
    """The kind of feed, as the name of the code that writes it."""
    conn_id: str = "feed_store"
    """The connection with the bucket and its public address."""
    prefix: Prefix
    """The folder in the bucket."""
    page_max_bytes: int = Field(20_000_000, ge=10_000, le=FEED_PAGE_MAX_BYTES)
    """How many bytes a page may have; a larger feed gets several pages."""
    keep_old_s: int = Field(86_400, ge=0)
    """For how many seconds replaced pages stay, for readers that have begun to read them."""
    cache_s: int = Field(300, ge=0)
    """For how many seconds caches may keep the first page; the others never change."""
    spelling: Literal["schema", "samples"] = "schema"
    """Whether words are spelled as in the partner's schema or as in its samples."""
    language: str
    """The feed's own language; texts in it are preferred."""
    countries: tuple[Country, ...] = Field(min_length=1)
    """Where the titles may be seen (ISO 3166-1 alpha-2, lowercase)."""
    offer: Offer = Offer(license="subscription")
    """On which terms viewers see the titles."""
    ids: FeedIds = FeedIds()
    """The templates of the ids of the feed's items."""
    genres: str
    """The table of `mappings` that gives the feed's genres."""
    ratings: str
    """The table of `mappings` that gives the feed's ratings, "SOURCE:VALUE" for "SOURCE:VALUE"."""
    roles: str | None = None
    """The table of `mappings` that gives the feed's roles; without one, the catalogue has to use the feed's roles."""
    images: dict[ImageKind, str]
    """Which kind of artwork becomes which type of image."""
    season_titles: dict[str, SeasonTitle] = Field(default_factory=dict)
    """By language, the template of a season's title."""
    external_ids: dict[str, str] = Field(default_factory=dict)
    """For each source of external ids in the catalogue, the name of this source in the feed."""
    identify_by: str | None = None
    """One of these sources: a title that has an id of it is written with this id alone, without its texts."""
    channels: tuple[Station, ...] = ()
    """The live channels of a live feed."""
    provider_name: str = ""
    """The provider's name in a Direct Publisher feed."""
    media_types: dict[str, str] = Field(default_factory=dict)
    """Which type of media file becomes which videoType; BIF is a trick-play file."""
    categories: tuple[Category, ...] = ()
    """The rows of a Direct Publisher channel."""
    playlists: tuple[Playlist, ...] = ()
    """The playlists of a Direct Publisher feed."""

    @model_validator(mode="after")
    def _names_exist(self) -> FeedSpec:
        if self.identify_by is not None and self.identify_by not in self.external_ids:
            raise ValueError(f"identify_by names {self.identify_by!r}, which external_ids does not have")
        known = {playlist.name for playlist in self.playlists}
        for category in self.categories:
            if category.playlist is not None and category.playlist not in known:
                raise ValueError(
                    f"the category {category.name!r} names the playlist {category.playlist!r}, which playlists does "
                    "not have"
                )
        return self
