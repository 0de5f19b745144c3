"""The annex's part on a partner that pulls: what its users may read, how often, and when that counts as degraded.

Sources: spec/delivery-via-api.md, spec/delivery-via-api-decisions.md, contracts/edye-delivery-api.yaml.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from edye_delivery.annex.limits import Name
from edye_delivery.annex.part import Part
from edye_delivery.annex.schedule import Schedule
from edye_delivery.annex.signed_media import SignedMedia

Country = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
ItemKey = Literal[
    "titles", "synopsis_short", "synopsis_long", "genres", "tags", "ratings", "external_ids", "lang", "duration_ms",
    "release_date", "sources", "captions", "images",
]  # fmt: skip
PAGE_SIZE_MAX = 1000


class PullEndpoint(StrEnum):
    """What a user may call: a list with its items, the feed, or the three calls about one media."""

    SHOWS = "shows"
    EPISODES = "episodes"
    FEED = "feed"
    MEDIA = "media"


class PullUser(Part):
    """One user of the partner; its tokens are in the ledger's database (`users add`)."""

    endpoints: tuple[PullEndpoint, ...] = Field(min_length=1)
    """What the user may call; everything else is refused with 403."""


class PullScope(Part):
    """What an item has for the partner."""

    metadata: bool = True
    """Whether items have texts, genres, tags, ratings and numbers; without them there are names and pictures only."""
    images: bool = True
    """Whether items have artwork and thumbnails."""
    sources: bool = True
    """Whether items say where their media files are."""
    external_ids: tuple[str, ...] = ()
    """The sources of external ids that the partner gets, such as tms; empty means none."""

    @model_validator(mode="after")
    def _gives_something(self) -> PullScope:
        if not (self.metadata or self.images):
            raise ValueError("scope gives neither metadata nor images, so there would be nothing to read")
        return self


class PullThumbnail(Part):
    """A thumbnail of `thumbnails` that the partner gets as custom thumbnail; its watermark is said there."""

    name: str
    """The thumbnail's name in the annex's `thumbnails`."""
    size: Literal["small", "medium", "large"] | None = None
    """The partner's word for its size, by which it may ask for it."""


class PageSize(Part):
    """How many items a page has."""

    usual: int = Field(100, ge=1, le=PAGE_SIZE_MAX)
    """Where the partner asks for no number."""
    most: int = Field(PAGE_SIZE_MAX, ge=1, le=PAGE_SIZE_MAX)
    """At most; more is refused."""

    @model_validator(mode="after")
    def _usual_fits(self) -> PageSize:
        if self.usual > self.most:
            raise ValueError(f"page_size.usual is {self.usual}, more than page_size.most, {self.most}")
        return self


class RateLimit(Part):
    """How often a user may call."""

    calls: int = Field(60, ge=1, le=100_000)
    """How many calls a user has in every window; further ones are answered with 429."""
    window_s: int = Field(60, ge=1, le=3600)
    """The length of the window in seconds."""
    full_syncs_at_once: int = Field(1, ge=1, le=100)
    """How many readings of a whole list a user may have open at once."""


class Degradation(Part):
    """When the delivery counts as degraded; defaults from the decisions page."""

    over_s: int = Field(300, ge=1)
    """For how many seconds a bound has to be broken; it is over after twice as long without."""
    min_calls: int = Field(20, ge=1)
    """With fewer calls in that time the hourly probe decides."""
    p95_ms: float = Field(500, gt=0)
    """The latency in milliseconds that 95 % of the calls stay under."""
    error_rate_percent: float = Field(2, ge=0, le=100)
    """The share of calls that fail on our side: 5xx and timeouts, not the partner's 4xx."""
    timeout_s: float = Field(10, gt=0)
    """A call that takes longer counts as a timeout."""
    availability_critical_percent: float = Field(99, ge=0, le=100)
    """Below this availability the alert is critical."""
    silence_polls: int = Field(3, ge=1)
    """After how many agreed polls without a call the partner counts as silent."""
    generation_age_s: int = Field(93_600, ge=1)
    """How old the published generation may be, in seconds."""


class ExposureCheck(Part):
    """How the published generation is checked from outside, as the partner would read it."""

    conn_id: str = "delivery_api"
    """The connection with the public address of the delivery API."""
    user: str
    """The user in whose name the check asks; its token is in the connection's extra `tokens`, by partner."""
    sample: int = Field(200, ge=1, le=100_000)
    """How many titles the hourly check looks at; after a publication it looks at all."""
    urls: int = Field(200, ge=0, le=100_000)
    """How many addresses of unchanged pictures and media are asked for; those of changed titles all are."""
    thumbnails: int = Field(50, ge=0, le=10_000)
    """How many thumbnails are downloaded and measured in a check, of those whose addresses are asked for."""
    url_hosts: tuple[str, ...] = ()
    """Further hosts that the check may ask for pictures and media, besides those of the catalogue."""


class PullChannel(Part):
    """What a partner reads by itself, as immutable generations (contracts/edye-delivery-api.yaml)."""

    schedule: Schedule | None = None
    """When a generation is published, as five cron fields in UTC; null where that is only done by hand."""
    store_conn_id: str = "delivery_api_store"
    """The connection with the folder from which the delivery API serves generations."""
    thumbnails_conn_id: str = "feed_store"
    """The connection with the bucket, and its public address, for thumbnails."""
    users: dict[Name, PullUser] = Field(min_length=1)
    """The partner's users and what each may call."""
    tags: tuple[str, ...] = ()
    """Titles that have one of these tags; empty means those of `catalogue`."""
    geo: tuple[Country, ...] = ()
    """Titles that may be seen in one of these countries; empty means those of `catalogue`."""
    languages: tuple[str, ...] = ()
    """The languages of titles; empty means those of `catalogue`."""
    minimum_metadata: tuple[ItemKey, ...] = ("titles",)
    """The keys of an item without which a title is not exposed."""
    scope: PullScope = PullScope()
    """Which parts of an item the partner gets."""
    signed_media: SignedMedia | None = None
    """How the partner reaches media files where JW Player asks for signed addresses; null where it does not."""
    genres: str | None = None
    """The table of `mappings` with the partner's words for genres; without one, the catalogue's are given."""
    entry_id: Literal["edye_id", "uuid5"] = "edye_id"
    """What names an entry of the feed: the EDYE id, or a UUID (version 5) made of it."""
    thumbnails: tuple[PullThumbnail, ...] = ()
    """The thumbnails that items have as `custom_thumbnails`."""
    page_size: PageSize = PageSize()
    """How many items a page has, usually and at most."""
    rate_limit: RateLimit = RateLimit()
    """How often each user may call."""
    tombstone_days: int = Field(90, ge=1, le=3650)
    """For how many days a title that left is named as deleted; an older checkpoint has to sync from the start."""
    keep_generations: int = Field(3, ge=2, le=100)
    """How many generations are kept, so that a reader can read one to its end."""
    polling_interval_s: int = Field(300, ge=1)
    """How often the partner has agreed to poll, in seconds."""
    sla_percent: float = Field(99.9, gt=0, le=100)
    """The share of time in which the API answers, as agreed."""
    degradation: Degradation = Degradation()
    """The bounds beyond which the delivery counts as degraded."""
    check: ExposureCheck
    """How the published generation is checked."""
    deprecated_at: datetime | None = None
    """Since when this way is deprecated (header Deprecation); null where it is not."""
    sunset_at: datetime | None = None
    """When it ends (header Sunset); null where that is not agreed."""

    @model_validator(mode="after")
    def _parts_agree(self) -> PullChannel:
        if self.check.user not in self.users:
            raise ValueError(f"check.user is {self.check.user!r}, which users does not have")
        playlist = {PullEndpoint.FEED, PullEndpoint.MEDIA}
        if not self.scope.sources and any(playlist & set(user.endpoints) for user in self.users.values()):
            raise ValueError("a user may call feed or media, whose entries need sources, but scope.sources is false")
        self._check_signed_media()
        if self.deprecated_at is not None and self.deprecated_at.tzinfo is None:
            raise ValueError("deprecated_at has no time zone")
        if self.sunset_at is not None and self.sunset_at.tzinfo is None:
            raise ValueError("sunset_at has no time zone")
        if len({shown.name for shown in self.thumbnails}) < len(self.thumbnails):
            raise ValueError("thumbnails has a name twice")
        return self

    def _check_signed_media(self) -> None:
        if self.signed_media is None:
            return
        if not self.scope.sources:
            raise ValueError("signed_media is given, but scope.sources is false, so no item has an address of a file")
        if PullEndpoint.MEDIA not in self.users[self.check.user].endpoints:
            raise ValueError(
                f"signed_media is given, but check.user, {self.check.user}, may not call media, which serves the files"
            )

    def endpoints(self) -> frozenset[PullEndpoint]:
        """What at least one user may call: nothing else is written into a generation."""
        return frozenset(endpoint for user in self.users.values() for endpoint in user.endpoints)
