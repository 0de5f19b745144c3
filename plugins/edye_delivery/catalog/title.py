"""A deliverable title as the EDYE catalogue describes it (contracts/edye-api.yaml), frozen."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from edye_delivery.catalog.dates import BirthDay, Bound, Day, Moment
from edye_delivery.catalog.vocabulary import ImageKind, TitleKind

JWP_ID_MAX_CHARS = 64


def _jwp_id(value: Any) -> str | None:
    """A media id of JW Player as text; a wrong one is kept for the comparison with JW, and stops no delivery."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**JWP_ID_MAX_CHARS else None
    return value.strip()[:JWP_ID_MAX_CHARS] or None if isinstance(value, str) else None


class Value(BaseModel):
    """A frozen value; keys of the API that nobody reads are dropped when it is parsed."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Image(Value):
    """One piece of artwork: where it is, and what the catalogue says about it."""

    kind: ImageKind
    url: str = Field(max_length=2048)
    width: int | None = None
    height: int | None = None
    lang: str | None = None


class Source(Value):
    """One encoded media file; `bitrate` in bits per second, `filesize` in bytes."""

    file: str = Field(max_length=2048)
    type: str
    label: str | None = None
    width: int | None = None
    height: int | None = None
    bitrate: int | None = None
    filesize: int | None = None
    sha256: str | None = Field(None, pattern=r"^[0-9a-fA-F]{64}$")


class Rating(Value):
    """A parental rating as one board gave it."""

    source: str
    value: str
    descriptors: tuple[str, ...] = ()


class Credit(Value):
    """A person of cast or crew."""

    name: str | None = None
    role: str | None = None
    birth_date: BirthDay | None = None


class Caption(Value):
    """A subtitle or closed-caption file."""

    url: str | None = None
    lang: str | None = None
    kind: str | None = None


class Availability(Value):
    """When a title may be seen; None is no limit."""

    start: Bound | None = None
    end: Bound | None = None


Text = dict[str, str]


class Described(Value):
    """What a series and a title have in common."""

    id: str = Field(min_length=1, max_length=200)
    title_id: str = Field(max_length=200)
    titles: Text
    synopsis_short: Text = {}
    synopsis_long: Text = {}
    genres: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    geo: tuple[str, ...] = ()
    ratings: tuple[Rating, ...] = ()
    credits: tuple[Credit, ...] = ()
    release_date: Day | None = None
    external_ids: dict[str, str] = {}
    images: tuple[Image, ...] = ()
    availability: Availability = Availability()
    visible: bool
    updated_at: Moment


class Series(Described):
    """A series: delivered through its episodes, never by itself."""


class Title(Described):
    """A movie, episode, special or short: one thing that is delivered in one language."""

    kind: TitleKind
    jwp_id: Annotated[str | None, BeforeValidator(_jwp_id)] = None
    """The id of its media at JW Player, 8 letters and digits; no partner that is sent titles gets it."""
    show_id: str | None = None
    season_number: int | None = None
    episode_number: int | None = None
    lang: str | None = None
    duration_ms: int | None = None
    sources: tuple[Source, ...] = ()
    captions: tuple[Caption, ...] = ()
    custom_thumbnails: tuple[Image, ...] = ()
    series: Series | None = None

    @property
    def name(self) -> str:
        """The title in its own language, else in any, else empty; for people and file names, not for metadata."""
        return self.titles.get(self.lang or "") or next(iter(self.titles.values()), "")

    def text(self, texts: Text, lang: str | None = None) -> str:
        """A text in the given language (by default the title's own), stripped; empty where there is none."""
        return texts.get(lang or self.lang or "", "").strip()
