"""Hypothesis strategies for whole catalogues of accepted titles, as an EDYE that keeps its contract would give them.

Every title has what any feed requires; what is optional may be missing. Language versions of one title share all but
their texts, media, captions and availability. `damaged` spoils some titles in ways that a feed has to survive.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import external_id_of
from edye_delivery.catalog.order import Accepted, place_of
from edye_delivery.catalog.parse import add_series
from edye_delivery.catalog.title import Availability, Caption, Credit, Image, Rating, Series, Source, Title
from edye_delivery.catalog.vocabulary import ImageKind, TitleKind

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MEDIA = "https://media.example"
GENRES = ("kids", "education", "adventure", "animation", "nature", "western")  # no table has western
TAGS = ("roku", "kidsdirected", "sea", "late night", "🎈 balloons", "a tag of more than twenty")
RATINGS = (("USA_PR", "TV-Y7"), ("USA_PR", "TV-G"), ("RTC", "AA"))
DURATIONS_S = {TitleKind.MOVIE: (1200, 9000), TitleKind.SHORT: (60, 1200)}
MIME_TYPES = (
    "video/mp4", "video/quicktime", "application/vnd.apple.mpegurl", "application/dash+xml", "image/x-bif", "audio/mp4"
)  # fmt: skip
WORDS = st.text("abcñé¿ 🎈🌊👨‍👩‍👧.,", min_size=1, max_size=12)


def sentences(max_words: int) -> st.SearchStrategy[str]:
    """Text that begins with a letter; some with more than the 200 and 500 UTF-16 units of feeds."""
    return st.builds(lambda words, times: "A" + " ".join(words * times), st.lists(WORDS, max_size=max_words),
                     st.sampled_from([1, 1, 1, 12, 60]))  # fmt: skip


def subsets(values: Iterable[Any], min_size: int = 0) -> st.SearchStrategy[list[Any]]:
    """Some of the values, each once."""
    known = list(values)
    return st.lists(st.sampled_from(known), unique=True, min_size=min_size, max_size=len(known))


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value or None."""
    return st.none() | strategy


MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))
DAYS = st.dates(date(1901, 1, 1), date(2026, 3, 1))
CREDITS = st.builds(Credit, name=optional(st.sampled_from(["Ana Ruiz", "Björk", "李明"])),
                    role=optional(st.sampled_from(["director", "voice", "Actor", "gaffer"])),
                    birth_date=optional(DAYS))  # fmt: skip


@st.composite
def availabilities(draw: st.DrawFn) -> Availability:
    """Open, begun, to come, to end; one in a few has ended."""
    start, end = draw(optional(MOMENTS)), draw(optional(st.integers(-400, 4000)))
    if end is None:
        return Availability(start=start)
    begun = max(start or NOW, NOW) if end > 0 else start or datetime(2000, 1, 1, tzinfo=UTC)
    return Availability(start=start, end=max(begun, NOW + timedelta(days=end)) + timedelta(milliseconds=1500))


@st.composite
def texts(draw: st.DrawFn) -> dict[str, Any]:
    """Titles and synopses in es, en or both; every language that has a title has a synopsis."""
    said: dict[str, Any] = {"titles": {}, "synopsis_short": {}, "synopsis_long": {}}
    for language in draw(subsets(["es", "en"], min_size=1)):
        said["titles"][language] = draw(sentences(3)) + f" {language}"
        for key in draw(subsets(["synopsis_short", "synopsis_long"], min_size=1)):
            said[key][language] = draw(sentences(8)) + f" {key} {language}"
    return said


@st.composite
def described(draw: st.DrawFn, title_id: str) -> dict[str, Any]:
    """What shows and titles share, without texts."""
    size = draw(st.sampled_from([(None, None), (800, 450), (1280, 720), (1920, 1080)]))
    images = [
        Image(kind=ImageKind.KEY_ART, url=f"{MEDIA}/{title_id}/key_art.jpg", width=size[0], height=size[1]),
        Image(kind=ImageKind.POSTER, url=f"{MEDIA}/{title_id}/poster.jpg", width=2000, height=3000),
    ]
    return {
        "title_id": title_id,
        "genres": tuple(draw(subsets(GENRES[:5], min_size=1)) + draw(subsets(GENRES[5:]))),
        "tags": tuple(draw(subsets(TAGS))),
        "ratings": tuple(
            Rating(source=source, value=value, descriptors=("V",) if draw(st.booleans()) else ())
            for source, value in [draw(st.sampled_from(RATINGS[:2])), *draw(subsets(RATINGS[2:]))]
        ),
        "credits": tuple(draw(st.lists(CREDITS, max_size=3))),
        "release_date": draw(DAYS),
        "external_ids": draw(st.fixed_dictionaries({}, optional={"tms": st.just("MV012345670000"),
                                                                 "imdb": st.just("tt0371724")})),
        "geo": draw(st.sampled_from([(), ("mx",), ("MX", "us")])),
        "images": tuple(draw(st.permutations(images))),
        "visible": True,
    }  # fmt: skip


@st.composite
def sources(draw: st.DrawFn, place: str) -> tuple[Source, ...]:
    """Media files of several types; the first is one that every feed can carry."""
    first = Source(file=f"{MEDIA}/{place}/0.mp4", type="video/mp4", width=1920, height=1080, bitrate=5_000_000)
    more = [
        Source(
            file=f"{MEDIA}/{place}/{number}",
            type=draw(st.sampled_from(MIME_TYPES)),
            width=draw(st.sampled_from([None, 640, 1280, 1920, 3840])),
            bitrate=draw(st.sampled_from([None, 400, 2_500_000])),
            filesize=draw(st.sampled_from([None, 1, 700_000_000])),
        )
        for number in range(1, draw(st.integers(1, 4)))
    ]
    return (first, *more)


@st.composite
def captions(draw: st.DrawFn, place: str) -> tuple[Caption, ...]:
    """Captions; some lack something."""
    return tuple(
        Caption(
            url=draw(st.sampled_from([f"{MEDIA}/{place}/{number}.vtt", None])),
            lang=draw(st.sampled_from(["es", "en", "es-MX", "spanish", None])),
            kind=draw(st.sampled_from(["subtitle", "closed_caption", "karaoke", None])),
        )
        for number in range(draw(st.integers(0, 3)))
    )


@st.composite
def versions(draw: st.DrawFn, shared: dict[str, Any], place: str, series: Series | None) -> list[Title]:
    """The language versions of one title."""
    kind = shared["kind"]
    made = []
    for lang in draw(subsets(["es", "en"], min_size=1)):
        spoken = f"{place}_{lang}"
        title = Title(
            id=spoken, **shared, **draw(texts()), lang=lang, sources=draw(sources(spoken)),
            captions=draw(captions(spoken)), availability=draw(availabilities()), updated_at=draw(MOMENTS),
            duration_ms=draw(st.integers(*DURATIONS_S.get(kind, (60, 9000)))) * 1000,
        )  # fmt: skip
        made.append(add_series(title, series) if series else title)
    return made


@st.composite
def episodes(draw: st.DrawFn, title_id: str) -> list[Title]:
    """A series: with seasons, without, or with some episodes that have none."""
    series = Series(id=title_id, **draw(described(title_id)), **draw(texts()), updated_at=draw(MOMENTS))
    seasons = draw(st.sampled_from([(1, 2), (None,), (0, 3, None)]))
    places = st.tuples(st.sampled_from(seasons), st.integers(0, 120))
    made: list[Title] = []
    for season, number in draw(st.lists(places, unique=True, min_size=1, max_size=4)):
        place = f"{title_id}_{season}_{number}"
        own = draw(described(title_id)) | {"images": (Image(kind=ImageKind.STILL, url=f"{MEDIA}/{place}/still.png"),)}
        own |= {} if draw(st.booleans()) else {"genres": (), "ratings": (), "tags": (), "release_date": None}
        shared = own | {"kind": TitleKind.EPISODE, "show_id": title_id, "season_number": season}
        made += draw(versions(shared | {"episode_number": number}, place, series))
    return made


@st.composite
def catalogues(draw: st.DrawFn, max_shows: int = 4) -> list[Title]:
    """Accepted titles of up to so many shows, in the ledger's order."""
    made: list[Title] = []
    kinds = [*TitleKind]
    for number, kind in enumerate(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=max_shows))):
        title_id = f"{kind.upper()}_{number}"
        if kind is TitleKind.EPISODE:
            made += draw(episodes(title_id))
        else:
            made += draw(versions(draw(described(title_id)) | {"kind": kind}, title_id, None))
    return sorted(made, key=place_of)


DAMAGES: tuple[dict[str, Any], ...] = (
    {"titles": {}}, {"titles": {"es": "  "}}, {"titles": {"xx": "Ix"}}, {"synopsis_short": {}, "synopsis_long": {}},
    {"genres": ()}, {"genres": ("western",)}, {"ratings": ()}, {"release_date": None}, {"images": ()},
    {"release_date": date(1899, 12, 31)}, {"images": (Image(kind=ImageKind.KEY_ART, url="ftp://media.example/a"),)},
    {"images": (Image(kind=ImageKind.KEY_ART, url=f"{MEDIA}/a b.jpg", width=640, height=360),)},
    {"images": (Image(kind=ImageKind.KEY_ART, url=f"{MEDIA}/a.jpg", width=2000, height=3000),)},
    {"sources": ()}, {"sources": (Source(file="not a url", type="video/mp4", bitrate=1),)},
    {"sources": (Source(file=f"{MEDIA}/a.mp4", type="video/mp4", width=-1, bitrate=-5, filesize=0),)},
    {"sources": (Source(file=f"{MEDIA}/a.mov", type="video/quicktime", width=1920, bitrate=220_000_000),)},
    {"duration_ms": None}, {"duration_ms": 0}, {"duration_ms": 400}, {"duration_ms": -60_000}, {"lang": None},
    {"lang": "klingon"}, {"title_id": " "}, {"title_id": "X" * 60}, {"tags": ("", " ", "\n")}, {"geo": ("zz",)},
    {"captions": (Caption(url="x", lang="es", kind="subtitle"), Caption())}, {"credits": (Credit(name=" "), Credit())},
    {"external_ids": {"tms": "nonsense", "imdb": " ", "other": "1"}}, {"season_number": -1}, {"episode_number": -3},
    {"episode_number": None}, {"series": None}, {"season_number": None},
    {"availability": Availability(start=NOW + timedelta(days=2), end=NOW + timedelta(days=1))},
    {"availability": Availability(end=NOW)},
    {"availability": Availability(start=datetime.min.replace(tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC))},
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, titles: list[Title]) -> list[Title]:
    """The catalogue with some titles, or their series, spoilt; still in the ledger's order."""
    made = []
    for title in titles:
        damage = draw(st.none() | st.sampled_from(DAMAGES))
        if damage is not None and title.series is not None and draw(st.booleans()):
            fields = {key: value for key, value in damage.items() if key in Series.model_fields}
            title = title.model_copy(update={"series": title.series.model_copy(update=fields)})
        elif damage is not None:
            title = title.model_copy(update=damage)
        made.append(title)
    return sorted(made, key=place_of)


def accepted_of(annex: Annex, titles: Iterable[Title]) -> list[Accepted]:
    """The titles as the ledger gives them."""
    return [Accepted(external_id_of(annex, title), title) for title in titles]
