"""The edge: one item of the EDYE API becomes a Series or a Title, or a problem that costs only itself."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from edye_delivery.catalog.title import Described, Series, Title
from edye_delivery.catalog.vocabulary import ImageKind

Item = TypeVar("Item", bound=Described)
INHERITED_IMAGES = {ImageKind.KEY_ART, ImageKind.POSTER, ImageKind.BACKGROUND, ImageKind.LOGO}


class MalformedItem(BaseModel):
    """An item of the catalogue that does not have the contract's shape."""

    model_config = ConfigDict(frozen=True)

    edye_id: str
    reason: str


def parse_show(item: Any) -> Series | Title | MalformedItem:
    """A Show item: a Series, or the Title that a movie, special or short is."""
    if isinstance(item, dict) and item.get("kind") == "series":
        return _parsed(Series, item)
    if isinstance(item, dict) and item.get("kind") == "episode":
        return MalformedItem(edye_id=_id_of(item), reason="kind: an episode stands in the show list")
    return _parsed(Title, item)


def parse_episode(item: Any) -> Title | MalformedItem:
    """An Episode item; the show list's fields of its series come with `with_series`."""
    parsed = _parsed(Title, {**item, "kind": "episode"} if isinstance(item, dict) else item)
    if isinstance(parsed, Title):
        for field in ("show_id", "episode_number"):
            if getattr(parsed, field) is None:
                return MalformedItem(edye_id=parsed.id, reason=f"{field}: missing")
    return parsed


def with_series(episode: Title, series: Series) -> Title:
    """The episode with its series, inheriting genres, ratings, tags, geo and artwork that it does not have itself."""
    own = {image.kind for image in episode.images}
    inherited = [image for image in series.images if image.kind in INHERITED_IMAGES - own]
    return episode.model_copy(
        update={
            "series": series,
            "genres": episode.genres or series.genres,
            "ratings": episode.ratings or series.ratings,
            "tags": tuple(dict.fromkeys(episode.tags + series.tags)),
            "geo": episode.geo or series.geo,
            "images": (*episode.images, *inherited),
        }
    )


def _parsed(model: type[Item], item: Any) -> Item | MalformedItem:
    try:
        orjson.dumps(item)  # refuses text that UTF-8 has no bytes for, which no later step could write down
        return model.model_validate(item)
    except TypeError as error:
        return MalformedItem(edye_id=_id_of(item), reason=f"item: {error}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "item"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        return MalformedItem(edye_id=_id_of(item), reason=f"{place}: {first['msg']}{more}"[:500])


def _id_of(item: Any) -> str:
    found = item.get("id") if isinstance(item, dict) else None
    return str(found)[:200].encode("utf-8", "replace").decode() if found else "(no id)"
