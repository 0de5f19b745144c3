"""A ledger of accepted titles, and the titles in it: series of fifty episodes in two languages, and movies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import external_id_of
from edye_delivery.catalog.order import place_of
from edye_delivery.catalog.parse import add_series, parse_episode, parse_show
from edye_delivery.catalog.stored_title import title_json
from edye_delivery.catalog.title import Series, Title
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.offers import raise_version
from edye_delivery.ledger.tables import REVISIONS

EPISODES_A_SERIES = 50
LANGUAGES = ("es", "en")
SHOW_TITLES = EPISODES_A_SERIES * len(LANGUAGES)
MOVIES_EVERY = 10
ROWS_AT_ONCE = 5_000
AT = datetime(2026, 3, 1, tzinfo=UTC)
SHORT = {
    "es": "Los hermanos suben a una colina para mirar el cielo de cerca, y el perro sube con ellos.",
    "en": "The two climb a hill to look at the sky from nearby, and the dog climbs with them.",
}
LONG = {
    "es": "Con un vaso de agua, un poco de leche y una linterna hacen su propio cielo, azul de día y naranja de tarde.",
    "en": "With a glass of water, some milk and a torch they make their own sky, blue by day and orange by evening.",
}


def fill_ledger(url: str, annex: Annex, count: int) -> None:
    """Makes a ledger with so many accepted titles."""
    engine = open_engine(url)
    rows: list[dict[str, Any]] = []
    with engine.begin() as connection:
        for external_id, title in titles(annex, count):
            rows.append(row_of(annex, external_id, title))
            if len(rows) == ROWS_AT_ONCE:
                connection.execute(insert(REVISIONS), rows)
                rows = []
        if rows:
            connection.execute(insert(REVISIONS), rows)
    engine.dispose()


def row_of(annex: Annex, external_id: str, title: Title) -> dict[str, Any]:
    """The ledger's row of an accepted title."""
    return {
        "partner": annex.partner,
        "external_id": external_id,
        "edye_id": title.id,
        "delivery_key": external_id,
        "revision": external_id,
        "title": title_json(title),
        "place": place_of(title),
        "accepted_at": AT,
        "withdrawn_at": None,
    }


def titles(annex: Annex, count: int) -> Iterator[tuple[str, Title]]:
    """So many titles with their external_ids; every tenth show is a hundred movies, every other one a series."""
    for show in range(-(-count // SHOW_TITLES)):
        size = min(SHOW_TITLES, count - show * SHOW_TITLES)
        titles = movies(show, size) if show % MOVIES_EVERY == MOVIES_EVERY - 1 else episodes(show, size)
        for title in titles:
            yield external_id_of(annex, title), title


def episodes(show: int, count: int) -> Iterator[Title]:
    """So many episodes of one series, each in all languages."""
    series = parse_show(
        _shared(f"show-{show}", f"EDYE_SERIES_{show:06}", "series", "SH")
        | {"titles": {"es": f"Serie {show}", "en": f"Series {show}"}}
    )
    for number in range(count):
        episode, lang = divmod(number, len(LANGUAGES))
        item = _shared(f"ep-{show}-{number}", f"EDYE_SERIES_{show:06}", "episode", "EP") | {
            "show_id": f"show-{show}",
            "season_number": 1 + episode // 10,
            "episode_number": 1 + episode % 10,
            "titles": {"es": f"¿Por qué {episode} de {show}?", "en": f"Why {episode} of {show}?"},
            **_played(f"ep-{show}-{number}", LANGUAGES[lang]),
        }
        parsed = parse_episode(item)
        assert isinstance(parsed, Title), parsed  # noqa: S101
        assert isinstance(series, Series), series  # noqa: S101
        yield add_series(parsed, series)


def movies(show: int, count: int) -> Iterator[Title]:
    """So many movies, numbered as if they were of one show."""
    for number in range(count):
        name = f"mv-{show}-{number}"
        item = _shared(name, f"EDYE_MOV_{show:06}_{number:03}", "movie", "MV") | {
            "titles": {"es": f"La cometa {show} {number}", "en": f"The Kite {show} {number}"},
            **_played(name, "es"),
        }
        parsed = parse_show(item)
        assert isinstance(parsed, Title), parsed  # noqa: S101
        yield parsed


def _shared(name: str, title_id: str, kind: str, domain: str) -> dict[str, Any]:
    number = sum(ord(sign) * 31**place for place, sign in enumerate(name)) % 10**12
    return {
        "id": name,
        "title_id": title_id,
        "kind": kind,
        "synopsis_short": SHORT,
        "synopsis_long": LONG,
        "genres": ["kids", "education"],
        "tags": ["roku", "kidsdirected"],
        "ratings": [{"source": "USA_PR", "value": "TV-Y"}, {"source": "RTC", "value": "AA"}],
        "credits": [{"name": "Planeta Curioso Producciones", "role": "producer"}],
        "release_date": "2024-09-02",
        "external_ids": {"tms": f"{domain}{number:012}"},
        "images": [
            {"kind": kind_of_art, "url": f"https://media.example/{name}/{kind_of_art}.jpg", "width": w, "height": h}
            for kind_of_art, w, h in (("key_art", 1920, 1080), ("poster", 534, 801), ("background", 1920, 1080))
        ],
        "availability": {"start": "2024-09-02T00:00:00Z", "end": None},
        "visible": True,
        "updated_at": "2026-03-01T06:00:00Z",
    }


def _played(name: str, lang: str) -> dict[str, Any]:
    source = {"type": "video/mp4", "width": 1920, "height": 1080, "bitrate": 4_000_000, "filesize": 660_000_000}
    return {
        "lang": lang,
        "duration_ms": 1_320_000,
        "sources": [{"file": f"https://media.example/{name}.mp4", **source}],
    }


def change_one(url: str, annex: Annex, external_id: str, title: Title) -> None:
    """Gives one accepted title of a ledger another synopsis."""
    changed = title.model_copy(
        update={"synopsis_short": {"es": "Otra vez.", "en": "Once more."}, "updated_at": AT + timedelta(days=1)}
    )
    engine = open_engine(url)
    with engine.begin() as connection:
        ours = (REVISIONS.c.partner == annex.partner) & (REVISIONS.c.external_id == external_id)
        connection.execute(REVISIONS.update().where(ours).values(title=row_of(annex, external_id, changed)["title"]))
        raise_version(connection, annex.partner, external_id)
    engine.dispose()


def ledger_url(folder: Path, count: int) -> str:
    """Where the ledger of so many titles is."""
    return f"sqlite:///{folder}/ledger-{count}-{time.time_ns()}.sqlite"
