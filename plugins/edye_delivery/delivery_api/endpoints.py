"""The endpoints of the delivery API: which path each has, and which permission it needs (contract, paths)."""

from __future__ import annotations

from dataclasses import dataclass

from edye_delivery.annex.pull import PullEndpoint
from edye_delivery.annex.signed_media import NAME
from edye_delivery.catalog.api_call import Endpoint

ID_MAX_CHARS = 64


LISTS = {
    Endpoint.SHOW_LIST: "shows",
    Endpoint.SHOW: "shows",
    Endpoint.EPISODE_LIST: "episodes",
    Endpoint.EPISODE: "episodes",
    Endpoint.FEED: "entries",
    Endpoint.MEDIA: "entries",
    Endpoint.MEDIA_IMAGES: "entries",
    Endpoint.MEDIA_METADATA: "entries",
    Endpoint.MEDIA_SOURCE: "entries",
}
"""The list of a generation from which an endpoint is answered."""

PERMISSIONS = {
    Endpoint.SHOW_LIST: PullEndpoint.SHOWS,
    Endpoint.SHOW: PullEndpoint.SHOWS,
    Endpoint.EPISODE_LIST: PullEndpoint.EPISODES,
    Endpoint.EPISODE: PullEndpoint.EPISODES,
    Endpoint.FEED: PullEndpoint.FEED,
    Endpoint.MEDIA: PullEndpoint.MEDIA,
    Endpoint.MEDIA_IMAGES: PullEndpoint.MEDIA,
    Endpoint.MEDIA_METADATA: PullEndpoint.MEDIA,
    Endpoint.MEDIA_SOURCE: PullEndpoint.MEDIA,
}
"""What the annex has to allow a user for each endpoint."""

PAGED = frozenset({Endpoint.SHOW_LIST, Endpoint.EPISODE_LIST, Endpoint.FEED})
"""The endpoints that answer with a page of a list; the others are about one item."""

WHOLE_PATHS = {
    "/v1/shows": Endpoint.SHOW_LIST,
    "/v1/episodes": Endpoint.EPISODE_LIST,
    "/v1/feed": Endpoint.FEED,
    "/healthz": Endpoint.HEALTH,
}
ITEMS = {"shows": Endpoint.SHOW, "episodes": Endpoint.EPISODE, "media": Endpoint.MEDIA}
PARTS_OF_MEDIA = {"images": Endpoint.MEDIA_IMAGES, "metadata": Endpoint.MEDIA_METADATA}


@dataclass(frozen=True, slots=True)
class Route:
    """What a path asks for; `item_id` is empty for a list, `name` for all but a media file."""

    endpoint: Endpoint
    item_id: str = ""
    name: str = ""


NOWHERE = Route(Endpoint.OTHER)
WHOLE_ROUTES = {path: Route(endpoint) for path, endpoint in WHOLE_PATHS.items()}


def route_of(path: str) -> Route:
    """The route of a decoded path; NOWHERE for a path that the contract does not have."""
    whole = WHOLE_ROUTES.get(path)
    if whole is not None:
        return whole
    parts = path.split("/", 6)
    if len(parts) not in (4, 5, 6) or parts[:2] != ["", "v1"] or not 1 <= len(parts[3]) <= ID_MAX_CHARS:
        return NOWHERE
    if len(parts) == 6:
        is_source = parts[2] == "media" and parts[4] == "sources" and NAME.fullmatch(parts[5])
        return Route(Endpoint.MEDIA_SOURCE, parts[3], parts[5]) if is_source else NOWHERE
    endpoint = ITEMS.get(parts[2])
    if len(parts) == 5:
        endpoint = PARTS_OF_MEDIA.get(parts[4]) if endpoint is Endpoint.MEDIA else None
    return NOWHERE if endpoint is None else Route(endpoint, parts[3])
