"""The order of accepted titles: by show, season, episode, language; feeds are built in this order."""

from __future__ import annotations

from dataclasses import dataclass

from edye_delivery.catalog.title import Title


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted title under its external_id."""

    external_id: str
    title: Title


END_OF_SHOW = "\x1f"


def show_key(title_id: str) -> str:
    """The beginning of the places of a show's titles; it sorts shows as places sort titles.

    Where a title_id has END_OF_SHOW in it, the places of another show may begin with it too.
    """
    return title_id + END_OF_SHOW


def show_key_of_place(place: bytes) -> str:
    """The key of the show that has a title at this place."""
    return show_key(place.partition(END_OF_SHOW.encode())[0].decode())


def place_of(title: Title) -> bytes:
    """The key that sorts titles; in bytes, so that every database sorts it alike, whatever its collation."""
    season, episode = title.season_number, title.episode_number
    numbers = f"{'' if season is None else f'{season + 1:08}'}\x1f{episode or 0:08}"
    return f"{show_key(title.title_id)}{title.kind}\x1f{numbers}\x1f{title.lang or ''}".encode()
