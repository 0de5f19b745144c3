"""Answers about one item: the item as the lists have it, and the calls about one media (contract, /v1/media)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.answers import Body
from edye_delivery.delivery_api.conditional import entity_tag
from edye_delivery.delivery_api.endpoints import LISTS, Route
from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.generations.values import Found, key_of
from edye_delivery.delivery_api.problems import Problem, ProblemType

FORMAT = 1
NOT_METADATA = ("image", "images", "sources")


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """One item that is there, and what of it is asked for."""

    route: Route
    found: Found
    image_size: str | None
    tag: bytes


def find_item(generation: Generation, partner: str, route: Route, image_size: str | None, now_ms: int) -> ItemRequest:
    """The item of a route; Problem: 404 where this partner never had it, 410 where it had and has not any more."""
    list_name = ListName(LISTS[route.endpoint])
    found = None
    if list_name in generation.lists:
        found = generation.find(list_name, route.item_id, now_ms=now_ms)
    if found is None:
        raise Problem(ProblemType.NOT_FOUND, "there is no such item, or it is not one of yours")
    if found.is_deleted:
        raise Problem(ProblemType.WITHDRAWN, "the item is not exposed any more: delete your copy")
    tag = entity_tag(FORMAT, partner, route.endpoint, route.item_id, found.updated_ms, image_size)
    return ItemRequest(route, found, image_size, tag)


def read_item(request: ItemRequest) -> Body:
    """The body of the answer."""
    content = request.found.body
    if request.route.endpoint is Endpoint.MEDIA_IMAGES:
        content = orjson.dumps({"images": _images(orjson.loads(content), request.image_size)})
    elif request.route.endpoint is Endpoint.MEDIA_METADATA:
        entry = orjson.loads(content)
        content = orjson.dumps({name: value for name, value in entry.items() if name not in NOT_METADATA})
    key = key_of(request.found.updated_ms, request.route.item_id)
    return Body(content, 1, key, key)


def _images(entry: dict[str, Any], size: str | None) -> list[dict[str, Any]]:
    """The thumbnails of an entry, of one size where one is asked for."""
    images = entry.get("images", [])
    return [image for image in images if size is None or image.get("size") == size]
