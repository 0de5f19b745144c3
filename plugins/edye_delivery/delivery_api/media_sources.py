"""Redirects the stable address of a media file to the file's host, with a fresh signature (contract, mediaSource)."""

from __future__ import annotations

import logging
from typing import Any

import orjson

from edye_delivery.annex.signed_media import address_of, path_of
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.jw_player.signed_addresses import signed_address
from edye_delivery.delivery_api.access import Terms
from edye_delivery.delivery_api.answers import NO_STORE, Answer, Body
from edye_delivery.delivery_api.call import Call
from edye_delivery.delivery_api.generations.values import key_of
from edye_delivery.delivery_api.items import ItemRequest
from edye_delivery.delivery_api.problems import Problem, ProblemType, later
from edye_delivery.delivery_api.rare_warnings import RareWarnings

SECRET_VARIABLE = "EDYE_JW_SIGNING_SECRET"  # noqa: S105
RETRY_AFTER_S = 60
log = logging.getLogger(__name__)


class MediaRedirects:
    """Answers for addresses that the item really has.

    `secret` is that of JW Player for signatures, empty where none is given.
    The secret is in no answer and in no log: only signatures made of it are answered.
    """

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret, self._warnings = secret, RareWarnings(log, clock)

    def answer(self, call: Call, terms: Terms, item: ItemRequest, generation: int) -> Answer:
        """The redirect; Problem: 404 where the item has no such file, 503 where this server has no secret."""
        signed, route = terms.channel.signed_media, item.route
        address = address_of(route.name)
        path = path_of(route.item_id, route.name)
        is_known = any(file.endswith(path) for file in _files(item.found.body))
        if signed is None or address is None or not is_known or not signed.has_host_of(address):
            raise Problem(ProblemType.NOT_FOUND, "the item has no such media file; read the item again")
        if not self._secret:
            if self._warnings.is_due(terms.partner):
                log.error(
                    "the annex of %s asks for signed addresses of media (pull.signed_media), and this server has no "
                    "secret for them: start serve-api with %s in its environment",
                    terms.partner,
                    SECRET_VARIABLE,
                )
            raise later(ProblemType.DEGRADED, "media files have no signatures at the moment", RETRY_AFTER_S)
        location = signed_address(address, self._secret, call.at, signed.valid_minutes * 60)
        key = key_of(item.found.updated_ms, route.item_id)
        headers = ((b"location", location.encode("ascii")), NO_STORE)
        return Answer(302, Body(b"", 1, key, key, headers=()), headers=headers, generation=generation)


def _files(entry: bytes) -> list[str]:
    sources: list[dict[str, Any]] = orjson.loads(entry).get("sources", [])
    return [str(source.get("file", "")) for source in sources]
