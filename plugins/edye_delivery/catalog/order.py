"""The order of accepted titles: by show, season, episode, language; feeds are built in this order."""

from __future__ import annotations

from dataclasses import dataclass

from edye_delivery.catalog.title import Title


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted title under its external_id."""

    external_id: str
    title: Title


def place_of(title: Title) -> bytes:
    """The key that sorts titles; in bytes, so that every database sorts it alike, whatever its collation."""
    season, episode = title.season_number, title.episode_number
    numbers = f"{'' if season is None else f'{season + 1:08}'}\x1f{episode or 0:08}"
    return f"{title.title_id}\x1f{title.kind}\x1f{numbers}\x1f{title.lang or ''}".encode()
