"""The annex's feeds: which writer, from which tables, with which offer, and where the pages go."""

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
    """How viewers get to see a title."""
    price: Decimal | None = Field(None, gt=0, decimal_places=2)
    """What it costs, where it is rented or bought."""
    currency: Literal["usd", "gbp", "cad", "eur"] | None = None
    """The price's currency."""

    @model_validator(mode="after")
    def _price_fits_license(self) -> Offer:
        paid = self.license in ("rental", "purchase")
        if paid != (self.price is not None) or paid != (self.currency is not None):
            raise ValueError("price and currency belong to rental and purchase, both of them, and to nothing else")
        return self


class Restriction(Part):
    """Where, within its countries, a live channel may (allow) or may not be seen."""

    allow: bool
    """Whether the values are the only ones where the channel is seen, or those where it is not."""
    type: Literal["geo"] = "geo"
    """What kind of restriction it is."""
    valueType: Literal["postal_code", "dma"]
    """What the values are."""
    values: tuple[str, ...] = Field(min_length=1)
    """Postal codes or market areas."""


class ChannelOption(Part):
    """One way to play a live channel."""

    play_id: Short
    """What the player is told to play."""
    license: Literal["free", "subscription"]
    """How viewers get to see it."""
    quality: Literal["sd", "hd", "hd+", "fhd", "uhd"]
    """The picture's quality."""
    countries: tuple[Country, ...] = ()
    """Where it may be seen; empty means in the feed's countries."""
    restrictions: tuple[Restriction, ...] = ()
    """Where in these countries it may or may not be seen."""


class Channel(Part):
    """A live channel; the station id is Gracenote's."""

    id: Short
    """Names the channel in the feed."""
    name: str = Field(min_length=1)
    """The channel's name for viewers."""
    station_id: str = Field(min_length=1)
    """Gracenote's id of the station."""
    options: tuple[ChannelOption, ...] = Field(min_length=1)
    """The ways to play it."""
    tags: tuple[str, ...] = ()
    """The channel's tags."""


class Playlist(Part):
    """An ordered list of items: these ids, then all items with the tag."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    """Names the playlist; categories name it."""
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
    """Names the feed in tasks and reports."""
    writer: FeedName
    """Which kind of feed it is, by the name of its writer."""
    conn_id: str = "feed_store"
    """The connection with the bucket and its public address."""
    prefix: Prefix
    """The folder in the bucket."""
    page_max_bytes: int = Field(20_000_000, ge=10_000, le=FEED_PAGE_MAX_BYTES)
    """How large a page may be; a larger feed has several."""
    keep_old_s: int = Field(86_400, ge=0)
    """How long pages that are replaced stay for readers that have begun on them."""
    cache_s: int = Field(300, ge=0)
    """How long caches may keep the first page; the others never change."""
    spelling: Literal["schema", "samples"] = "schema"
    """Whether words are spelled as the schema has them or as the partner's own samples do."""
    language: str
    """The feed's own language, in which texts are taken first."""
    countries: tuple[Country, ...] = Field(min_length=1)
    """Where the titles may be seen (ISO 3166-1 alpha-2, lowercase)."""
    offer: Offer = Offer(license="subscription")
    """On which terms viewers see the titles."""
    ids: FeedIds = FeedIds()
    """How the feed's items are called."""
    genres: str
    """The table of `mappings` that gives the feed's genres."""
    ratings: str
    """The table of `mappings` that gives the feed's ratings, "SOURCE:VALUE" for "SOURCE:VALUE"."""
    roles: str | None = None
    """The table of `mappings` that gives the feed's roles; without one the catalogue's has to be one of the feed's."""
    images: dict[ImageKind, str]
    """Which kind of artwork becomes which type of image."""
    season_titles: dict[str, SeasonTitle] = Field(default_factory=dict)
    """By language, how a season is called."""
    external_ids: dict[str, str] = Field(default_factory=dict)
    """The feed's source of each of the catalogue's external ids."""
    identify_by: str | None = None
    """The one of these sources whose titles are written by their id alone."""
    channels: tuple[Channel, ...] = ()
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
                    f"the category {category.name!r} names the playlist {category.playlist!r}: no such one"
                )
        return self
