"""JW Player's Management API and Delivery API, by include/contracts/jw-player.yaml.

`python -m sandbox.jw_player --media N --calls-a-minute 0` serves N made media: it prints {"port": ...} and serves until
it is ended.
"""

from __future__ import annotations

import argparse
import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import bearer_token, fault_answer, json_answer, service_app
from sandbox.connection import call_of
from sandbox.jw_answers import Faulty, delivered_answer, playlist_answer, renditions_of
from sandbox.jw_library import USUAL_SORT, JwLibrary, QueryRefused
from sandbox.jw_limit import CallLimit
from sandbox.jw_tokens import is_signed

TOKEN = "jw-sandbox-secret"
SITE_ID = "siteEDYE"
CALLS_A_MINUTE = 60
RESULTS_MAX = 10_000
_LISTS = frozenset({"page", "page_length", "sort"})
_SHORT_LISTS = frozenset({"page", "page_length"})
_TRUTHS = frozenset({"true", "false"})
_DIGITS_MAX = 100
_NUMBER_MAX = 10**15  # no list is that long, and every JSON reader can hold it


class JwPlayer:
    """Serves one library; `calls_a_minute` 0 lifts that limit. `signing_secret`: the Delivery API wants tokens."""

    def __init__(
        self,
        library: JwLibrary,
        base_url: str = "",
        *,
        calls_a_minute: int = CALLS_A_MINUTE,
        results_max: int = RESULTS_MAX,
        signing_secret: str = "",
        seconds: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.library, self.limit, self.signing_secret = library, CallLimit(calls_a_minute, seconds), signing_secret
        self._base_url, self._results_max, self._now = base_url, results_max, now

    def app(self) -> Starlette:
        """Return both APIs as one app."""
        media = "/v2/sites/{site_id}/media/"
        return service_app(
            [
                Route(media, self._list_media),
                Route(media + "{media_id}/", self._get_media),
                Route(media + "{media_id}/media_renditions/", self._list_renditions),
                Route(media + "{media_id}/originals/", self._list_originals),
                Route("/v2/sites/{site_id}/playlists/", self._list_playlists),
                Route("/v2/media/{media_id}", self._deliver_media),
                Route("/v2/playlists/{playlist_id}", self._deliver_playlist),
            ]
        )

    async def _list_media(self, request: Request) -> Response:
        def answer(faulty: Faulty) -> Response:
            query = _single_values(request, _LISTS | {"q"})
            page, length = _page_of(query)
            found = self.library.find(query.get("q", ""), query.get("sort", USUAL_SORT))
            reach = found[: self._results_max]
            start = (faulty.page_of(page) - 1) * length
            listed = [media.listed for one in reach[start : start + length] if (media := self.library.get(one))]
            total = faulty.total_of(len(found))
            return json_answer({"media": listed, "page": page, "page_length": length, "total": total})

        return self._managed(request, "listMedia", answer)

    async def _get_media(self, request: Request) -> Response:
        def answer(_faulty: Faulty) -> Response:
            _single_values(request, frozenset())
            media = self.library.get(request.path_params["media_id"])
            return json_answer(media.listed) if media else _errors(404, "not_found", "there is no such media")

        return self._managed(request, "getMedia", answer)

    async def _list_renditions(self, request: Request) -> Response:
        return self._of_media(request, "listRenditions", "media_renditions", _LISTS)

    async def _list_originals(self, request: Request) -> Response:
        return self._of_media(request, "listOriginals", "originals", _SHORT_LISTS)

    def _of_media(self, request: Request, operation: str, key: str, known: frozenset[str]) -> Response:
        def answer(_faulty: Faulty) -> Response:
            query = _single_values(request, known)
            page, length = _page_of(query)
            _check_sort(query)
            media = self.library.get(request.path_params["media_id"])
            if media is None:
                return _errors(404, "not_found", "there is no such media")
            items = renditions_of(media) if key == "media_renditions" else [{"id": media.listed["id"]}]
            listed = items[(page - 1) * length : page * length]
            return json_answer({key: listed, "page": page, "page_length": length, "total": len(items)})

        return self._managed(request, operation, answer)

    async def _list_playlists(self, request: Request) -> Response:
        def answer(_faulty: Faulty) -> Response:
            query = _single_values(request, _LISTS)
            page, length = _page_of(query)
            _check_sort(query)
            items = [{"id": one.id, "metadata": {"title": one.title}} for one in self.library.playlists()]
            listed = items[(page - 1) * length : page * length]
            return json_answer({"playlists": listed, "page": page, "page_length": length, "total": len(items)})

        return self._managed(request, "listPlaylists", answer)

    def _managed(self, request: Request, operation: str, answer: Callable[[Faulty], Response]) -> Response:
        """An answer of the Management API: the secret, the limit, the fault plan, the site, then its own."""
        call, token = call_of(request.scope), bearer_token(request)
        call.operation = operation
        if token != TOKEN:
            return _errors(401, "unauthorized", "no or wrong API secret")
        turn = self.limit.take(token)
        response = (
            fault_answer(call.strike(operation)) if turn.is_allowed else _errors(429, "rate_limit", "too many calls")
        )
        if response is None:
            try:
                is_ours = request.path_params["site_id"] == SITE_ID
                faulty = Faulty(call.fault)
                response = answer(faulty) if is_ours else _errors(404, "not_found", "there is no such site")
            except QueryRefused as error:
                response = _errors(400, "invalid_request", str(error))
        if self.limit.most:
            response.headers["jw-request-limit"] = str(self.limit.most)
            response.headers["jw-request-remaining"] = str(turn.remaining)
        response.headers["jw-request-id"] = secrets.token_hex(8)
        return response

    async def _deliver_media(self, request: Request) -> Response:
        known = frozenset({"token", "sources", "default_source_fallback"})

        def answer(query: dict[str, str]) -> Any:
            if query.get("default_source_fallback", "true") not in _TRUTHS:
                raise QueryRefused("default_source_fallback is true or false")
            media = self.library.get(request.path_params["media_id"])
            return delivered_answer(media, self._base_url, datetime.fromtimestamp(self._now(), UTC)) if media else None

        return self._delivered(request, "deliverMedia", known, answer)

    async def _deliver_playlist(self, request: Request) -> Response:
        known = frozenset({"token", "page_limit", "page_offset"})

        def answer(query: dict[str, str]) -> Any:
            limit, offset = _number(query, "page_limit", 10, 0), _number(query, "page_offset", 0, 0)
            playlist = self.library.playlist(request.path_params["playlist_id"])
            if playlist is None:
                return None
            at = datetime.fromtimestamp(self._now(), UTC)
            return playlist_answer(playlist, self.library, self._base_url, at, offset, limit)

        return self._delivered(request, "deliverPlaylist", known, answer)

    def _delivered(
        self, request: Request, operation: str, known: frozenset[str], answer: Callable[[dict[str, str]], Any]
    ) -> Response:
        """An answer of the Delivery API, which has no limit and asks for no secret, but perhaps for a token."""
        call = call_of(request.scope)
        call.operation = operation
        planned = fault_answer(call.strike(operation))
        if planned:
            return planned
        try:
            query = _single_values(request, known)
            if "token" in call.query:
                call.query["token"] = "***"  # the journal keeps no token
            if self.signing_secret and not is_signed(
                query.get("token", ""), request.url.path, self.signing_secret, self._now()
            ):
                return json_answer({"message": "a signed address is needed"}, 403)
            body = answer(query)
        except QueryRefused as error:
            return json_answer({"message": str(error)}, 400)
        return json_answer(body) if body is not None else json_answer({"message": "not found"}, 404)


def _errors(status: int, code: str, description: str) -> Response:
    return json_answer({"errors": [{"code": code, "description": description}]}, status)


def _single_values(request: Request, known: frozenset[str]) -> dict[str, str]:
    pairs = request.query_params.multi_items()
    values = dict(pairs)
    for name in values:
        if name not in known:
            raise QueryRefused(f"unknown parameter {name[:40]}")
    if len(values) != len(pairs):
        raise QueryRefused("a parameter is given twice")
    return values


def _page_of(query: dict[str, str]) -> tuple[int, int]:
    return _number(query, "page", 1, 1), _number(query, "page_length", 10, 1, RESULTS_MAX)


def _check_sort(query: dict[str, str]) -> None:
    JwLibrary().find("", query.get("sort", USUAL_SORT))


def _number(query: dict[str, str], name: str, default: int, least: int, most: int | None = None) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise QueryRefused(f"{name} is a whole number")
    number = int(text)
    if number < least or (most is not None and number > most):
        raise QueryRefused(f"{name} is a whole number from {least}{f' to {most}' if most else ''}")
    return min(number, _NUMBER_MAX)


def _serve_alone() -> None:
    from sandbox.alone import serve_alone

    parser = argparse.ArgumentParser(prog="python -m sandbox.jw_player", description=__doc__)
    parser.add_argument("--media", type=int, default=1000, help="how many media the library has")
    parser.add_argument("--calls-a-minute", type=int, default=CALLS_A_MINUTE, help="0: no limit")
    arguments = parser.parse_args()
    stand_in = JwPlayer(JwLibrary.of_size(arguments.media), calls_a_minute=arguments.calls_a_minute)
    serve_alone("jw", stand_in.app(), lambda port: print(json.dumps({"port": port}), flush=True))
    threading.Event().wait()


if __name__ == "__main__":
    _serve_alone()
