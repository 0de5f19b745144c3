"""Values for tests: a realistic title, annex and plan, each with whatever a test wants different."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.parse import add_series, parse_episode, parse_show
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Series, Title

PROJECT = Path(__file__).parents[1]
ANNEX_FILE = PROJECT / "include" / "annexes" / "roku_premium_subs_mx.yaml"


@cache
def _content_of_the_file() -> dict[str, Any]:
    return yaml.safe_load(ANNEX_FILE.read_text(encoding="utf-8"))


def annex_content() -> dict[str, Any]:
    """What the file of the ROKU annex says: a copy, for a test to change."""
    return deepcopy(_content_of_the_file())


def the_annex(**changes: Any) -> Annex:
    """The ROKU annex; a change replaces a top-level key, a dict is laid over the one that is there."""
    content = annex_content()
    for key, value in changes.items():
        content[key] = {**content[key], **value} if isinstance(value, dict) and key in content else value
    if "thumbnails" in changes and "ftp" not in changes:
        content["ftp"] = {**content["ftp"], "thumbnails": []}  # those that travel by FTP are gone with the others
    return Annex.model_validate(content)


def annex_file(folder: Path, partner: str, **changes: Any) -> Path:
    """A valid annex written as a file, with a client and feeds of its own."""
    content = annex_content() | {"partner": partner, "client_id": partner}
    content["feeds"] = [feed | {"prefix": f"{partner}/{feed['name']}"} for feed in content["feeds"]]
    content |= changes
    Annex.model_validate(content)
    path = folder / f"{partner}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def show_item(**changes: Any) -> dict[str, Any]:
    """A series as the EDYE API gives it."""
    return {
        "id": "show-1",
        "kind": "series",
        "title_id": "EDYE_PLANETA",
        "titles": {"es": "Planeta Azul", "en": "Blue Planet School"},
        "genres": ["kids", "education"],
        "tags": ["roku", "kidsdirected"],
        "ratings": [{"source": "USA_PR", "value": "TV-Y7"}],
        "images": [{"kind": "poster", "url": "http://media.example/show-1/poster.jpg"}],
        "visible": True,
        "updated_at": "2026-02-01T00:00:00Z",
    } | changes


def episode_item(**changes: Any) -> dict[str, Any]:
    """An episode as the EDYE API gives it."""
    return {
        "id": "ep-1",
        "show_id": "show-1",
        "title_id": "EDYE_PLANETA",
        "season_number": 1,
        "episode_number": 3,
        "titles": {"es": "El mar de noche", "en": "The sea at night"},
        "synopsis_short": {"es": "Una noche bajo el mar.", "en": "A night under the sea."},
        "lang": "es",
        "duration_ms": 1_320_000,
        "sources": [{"file": "http://media.example/ep-1.mp4?sig=a", "type": "video/mp4", "height": 720, "filesize": 9}],
        "images": [{"kind": "still", "url": "http://media.example/ep-1/still.png?sig=a"}],
        "visible": True,
        "updated_at": "2026-03-01T12:00:00Z",
    } | changes


def an_episode(**changes: Any) -> Title:
    """An episode with its series; `series` replaces keys of the show's item, None takes the series away."""
    series_changes = changes.pop("series", {})
    episode = parse_episode(episode_item(**changes))
    assert isinstance(episode, Title), episode
    if series_changes is None:
        return episode
    series = parse_show(show_item(**series_changes))
    assert isinstance(series, Series), series
    return add_series(episode, series)


def a_movie(**changes: Any) -> Title:
    """A movie."""
    item = show_item(
        id="movie-1",
        kind="movie",
        title_id="EDYE_MOV_000123",
        lang="en",
        titles={"en": "The Kite", "es": "La cometa"},
        sources=[{"file": "http://media.example/movie-1.mp4", "type": "video/mp4", "height": 1080}],
        duration_ms=4_800_000,
        updated_at="2026-03-01T13:00:00Z",
    )
    movie = parse_show(item | changes)
    assert isinstance(movie, Title), movie
    return movie


def a_plan(title: Title | None = None, **annex_changes: Any) -> PlannedTitle:
    """A planned title."""
    return plan_of(the_annex(**annex_changes), title or an_episode())
