"""Catalogues of any size for load tests: distinct titles and URLs over a few shared files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Item = dict[str, Any]

WINDOW_START_AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
_WINDOW = timedelta(days=1)
_EPISODES_A_SERIES = 20
_LOOKS = ("gradients", "sunset", "lagoon", "testsrc")
_PALETTES = ("space", "meadow", "ocean")


def generated_items(count: int) -> tuple[list[Item], list[Item]]:
    """Return shows and episodes with `count` valid deliverable titles: movies and episodes by turns."""
    shows: list[Item] = []
    episodes: list[Item] = []
    for n in range(1, count + 1):
        if n % 2:
            shows.append(_movie(n, count))
            continue
        series, place = divmod(n // 2 - 1, _EPISODES_A_SERIES)
        if place == 0:
            shows.append(_series(series))
        episodes.append(_episode(n, count, series, place + 1))
    return shows, episodes


def _common(n: int) -> Item:
    return {
        "synopsis_short": {"es": f"Aventura número {n}.", "en": f"Adventure number {n}."},
        "synopsis_long": {
            "es": f"La aventura número {n} de un catálogo hecho para probar la carga.",
            "en": f"Adventure number {n} of a catalogue made to test the load.",
        },
        "genres": ["kids", "adventure"],
        "tags": ["roku", "kidsdirected"],
        "geo": [],
        "ratings": [{"source": "USA_PR", "value": "TV-Y"}],
        "release_date": "2025-09-01",
        "visible": True,
        "palette": _PALETTES[n % len(_PALETTES)],
    }


def _moment(n: int, count: int) -> str:
    at = WINDOW_START_AT + _WINDOW * (n - 1) / count
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _video(n: int) -> Item:
    look = _LOOKS[n % len(_LOOKS)]
    return {"look": look, "renditions": ["720p"], "seconds": 62.0, "label": f"generated {look}"}


def _art(*kinds: str) -> list[Item]:
    return [{"kind": kind, "title": "EDYE"} for kind in kinds]


def _movie(n: int, count: int) -> Item:
    return {
        **_common(n),
        "id": f"gen-{n}",
        "kind": "movie",
        "jwp_id": f"gm{n:06d}",
        "title_id": f"EDYE_MOV_{n:06d}",
        "titles": {"es": f"Película {n}", "en": f"Movie {n}"},
        "lang": "es" if n % 4 == 1 else "en",
        "updated_at": _moment(n, count),
        "media_path": f"g/{n}",
        "video": _video(n),
        "images": _art("key_art", "poster", "background"),
    }


def _series(series: int) -> Item:
    return {
        **_common(series),
        "id": f"gen-series-{series}",
        "kind": "series",
        "title_id": f"EDYE_G{series:03d}",
        "titles": {"es": f"Serie {series}", "en": f"Series {series}"},
        "updated_at": WINDOW_START_AT.isoformat().replace("+00:00", "Z"),
        "media_path": f"g/series-{series}",
        "images": _art("key_art", "poster", "background"),
    }


def _episode(n: int, count: int, series: int, place: int) -> Item:
    return {
        **_common(n),
        "id": f"gen-{n}",
        "jwp_id": f"ge{n:06d}",
        "show_id": f"gen-series-{series}",
        "season_number": 1,
        "episode_number": place,
        "titles": {"es": f"Episodio {n}", "en": f"Episode {n}"},
        "lang": "es",
        "updated_at": _moment(n, count),
        "media_path": f"g/{n}",
        "video": _video(n),
        "images": [{"kind": "still", "title": "EDYE"}],
    }
